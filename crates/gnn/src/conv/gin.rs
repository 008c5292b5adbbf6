//! Graph isomorphism networks.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

use super::glorot::{glorot, zeros};
use crate::encoder::{EncoderConfig, EncoderLayer};
use crate::features::first_rows;
use crate::ops::bias_activation::{Activation, bias_activation};
use crate::{GraphOperators, NodeFeatures, SumAdjacency};

/// Configuration of a [`GinConv`].
#[derive(Config, Debug)]
pub struct GinConvConfig {
    /// Number of input features of a node.
    pub d_input: usize,
    /// Width inside the perceptron.
    pub d_hidden: usize,
    /// Number of output features of a node.
    pub d_output: usize,
    /// What is applied to the perceptron's output, in the pass that adds the second bias.
    #[config(default = "Activation::Identity")]
    pub activation: Activation,
}

/// Graph isomorphism convolution Y = f(max(((1 + ε) X + A X) W₁ + b₁, 0) W₂ + b₂): a perceptron with one hidden layer over
/// the sum of the neighbors and the node itself.
///
/// Xu, Hu, Leskovec & Jegelka 2019, arXiv 1810.00826, eq. 4.1, with ε trained. Departure: no batch normalisation.
#[derive(Module, Debug)]
pub struct GinConv {
    /// ε, `[1]`.
    pub eps: Param<Tensor<1>>,
    /// W₁, `[d_input, d_hidden]`.
    pub weight1: Param<Tensor<2>>,
    /// b₁, `[d_hidden]`.
    pub bias1: Param<Tensor<1>>,
    /// W₂, `[d_hidden, d_output]`.
    pub weight2: Param<Tensor<2>>,
    /// b₂, `[d_output]`.
    pub bias2: Param<Tensor<1>>,
    /// f.
    #[module(skip)]
    pub activation: Activation,
}

impl GinConvConfig {
    /// Makes the parameters: W₁, then W₂, each Glorot-uniform for its shape; ε, b₁ and b₂ zero.
    ///
    /// # Panics
    /// If a dimension is zero.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> GinConv {
        let (d_input, d_hidden, d_output) = (self.d_input, self.d_hidden, self.d_output);
        assert!(
            d_input > 0 && d_hidden > 0 && d_output > 0,
            "GinConv: dimensions [{d_input}, {d_hidden}, {d_output}] must be positive"
        );
        GinConv {
            eps: zeros(1, device),
            weight1: glorot([d_input, d_hidden], device, rng),
            bias1: zeros(d_hidden, device),
            weight2: glorot([d_hidden, d_output], device, rng),
            bias2: zeros(d_output, device),
            activation: self.activation,
        }
    }
}

impl GinConv {
    /// Convolves dense node features. O(nodes · d_hidden · (d_input + d_output) + arcs · min(d_input, d_hidden)).
    ///
    /// # Shapes
    /// `x` is `[sources, d_input]`, the output `[targets, d_output]`; of a whole graph both are its nodes.
    ///
    /// # Panics
    /// If `x` has another number of rows than `adjacency` has sources, or of columns than W₁ has rows.
    pub fn forward(&self, x: Tensor<2>, adjacency: &SumAdjacency) -> Tensor<2> {
        self.forward_features(&NodeFeatures::Dense(x), adjacency)
    }

    /// Convolves node features that may be sparse: they are multiplied with W₁ before they are summed up.
    ///
    /// # Shapes
    /// `features` are `[sources, d_input]`, the output is `[targets, d_output]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_features(&self, features: &NodeFeatures, adjacency: &SumAdjacency) -> Tensor<2> {
        let [d_input, _] = self.weight1.dims();
        let [targets, sources] = adjacency.dims();
        assert_eq!(features.dims(), [sources, d_input], "GinConv: features are not [sources, d_input]");
        let own = self.eps.val().add_scalar(1.0).unsqueeze::<2>();
        let sum = |x: Tensor<2>| adjacency.propagate(x.clone()) + first_rows(x, targets) * own;
        let sums = features.propagated_matmul(sum, self.weight1.val());
        let hidden = bias_activation(sums, self.bias1.val(), Activation::Relu);
        bias_activation(hidden.matmul(self.weight2.val()), self.bias2.val(), self.activation)
    }
}

impl EncoderLayer for GinConv {
    fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self> {
        config
            .steps()
            .map(|step| {
                let config = GinConvConfig::new(step.d_input, step.d_output, step.d_output);
                config.with_activation(step.own_activation(Activation::Relu)).init(device, rng)
            })
            .collect()
    }

    fn encode(&self, features: &NodeFeatures, graph: &GraphOperators, first: usize) -> Tensor<2> {
        self.forward_features(features, graph.layer(first).sum())
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
        // With ε = 1 the sums 2x + Σ neighbors are (6, 5), (2, 7), (6, 3); W₁ and b₁ with the cut at 0 make them (2, 0),
        // (0, 4), (4, 0).
        let device = Device::flex();
        let layer = GinConv {
            eps: Param::from_tensor(Tensor::from_floats([1.0], &device)),
            weight1: Param::from_tensor(Tensor::from_floats([[1.0, -1.0], [-1.0, 1.0]], &device)),
            bias1: Param::from_tensor(Tensor::from_floats([1.0, -1.0], &device)),
            weight2: Param::from_tensor(Tensor::from_floats([[1.0], [10.0]], &device)),
            bias2: Param::from_tensor(Tensor::from_floats([0.5], &device)),
            activation: Activation::Identity,
        };
        let x = Tensor::from_floats([[2.0, 0.0], [0.0, 3.5], [2.0, 1.5]], &device);
        let output = layer.forward(x, &SumAdjacency::new(&graphs::star(3), &device)).into_data();
        let expected = Tensor::<2>::from_floats([[2.5], [40.5], [4.5]], &device).into_data();
        output.assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-6));
    }

    #[test]
    fn permuting_the_nodes_permutes_the_output() {
        let device = Device::flex();
        let layer = GinConvConfig::new(3, 6, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        permutation::assert_equivariant(3, |graph, x| layer.forward(x, &SumAdjacency::new(graph, &device)));
    }

    #[test]
    #[should_panic(expected = "GinConv: features are not [sources, d_input]")]
    fn refuses_features_of_another_width() {
        let device = Device::flex();
        let layer = GinConvConfig::new(3, 6, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        let adjacency = SumAdjacency::new(&graphs::path(5), &device);
        layer.forward(numbers::wavy_matrix(5, 2, 0.3, &device), &adjacency);
    }
}
