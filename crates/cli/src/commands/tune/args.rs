//! The arguments of `g2r tune`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use harness::{Checkpoint, Protocol};

use crate::args::{DEVICES, Format, checkpoints};
use crate::input_args::InputArgs;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r tune g2r-linear --datasets cora,citeseer --grid experiments/tune/g2r-linear-few-labels.toml
  g2r tune g2r:gat --datasets graph.tsv --nodes nodes.csv --grid grid.toml --protocol 10-10-80 --splits 10

A grid file has a list of values for each key; every combination is tried on every split:
  [settings]
  ridge = [0.5, 1.0, 3.0]
  \"encoder.d_hidden\" = [[512], [1024]]
  [preparation]
  feature_weighting = [\"binary\", \"tf-idf\"]
Tables [[grid]], each with `settings` and `preparation`, join the combinations of several grids.

No test label is read. Each finished run is a line of results.jsonl in the output folder: the same command goes on with an
interrupted tuning, and a grid that has grown runs what is new. The folder also gets table.md, preset.toml with what was chosen,
and for each data set a file that `g2r train --config` takes.")]
pub(crate) struct TuneArgs {
    /// The method, with an encoder after a colon and a preset after an @ where they are not the method's own
    pub(super) method: String,
    /// Names or paths of data sets
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', required = true)]
    pub(super) datasets: Vec<String>,
    /// The combinations to try, as TOML
    #[arg(long, value_name = "FILE")]
    pub(super) grid: PathBuf,
    /// How nodes are split
    #[arg(long, value_parser = drawn(), default_value = "random-20-500-1000")]
    pub(super) protocol: String,
    /// How many random splits
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) splits: u32,
    /// The seed of the first split; reports use seeds from 0
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..), default_value_t = 100)]
    pub(super) seed: i64,
    /// Which epoch's weights are kept [default: last; best-validation for supervised methods]
    #[arg(long, value_parser = checkpoints())]
    pub(super) checkpoint: Option<String>,
    /// Output folder; a tuning that is already there goes on
    #[arg(long, value_name = "DIR", default_value = "runs/tune")]
    pub(super) out: PathBuf,
    /// Runs at a time, 0 for one a core; no result depends on it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) workers: u32,
    /// Threads of a run; no result depends on it
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) threads_per_worker: u32,
    /// Memory bound of all runs together, in GB, within what is available; 0 for all of that
    #[arg(long, value_name = "X", default_value_t = 4.0)]
    pub(super) memory_gb: f64,
    /// Device
    #[arg(long, value_parser = DEVICES, default_value = "cpu")]
    pub(super) device: String,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Show no progress
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Also use finished runs of other versions and revisions of this program, where data and settings are the same
    #[arg(long)]
    pub(super) accept_older: bool,
    /// Start runs even where the memory that they need at least is more than what is available
    #[arg(long)]
    pub(super) ignore_memory: bool,
    #[command(flatten)]
    pub(super) input: InputArgs,
}

impl TuneArgs {
    pub(super) fn protocol(&self) -> Protocol {
        Protocol::named(&self.protocol).expect("the argument is one of their names")
    }

    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        let name = self.checkpoint.as_deref()?;
        Checkpoint::ALL.iter().copied().find(|checkpoint| checkpoint.name() == name)
    }
}

/// Protocols that draw a split for each seed.
fn drawn() -> PossibleValuesParser {
    ["random-20-500-1000", "random-20", "20-30-rest", "10-10-80", "60-20-20"].into()
}
