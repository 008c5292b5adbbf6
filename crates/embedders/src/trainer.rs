//! The training loop that embedders share: Adam, one step an epoch, every embedding shown to an observer.

use std::time::Instant;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::adam::Adam;

/// What an epoch did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Loss of the step, before its update.
    pub loss: f64,
    /// Expansion R(Z) of the step, in nats.
    pub expansion: f64,
    /// Compression R_c(Z) of the step, in nats.
    pub compression: f64,
    /// Wall-clock seconds of the step.
    pub seconds: f64,
}

/// What to do with the weights of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The best so far: keep them in place of those kept before.
    Keep,
    /// Not the best.
    Discard,
    /// Stop after this epoch.
    Stop,
}

/// Whoever watches a training.
pub trait Observer {
    /// Sees the embedding `[nodes, d_output]` that an epoch's update led to, and decides on its weights.
    ///
    /// # Errors
    /// Any; it ends the training as [`Error::Observer`].
    fn epoch(
        &mut self,
        report: &EpochReport,
        embedding: ArrayView2<'_, f32>,
    ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>>;
}

/// Keeps every epoch's weights, so that the last remain: for a graph without labels to choose by.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepLast;

impl Observer for KeepLast {
    fn epoch(
        &mut self,
        _report: &EpochReport,
        _embedding: ArrayView2<'_, f32>,
    ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Decision::Keep)
    }
}

/// The outcome of a training.
#[derive(Clone, Debug)]
pub struct Trained<M> {
    /// The encoder that was kept last; where none was, the final one.
    pub encoder: M,
    /// The epoch it is of, from 1; 0 where no epoch ran.
    pub epoch: usize,
    /// What each epoch did.
    pub history: Vec<EpochReport>,
    /// Wall-clock seconds of all steps, without the observer's.
    pub seconds: f64,
}

/// A loss over embeddings.
pub(crate) trait Objective<M> {
    /// The embedding of every node, `[nodes, d_output]`, which chance has no part in.
    fn embed(&self, encoder: &M) -> Tensor<2>;

    /// The embedding that a step starts from: what [`embed`](Self::embed) gave, unless training embeds by chance.
    fn embed_for_step(&mut self, _encoder: &M, embedding: Tensor<2>) -> Tensor<2> {
        embedding
    }

    /// The loss of a step at an embedding that `encoder` made.
    fn loss(&mut self, embedding: Tensor<2>) -> Result<StepLoss, g2r_loss::Error>;
}

/// A step's loss, `[1]`, and its parts.
pub(crate) struct StepLoss {
    pub(crate) loss: Tensor<1>,
    pub(crate) expansion: f64,
    pub(crate) compression: f64,
}

/// Settings of the optimiser.
pub(crate) struct Schedule {
    pub(crate) epochs: usize,
    pub(crate) learning_rate: f64,
    pub(crate) weight_decay: f64,
}

/// Trains an encoder.
///
/// The embedding that an update leads to is the one that the next step starts from, so each is made once where there is no
/// dropout.
pub(crate) fn train<M: Module + Clone>(
    mut encoder: M,
    objective: &mut impl Objective<M>,
    schedule: &Schedule,
    observer: &mut dyn Observer,
) -> Result<Trained<M>, Error> {
    let mut adam = Adam::new(schedule.learning_rate, schedule.weight_decay);
    let mut kept = None;
    let mut history = Vec::with_capacity(schedule.epochs);
    let mut start = Instant::now();
    let mut embedding = objective.embed(&encoder);
    for epoch in 1..=schedule.epochs {
        let embedding_of_step = objective.embed_for_step(&encoder, embedding);
        let step = objective.loss(embedding_of_step).map_err(|source| Error::Loss { epoch, source })?;
        let loss = f64::from(step.loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(step.loss.backward(), &encoder);
        encoder = adam.step(encoder, gradients);
        embedding = objective.embed(&encoder);
        let host = to_host(embedding.clone());

        let (expansion, compression) = (step.expansion, step.compression);
        let seconds = start.elapsed().as_secs_f64();
        let report = EpochReport { epoch, loss, expansion, compression, seconds };
        let decision =
            observer.epoch(&report, host.view()).map_err(|source| Error::Observer { epoch, source })?;
        history.push(report);
        match decision {
            Decision::Keep => kept = Some((encoder.clone(), epoch)),
            Decision::Discard => {}
            Decision::Stop => break,
        }
        start = Instant::now();
    }
    let seconds = history.iter().map(|report| report.seconds).sum();
    let (encoder, epoch) = kept.unwrap_or((encoder, history.len()));
    Ok(Trained { encoder, epoch, history, seconds })
}

/// An embedding as an array on the host, `[nodes, d_output]`.
pub(crate) fn to_host(embedding: Tensor<2>) -> Array2<f32> {
    let [nodes, width] = embedding.dims();
    let values: Vec<f32> = embedding.inner().into_data().try_into_vec().expect("embeddings are f32");
    Array2::from_shape_vec((nodes, width), values).expect("a tensor has as many values as its shape says")
}
