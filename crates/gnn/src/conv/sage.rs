//! GraphSAGE with means.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

use super::glorot::{glorot, zeros};
use crate::encoder::{EncoderConfig, EncoderLayer};
use crate::ops::bias_activation::{Activation, bias_activation};
use crate::{GraphOperators, MeanAdjacency, NodeFeatures};

/// Configuration of a [`SageConv`].
#[derive(Config, Debug)]
pub struct SageConvConfig {
    /// Number of input features of a node.
    pub d_input: usize,
    /// Number of output features of a node.
    pub d_output: usize,
    /// What is applied to the sum, in the pass that adds the bias.
    #[config(default = "Activation::Identity")]
    pub activation: Activation,
}

/// GraphSAGE with the mean aggregator, Y = f(D⁻¹A X W₁ + X W₂ + b): the mean over neighbors and the node itself, each
/// with a weight of its own.
///
/// Hamilton, Ying & Leskovec 2017, arXiv 1706.02216, algorithm 1. Departure: rows are not scaled to norm 1, which is the encoder's business.
#[derive(Module, Debug)]
pub struct SageConv {
    /// W₁, `[d_input, d_output]`.
    pub weight_neighbors: Param<Tensor<2>>,
    /// W₂, `[d_input, d_output]`.
    pub weight_root: Param<Tensor<2>>,
    /// b, `[d_output]`.
    pub bias: Param<Tensor<1>>,
    /// f.
    #[module(skip)]
    pub activation: Activation,
}

impl SageConvConfig {
    /// Makes the parameters: W₁, then W₂ uniform in ±√(6 / (d_input + d_output)), b zero.
    ///
    /// # Panics
    /// If a dimension is zero.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> SageConv {
        let (d_input, d_output) = (self.d_input, self.d_output);
        assert!(d_input > 0 && d_output > 0, "SageConv: dimensions [{d_input}, {d_output}] must be positive");
        SageConv {
            weight_neighbors: glorot([d_input, d_output], device, rng),
            weight_root: glorot([d_input, d_output], device, rng),
            bias: zeros(d_output, device),
            activation: self.activation,
        }
    }
}

impl SageConv {
    /// Convolves dense node features. O(nodes · d_input · d_output + arcs · min(d_input, d_output)).
    ///
    /// # Shapes
    /// `x` is `[sources, d_input]`, the output `[targets, d_output]`; of a whole graph both are its nodes.
    ///
    /// # Panics
    /// If `x` has another number of rows than `adjacency` has sources, or of columns than the weights have rows.
    pub fn forward(&self, x: Tensor<2>, adjacency: &MeanAdjacency) -> Tensor<2> {
        self.forward_features(&NodeFeatures::Dense(x), adjacency)
    }

    /// Convolves node features that may be sparse: then O(non-zeros · d_output + arcs · d_output).
    ///
    /// # Shapes
    /// `features` are `[sources, d_input]`, the output is `[targets, d_output]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_features(&self, features: &NodeFeatures, adjacency: &MeanAdjacency) -> Tensor<2> {
        let [d_input, _] = self.weight_root.dims();
        let [targets, sources] = adjacency.dims();
        assert_eq!(features.dims(), [sources, d_input], "SageConv: features are not [sources, d_input]");
        let neighbors = features.propagated_matmul(|x| adjacency.propagate(x), self.weight_neighbors.val());
        let root = features.first_rows_matmul(targets, self.weight_root.val());
        bias_activation(neighbors + root, self.bias.val(), self.activation)
    }
}

impl EncoderLayer for SageConv {
    fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self> {
        config
            .steps()
            .map(|step| {
                let config = SageConvConfig::new(step.d_input, step.d_output);
                config.with_activation(step.own_activation(Activation::Relu)).init(device, rng)
            })
            .collect()
    }

    fn encode(&self, features: &NodeFeatures, graph: &GraphOperators, first: usize) -> Tensor<2> {
        self.forward_features(features, graph.layer(first).mean())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::{graphs, numbers, permutation};

    #[test]
    fn matches_a_star_worked_by_hand() {
        // Means: (1, 3) at the centre, (2, 0) at the leaves. Each row is mean · W₁ + x · W₂ + b, cut at 0.
        let device = Device::flex();
        let layer = SageConv {
            weight_neighbors: Param::from_tensor(Tensor::from_floats([[1.0], [2.0]], &device)),
            weight_root: Param::from_tensor(Tensor::from_floats([[10.0], [0.5]], &device)),
            bias: Param::from_tensor(Tensor::from_floats([-5.0], &device)),
            activation: Activation::Relu,
        };
        let x = Tensor::from_floats([[2.0, 0.0], [0.0, 4.0], [2.0, 2.0]], &device);
        let expected = Tensor::<2>::from_floats([[22.0], [0.0], [18.0]], &device);
        let output = layer.forward(x, &MeanAdjacency::new(&graphs::star(3), &device)).into_data();
        output.assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-6));
    }

    #[test]
    fn permuting_the_nodes_permutes_the_output() {
        let device = Device::flex();
        let layer = SageConvConfig::new(3, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        permutation::assert_equivariant(3, |graph, x| layer.forward(x, &MeanAdjacency::new(graph, &device)));
    }

    #[test]
    #[should_panic(expected = "SageConv: features are not [sources, d_input]")]
    fn refuses_features_of_another_width() {
        let device = Device::flex();
        let layer = SageConvConfig::new(3, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        let adjacency = MeanAdjacency::new(&graphs::path(5), &device);
        layer.forward(numbers::wavy_matrix(5, 2, 0.3, &device), &adjacency);
    }
}
