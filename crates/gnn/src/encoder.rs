//! Encoders: features and graph in, one embedding a node out.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand::Rng;

use crate::conv::{GcnConv, GcnConvConfig};
use crate::ops::bias_activation::Activation;
pub use crate::ops::row_norm::RowNorm;
use crate::{GcnAdjacency, NodeFeatures};

/// Configuration of a [`GcnEncoder`].
#[derive(Config, Debug)]
pub struct GcnEncoderConfig {
    /// Number of input features of a node.
    pub d_input: usize,
    /// Width of each hidden layer, first to last; none gives a single convolution.
    pub d_hidden: Vec<usize>,
    /// Width of the embedding.
    pub d_output: usize,
    /// How the embedding's rows are scaled.
    pub row_norm: RowNorm,
}

/// A stack of graph convolutions with ReLU between them and scaled rows at the end.
#[derive(Module, Debug)]
pub struct GcnEncoder {
    layers: Vec<GcnConv>,
    #[module(skip)]
    row_norm: RowNorm,
}

impl GcnEncoderConfig {
    /// Makes the parameters, the layers' from first to last.
    ///
    /// # Panics
    /// If a width is zero.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> GcnEncoder {
        let widths: Vec<usize> =
            [self.d_input].into_iter().chain(self.d_hidden.iter().copied()).chain([self.d_output]).collect();
        let last = widths.len() - 2;
        let activation = |layer| if layer < last { Activation::Relu } else { Activation::Identity };
        let layers = widths
            .windows(2)
            .enumerate()
            .map(|(layer, pair)| {
                let config = GcnConvConfig::new(pair[0], pair[1]).with_activation(activation(layer));
                config.init(device, rng)
            })
            .collect();
        GcnEncoder { layers, row_norm: self.row_norm }
    }
}

impl GcnEncoder {
    /// The convolutions, first to last.
    pub fn layers(&self) -> &[GcnConv] {
        &self.layers
    }

    /// Embeds every node.
    ///
    /// # Shapes
    /// `features` are `[nodes, d_input]`, the output is `[nodes, d_output]`.
    ///
    /// # Panics
    /// If features, adjacency and parameters do not fit each other.
    pub fn forward(&self, features: &NodeFeatures, adjacency: &GcnAdjacency) -> Tensor<2> {
        let (first, rest) = self.layers.split_first().expect("an encoder has at least one layer");
        let mut x = first.forward_features(features, adjacency);
        for layer in rest {
            x = layer.forward(x, adjacency);
        }
        self.row_norm.apply(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SparseMatrix;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::{graphs, numbers};

    fn encoder(row_norm: RowNorm, device: &Device) -> GcnEncoder {
        let config = GcnEncoderConfig { d_input: 5, d_hidden: vec![8], d_output: 4, row_norm };
        config.init(device, &mut ChaCha8Rng::seed_from_u64(3))
    }

    #[test]
    fn sparse_and_dense_features_give_the_same_embedding() {
        let device = Device::flex();
        let adjacency = GcnAdjacency::new(&graphs::chorded_cycle(7), &device);
        let csr =
            graph_io::CsrMatrix::new((7, 5), vec![0, 1, 1, 3, 4, 4, 5, 5], vec![2, 0, 4, 1, 3], vec![1.0; 5]);
        let mut dense = vec![0.0f32; 35];
        for (value, (row, column)) in csr.iter() {
            dense[row as usize * 5 + column as usize] = *value;
        }
        let dense = Tensor::from_data(burn::tensor::TensorData::new(dense, [7, 5]), &device);
        let encoder = encoder(RowNorm::None, &device);
        let sparse = encoder.forward(&NodeFeatures::Sparse(SparseMatrix::new(&csr, &device)), &adjacency);
        let dense = encoder.forward(&NodeFeatures::Dense(dense), &adjacency);
        sparse
            .into_data()
            .assert_approx_eq::<f32>(&dense.into_data(), burn::tensor::Tolerance::absolute(1e-6));
    }

    #[test]
    fn the_same_seed_gives_the_same_parameters() {
        let device = Device::flex();
        let adjacency = GcnAdjacency::new(&graphs::star(4), &device);
        let x = NodeFeatures::Dense(numbers::wavy_matrix(4, 5, 0.1, &device));
        let first = encoder(RowNorm::L1, &device).forward(&x, &adjacency);
        let second = encoder(RowNorm::L1, &device).forward(&x, &adjacency);
        first.into_data().assert_eq(&second.into_data(), true);
    }
}
