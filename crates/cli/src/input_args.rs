//! The flags that say how a graph is read.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use graph_io::{MemoryLimit, format};
use harness::InputConfig;
use toml::{Table, Value};

/// How a path is read, and how a data set is cleaned.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct InputArgs {
    /// The format of a path [default: as recognized; see `g2r data formats`]
    #[arg(long, value_name = "NAME", value_parser = formats(), help_heading = READING)]
    input_format: Option<String>,
    /// Where the edges are; `none`: the path is a table of samples, or an array of their features [default: read]
    #[arg(long, value_parser = ["read", "none"], help_heading = READING)]
    edges: Option<String>,
    /// A table of the nodes: id, label, split, feature columns (CSV, TSV, Parquet)
    #[arg(long, value_name = "FILE", help_heading = READING)]
    nodes: Option<PathBuf>,
    /// The features of the nodes, a row a node (.npy, scipy's .npz, CSV, TSV, text)
    #[arg(long, value_name = "FILE", help_heading = READING)]
    features: Option<PathBuf>,
    /// Edges whose nodes the source does not list [default: refuse]
    #[arg(long, value_parser = ["refuse", "skip"], help_heading = READING)]
    unknown_ids: Option<String>,
    /// Which arcs make an edge: those in either direction, or in both [default: either]
    #[arg(long, value_parser = ["either", "both", "refuse"], help_heading = READING)]
    direction: Option<String>,
    /// The weight of an edge that is listed more than once [default: first]
    #[arg(long, value_parser = ["first", "sum", "refuse"], help_heading = READING)]
    duplicates: Option<String>,
    /// Edges from a node to itself [default: drop]
    #[arg(long, value_parser = ["drop", "keep", "refuse"], help_heading = READING)]
    loops: Option<String>,
    /// The weights of edges [default: keep]
    #[arg(long, value_parser = ["keep", "ignore"], help_heading = READING)]
    weights: Option<String>,
    /// Nodes without a class, in a graph with classes [default: keep]
    #[arg(long, value_parser = NODES, help_heading = READING)]
    missing_labels: Option<String>,
    /// Nodes without a neighbor [default: keep]
    #[arg(long, value_parser = NODES, help_heading = READING)]
    isolated_nodes: Option<String>,
    /// Nodes outside the largest connected component [default: keep]
    #[arg(long, value_parser = NODES, help_heading = READING)]
    smaller_components: Option<String>,
    /// Feature columns in which some nodes have no value [default: drop-column]
    #[arg(long, value_parser = ["error", "drop-column", "mean", "zero"], help_heading = READING)]
    missing_values: Option<String>,
    /// Add a column `NAME_missing` of zeros and ones for each one that `mean` or `zero` completes
    #[arg(long, help_heading = READING)]
    missing_indicators: bool,
    /// Feature columns of texts [default: drop]
    #[arg(long, value_parser = ["error", "drop", "one-hot"], help_heading = READING)]
    text_columns: Option<String>,
    /// What replaces missing features [default: identity]
    #[arg(long, value_parser = ["identity", "degree", "refuse"], help_heading = READING)]
    missing_features: Option<String>,
    /// The memory that reading a packed file may take, such as 512M [default: 8G]
    #[arg(long, value_name = "SIZE", value_parser = memory_limit, help_heading = READING)]
    max_memory: Option<String>,
    #[command(flatten)]
    columns: ColumnArgs,
}

const READING: &str = "Reading a graph";
const NODES: [&str; 3] = ["keep", "drop", "refuse"];

/// The text of a limit, once it is one.
fn memory_limit(text: &str) -> Result<String, graph_io::Error> {
    MemoryLimit::try_from(text.to_string()).map(String::from)
}

fn formats() -> PossibleValuesParser {
    format::all().iter().map(|format| format.name).collect::<Vec<_>>().into()
}

impl InputArgs {
    /// The settings that were given, as the table `[input]` of a config file holds them.
    pub(crate) fn settings(&self) -> Table {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let given = [
            ("format", &self.input_format),
            ("nodes", &path(&self.nodes)),
            ("features", &path(&self.features)),
            ("edges", &self.edges),
            ("unknown_ids", &self.unknown_ids),
            ("direction", &self.direction),
            ("duplicates", &self.duplicates),
            ("loops", &self.loops),
            ("weights", &self.weights),
            ("missing_labels", &self.missing_labels),
            ("isolated_nodes", &self.isolated_nodes),
            ("smaller_components", &self.smaller_components),
            ("missing_values", &self.missing_values),
            ("text_columns", &self.text_columns),
            ("missing_features", &self.missing_features),
            ("max_memory", &self.max_memory),
        ];
        let mut settings = table(given);
        if self.missing_indicators {
            settings.insert("missing_indicators".to_string(), Value::Boolean(true));
        }
        let columns = self.columns.settings();
        if !columns.is_empty() {
            settings.insert("columns".to_string(), Value::Table(columns));
        }
        settings
    }

    /// Whether the format of a graph was given.
    pub(crate) fn names_format(&self) -> bool {
        self.input_format.is_some()
    }

    /// The settings that were given over the defaults.
    pub(crate) fn config(&self) -> InputConfig {
        self.over(&InputConfig::default())
    }

    /// The settings that were given over those of a run.
    pub(crate) fn over(&self, base: &InputConfig) -> InputConfig {
        let mut table = Table::try_from(base).expect("settings are words");
        let mut settings = self.settings();
        // A setting of columns that is given leaves the others as they are.
        if let (Some(Value::Table(base)), Some(Value::Table(given))) =
            (table.get_mut("columns"), settings.remove("columns"))
        {
            base.extend(given);
        }
        table.extend(settings);
        table.try_into().expect("only known words are parsed")
    }
}

/// Which columns of a path mean what, by name or by number from 1.
#[derive(Clone, Debug, Default, clap::Args)]
struct ColumnArgs {
    /// Whether the first line names the columns [default: auto]
    #[arg(long, value_parser = ["auto", "yes", "no"], help_heading = COLUMNS)]
    header: Option<String>,
    /// The column of the first node of an edge
    #[arg(long, value_name = "COLUMN", help_heading = COLUMNS)]
    source: Option<String>,
    /// The column of the second node of an edge
    #[arg(long, value_name = "COLUMN", help_heading = COLUMNS)]
    target: Option<String>,
    /// The column of the weight of an edge
    #[arg(long, value_name = "COLUMN", help_heading = COLUMNS)]
    weight: Option<String>,
    /// The column of the ids of nodes
    #[arg(long, value_name = "COLUMN", help_heading = COLUMNS)]
    id: Option<String>,
    /// The column of the classes of nodes
    #[arg(long, value_name = "COLUMN", help_heading = COLUMNS)]
    label: Option<String>,
    /// The column of the split: train, val, test or empty
    #[arg(long, value_name = "COLUMN", help_heading = COLUMNS)]
    split: Option<String>,
    /// The columns to use as features, and no others
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', help_heading = COLUMNS)]
    use_columns: Vec<String>,
    /// Columns to ignore
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', help_heading = COLUMNS)]
    ignore_columns: Vec<String>,
    /// Lines of one id in a list of edges: nodes without edges, or errors [default: auto]
    #[arg(long, value_parser = ["auto", "node", "error"], help_heading = COLUMNS)]
    lone_ids: Option<String>,
    /// Number of nodes, where ids are whole numbers and some nodes have no line
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32), help_heading = COLUMNS)]
    num_nodes: Option<u32>,
}

const COLUMNS: &str = "Columns of a graph, by name or by number from 1";

impl ColumnArgs {
    fn settings(&self) -> Table {
        let mut settings = table([
            ("header", &self.header),
            ("source", &self.source),
            ("target", &self.target),
            ("weight", &self.weight),
            ("id", &self.id),
            ("label", &self.label),
            ("split", &self.split),
            ("lone_ids", &self.lone_ids),
        ]);
        for (key, names) in [("use_columns", &self.use_columns), ("ignore_columns", &self.ignore_columns)] {
            if !names.is_empty() {
                let names = names.iter().cloned().map(Value::String).collect();
                settings.insert(key.to_string(), Value::Array(names));
            }
        }
        if let Some(num_nodes) = self.num_nodes {
            settings.insert("num_nodes".to_string(), Value::Integer(num_nodes.into()));
        }
        settings
    }
}

/// The settings that were given.
fn table<const N: usize>(settings: [(&str, &Option<String>); N]) -> Table {
    let given = settings.into_iter().filter_map(|(key, value)| Some((key, value.clone()?)));
    given.map(|(key, value)| (key.to_string(), Value::String(value))).collect()
}
