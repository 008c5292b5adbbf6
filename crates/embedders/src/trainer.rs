//! The training loop: encoder × objective × sampler, seen by callbacks.

use std::cell::Cell;
use std::time::Instant;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::batch::Batch;
use crate::callback::{Callback, Decision, EpochLog, EpochRates, Progress};
use crate::encoder::{Encoder, InitEncoder, Mode};
use crate::objective::{Loss, Objective, Start, Step, StepProgress};
use crate::optimizer::{Optimizer, OptimizerSettings};
use crate::sampler::{FullGraph, Sampler};
use crate::seeds::{Stream, generator};
use crate::{Error, FitOptions, OnInterrupt, TrainingData};

/// Which epoch's weights are kept, unless a callback keeps others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checkpoint {
    /// Those of the last epoch.
    #[default]
    Last,
    /// Those that the callback keeps, by the accuracy of a probe on the validation nodes; the last where it keeps none.
    BestValidation,
    /// Those that the first lowest loss was computed with: the weights before that epoch's update.
    LowestLoss,
}

impl Checkpoint {
    /// Every rule.
    pub const ALL: &[Self] = &[Self::Last, Self::BestValidation, Self::LowestLoss];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::BestValidation => "best-validation",
            Self::LowestLoss => "lowest-loss",
        }
    }
}

impl std::fmt::Display for Checkpoint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.name())
    }
}

/// When a training ends before its last epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EarlyStopping {
    /// Never.
    #[default]
    Never,
    /// After this many epochs, at least 1, without a new lowest loss.
    Loss {
        /// How many.
        patience: usize,
    },
    /// After this many epochs, at least 1, in which a callback that has kept weights keeps none.
    Kept {
        /// How many.
        patience: usize,
    },
}

/// How long a training is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The most epochs, at least 1.
    pub epochs: usize,
    /// When it ends before.
    pub early_stopping: EarlyStopping,
}

impl Schedule {
    /// This many epochs, without early stopping.
    pub fn of(epochs: usize) -> Self {
        Self { epochs, early_stopping: EarlyStopping::Never }
    }
}

/// An encoder, an objective, a sampler and an optimiser on one training graph, ready to train with any seed.
///
/// On the CPU the same seed gives the same bits, whatever the number of threads.
pub struct Trainer<I: InitEncoder, O, S> {
    init: I,
    objective: O,
    sampler: S,
    optimizer: MakeOptimizer<I>,
    schedule: Schedule,
    /// The whole training graph, which is embedded at the end.
    graph: Batch,
    device: Device,
}

/// What makes the optimiser of an encoder that no step was taken with.
type MakeOptimizer<I> = Box<dyn Fn(&<I as InitEncoder>::Encoder) -> Optimizer>;

/// The outcome of a training.
#[derive(Clone, Debug)]
pub struct Trained<E> {
    /// The encoder whose weights were kept.
    pub encoder: E,
    /// The epoch it is of, from 1; 0 for the weights before the first update.
    pub epoch: usize,
    /// Log of each epoch.
    pub history: Vec<EpochLog>,
    /// Wall-clock seconds of all steps, without the callbacks'.
    pub seconds: f64,
}

impl<I, O> Trainer<I, O, FullGraph>
where
    I: InitEncoder,
    O: Objective<I::Encoder>,
{
    /// A step an epoch over the whole training graph, by Adam with a learning rate of 10⁻³.
    pub fn of(data: &TrainingData<'_>, init: I, objective: O, epochs: usize) -> Self {
        let graph = data.batch().clone();
        let sampler = FullGraph::new(graph.clone());
        let adam = |_: &I::Encoder| OptimizerSettings::default().adam();
        Self::new(graph, &data.device, init, objective, sampler, adam, Schedule::of(epochs))
    }
}

impl<I, O, S> Trainer<I, O, S>
where
    I: InitEncoder,
    O: Objective<I::Encoder>,
    S: Sampler,
{
    /// Puts the parts together; `graph` is the whole training graph on `device`.
    pub fn new(
        graph: Batch,
        device: &Device,
        init: I,
        objective: O,
        sampler: S,
        optimizer: impl Fn(&I::Encoder) -> Optimizer + 'static,
        schedule: Schedule,
    ) -> Self {
        let device = device.clone().autodiff();
        Self { init, objective, sampler, optimizer: Box::new(optimizer), schedule, graph, device }
    }

    /// The objective.
    pub fn objective(&self) -> &O {
        &self.objective
    }

    /// Where parameters live, with gradients.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The encoder that training with a seed starts from.
    pub fn init(&self, seed: u64) -> I::Encoder {
        self.init_from(&mut generator(seed, Stream::Parameters))
    }

    fn init_from(&self, rng: &mut ChaCha8Rng) -> I::Encoder {
        self.init.init(self.graph.d_input(), &self.device, rng)
    }

    /// The embedding of the training graph, `[nodes, d_output]`.
    pub fn embed(&self, encoder: &I::Encoder) -> Array2<f32> {
        to_host(encoder.valid().forward(&self.graph, Mode::Inference))
    }

    /// A training between two epochs, before its first.
    ///
    /// # Errors
    /// What the objective says of the data set or the labels.
    pub fn start<'a>(&'a self, options: &'a FitOptions) -> Result<Training<'a, I, O, S>, Error> {
        let seed = options.seed;
        let mut parameters = generator(seed, Stream::Parameters);
        let encoder = self.init_from(&mut parameters);
        let d_output = self
            .init
            .d_output()
            .unwrap_or_else(|| encoder.valid().forward(&self.graph, Mode::Inference).dims()[1]);
        let (heads, state) = self.objective.init(Start {
            encoder: &encoder,
            init_encoder: &|device, rng| self.init.init(self.graph.d_input(), device, rng),
            d_output,
            graph: &self.graph,
            labels: options.labels.as_ref(),
            device: &self.device,
            parameters: &mut parameters,
            seed,
        })?;
        Ok(Training {
            trainer: self,
            seed,
            optimizer: (self.optimizer)(&encoder),
            trained: Some((encoder, heads)),
            state,
            dropout: generator(seed, Stream::Dropout),
            embedding: None,
            embedded_batch: false,
            epoch: 0,
        })
    }

    /// Trains to the end.
    ///
    /// # Errors
    /// [`Error::LossNotFinite`]; [`Error::Interrupted`] and [`Error::Callback`] by the callback; what the objective says.
    pub fn train(
        &self,
        options: &FitOptions,
        callback: &mut dyn Callback,
    ) -> Result<Trained<I::Encoder>, Error> {
        let training = self.start(options)?;
        let checkpoint = options.checkpoint.unwrap_or_default();
        run(training, self.schedule, checkpoint, options.on_interrupt, callback)
    }
}

/// A training between two epochs.
pub struct Training<'a, I: InitEncoder, O: Objective<I::Encoder>, S> {
    trainer: &'a Trainer<I, O, S>,
    seed: u64,
    /// Always there between steps.
    trained: Option<(I::Encoder, O::Heads)>,
    state: O::State,
    optimizer: Optimizer,
    dropout: ChaCha8Rng,
    /// The embedding of the whole graph as the encoder is now, where it was made and can serve the next step.
    embedding: Option<Tensor<2>>,
    /// Whether the objective embeds the batch of a step as it is.
    embedded_batch: bool,
    epoch: usize,
}

impl<I: InitEncoder, O: Objective<I::Encoder>, S: Sampler> Training<'_, I, O, S> {
    /// The encoder as it is now.
    pub fn encoder(&self) -> &I::Encoder {
        &self.trained.as_ref().expect("a step puts the modules back").0
    }

    /// The state of the objective.
    pub fn state(&self) -> &O::State {
        &self.state
    }

    /// Takes the steps of the next epoch.
    ///
    /// # Errors
    /// [`Error::LossNotFinite`], after which the weights are as before the step; what the objective says.
    pub fn epoch(&mut self) -> Result<EpochLog, Error> {
        let start = Instant::now();
        self.epoch += 1;
        let steps_per_epoch = self.trainer.sampler.steps_per_epoch();
        let (mut losses, mut rates) = (Vec::with_capacity(steps_per_epoch), Vec::new());
        let trainer = self.trainer;
        for (place, batch) in trainer.sampler.epoch(self.seed, self.epoch).enumerate() {
            let progress = StepProgress {
                epoch: self.epoch,
                steps_done: (self.epoch - 1) * steps_per_epoch + place,
                num_steps: trainer.schedule.epochs * steps_per_epoch,
            };
            let (loss, found) = self.step(&batch, progress)?;
            losses.push(loss);
            rates.extend(found);
        }
        let mean = |values: &mut dyn Iterator<Item = f64>, count: usize| values.sum::<f64>() / count as f64;
        Ok(EpochLog {
            epoch: self.epoch,
            loss: mean(&mut losses.iter().copied(), losses.len()),
            rates: (!rates.is_empty()).then(|| EpochRates {
                expansion: mean(&mut rates.iter().map(|rates| rates.expansion), rates.len()),
                compression: mean(&mut rates.iter().map(|rates| rates.compression), rates.len()),
            }),
            seconds: start.elapsed().as_secs_f64(),
        })
    }

    fn step(&mut self, batch: &Batch, progress: StepProgress) -> Result<(f64, Option<EpochRates>), Error> {
        let objective = &self.trainer.objective;
        let (encoder, heads) = self.trained.as_ref().expect("a step puts the modules back");
        self.embedded_batch = false;
        let mut step = Step {
            encoder,
            heads,
            batch,
            progress,
            embedding: &mut self.embedding,
            embedded_batch: &mut self.embedded_batch,
            dropout: &mut self.dropout,
        };
        let Loss { value, rates } = objective.loss(&mut step, &mut self.state)?;
        let value = match encoder.penalty(&mut self.dropout) {
            Some(penalty) => value + penalty,
            None => value,
        };
        self.embedding = None;
        let epoch = progress.epoch;
        let found = f64::from(value.clone().into_scalar::<f32>());
        if !found.is_finite() {
            return Err(Error::LossNotFinite { epoch, found });
        }
        // Taken out, so that nobody else holds the parameters and Adam writes them in their own memory.
        let trained = self.trained.take().expect("a step puts the modules back");
        let gradients = GradientsParams::from_grads(value.backward(), &trained);
        let (encoder, heads) = self.optimizer.step(trained, gradients, progress);
        self.trained = Some((encoder.constrained(progress.steps_done), heads));
        let (encoder, _) = self.trained.as_ref().expect("just put back");
        objective.updated(encoder, progress, &mut self.state);
        Ok((found, rates))
    }

    /// The embedding of the training graph as the encoder is now, and the seconds of it that the next step is spared.
    fn embed(&mut self) -> (Array2<f32>, f64) {
        let reusable = self.embedded_batch && self.trainer.sampler.is_whole_graph();
        if !reusable || self.encoder().is_stochastic() {
            return (self.trainer.embed(self.encoder()), 0.0);
        }
        let start = Instant::now();
        if self.embedding.is_none() {
            self.embedding = Some(self.encoder().forward(&self.trainer.graph, Mode::Inference));
        }
        let seconds = start.elapsed().as_secs_f64();
        (to_host(self.embedding.clone().expect("just made")), seconds)
    }
}

/// A training as the loop sees it.
pub(crate) trait Epochs {
    /// What is trained and kept.
    type Model: Clone;

    /// Whether epochs report their progress themselves, in smaller units.
    const REPORTS_PROGRESS: bool = false;

    /// Takes the next epoch.
    fn epoch(&mut self, callback: &mut dyn Callback) -> Result<EpochLog, Error>;

    /// The model as it is now.
    fn model(&self) -> Self::Model;

    /// The embedding of every node as the model is now, and the seconds of it that the next epoch is spared.
    fn embed(&mut self) -> (Array2<f32>, f64);
}

impl<I: InitEncoder, O: Objective<I::Encoder>, S: Sampler> Epochs for Training<'_, I, O, S> {
    type Model = I::Encoder;

    fn epoch(&mut self, _callback: &mut dyn Callback) -> Result<EpochLog, Error> {
        Training::epoch(self)
    }

    fn model(&self) -> I::Encoder {
        self.encoder().clone()
    }

    fn embed(&mut self) -> (Array2<f32>, f64) {
        Training::embed(self)
    }
}

/// Trains for the epochs of a schedule, unless a callback or early stopping ends it before.
pub(crate) fn run<T: Epochs>(
    mut training: T,
    schedule: Schedule,
    checkpoint: Checkpoint,
    on_interrupt: OnInterrupt,
    callback: &mut dyn Callback,
) -> Result<Trained<T::Model>, Error> {
    let Schedule { epochs, early_stopping } = schedule;
    let mut kept: Option<(T::Model, usize)> = None;
    let mut lowest: Option<(Option<T::Model>, usize, f64)> = None;
    let mut history = Vec::with_capacity(epochs.min(1 << 16));
    for epoch in 1..=epochs {
        let keeps = on_interrupt == OnInterrupt::Keep && epoch > 1;
        let progress = Progress {
            unit: "epochs",
            done: epoch as u64 - 1,
            total: epochs as u64,
            is_bound: early_stopping != EarlyStopping::Never,
        };
        if !T::REPORTS_PROGRESS && callback.progress(progress).is_break() {
            if keeps {
                break;
            }
            return Err(Error::Interrupted);
        }
        let before = (checkpoint == Checkpoint::LowestLoss).then(|| training.model());
        let mut log = match training.epoch(callback) {
            Err(Error::Interrupted) if keeps => break,
            log => log?,
        };
        let seconds = Cell::new(0.0);
        let mut embed = || {
            let (embedding, spared) = training.embed();
            seconds.set(seconds.get() + spared);
            embedding
        };
        let decision =
            callback.epoch(&log, &mut embed).map_err(|source| Error::Callback { epoch, source })?;
        log.seconds += seconds.get();
        let loss = log.loss;
        history.push(log);
        match decision {
            Decision::Keep => kept = Some((training.model(), epoch)),
            Decision::Discard => {}
            Decision::Stop => break,
        }
        if lowest.as_ref().is_none_or(|(_, _, lowest)| loss < *lowest) {
            lowest = Some((before, epoch - 1, loss));
        }
        let waited = match early_stopping {
            EarlyStopping::Never => continue,
            EarlyStopping::Loss { patience } => {
                let (_, updates, _) = lowest.as_ref().expect("an epoch has a loss");
                epoch - 1 - updates >= patience
            }
            EarlyStopping::Kept { patience } => {
                kept.as_ref().is_some_and(|(_, kept)| epoch - kept >= patience)
            }
        };
        if waited {
            break;
        }
    }
    let seconds = history.iter().map(|log| log.seconds).sum();
    let lowest = || lowest.and_then(|(model, epoch, _)| Some((model?, epoch)));
    let (encoder, epoch) = kept.or_else(lowest).unwrap_or_else(|| (training.model(), history.len()));
    Ok(Trained { encoder, epoch, history, seconds })
}

/// An embedding as an array on the host, `[nodes, d_output]`.
pub(crate) fn to_host(embedding: Tensor<2>) -> Array2<f32> {
    let [nodes, width] = embedding.dims();
    let values: Vec<f32> = embedding.inner().into_data().try_into_vec().expect("embeddings are f32");
    Array2::from_shape_vec((nodes, width), values).expect("a tensor has as many values as its shape says")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callback::CallbackError;
    use std::ops::ControlFlow;

    /// Counts its steps; the losses are given.
    struct Counting {
        losses: &'static [f64],
        steps: usize,
    }

    impl Epochs for Counting {
        type Model = usize;

        fn epoch(&mut self, _callback: &mut dyn Callback) -> Result<EpochLog, Error> {
            self.steps += 1;
            Ok(EpochLog { epoch: self.steps, loss: self.losses[self.steps - 1], rates: None, seconds: 0.5 })
        }

        fn model(&self) -> usize {
            self.steps
        }

        fn embed(&mut self) -> (Array2<f32>, f64) {
            (Array2::from_elem((1, 1), self.steps as f32), 0.25)
        }
    }

    fn run_with(
        losses: &'static [f64],
        early_stopping: EarlyStopping,
        checkpoint: Checkpoint,
        callback: &mut dyn Callback,
    ) -> Trained<usize> {
        let schedule = Schedule { epochs: losses.len(), early_stopping };
        run(Counting { losses, steps: 0 }, schedule, checkpoint, OnInterrupt::Drop, callback).unwrap()
    }

    /// Keeps the epochs of a list.
    struct KeepThese(&'static [usize], Vec<f32>);

    impl Callback for KeepThese {
        fn epoch(
            &mut self,
            log: &EpochLog,
            embed: &mut dyn FnMut() -> Array2<f32>,
        ) -> Result<Decision, CallbackError> {
            self.1.push(embed()[[0, 0]]);
            Ok(if self.0.contains(&log.epoch) { Decision::Keep } else { Decision::Discard })
        }
    }

    #[test]
    fn the_lowest_loss_is_kept_until_patience_ends() {
        let losses = &[3.0, 1.0, 2.0, 1.0, 0.5, 0.4];
        let run = |patience, checkpoint| {
            let trained = run_with(losses, EarlyStopping::Loss { patience }, checkpoint, &mut ());
            (trained.encoder, trained.epoch, trained.history.len())
        };
        assert_eq!(run(2, Checkpoint::LowestLoss), (1, 1, 4));
        assert_eq!(run(3, Checkpoint::LowestLoss), (5, 5, 6));
        assert_eq!(run(2, Checkpoint::Last), (4, 4, 4));
        let whole = run_with(losses, EarlyStopping::Never, Checkpoint::LowestLoss, &mut ());
        assert_eq!((whole.encoder, whole.epoch, whole.history.len()), (5, 5, 6));
    }

    #[test]
    fn a_callback_that_keeps_one_overrules_the_checkpoint_and_patience_counts_from_it() {
        let mut callback = KeepThese(&[1, 3], Vec::new());
        let losses = &[3.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0];
        let stopping = EarlyStopping::Kept { patience: 2 };
        let trained = run_with(losses, stopping, Checkpoint::LowestLoss, &mut callback);
        assert_eq!((trained.encoder, trained.epoch, trained.history.len()), (3, 3, 5));
        assert_eq!(callback.1, [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(trained.seconds, 5.0 * 0.75, "what the next epoch is spared counts as its own");
    }

    #[test]
    fn an_interruption_ends_it_before_the_next_epoch() {
        struct After(u64);
        impl Callback for After {
            fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
                if progress.done >= self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }
        }
        let run = |after, on_interrupt| {
            let counting = Counting { losses: &[1.0; 3], steps: 0 };
            run(counting, Schedule::of(3), Checkpoint::Last, on_interrupt, &mut After(after))
        };
        for on_interrupt in [OnInterrupt::Drop, OnInterrupt::Keep] {
            let whole = run(3, on_interrupt).unwrap();
            assert_eq!(whole.history.len(), 3, "after the last epoch the training is finished");
            assert!(matches!(run(0, on_interrupt), Err(Error::Interrupted)), "there is nothing to keep");
        }
        assert!(matches!(run(2, OnInterrupt::Drop), Err(Error::Interrupted)));
        let kept = run(2, OnInterrupt::Keep).unwrap();
        assert_eq!((kept.encoder, kept.epoch, kept.history.len()), (2, 2, 2));
    }
}
