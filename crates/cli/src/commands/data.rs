//! `g2r data`.

use std::fmt::{self, Display};
use std::path::PathBuf;

use graph_io::datasets::{self, DatasetInfo, Located, Task};
use graph_io::{embedding, format};
use harness::{Align, Table};
use serde::Serialize;
use serde_json::json;

use crate::args::Format;
use crate::failure::{Failure, ResultExt};
use crate::stdout;

#[derive(Debug, clap::Args)]
pub(crate) struct DataListArgs {
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Prints every data set known by name, and whether it can be loaded here.
pub(super) fn list(args: &DataListArgs) -> Result<(), Failure> {
    match args.format {
        Format::Text => stdout::line(table()?.to_string().trim_end()),
        Format::Json => datasets::all().iter().try_for_each(|info| stdout::line(json_line(info).run_err()?)),
    }
}

/// Prints every format of graphs and of embeddings.
pub(super) fn formats(args: &DataListArgs) -> Result<(), Failure> {
    let graphs = format::all().iter().map(|format| FormatLine {
        of: "graph",
        name: format.name,
        title: format.title,
        endings: format.endings,
        writes: format.writes(),
        keeps: format.keeps,
    });
    let embeddings = embedding::formats().iter().map(|format| FormatLine {
        of: "embedding",
        name: format.name,
        title: format.title,
        endings: format.endings,
        writes: true,
        keeps: "ids and rows",
    });
    let mut lines = graphs.chain(embeddings);
    match args.format {
        Format::Json => lines.try_for_each(|line| stdout::line(serde_json::to_string(&line).run_err()?)),
        Format::Text => {
            let mut of = "";
            lines.try_for_each(|line| {
                if line.of != of {
                    stdout::line(format_args!("{}{}s", if of.is_empty() { "" } else { "\n" }, line.of))?;
                    of = line.of;
                }
                stdout::line(&line)
            })
        }
    }
}

/// What there is to say of a format; all of them are read.
#[derive(Serialize)]
struct FormatLine {
    of: &'static str,
    name: &'static str,
    title: &'static str,
    endings: &'static [&'static str],
    writes: bool,
    keeps: &'static str,
}

impl Display for FormatLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, title, keeps, .. } = self;
        write!(out, "  {name:<14} {title}")?;
        if !self.endings.is_empty() {
            write!(out, "; {}", self.endings.join(" "))?;
        }
        match self.writes {
            true => write!(out, "\n  {:<14} written, keeps {keeps}", ""),
            false => Ok(()),
        }
    }
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
