//! The training of DGI.

use burn::optim::GradientsParams;
use ndarray::Array2;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Dgi;
use super::encoder::{DgiEncoder, DgiModel};
use super::infomax::infomax_loss;
use crate::Error;
use crate::adam::Adam;
use crate::seeds::{Stream, generator};
use crate::trainer::{Step, Training};

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
            permutation: (0..dgi.graph.num_nodes() as u32).collect(),
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
        let Dgi { corruption, features, graph, .. } = self.dgi;
        let DgiModel { encoder, discriminator, score_bias } = self.model();
        let (sums, bias) = corruption.sums_and_bias(encoder, features, graph, &self.permutation);
        let slope = encoder.slope.val().expand(bias.dims());
        let loss = infomax_loss(sums, bias, slope, discriminator.val(), score_bias.val());
        let found = f64::from(loss.clone().into_scalar::<f32>());
        if !found.is_finite() {
            return Err(Error::LossNotFinite { epoch: self.epoch, found });
        }
        let gradients = GradientsParams::from_grads(loss.backward(), self.model());
        // Taken out, so that nobody else holds the parameters and Adam writes them in their own memory.
        self.model = self.model.take().map(|model| self.adam.step(model, gradients));
        Ok(found)
    }
}

impl Training for DgiTraining<'_> {
    type Model = DgiEncoder;

    fn step(&mut self, _epoch: usize) -> Result<Step, Error> {
        Ok(Step { loss: DgiTraining::step(self)?, rates: None })
    }

    fn model(&self) -> &DgiEncoder {
        self.encoder()
    }

    fn embedding(&self) -> Array2<f32> {
        self.dgi.embed(self.encoder())
    }
}
