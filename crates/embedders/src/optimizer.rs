//! What takes the steps of a training.

use std::collections::HashSet;
use std::f64::consts::PI;

use burn::module::{Module, ParamId};
use burn::optim::GradientsParams;
use serde::{Deserialize, Serialize};

use crate::adam::{Adam, WeightDecay};
use crate::objective::StepProgress;
use crate::{Error, ranges};

/// The table `optimizer` of a method: Adam with a constant learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerSettings {
    /// Learning rate of Adam, above 0.
    pub learning_rate: f64,
    /// Weight decay, at least 0: an L2 penalty that is added to the gradient; of BGRL decoupled from it, as AdamW has it.
    pub weight_decay: f64,
}

impl Default for OptimizerSettings {
    fn default() -> Self {
        Self { learning_rate: 1e-3, weight_decay: 0.0 }
    }
}

impl OptimizerSettings {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        ranges::positive("learning_rate", self.learning_rate)?;
        ranges::not_negative("weight_decay", self.weight_decay)
    }

    /// Adam with an L2 penalty.
    pub fn adam(&self) -> Optimizer {
        self.with_decay(WeightDecay::Penalty(self.weight_decay))
    }

    /// AdamW.
    pub fn adamw(&self) -> Optimizer {
        self.with_decay(WeightDecay::Decoupled(self.weight_decay))
    }

    fn with_decay(&self, decay: WeightDecay) -> Optimizer {
        let adam = Adam::with_decay(self.learning_rate, decay);
        Optimizer { adam, learning_rate: self.learning_rate, warmup: None, undecayed: HashSet::new() }
    }
}

/// An optimiser between two steps.
pub struct Optimizer {
    adam: Adam,
    learning_rate: f64,
    /// Steps of the warm-up of a cosine schedule.
    warmup: Option<usize>,
    undecayed: HashSet<ParamId>,
}

impl Optimizer {
    /// The learning rate rises from 0 over `warmup` steps, then a cosine leads it back to 0.
    #[must_use]
    pub fn with_cosine(self, warmup: usize) -> Self {
        Self { warmup: Some(warmup), ..self }
    }

    /// These parameters have no weight decay.
    #[must_use]
    pub fn without_decay_of(self, parameters: impl IntoIterator<Item = ParamId>) -> Self {
        Self { undecayed: parameters.into_iter().collect(), ..self }
    }

    pub(crate) fn step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        progress: StepProgress,
    ) -> M {
        if let Some(warmup) = self.warmup {
            let schedule = Cosine { highest: self.learning_rate, warmup, steps: progress.num_steps };
            self.adam.set_learning_rate(schedule.at(progress.steps_done));
        }
        self.adam.step_without_decay_of(&self.undecayed, module, gradients)
    }
}

/// A number that rises from 0 over a warm-up, in a straight line, and then falls to 0 along half a cosine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cosine {
    /// The number after the warm-up.
    pub(crate) highest: f64,
    /// Steps of the warm-up, fewer than `steps`.
    pub(crate) warmup: usize,
    /// Steps of the whole, at the end of which the number is 0.
    pub(crate) steps: usize,
}

impl Cosine {
    /// The number of a step, from 0.
    pub(crate) fn at(&self, step: usize) -> f64 {
        if step < self.warmup {
            return self.highest * step as f64 / self.warmup as f64;
        }
        let way = (step - self.warmup) as f64 / (self.steps - self.warmup) as f64;
        self.highest * (1.0 + (PI * way).cos()) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_rises_in_a_line_and_falls_along_a_cosine() {
        let cosine = Cosine { highest: 4.0, warmup: 10, steps: 30 };
        for (step, expected) in [(0, 0.0), (5, 2.0), (10, 4.0), (20, 2.0), (30, 0.0)] {
            assert!((cosine.at(step) - expected).abs() < 1e-12, "step {step}");
        }
        assert_eq!(Cosine { highest: 0.01, warmup: 0, steps: 7 }.at(0), 0.01);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let message = |settings: OptimizerSettings| settings.check().unwrap_err().to_string();
        let default = OptimizerSettings::default;
        assert_eq!(
            message(OptimizerSettings { learning_rate: f64::NAN, ..default() }),
            "`learning_rate` must be positive, got NaN"
        );
        assert_eq!(
            message(OptimizerSettings { weight_decay: -1.0, ..default() }),
            "`weight_decay` must be at least 0, got -1"
        );
    }
}
