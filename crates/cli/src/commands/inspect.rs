//! `g2r inspect`.

use graph_io::GraphSummary;

use crate::args::{Format, InspectArgs};
use crate::failure::{Blame, Failure};
use crate::stdout;

/// Prints what there is to count in a data set.
pub(super) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let summary = GraphSummary::of(&super::load(&args.dataset, &args.input.config())?);
    match args.format {
        Format::Text => stdout::line(summary.to_string().trim_end()),
        Format::Json => stdout::line(serde_json::to_string(&summary).or_run()?),
    }
}
