//! What embedders share that compare two random views of one graph.

#[cfg(test)]
pub(crate) mod checks;

use std::path::Path;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use gnn::encoder::{Encoder, EncoderConfig};
use graph_io::{Features, NodeDataset};
use ndarray::Array2;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::augmentation::{Augmentation, Omission, View};
use crate::seeds::{Stream, generator};
use crate::trainer::{Trained, to_host};
use crate::{Embedded, Error, ranges, weights};

/// A graph of which pairs of views are drawn, and the encoder that embeds them.
///
/// Features are scaled to row sum 1; labels are never looked at.
#[derive(Clone, Debug)]
pub(crate) struct TwoViews {
    pub(crate) device: Device,
    augmentation: Augmentation,
    encoder: EncoderConfig,
    omissions: [Omission; 2],
}

impl TwoViews {
    /// Normalises the features and copies them and the graph to a device. `encoder` makes the encoder's settings from the number
    /// of features.
    pub(crate) fn new(
        dataset: &NodeDataset,
        device: &Device,
        omissions: [Omission; 2],
        encoder: impl FnOnce(usize) -> EncoderConfig,
    ) -> Self {
        let augmentation = Augmentation::new(dataset.graph(), &dataset.features().row_normalized(), device);
        Self {
            device: device.clone().autodiff(),
            encoder: encoder(augmentation.d_input()),
            augmentation,
            omissions,
        }
    }

    /// Number of nodes.
    pub(crate) fn num_nodes(&self) -> usize {
        self.augmentation.whole().graph.num_nodes()
    }

    /// The encoder that training with a seed starts from, and the generator after it was drawn.
    pub(crate) fn init(&self, seed: u64) -> (Encoder, ChaCha8Rng) {
        let mut rng = generator(seed, Stream::Parameters);
        (self.encoder.init(&self.device, &mut rng), rng)
    }

    /// An encoder like those of [`init`](Self::init) that no gradient flows through.
    pub(crate) fn init_without_gradient(&self, rng: &mut impl Rng) -> Encoder {
        self.encoder.init(&self.device.clone().inner(), rng)
    }

    /// Draws the views of a step.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> [View; 2] {
        self.omissions.map(|omission| self.augmentation.draw(omission, rng))
    }

    /// The embedding of every node of the graph as it is, `[nodes, d_output]`.
    pub(crate) fn embed(&self, encoder: &Encoder) -> Array2<f32> {
        self.embed_without_gradient(&encoder.valid())
    }

    /// The same by an encoder of [`init_without_gradient`](Self::init_without_gradient).
    pub(crate) fn embed_without_gradient(&self, encoder: &Encoder) -> Array2<f32> {
        let View { graph, features } = self.augmentation.whole();
        to_host(encoder.forward(features, graph))
    }

    /// What [`Embedder::embed`](crate::Embedder::embed) hands back.
    pub(crate) fn embedded(&self, trained: Trained<Encoder>) -> Result<Embedded, Error> {
        let Trained { encoder, epoch, history, seconds } = trained;
        let rows = Features::Dense(self.embed(&encoder));
        let weights = Some(weights::to_bytes(&encoder.valid())?);
        Ok(Embedded { rows, epoch, history, seconds, weights })
    }

    /// What [`Embedder::restore`](crate::Embedder::restore) hands back.
    pub(crate) fn restored(&self, path: &Path) -> Result<Array2<f32>, Error> {
        let (encoder, _) = self.init(0);
        Ok(self.embed(&weights::load(encoder, path)?))
    }
}

/// A loss `[1]` as a number.
///
/// # Errors
/// [`Error::LossNotFinite`].
pub(crate) fn finite(epoch: usize, loss: &Tensor<1>) -> Result<f64, Error> {
    let found = f64::from(loss.clone().into_scalar::<f32>());
    if found.is_finite() { Ok(found) } else { Err(Error::LossNotFinite { epoch, found }) }
}

/// Checks the settings of an encoder; `heads` only counts where it has attention.
pub(crate) fn check_encoder(
    has_attention: bool,
    d_hidden: &[usize],
    d_output: usize,
    heads: usize,
) -> Result<(), Error> {
    for &width in d_hidden {
        ranges::width("d_hidden", width)?;
    }
    ranges::width("d_output", d_output)?;
    ranges::width("heads", heads)?;
    let uneven = d_hidden.iter().find(|width| !width.is_multiple_of(heads));
    if let Some(&width) = uneven.filter(|_| has_attention) {
        let expected = format!("a list of multiples of `heads`, which is {heads}");
        return Err(Error::Setting { name: "d_hidden", expected, found: width as f64 });
    }
    Ok(())
}

/// Checks the probabilities that two views leave something out.
pub(crate) fn check_omissions(drop_edge_probs: [f64; 2], mask_feature_probs: [f64; 2]) -> Result<(), Error> {
    for view in 0..2 {
        ranges::dropout("drop_edge_probs", drop_edge_probs[view])?;
        ranges::dropout("mask_feature_probs", mask_feature_probs[view])?;
    }
    Ok(())
}

/// What is left out of each of two views.
pub(crate) fn omissions(drop_edge_probs: [f64; 2], mask_feature_probs: [f64; 2]) -> [Omission; 2] {
    [0, 1].map(|view| Omission { edge_prob: drop_edge_probs[view], feature_prob: mask_feature_probs[view] })
}
