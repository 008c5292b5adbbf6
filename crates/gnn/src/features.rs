//! Node features on a device.

use burn::tensor::{Device, Tensor, TensorData};
use graph_io::Features;
use row_kernels::{DropoutMask, dropout_factors_of_row};

use crate::SparseMatrix;

/// Node features as an encoder reads them, `[nodes, d_input]`: sparse where they were sparse.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it a data set")]
pub enum NodeFeatures {
    /// Mostly zeros: a bag of words.
    Sparse(SparseMatrix),
    /// Every entry stored.
    Dense(Tensor<2>),
}

impl NodeFeatures {
    /// Copies features to a device.
    pub fn new(features: &Features, device: &Device) -> Self {
        match features {
            Features::Sparse(matrix) => Self::Sparse(SparseMatrix::new(matrix, device)),
            Features::Dense(array) => {
                let values: Vec<f32> = array.iter().copied().collect();
                Self::Dense(Tensor::from_data(
                    TensorData::new(values, [array.nrows(), array.ncols()]),
                    device,
                ))
            }
        }
    }

    /// Number of nodes, and of features of each.
    pub fn dims(&self) -> [usize; 2] {
        match self {
            Self::Sparse(matrix) => matrix.dims(),
            Self::Dense(tensor) => tensor.dims(),
        }
    }

    /// Product X W with a weight matrix.
    ///
    /// # Shapes
    /// `weight` is `[d_input, d_output]`, the output `[nodes, d_output]`.
    ///
    /// # Panics
    /// If `weight` has another number of rows than there are features.
    pub fn matmul(&self, weight: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Sparse(matrix) => matrix.matmul(weight),
            Self::Dense(tensor) => tensor.clone().matmul(weight),
        }
    }

    /// Product of the first rows of X with a weight matrix: what a layer does with the targets among its sources.
    ///
    /// # Shapes
    /// `weight` is `[d_input, d_output]`, the output `[rows, d_output]`.
    pub(crate) fn first_rows_matmul(&self, rows: usize, weight: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Sparse(matrix) => first_rows(matrix.matmul(weight), rows),
            Self::Dense(tensor) => first_rows(tensor.clone(), rows).matmul(weight),
        }
    }

    /// The features with entries dropped by a mask and the others scaled; of sparse features those that are stored.
    ///
    /// The mask is made on the host, so it is the same on every device.
    pub(crate) fn dropped(&self, mask: &DropoutMask) -> Self {
        match self {
            Self::Sparse(matrix) => Self::Sparse(matrix.dropped(mask)),
            Self::Dense(tensor) => {
                let [nodes, width] = tensor.dims();
                let columns: Vec<u32> = (0..width as u32).collect();
                let mut factors = vec![0.0; nodes * width];
                for (row, factors) in factors.chunks_exact_mut(width).enumerate() {
                    dropout_factors_of_row(factors, mask, row as u32, &columns);
                }
                let factors = TensorData::new(factors, [nodes, width]);
                Self::Dense(tensor.clone() * Tensor::from_data(factors, &tensor.device()))
            }
        }
    }

    /// Product S X W with a weight matrix, for S what `propagate` does to the rows of a matrix, all columns alike; it may have
    /// fewer rows than X.
    ///
    /// S is applied where rows are narrower, before W or after it; sparse features meet W first, so they stay sparse.
    pub(crate) fn propagated_matmul(
        &self,
        propagate: impl FnOnce(Tensor<2>) -> Tensor<2>,
        weight: Tensor<2>,
    ) -> Tensor<2> {
        let [d_input, d_output] = weight.dims();
        match self {
            Self::Dense(tensor) if d_input < d_output => propagate(tensor.clone()).matmul(weight),
            _ => propagate(self.matmul(weight)),
        }
    }
}

/// The first rows of a matrix: the targets among a block's sources.
pub(crate) fn first_rows(x: Tensor<2>, rows: usize) -> Tensor<2> {
    if x.dims()[0] == rows { x } else { x.narrow(0, 0, rows) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::operators::{Input, assert_operator};

    #[test]
    fn dense_entries_are_dropped_by_their_place_and_so_are_their_gradients() {
        let mask = DropoutMask::new(0.4, 3);
        assert_operator(
            "dropped dense features",
            &Device::flex(),
            &[Input::wavy([6, 5], 0.4)],
            |inputs| match NodeFeatures::Dense(inputs[0].clone()).dropped(&mask) {
                NodeFeatures::Dense(dropped) => dropped,
                NodeFeatures::Sparse(_) => panic!("dense features stay dense"),
            },
            |inputs| {
                let places = (0..30).map(|place| (place / 5, place % 5));
                let factors = places.map(|(row, column)| f64::from(mask.factor(row, column, 0)));
                inputs[0].iter().zip(factors).map(|(x, factor)| x * factor).collect()
            },
        );
    }
}
