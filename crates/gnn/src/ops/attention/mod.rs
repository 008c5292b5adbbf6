//! What the kinds of graph attention share: settings, dropout, and on the CPU everything but their scores.

#[cfg(test)]
mod both_kinds;
pub(super) mod cpu;
#[cfg(feature = "cube")]
pub(super) mod cube;

use burn::config::Config;
use row_kernels::DropoutMask;

/// Settings of an attention over neighbors.
#[derive(Config, Copy, Debug)]
pub struct AttentionSettings {
    /// Slope of the LeakyReLU below zero, in [0, 1].
    #[config(default = 0.2)]
    pub negative_slope: f64,
    /// Which weights are dropped.
    #[config(default = "AttentionDropout::none()")]
    pub dropout: AttentionDropout,
}

/// Dropout of attention weights by a mask that is computed anew where it is needed: a hash of seed, row, column and head.
///
/// So nothing is stored, the mask is the same on every device, and the same seed drops the same weights.
#[derive(Config, Copy, Debug, PartialEq)]
pub struct AttentionDropout {
    /// Probability in [0, 1) that the weight of an entry's head is dropped; the others are divided by 1 − prob.
    pub prob: f64,
    /// What the mask is drawn from.
    pub seed: u32,
}

impl AttentionDropout {
    /// No weight is dropped.
    pub const fn none() -> Self {
        Self { prob: 0.0, seed: 0 }
    }

    /// What the weight of a head of the entry (row, column) is multiplied by: 0, or 1 / (1 − prob).
    ///
    /// # Panics
    /// If the probability is not in [0, 1).
    pub fn factor(&self, row: u32, column: u32, head: u32) -> f32 {
        self.mask().map_or(1.0, |mask| mask.factor(row, column, head))
    }

    /// The mask, where there is one.
    pub(super) fn mask(&self) -> Option<DropoutMask> {
        (self.prob != 0.0).then(|| DropoutMask::new(self.prob, self.seed))
    }
}

impl AttentionSettings {
    /// # Panics
    /// If a setting is out of its range.
    pub(crate) fn check(&self) {
        let (slope, prob) = (self.negative_slope, self.dropout.prob);
        assert!((0.0..=1.0).contains(&slope), "attention: `negative_slope` must be in [0, 1], got {slope}");
        assert!((0.0..1.0).contains(&prob), "attention: dropout `prob` must be in [0, 1), got {prob}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_keep_their_expectation() {
        let keeps = |prob: f64| {
            let draws = (0..20_000).map(|seed| AttentionDropout { prob, seed }.factor(3, 5, 1));
            let factors: Vec<f64> = draws.map(f64::from).collect();
            assert!(factors.iter().all(|f| *f == 0.0 || (*f - 1.0 / (1.0 - prob)).abs() < 1e-6));
            (factors.iter().filter(|f| **f != 0.0).count() as f64 / 2e4, factors.iter().sum::<f64>() / 2e4)
        };
        for prob in [0.1, 0.5, 0.9] {
            let (kept, mean) = keeps(prob);
            let deviation = (prob * (1.0 - prob) / 2e4).sqrt();
            assert!((kept - (1.0 - prob)).abs() < 5.0 * deviation, "{kept} kept with {prob}");
            assert!((mean - 1.0).abs() < 5.0 * deviation / (1.0 - prob), "mean {mean} with {prob}");
        }
        assert_eq!(keeps(0.0), (1.0, 1.0));
    }

    #[test]
    #[should_panic(expected = "attention: dropout `prob` must be in [0, 1), got 1")]
    fn refuses_to_drop_everything() {
        AttentionSettings::new().with_dropout(AttentionDropout { prob: 1.0, seed: 0 }).check();
    }

    #[test]
    #[should_panic(expected = "attention: `negative_slope` must be in [0, 1], got -0.5")]
    fn refuses_a_negative_slope_below_zero() {
        AttentionSettings::new().with_negative_slope(-0.5).check();
    }
}
