//! `g2r data`.

use graph_io::Error;
use graph_io::datasets::{self, DatasetInfo, Origin};
use graph_io::format;
use harness::{Align, Table};
use serde_json::json;

use crate::args::{DataListArgs, Format};
use crate::failure::{Blame, Failure};
use crate::stdout;

/// Prints every data set known by name, and whether it can be loaded here.
pub(super) fn list(args: &DataListArgs) -> Result<(), Failure> {
    match args.format {
        Format::Text => stdout::line(table()?.to_string().trim_end()),
        Format::Json => datasets::all().iter().try_for_each(|info| stdout::line(json_line(info).or_run()?)),
    }
}

/// Prints every format of graphs.
pub(super) fn formats(args: &DataListArgs) -> Result<(), Failure> {
    if args.format == Format::Json {
        return format::all().iter().try_for_each(|format| {
            stdout::line(json!({
                "name": format.name,
                "title": format.title,
                "endings": format.endings,
                "reads": true,
                "writes": format.writes(),
                "keeps": format.keeps,
            }))
        });
    }
    let mut table = Table::new([
        ("format", Align::Left),
        ("endings", Align::Left),
        ("what it is", Align::Left),
        ("written, keeps", Align::Left),
    ]);
    for format in format::all() {
        let cells = [format.name, &format.endings.join(" "), format.title, format.keeps];
        table.push(cells.map(String::from));
    }
    stdout::line(table.to_string().trim_end())
}

fn table() -> Result<Table, Failure> {
    let mut table = Table::new([
        ("name", Align::Left),
        ("nodes", Align::Right),
        ("edges", Align::Right),
        ("features", Align::Right),
        ("classes", Align::Right),
        ("comes from", Align::Left),
        ("available", Align::Left),
    ]);
    for info in datasets::all() {
        let origin = match info.origin {
            Origin::Embedded => "this program",
            Origin::RawFiles => "files in the folder that GRAPH_IO_DATA names",
        };
        table.push([
            info.name.to_string(),
            info.num_nodes.to_string(),
            info.num_edges.to_string(),
            info.d_input.to_string(),
            info.num_classes.to_string(),
            origin.to_string(),
            Availability::of(info).to_string(),
        ]);
    }
    Ok(table)
}

fn json_line(info: &DatasetInfo) -> serde_json::Result<serde_json::Value> {
    let mut line = serde_json::to_value(info)?;
    let availability = Availability::of(info);
    line["available"] = json!(matches!(availability, Availability::Yes));
    line["reason"] = match availability {
        Availability::Yes => json!(null),
        other => json!(other.to_string()),
    };
    Ok(line)
}

enum Availability {
    Yes,
    Missing,
    Broken(Error),
}

impl Availability {
    fn of(info: &DatasetInfo) -> Self {
        match info.load(super::raw_dir().as_deref()) {
            Ok(_) => Self::Yes,
            Err(Error::RawFilesMissing { .. }) => Self::Missing,
            Err(error) => Self::Broken(error),
        }
    }
}

impl std::fmt::Display for Availability {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yes => write!(out, "yes"),
            Self::Missing => write!(out, "no, files not found"),
            Self::Broken(error) => write!(out, "no, {error}"),
        }
    }
}
