//! The training of DGI.

use std::ops::ControlFlow;
use std::time::Instant;

use burn::optim::GradientsParams;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Dgi;
use super::encoder::{DgiEncoder, DgiModel};
use super::infomax::infomax_loss;
use crate::Error;
use crate::adam::Adam;
use crate::seeds::{Stream, generator};

/// What an epoch of DGI did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DgiEpoch {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Loss of the step, before its update, in nats.
    pub loss: f64,
    /// Wall-clock seconds of the step.
    pub seconds: f64,
}

/// The outcome of a training with [`Dgi::train`].
#[derive(Clone, Debug)]
pub struct TrainedDgi {
    /// The encoder with the lowest loss.
    pub encoder: DgiEncoder,
    /// The epoch whose step started from it, from 1.
    pub epoch: usize,
    /// What each epoch did.
    pub history: Vec<DgiEpoch>,
    /// Wall-clock seconds of all steps.
    pub seconds: f64,
}

/// A training of DGI between two steps.
pub struct DgiTraining<'a> {
    dgi: &'a Dgi,
    /// Always there between steps.
    model: Option<DgiModel>,
    adam: Adam,
    rng: ChaCha8Rng,
    permutation: Vec<u32>,
    epoch: usize,
}

impl<'a> DgiTraining<'a> {
    pub(super) fn new(dgi: &'a Dgi, seed: u64) -> Self {
        Self {
            dgi,
            model: Some(dgi.init_model(seed)),
            adam: Adam::new(dgi.config.learning_rate, dgi.config.weight_decay),
            rng: generator(seed, Stream::Corruption),
            permutation: (0..dgi.adjacency.num_nodes() as u32).collect(),
            epoch: 0,
        }
    }

    /// The encoder as it is now.
    pub fn encoder(&self) -> &DgiEncoder {
        &self.model().encoder
    }

    fn model(&self) -> &DgiModel {
        self.model.as_ref().expect("a step puts the model back")
    }

    /// Takes one step and returns the loss before it, in nats.
    ///
    /// # Errors
    /// [`Error::LossNotFinite`]; the encoder then stays as it is.
    pub fn step(&mut self) -> Result<f64, Error> {
        self.epoch += 1;
        self.permutation.shuffle(&mut self.rng);
        let DgiModel { encoder, discriminator } = self.model();
        // (P X) W = P (X W): one product with X serves the nodes and their corrupted copies.
        let product = self.dgi.features.matmul(encoder.conv.weight.val());
        let sums = self.dgi.stack.permuted(&self.permutation).matmul(product);
        let bias = encoder.conv.bias.as_ref().expect("the convolution was made with a bias");
        let loss = infomax_loss(sums, bias.val(), encoder.slope.val(), discriminator.val());
        let found = f64::from(loss.clone().into_scalar::<f32>());
        if !found.is_finite() {
            return Err(Error::LossNotFinite { epoch: self.epoch, found });
        }
        let gradients = GradientsParams::from_grads(loss.backward(), self.model());
        // Taken out, so that nobody else holds the parameters and Adam writes them in their own memory.
        self.model = self.model.take().map(|model| self.adam.step(model, gradients));
        Ok(found)
    }

    /// Steps until the loss has not fallen for `patience` epochs, or `watch` says that it is enough.
    pub(super) fn run(
        mut self,
        mut watch: impl FnMut(&DgiEpoch) -> ControlFlow<()>,
    ) -> Result<TrainedDgi, Error> {
        let mut kept = self.encoder().clone();
        let (mut kept_epoch, mut lowest) = (0, f64::INFINITY);
        let mut history = Vec::new();
        for epoch in 1..=self.dgi.config.epochs {
            let start = Instant::now();
            let before = self.encoder().clone();
            let loss = self.step()?;
            if loss < lowest {
                (kept, kept_epoch, lowest) = (before, epoch, loss);
            }
            let report = DgiEpoch { epoch, loss, seconds: start.elapsed().as_secs_f64() };
            history.push(report);
            if watch(&report).is_break() || epoch - kept_epoch >= self.dgi.config.patience {
                break;
            }
        }
        let seconds = history.iter().map(|epoch| epoch.seconds).sum();
        Ok(TrainedDgi { encoder: kept, epoch: kept_epoch, history, seconds })
    }
}
