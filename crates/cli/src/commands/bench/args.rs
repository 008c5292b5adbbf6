//! The arguments of `g2r bench`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use harness::bench::BenchTask;
use serde::Serialize;
use toml::{Table, Value};

use crate::args::{DEVICES, Format, PreparationArgs, checkpoints, evaluating_protocols, to_table};
use crate::input_args::InputArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r bench --datasets cora --methods g2r,dgi
  g2r bench --datasets cora,citeseer --methods g2r,g2r:gat,dgi,grace,supervised:gat --seeds 5 --out runs/planetoid
  g2r bench --datasets cora --methods g2r,node2vec --tasks classification,clustering,similarity,links
  g2r bench --config runs/planetoid/bench.toml

The baselines raw, propagated, ppr, ppr@tf-idf and random-init are always shown. Each finished run is a line of results.jsonl in the output
folder: the same command resumes an interrupted comparison and retries failed runs. The folder also gets bench.toml (every
setting), table.md, table.csv, table.json, paper.md (with published numbers in rows of their own), and plot.svg (accuracy
against processor time).")]
pub(crate) struct BenchArgs {
    /// Settings as TOML, such as the bench.toml that a comparison has written
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Output folder; a comparison that is already there is resumed [default: runs/bench]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Also use finished runs of other versions and revisions of this program, where data and settings are the same
    #[arg(long)]
    pub(crate) accept_older: bool,
    /// Start runs even where the memory that they need at least is more than what is available
    #[arg(long)]
    pub(crate) ignore_memory: bool,
    #[command(flatten)]
    comparison: ComparisonArgs,
    #[command(flatten)]
    preparation: PreparationArgs,
    #[command(flatten)]
    input: InputArgs,
}

/// The settings of a comparison: each flag is the key of its name in a config file.
#[derive(Debug, clap::Args, Serialize)]
struct ComparisonArgs {
    /// Names or paths of data sets
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    datasets: Vec<String>,
    /// Methods, each alone, with an encoder after a colon, or with a preset after an @, such as g2r@authors
    #[arg(long, value_name = "METHOD[:ENCODER][@PRESET],…", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    methods: Vec<String>,
    /// How nodes are split [default: public where the data set has a split, else random-20-500-1000]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = evaluating_protocols())]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    protocols: Vec<String>,
    /// Evaluation tasks [default: classification]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = tasks())]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tasks: Vec<String>,
    /// Which epoch's weights are kept [default: last for all unsupervised methods, best-validation for supervised ones]
    #[arg(long, value_parser = checkpoints())]
    checkpoint: Option<String>,
    /// Evaluate on the validation nodes every N epochs, with --checkpoint best-validation [default: 1]
    #[arg(long, value_name = "N")]
    eval_every: Option<u32>,
    /// The first seed [default: 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    seed: Option<i64>,
    /// How many seeds, each one more than the last [default: 10]
    #[arg(long, value_name = "N")]
    seeds: Option<u32>,
    /// Runs at a time, 0 for as many as their threads leave cores for; no result depends on it [default: 0]
    #[arg(long, value_name = "N")]
    workers: Option<u32>,
    /// Threads of a run; no result depends on it [default: 1]
    #[arg(long, value_name = "N")]
    threads_per_worker: Option<u32>,
    /// Memory bound of all runs together, in GB, within what is available; 0 for all of that [default: 4]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    memory_gb: Option<f64>,
    /// Device [default: cpu]
    #[arg(long, value_parser = DEVICES)]
    device: Option<String>,
}

impl BenchArgs {
    /// The settings that were given, as a config file would hold them.
    pub(crate) fn settings(&self) -> Table {
        let mut table = to_table(&self.comparison);
        table.insert("input".to_string(), Value::Table(self.input.settings()));
        table.insert("preparation".to_string(), Value::Table(self.preparation.settings()));
        table
    }
}

fn tasks() -> PossibleValuesParser {
    BenchTask::ALL.iter().map(|task| task.name()).collect::<Vec<_>>().into()
}
