//! One file a command.

pub(crate) mod bench;
pub(crate) mod cluster;
pub(crate) mod convert;
pub(crate) mod data;
pub(crate) mod embed;
pub(crate) mod evaluate;
pub(crate) mod fetch;
pub(crate) mod inspect;
pub(crate) mod isolated;
pub(crate) mod layout;
pub(crate) mod methods;
pub(crate) mod report;
pub(crate) mod train;
pub(crate) mod tune;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use etcetera::{BaseStrategy, choose_base_strategy};
use graph_io::NodeDataset;
use harness::{InputConfig, Registry, RunSettings};

use crate::args::{Args, Command, DataCommand};
use crate::failure::{Failure, ResultExt};

/// Runs the command that was asked for, with the methods of a registry.
pub(crate) fn run(args: Args, registry: &Registry, started: Instant) -> Result<(), Failure> {
    match args.command {
        Command::Train(args) => train::run(&args, registry, started),
        Command::Embed(args) => embed::run(&args, registry),
        Command::Bench(args) => bench::run(&args, registry),
        Command::Tune(args) => tune::run(&args, registry),
        Command::Methods(args) => methods::run(&args, registry),
        Command::Report(args) => report::run(&args, registry),
        Command::Evaluate(args) => evaluate::run(&args, registry),
        Command::Cluster(args) => cluster::run(&args, registry),
        Command::Layout(args) => layout::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::RunIsolated => isolated::run(registry),
        Command::Data { command: DataCommand::List(args) } => data::list(&args),
        Command::Data { command: DataCommand::Fetch(args) } => fetch::run(&args),
        Command::Data { command: DataCommand::Formats(args) } => data::formats(&args),
        Command::Data { command: DataCommand::Convert(args) } => convert::run(&args),
    }
}

/// Where raw files of data sets are looked for: the folder that `GRAPH_IO_DATA` names, then where they are downloaded to.
fn raw_dirs() -> Vec<PathBuf> {
    let named = std::env::var_os("GRAPH_IO_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    named.into_iter().chain(download_dir()).collect()
}

/// Where data sets are downloaded to, unless there is no home.
fn download_dir() -> Option<PathBuf> {
    Some(choose_base_strategy().ok()?.cache_dir().join("g2r").join("data"))
}

/// Refuses a data set that is not the one that settings were written for, or warns where that is allowed.
fn check_data(settings: &mut RunSettings, dataset: &NodeDataset, allow_changed: bool) -> Result<(), Failure> {
    match harness::check_data(settings, dataset) {
        Err(error) if allow_changed => {
            let _ = writeln!(io::stderr(), "warning: {error}");
            settings.data = None;
            Ok(())
        }
        checked => checked.usage_err(),
    }
}

fn load(name_or_path: &str, input: &InputConfig) -> Result<NodeDataset, Failure> {
    graph_io::load_with(name_or_path, &input.load_config(raw_dirs())).usage_err()
}
