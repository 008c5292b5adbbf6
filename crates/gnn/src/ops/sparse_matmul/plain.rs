//! The sparse product in Burn's own operations: what the kernels are tested against.

use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

use crate::SparseMatrix;

/// Product `S · X` by gathering a row of X for each non-zero and adding it to its row of the output.
///
/// Differentiable by Burn itself. It needs memory for `[nonzeros, width]` numbers and its sums have no fixed order
/// on a GPU: for tests, not for training.
///
/// # Shapes
/// `dense` is `[columns, width]`, the output `[rows, width]`.
pub fn sparse_matmul_plain(matrix: &SparseMatrix, dense: Tensor<2>) -> Tensor<2> {
    matrix.assert_fits(&dense);
    let ([rows, _], width) = (matrix.dims(), dense.dims()[1]);
    let device = dense.device();
    let csr = matrix.csr();
    let row_ptr: Vec<i32> = csr.row_ptr.to_data().iter().collect();
    let row_of: Vec<i32> =
        (0..rows).flat_map(|row| (row_ptr[row]..row_ptr[row + 1]).map(move |_| row as i32)).collect();
    let nonzeros = row_of.len();
    let row_of: Tensor<1, Int> = Tensor::from_data(TensorData::new(row_of, [nonzeros]), &device);
    let weighted = dense.select(0, csr.columns.clone()) * csr.values.clone().unsqueeze_dim::<2>(1);
    Tensor::zeros([rows, width], &device).select_assign(0, row_of, weighted, IndexingUpdateOp::Add)
}
