//! What a comparison is made of: data sets, methods, protocols, seeds, and how many workers and how much memory.

use std::collections::BTreeMap;
use std::path::Path;

use embedders::{Method, MethodKind};
use graph_io::NodeDataset;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::cell::Cell;
use super::variant::Variant;
use crate::config_file;
use crate::error::Error;
use crate::experiment::{DeviceChoice, full_settings, overlay};
use crate::input::InputConfig;
use crate::protocol::Protocol;

/// Methods that every comparison shows, whether they were asked for or not.
const BASELINES: [&str; 3] = ["raw", "propagated", "random-init"];

/// A comparison, as a file has it but for the tables of methods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BenchConfig {
    /// Names or paths of data sets.
    pub datasets: Vec<String>,
    /// The methods; the baselines are added in front.
    pub methods: Vec<Variant>,
    /// How nodes are split; none: each data set's own split where it has one, else `random-20-500-1000`.
    pub protocols: Vec<Protocol>,
    /// What embeddings are judged by.
    pub tasks: Vec<BenchTask>,
    /// The first seed; below 2⁶³.
    pub seed: u64,
    /// How many seeds, each one more than the last, at least 1.
    pub seeds: usize,
    /// After how many epochs the validation nodes are asked; not set, each method says.
    pub judge_every: Option<usize>,
    /// Runs at a time, 0 for one a core; at most 1024. No result depends on it.
    pub workers: usize,
    /// Threads of a run, at least 1. No result depends on it.
    pub threads_per_worker: usize,
    /// The memory that runs may hold together, in gigabytes (10⁹ bytes); 0 for no bound.
    pub memory_gb: f64,
    /// Where tensors live.
    pub device: DeviceChoice,
    /// How paths are read.
    pub input: InputConfig,
    /// The settings of methods over their recipes, by name: tables of a file.
    #[serde(skip)]
    pub settings: BTreeMap<String, Table>,
}

/// What an embedding is judged by.
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
}

impl BenchTask {
    /// Every task, in the order of tables.
    pub const ALL: &[Self] = &[Self::Classification, Self::Clustering, Self::Similarity, Self::Links];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Clustering => "clustering",
            Self::Similarity => "similarity",
            Self::Links => "links",
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
            judge_every: None,
            workers: 0,
            threads_per_worker: 1,
            memory_gb: 4.0,
            device: DeviceChoice::Cpu,
            input: InputConfig::default(),
            settings: BTreeMap::new(),
        }
    }
}

impl BenchConfig {
    /// Settings in layers, each over the one before: the defaults, a config file, `flags`.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or has an unknown key or a value of the wrong type; a setting out of its
    /// range; no data set or no method.
    pub fn from_layers(file: Option<&Path>, flags: Table) -> Result<Self, Error> {
        let mut table = Table::try_from(Self::default()).expect("settings are numbers, words and lists");
        if let Some(path) = file {
            overlay(&mut table, config_file::read::<Self>(path)?);
        }
        overlay(&mut table, flags);
        let settings = config_file::take_tables_of_methods(&mut table);
        let mut config: Self = table.try_into().map_err(|source| Error::Settings(Box::new(source)))?;
        config.settings = settings;
        config.add_baselines();
        config.check()?;
        Ok(config)
    }

    /// What everything costs nothing to compare with comes first.
    fn add_baselines(&mut self) {
        let asked = std::mem::take(&mut self.methods);
        let baselines = BASELINES.iter().filter_map(|name| Method::named(name)).map(Variant::of);
        for variant in baselines.chain(asked) {
            if !self.methods.contains(&variant) {
                self.methods.push(variant);
            }
        }
        self.tasks.sort_unstable();
        self.tasks.dedup();
    }

    fn check(&self) -> Result<(), Error> {
        if self.datasets.is_empty() {
            return Err(Error::NoDataset);
        }
        if self.methods.iter().all(|variant| variant.method.info().kind == MethodKind::Baseline) {
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
        if self.workers > 1024 {
            return Err(Error::setting("workers", "at most 1024", self.workers));
        }
        if !(1..=1024).contains(&self.threads_per_worker) {
            return Err(Error::setting("threads_per_worker", "from 1 to 1024", self.threads_per_worker));
        }
        if !(self.memory_gb >= 0.0 && self.memory_gb.is_finite()) {
            return Err(Error::setting("memory_gb", "at least 0", self.memory_gb));
        }
        if let Some(unjudged) = self.protocols.iter().find(|protocol| !protocol.judges()) {
            return Err(Error::setting("protocols", "protocols that judge", unjudged));
        }
        for variant in &self.methods {
            for dataset in &self.datasets {
                self.settings_of(variant, dataset)?;
            }
        }
        Ok(())
    }

    /// Every setting of a method on a data set.
    fn settings_of(&self, variant: &Variant, dataset: &str) -> Result<Table, Error> {
        let mut given = self.settings.get(variant.method.name()).cloned().unwrap_or_default();
        if let Some(encoder) = variant.encoder.filter(|_| variant.encoder != variant.method.info().encoder) {
            given.insert("encoder".to_string(), Value::String(encoder.name().to_string()));
        }
        full_settings(variant.method, dataset, given)
    }

    /// The protocols that a data set is split by.
    pub fn protocols_of(&self, dataset: &NodeDataset) -> Vec<Protocol> {
        match self.protocols.as_slice() {
            [] => vec![Protocol::default_for(dataset)],
            protocols => protocols.to_vec(),
        }
    }

    /// Every run on a data set, which is called `name` in the settings: protocol by protocol, method by method. What no
    /// chance has a part in is run once.
    ///
    /// # Errors
    /// As [`from_layers`](Self::from_layers) for the settings.
    pub fn cells(&self, name: &str, dataset: &NodeDataset) -> Result<Vec<Cell>, Error> {
        let mut cells = Vec::new();
        for protocol in self.protocols_of(dataset) {
            for &variant in &self.methods {
                let settings = self.settings_of(&variant, name)?;
                let by_chance = variant.method.info().by_chance
                    || protocol.splits_by_seed(dataset)
                    || self.tasks.iter().any(|task| *task != BenchTask::Classification);
                let num_seeds = if by_chance { self.seeds } else { 1 };
                for seed in (self.seed..).take(num_seeds) {
                    cells.push(Cell {
                        dataset: name.to_string(),
                        protocol,
                        variant,
                        seed,
                        judge_every: self.judge_every.unwrap_or(variant.method.info().judge_every),
                        tasks: self.tasks.clone(),
                        settings: settings.clone(),
                    });
                }
            }
        }
        Ok(cells)
    }

    /// The comparison as TOML, also what was not set.
    pub fn to_toml(&self) -> String {
        let mut table = Table::try_from(self).expect("settings are numbers, words and lists");
        let settings = self.settings.iter().map(|(name, table)| (name.clone(), Value::Table(table.clone())));
        table.extend(settings);
        toml::to_string(&table).expect("settings are numbers, words and lists")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<BenchConfig, Error> {
        BenchConfig::from_layers(None, toml::from_str(text).unwrap())
    }

    #[test]
    fn baselines_come_first_and_once() {
        let config = config("datasets = ['cora']\nmethods = ['g2r', 'raw', 'g2r:gat', 'g2r']").unwrap();
        let names: Vec<String> = config.methods.iter().map(Variant::to_string).collect();
        assert_eq!(names, ["raw", "propagated", "random-init", "g2r", "g2r:gat"]);
    }

    #[test]
    fn what_knows_no_chance_is_run_once_on_a_split_that_is_one() {
        let cora = graph_io::load("cora", None).unwrap();
        let count = |text: &str| {
            let cells = config(text).unwrap().cells("cora", &cora).unwrap();
            ["raw", "g2r"].map(|name| cells.iter().filter(|cell| cell.variant.method.name() == name).count())
        };
        let base = "datasets = ['cora']\nmethods = ['g2r']\nseeds = 3";
        assert_eq!(count(base), [1, 3]);
        assert_eq!(count(&format!("{base}\nprotocols = ['random-20']")), [3, 3]);
        assert_eq!(count(&format!("{base}\ntasks = ['clustering']")), [3, 3]);
        assert_eq!(count(&format!("{base}\nprotocols = ['public', '10-10-80']")), [4, 6]);
    }

    #[test]
    fn settings_come_from_the_recipe_the_table_and_the_variant() {
        let cora = graph_io::load("cora", None).unwrap();
        let config =
            config("datasets = ['citeseer']\nmethods = ['g2r:gat']\nseeds = 1\n[g2r]\nepochs = 3").unwrap();
        let cells = config.cells("citeseer", &cora).unwrap();
        let settings = &cells.last().unwrap().settings;
        assert_eq!(settings["epochs"].as_integer(), Some(3));
        assert_eq!(settings["eps_sq"].as_float(), Some(0.1), "the recipe for CiteSeer");
        assert_eq!(settings["encoder"].as_str(), Some("gat"));
    }

    #[test]
    fn a_config_reads_back_as_it_is_written() {
        let written = config("datasets = ['cora']\nmethods = ['g2r']\n[g2r]\nepochs = 3").unwrap();
        let again = BenchConfig::from_layers(None, toml::from_str(&written.to_toml()).unwrap()).unwrap();
        assert_eq!(again, written);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let message = |text: &str| {
            let mut table: Table = toml::from_str("datasets = ['cora']\nmethods = ['g2r']").unwrap();
            table.extend(toml::from_str::<Table>(text).unwrap());
            BenchConfig::from_layers(None, table).unwrap_err().to_string()
        };
        for (text, expected) in [
            ("methods = ['raw']", "`methods` must be at least one that is no baseline, got none"),
            ("seeds = 0", "`seeds` must be at least 1, got 0"),
            ("workers = 2000", "`workers` must be at most 1024, got 2000"),
            ("threads_per_worker = 0", "`threads_per_worker` must be from 1 to 1024, got 0"),
            ("memory_gb = -1.0", "`memory_gb` must be at least 0, got -1"),
            ("tasks = []", "`tasks` must be at least one, got none"),
            ("protocols = ['none']", "`protocols` must be protocols that judge, got none"),
            ("[g2r]\neps_sq = 0.0", "`eps_sq` must be positive, got 0"),
        ] {
            assert_eq!(message(text), expected);
        }
        let none = BenchConfig::from_layers(None, toml::from_str("methods = ['g2r']").unwrap());
        assert!(matches!(none, Err(Error::NoDataset)));
    }
}
