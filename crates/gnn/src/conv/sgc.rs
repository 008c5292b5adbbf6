//! Simple graph convolution.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

use super::glorot::{glorot, zeros};
use crate::encoder::{EncoderConfig, EncoderLayer};
use crate::ops::bias_activation::{Activation, bias_activation};
use crate::{GcnAdjacency, GraphOperators, NodeFeatures};

/// Configuration of a [`SgcConv`].
#[derive(Config, Debug)]
pub struct SgcConvConfig {
    /// Number of input features of a node.
    pub d_input: usize,
    /// Number of output features of a node.
    pub d_output: usize,
    /// K, how often features are propagated; 0 leaves a linear map.
    #[config(default = 2)]
    pub hops: usize,
    /// What is applied to the sum, in the pass that adds the bias.
    #[config(default = "Activation::Identity")]
    pub activation: Activation,
}

/// Simple graph convolution Y = f(Âᴷ X W + b): K graph convolutions without weights or activations between them.
///
/// Wu et al. 2019, arXiv 1902.07153, eq. 8.
#[derive(Module, Debug)]
pub struct SgcConv {
    /// W, `[d_input, d_output]`.
    pub weight: Param<Tensor<2>>,
    /// b, `[d_output]`.
    pub bias: Param<Tensor<1>>,
    /// K.
    #[module(skip)]
    pub hops: usize,
    /// f.
    #[module(skip)]
    pub activation: Activation,
}

impl SgcConvConfig {
    /// Makes the parameters: W uniform in ±√(6 / (d_input + d_output)), b zero.
    ///
    /// # Panics
    /// If a dimension is zero.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> SgcConv {
        let (d_input, d_output) = (self.d_input, self.d_output);
        assert!(d_input > 0 && d_output > 0, "SgcConv: dimensions [{d_input}, {d_output}] must be positive");
        SgcConv {
            weight: glorot([d_input, d_output], device, rng),
            bias: zeros(d_output, device),
            hops: self.hops,
            activation: self.activation,
        }
    }
}

impl SgcConv {
    /// Convolves dense node features. O(nodes · d_input · d_output + K · arcs · min(d_input, d_output)).
    ///
    /// # Shapes
    /// `x` is `[sources, d_input]`, the output `[targets, d_output]`; of a whole graph both are its nodes.
    ///
    /// # Panics
    /// If `x` has another number of rows than `adjacency` has sources, or of columns than the weight has rows.
    pub fn forward(&self, x: Tensor<2>, adjacency: &GcnAdjacency) -> Tensor<2> {
        self.forward_features(&NodeFeatures::Dense(x), adjacency)
    }

    /// Convolves node features that may be sparse: then O(non-zeros · d_output + K · arcs · d_output).
    ///
    /// # Shapes
    /// `features` are `[sources, d_input]`, the output is `[targets, d_output]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_features(&self, features: &NodeFeatures, adjacency: &GcnAdjacency) -> Tensor<2> {
        self.forward_hops(features, &vec![adjacency; self.hops])
    }

    /// As [`forward_features`](Self::forward_features), with an adjacency a hop from first to last: the targets of one are the
    /// sources of the next.
    ///
    /// # Shapes
    /// `features` are `[sources, d_input]` of the first adjacency, the output is `[targets, d_output]` of the last.
    ///
    /// # Panics
    /// If there are not K adjacencies, or their dimensions, the features' and the weight's do not fit each other.
    pub fn forward_hops(&self, features: &NodeFeatures, adjacencies: &[&GcnAdjacency]) -> Tensor<2> {
        let ([d_input, _], hops) = (self.weight.dims(), self.hops);
        let found = adjacencies.len();
        assert_eq!(found, hops, "SgcConv: {found} adjacencies for {hops} hops");
        let sources = adjacencies.first().map_or(features.dims()[0], |adjacency| adjacency.dims()[1]);
        assert_eq!(features.dims(), [sources, d_input], "SgcConv: features are not [sources, d_input]");
        let propagate = |x| adjacencies.iter().fold(x, |x, adjacency| adjacency.propagate(x));
        let sums = features.propagated_matmul(propagate, self.weight.val());
        bias_activation(sums, self.bias.val(), self.activation)
    }
}

impl EncoderLayer for SgcConv {
    /// One layer, with a hop where others have a layer.
    fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self> {
        let hops = config.d_hidden.len() + 1;
        let last = config.steps().last().expect("an encoder has at least one layer");
        let layer = SgcConvConfig::new(config.d_input, config.d_output).with_hops(hops);
        vec![layer.with_activation(last.own_activation(Activation::Relu)).init(device, rng)]
    }

    fn num_hops(&self) -> usize {
        self.hops
    }

    fn output_widths(config: &EncoderConfig) -> Vec<usize> {
        vec![config.d_output]
    }

    fn encode(&self, features: &NodeFeatures, graph: &GraphOperators, first: usize) -> Tensor<2> {
        let hops: Vec<_> = (first..first + self.hops).map(|hop| graph.layer(hop).gcn()).collect();
        self.forward_hops(features, &hops)
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
    fn matches_two_joined_nodes_worked_by_hand() {
        // Â = ½ [[1, 1], [1, 1]] is its own square, X W = [[1], [6]], so each row of Â² X W is 3.5.
        let device = Device::flex();
        let layer = |hops| SgcConv {
            weight: Param::from_tensor(Tensor::from_floats([[1.0], [3.0]], &device)),
            bias: Param::from_tensor(Tensor::from_floats([0.5], &device)),
            hops,
            activation: Activation::Identity,
        };
        let adjacency = GcnAdjacency::new(&graphs::path(2), &device);
        let x = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 2.0]], &device);
        for (hops, expected) in [(0, [[1.5], [6.5]]), (1, [[4.0], [4.0]]), (2, [[4.0], [4.0]])] {
            let expected = Tensor::<2>::from_floats(expected, &device).into_data();
            let output = layer(hops).forward(x.clone(), &adjacency).into_data();
            output.assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-6));
        }
    }

    #[test]
    fn permuting_the_nodes_permutes_the_output() {
        let device = Device::flex();
        let layer = SgcConvConfig::new(3, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        permutation::assert_equivariant(3, |graph, x| layer.forward(x, &GcnAdjacency::new(graph, &device)));
    }

    #[test]
    #[should_panic(expected = "SgcConv: features are not [sources, d_input]")]
    fn refuses_features_of_another_width() {
        let device = Device::flex();
        let layer = SgcConvConfig::new(3, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        let adjacency = GcnAdjacency::new(&graphs::path(5), &device);
        layer.forward(numbers::wavy_matrix(5, 2, 0.3, &device), &adjacency);
    }
}
