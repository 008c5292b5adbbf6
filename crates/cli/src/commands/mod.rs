//! One file a command.

mod convert;
mod data;
mod evaluate;
mod inspect;
mod train;

use std::path::PathBuf;
use std::time::Instant;

use graph_io::NodeDataset;
use harness::InputConfig;

use crate::args::{Args, Command, DataCommand};
use crate::failure::{Blame, Failure};

/// Runs the command that was asked for.
pub(crate) fn run(args: Args, started: Instant) -> Result<(), Failure> {
    match args.command {
        Command::Train(args) => train::run(&args, started),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Data { command: DataCommand::List(args) } => data::list(&args),
        Command::Data { command: DataCommand::Formats(args) } => data::formats(&args),
        Command::Data { command: DataCommand::Convert(args) } => convert::run(&args),
    }
}

/// The folder of raw files, by `GRAPH_IO_DATA`.
fn raw_dir() -> Option<PathBuf> {
    std::env::var_os("GRAPH_IO_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

fn load(name_or_path: &str, input: &InputConfig) -> Result<NodeDataset, Failure> {
    graph_io::load_with(name_or_path, &input.load_config(raw_dir().into_iter().collect())).or_input()
}
