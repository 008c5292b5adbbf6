//! The tables that the settings of several methods have in common.

use gnn::encoder::{Encoder, EncoderConfig, EncoderKind, LayerActivation, Orthogonality, RowNorm};
use serde::{Deserialize, Serialize};

use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;

use crate::encoder::InitEncoder;
use crate::{Error, ranges};

/// The table `encoder` of a method: a stack of layers of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EncoderSettings {
    /// What it is made of.
    pub kind: EncoderKind,
    /// Width of each hidden layer, first to last; none gives a single layer.
    pub d_hidden: Vec<usize>,
    /// Attention heads of each layer, at least 1, for kinds with attention; each hidden width is a multiple of it.
    pub heads: usize,
    /// Attention heads of the last layer, at least 1, whose mean is taken; 0 for as many as the other layers have.
    pub output_heads: usize,
    /// Probability that training drops a number of a layer's input, from 0 to below 1.
    pub dropout_prob: f64,
    /// Probability that training drops an attention weight, from 0 to below 1.
    pub attention_dropout_prob: f64,
    /// What follows the sum of each layer.
    pub activation: LayerActivation,
    /// How the embedding's rows are scaled.
    pub row_norm: RowNorm,
    /// How the layers' weights are kept orthogonal: `none`, `own`, `svb`, `srip`, `so`, or a table with that as `kind` and its
    /// settings.
    #[serde(skip_serializing_if = "Orthogonality::is_none")]
    pub orthogonal: Orthogonality,
}

impl Default for EncoderSettings {
    /// One graph convolution, whose rows stay as they are.
    fn default() -> Self {
        Self {
            kind: EncoderKind::Gcn,
            d_hidden: Vec::new(),
            heads: 8,
            output_heads: 0,
            dropout_prob: 0.0,
            attention_dropout_prob: 0.0,
            activation: LayerActivation::Default,
            row_norm: RowNorm::None,
            orthogonal: Orthogonality::None,
        }
    }
}

impl EncoderSettings {
    /// The default with these hidden widths.
    pub fn with_hidden(d_hidden: &[usize]) -> Self {
        Self { d_hidden: d_hidden.to_vec(), ..Self::default() }
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        for &width in &self.d_hidden {
            ranges::width("d_hidden", width)?;
        }
        ranges::width("heads", self.heads)?;
        if self.output_heads > 0 {
            ranges::width("output_heads", self.output_heads)?;
        }
        let uneven = self.d_hidden.iter().find(|width| !width.is_multiple_of(self.heads));
        if let Some(&width) = uneven.filter(|_| self.kind.has_attention()) {
            let expected = format!("a list of multiples of `heads`, which is {}", self.heads);
            return Err(Error::Setting { name: "d_hidden", expected, found: width as f64 });
        }
        ranges::dropout("dropout_prob", self.dropout_prob)?;
        ranges::dropout("attention_dropout_prob", self.attention_dropout_prob)?;
        match self.orthogonal {
            Orthogonality::None => Ok(()),
            Orthogonality::Own { scale, group_size } => {
                ranges::positive("scale", scale)?;
                ranges::width("group_size", group_size)
            }
            Orthogonality::Svb { bound, every } => {
                ranges::positive("bound", bound)?;
                ranges::count("every", every, 1 << 20)
            }
            Orthogonality::Srip { strength } | Orthogonality::So { strength } => {
                ranges::positive("strength", strength)
            }
        }
    }

    /// The encoder of these settings, `[nodes, d_input]` to `[nodes, d_output]`.
    pub fn config(&self, d_input: usize, d_output: usize) -> EncoderConfig {
        EncoderConfig::new(self.kind, d_input, self.d_hidden.clone(), d_output, self.row_norm)
            .with_heads(self.heads)
            .with_output_heads((self.output_heads > 0).then_some(self.output_heads))
            .with_dropout_prob(self.dropout_prob)
            .with_attention_dropout_prob(self.attention_dropout_prob)
            .with_activation(self.activation)
            .with_orthogonal(self.orthogonal)
    }

    /// What makes encoders of these settings with a width of the embedding.
    pub fn with_output(&self, d_output: usize) -> SizedEncoder {
        SizedEncoder { settings: self.clone(), d_output }
    }
}

/// The settings of an encoder with the width of the embedding.
#[derive(Clone, Debug, PartialEq)]
pub struct SizedEncoder {
    settings: EncoderSettings,
    d_output: usize,
}

impl InitEncoder for SizedEncoder {
    type Encoder = Encoder;

    fn init(&self, d_input: usize, device: &Device, rng: &mut ChaCha8Rng) -> Encoder {
        self.settings.config(d_input, self.d_output).init(device, rng)
    }

    fn d_output(&self) -> Option<usize> {
        Some(self.d_output)
    }
}

/// The table `views` of a method that compares two random views of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ViewSettings {
    /// Probability that each of the two views drops an edge, from 0 to below 1.
    pub drop_edge_probs: [f64; 2],
    /// Probability that each of the two views masks a column of the features, from 0 to below 1.
    pub mask_feature_probs: [f64; 2],
}

impl Default for ViewSettings {
    /// Nothing is left out.
    fn default() -> Self {
        Self { drop_edge_probs: [0.0; 2], mask_feature_probs: [0.0; 2] }
    }
}

impl ViewSettings {
    /// Checks that every probability is one.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        for view in 0..2 {
            ranges::dropout("drop_edge_probs", self.drop_edge_probs[view])?;
            ranges::dropout("mask_feature_probs", self.mask_feature_probs[view])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoders_out_of_range_are_refused() {
        let message = |settings: EncoderSettings| settings.check().unwrap_err().to_string();
        let gat = || EncoderSettings { kind: EncoderKind::Gat, ..EncoderSettings::with_hidden(&[8]) };
        for (settings, expected) in [
            (EncoderSettings { heads: 0, ..gat() }, "`heads` must be from 1 to 65536, got 0"),
            (
                EncoderSettings { d_hidden: vec![9], heads: 2, ..gat() },
                "`d_hidden` must be a list of multiples of `heads`, which is 2, got 9",
            ),
            (EncoderSettings { d_hidden: vec![0], ..gat() }, "`d_hidden` must be from 1 to 65536, got 0"),
            (
                EncoderSettings { output_heads: 1 << 17, ..gat() },
                "`output_heads` must be from 1 to 65536, got 131072",
            ),
            (
                EncoderSettings { dropout_prob: 1.0, ..gat() },
                "`dropout_prob` must be from 0 to below 1, got 1",
            ),
            (
                EncoderSettings { attention_dropout_prob: -0.5, ..gat() },
                "`attention_dropout_prob` must be from 0 to below 1, got -0.5",
            ),
        ] {
            assert_eq!(message(settings), expected);
        }
        assert!(EncoderSettings { d_hidden: vec![9], kind: EncoderKind::Gcn, ..gat() }.check().is_ok());
    }

    #[test]
    fn views_out_of_range_are_refused() {
        let message = |settings: ViewSettings| settings.check().unwrap_err().to_string();
        let drop = ViewSettings { drop_edge_probs: [0.1, 1.0], ..ViewSettings::default() };
        assert_eq!(message(drop), "`drop_edge_probs` must be from 0 to below 1, got 1");
        let mask = ViewSettings { mask_feature_probs: [f64::NAN, 0.0], ..ViewSettings::default() };
        assert_eq!(message(mask), "`mask_feature_probs` must be from 0 to below 1, got NaN");
    }
}
