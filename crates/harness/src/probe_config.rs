//! The settings of the probe that evaluates embeddings.

use std::fmt;

use evaluation::{LogisticRegressionConfig, Probe};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The table `[probe]`: rows scaled to length 1, then logistic regression. Each protocol has its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProbeConfig {
    /// C, the inverse of the strength of the penalty; positive and finite.
    pub c: f64,
    /// Values of C to choose from by validation accuracy when a model is evaluated; none leaves it at `c`, by which epochs are
    /// always chosen. Each positive and finite, at most 64.
    pub c_grid: Vec<f64>,
    /// The most iterations; at least 1.
    pub max_iter: usize,
    /// The fit ends when no entry of the gradient is larger; positive.
    pub tol: f64,
    /// Whether there is an intercept, which is not penalised.
    pub fit_intercept: bool,
}

impl Default for ProbeConfig {
    /// The G2R authors': C = 1, at most 500 iterations.
    fn default() -> Self {
        let LogisticRegressionConfig { c, max_iter, tol, fit_intercept } =
            LogisticRegressionConfig::default();
        Self { c, c_grid: Vec::new(), max_iter, tol, fit_intercept }
    }
}

impl ProbeConfig {
    /// C from 2⁻¹⁰ to 2¹⁰, chosen on the validation nodes, as GRACE, BGRL and those after them evaluate.
    pub fn with_grid() -> Self {
        Self { c_grid: (-10..=10).map(|power| f64::powi(2.0, power)).collect(), ..Self::default() }
    }

    /// The probe that epochs are chosen by.
    pub fn init(&self) -> Probe {
        self.with_c(self.c)
    }

    /// The probes to choose from when a model is evaluated.
    pub fn choices(&self) -> Vec<Probe> {
        match self.c_grid.as_slice() {
            [] => vec![self.init()],
            grid => grid.iter().map(|&c| self.with_c(c)).collect(),
        }
    }

    fn with_c(&self, c: f64) -> Probe {
        let Self { max_iter, tol, fit_intercept, .. } = *self;
        Probe::new(LogisticRegressionConfig { c, max_iter, tol, fit_intercept })
    }

    /// Checks each range.
    ///
    /// # Errors
    /// A setting outside its range.
    pub fn check(&self) -> Result<(), Error> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        if !positive(self.c) {
            return Err(Error::setting("probe.c", "positive and finite", self.c));
        }
        if self.c_grid.len() > 64 || !self.c_grid.iter().all(|&c| positive(c)) {
            let expected = "a list of at most 64 positive and finite numbers";
            return Err(Error::setting("probe.c_grid", expected, format!("{:?}", self.c_grid)));
        }
        if self.max_iter == 0 {
            return Err(Error::setting("probe.max_iter", "at least 1", 0));
        }
        if !positive(self.tol) {
            return Err(Error::setting("probe.tol", "positive and finite", self.tol));
        }
        Ok(())
    }
}

/// In words, as results name it.
impl fmt::Display for ProbeConfig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "logistic regression on rows of length 1, ")?;
        match self.c_grid.as_slice() {
            [] => write!(out, "C = {}", self.c)?,
            [first, .., last] => {
                write!(out, "C of {} from {first} to {last} by validation accuracy", self.c_grid.len())?;
            }
            [only] => write!(out, "C = {only}")?,
        }
        write!(out, ", at most {} iterations", self.max_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_refused() {
        let message = |config: ProbeConfig| config.check().unwrap_err().to_string();
        let default = ProbeConfig::default;
        assert_eq!(
            message(ProbeConfig { c: 0.0, ..default() }),
            "`probe.c` must be positive and finite, got 0"
        );
        assert_eq!(
            message(ProbeConfig { tol: f64::NAN, ..default() }),
            "`probe.tol` must be positive and finite, got NaN"
        );
        assert_eq!(
            message(ProbeConfig { max_iter: 0, ..default() }),
            "`probe.max_iter` must be at least 1, got 0"
        );
        assert!(default().check().is_ok());
    }
}
