//! The training loop that embedders share: one step an epoch, each shown to an observer.

use std::time::Instant;

use burn::tensor::Tensor;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::Error;

/// What an epoch did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Loss of the step, before its update.
    pub loss: f64,
    /// The coding rates that the loss is made of, where it is made of any.
    #[serde(flatten)]
    pub rates: Option<EpochRates>,
    /// Wall-clock seconds of the step.
    pub seconds: f64,
}

/// The coding rates of a step, in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRates {
    /// Expansion R(Z).
    pub expansion: f64,
    /// Compression R_c(Z).
    pub compression: f64,
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

/// Whoever watches a training, and may choose which epoch's weights are kept; where it keeps none, the method's own rule
/// chooses.
pub trait Observer {
    /// Sees what an epoch did, asks for the embedding `[nodes, d_output]` that its update led to if it wants to judge it,
    /// and decides on the weights.
    ///
    /// # Errors
    /// Any; it ends the training as [`Error::Observer`].
    fn epoch(
        &mut self,
        report: &EpochReport,
        embedding: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>>;
}

/// Keeps every epoch's weights, so that the last remain: for a graph without labels to choose by.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeepLast;

impl Observer for KeepLast {
    fn epoch(
        &mut self,
        _report: &EpochReport,
        _embedding: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Decision::Keep)
    }
}

/// Keeps nothing, so that the method's own rule chooses the epoch.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnRule;

impl Observer for OwnRule {
    fn epoch(
        &mut self,
        _report: &EpochReport,
        _embedding: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Decision::Discard)
    }
}

/// The outcome of a training.
#[derive(Clone, Debug)]
pub struct Trained<M> {
    /// The model that the observer kept last; where it kept none, the one that the method's own rule chose.
    pub encoder: M,
    /// The epoch it is of, from 1; 0 where no epoch ran.
    pub epoch: usize,
    /// What each epoch did.
    pub history: Vec<EpochReport>,
    /// Wall-clock seconds of all steps, without the observer's.
    pub seconds: f64,
}

/// A training between two steps.
pub(crate) trait Training {
    /// What is trained and kept.
    type Model: Clone;

    /// Takes the step of an epoch, from 1.
    fn step(&mut self, epoch: usize) -> Result<Step, Error>;

    /// The model as it is now.
    fn model(&self) -> &Self::Model;

    /// The embedding of every node as the model is now, `[nodes, d_output]`.
    fn embedding(&self) -> Array2<f32>;
}

/// What a step found before its update.
pub(crate) struct Step {
    pub(crate) loss: f64,
    pub(crate) rates: Option<EpochRates>,
}

/// Which epoch's model is kept where the observer keeps none, and when a training ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnChoice {
    /// The last.
    Last,
    /// The one that the first lowest loss is of, which is the model before that epoch's update; training ends when the loss has
    /// not fallen below it for `patience` epochs.
    LowestLoss {
        /// At least 1.
        patience: usize,
    },
}

/// Trains for so many epochs, unless the method's own rule or the observer ends it before.
pub(crate) fn train<T: Training>(
    mut training: T,
    epochs: usize,
    own: OwnChoice,
    observer: &mut dyn Observer,
) -> Result<Trained<T::Model>, Error> {
    let mut kept = None;
    let mut lowest: Option<(T::Model, usize, f64)> = None;
    let mut history = Vec::with_capacity(epochs);
    for epoch in 1..=epochs {
        let start = Instant::now();
        let before = (own != OwnChoice::Last).then(|| training.model().clone());
        let Step { loss, rates } = training.step(epoch)?;
        let report = EpochReport { epoch, loss, rates, seconds: start.elapsed().as_secs_f64() };
        let decision = observer
            .epoch(&report, &mut || training.embedding())
            .map_err(|source| Error::Observer { epoch, source })?;
        history.push(report);
        match decision {
            Decision::Keep => kept = Some((training.model().clone(), epoch)),
            Decision::Discard => {}
            Decision::Stop => break,
        }
        if let (OwnChoice::LowestLoss { patience }, Some(before)) = (own, before) {
            match &lowest {
                Some((_, updates, lowest_loss)) if loss >= *lowest_loss => {
                    if epoch - 1 - updates >= patience {
                        break;
                    }
                }
                _ => lowest = Some((before, epoch - 1, loss)),
            }
        }
    }
    let seconds = history.iter().map(|report| report.seconds).sum();
    let own = || lowest.map(|(model, epoch, _)| (model, epoch));
    let (encoder, epoch) = kept.or_else(own).unwrap_or_else(|| (training.model().clone(), history.len()));
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

    /// Counts its steps; the losses are given.
    struct Counting {
        losses: &'static [f64],
        steps: usize,
    }

    impl Training for Counting {
        type Model = usize;

        fn step(&mut self, epoch: usize) -> Result<Step, Error> {
            self.steps = epoch;
            Ok(Step { loss: self.losses[epoch - 1], rates: None })
        }

        fn model(&self) -> &usize {
            &self.steps
        }

        fn embedding(&self) -> Array2<f32> {
            Array2::from_elem((1, 1), self.steps as f32)
        }
    }

    fn run(losses: &'static [f64], own: OwnChoice, observer: &mut dyn Observer) -> (usize, usize, usize) {
        let trained = train(Counting { losses, steps: 0 }, losses.len(), own, observer).unwrap();
        (trained.encoder, trained.epoch, trained.history.len())
    }

    #[test]
    fn the_lowest_loss_is_kept_until_patience_ends() {
        let losses = &[3.0, 1.0, 2.0, 1.0, 0.5, 0.4];
        assert_eq!(run(losses, OwnChoice::LowestLoss { patience: 2 }, &mut OwnRule), (1, 1, 4));
        assert_eq!(run(losses, OwnChoice::LowestLoss { patience: 3 }, &mut OwnRule), (5, 5, 6));
        assert_eq!(run(losses, OwnChoice::Last, &mut OwnRule), (6, 6, 6));
        assert_eq!(run(losses, OwnChoice::LowestLoss { patience: 2 }, &mut KeepLast), (4, 4, 4));
    }

    #[test]
    fn an_observer_that_keeps_one_overrules_the_method() {
        struct KeepFirst(Vec<f32>);
        impl Observer for KeepFirst {
            fn epoch(
                &mut self,
                report: &EpochReport,
                embedding: &mut dyn FnMut() -> Array2<f32>,
            ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
                self.0.push(embedding()[[0, 0]]);
                Ok(if report.epoch == 1 { Decision::Keep } else { Decision::Discard })
            }
        }
        let mut observer = KeepFirst(Vec::new());
        assert_eq!(run(&[3.0, 1.0], OwnChoice::LowestLoss { patience: 1 }, &mut observer), (1, 1, 2));
        assert_eq!(observer.0, [1.0, 2.0]);
    }

    #[test]
    fn rates_stand_beside_the_loss_in_a_file_and_may_be_missing() {
        let rates = Some(EpochRates { expansion: 2.0, compression: 1.0 });
        for report in [rates, None].map(|rates| EpochReport { epoch: 1, loss: 0.5, rates, seconds: 0.25 }) {
            let json = serde_json::to_value(&report).unwrap();
            assert_eq!(json.get("expansion").is_some(), report.rates.is_some());
            assert_eq!(serde_json::from_value::<EpochReport>(json).unwrap(), report);
        }
    }
}
