//! Settings chosen by validation accuracy over random splits: no test label is read.

mod choice;
mod grid;
mod preset;

pub use choice::{Candidate, DatasetChoice, choose, one_for_all};
pub use grid::{Combination, Grid};
pub use preset::{config_file, preset_file};

use std::path::Path;

use embedders::{Checkpoint, Registry, Target, overlay};
use graph_io::DataFingerprint;
use toml::{Table, Value};

use crate::bench::{BenchTask, Job, Loader, Plan, Variant};
use crate::error::Error;
use crate::protocol::Protocol;

/// What a tuning is made of.
#[derive(Clone, Debug)]
pub struct TuneConfig {
    /// The method, with its encoder and preset.
    pub variant: Variant,
    /// Names or paths of data sets.
    pub datasets: Vec<String>,
    /// How nodes are split: a protocol with a split of its own for each seed.
    pub protocol: Protocol,
    /// How many splits, at least 2.
    pub splits: usize,
    /// The seed of the first.
    pub seed: u64,
    /// Which epoch's weights are kept; `None` for the last of an unsupervised method.
    pub checkpoint: Option<Checkpoint>,
}

impl TuneConfig {
    /// A method by its name, such as `g2r` or `g2r:gat`, on data sets: twenty random splits of 20 a class, 500 and 1000.
    ///
    /// # Errors
    /// A method that there is not.
    pub fn new(registry: &Registry, method: &str, datasets: Vec<String>) -> Result<Self, Error> {
        let variant = Variant::parse(method, registry)?;
        let protocol = Protocol::Random20;
        Ok(Self { variant, datasets, protocol, splits: 20, seed: 100, checkpoint: None })
    }

    /// Checks what does not depend on a data set.
    ///
    /// # Errors
    /// A setting out of its range; a combination that the method refuses.
    pub fn check(&self, grid: &Grid) -> Result<(), Error> {
        if self.datasets.is_empty() {
            return Err(Error::NoDataset);
        }
        if self.splits < 2 {
            return Err(Error::setting("splits", "at least 2", self.splits));
        }
        for (place, dataset) in self.datasets.iter().enumerate() {
            if self.datasets[..place].iter().any(|other| file_stem(other) == file_stem(dataset)) {
                let expected =
                    "data sets whose files have different names: each gets a config file of its name";
                return Err(Error::invalid("datasets", expected, format!("{} twice", file_stem(dataset))));
            }
        }
        let last = (self.splits as u64).checked_add(self.seed).filter(|&end| end <= i64::MAX as u64);
        if last.is_none() {
            return Err(Error::setting("seed", "below 2⁶³ with `splits` added", self.seed));
        }
        let drawn = [
            Protocol::Random20,
            Protocol::TwentyThirtyRest,
            Protocol::TenTenEighty,
            Protocol::SixtyTwentyTwenty,
        ];
        if !drawn.contains(&self.protocol) {
            let names: Vec<&str> = drawn.iter().map(|protocol| protocol.name()).collect();
            return Err(Error::setting("protocol", format!("one of {}", names.join(", ")), self.protocol));
        }
        for combination in grid.combinations() {
            self.on(&Target::general(), combination)?;
        }
        Ok(())
    }

    /// Every run, data set by data set, combination by combination, split by split; and the data sets' own names, by which presets
    /// go.
    ///
    /// # Errors
    /// A data set that cannot be loaded or split; a combination that the method refuses there.
    pub fn plan(&self, grid: &Grid, load: Loader<'_>) -> Result<(Plan, Vec<String>), Error> {
        let mut names = Vec::new();
        let of_dataset = |name: &String| {
            let dataset = load(name)?;
            names.push(dataset.name().to_lowercase());
            self.protocol.split(&dataset, self.seed)?;
            let data = DataFingerprint::of(&dataset).combined();
            let mut jobs = Vec::new();
            for combination in grid.combinations() {
                let job = self.on(&Target::of(&dataset), combination)?;
                let seeds = (self.seed..).take(self.splits);
                jobs.extend(seeds.map(|seed| Job {
                    dataset: name.clone(),
                    data: data.clone(),
                    seed,
                    ..job.clone()
                }));
            }
            Ok((name.clone(), jobs))
        };
        let jobs = self.datasets.iter().map(of_dataset).collect::<Result<_, Error>>()?;
        Ok((Plan::of_jobs(jobs), names))
    }

    /// A run of a combination.
    fn on(&self, target: &Target<'_>, combination: &Combination) -> Result<Job, Error> {
        let method = self.variant.method;
        let target = target.with_preset(self.variant.preset.as_deref());
        let mut given = Table::new();
        if let Some(kind) = self.variant.encoder.filter(|_| self.variant.encoder != method.default_encoder())
        {
            let kind: Table = [("kind".to_string(), Value::from(kind.name()))].into_iter().collect();
            given.insert("encoder".to_string(), Value::Table(kind));
        }
        overlay(&mut given, method.nested(combination.settings.clone()));
        let of_kind =
            if method.info().kind.is_supervised() { method.info().checkpoint } else { Checkpoint::Last };
        Ok(Job {
            dataset: String::new(),
            data: String::new(),
            protocol: self.protocol,
            variant: self.variant.clone(),
            seed: self.seed,
            checkpoint: self.checkpoint.unwrap_or(of_kind),
            eval_every: 1,
            tasks: vec![BenchTask::Validation],
            preparation: method.preparation(&target, nested(combination.preparation.clone()))?,
            settings: method.settings(&target, given)?,
        })
    }
}

/// What the config file of a data set is called, without its extension.
pub fn file_stem(dataset: &str) -> String {
    let stem = Path::new(dataset).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    // Not the file of presets.
    if stem == "preset" { "preset-graph".to_string() } else { stem }
}

/// Keys with dots as tables in tables.
fn nested(flat: Table) -> Table {
    let mut table = Table::new();
    for (key, value) in flat {
        let inner = match key.split_once('.') {
            Some((outer, key)) => {
                let inner: Table = nested([(key.to_string(), value)].into_iter().collect());
                [(outer.to_string(), Value::Table(inner))].into_iter().collect()
            }
            None => [(key, value)].into_iter().collect(),
        };
        overlay(&mut table, inner);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{BenchConfig, Machine, ResultsFile, run_bench};
    use graph_io::{Labels, NodeDataset};

    fn config(datasets: &[&str]) -> TuneConfig {
        let datasets = datasets.iter().map(|name| name.to_string()).collect();
        TuneConfig { splits: 3, ..TuneConfig::new(&Registry::builtin(), "propagated", datasets).unwrap() }
    }

    fn load(name: &str) -> Result<NodeDataset, Error> {
        Ok(graph_io::load(name, None)?)
    }

    #[test]
    fn a_tuning_chooses_by_validation_and_goes_on_where_it_was() {
        let grid = Grid::parse("[settings]\nhops = [0, 2]\n").unwrap();
        let config = config(&["cora"]);
        config.check(&grid).unwrap();
        let (plan, names) = config.plan(&grid, &load).unwrap();
        assert_eq!(names, ["cora"]);
        assert_eq!(plan.jobs().count(), 6);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let bench = BenchConfig { workers: 2, ..BenchConfig::default() };
        let run = || {
            let mut results = ResultsFile::open(&path).unwrap();
            let outcome = run_bench(&bench, &plan, &load, &Machine::cpu(), &mut results, &()).unwrap();
            (outcome.finished, choose(&config, &plan, &results))
        };
        let (finished, chosen) = run();
        assert_eq!((finished, chosen.len()), (6, 1));
        let best = &chosen[0].candidates[0];
        assert_eq!(best.settings.to_table()["hops"], Value::from(2));
        assert!(best.val_acc.unwrap().mean > 0.7 && chosen[0].candidates[1].val_acc.unwrap().mean < 0.7);
        assert!(chosen[0].candidates[1].behind.unwrap().mean < 0.0);
        assert_eq!(run().0, 0);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"test_acc\":null") && !text.contains("\"test_acc\":0"), "{text}");
    }

    #[test]
    fn no_test_label_is_read() {
        let cora = graph_io::load("cora", None).unwrap();
        let grid = Grid::parse("[settings]\nhops = [2]\n").unwrap();
        // The split of the data set itself: a drawn one depends on all labels, because classes are drawn evenly.
        let config = TuneConfig { protocol: Protocol::Public, ..config(&["cora"]) };
        let flipped = |name: &str| {
            let mut parts = load(name)?.into_parts();
            let labels = parts.labels.take().unwrap();
            let mut classes = labels.classes().to_vec();
            for &node in cora.split().unwrap().test() {
                classes[node as usize] = classes[node as usize].map(|class| (class + 1) % 7);
            }
            parts.labels = Some(Labels::from_classes(classes, labels.class_names().to_vec())?);
            Ok(NodeDataset::from_parts(parts)?)
        };
        let val_acc = |load: Loader<'_>| {
            let (plan, _) = config.plan(&grid, load).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let mut results = ResultsFile::open(&folder.path().join("results.jsonl")).unwrap();
            run_bench(&BenchConfig::default(), &plan, load, &Machine::cpu(), &mut results, &()).unwrap();
            let scores = results.records()[0].scores.clone().unwrap();
            (scores.val_acc, scores.test_acc, scores.test_macro_f1)
        };
        assert_eq!(val_acc(&load), val_acc(&flipped));
    }

    #[test]
    fn what_cannot_be_tuned_is_refused_before_anything_runs() {
        let grid = Grid::parse("[settings]\nhops = [2]\n").unwrap();
        let message = |config: TuneConfig| config.check(&grid).unwrap_err().to_string();
        assert_eq!(
            message(TuneConfig { splits: 1, ..config(&["cora"]) }),
            "`splits` must be at least 2, got 1"
        );
        assert_eq!(
            message(TuneConfig { protocol: Protocol::Public, ..config(&["cora"]) }),
            "`protocol` must be one of random-20-500-1000, 20-30-rest, 10-10-80, 60-20-20, got public"
        );
        assert_eq!(
            message(config(&["a/graph.tsv", "b/graph.tsv"])),
            "datasets: expected data sets whose files have different names: each gets a config file of its name, found graph \
             twice"
        );
        let grid = Grid::parse("[settings]\nhops = [10001]\n").unwrap();
        let error = config(&["cora"]).check(&grid).unwrap_err().to_string();
        assert_eq!(error, "`hops` must be at most 10000, got 10001");
    }
}
