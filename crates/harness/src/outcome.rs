//! What came of a run.

use embedders::{EpochReport, Trained};
use evaluation::MeanStd;
use gnn::encoder::Encoder;
use serde::Serialize;

use crate::error::Error;
use crate::judge::Judgement;

/// What came of one seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeedResult {
    /// The seed.
    pub seed: u64,
    /// The epoch whose weights were kept: the first with the highest validation accuracy, or the last where nothing is
    /// judged.
    pub epoch: usize,
    /// How well it did, where it was judged.
    #[serde(flatten)]
    pub scores: Option<SeedScores>,
    /// The time of the training steps, without the probes.
    pub train_seconds: f64,
    /// Each epoch's rates.
    pub history: Vec<EpochReport>,
}

/// How well a seed did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeedScores {
    /// The judgement of the kept weights' embedding.
    pub g2r: Judgement,
    /// The judgement of the same encoder before training.
    pub random_init: Judgement,
    /// The judgement of the features as they are.
    pub raw: Judgement,
    /// The judgement of Âᴷ X.
    pub propagated: Judgement,
    /// The validation accuracy after each epoch.
    pub val_acc_history: Vec<f64>,
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
    /// The seeds that were finished, in order.
    pub seeds: Vec<SeedResult>,
    /// The model of the seed with the highest validation accuracy, or the lowest loss of the last step where nothing is
    /// judged; the first of equals; none when no seed was finished.
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
    /// Its weights.
    pub encoder: Encoder,
}

impl SeedResult {
    pub(crate) fn of(seed: u64, trained: Trained<Encoder>, scores: Option<SeedScores>) -> (Self, Encoder) {
        let Trained { encoder, epoch, history, seconds } = trained;
        (Self { seed, epoch, scores, train_seconds: seconds, history }, encoder)
    }

    /// The rates of the first step and of the last.
    pub fn first_and_last_rates(&self) -> [Rates; 2] {
        [self.history.first(), self.history.last()]
            .map(|report| Rates::of(report.expect("a seed has epochs")))
    }

    /// What the written model is chosen by; higher is better.
    pub(crate) fn merit(&self) -> f64 {
        match (&self.scores, self.history.last()) {
            (Some(scores), _) => scores.g2r.val_acc,
            (None, Some(last)) => -last.loss,
            (None, None) => f64::NEG_INFINITY,
        }
    }
}

impl Rates {
    fn of(report: &EpochReport) -> Self {
        let EpochReport { expansion, compression, loss, .. } = *report;
        Self { expansion, compression, reduction: expansion - compression, loss }
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
    /// Whether the seeds were judged.
    pub fn is_judged(&self) -> bool {
        self.scores().next().is_some()
    }

    /// A score of each judged seed, summed up.
    ///
    /// # Panics
    /// When no seed was judged.
    pub fn over_seeds(&self, value: impl Fn(&SeedScores) -> f64) -> MeanStd {
        MeanStd::of(&self.scores().map(value).collect::<Vec<_>>())
    }

    /// A score of a baseline that knows no chance but the split's: one value where the split is one.
    ///
    /// # Panics
    /// When no seed was judged.
    pub fn over_splits(&self, value: impl Fn(&SeedScores) -> f64) -> MeanStd {
        let num_splits = if self.split_by_seed { self.seeds.len() } else { 1 };
        MeanStd::of(&self.scores().take(num_splits).map(value).collect::<Vec<_>>())
    }

    fn scores(&self) -> impl Iterator<Item = &SeedScores> {
        self.seeds.iter().filter_map(|result| result.scores.as_ref())
    }
}
