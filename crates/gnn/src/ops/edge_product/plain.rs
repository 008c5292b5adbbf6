//! Products over entries in Burn's own operations: what the kernels are tested against.

use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};

use super::{assert_sampled_fits, assert_weighted_fits};
use crate::SparsePattern;

/// [`weighted_matmul`](super::weighted_matmul) by gathering a row for each entry.
///
/// Differentiable by Burn itself. It needs memory for `[nonzeros, heads · d]` numbers and its sums have no fixed order
/// on a GPU: for tests, not for training.
///
/// # Shapes
/// As [`weighted_matmul`](super::weighted_matmul).
pub fn weighted_matmul_plain(pattern: &SparsePattern, values: Tensor<2>, dense: Tensor<2>) -> Tensor<2> {
    assert_weighted_fits(pattern, &values, &dense);
    let ([rows, _], [nonzeros, heads], [_, width]) = (pattern.dims(), values.dims(), dense.dims());
    let device = dense.device();
    let gathered = dense.select(0, pattern.columns().clone()).reshape([nonzeros, heads, width / heads]);
    let weighted = (gathered * values.unsqueeze_dim::<3>(2)).reshape([nonzeros, width]);
    let output = Tensor::zeros([rows, width], &device);
    output.select_assign(0, rows_of_entries(pattern, &device), weighted, IndexingUpdateOp::Add)
}

/// [`sampled_matmul`](super::sampled_matmul) by gathering two rows for each entry.
///
/// Differentiable by Burn itself; for tests, as [`weighted_matmul_plain`].
///
/// # Shapes
/// As [`sampled_matmul`](super::sampled_matmul).
pub fn sampled_matmul_plain(pattern: &SparsePattern, a: Tensor<2>, b: Tensor<2>, heads: usize) -> Tensor<2> {
    assert_sampled_fits(pattern, &a, &b, heads);
    let ([_, width], nonzeros) = (a.dims(), pattern.nonzeros());
    let rows = rows_of_entries(pattern, &a.device());
    let products = a.select(0, rows) * b.select(0, pattern.columns().clone());
    products.reshape([nonzeros, heads, width / heads]).sum_dim(2).squeeze_dim(2)
}

/// Row of each entry, row by row, `[nonzeros]`.
pub(in crate::ops) fn rows_of_entries(pattern: &SparsePattern, device: &Device) -> Tensor<1, Int> {
    let row_ptr: Vec<i32> = pattern.row_ptr().to_data().iter().collect();
    let rows: Vec<i32> =
        row_ptr.windows(2).zip(0..).flat_map(|(ends, row)| (ends[0]..ends[1]).map(move |_| row)).collect();
    let nonzeros = rows.len();
    Tensor::from_data(TensorData::new(rows, [nonzeros]), device)
}
