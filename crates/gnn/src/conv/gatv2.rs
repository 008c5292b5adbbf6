//! Graph attention of the second kind.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, assert_shape};
use rand::{Rng, RngExt};

use super::Heads;
use super::biased::biased;
use super::glorot::{glorot, zeros};
use crate::encoder::{EncoderConfig, EncoderLayer};
use crate::ops::attention::{AttentionDropout, AttentionSettings};
use crate::ops::bias_activation::Activation;
use crate::ops::gatv2::gatv2;
use crate::{AttentionAdjacency, GraphOperators, NodeFeatures};

/// Configuration of a [`Gatv2Conv`].
#[derive(Config, Debug)]
pub struct Gatv2ConvConfig {
    /// Number of input features of a node.
    pub d_input: usize,
    /// Number of output features of each head.
    pub d_output: usize,
    /// Number of heads.
    pub heads: usize,
    /// What becomes of the heads.
    #[config(default = "Heads::Concat")]
    pub combine: Heads,
    /// What is applied to the combined heads, in the pass that adds the bias.
    #[config(default = "Activation::Identity")]
    pub activation: Activation,
    /// Slope of the LeakyReLU below zero, in [0, 1].
    #[config(default = 0.2)]
    pub negative_slope: f64,
    /// Probability in [0, 1) that a weight of a neighbor is dropped in training.
    #[config(default = 0.0)]
    pub attention_dropout_prob: f64,
    /// Whether biases are added, to both products and at the end.
    #[config(default = true)]
    pub bias: bool,
}

/// Graph attention of the second kind: head h of node i is `y_i = Σ_j α_ij r_j` over its neighbors and itself, with
/// `α_ij = softmax_j ⟨att_h, LeakyReLU(l_i + r_j)⟩`, `l_i = W_targetᵀ x_i + b_target` and `r_j = W_sourceᵀ x_j + b_source`; then
/// heads are combined, b is added and f applied.
///
/// Brody, Alon & Yahav 2022, arXiv 2105.14491, eq. 7. The paper's experiments share one W between l and r, and have no b_source and
/// b_target.
#[derive(Module, Debug)]
pub struct Gatv2Conv {
    /// W_source, `[d_input, heads · d_output]`.
    pub weight_source: Param<Tensor<2>>,
    /// b_source, `[heads · d_output]`.
    pub bias_source: Option<Param<Tensor<1>>>,
    /// W_target, `[d_input, heads · d_output]`.
    pub weight_target: Param<Tensor<2>>,
    /// b_target, `[heads · d_output]`.
    pub bias_target: Option<Param<Tensor<1>>>,
    /// What scores a pair of nodes, `[heads, d_output]`.
    pub att: Param<Tensor<2>>,
    /// b, `[heads · d_output]`, or `[d_output]` for the mean of the heads.
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    combine: Heads,
    /// f.
    #[module(skip)]
    pub activation: Activation,
    #[module(skip)]
    settings: AttentionSettings,
}

impl Gatv2ConvConfig {
    /// Makes the parameters: weights and attention vectors uniform in ±√(6 / (rows + columns)) (Glorot & Bengio 2010), biases zero.
    ///
    /// # Panics
    /// If a dimension is zero or a setting out of its range.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> Gatv2Conv {
        let &Self { d_input, d_output, heads, .. } = self;
        assert!(
            d_input > 0 && d_output > 0 && heads > 0,
            "Gatv2Conv: dimensions [{d_input}, {heads} · {d_output}] must be positive"
        );
        let dropout = AttentionDropout { prob: self.attention_dropout_prob, seed: 0 };
        let settings =
            AttentionSettings::new().with_negative_slope(self.negative_slope).with_dropout(dropout);
        settings.check();
        let width = heads * d_output;
        let bias = |length| self.bias.then(|| zeros(length, device));
        Gatv2Conv {
            weight_source: glorot([d_input, width], device, rng),
            bias_source: bias(width),
            weight_target: glorot([d_input, width], device, rng),
            bias_target: bias(width),
            att: glorot([heads, d_output], device, rng),
            bias: bias(self.combine.d_output(heads, d_output)),
            combine: self.combine,
            activation: self.activation,
            settings,
        }
    }
}

impl Gatv2Conv {
    /// Attends over dense node features, without dropout. O(nodes · d_input · width + arcs · width), width being heads · d_output.
    ///
    /// # Shapes
    /// `x` is `[sources, d_input]`, the output `[targets, heads · d_output]`, or `[targets, d_output]` for the mean of the heads; of
    /// a whole graph both are its nodes.
    ///
    /// # Panics
    /// If `x` has another number of rows than `adjacency` has sources, or of columns than the weights have rows.
    pub fn forward(&self, x: Tensor<2>, adjacency: &AttentionAdjacency) -> Tensor<2> {
        let [d_input, _] = self.weight_source.dims();
        let [_, sources] = adjacency.dims();
        assert_shape!(x, [sources, d_input]);
        self.attend(&NodeFeatures::Dense(x), adjacency, AttentionDropout::none())
    }

    /// Attends over input features, which may be sparse, without dropout.
    ///
    /// # Shapes
    /// As [`forward`](Self::forward).
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_features(&self, features: &NodeFeatures, adjacency: &AttentionAdjacency) -> Tensor<2> {
        self.assert_fits(features, adjacency);
        self.attend(features, adjacency, AttentionDropout::none())
    }

    /// As [`forward_features`](Self::forward_features), with the attention dropout of training.
    ///
    /// Draws one number, whatever the probability.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_training(
        &self,
        features: &NodeFeatures,
        adjacency: &AttentionAdjacency,
        rng: &mut impl Rng,
    ) -> Tensor<2> {
        self.assert_fits(features, adjacency);
        let dropout = AttentionDropout { seed: rng.random(), ..self.settings.dropout };
        self.attend(features, adjacency, dropout)
    }

    fn assert_fits(&self, features: &NodeFeatures, adjacency: &AttentionAdjacency) {
        let [d_input, _] = self.weight_source.dims();
        let [_, sources] = adjacency.dims();
        assert_eq!(features.dims(), [sources, d_input], "Gatv2Conv: features are not [sources, d_input]");
    }

    fn attend(
        &self,
        features: &NodeFeatures,
        adjacency: &AttentionAdjacency,
        dropout: AttentionDropout,
    ) -> Tensor<2> {
        let ([heads, _], [targets, _]) = (self.att.dims(), adjacency.dims());
        let plain = Activation::Identity;
        let source = biased(features.matmul(self.weight_source.val()), &self.bias_source, plain);
        let target = features.first_rows_matmul(targets, self.weight_target.val());
        let target = biased(target, &self.bias_target, plain);
        let settings = self.settings.with_dropout(dropout);
        let attended = gatv2(adjacency.pattern(), target, source, self.att.val(), settings);
        biased(self.combine.combine(attended, heads), &self.bias, self.activation)
    }
}

impl EncoderLayer for Gatv2Conv {
    const HAS_ATTENTION: bool = true;

    fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self> {
        config
            .steps()
            .map(|step| {
                let (combine, heads, d_output) = step.heads(config);
                Gatv2ConvConfig::new(step.d_input, d_output, heads)
                    .with_combine(combine)
                    .with_attention_dropout_prob(config.attention_dropout_prob)
                    .with_activation(step.own_activation(Activation::Elu))
                    .init(device, rng)
            })
            .collect()
    }

    fn output_widths(config: &EncoderConfig) -> Vec<usize> {
        config.steps().map(|step| step.width_of_heads(config)).collect()
    }

    fn encode(&self, features: &NodeFeatures, graph: &GraphOperators, first: usize) -> Tensor<2> {
        self.forward_features(features, graph.layer(first).attention())
    }

    fn encode_training(
        &self,
        features: &NodeFeatures,
        graph: &GraphOperators,
        first: usize,
        rng: &mut impl Rng,
    ) -> Tensor<2> {
        self.forward_training(features, graph.layer(first).attention(), rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Tolerance;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::{graphs, numbers};

    fn layer(config: Gatv2ConvConfig) -> Gatv2Conv {
        config.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn matches_two_joined_nodes_worked_by_hand() {
        // l = x + 1, r = x. Scores, att being −1: e_00 = −1, e_01 = 5 · 0.2 = 1; e_10 = 5 · 0.2 = 1, e_11 = 11 · 0.2 = 2.2.
        let device = Device::flex();
        let mut layer = layer(Gatv2ConvConfig::new(1, 1, 1));
        let one = || Tensor::<2>::ones([1, 1], &device);
        layer.weight_source = Param::from_tensor(one());
        layer.weight_target = Param::from_tensor(one());
        layer.bias_target = Some(Param::from_tensor(Tensor::ones([1], &device)));
        layer.att = Param::from_tensor(one().neg());
        let adjacency = AttentionAdjacency::new(&graphs::path(2), &device);
        let x = Tensor::<2>::from_floats([[0.0], [-6.0]], &device);
        let of_second = |difference: f32| -6.0 / (1.0 + (-difference).exp());
        let expected = Tensor::<2>::from_floats([[of_second(2.0)], [of_second(1.2)]], &device);
        let output = layer.forward(x, &adjacency).into_data();
        output.assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-5));
    }

    #[test]
    fn permuting_the_nodes_permutes_the_output() {
        let device = Device::flex();
        let layer = layer(Gatv2ConvConfig::new(3, 4, 2).with_combine(Heads::Mean));
        let x = numbers::wavy_matrix(5, 3, 0.3, &device);
        // Reversing the path 0 – … – 4 gives the same path; a star's centre moves.
        let apart = |adjacency: &AttentionAdjacency| {
            let turned = layer.forward(x.clone().flip([0]), adjacency).flip([0]);
            let output = layer.forward(x.clone(), adjacency);
            assert_eq!(output.dims(), [5, 4]);
            (output - turned).abs().max().into_scalar::<f32>()
        };
        assert!(apart(&AttentionAdjacency::new(&graphs::path(5), &device)) < 1e-6);
        assert!(apart(&AttentionAdjacency::new(&graphs::star(5), &device)) > 1e-3);
    }

    #[test]
    fn only_training_drops_weights_and_the_same_stream_drops_the_same() {
        let device = Device::flex();
        let layer = layer(Gatv2ConvConfig::new(3, 4, 2).with_attention_dropout_prob(0.5));
        let adjacency = AttentionAdjacency::new(&graphs::chorded_cycle(9), &device);
        let x = numbers::wavy_matrix(9, 3, 0.3, &device);
        let features = NodeFeatures::Dense(x.clone());
        let train = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            layer.forward_training(&features, &adjacency, &mut rng).into_data()
        };
        let output = layer.forward(x, &adjacency).into_data();
        output.assert_eq(&layer.forward_features(&features, &adjacency).into_data(), true);
        train(1).assert_eq(&train(1), true);
        assert!(train(1) != train(2) && train(1) != output);
    }

    #[test]
    #[should_panic(expected = "axis 1 expected 3, got 2")]
    fn refuses_features_of_another_width() {
        let device = Device::flex();
        let adjacency = AttentionAdjacency::new(&graphs::path(5), &device);
        layer(Gatv2ConvConfig::new(3, 4, 2)).forward(numbers::wavy_matrix(5, 2, 0.3, &device), &adjacency);
    }
}
