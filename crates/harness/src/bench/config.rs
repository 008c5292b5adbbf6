//! What a comparison is made of: data sets, methods, protocols, seeds, and how many workers and how much memory.

use std::collections::BTreeMap;
use std::path::Path;

use embedders::{Checkpoint, Method, MethodKind, PreparationSettings, Registry, Settings, Target, overlay};
use graph_io::{DataFingerprint, NodeDataset};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::job::Job;
use super::variant::Variant;
use crate::config_file;
use crate::error::Error;
use crate::experiment::DeviceChoice;
use crate::input::InputConfig;
use crate::protocol::Protocol;

/// Methods that every comparison shows, whether they were asked for or not.
const BASELINES: [&str; 5] = ["raw", "propagated", "ppr", "ppr@tf-idf", "random-init"];

/// A comparison, as a file has it but for the tables of methods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BenchConfig {
    /// Names or paths of data sets.
    pub datasets: Vec<String>,
    /// The methods, each with its encoder after a colon where that is not the method's own, and its preset after an @ where that
    /// is not the default one; the baselines are added in front.
    pub methods: Vec<String>,
    /// How nodes are split; none: each data set's own split where it has one, else `random-20-500-1000`.
    pub protocols: Vec<Protocol>,
    /// What embeddings are evaluated by.
    pub tasks: Vec<BenchTask>,
    /// The first seed; below 2⁶³.
    pub seed: u64,
    /// How many seeds, each one more than the last, at least 1.
    pub seeds: usize,
    /// Which epoch's weights are kept; not set, the last of every unsupervised method, so that all are compared alike, and the
    /// best by validation accuracy of supervised ones.
    pub checkpoint: Option<Checkpoint>,
    /// Evaluate on the validation nodes every N epochs, where the best epoch is kept; at least 1.
    pub eval_every: usize,
    /// Runs at a time, 0 for one a core; at most 1024. No result depends on it.
    pub workers: usize,
    /// Threads of a run, at least 1. No result depends on it.
    pub threads_per_worker: usize,
    /// The memory that runs may hold together, in gigabytes (10⁹ bytes), within what is available; 0 for all of that.
    pub memory_gb: f64,
    /// Device.
    pub device: DeviceChoice,
    /// How paths are read.
    pub input: InputConfig,
    /// What is done to the features of all methods, in place of what their presets say; a table `preparation`.
    pub preparation: Table,
    /// The methods as they were found in the registry, baselines first.
    #[serde(skip)]
    pub variants: Vec<Variant>,
    /// The settings of methods over their presets, by name: tables of a file.
    #[serde(skip)]
    pub given: BTreeMap<String, Table>,
}

/// What an embedding is evaluated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BenchTask {
    /// The probe of the protocol on the test nodes.
    Classification,
    /// k-means on rows of length 1 with as many clusters as classes, beside the true classes.
    Clustering,
    /// Whether the nodes with the nearest rows have the same class.
    Similarity,
    /// Telling held-out edges from pairs without one, by a training without those edges.
    Links,
    /// The probe of the protocol on the validation nodes alone: no test label is read. For choosing settings; comparisons have
    /// the task classification.
    Validation,
}

impl BenchTask {
    /// Every task of comparisons, in the order of tables.
    pub const ALL: &[Self] = &[Self::Classification, Self::Clustering, Self::Similarity, Self::Links];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Clustering => "clustering",
            Self::Similarity => "similarity",
            Self::Links => "links",
            Self::Validation => "validation",
        }
    }
}

impl Default for BenchConfig {
    fn default() -> Self {
        Self {
            datasets: Vec::new(),
            methods: Vec::new(),
            protocols: Vec::new(),
            tasks: vec![BenchTask::Classification],
            seed: 0,
            seeds: 10,
            checkpoint: None,
            eval_every: 1,
            workers: 0,
            threads_per_worker: 1,
            memory_gb: 4.0,
            device: DeviceChoice::Cpu,
            input: InputConfig::default(),
            preparation: Table::new(),
            variants: Vec::new(),
            given: BTreeMap::new(),
        }
    }
}

impl BenchConfig {
    /// Settings in layers, each over the one before: the defaults, a config file, `flags`.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or has an unknown key or a value of the wrong type; a setting out of its
    /// range; no data set or no method.
    pub fn from_layers(registry: &Registry, file: Option<&Path>, flags: Table) -> Result<Self, Error> {
        let mut table = Table::try_from(Self::default()).expect("settings are numbers, words and lists");
        if let Some(path) = file {
            overlay(&mut table, config_file::read::<Self>(registry, path)?);
        }
        overlay(&mut table, flags);
        let given = config_file::take_tables_of_methods(registry, &mut table);
        let mut config: Self = table.try_into().map_err(|source| Error::Settings(Box::new(source)))?;
        config.given = given;
        config.add_baselines(registry)?;
        config.check()?;
        Ok(config)
    }

    /// The baselines come first.
    fn add_baselines(&mut self, registry: &Registry) -> Result<(), Error> {
        let asked = self.methods.iter().map(String::as_str);
        for text in BASELINES.into_iter().chain(asked) {
            let variant = Variant::parse(text, registry)?;
            if !self.variants.contains(&variant) {
                self.variants.push(variant);
            }
        }
        self.methods = self.variants.iter().map(Variant::to_string).collect();
        self.tasks.sort_unstable();
        self.tasks.dedup();
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        if self.datasets.is_empty() {
            return Err(Error::NoDataset);
        }
        if self.variants.iter().all(|variant| variant.method.info().kind == MethodKind::Baseline) {
            return Err(Error::setting("methods", "at least one that is no baseline", "none"));
        }
        if self.tasks.is_empty() {
            return Err(Error::setting("tasks", "at least one", "none"));
        }
        if self.seeds == 0 {
            return Err(Error::setting("seeds", "at least 1", 0));
        }
        let last = (self.seeds as u64).checked_add(self.seed).filter(|&end| end <= i64::MAX as u64);
        if last.is_none() {
            return Err(Error::setting("seed", "below 2⁶³ with `seeds` added", self.seed));
        }
        self.check_machine()?;
        if let Some(unevaluated) = self.protocols.iter().find(|protocol| !protocol.evaluates()) {
            return Err(Error::setting("protocols", "protocols that evaluate", unevaluated));
        }
        if self.eval_every == 0 {
            return Err(Error::setting("eval_every", "at least 1", 0));
        }
        let names: Vec<&str> = self.variants.iter().map(|variant| variant.method.name()).collect();
        if let Some(other) = self.given.keys().find(|name| !names.contains(&name.as_str())) {
            let expected = "tables of the methods that are compared";
            return Err(Error::invalid("settings", expected, format!("the table [{other}]")));
        }
        for variant in &self.variants {
            // Found now what is out of range whatever the data set is.
            self.settings_of(variant, &Target::general())?;
            self.preparation_of(variant, &Target::general())?;
        }
        Ok(())
    }

    /// Checks what says how runs share the machine.
    ///
    /// # Errors
    /// A setting out of its range.
    pub fn check_machine(&self) -> Result<(), Error> {
        if self.workers > 1024 {
            return Err(Error::setting("workers", "at most 1024", self.workers));
        }
        if !(1..=1024).contains(&self.threads_per_worker) {
            return Err(Error::setting("threads_per_worker", "from 1 to 1024", self.threads_per_worker));
        }
        if !(self.memory_gb >= 0.0 && self.memory_gb.is_finite()) {
            return Err(Error::setting("memory_gb", "at least 0", self.memory_gb));
        }
        Ok(())
    }

    /// Every setting of a method on a data set.
    fn settings_of(&self, variant: &Variant, target: &Target<'_>) -> Result<Settings, Error> {
        let mut given = self.given.get(variant.method.name()).cloned().unwrap_or_default();
        if let Some(kind) = variant.encoder.filter(|_| variant.encoder != variant.method.default_encoder()) {
            let kind: Table = [("kind".to_string(), Value::from(kind.name()))].into_iter().collect();
            overlay(&mut given, [("encoder".to_string(), Value::Table(kind))].into_iter().collect());
        }
        Ok(variant.method.settings(&target.with_preset(variant.preset.as_deref()), given)?)
    }

    /// What is done to the features of a data set for a method.
    fn preparation_of(&self, variant: &Variant, target: &Target<'_>) -> Result<PreparationSettings, Error> {
        let target = target.with_preset(variant.preset.as_deref());
        Ok(variant.method.preparation(&target, self.preparation.clone())?)
    }

    /// Which epoch's weights are kept of a method.
    fn checkpoint_of(&self, method: &Method) -> Checkpoint {
        let info = method.info();
        match info.kind {
            MethodKind::Baseline => Checkpoint::Last,
            MethodKind::Unsupervised => self.checkpoint.unwrap_or(Checkpoint::Last),
            MethodKind::Supervised { .. } => self.checkpoint.unwrap_or(info.checkpoint),
        }
    }

    /// The protocols that a data set is split by.
    pub fn protocols_of(&self, dataset: &NodeDataset) -> Vec<Protocol> {
        match self.protocols.as_slice() {
            [] => vec![Protocol::default_for(dataset)],
            protocols => protocols.to_vec(),
        }
    }

    /// Every run on a data set, which is called `name` in the settings: protocol by protocol, method by method. A run
    /// without randomness is planned once, not for each seed.
    ///
    /// # Errors
    /// As [`from_layers`](Self::from_layers) for the settings.
    pub fn jobs(&self, name: &str, dataset: &NodeDataset) -> Result<Vec<Job>, Error> {
        let mut jobs = Vec::new();
        let data = DataFingerprint::of(dataset).combined();
        for protocol in self.protocols_of(dataset) {
            for variant in &self.variants {
                let target = Target::of(dataset);
                let settings = self.settings_of(variant, &target)?;
                let preparation = self.preparation_of(variant, &target)?;
                let stochastic = variant.method.info().stochastic
                    || protocol.splits_by_seed(dataset)
                    || self.tasks.iter().any(|task| *task != BenchTask::Classification);
                let num_seeds = if stochastic { self.seeds } else { 1 };
                for seed in (self.seed..).take(num_seeds) {
                    jobs.push(Job {
                        dataset: name.to_string(),
                        data: data.clone(),
                        protocol,
                        variant: variant.clone(),
                        seed,
                        checkpoint: self.checkpoint_of(&variant.method),
                        eval_every: self.eval_every,
                        tasks: self.tasks.clone(),
                        preparation,
                        settings: settings.clone(),
                    });
                }
            }
        }
        Ok(jobs)
    }

    /// The comparison as TOML, also what was not set.
    pub fn to_toml(&self) -> String {
        let mut table = Table::try_from(self).expect("settings are numbers, words and lists");
        let given = self.given.iter().map(|(name, table)| (name.clone(), Value::Table(table.clone())));
        table.extend(given);
        toml::to_string(&table).expect("settings are numbers, words and lists")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedders::{EncoderKind, G2r};

    fn config(text: &str) -> Result<BenchConfig, Error> {
        BenchConfig::from_layers(&Registry::builtin(), None, toml::from_str(text).unwrap())
    }

    #[test]
    fn baselines_come_first_and_once() {
        let config = config("datasets = ['cora']\nmethods = ['g2r', 'raw', 'g2r:gat', 'g2r']").unwrap();
        assert_eq!(
            config.methods,
            ["raw", "propagated", "ppr", "ppr@tf-idf", "random-init", "g2r", "g2r:gat"]
        );
    }

    #[test]
    fn what_knows_no_chance_is_run_once_on_a_split_that_is_one() {
        let cora = graph_io::load("cora", None).unwrap();
        let count = |text: &str| {
            let jobs = config(text).unwrap().jobs("cora", &cora).unwrap();
            ["raw", "g2r"].map(|name| jobs.iter().filter(|job| job.variant.method.name() == name).count())
        };
        let base = "datasets = ['cora']\nmethods = ['g2r']\nseeds = 3";
        assert_eq!(count(base), [1, 3]);
        assert_eq!(count(&format!("{base}\nprotocols = ['random-20']")), [3, 3]);
        assert_eq!(count(&format!("{base}\ntasks = ['clustering']")), [3, 3]);
        assert_eq!(count(&format!("{base}\nprotocols = ['public', '10-10-80']")), [4, 6]);
    }

    #[test]
    fn settings_come_from_the_recipe_the_table_and_the_variant() {
        let citeseer = graph_io::load("citeseer", None).unwrap();
        let config =
            config("datasets = ['citeseer']\nmethods = ['g2r:gat']\nseeds = 1\n[g2r]\nepochs = 3").unwrap();
        let jobs = config.jobs("citeseer", &citeseer).unwrap();
        let settings = &jobs.last().unwrap().settings;
        let settings = settings.get::<G2r>().unwrap();
        assert_eq!((settings.epochs, settings.eps_sq), (3, 0.1), "the preset for CiteSeer");
        assert_eq!(settings.encoder.kind, EncoderKind::Gat);
    }

    #[test]
    fn a_config_reads_back_as_it_is_written() {
        let written = config("datasets = ['cora']\nmethods = ['g2r']\n[g2r]\nepochs = 3").unwrap();
        let again =
            BenchConfig::from_layers(&Registry::builtin(), None, toml::from_str(&written.to_toml()).unwrap())
                .unwrap();
        assert_eq!(again, written);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let message = |text: &str| {
            let mut table: Table = toml::from_str("datasets = ['cora']\nmethods = ['g2r']").unwrap();
            table.extend(toml::from_str::<Table>(text).unwrap());
            BenchConfig::from_layers(&Registry::builtin(), None, table).unwrap_err().to_string()
        };
        for (text, expected) in [
            ("methods = ['raw']", "`methods` must be at least one that is no baseline, got none"),
            ("seeds = 0", "`seeds` must be at least 1, got 0"),
            ("workers = 2000", "`workers` must be at most 1024, got 2000"),
            ("threads_per_worker = 0", "`threads_per_worker` must be from 1 to 1024, got 0"),
            ("memory_gb = -1.0", "`memory_gb` must be at least 0, got -1"),
            ("tasks = []", "`tasks` must be at least one, got none"),
            ("protocols = ['none']", "`protocols` must be protocols that evaluate, got none"),
            ("eval_every = 0", "`eval_every` must be at least 1, got 0"),
            ("[g2r]\neps_sq = 0.0", "`eps_sq` must be positive, got 0"),
            (
                "[dgi]\nepochs = 3",
                "settings: expected tables of the methods that are compared, found the table [dgi]",
            ),
        ] {
            assert_eq!(message(text), expected);
        }
        let none = BenchConfig::from_layers(
            &Registry::builtin(),
            None,
            toml::from_str("methods = ['g2r']").unwrap(),
        );
        assert!(matches!(none, Err(Error::NoDataset)));
    }

    #[test]
    fn all_unsupervised_methods_keep_the_same_epoch_unless_another_is_asked_for() {
        let cora = graph_io::load("cora", None).unwrap();
        let kept = |text: &str| {
            let config = config(&format!(
                "datasets = ['cora']\nmethods = ['g2r', 'dgi', 'supervised']\nseeds = 1\n{text}"
            ));
            let jobs = config.unwrap().jobs("cora", &cora).unwrap();
            ["g2r", "dgi", "supervised", "raw"]
                .map(|name| jobs.iter().find(|job| job.variant.method.name() == name).unwrap().checkpoint)
        };
        use Checkpoint::{BestValidation, Last};
        assert_eq!(kept(""), [Last, Last, BestValidation, Last]);
        assert_eq!(
            kept("checkpoint = 'best-validation'"),
            [BestValidation, BestValidation, BestValidation, Last]
        );
    }
}
