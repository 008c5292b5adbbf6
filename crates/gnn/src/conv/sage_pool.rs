//! GraphSAGE with pooling.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use rand::Rng;

use super::glorot::{glorot, zeros};
use crate::encoder::{EncoderConfig, EncoderLayer};
use crate::ops::bias_activation::{Activation, bias_activation};
use crate::{GraphOperators, Neighbors, NodeFeatures};

/// Configuration of a [`SagePoolConv`].
#[derive(Config, Debug)]
pub struct SagePoolConvConfig {
    /// Number of input features of a node.
    pub d_input: usize,
    /// Number of output features of a node.
    pub d_output: usize,
    /// What is applied to the sum, in the pass that adds the bias.
    #[config(default = "Activation::Identity")]
    pub activation: Activation,
}

/// GraphSAGE with the max-pooling aggregator, Y = f(M W₁ + X W₂ + b), where row i of M is the largest of max(X Wₚ + bₚ, 0)
/// over the neighbors of node i, feature by feature.
///
/// Hamilton, Ying & Leskovec 2017, arXiv 1706.02216, eq. 3. Departures: rows are not scaled to norm 1, which is the encoder's business; the pooled width is d_input, as in PyTorch Geometric.
#[derive(Module, Debug)]
pub struct SagePoolConv {
    /// Wₚ, `[d_input, d_input]`.
    pub weight_pool: Param<Tensor<2>>,
    /// bₚ, `[d_input]`.
    pub bias_pool: Param<Tensor<1>>,
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

impl SagePoolConvConfig {
    /// Makes the parameters: Wₚ, W₁ and W₂ in this order, each Glorot-uniform for its shape; bₚ and b zero.
    ///
    /// # Panics
    /// If a dimension is zero.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> SagePoolConv {
        let (d_input, d_output) = (self.d_input, self.d_output);
        assert!(
            d_input > 0 && d_output > 0,
            "SagePoolConv: dimensions [{d_input}, {d_output}] must be positive"
        );
        SagePoolConv {
            weight_pool: glorot([d_input, d_input], device, rng),
            bias_pool: zeros(d_input, device),
            weight_neighbors: glorot([d_input, d_output], device, rng),
            weight_root: glorot([d_input, d_output], device, rng),
            bias: zeros(d_output, device),
            activation: self.activation,
        }
    }
}

impl SagePoolConv {
    /// Convolves dense node features. O(nodes · d_input · (d_input + d_output) + arcs · d_input).
    ///
    /// # Shapes
    /// `x` is `[sources, d_input]`, the output `[targets, d_output]`; of a whole graph both are its nodes.
    ///
    /// # Panics
    /// If `x` has another number of rows than `neighbors` has sources, or of columns than the weights have rows.
    pub fn forward(&self, x: Tensor<2>, neighbors: &Neighbors) -> Tensor<2> {
        self.forward_features(&NodeFeatures::Dense(x), neighbors)
    }

    /// Convolves node features that may be sparse; what is pooled is dense, `[sources, d_input]`, in any case.
    ///
    /// # Shapes
    /// `features` are `[sources, d_input]`, the output is `[targets, d_output]`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_features(&self, features: &NodeFeatures, neighbors: &Neighbors) -> Tensor<2> {
        let [d_input, _] = self.weight_root.dims();
        let [targets, sources] = neighbors.dims();
        assert_eq!(features.dims(), [sources, d_input], "SagePoolConv: features are not [sources, d_input]");
        let pooled = features.matmul(self.weight_pool.val());
        let pooled = neighbors.largest(bias_activation(pooled, self.bias_pool.val(), Activation::Relu));
        let root = features.first_rows_matmul(targets, self.weight_root.val());
        bias_activation(pooled.matmul(self.weight_neighbors.val()) + root, self.bias.val(), self.activation)
    }
}

impl EncoderLayer for SagePoolConv {
    fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self> {
        config
            .steps()
            .map(|step| {
                let config = SagePoolConvConfig::new(step.d_input, step.d_output);
                config.with_activation(step.own_activation(Activation::Relu)).init(device, rng)
            })
            .collect()
    }

    /// With the pooled rows, which are as wide as the input.
    fn output_widths(config: &EncoderConfig) -> Vec<usize> {
        config.steps().map(|step| step.d_input + step.d_output).collect()
    }

    fn encode(&self, features: &NodeFeatures, graph: &GraphOperators, first: usize) -> Tensor<2> {
        self.forward_features(features, graph.layer(first).neighbors())
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
        // X Wₚ + bₚ, cut at 0, is (0, 3), (5, 0), (1, 3); so M is (5, 3) at the centre and (0, 3) at the leaves.
        let device = Device::flex();
        let layer = SagePoolConv {
            weight_pool: Param::from_tensor(Tensor::from_floats([[-1.0, 1.0], [1.0, 0.0]], &device)),
            bias_pool: Param::from_tensor(Tensor::from_floats([1.0, 1.0], &device)),
            weight_neighbors: Param::from_tensor(Tensor::from_floats([[1.0], [2.0]], &device)),
            weight_root: Param::from_tensor(Tensor::from_floats([[10.0], [-1.0]], &device)),
            bias: Param::from_tensor(Tensor::from_floats([0.5], &device)),
            activation: Activation::Identity,
        };
        let x = Tensor::from_floats([[2.0, 0.0], [-1.0, 3.0], [2.0, 2.0]], &device);
        let expected = Tensor::<2>::from_floats([[31.5], [-6.5], [24.5]], &device);
        let output = layer.forward(x, &Neighbors::new(&graphs::star(3), &device)).into_data();
        output.assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-6));
    }

    #[test]
    fn permuting_the_nodes_permutes_the_output() {
        let device = Device::flex();
        let layer = SagePoolConvConfig::new(3, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        permutation::assert_equivariant(3, |graph, x| layer.forward(x, &Neighbors::new(graph, &device)));
    }

    #[test]
    #[should_panic(expected = "SagePoolConv: features are not [sources, d_input]")]
    fn refuses_features_of_another_width() {
        let device = Device::flex();
        let layer = SagePoolConvConfig::new(3, 4).init(&device, &mut ChaCha8Rng::seed_from_u64(1));
        layer.forward(numbers::wavy_matrix(5, 2, 0.3, &device), &Neighbors::new(&graphs::path(5), &device));
    }
}
