//! `g2r inspect`.

use std::fmt::Display;

use graph_io::GraphSummary;
use serde::Serialize;

use crate::args::Format;
use crate::failure::{Failure, ResultExt};
use crate::input_args::InputArgs;
use crate::stdout;

#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// The name of a data set, or the path of one
    pub(crate) dataset: String,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// Prints what there is to count in a data set, of one graph or of many.
pub(super) fn run(args: &InspectArgs) -> Result<(), Failure> {
    // A format that is given is one of a single graph; a pipe can be read only once.
    if !args.input.names_format() && graph_io::names_graph_set(&args.dataset).usage_err()? {
        let set = graph_io::load_graph_set(&args.dataset, &super::raw_dirs()).usage_err()?;
        return print(&set.summary(), args.format);
    }
    print(&GraphSummary::of(&super::load(&args.dataset, &args.input.config())?), args.format)
}

fn print(summary: &(impl Display + Serialize), format: Format) -> Result<(), Failure> {
    match format {
        Format::Text => stdout::line(summary.to_string().trim_end()),
        Format::Json => stdout::line(serde_json::to_string(summary).run_err()?),
    }
}
