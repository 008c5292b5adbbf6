//! A matrix without some of its columns.

use burn::tensor::{Device, Tensor, TensorData};
use graph_io::CsrMatrix;

use super::SparseMatrix;
use super::matrix::Csr;
use super::rows::in_rows;

/// A matrix S, `[rows, columns]`, of which [`masked`](Self::masked) makes S with any set of its columns zero.
///
/// What is masked is not stored, so a product costs less by it. Both S and its transpose are kept on the host, so no mask
/// sorts anything.
#[derive(Clone, Debug)]
pub struct MaskedColumns {
    shape: [usize; 2],
    device: Device,
    rows: HostRows,
    transposed: HostRows,
}

/// Compressed rows on the host.
#[derive(Clone, Debug)]
struct HostRows {
    row_ptr: Vec<usize>,
    columns: Vec<i32>,
    values: Vec<f32>,
}

impl MaskedColumns {
    /// Prepares a matrix for masks on a device. O(non-zeros).
    ///
    /// A matrix in compressed sparse columns is converted to rows first.
    ///
    /// # Panics
    /// If the matrix has 2³¹ non-zeros, rows or columns or more.
    pub fn new(matrix: &CsrMatrix, device: &Device) -> Self {
        let matrix = &in_rows(matrix);
        assert!(
            i32::try_from(matrix.nnz().max(matrix.rows()).max(matrix.cols())).is_ok(),
            "MaskedColumns: 2³¹ non-zeros, rows or columns and more do not fit the device's integers"
        );
        Self {
            shape: [matrix.rows(), matrix.cols()],
            rows: HostRows::new(matrix),
            transposed: HostRows::new(&matrix.transpose_view().to_csr()),
            device: device.clone(),
        }
    }

    /// Number of rows and of columns of S.
    pub fn dims(&self) -> [usize; 2] {
        self.shape
    }

    /// S with the columns zero that are not `kept`. O(non-zeros).
    ///
    /// # Panics
    /// If `kept` has another length than there are columns.
    pub fn masked(&self, kept: &[bool]) -> SparseMatrix {
        let [rows, columns] = self.shape;
        assert_eq!(kept.len(), columns, "MaskedColumns: a mask of {} for {columns} columns", kept.len());
        let csr = self.rows.filtered(rows, |_, column| kept[column as usize], &self.device);
        let transposed = self.transposed.filtered(columns, |row, _| kept[row], &self.device);
        SparseMatrix::from_rows(self.shape, csr, transposed)
    }
}

impl HostRows {
    fn new(matrix: &CsrMatrix) -> Self {
        Self {
            row_ptr: matrix.proper_indptr().to_vec(),
            columns: matrix.indices().iter().map(|column| *column as i32).collect(),
            values: matrix.data().to_vec(),
        }
    }

    fn filtered(&self, rows: usize, kept: impl Fn(usize, i32) -> bool, device: &Device) -> Csr {
        let mut row_ptr = Vec::with_capacity(rows + 1);
        let mut columns = Vec::with_capacity(self.columns.len());
        let mut values = Vec::with_capacity(self.values.len());
        row_ptr.push(0i32);
        for row in 0..rows {
            for entry in self.row_ptr[row]..self.row_ptr[row + 1] {
                if kept(row, self.columns[entry]) {
                    columns.push(self.columns[entry]);
                    values.push(self.values[entry]);
                }
            }
            row_ptr.push(columns.len() as i32);
        }
        let nonzeros = columns.len();
        Csr {
            row_ptr: Tensor::from_data(TensorData::new(row_ptr, [rows + 1]), device),
            columns: Tensor::from_data(TensorData::new(columns, [nonzeros]), device),
            values: Tensor::from_data(TensorData::new(values, [nonzeros]), device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::operators::{Input, assert_operator};

    /// 3 × 4 with an empty row and one that is full.
    fn ragged() -> CsrMatrix {
        let values = vec![0.5, -1.0, 2.0, 1.5, -0.25, 3.0];
        CsrMatrix::new((3, 4), vec![0, 2, 2, 6], vec![1, 3, 0, 1, 2, 3], values)
    }

    #[test]
    fn the_product_and_its_gradient_agree_with_loops_over_a_dense_form() {
        let (dense, kept) = (ragged().to_dense(), [true, false, true, true]);
        assert_operator(
            "masked columns",
            &Device::flex(),
            &[Input::wavy([4, 5], 0.4)],
            |inputs| {
                let matrix = MaskedColumns::new(&ragged(), &inputs[0].device().inner());
                matrix.masked(&kept).matmul(inputs[0].clone())
            },
            |inputs| {
                let mut output = vec![0.0; 3 * 5];
                for ((row, column), value) in dense.indexed_iter().filter(|((_, column), _)| kept[*column]) {
                    for c in 0..5 {
                        output[row * 5 + c] += f64::from(*value) * inputs[0][column * 5 + c];
                    }
                }
                output
            },
        );
    }

    #[test]
    fn a_matrix_without_any_column_gives_zeros() {
        let device = Device::flex();
        let product = MaskedColumns::new(&ragged(), &device).masked(&[false; 4]);
        let product = product.matmul(Tensor::ones([4, 2], &device));
        assert_eq!(product.into_data().iter::<f32>().collect::<Vec<_>>(), [0.0; 6]);
    }

    #[test]
    #[should_panic(expected = "MaskedColumns: a mask of 3 for 4 columns")]
    fn refuses_a_mask_of_another_length() {
        MaskedColumns::new(&ragged(), &Device::flex()).masked(&[true; 3]);
    }
}
