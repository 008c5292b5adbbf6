//! `g2r data convert`.

use std::path::Path;

use anyhow::anyhow;
use graph_io::NodeDataset;
use graph_io::format::{self, Format as GraphFormat};
use serde_json::json;

use crate::args::{ConvertArgs, Format};
use crate::failure::{Blame, Failure};
use crate::stdout;

/// Writes a graph in another format.
pub(super) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let format = match &args.to {
        Some(name) => named(name)?,
        None => by_ending(&args.out)?,
    };
    let dataset = super::load(&args.from, &args.input.config())?;
    format.write(&dataset, &args.out).or_input()?;
    report(args, format, &dataset)
}

fn named(name: &str) -> Result<&'static GraphFormat, Failure> {
    let known = writable().find(|format| format.name == name);
    known.ok_or_else(|| Failure::Input(anyhow!("--to: expected one of {}, found {name:?}", names())))
}

fn by_ending(out: &Path) -> Result<&'static GraphFormat, Failure> {
    let name = out.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let known = writable().find(|format| format.has_ending_of(&name));
    known.ok_or_else(|| {
        let out = out.display();
        Failure::Input(anyhow!("{out}: the ending tells no format to write; choose one by --to: {}", names()))
    })
}

fn writable() -> impl Iterator<Item = &'static GraphFormat> {
    format::all().iter().filter(|format| format.writes())
}

fn names() -> String {
    writable().map(|format| format.name).collect::<Vec<_>>().join(", ")
}

fn report(args: &ConvertArgs, format: &GraphFormat, dataset: &NodeDataset) -> Result<(), Failure> {
    let (num_nodes, num_edges) = (dataset.graph().num_nodes(), dataset.graph().num_edges());
    let out = args.out.display();
    match args.format {
        Format::Json => stdout::line(json!({
            "type": "converted",
            "format": format.name,
            "num_nodes": num_nodes,
            "num_edges": num_edges,
            "out": out.to_string(),
        })),
        Format::Text => stdout::line(format_args!(
            "{num_nodes} nodes and {num_edges} edges of {} written to {out} as {}, which keeps {}",
            dataset.name(),
            format.name,
            format.keeps
        )),
    }
}
