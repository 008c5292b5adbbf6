//! Dropout of a sparse matrix's entries.

use burn::tensor::{Device, Int, Tensor, TensorData};
use row_kernels::{DropoutMask, dropout_factors_of_column, dropout_factors_of_row, multiply};

use super::SparseMatrix;
use super::matrix::Csr;

impl SparseMatrix {
    /// The matrix with entries dropped by a mask, which are stored as zeros, and the others scaled. O(non-zeros), on the host.
    ///
    /// Each entry's fate is a hash of its place, so that rows and columns are walked by themselves: nothing is sorted.
    pub(crate) fn dropped(&self, mask: &DropoutMask) -> Self {
        let csr = self.csr().scaled(|factors, row, columns| {
            dropout_factors_of_row(factors, mask, row, columns);
        });
        let transposed = self.transposed().scaled(|factors, column, rows| {
            dropout_factors_of_column(factors, mask, rows, column);
        });
        Self::from_rows(self.dims(), csr, transposed)
    }
}

impl Csr {
    /// With each value multiplied by the factor that is written for it, row by row: `factors_of(factors, row, columns)`.
    fn scaled(&self, factors_of: impl Fn(&mut [f32], u32, &[u32])) -> Self {
        let (starts, columns) = (on_host(&self.row_ptr), on_host(&self.columns));
        let mut factors = vec![0.0; columns.len()];
        for (row, bounds) in starts.windows(2).enumerate() {
            let entries = bounds[0] as usize..bounds[1] as usize;
            factors_of(&mut factors[entries.clone()], row as u32, &columns[entries]);
        }
        let values = self.values.to_data().try_into_vec::<f32>();
        let mut values = values.expect("values are f32");
        multiply(&mut values, &factors);
        let length = values.len();
        let device: Device = self.values.device();
        let values = Tensor::from_data(TensorData::new(values, [length]), &device);
        Self { row_ptr: self.row_ptr.clone(), columns: self.columns.clone(), values }
    }
}

/// Indices, which were checked to be from 0 to below 2³¹ when the matrix was built.
fn on_host(indices: &Tensor<1, Int>) -> Vec<u32> {
    indices.to_data().convert::<u32>().try_into_vec().expect("converted just now")
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph_io::CsrMatrix;
    use testkit::operators::{Input, assert_operator};

    #[test]
    fn the_product_and_its_gradient_agree_with_loops_over_the_same_mask() {
        let columns = vec![1, 3, 0, 1, 2, 3];
        let matrix = CsrMatrix::new((3, 4), vec![0, 2, 2, 6], columns, vec![0.5, -1.0, 2.0, 1.5, -0.25, 3.0]);
        let mask = DropoutMask::new(0.5, 3);
        let kept = matrix.iter().filter(|(_, (row, column))| mask.factor(*row, *column, 0) != 0.0).count();
        assert!((1..6).contains(&kept), "{kept} of 6 are kept, nothing would be seen");
        assert_operator(
            "dropped sparse product",
            &Device::flex(),
            &[Input::wavy([4, 3], 0.4)],
            |inputs| {
                let matrix = SparseMatrix::new(&matrix, &inputs[0].device().inner());
                matrix.dropped(&mask).matmul(inputs[0].clone())
            },
            |inputs| {
                let mut output = vec![0.0; 9];
                for (value, (row, column)) in matrix.iter() {
                    let value = f64::from(value * mask.factor(row, column, 0));
                    for c in 0..3 {
                        output[row as usize * 3 + c] += value * inputs[0][column as usize * 3 + c];
                    }
                }
                output
            },
        );
    }
}
