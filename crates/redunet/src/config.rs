//! The settings of a network that is constructed from labels.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Settings of a network whose groups are classes: [`construct`](Self::construct) for vectors,
/// [`construct_1d`](Self::construct_1d) and [`construct_2d`](Self::construct_2d) for signals and images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReduNetConfig {
    /// Number of layers; 0 only scales the samples.
    pub num_layers: usize,
    /// Size η of a layer's step, positive.
    ///
    /// A step takes up to η d / (m ε²) of what leads out of a class's subspace from each of m samples. Above 1 samples swing from one
    /// side of the subspace to the other, above 2 for ever; far below 1 it takes many layers. Channels take the place of d for signals.
    pub eta: f64,
    /// ε² of the rates, positive. The authors' code names it `eps`.
    pub eps_sq: f64,
    /// Sharpness λ of the memberships softmax(−λ‖Cⱼz‖), at least 0.
    pub lambda: f64,
}

impl ReduNetConfig {
    /// The authors' settings for MNIST: η = 0.5, ε² = 0.1, λ = 500.
    pub fn new(num_layers: usize) -> Self {
        Self { num_layers, eta: 0.5, eps_sq: 0.1, lambda: 500.0 }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        check_positive("eta", self.eta)?;
        check_positive("eps_sq", self.eps_sq)?;
        if !(self.lambda >= 0.0 && self.lambda.is_finite()) {
            return Err(Error::Setting { name: "lambda", expected: "at least 0", found: self.lambda });
        }
        Ok(())
    }
}

pub(crate) fn check_positive(name: &'static str, found: f64) -> Result<(), Error> {
    if found > 0.0 && found.is_finite() {
        Ok(())
    } else {
        Err(Error::Setting { name, expected: "positive", found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        let message = |config: ReduNetConfig| config.check().unwrap_err().to_string();
        let config = ReduNetConfig::new(3);
        assert_eq!(config.check(), Ok(()));
        assert_eq!(message(ReduNetConfig { eta: 0.0, ..config }), "`eta` must be positive, got 0");
        assert_eq!(
            message(ReduNetConfig { eps_sq: f64::NAN, ..config }),
            "`eps_sq` must be positive, got NaN"
        );
        assert_eq!(message(ReduNetConfig { lambda: -1.0, ..config }), "`lambda` must be at least 0, got -1");
    }
}
