//! `g2r report`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use harness::page::{PageConfig, draft_of, page_of};
use harness::{Registry, write_whole_file};

use crate::failure::{Failure, ResultExt};
use crate::input_args::InputArgs;
use crate::stdout;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r report runs/cora-g2r-linear              writes runs/cora-g2r-linear/report.html, which needs no network
  g2r report runs/cora-g2r-linear --plots      and each figure as SVG and PNG in runs/cora-g2r-linear/plots")]
pub(crate) struct ReportArgs {
    /// A folder that `g2r train` has written
    pub(crate) run: PathBuf,
    /// The page to write [default: report.html in the folder of the run]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Also write each figure as SVG and PNG, in a folder `plots` next to the page
    #[arg(long)]
    pub(crate) plots: bool,
    /// The most nodes on the map; of a larger graph a sample is shown
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) map_nodes: u32,
    /// Draw the page although the data set is no longer the one that the run was made of
    #[arg(long)]
    pub(crate) allow_changed_data: bool,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// Pixels to a unit of a drawing.
const PNG_SCALE: f32 = 2.0;

/// Writes a run as one page, and its figures as files.
pub(super) fn run(args: &ReportArgs, registry: &Registry) -> Result<(), Failure> {
    let draft = draft_of(registry, &args.run);
    let run = draft.context("a report is made of a folder that `g2r train` has written").usage_err()?.run;
    let dataset = super::load(&run.dataset, &args.input.over(&run.input))?;
    let config =
        PageConfig { map_nodes: args.map_nodes as usize, allow_changed_data: args.allow_changed_data };
    let page = page_of(registry, &args.run, &dataset, &config).usage_err()?;
    let html = args.out.clone().unwrap_or_else(|| args.run.join("report.html"));
    write(&html, page.to_html().as_bytes())?;
    let mut written = vec![html.display().to_string()];
    if args.plots {
        let folder = html.with_file_name("plots");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot write {}", folder.display()))
            .run_err()?;
        for plot in page.plots() {
            write(&folder.join(format!("{}.svg", plot.name())), plot.svg().as_bytes())?;
            write(&folder.join(format!("{}.png", plot.name())), &plot.to_png(PNG_SCALE).run_err()?)?;
        }
        written.push(format!("{}/*.svg, *.png", folder.display()));
    }
    stdout::line(format_args!("written to {}", written.join(", ")))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_whole_file(path, bytes).run_err()
}
