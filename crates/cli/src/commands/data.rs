//! `g2r data`.

use std::path::PathBuf;

use graph_io::datasets::{self, DatasetInfo, Located, Task};
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
        ("classes of", Align::Left),
        ("graphs", Align::Right),
        ("nodes", Align::Right),
        ("edges", Align::Right),
        ("features", Align::Right),
        ("classes", Align::Right),
        ("comes from", Align::Left),
        ("available", Align::Left),
    ]);
    for info in datasets::all() {
        table.push([
            info.name.to_string(),
            match info.task() {
                Task::NodeClassification => "nodes".to_string(),
                Task::GraphClassification => "graphs".to_string(),
            },
            info.num_graphs.to_string(),
            info.num_nodes.to_string(),
            info.num_edges.to_string(),
            info.d_input.map_or_else(String::new, |d_input| d_input.to_string()),
            info.num_classes.to_string(),
            source(info),
            Availability::of(info).to_string(),
        ]);
    }
    Ok(table)
}

fn json_line(info: &DatasetInfo) -> serde_json::Result<serde_json::Value> {
    let mut line = serde_json::to_value(info)?;
    let availability = Availability::of(info);
    line["available"] = json!(!matches!(availability, Availability::Missing(_)));
    line["found_in"] = match &availability {
        Availability::In(folder) => json!(folder.display().to_string()),
        _ => json!(null),
    };
    line["reason"] = match availability {
        Availability::Missing(_) => json!(format!("files not found; {availability}")),
        _ => json!(null),
    };
    Ok(line)
}

/// Who publishes it: a repository, or a host.
fn source(info: &DatasetInfo) -> String {
    let Some(file) = info.files.first() else { return "this program".to_string() };
    let address = file.url.trim_start_matches("https://");
    let num_parts = if address.starts_with("github.com/") { 3 } else { 1 };
    address.split('/').take(num_parts).collect::<Vec<_>>().join("/")
}

/// Whether a data set's files are there. What is in them is not looked at, so that the list is there at once.
enum Availability {
    Embedded,
    In(PathBuf),
    Missing(&'static str),
}

impl Availability {
    fn of(info: &DatasetInfo) -> Self {
        match info.locate(&super::raw_dirs()) {
            Ok(Located { raw_dir: None, .. }) => Self::Embedded,
            Ok(Located { raw_dir: Some(folder), .. }) => Self::In(folder),
            Err(_) => Self::Missing(info.name),
        }
    }
}

impl std::fmt::Display for Availability {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Embedded => write!(out, "yes"),
            Self::In(folder) => write!(out, "in {}", folder.display()),
            Self::Missing(name) => write!(out, "by `g2r data fetch {name}`"),
        }
    }
}
