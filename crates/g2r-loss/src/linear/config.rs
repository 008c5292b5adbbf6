//! Settings of linear rate reduction.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Settings of linear rate reduction.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinearConfig {
    /// Ridge τ > 0: isotropic noise, as a multiple of the mean scatter tr S_w / F.
    pub ridge: f64,
    /// Width of the embedding.
    pub width: Width,
    /// How the problem is solved.
    pub solver: Solver,
    /// Share of an eigenvalue, weighted by its power, by which none of those wanted may change in the last round of the matrix-free
    /// solver; in (0, 1). What is still missing then is about a tenth of it.
    pub tolerance: f64,
}

impl Default for LinearConfig {
    fn default() -> Self {
        Self { ridge: 1.0, width: Width::Reduced(64), solver: Solver::Auto, tolerance: 0.05 }
    }
}

/// Width of the embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Width {
    /// The width of the features, ε → 0: Z = P X L⁻ᵀ, without an eigenproblem.
    Full,
    /// `d_output` directions, the water level at the next one.
    Reduced(usize),
}

/// How the problem is solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solver {
    /// Whichever costs fewer multiply-adds.
    Auto,
    /// A Cholesky factor and all eigenvalues, O(nodes · features² + features³) and features² memory.
    Dense,
    /// Products only, O(features · d_output) memory. Not for [`Width::Full`].
    MatrixFree,
}

impl LinearConfig {
    /// Checks the settings for features of `num_features` columns.
    ///
    /// # Errors
    /// [`Error::Setting`] for one outside of its range.
    pub fn check(&self, num_features: usize) -> Result<(), Error> {
        let refuse = |name, expected, found| Err(Error::Setting { name, expected, found });
        if !(self.ridge > 0.0 && self.ridge.is_finite()) {
            return refuse("ridge", "positive", self.ridge);
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return refuse("tolerance", "in (0, 1)", self.tolerance);
        }
        match self.width {
            Width::Reduced(d_output) if d_output == 0 || d_output > num_features => {
                refuse("d_output", "from 1 to the number of feature columns", d_output as f64)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_of_their_range_are_errors() {
        let text = |config: LinearConfig| config.check(10).unwrap_err().to_string();
        let config = LinearConfig { width: Width::Full, ..LinearConfig::default() };
        assert_eq!(config.check(10), Ok(()));
        assert_eq!(text(LinearConfig { ridge: 0.0, ..config }), "`ridge` must be positive, got 0");
        assert_eq!(text(LinearConfig { tolerance: 1.0, ..config }), "`tolerance` must be in (0, 1), got 1");
        let expected = "`d_output` must be from 1 to the number of feature columns, got 11";
        assert_eq!(text(LinearConfig { width: Width::Reduced(11), ..config }), expected);
    }
}
