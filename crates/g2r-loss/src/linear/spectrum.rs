//! The spectrum of the problem, its water level and the rates at the optimum.

use serde::{Deserialize, Serialize};

/// The eigenvalues s of C u = s M u that were needed, largest first, and the level below which a direction carries nothing.
///
/// At the optimum direction k has the power p_k = max(0, 1 − s_cut / s_k): water-filling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spectrum {
    /// s_1 ≥ … ≥ s_d, and s_(d+1) where there is one.
    pub eigenvalues: Vec<f64>,
    /// s_cut: s_(d+1), or 0 where all directions are kept.
    pub water_level: f64,
}

/// Coding rates at the optimum, in nats: higher reduction is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearRates {
    /// R(Z) = ½ Σ ln(s_k / s_cut) over the directions above the water level.
    pub expansion: f64,
    /// The compression's bound ½ Σ p_k, with log det(I + M) ≤ tr M.
    pub compression: f64,
}

impl LinearRates {
    /// What the method maximizes: expansion less compression.
    pub fn reduction(&self) -> f64 {
        self.expansion - self.compression
    }
}

impl Spectrum {
    /// The powers p_k of the first `d_output` directions.
    pub(crate) fn powers(&self, d_output: usize) -> Vec<f64> {
        self.eigenvalues.iter().take(d_output).map(|value| power(*value, self.water_level)).collect()
    }

    /// The rates at the optimum; `None` where the water level is 0, at which the expansion is infinite.
    pub fn rates(&self) -> Option<LinearRates> {
        if self.water_level <= 0.0 {
            return None;
        }
        let above = self.eigenvalues.iter().filter(|value| **value > self.water_level);
        let (expansion, compression) = above.fold((0.0, 0.0), |(expansion, compression), value| {
            (
                expansion + 0.5 * (value / self.water_level).ln(),
                compression + 0.5 * power(*value, self.water_level),
            )
        });
        Some(LinearRates { expansion, compression })
    }
}

fn power(eigenvalue: f64, water_level: f64) -> f64 {
    if eigenvalue > water_level { 1.0 - water_level / eigenvalue } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_match_three_directions_worked_by_hand() {
        let spectrum = Spectrum { eigenvalues: vec![4.0, 2.0, 1.0], water_level: 1.0 };
        assert_eq!(spectrum.powers(3), [0.75, 0.5, 0.0]);
        let rates = spectrum.rates().unwrap();
        assert!((rates.expansion - 0.5 * 8.0f64.ln()).abs() < 1e-15);
        assert!((rates.compression - 0.625).abs() < 1e-15);
        assert!((rates.reduction() - (0.5 * 8.0f64.ln() - 0.625)).abs() < 1e-15);
    }

    #[test]
    fn the_powers_are_the_best_there_are() {
        // The objective of one direction, ½ ln(1 + p s / s_cut) − ½ p, has its maximum at p = 1 − s_cut / s.
        let (s, cut) = (3.0f64, 1.2);
        let spectrum = Spectrum { eigenvalues: vec![s, cut], water_level: cut };
        let objective = |p: f64| 0.5 * (1.0 + p * s / cut).ln() - 0.5 * p;
        let best = spectrum.powers(1)[0];
        assert!((objective(best) - spectrum.rates().unwrap().reduction()).abs() < 1e-15);
        assert!(objective(best) > objective(best + 1e-4) && objective(best) > objective(best - 1e-4));
    }

    #[test]
    fn without_a_water_level_there_are_no_rates_and_all_power() {
        let spectrum = Spectrum { eigenvalues: vec![2.0, 0.0], water_level: 0.0 };
        assert_eq!((spectrum.rates(), spectrum.powers(2)), (None, vec![1.0, 0.0]));
    }
}
