//! `g2r inspect`.

use std::fmt::Display;

use graph_io::GraphSummary;
use serde::Serialize;

use crate::args::{Format, InspectArgs};
use crate::failure::{Blame, Failure};
use crate::stdout;

/// Prints what there is to count in a data set, of one graph or of many.
pub(super) fn run(args: &InspectArgs) -> Result<(), Failure> {
    if graph_io::names_graph_set(&args.dataset).or_input()? {
        let set = graph_io::load_graph_set(&args.dataset, &super::raw_dirs()).or_input()?;
        return print(&set.summary(), args.format);
    }
    print(&GraphSummary::of(&super::load(&args.dataset, &args.input.config())?), args.format)
}

fn print(summary: &(impl Display + Serialize), format: Format) -> Result<(), Failure> {
    match format {
        Format::Text => stdout::line(summary.to_string().trim_end()),
        Format::Json => stdout::line(serde_json::to_string(summary).or_run()?),
    }
}
