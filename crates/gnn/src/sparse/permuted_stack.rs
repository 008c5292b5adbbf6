//! A matrix on top of itself with permuted columns.

use burn::tensor::{Device, Int, Tensor, TensorData};
use graph_io::CsrMatrix;

use super::SparseMatrix;
use super::matrix::Csr;
use super::rows::in_rows;

/// A matrix S, `[rows, columns]`, of which [`permuted`](Self::permuted) makes the stack `[S; S P]` for any permutation P.
///
/// A graph convolution of features and of the same features with shuffled rows is one product with such a stack,
/// since (P X) W = P (X W); and its gradient is one product with the transpose.
#[derive(Clone, Debug)]
pub struct PermutedStack {
    shape: [usize; 2],
    device: Device,
    columns: Vec<i32>,
    transposed: HostRows,
    /// Of the stack: they are the same for every permutation.
    row_ptr: Tensor<1, Int>,
    values: Tensor<1>,
}

/// Compressed rows on the host.
#[derive(Clone, Debug)]
struct HostRows {
    row_ptr: Vec<usize>,
    columns: Vec<i32>,
    values: Vec<f32>,
}

impl PermutedStack {
    /// Prepares a matrix for stacks on a device. O(non-zeros).
    ///
    /// A matrix in compressed sparse columns is converted to rows first.
    ///
    /// # Panics
    /// If the matrix has 2³⁰ non-zeros or rows or more, or 2³¹ columns or more.
    pub fn new(matrix: &CsrMatrix, device: &Device) -> Self {
        let matrix = &in_rows(matrix);
        let [rows, columns] = [matrix.rows(), matrix.cols()];
        assert!(
            i32::try_from((2 * matrix.nnz().max(rows)).max(columns)).is_ok(),
            "PermutedStack: 2³⁰ non-zeros or rows and more do not fit the device's integers"
        );
        let starts: Vec<i32> = matrix.proper_indptr().iter().map(|start| *start as i32).collect();
        let below = starts[1..].iter().map(|end| starts[rows] + end);
        let row_ptr: Vec<i32> = starts.iter().copied().chain(below).collect();
        let transposed = matrix.transpose_view().to_csr();
        Self {
            shape: [rows, columns],
            columns: matrix.indices().iter().map(|column| *column as i32).collect(),
            transposed: HostRows {
                row_ptr: transposed.proper_indptr().to_vec(),
                columns: transposed.indices().iter().map(|column| *column as i32).collect(),
                values: transposed.data().to_vec(),
            },
            row_ptr: int_tensor(row_ptr, device),
            values: float_tensor([matrix.data(), matrix.data()].concat(), device),
            device: device.clone(),
        }
    }

    /// Number of rows and of columns of S.
    pub fn dims(&self) -> [usize; 2] {
        self.shape
    }

    /// The stack `[S; S P]`, `[2 · rows, columns]`, with row i of P X row `permutation[i]` of X. O(non-zeros), nothing is sorted.
    ///
    /// # Panics
    /// If `permutation` does not hold every column once.
    pub fn permuted(&self, permutation: &[u32]) -> SparseMatrix {
        let [rows, columns] = self.shape;
        let inverse = inverted(permutation, columns);
        let nonzeros = self.columns.len();

        let mut stacked = Vec::with_capacity(2 * nonzeros);
        stacked.extend_from_slice(&self.columns);
        stacked.extend(self.columns.iter().map(|column| permutation[*column as usize] as i32));

        let mut row_ptr = Vec::with_capacity(columns + 1);
        let (mut entries, mut values) = (Vec::with_capacity(2 * nonzeros), Vec::with_capacity(2 * nonzeros));
        row_ptr.push(0);
        for (row, moved) in inverse.into_iter().enumerate() {
            let (true_columns, true_values) = self.transposed.row(row);
            let (moved_columns, moved_values) = self.transposed.row(moved as usize);
            entries.extend_from_slice(true_columns);
            entries.extend(moved_columns.iter().map(|column| column + rows as i32));
            values.extend_from_slice(true_values);
            values.extend_from_slice(moved_values);
            row_ptr.push(entries.len() as i32);
        }
        let csr = Csr {
            row_ptr: self.row_ptr.clone(),
            columns: int_tensor(stacked, &self.device),
            values: self.values.clone(),
        };
        let transposed = Csr {
            row_ptr: int_tensor(row_ptr, &self.device),
            columns: int_tensor(entries, &self.device),
            values: float_tensor(values, &self.device),
        };
        SparseMatrix::from_rows([2 * rows, columns], csr, transposed)
    }
}

impl HostRows {
    fn row(&self, row: usize) -> (&[i32], &[f32]) {
        let entries = self.row_ptr[row]..self.row_ptr[row + 1];
        (&self.columns[entries.clone()], &self.values[entries])
    }
}

/// Where each column stands in a permutation.
fn inverted(permutation: &[u32], columns: usize) -> Vec<u32> {
    let length = permutation.len();
    assert_eq!(length, columns, "PermutedStack: a permutation of {length} for {columns} columns");
    let mut inverse = vec![u32::MAX; columns];
    for (place, column) in permutation.iter().enumerate() {
        let slot = inverse.get_mut(*column as usize).filter(|slot| **slot == u32::MAX);
        *slot.unwrap_or_else(|| panic!("PermutedStack: column {column} at {place} is twice there or none")) =
            place as u32;
    }
    inverse
}

fn int_tensor(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}

fn float_tensor(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let length = values.len();
    Tensor::from_data(TensorData::new(values, [length]), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::operators::{Input, assert_operator};

    const PERMUTATION: [u32; 4] = [2, 0, 3, 1];

    /// 3 × 4 with an empty row and one that is full.
    fn ragged() -> CsrMatrix {
        let values = vec![0.5, -1.0, 2.0, 1.5, -0.25, 3.0];
        CsrMatrix::new((3, 4), vec![0, 2, 2, 6], vec![1, 3, 0, 1, 2, 3], values)
    }

    #[test]
    fn the_product_and_its_gradient_agree_with_loops_over_a_dense_form() {
        let dense = ragged().to_dense();
        for width in [1, 3, 70] {
            assert_operator(
                &format!("stack, width {width}"),
                &Device::flex(),
                &[Input::wavy([4, width], 0.4)],
                |inputs| {
                    let stack = PermutedStack::new(&ragged(), &inputs[0].device().inner());
                    stack.permuted(&PERMUTATION).matmul(inputs[0].clone())
                },
                |inputs| {
                    let mut output = vec![0.0; 6 * width];
                    for ((row, column), value) in dense.indexed_iter() {
                        for c in 0..width {
                            let source = |row: usize| f64::from(*value) * inputs[0][row * width + c];
                            output[row * width + c] += source(column);
                            output[(3 + row) * width + c] += source(PERMUTATION[column] as usize);
                        }
                    }
                    output
                },
            );
        }
    }

    #[test]
    #[should_panic(expected = "PermutedStack: column 2 at 3 is twice there or none")]
    fn refuses_a_column_twice() {
        PermutedStack::new(&ragged(), &Device::flex()).permuted(&[2, 0, 1, 2]);
    }

    #[test]
    #[should_panic(expected = "PermutedStack: column 4 at 1 is twice there or none")]
    fn refuses_a_column_that_is_not_there() {
        PermutedStack::new(&ragged(), &Device::flex()).permuted(&[2, 4, 1, 0]);
    }

    #[test]
    #[should_panic(expected = "PermutedStack: a permutation of 3 for 4 columns")]
    fn refuses_a_permutation_of_another_length() {
        PermutedStack::new(&ragged(), &Device::flex()).permuted(&[2, 0, 1]);
    }
}
