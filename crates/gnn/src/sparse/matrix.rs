//! A sparse matrix on a device.

use burn::backend::Dispatch;
use burn::tensor::{Device, Int, Tensor, TensorData};
use graph_io::CsrMatrix;

use super::rows::{assert_bipartite, in_rows};
use crate::ops::sparse_matmul::{CsrTensors, SparseMatmulBackend};

/// A constant sparse matrix `S`, `[rows, columns]`, kept with its transpose for the gradient.
///
/// Memory is O(non-zeros): 8 bytes each, twice, or once where the matrix is symmetric and serves as its own transpose.
#[derive(Clone, Debug)]
pub struct SparseMatrix {
    shape: [usize; 2],
    csr: Csr,
    transposed: Csr,
}

/// Compressed rows: `row_ptr` `[rows + 1]`, `columns` and `values` `[nonzeros]`.
#[derive(Clone, Debug)]
pub(crate) struct Csr {
    pub(crate) row_ptr: Tensor<1, Int>,
    pub(crate) columns: Tensor<1, Int>,
    pub(crate) values: Tensor<1>,
}

impl SparseMatrix {
    /// Copies a matrix and its transpose to a device. O(non-zeros · log of the longest row).
    ///
    /// A matrix in compressed sparse columns is converted to rows first.
    ///
    /// # Panics
    /// If the matrix has 2³¹ non-zeros, rows or columns or more.
    pub fn new(matrix: &CsrMatrix, device: &Device) -> Self {
        let matrix = in_rows(matrix);
        let csr = Csr::new(&matrix, device);
        let transposed = if sprs::is_symmetric(&matrix) {
            csr.clone()
        } else {
            Csr::new(&matrix.transpose_view().to_csr(), device)
        };
        Self { shape: [matrix.rows(), matrix.cols()], csr, transposed }
    }

    /// As [`new`](Self::new), of a matrix `[targets, sources]` whose first sources are the targets.
    ///
    /// # Panics
    /// As [`new`](Self::new), and if there are more targets than sources.
    pub(crate) fn bipartite(matrix: &CsrMatrix, device: &Device) -> Self {
        assert_bipartite(matrix);
        Self::new(matrix, device)
    }

    /// A matrix whose places were checked by whoever made its rows and those of its transpose.
    pub(crate) fn from_rows(shape: [usize; 2], csr: Csr, transposed: Csr) -> Self {
        Self { shape, csr, transposed }
    }

    /// Number of rows and of columns.
    pub fn dims(&self) -> [usize; 2] {
        self.shape
    }

    /// Product `S · X`, with the gradient `Sᵀ · G` with respect to X. O(non-zeros · width).
    ///
    /// The same bits for any number of threads.
    ///
    /// # Shapes
    /// `dense` is `[columns, width]`, the output `[rows, width]`.
    ///
    /// # Panics
    /// If `dense` has another number of rows than this matrix has columns.
    pub fn matmul(&self, dense: Tensor<2>) -> Tensor<2> {
        self.assert_fits(&dense);
        let output = <Dispatch as SparseMatmulBackend>::sparse_matmul(
            self.csr.clone().into_dispatch(),
            self.transposed.clone().into_dispatch(),
            dense.into_dispatch(),
        );
        Tensor::from_dispatch(output)
    }

    pub(crate) fn csr(&self) -> &Csr {
        &self.csr
    }

    pub(crate) fn transposed(&self) -> &Csr {
        &self.transposed
    }

    pub(crate) fn assert_fits(&self, dense: &Tensor<2>) {
        let [rows, columns] = self.shape;
        let dims = dense.dims();
        assert_eq!(
            dims[0], columns,
            "sparse matmul: [{rows}, {columns}] · {dims:?}: inner dimensions differ"
        );
    }
}

impl Csr {
    fn new(matrix: &CsrMatrix, device: &Device) -> Self {
        assert!(
            i32::try_from(matrix.nnz().max(matrix.rows()).max(matrix.cols())).is_ok(),
            "SparseMatrix: 2³¹ non-zeros, rows or columns and more do not fit the device's integers"
        );
        let row_ptr: Vec<i32> = matrix.proper_indptr().iter().map(|start| *start as i32).collect();
        let columns: Vec<i32> = matrix.indices().iter().map(|column| *column as i32).collect();
        let (rows, nonzeros) = (row_ptr.len(), columns.len());
        Self {
            row_ptr: Tensor::from_data(TensorData::new(row_ptr, [rows]), device),
            columns: Tensor::from_data(TensorData::new(columns, [nonzeros]), device),
            values: Tensor::from_data(TensorData::new(matrix.data().to_vec(), [nonzeros]), device),
        }
    }

    fn into_dispatch(self) -> CsrTensors<Dispatch> {
        CsrTensors {
            row_ptr: self.row_ptr.into_dispatch(),
            columns: self.columns.into_dispatch(),
            values: self.values.into_dispatch(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::sparse_matmul::sparse_matmul_plain;
    use burn::tensor::Tolerance;
    use testkit::{gradients, numbers};

    /// 5 × 4 with an empty row, an empty column and a full row.
    fn ragged() -> CsrMatrix {
        let columns = vec![0, 3, 1, 0, 1, 3, 3];
        let values = vec![0.5, -1.0, 2.0, 1.5, -0.25, 3.0, 0.75];
        CsrMatrix::new((5, 4), vec![0, 2, 2, 3, 6, 7], columns, values)
    }

    #[test]
    fn agrees_with_f64_loops_and_with_the_plain_form() {
        let device = Device::flex();
        for width in [1, 3, 64, 200] {
            let x = numbers::wavy_matrix(4, width, 0.4, &device);
            let values: Vec<f32> = x.to_data().iter().collect();
            let mut expected = vec![0.0f64; 5 * width];
            for (value, (row, column)) in ragged().iter() {
                for c in 0..width {
                    expected[row as usize * width + c] +=
                        f64::from(*value) * f64::from(values[column as usize * width + c]);
                }
            }
            let matrix = SparseMatrix::new(&ragged(), &device);
            let plain: Vec<f32> = sparse_matmul_plain(&matrix, x.clone()).into_data().iter().collect();
            let found: Vec<f32> = matrix.matmul(x).into_data().iter().collect();
            for ((found, plain), expected) in found.iter().zip(plain).zip(expected) {
                assert!((f64::from(*found) - expected).abs() < 1e-5, "width {width}");
                assert!((f64::from(plain) - expected).abs() < 1e-5, "width {width}");
            }
        }
    }

    #[test]
    fn the_gradient_agrees_with_central_differences_and_with_the_plain_form() {
        let device = Device::flex();
        let x = numbers::wavy_matrix(4, 3, 0.4, &device);
        let values: Vec<f32> = x.to_data().iter().collect();
        let fast = |x: Tensor<2>| SparseMatrix::new(&ragged(), &x.device().inner()).matmul(x).square().sum();
        let plain = |x: Tensor<2>| {
            sparse_matmul_plain(&SparseMatrix::new(&ragged(), &x.device().inner()), x).square().sum()
        };
        gradients::assert_gradient(fast, x, 1e-2, 1e-3);
        let fast = gradients::gradient_of(fast, &values, [4, 3], &device);
        let plain = gradients::gradient_of(plain, &values, [4, 3], &device);
        for (fast, plain) in fast.iter().zip(plain) {
            assert!((fast - plain).abs() < 1e-5, "{fast} and {plain}");
        }
    }

    #[test]
    fn a_transposed_dense_operand_is_read_by_its_strides() {
        let device = Device::flex();
        let x = numbers::wavy_matrix(6, 4, 0.4, &device);
        let matrix = SparseMatrix::new(&ragged(), &device);
        let turned = matrix.matmul(x.clone().transpose());
        let copied = sparse_matmul_plain(&matrix, x.transpose());
        turned.into_data().assert_approx_eq::<f32>(&copied.into_data(), Tolerance::absolute(1e-5));
    }

    #[test]
    fn compressed_columns_give_the_product_and_the_gradient_of_compressed_rows() {
        let device = Device::flex();
        let columns = ragged().to_csc();
        assert!(columns.is_csc());
        let x = numbers::wavy(12, 0.4);
        let [of_rows, of_columns] = [ragged(), columns].map(|matrix| {
            let product = |x: Tensor<2>| SparseMatrix::new(&matrix, &x.device().inner()).matmul(x);
            let output = product(numbers::matrix(x.clone(), [4, 3], &device));
            assert_eq!(output.dims(), [5, 3]);
            let gradient = gradients::gradient_of(|x| product(x).square().sum(), &x, [4, 3], &device);
            (output.into_data().iter::<f32>().collect::<Vec<_>>(), gradient)
        });
        assert_eq!(of_rows, of_columns);
    }

    #[test]
    fn a_square_matrix_that_is_not_symmetric_has_the_gradient_of_its_transpose() {
        let matrix = CsrMatrix::new((2, 2), vec![0, 1, 1], vec![1], vec![3.0]);
        let product = |x: Tensor<2>| SparseMatrix::new(&matrix, &x.device().inner()).matmul(x).sum();
        let gradient = gradients::gradient_of(product, &[1.0, 1.0], [2, 1], &Device::flex());
        assert_eq!(gradient, [0.0, 3.0]);
    }

    #[test]
    #[should_panic(expected = "sparse matmul: [5, 4] · [3, 2]: inner dimensions differ")]
    fn refuses_an_operand_with_other_rows() {
        let device = Device::flex();
        SparseMatrix::new(&ragged(), &device).matmul(Tensor::zeros([3, 2], &device));
    }
}
