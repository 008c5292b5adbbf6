//! Callbacks of a training: they see each epoch, may choose the weights that are kept, and may stop it.

use std::error::Error as StdError;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// What an epoch did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochLog {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Mean loss of the epoch's steps, each before its update.
    pub loss: f64,
    /// The coding rates that the loss is made of, for methods of rate reduction.
    #[serde(flatten)]
    pub rates: Option<EpochRates>,
    /// Wall-clock seconds of the steps.
    pub seconds: f64,
}

/// The coding rates of an epoch, in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRates {
    /// Expansion R(Z).
    pub expansion: f64,
    /// Compression R_c(Z).
    pub compression: f64,
}

/// Progress of long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is counted, in the plural: "epochs", "walks".
    pub unit: &'static str,
    /// How many are done.
    pub done: u64,
    /// How many there are at most.
    pub total: u64,
    /// Whether the work may end long before: how much time is left cannot be told then.
    pub is_bound: bool,
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

/// Any error of a callback.
pub type CallbackError = Box<dyn StdError + Send + Sync>;

/// Sees a training after each epoch.
///
/// A callback never sees a test label: what it decides, it decides by the loss or by an embedding and what it knows itself.
pub trait Callback {
    /// Sees the progress, several times a second where the method allows it; `Break` ends the training with
    /// [`Error::Interrupted`](crate::Error::Interrupted), or with what was trained by then if
    /// [`FitOptions::on_interrupt`](crate::FitOptions::on_interrupt) says so.
    fn progress(&mut self, _progress: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Sees what an epoch did, and decides on its weights; `embed` gives the embedding `[nodes, d_output]` of the training
    /// graph that the epoch's update leads to. Weights that are kept here win over the method's [`Checkpoint`](crate::Checkpoint).
    ///
    /// # Errors
    /// Any; it ends the training as [`Error::Callback`](crate::Error::Callback).
    fn epoch(
        &mut self,
        _log: &EpochLog,
        _embed: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, CallbackError> {
        Ok(Decision::Discard)
    }
}

/// Nothing is seen, nothing decided.
impl Callback for () {}

/// Both see everything. The first that wants to stop does; weights are kept where either keeps them.
impl<A: Callback, B: Callback> Callback for (A, B) {
    fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
        self.0.progress(progress)?;
        self.1.progress(progress)
    }

    fn epoch(
        &mut self,
        log: &EpochLog,
        embed: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, CallbackError> {
        let decisions = [self.0.epoch(log, embed)?, self.1.epoch(log, embed)?];
        let first =
            [Decision::Stop, Decision::Keep].into_iter().find(|decision| decisions.contains(decision));
        Ok(first.unwrap_or(Decision::Discard))
    }
}

impl<C: Callback + ?Sized> Callback for &mut C {
    fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
        (**self).progress(progress)
    }

    fn epoch(
        &mut self,
        log: &EpochLog,
        embed: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, CallbackError> {
        (**self).epoch(log, embed)
    }
}

/// Keeps the first epoch with the highest score, such as the accuracy of a probe on the validation nodes.
pub struct BestValidation<F> {
    score: F,
    eval_every: usize,
    patience: usize,
    best: Option<(f64, usize)>,
}

impl<F: FnMut(&Array2<f32>) -> Result<f64, CallbackError>> BestValidation<F> {
    /// Scores the embedding `[nodes, d_output]` of every `eval_every`-th epoch, at least 1.
    ///
    /// # Panics
    /// If `eval_every` is 0.
    pub fn new(eval_every: usize, score: F) -> Self {
        assert!(eval_every > 0, "BestValidation: `eval_every` must be at least 1");
        Self { score, eval_every, patience: usize::MAX, best: None }
    }

    /// Stops after this many epochs without a new best one, at least 1.
    #[must_use]
    pub fn with_patience(self, patience: usize) -> Self {
        Self { patience, ..self }
    }

    /// The highest score so far and its epoch.
    pub fn best(&self) -> Option<(f64, usize)> {
        self.best
    }
}

impl<F: FnMut(&Array2<f32>) -> Result<f64, CallbackError>> Callback for BestValidation<F> {
    fn epoch(
        &mut self,
        log: &EpochLog,
        embed: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, CallbackError> {
        if log.epoch.is_multiple_of(self.eval_every) {
            let score = (self.score)(&embed())?;
            if self.best.is_none_or(|(highest, _)| score > highest) {
                self.best = Some((score, log.epoch));
                return Ok(Decision::Keep);
            }
        }
        let waited = self.best.map_or(0, |(_, epoch)| log.epoch - epoch);
        Ok(if waited >= self.patience { Decision::Stop } else { Decision::Discard })
    }
}

/// Ends a training when a flag is set, such as by a signal.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(pub Arc<AtomicBool>);

impl Callback for Interrupt {
    fn progress(&mut self, _progress: Progress) -> ControlFlow<()> {
        if self.0.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(epoch: usize) -> EpochLog {
        EpochLog { epoch, loss: 1.0, rates: None, seconds: 0.0 }
    }

    fn decide(callback: &mut impl Callback, epoch: usize) -> Decision {
        callback.epoch(&log(epoch), &mut || Array2::zeros((1, 1))).unwrap()
    }

    #[test]
    fn the_first_highest_score_is_kept_and_patience_counts_from_it() {
        let mut scores = [0.1, 0.5, 0.5, 0.2, 0.9].into_iter();
        let mut best = BestValidation::new(1, |_: &Array2<f32>| Ok(scores.next().unwrap())).with_patience(2);
        let decisions: Vec<Decision> = (1..=4).map(|epoch| decide(&mut best, epoch)).collect();
        assert_eq!(decisions, [Decision::Keep, Decision::Keep, Decision::Discard, Decision::Stop]);
        assert_eq!(best.best(), Some((0.5, 2)));
    }

    #[test]
    fn epochs_between_evaluations_are_not_embedded() {
        let mut best = BestValidation::new(2, |_: &Array2<f32>| Ok(1.0));
        let mut embed = || -> Array2<f32> { panic!("not its turn") };
        assert_eq!(best.epoch(&log(1), &mut embed).unwrap(), Decision::Discard);
        assert_eq!(decide(&mut best, 2), Decision::Keep);
    }

    #[test]
    fn of_two_callbacks_stopping_wins_over_keeping() {
        struct Always(Decision);
        impl Callback for Always {
            fn epoch(
                &mut self,
                _: &EpochLog,
                _: &mut dyn FnMut() -> Array2<f32>,
            ) -> Result<Decision, CallbackError> {
                Ok(self.0)
            }
        }
        let both = |a, b| decide(&mut (Always(a), Always(b)), 1);
        assert_eq!(both(Decision::Keep, Decision::Stop), Decision::Stop);
        assert_eq!(both(Decision::Discard, Decision::Keep), Decision::Keep);
        assert_eq!(both(Decision::Discard, Decision::Discard), Decision::Discard);
    }

    #[test]
    fn a_flag_interrupts() {
        let mut interrupt = Interrupt::default();
        let progress = Progress { unit: "epochs", done: 1, total: 2, is_bound: false };
        assert!(interrupt.progress(progress).is_continue());
        interrupt.0.store(true, Ordering::Relaxed);
        assert!(interrupt.progress(progress).is_break());
    }

    #[test]
    fn rates_stand_beside_the_loss_in_a_file_and_may_be_missing() {
        let rates = Some(EpochRates { expansion: 2.0, compression: 1.0 });
        for log in [rates, None].map(|rates| EpochLog { epoch: 1, loss: 0.5, rates, seconds: 0.25 }) {
            let json = serde_json::to_value(&log).unwrap();
            assert_eq!(json.get("expansion").is_some(), log.rates.is_some());
            assert_eq!(serde_json::from_value::<EpochLog>(json).unwrap(), log);
        }
    }
}
