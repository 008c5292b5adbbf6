//! Graph attention.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, assert_shape};
use rand::{Rng, RngExt};

use super::Heads;
use super::biased::biased;
use super::glorot::{glorot, zeros};
use crate::encoder::{EncoderConfig, EncoderLayer};
use crate::features::first_rows;
use crate::ops::attention::{AttentionDropout, AttentionSettings};
use crate::ops::bias_activation::Activation;
use crate::ops::gat::gat;
use crate::{AttentionAdjacency, GraphOperators, NodeFeatures};

/// Configuration of a [`GatConv`].
#[derive(Config, Debug)]
pub struct GatConvConfig {
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
    /// Slope of the scores' LeakyReLU below zero, in [0, 1].
    #[config(default = 0.2)]
    pub negative_slope: f64,
    /// Probability in [0, 1) that a weight of a neighbor is dropped in training.
    #[config(default = 0.0)]
    pub attention_dropout_prob: f64,
    /// Whether a bias is added at the end.
    #[config(default = true)]
    pub bias: bool,
}

/// Graph attention: head h of node i is `y_i = Σ_j α_ij W_hᵀ x_j` over its neighbors and itself, with
/// `α_ij = softmax_j LeakyReLU(⟨att_target_h, W_hᵀ x_i⟩ + ⟨att_source_h, W_hᵀ x_j⟩)`; then heads are combined, b is added and f applied.
///
/// Veličković et al. 2018, arXiv 1710.10903, eqs. 1–6. The paper writes the two attention vectors as one of twice the length.
#[derive(Module, Debug)]
pub struct GatConv {
    /// W, `[d_input, heads · d_output]`.
    pub weight: Param<Tensor<2>>,
    /// What scores a node that others attend to, `[heads, d_output]`.
    pub att_source: Param<Tensor<2>>,
    /// What scores a node that attends, `[heads, d_output]`.
    pub att_target: Param<Tensor<2>>,
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

impl GatConvConfig {
    /// Makes the parameters: W and the attention vectors uniform in ±√(6 / (rows + columns)) (Glorot & Bengio 2010), b zero.
    ///
    /// # Panics
    /// If a dimension is zero or a setting out of its range.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> GatConv {
        let &Self { d_input, d_output, heads, .. } = self;
        assert!(
            d_input > 0 && d_output > 0 && heads > 0,
            "GatConv: dimensions [{d_input}, {heads} · {d_output}] must be positive"
        );
        let dropout = AttentionDropout { prob: self.attention_dropout_prob, seed: 0 };
        let settings =
            AttentionSettings::new().with_negative_slope(self.negative_slope).with_dropout(dropout);
        settings.check();
        GatConv {
            weight: glorot([d_input, heads * d_output], device, rng),
            att_source: glorot([heads, d_output], device, rng),
            att_target: glorot([heads, d_output], device, rng),
            bias: self.bias.then(|| zeros(self.combine.d_output(heads, d_output), device)),
            combine: self.combine,
            activation: self.activation,
            settings,
        }
    }
}

impl GatConv {
    /// Attends over dense node features, without dropout. O(nodes · d_input · width + arcs · width), width being heads · d_output.
    ///
    /// # Shapes
    /// `x` is `[sources, d_input]`, the output `[targets, heads · d_output]`, or `[targets, d_output]` for the mean of the heads; of
    /// a whole graph both are its nodes.
    ///
    /// # Panics
    /// If `x` has another number of rows than `adjacency` has sources, or of columns than the weight has rows.
    pub fn forward(&self, x: Tensor<2>, adjacency: &AttentionAdjacency) -> Tensor<2> {
        let [d_input, _] = self.weight.dims();
        let [_, sources] = adjacency.dims();
        assert_shape!(x, [sources, d_input]);
        self.attend(x.matmul(self.weight.val()), adjacency, AttentionDropout::none())
    }

    /// Attends over input features, which may be sparse, without dropout.
    ///
    /// # Shapes
    /// As [`forward`](Self::forward).
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_features(&self, features: &NodeFeatures, adjacency: &AttentionAdjacency) -> Tensor<2> {
        self.attend(self.project(features, adjacency), adjacency, AttentionDropout::none())
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
        let dropout = AttentionDropout { seed: rng.random(), ..self.settings.dropout };
        self.attend(self.project(features, adjacency), adjacency, dropout)
    }

    fn project(&self, features: &NodeFeatures, adjacency: &AttentionAdjacency) -> Tensor<2> {
        let [d_input, _] = self.weight.dims();
        let [_, sources] = adjacency.dims();
        assert_eq!(features.dims(), [sources, d_input], "GatConv: features are not [sources, d_input]");
        features.matmul(self.weight.val())
    }

    fn attend(
        &self,
        projected: Tensor<2>,
        adjacency: &AttentionAdjacency,
        dropout: AttentionDropout,
    ) -> Tensor<2> {
        let ([heads, _], [targets, _]) = (self.att_source.dims(), adjacency.dims());
        let of_targets = first_rows(projected.clone(), targets);
        let target_scores = adjacency.target_scores(of_targets, self.att_target.val());
        let source_scores = adjacency.source_scores(projected.clone(), self.att_source.val());
        let settings = self.settings.with_dropout(dropout);
        let attended = gat(adjacency.pattern(), projected, target_scores, source_scores, settings);
        biased(self.combine.combine(attended, heads), &self.bias, self.activation)
    }
}

impl EncoderLayer for GatConv {
    const HAS_ATTENTION: bool = true;

    fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self> {
        config
            .steps()
            .map(|step| {
                let (combine, heads, d_output) = step.heads(config);
                GatConvConfig::new(step.d_input, d_output, heads)
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

    fn layer(config: GatConvConfig) -> GatConv {
        config.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn matches_two_joined_nodes_worked_by_hand() {
        // W = I, one head. Scores: e_00 = 0, e_01 = ln 3; e_10 = −5 ln 3 · 0.2 = −ln 3, e_11 = −4 ln 3 · 0.2.
        let device = Device::flex();
        let log = 3.0f32.ln();
        let mut layer = layer(GatConvConfig::new(2, 2, 1));
        layer.weight = Param::from_tensor(Tensor::from_floats([[1.0, 0.0], [0.0, 1.0]], &device));
        layer.att_source = Param::from_tensor(Tensor::from_floats([[0.0, 1.0]], &device));
        layer.att_target = Param::from_tensor(Tensor::from_floats([[1.0, 0.0]], &device));
        layer.bias = Some(Param::from_tensor(Tensor::from_floats([0.5, -1.0], &device)));
        let adjacency = AttentionAdjacency::new(&graphs::path(2), &device);
        let x = Tensor::from_floats([[0.0, 0.0], [-5.0 * log, log]], &device);
        let (first, second) = (0.75, 1.0 / (1.0 + 3.0f32.powf(-0.2)));
        let expected =
            [[0.5 - 5.0 * log * first, log * first - 1.0], [0.5 - 5.0 * log * second, log * second - 1.0]];
        let expected = Tensor::<2>::from_floats(expected, &device).into_data();
        let output = layer.forward(x, &adjacency).into_data();
        output.assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-5));
    }

    #[test]
    fn permuting_the_nodes_permutes_the_output() {
        let device = Device::flex();
        let layer = layer(GatConvConfig::new(3, 4, 2).with_combine(Heads::Mean));
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
        let layer = layer(GatConvConfig::new(3, 4, 2).with_attention_dropout_prob(0.5));
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
        layer(GatConvConfig::new(3, 4, 2)).forward(numbers::wavy_matrix(5, 2, 0.3, &device), &adjacency);
    }

    #[test]
    #[should_panic(expected = "attention: `negative_slope` must be in [0, 1], got 2")]
    fn refuses_a_slope_above_one() {
        layer(GatConvConfig::new(3, 4, 2).with_negative_slope(2.0));
    }
}
