//! What came of a run.

use embedders::{EpochLog, EpochRates, LinearSpectrum, Model};
use evaluation::{MeanStd, Rows, Spectrum};
use graph_io::Features;
use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::baselines::Baselines;
use crate::error::Error;
use crate::evaluator::{ProbeFit, Scores};

/// What came of one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedResult {
    /// The seed.
    pub seed: u64,
    /// The epoch whose weights were kept: the first with the highest validation accuracy, or the one that the method's own
    /// rule chose; 0 where nothing was trained.
    pub epoch: usize,
    /// How well it did, where it was evaluated.
    #[serde(flatten)]
    pub scores: Option<SeedScores>,
    /// The time of the training steps, without the probes.
    pub train_seconds: f64,
    /// Each epoch's rates.
    pub history: Vec<EpochLog>,
    /// The effective rank of the embedding; `None` for one that is sparse.
    #[serde(default)]
    pub effective_rank: Option<EffectiveRank>,
    /// The spectrum of a closed form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spectrum: Option<LinearSpectrum>,
    /// Whether its training was interrupted: it is then what was trained by that epoch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
}

/// How well a seed did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedScores {
    /// The scores of the kept weights' embedding.
    pub trained: Scores,
    /// The scores of each baseline.
    #[serde(flatten)]
    pub baselines: Baselines<Option<Scores>>,
    /// The validation accuracy after each epoch, where it was asked for.
    pub val_acc_history: Vec<Option<f64>>,
    /// The probe that evaluated; `None` for rows that are logits.
    #[serde(default)]
    pub probe: Option<ProbeFit>,
    /// Test nodes by their true class, then by the one predicted, `[classes, classes]`.
    #[serde(default)]
    pub confusion: Vec<Vec<usize>>,
}

/// How many directions an embedding uses: exp of the entropy of its normalized singular values (Roy and Vetterli 2007).
///
/// Of a large embedding it is that of rows evenly spaced in the order of nodes: at most 512 of one wider than 512 columns, else 2048.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectiveRank {
    /// The effective rank.
    pub value: f64,
    /// The most it could be: the smaller of the width and the rows that were looked at.
    pub of: usize,
}

/// An effective rank below this share of what it could be is a collapse.
const COLLAPSED: f64 = 0.05;

impl EffectiveRank {
    /// The effective rank of an embedding; `None` for one that is sparse or has no entry.
    ///
    /// # Errors
    /// A value that is not finite.
    pub fn of_rows(rows: &Features) -> Result<Option<Self>, evaluation::Error> {
        let Features::Dense(rows) = rows else { return Ok(None) };
        let (n, width) = rows.dim();
        let most = if width > 512 { 512 } else { 2048 };
        let of = width.min(n).min(most);
        if of == 0 {
            return Ok(None);
        }
        let spectrum = if n <= most {
            Spectrum::of(&Rows::dense(rows.view()))?
        } else {
            let places: Vec<usize> = (0..most).map(|place| place * n / most).collect();
            Spectrum::of(&Rows::dense(rows.select(Axis(0), &places).view()))?
        };
        Ok(Some(Self { value: spectrum.effective_rank(), of }))
    }

    /// Whether so few directions are used that the embedding has collapsed. One of a few columns cannot.
    pub fn is_collapsed(&self) -> bool {
        self.of >= 8 && (self.value < COLLAPSED * self.of as f64 || self.value < 1.05)
    }
}

/// What a step found before its update, in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rates {
    /// R(Z): what all rows together take to code.
    pub expansion: f64,
    /// R_c(Z): what the rows of each group take.
    pub compression: f64,
    /// R(Z) − R_c(Z).
    pub reduction: f64,
    /// −γ₂ R(Z) + R_c(Z), which is trained; lower is better.
    pub loss: f64,
}

/// What came of a run.
pub struct Outcome {
    /// The seeds that were finished, in order; or the first alone, where it was interrupted after an epoch.
    pub seeds: Vec<SeedResult>,
    /// The model of the seed with the highest validation accuracy, or the lowest loss of the last step where nothing is
    /// evaluated; the first of equals; none when no seed was finished.
    pub best: Option<BestSeed>,
    /// Whether the protocol gives each seed a split of its own.
    pub split_by_seed: bool,
    /// What ended the run before its last seed.
    pub failure: Option<Error>,
}

/// A trained model and where it comes from.
pub struct BestSeed {
    /// Its place among [`Outcome::seeds`].
    pub place: usize,
    /// The embedding that it makes, `[nodes, d_output]`.
    pub rows: Features,
    /// The class predicted for each node, where it was evaluated.
    pub predicted: Option<Vec<usize>>,
    /// The model.
    pub model: Model,
}

impl BestSeed {
    /// The embedding with every entry stored.
    pub fn embedding(&self) -> Array2<f32> {
        match &self.rows {
            Features::Sparse(matrix) => matrix.to_dense(),
            Features::Dense(array) => array.clone(),
        }
    }
}

impl SeedResult {
    /// The rates of the first step and of the last, where the loss is made of rates; of a closed form those at its optimum are the
    /// last.
    pub fn first_and_last_rates(&self) -> [Option<Rates>; 2] {
        let [first, last] =
            [self.history.first(), self.history.last()].map(|report| report.and_then(Rates::of));
        [first, last.or_else(|| Rates::of_optimum(self.spectrum.as_ref()?))]
    }

    /// The loss of the first step and of the last, where anything was trained.
    pub fn first_and_last_loss(&self) -> [Option<f64>; 2] {
        [self.history.first(), self.history.last()].map(|report| report.map(|report| report.loss))
    }

    /// What the written model is chosen by; higher is better.
    pub(crate) fn selection_score(&self) -> f64 {
        match (&self.scores, self.history.last()) {
            (Some(scores), _) => scores.trained.val_acc,
            (None, Some(last)) => -last.loss,
            (None, None) => f64::NEG_INFINITY,
        }
    }
}

impl Rates {
    fn of(report: &EpochLog) -> Option<Self> {
        let EpochRates { expansion, compression } = report.rates?;
        Some(Self { expansion, compression, reduction: expansion - compression, loss: report.loss })
    }

    fn of_optimum(spectrum: &LinearSpectrum) -> Option<Self> {
        let rates = spectrum.rates()?;
        let (expansion, compression, reduction) = (rates.expansion, rates.compression, rates.reduction());
        Some(Self { expansion, compression, reduction, loss: -reduction })
    }

    /// The mean of each rate.
    pub(crate) fn mean_of(rates: &[Self]) -> Self {
        let mean = |value: fn(&Self) -> f64| rates.iter().map(value).sum::<f64>() / rates.len() as f64;
        Self {
            expansion: mean(|rates| rates.expansion),
            compression: mean(|rates| rates.compression),
            reduction: mean(|rates| rates.reduction),
            loss: mean(|rates| rates.loss),
        }
    }
}

impl Outcome {
    /// Whether the seeds were evaluated.
    pub fn is_evaluated(&self) -> bool {
        self.scores().next().is_some()
    }

    /// A score of each evaluated seed, summed up.
    ///
    /// # Panics
    /// When no seed was evaluated.
    pub fn over_seeds(&self, value: impl Fn(&SeedScores) -> f64) -> MeanStd {
        MeanStd::of(&self.scores().map(value).collect::<Vec<_>>())
    }

    /// A score that some methods have, summed up; `None` where a evaluated seed has none.
    pub fn over_seeds_with(&self, value: impl Fn(&SeedScores) -> Option<f64>) -> Option<MeanStd> {
        let values: Vec<f64> = self.scores().map(value).collect::<Option<_>>()?;
        (!values.is_empty()).then(|| MeanStd::of(&values))
    }

    /// A score of a baseline that is random only by its split: one value where all seeds share a split.
    ///
    /// # Panics
    /// When no seed was evaluated.
    pub fn over_splits(&self, value: impl Fn(&SeedScores) -> f64) -> MeanStd {
        let num_splits = if self.split_by_seed { self.seeds.len() } else { 1 };
        MeanStd::of(&self.scores().take(num_splits).map(value).collect::<Vec<_>>())
    }

    fn scores(&self) -> impl Iterator<Item = &SeedScores> {
        self.seeds.iter().filter_map(|result| result.scores.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(rows: Array2<f32>) -> EffectiveRank {
        EffectiveRank::of_rows(&Features::Dense(rows)).unwrap().unwrap()
    }

    #[test]
    fn an_embedding_of_one_direction_has_collapsed_and_one_of_all_has_not() {
        let line = rank(Array2::from_shape_fn((3000, 64), |(row, column)| ((row % 7) * (column + 1)) as f32));
        assert!((line.value - 1.0).abs() < 1e-4 && line.of == 64 && line.is_collapsed(), "{line:?}");
        let all = rank(Array2::eye(64));
        assert!((all.value - 64.0).abs() < 1e-9 && !all.is_collapsed(), "{all:?}");
        // Of a wide one some rows are looked at.
        assert_eq!(rank(Array2::eye(1000)).of, 512);
        assert!(!rank(Array2::ones((10, 2))).is_collapsed());
        let empty = Features::Dense(Array2::zeros((3, 0)));
        assert_eq!(EffectiveRank::of_rows(&empty).unwrap(), None);
    }
}
