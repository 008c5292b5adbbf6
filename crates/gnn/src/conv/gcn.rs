//! Graph convolution.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, assert_shape};
use rand::Rng;

use super::biased::biased;
use super::glorot::{glorot, zeros};
use crate::encoder::{EncoderConfig, EncoderLayer};
use crate::ops::bias_activation::Activation;
use crate::{GcnAdjacency, GraphOperators, NodeFeatures};

/// Configuration of a [`GcnConv`].
#[derive(Config, Debug)]
pub struct GcnConvConfig {
    /// Number of input features of a node.
    pub d_input: usize,
    /// Number of output features of a node.
    pub d_output: usize,
    /// Whether a bias is added after propagation.
    #[config(default = true)]
    pub bias: bool,
    /// What is applied to the sum, in the pass that adds the bias.
    #[config(default = "Activation::Identity")]
    pub activation: Activation,
}

/// Graph convolution Y = f(Â X W + b), with f the identity where no activation is asked for.
///
/// Kipf & Welling 2017, arXiv 1609.02907. The bias comes after Â, which would scale it by its row sums.
#[derive(Module, Debug)]
pub struct GcnConv {
    /// W, `[d_input, d_output]`.
    pub weight: Param<Tensor<2>>,
    /// b, `[d_output]`.
    pub bias: Option<Param<Tensor<1>>>,
    /// f.
    #[module(skip)]
    pub activation: Activation,
}

impl GcnConvConfig {
    /// Makes the parameters: W uniform in ±√(6 / (d_input + d_output)) (Glorot & Bengio 2010), b zero.
    ///
    /// # Panics
    /// If a dimension is zero.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> GcnConv {
        let (d_input, d_output) = (self.d_input, self.d_output);
        assert!(d_input > 0 && d_output > 0, "GcnConv: dimensions [{d_input}, {d_output}] must be positive");
        GcnConv {
            weight: glorot([d_input, d_output], device, rng),
            bias: self.bias.then(|| zeros(d_output, device)),
            activation: self.activation,
        }
    }
}

impl GcnConv {
    /// Convolves dense node features. O(nodes · d_input · d_output + arcs · d_output).
    ///
    /// # Shapes
    /// `x` is `[sources, d_input]`, the output `[targets, d_output]`; of a whole graph both are its nodes.
    ///
    /// # Panics
    /// If `x` has another number of rows than `adjacency` has sources, or of columns than the weight has rows.
    pub fn forward(&self, x: Tensor<2>, adjacency: &GcnAdjacency) -> Tensor<2> {
        let [d_input, _] = self.weight.dims();
        let [_, sources] = adjacency.dims();
        assert_shape!(x, [sources, d_input]);
        self.propagate(x.matmul(self.weight.val()), adjacency)
    }

    /// Convolves input features, which may be sparse: then O(non-zeros · d_output + arcs · d_output).
    ///
    /// # Shapes
    /// `features` are `[sources, d_input]`, the output is `[targets, d_output]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_features(&self, features: &NodeFeatures, adjacency: &GcnAdjacency) -> Tensor<2> {
        let [d_input, _] = self.weight.dims();
        let [_, sources] = adjacency.dims();
        assert_eq!(features.dims(), [sources, d_input], "GcnConv: features are not [sources, d_input]");
        self.propagate(features.matmul(self.weight.val()), adjacency)
    }

    fn propagate(&self, product: Tensor<2>, adjacency: &GcnAdjacency) -> Tensor<2> {
        biased(adjacency.propagate(product), &self.bias, self.activation)
    }
}

impl EncoderLayer for GcnConv {
    fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self> {
        config
            .steps()
            .map(|step| {
                let config = GcnConvConfig::new(step.d_input, step.d_output);
                config.with_activation(step.own_activation(Activation::Relu)).init(device, rng)
            })
            .collect()
    }

    fn encode(&self, features: &NodeFeatures, graph: &GraphOperators, first: usize) -> Tensor<2> {
        self.forward_features(features, graph.layer(first).gcn())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::{gradients, graphs, numbers};

    fn with_weights(weight: [[f32; 2]; 2], bias: [f32; 2], device: &Device) -> GcnConv {
        GcnConv {
            weight: Param::from_tensor(Tensor::from_floats(weight, device)),
            bias: Some(Param::from_tensor(Tensor::from_floats(bias, device))),
            activation: Activation::Identity,
        }
    }

    #[test]
    fn matches_two_joined_nodes_worked_by_hand() {
        // Â = ½ [[1, 1], [1, 1]], X W = [[1, 2], [6, 4]], so each row of Â X W is [3.5, 3].
        let device = Device::flex();
        let layer = with_weights([[1.0, 2.0], [3.0, 2.0]], [0.5, -1.0], &device);
        let adjacency = GcnAdjacency::new(&graphs::path(2), &device);
        let x = Tensor::from_floats([[1.0, 0.0], [0.0, 2.0]], &device);
        let expected = Tensor::<2>::from_floats([[4.0, 2.0], [4.0, 2.0]], &device);
        let output = layer.forward(x, &adjacency).into_data();
        output.assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-6));
    }

    #[test]
    fn permuting_the_nodes_permutes_the_output() {
        let device = Device::flex();
        let layer = GcnConvConfig::new(3, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        let x = numbers::wavy_matrix(5, 3, 0.3, &device);
        // Reversing the path 0 – … – 4 gives the same path, so only the rows of X turn round.
        let adjacency = GcnAdjacency::new(&graphs::path(5), &device);
        let turned = layer.forward(x.clone().flip([0]), &adjacency).flip([0]);
        let output = layer.forward(x, &adjacency);
        output.into_data().assert_approx_eq::<f32>(&turned.into_data(), Tolerance::absolute(1e-6));
        // A star is not symmetric in its nodes: moving its centre must move the output.
        let star = GcnAdjacency::new(&graphs::star(5), &device);
        let x = numbers::wavy_matrix(5, 3, 0.3, &device);
        let moved = layer.forward(x.clone().flip([0]), &star).flip([0]);
        let output = layer.forward(x, &star);
        assert!((output - moved).abs().max().into_scalar::<f32>() > 1e-3);
    }

    #[test]
    fn the_gradient_of_the_weight_agrees_with_central_differences() {
        let weight = numbers::wavy_matrix(3, 4, 0.9, &Device::flex());
        gradients::assert_gradient(
            |weight| {
                let device = weight.device();
                let layer = GcnConv {
                    weight: Param::from_tensor(weight),
                    bias: None,
                    activation: Activation::Identity,
                };
                let adjacency = GcnAdjacency::new(&graphs::chorded_cycle(6), &device);
                layer.forward(numbers::wavy_matrix(6, 3, 0.2, &device), &adjacency).square().sum()
            },
            weight,
            1e-2,
            1e-3,
        );
    }

    #[test]
    #[should_panic(expected = "axis 1 expected 3, got 2")]
    fn refuses_features_of_another_width() {
        let device = Device::flex();
        let layer = GcnConvConfig::new(3, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        let adjacency = GcnAdjacency::new(&graphs::path(5), &device);
        layer.forward(numbers::wavy_matrix(5, 2, 0.3, &device), &adjacency);
    }
}
