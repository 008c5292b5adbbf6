//! The settings of the probe that judges embeddings.

use evaluation::{LogisticRegressionConfig, Probe};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The table `[probe]`: rows scaled to length 1, then logistic regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProbeConfig {
    /// C, the inverse of the strength of the penalty; positive and finite.
    pub c: f64,
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
        Self { c, max_iter, tol, fit_intercept }
    }
}

impl ProbeConfig {
    /// The probe.
    pub fn init(&self) -> Probe {
        let Self { c, max_iter, tol, fit_intercept } = *self;
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
        if self.max_iter == 0 {
            return Err(Error::setting("probe.max_iter", "at least 1", 0));
        }
        if !positive(self.tol) {
            return Err(Error::setting("probe.tol", "positive and finite", self.tol));
        }
        Ok(())
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
