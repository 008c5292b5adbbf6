//! A method on a data set over its seeds, beside the method that the others are compared with.

use evaluation::{MeanStd, PairedTest};
use serde::Serialize;

use super::job::{Job, JobRecord, JobScores};
use super::results_file::ResultsFile;
use super::variant::Variant;
use crate::baselines::Baselines;
use crate::protocol::Protocol;

/// What came of a method on a data set under a protocol, over its finished seeds; accuracies are fractions of 1.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSummary {
    /// What was run, with the first seed.
    pub job: Job,
    /// The seeds that are finished, ascending, with their scores.
    pub seeds: Vec<(u64, JobScores)>,
    /// How many seeds were asked for.
    pub seeds_asked: usize,
    /// The last error of each seed that failed.
    pub failures: Vec<(u64, String)>,
    /// Test accuracy less that of the method compared with, on equal seeds.
    pub difference: Option<Difference>,
}

/// How much better a method is than another one on the same seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The mean of the differences of test accuracy.
    pub mean: f64,
    /// Their sample standard deviation.
    pub std: f64,
    /// On how many seeds both were run.
    pub seeds: usize,
    /// The two-sided p of the paired t-test.
    pub p_of_t: f64,
    /// The two-sided p of the exact sign-flip test, for up to 20 seeds.
    pub p_of_sign_flips: Option<f64>,
}

impl GroupSummary {
    /// A score over the seeds that have it; `None` where none has.
    pub fn over_seeds(&self, value: impl Fn(&JobScores) -> Option<f64>) -> Option<MeanStd> {
        let values: Vec<f64> = self.seeds.iter().filter_map(|(_, scores)| value(scores)).collect();
        (!values.is_empty()).then(|| MeanStd::of(&values))
    }

    /// The method.
    pub fn variant(&self) -> &Variant {
        &self.job.variant
    }

    /// How nodes were split.
    pub fn protocol(&self) -> Protocol {
        self.job.protocol
    }

    fn test_acc(&self, seed: u64) -> Option<f64> {
        // What no chance has a part in was run once and stands for every seed.
        let found = self.seeds.iter().find(|(known, _)| *known == seed);
        let found = found.or_else(|| self.seeds.first().filter(|_| self.seeds_asked == 1));
        found.and_then(|(_, scores)| scores.test_acc)
    }

    /// This method's test accuracies less another's, where both have at least two seeds in common.
    pub fn minus(&self, other: &Self) -> Option<Difference> {
        let longer = if self.seeds.len() >= other.seeds.len() { self } else { other };
        let pairs =
            longer.seeds.iter().filter_map(|&(seed, _)| self.test_acc(seed).zip(other.test_acc(seed)));
        let (ours, theirs): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let test = PairedTest::of(&ours, &theirs).ok()?;
        let PairedTest { num_pairs: seeds, mean, std, p_of_t, p_of_sign_flips, .. } = test;
        Some(Difference { mean, std, seeds, p_of_t, p_of_sign_flips })
    }
}

/// The results of a comparison's runs, method by method in the order of `jobs`, each compared with the method `reference`
/// on the same data set under the same protocol.
pub fn summarize<'a>(
    jobs: impl Iterator<Item = &'a Job>,
    results: &ResultsFile,
    reference: &Variant,
) -> Vec<GroupSummary> {
    let mut groups: Vec<GroupSummary> = Vec::new();
    for job in jobs {
        let known = groups.iter_mut().find(|group| group.job.is_of_same_group(job));
        let group = match known {
            Some(group) => group,
            None => {
                groups.push(GroupSummary {
                    job: job.clone(),
                    seeds: Vec::new(),
                    seeds_asked: 0,
                    failures: Vec::new(),
                    difference: None,
                });
                groups.last_mut().expect("one was pushed")
            }
        };
        group.seeds_asked += 1;
        match results.find(&job.key()) {
            Some(JobRecord { scores: Some(scores), .. }) => group.seeds.push((job.seed, scores.clone())),
            Some(JobRecord { error: Some(error), .. }) => group.failures.push((job.seed, error.clone())),
            _ => {}
        }
    }
    let differences: Vec<Option<Difference>> = groups
        .iter()
        .map(|group| {
            let other = groups.iter().find(|other| {
                other.variant() == reference
                    && other.job.dataset == group.job.dataset
                    && other.protocol() == group.protocol()
            })?;
            if other.variant() == group.variant() { None } else { group.minus(other) }
        })
        .collect();
    for (group, difference) in groups.iter_mut().zip(differences) {
        group.difference = difference;
    }
    groups
}

/// The mean test accuracies of the baselines on the data set of a group, under its protocol.
pub(super) fn baselines_of(group: &GroupSummary, groups: &[GroupSummary]) -> Baselines<Option<f64>> {
    let mean = |name: &str| {
        let baseline = groups.iter().find(|other| {
            other.variant().to_string() == name
                && other.job.dataset == group.job.dataset
                && other.protocol() == group.protocol()
        })?;
        baseline.over_seeds(|scores| scores.test_acc).map(|acc| acc.mean)
    };
    Baselines {
        raw: mean("raw"),
        propagated: mean("propagated"),
        ppr: mean("ppr"),
        ppr_tf_idf: mean("ppr@tf-idf"),
        random_init: mean("random-init"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{BenchConfig, ResultsFile};
    use embedders::Registry;

    /// A results file in which each run has the accuracy that `accuracy` gives for its method and seed.
    fn groups(accuracy: impl Fn(&str, u64) -> Option<f64>) -> Vec<GroupSummary> {
        let registry = Registry::builtin();
        let config = "datasets = ['cora']\nmethods = ['g2r', 'dgi']\nseeds = 3";
        let config = BenchConfig::from_layers(&registry, None, toml::from_str(config).unwrap()).unwrap();
        let jobs = config.jobs("cora", &graph_io::load("cora", None).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut results = ResultsFile::open(&folder.path().join("results.jsonl")).unwrap();
        for job in &jobs {
            let found = accuracy(job.variant.method.name(), job.seed);
            let scores = found.map(|test_acc| JobScores {
                epoch: 1,
                epochs_trained: 1,
                d_output: 1,
                effective_rank: None,
                val_acc: None,
                test_acc: Some(test_acc),
                test_macro_f1: None,
                clustering: None,
                similarity: None,
                links: None,
                train_seconds: 0.0,
                seconds: 0.0,
                cpu_seconds: None,
                peak_bytes: None,
            });
            let error = found.is_none().then(|| "no".to_string());
            results.append(&results.record_of(job.key(), scores, error)).unwrap();
        }
        summarize(jobs.iter(), &results, &Variant::parse("g2r", &registry).unwrap())
    }

    fn named<'a>(groups: &'a [GroupSummary], name: &str) -> &'a GroupSummary {
        groups.iter().find(|group| group.variant().method.name() == name).unwrap()
    }

    #[test]
    fn methods_are_compared_on_equal_seeds_and_what_was_run_once_with_every_seed() {
        let groups = groups(|method, seed| match method {
            "g2r" => Some([0.80, 0.82, 0.81][seed as usize]),
            "dgi" => Some([0.79, 0.80, 0.78][seed as usize]),
            _ => Some(0.5),
        });
        let dgi = named(&groups, "dgi").difference.unwrap();
        assert!((dgi.mean + 0.02).abs() < 1e-12, "{dgi:?}");
        assert_eq!((dgi.seeds, dgi.p_of_sign_flips), (3, Some(0.25)));
        let raw = named(&groups, "raw");
        assert_eq!((raw.seeds.len(), raw.seeds_asked), (1, 1));
        let raw = raw.difference.unwrap();
        assert!((raw.mean + 0.31).abs() < 1e-12, "{raw:?}");
        assert_eq!(raw.seeds, 3);
        assert_eq!(named(&groups, "g2r").difference, None);
        assert_eq!(baselines_of(named(&groups, "dgi"), &groups).raw, Some(0.5));
    }

    #[test]
    fn seeds_that_failed_are_named_and_left_out() {
        let groups = groups(|method, seed| (method != "dgi" || seed == 1).then_some(0.8));
        let dgi = named(&groups, "dgi");
        assert_eq!(dgi.seeds.iter().map(|(seed, _)| *seed).collect::<Vec<_>>(), [1]);
        assert_eq!(dgi.failures, [(0, "no".to_string()), (2, "no".to_string())]);
        assert_eq!(dgi.difference, None, "one seed in common is no test");
        let same = named(&groups, "random-init").difference.unwrap();
        assert_eq!((same.mean, same.p_of_t), (0.0, 1.0));
    }
}
