//! One file a command.

mod bench;
mod convert;
mod data;
mod evaluate;
mod fetch;
mod inspect;
mod report;
mod train;

use std::path::PathBuf;
use std::time::Instant;

use etcetera::{BaseStrategy, choose_base_strategy};
use graph_io::NodeDataset;
use harness::InputConfig;

use crate::args::{Args, Command, DataCommand};
use crate::failure::{Blame, Failure};

/// Runs the command that was asked for.
pub(crate) fn run(args: Args, started: Instant) -> Result<(), Failure> {
    match args.command {
        Command::Train(args) => train::run(&args, started),
        Command::Bench(args) => bench::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Inspect(args) => inspect::run(&args),
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

fn load(name_or_path: &str, input: &InputConfig) -> Result<NodeDataset, Failure> {
    graph_io::load_with(name_or_path, &input.load_config(raw_dirs())).or_input()
}
