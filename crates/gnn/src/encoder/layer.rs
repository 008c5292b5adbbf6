//! What a layer must know of encoders to be one of theirs.

use burn::tensor::{Device, Tensor};
use rand::Rng;

use super::{EncoderConfig, LayerActivation};
use crate::conv::Heads;
use crate::ops::bias_activation::Activation;
use crate::{GraphOperators, NodeFeatures};

/// A layer that encoders can be made of: implemented in the layer's own file, named in the table of [`EncoderKind`](super::EncoderKind).
pub(crate) trait EncoderLayer: Sized {
    /// Whether it has attention heads, and a dropout of their weights.
    const HAS_ATTENTION: bool = false;

    /// The layers of an encoder, first to last, whose parameters are drawn in this order.
    fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self>;

    /// How many operators of the graph it propagates with, one after the other.
    fn num_hops(&self) -> usize {
        1
    }

    /// Widths of what the layers of an encoder make at each node, first to last.
    fn output_widths(config: &EncoderConfig) -> Vec<usize> {
        config.steps().map(|step| step.d_output).collect()
    }

    /// Output of the layer, `[targets, d_output]`, with the graph's operators from `first` on.
    fn encode(&self, features: &NodeFeatures, graph: &GraphOperators, first: usize) -> Tensor<2>;

    /// Output of the layer in training: with dropout where it has one.
    fn encode_training(
        &self,
        features: &NodeFeatures,
        graph: &GraphOperators,
        first: usize,
        _rng: &mut impl Rng,
    ) -> Tensor<2> {
        self.encode(features, graph, first)
    }
}

/// One layer of an encoder that has a layer from each width to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerSpec {
    pub(crate) d_input: usize,
    pub(crate) d_output: usize,
    pub(crate) position: LayerPosition,
    pub(crate) activation: LayerActivation,
}

/// Where a layer is in its encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerPosition {
    /// Before another layer.
    Hidden,
    /// Last.
    Output,
}

impl LayerSpec {
    /// How heads of an attention layer make its width, how many there are and how wide each is: side by side on hidden layers,
    /// their mean on the last.
    ///
    /// # Panics
    /// If a hidden width is no multiple of the number of heads.
    pub(crate) fn heads(&self, config: &EncoderConfig) -> (Heads, usize, usize) {
        let (width, heads) = (self.d_output, config.heads);
        match self.position {
            LayerPosition::Hidden => {
                assert!(
                    heads > 0 && width.is_multiple_of(heads),
                    "Encoder: {heads} heads do not divide the width {width}"
                );
                (Heads::Concat, heads, width / heads)
            }
            LayerPosition::Output => (Heads::Mean, config.output_heads.unwrap_or(heads), width),
        }
    }

    /// Width of all heads of an attention layer side by side.
    ///
    /// # Panics
    /// As [`heads`](Self::heads).
    pub(crate) fn width_of_heads(&self, config: &EncoderConfig) -> usize {
        let (_, heads, width) = self.heads(config);
        heads * width
    }

    /// What the layer applies to its sum itself; `hidden` is the activation of the kind's hidden layers.
    pub(crate) fn own_activation(&self, hidden: Activation) -> Activation {
        match (self.activation, self.position) {
            (LayerActivation::Default, LayerPosition::Hidden) => hidden,
            (LayerActivation::Relu, _) => Activation::Relu,
            (LayerActivation::Default, LayerPosition::Output)
            | (LayerActivation::Prelu | LayerActivation::BatchNormPrelu, _) => Activation::Identity,
        }
    }
}
