//! Which combination is the best of a data set, and which of all of them.

use embedders::{Checkpoint, PreparationSettings, Settings};
use evaluation::MeanStd;

use super::TuneConfig;
use crate::bench::{Job, Plan, ResultsFile};

/// A combination on a data set, with what came of it.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its place in the grid.
    pub place: usize,
    /// Every setting of the method.
    pub settings: Settings,
    /// What was done to the features.
    pub preparation: PreparationSettings,
    /// Which epoch's weights were kept.
    pub checkpoint: Checkpoint,
    /// Validation accuracy over the splits, with the standard error in place of the deviation; `None` where a split is missing.
    pub val_acc: Option<MeanStd>,
    /// How far it is behind the best, on equal splits, with the standard error.
    pub behind: Option<MeanStd>,
    /// Mean processor seconds of a run.
    pub cpu_seconds: Option<f64>,
    /// Why a run failed, where one did.
    pub error: Option<String>,
    of_splits: Vec<f64>,
}

/// The combinations on a data set, the best first.
#[derive(Clone, Debug)]
pub struct DatasetChoice {
    /// The data set as it was asked for.
    pub dataset: String,
    /// The combinations: the highest validation accuracy first, of equals the cheaper, then by the grid; those that are not finished
    /// last.
    pub candidates: Vec<Candidate>,
}

/// Ranks the combinations on each data set.
pub fn choose(config: &TuneConfig, plan: &Plan, results: &ResultsFile) -> Vec<DatasetChoice> {
    let jobs: Vec<&Job> = plan.jobs().collect();
    let of_dataset = |dataset: &String| {
        let own: Vec<&Job> = jobs.iter().copied().filter(|job| job.dataset == *dataset).collect();
        let of_group = |(place, group): (usize, &[&Job])| Candidate::of(place, group, results);
        let mut candidates: Vec<Candidate> = own.chunks(config.splits).enumerate().map(of_group).collect();
        candidates.sort_by(|a, b| {
            let accuracy =
                |candidate: &Candidate| candidate.val_acc.map_or(f64::NEG_INFINITY, |acc| acc.mean);
            let cost = |candidate: &Candidate| candidate.cpu_seconds.unwrap_or(f64::INFINITY);
            accuracy(b).total_cmp(&accuracy(a)).then(cost(a).total_cmp(&cost(b))).then(a.place.cmp(&b.place))
        });
        if let Some(best) = candidates.first().map(|best| best.of_splits.clone()) {
            for candidate in &mut candidates {
                candidate.behind = candidate.val_acc.map(|_| {
                    let pairs = candidate.of_splits.iter().zip(&best);
                    with_standard_error(&pairs.map(|(own, best)| own - best).collect::<Vec<f64>>())
                });
            }
        }
        DatasetChoice { dataset: dataset.clone(), candidates }
    };
    config.datasets.iter().map(of_dataset).collect()
}

/// The place in the grid with the highest mean over the data sets, and that mean; `None` if none is finished on all of them.
pub fn one_for_all(choices: &[DatasetChoice]) -> Option<(usize, f64)> {
    let places = choices.first()?.candidates.len();
    let mean = |place: usize| {
        let on = |choice: &DatasetChoice| Some(choice.at(place)?.val_acc?.mean);
        let accuracies: Option<Vec<f64>> = choices.iter().map(on).collect();
        accuracies.map(|accuracies| accuracies.iter().sum::<f64>() / accuracies.len() as f64)
    };
    let cost =
        |place: usize| -> f64 { choices.iter().filter_map(|choice| choice.at(place)?.cpu_seconds).sum() };
    let finished = (0..places).filter_map(|place| Some((place, mean(place)?)));
    finished.min_by(|a, b| b.1.total_cmp(&a.1).then(cost(a.0).total_cmp(&cost(b.0))).then(a.0.cmp(&b.0)))
}

impl DatasetChoice {
    /// The combination at a place of the grid.
    pub fn at(&self, place: usize) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.place == place)
    }

    /// The best combination, if any is finished.
    pub fn best(&self) -> Option<&Candidate> {
        self.candidates.first().filter(|best| best.val_acc.is_some())
    }
}

impl Candidate {
    fn of(place: usize, group: &[&Job], results: &ResultsFile) -> Self {
        let records: Vec<_> = group.iter().filter_map(|job| results.find(&job.key())).collect();
        let scores: Vec<_> = records.iter().filter_map(|record| record.scores.as_ref()).collect();
        let of_splits: Vec<f64> = scores.iter().filter_map(|scores| scores.val_acc).collect();
        let costs: Option<Vec<f64>> = scores.iter().map(|scores| scores.cpu_seconds).collect();
        let job = group[0];
        Self {
            place,
            settings: job.settings.clone(),
            preparation: job.preparation,
            checkpoint: job.checkpoint,
            val_acc: (of_splits.len() == group.len()).then(|| with_standard_error(&of_splits)),
            behind: None,
            cpu_seconds: costs.filter(|costs| !costs.is_empty()).map(|costs| MeanStd::of(&costs).mean),
            error: records.iter().find_map(|record| record.error.clone()),
            of_splits,
        }
    }
}

fn with_standard_error(values: &[f64]) -> MeanStd {
    let MeanStd { mean, std } = MeanStd::of(values);
    MeanStd { mean, std: std.map(|std| std / (values.len() as f64).sqrt()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedders::Raw;

    fn candidate(place: usize, val_acc: Option<f64>, cpu: f64) -> Candidate {
        Candidate {
            place,
            settings: Settings::new(Raw::default()).unwrap(),
            preparation: PreparationSettings::default(),
            checkpoint: Checkpoint::Last,
            val_acc: val_acc.map(|mean| MeanStd { mean, std: None }),
            behind: None,
            cpu_seconds: Some(cpu),
            error: None,
            of_splits: Vec::new(),
        }
    }

    #[test]
    fn one_for_all_has_the_highest_mean_and_of_equals_the_lowest_cost() {
        let choice = |accuracies: [Option<f64>; 3], costs: [f64; 3]| DatasetChoice {
            dataset: "any".into(),
            candidates: (0..3).map(|place| candidate(place, accuracies[place], costs[place])).collect(),
        };
        let first = choice([Some(0.75), Some(0.5), Some(0.5)], [1.0, 1.0, 1.0]);
        let second = choice([Some(0.5), Some(0.75), None], [2.0, 1.0, 1.0]);
        assert_eq!(one_for_all(&[first.clone(), second]), Some((1, 0.625)));
        assert_eq!(one_for_all(&[first]), Some((0, 0.75)));
        assert_eq!(one_for_all(&[choice([None; 3], [1.0; 3])]), None);
        assert_eq!(one_for_all(&[]), None);
    }

    #[test]
    fn the_standard_error_is_the_deviation_over_the_root_of_the_number() {
        let found = with_standard_error(&[0.5, 0.75, 0.25, 0.5]);
        assert_eq!(
            (found.mean, found.std),
            (0.5, Some(MeanStd::of(&[0.5, 0.75, 0.25, 0.5]).std.unwrap() / 2.0))
        );
    }
}
