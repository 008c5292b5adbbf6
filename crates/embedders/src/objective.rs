//! What a training minimises.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::batch::Batch;
use crate::callback::EpochRates;
use crate::encoder::{Encoder, Mode};
use crate::seeds::{Stream, generator};
use crate::{Error, TrainingLabels};

/// A loss of embeddings, with the modules that it trains beside the encoder and what it carries from step to step.
///
/// One value serves every seed: it holds what is made once from the data set, such as groups. What a seed changes is in
/// [`State`](Self::State).
pub trait Objective<E: Encoder> {
    /// Modules that are trained beside the encoder, such as a discriminator or a predictor; [`NoHeads`] for none.
    type Heads: Module;

    /// What one training carries from step to step, such as generators or a target network; `()` for nothing.
    type State;

    /// Draws the heads, after the encoder and from the same stream, and makes the state.
    ///
    /// # Errors
    /// A data set that the objective cannot use.
    fn init(&self, start: Start<'_, E>) -> Result<(Self::Heads, Self::State), Error>;

    /// The loss of a step; lower is better.
    ///
    /// # Errors
    /// A loss that cannot be computed. The trainer itself refuses one that is not finite.
    fn loss(&self, step: &mut Step<'_, E, Self::Heads>, state: &mut Self::State) -> Result<Loss, Error>;

    /// Follows the encoder after an update, as a target network does.
    fn updated(&self, _encoder: &E, _progress: StepProgress, _state: &mut Self::State) {}
}

/// What a training starts from.
pub struct Start<'a, E> {
    /// The encoder with its first weights.
    pub encoder: &'a E,
    /// Draws another encoder of the same shape on a device: for a target network.
    pub init_encoder: &'a dyn Fn(&Device, &mut ChaCha8Rng) -> E,
    /// Width of the embedding.
    pub d_output: usize,
    /// The whole training graph.
    pub graph: &'a Batch,
    /// The labels that a supervised objective learns from.
    pub labels: Option<&'a TrainingLabels>,
    /// Where parameters live that gradients flow to; [`Device::inner`] has none.
    pub device: &'a Device,
    /// The stream of initial weights, after the encoder's were drawn.
    pub parameters: &'a mut ChaCha8Rng,
    /// The seed of this training.
    pub seed: u64,
}

impl<E> Start<'_, E> {
    /// The generator of a purpose.
    pub fn rng(&self, stream: Stream) -> ChaCha8Rng {
        generator(self.seed, stream)
    }
}

/// Where a step stands in its training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepProgress {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Steps that were taken before this one.
    pub steps_done: usize,
    /// Steps of the whole training, where the sampler knows how many an epoch has; else epochs.
    pub num_steps: usize,
}

/// One step before its update.
pub struct Step<'a, E, H> {
    /// What is trained.
    pub encoder: &'a E,
    /// What the objective trains beside it.
    pub heads: &'a H,
    /// What the step sees.
    pub batch: &'a Batch,
    /// Where it stands.
    pub progress: StepProgress,
    pub(crate) embedding: &'a mut Option<Tensor<2>>,
    pub(crate) embedded_batch: &'a mut bool,
    pub(crate) dropout: &'a mut ChaCha8Rng,
}

impl<E: Encoder, H> Step<'_, E, H> {
    /// Embeds the targets of the step's own batch, `[targets, d_output]`, with dropout where the encoder has any.
    ///
    /// Where nothing is random this may be the embedding that the epoch before was evaluated by: each is made once.
    pub fn embed(&mut self) -> Tensor<2> {
        *self.embedded_batch = true;
        match self.embedding.take() {
            Some(embedding) => embedding,
            None => self.embed_batch(self.batch),
        }
    }

    /// Embeds another batch, such as a view, `[targets, d_output]`.
    pub fn embed_batch(&mut self, batch: &Batch) -> Tensor<2> {
        self.embed_by(self.encoder, batch)
    }

    /// Embeds a batch by a part of the encoder, as training does.
    pub fn embed_by(&mut self, encoder: &impl Encoder, batch: &Batch) -> Tensor<2> {
        match encoder.is_stochastic() {
            true => encoder.forward(batch, Mode::Training(self.dropout)),
            false => encoder.forward(batch, Mode::Inference),
        }
    }
}

/// The loss of a step.
#[derive(Debug)]
pub struct Loss {
    /// What is minimised, `[1]`.
    pub value: Tensor<1>,
    /// The coding rates that it is made of.
    pub rates: Option<EpochRates>,
}

impl From<Tensor<1>> for Loss {
    fn from(value: Tensor<1>) -> Self {
        Self { value, rates: None }
    }
}

/// No heads: the encoder is all that is trained.
#[derive(Module, Debug)]
pub struct NoHeads {}
