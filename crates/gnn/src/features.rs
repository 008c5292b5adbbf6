//! Node features on a device.

use burn::tensor::{Device, Tensor, TensorData};
use graph_io::Features;

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

    /// Product S X W with a weight matrix, for S what `propagate` does to the rows of a matrix, all columns alike.
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
