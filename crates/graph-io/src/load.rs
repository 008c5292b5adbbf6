//! A data set by name or by path.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cleaning::CleaningPolicy;
use crate::column_config::ColumnConfig;
use crate::datasets::{self, DatasetInfo, Task};
use crate::error::{Error, Place};
use crate::format::{
    self, Format, NodeParts, ReadConfig, Sample, is_graph_set, read_graph_set, read_samples,
};
use crate::graph_set::GraphSet;
use crate::memory_limit::MemoryLimit;
use crate::node_dataset::NodeDataset;
use crate::raw_dataset::UnknownIds;

/// How [`load_with`] finds, reads and cleans a data set.
#[derive(Clone, Debug, Default)]
pub struct LoadConfig {
    /// Where the raw files of data sets lie that are known by name and not embedded, in the order to look in.
    pub raw_dirs: Vec<PathBuf>,
    /// The name of the format of a path, one of [`format::all`]; not set, it is recognized.
    pub format: Option<String>,
    /// A table of the nodes of a path: their ids, and features, labels or splits.
    pub nodes: Option<PathBuf>,
    /// The features of the nodes of a path: an array, or a table of text with or without a column of ids. Rows without ids are
    /// the rows of the table of nodes where there is one; else ids are the numbers of rows, from 0 or all of them from 1.
    pub features: Option<PathBuf>,
    /// Which columns of a path mean what.
    pub columns: ColumnConfig,
    /// Where the edges come from.
    pub edges: EdgeSource,
    /// What is done with edges of nodes that the source does not list.
    pub unknown_ids: UnknownIds,
    /// What reading a packed file may take.
    pub max_memory: MemoryLimit,
    /// What is done with faults.
    pub cleaning: CleaningPolicy,
}

/// Where the edges of a data set come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeSource {
    /// The path is that of a graph.
    #[default]
    Read,
    /// There are none: the path is a table of samples, or an array of their features.
    None,
}

/// Loads a data set: one known by name (see [`datasets::all`]), or the files at a path, in whichever format they are
/// (see [`format::all`]).
///
/// A name wins over a path: write `./cora` for a folder. `raw_dir` is where the raw files of data sets that are not
/// embedded lie.
///
/// ```
/// let citeseer = graph_io::load("citeseer", None)?;
/// assert_eq!(citeseer.graph().num_isolated(), 48);
///
/// let slip = graph_io::load("citeser", None).unwrap_err();
/// assert!(slip.to_string().contains("closest is \"citeseer\""));
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// As [`load_with`].
pub fn load(name_or_path: &str, raw_dir: Option<&Path>) -> Result<NodeDataset, Error> {
    let raw_dirs = raw_dir.map(Path::to_path_buf).into_iter().collect();
    load_with(name_or_path, &LoadConfig { raw_dirs, ..LoadConfig::default() })
}

/// Loads a data set as [`load`] does, by a configuration.
///
/// # Errors
/// A name that is no data set and no path; a path that no format recognizes; files that are missing or malformed;
/// whatever the policy refuses; for a data set known by name another policy for edges than the default, which they
/// have behind them; a set of graphs (see [`load_graph_set`]).
pub fn load_with(name_or_path: &str, config: &LoadConfig) -> Result<NodeDataset, Error> {
    let path = match find(name_or_path)? {
        Found::Known(info) => {
            let for_paths = [
                ("`format`", config.format.is_some()),
                ("`nodes`", config.nodes.is_some()),
                ("`features`", config.features.is_some()),
                ("`edges` = \"none\"", config.edges != EdgeSource::Read),
                ("settings of columns", config.columns != ColumnConfig::default()),
            ];
            if let Some((what, _)) = for_paths.into_iter().find(|(_, given)| *given) {
                return Err(Error::invalid(what, "the path of a graph to go with it", info.name));
            }
            return info.load_with(&config.raw_dirs, &config.cleaning);
        }
        Found::Path(path) => path,
    };
    let read = ReadConfig {
        unknown_ids: config.unknown_ids,
        columns: config.columns.clone(),
        max_memory: config.max_memory,
    };
    let parts =
        NodeParts { nodes: config.nodes.clone(), features: config.features.clone(), ..NodeParts::default() };
    if config.edges == EdgeSource::None {
        check_samples(config)?;
        return parts.join(read_samples(path, &read)?, &read)?.clean(&config.cleaning);
    }
    let format = match &config.format {
        Some(name) => named_format(name)?,
        None if is_graph_set(path)? => {
            return Err(Error::malformed(
                Place::whole(path),
                "one graph",
                "a set of graphs, each with a class",
            ));
        }
        None => recognize(path)?,
    };
    check_settings(format, config)?;
    let mut raw = format.read(path, &read)?;
    if let Some(num_nodes) = config.columns.num_nodes {
        raw = raw.with_num_nodes(num_nodes).map_err(|error| error.in_file(path))?;
    }
    parts.join(raw, &read)?.clean(&config.cleaning)
}

/// Samples have no edges that a setting could be about.
fn check_samples(config: &LoadConfig) -> Result<(), Error> {
    let ColumnConfig { source, target, weight, num_nodes, .. } = &config.columns;
    let settings = [
        ("`--input-format`", config.format.is_some()),
        ("`--source`", source.is_some()),
        ("`--target`", target.is_some()),
        ("`--weight`", weight.is_some()),
        ("`--num-nodes`", num_nodes.is_some()),
    ];
    match settings.into_iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Error::invalid(flag, "a graph to read", "`--edges none`")),
        None => Ok(()),
    }
}

/// Settings of columns say something about the path.
fn check_settings(format: &Format, config: &LoadConfig) -> Result<(), Error> {
    let ColumnConfig { source, target, weight, id, label, split, use_columns, .. } = &config.columns;
    let (edges, values, has_weights) = match format.name {
        "parts" => return Ok(()),
        "edge-list" => (true, false, true),
        "graphml" | "gexf" | "gml" | "node-link" | "mat" => (false, true, true),
        _ => (false, false, false),
    };
    let has_nodes = values || config.nodes.is_some();
    let settings = [
        ("`--source`", source.is_some(), edges),
        ("`--target`", target.is_some(), edges),
        ("`--weight`", weight.is_some(), has_weights),
        ("`--id`", id.is_some(), has_nodes),
        ("`--label`", label.is_some(), has_nodes),
        ("`--split`", split.is_some(), has_nodes),
        ("`--use-columns`", !use_columns.is_empty(), has_nodes),
    ];
    match settings.into_iter().find(|(_, is_given, means_something)| *is_given && !means_something) {
        Some((flag, ..)) if ["`--source`", "`--target`", "`--weight`"].contains(&flag) => {
            Err(Error::invalid(flag, "a list of edges that it is a column of", format.name))
        }
        Some((flag, ..)) => {
            let expected = "a table of nodes (`--nodes`) that it is a column of";
            Err(Error::invalid(flag, expected, format!("{} alone", format.name)))
        }
        None => Ok(()),
    }
}

/// Loads a set of graphs: one known by name, or the TU files at a path.
///
/// # Errors
/// A name that is no data set and no path; one that is a single graph; files that are missing or malformed.
pub fn load_graph_set(name_or_path: &str, raw_dirs: &[PathBuf]) -> Result<GraphSet, Error> {
    match find(name_or_path)? {
        Found::Known(info) => info.load_graphs(raw_dirs),
        Found::Path(path) => read_graph_set(path),
    }
}

/// Whether a name or a path is that of a set of graphs; what is neither a name nor a path is none.
///
/// # Errors
/// A path that cannot be read.
pub fn names_graph_set(name_or_path: &str) -> Result<bool, Error> {
    match find(name_or_path) {
        Ok(Found::Known(info)) => Ok(info.task() == Task::GraphClassification),
        Ok(Found::Path(path)) => is_graph_set(path),
        Err(_) => Ok(false),
    }
}

/// What a name or path stands for.
enum Found<'a> {
    Known(&'static DatasetInfo),
    Path(&'a Path),
}

fn find(name_or_path: &str) -> Result<Found<'_>, Error> {
    let path = Path::new(name_or_path);
    match datasets::named(name_or_path) {
        Ok(info) => Ok(Found::Known(info)),
        Err(unknown) if !path.exists() => Err(unknown),
        Err(_) => Ok(Found::Path(path)),
    }
}

/// The format of this name.
pub(crate) fn named_format(name: &str) -> Result<&'static Format, Error> {
    format::all().iter().find(|format| format.name == name).ok_or_else(|| {
        let known: Vec<&str> = format::all().iter().map(|format| format.name).collect();
        Error::invalid("format", known.join(", "), format!("{name:?}"))
    })
}

/// The first format that recognizes a path.
pub(crate) fn recognize(path: &Path) -> Result<&'static Format, Error> {
    let sample = Sample::of(path)?;
    let recognizes = |format: &&Format| (format.recognizes)(&sample);
    // A name that says a format decides: what does not fit is a fault of that format. Formats without endings go by other names.
    let is_named = |format: &&Format| format.is_named_by(&sample);
    let has_named = format::all().iter().any(|format| is_named(&format));
    let may_be = |format: &&Format| !has_named || is_named(format) || format.endings.is_empty();
    let mut formats = format::all().iter().filter(may_be);
    let recognized = formats.clone().find(recognizes);
    recognized.or_else(|| formats.rfind(is_named)).ok_or_else(|| {
        let (expected, found) = match sample.is_folder {
            true => ("a graph in a format of `g2r data formats`", "a folder of other files"),
            false => (
                "a graph in a format of `g2r data formats`, which `--input-format NAME` says where no name does",
                "a file of no known format",
            ),
        };
        Error::malformed(Place::whole(path), expected, found)
    })
}

/// The known name fewest edits away, if those are at most a third of it.
pub(crate) fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let name = name.to_lowercase();
    let (distance, closest) = known.iter().map(|known| (edit_distance(&name, known), *known)).min()?;
    (3 * distance <= closest.len()).then_some(closest)
}

/// How many characters must be put in, taken out or changed to make one word of the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, from) in from.chars().enumerate() {
        let mut next = vec![row + 1];
        for (column, to) in to.iter().enumerate() {
            let change = last[column] + usize::from(from != *to);
            next.push(change.min(last[column + 1] + 1).min(next[column] + 1));
        }
        last = next;
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> String {
        load(name, None).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_name_gets_the_known_ones_and_the_closest() {
        let known = "known data sets: cora, citeseer, pubmed, cora-full, dblp, amazon-computers, amazon-photo, \
                     coauthor-cs, coauthor-physics, wiki-cs, ogbn-arxiv, karate, mutag, proteins, nci1, \
                     imdb-binary";
        assert_eq!(
            message("Coro"),
            format!("no data set and no path is called \"Coro\"; closest is \"cora\"; {known}")
        );
        assert_eq!(message("reddit"), format!("no data set and no path is called \"reddit\"; {known}"));
    }

    #[test]
    fn names_do_not_depend_on_case() {
        assert_eq!(load("CORA", None).unwrap().name(), "cora");
    }

    #[test]
    fn a_folder_or_one_of_its_files_is_read_by_what_the_names_say() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tiny.content"), "a\t1\tX\nb\t0\tY\n").unwrap();
        std::fs::write(folder.path().join("tiny.cites"), "a\tb\n").unwrap();
        std::fs::write(folder.path().join("README"), "").unwrap();
        for path in [folder.path().to_path_buf(), folder.path().join("tiny.cites")] {
            let tiny = load(path.to_str().unwrap(), None).unwrap();
            assert_eq!((tiny.name(), tiny.graph().num_edges()), ("tiny", 1));
        }
    }

    #[test]
    fn a_folder_with_no_data_set_or_several_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let here = || message(folder.path().to_str().unwrap());
        assert!(here().ends_with("`g2r data formats`, found a folder of other files"), "{}", here());
        for name in ["ind.b.x", "ind.b.test.index", "ind.a.graph"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(here().ends_with("expected the files ind.NAME.* of one NAME, found a, b"), "{}", here());
    }

    #[test]
    fn a_format_can_be_forced_and_its_name_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ind.a.x"), "").unwrap();
        let forced = |format: &str| {
            let config = LoadConfig { format: Some(format.into()), ..LoadConfig::default() };
            load_with(folder.path().to_str().unwrap(), &config).unwrap_err().to_string()
        };
        assert!(forced("linqs").ends_with("of one NAME, found none"), "{}", forced("linqs"));
        assert!(
            forced("excel").starts_with("format: expected ") && forced("excel").ends_with("found \"excel\"")
        );
    }

    #[test]
    fn a_name_that_says_a_format_decides() {
        let folder = tempfile::tempdir().unwrap();
        let message = |name: &str, content: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            message(path.to_str().unwrap())
        };
        assert_eq!(
            message("a.mtx", "%MatrixMarket matrix coordinate pattern general\n3 3 2\n1 2\n2 3\n"),
            "a.mtx:1: expected %%MatrixMarket matrix, a storage, a field and a symmetry, found \
             \"%MatrixMarket matrix coordinate pattern \"…"
        );
        for (name, content) in [("a.graphml", "1 2\n"), ("a.npz", "1 2\n"), ("a.graph.gz", "a b\n")] {
            assert!(message(name, content).starts_with(name), "{}", message(name, content));
        }
    }

    #[test]
    fn nodes_without_a_line_are_there_by_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let load = |content: &str, num_nodes| {
            let path = folder.path().join("a.txt");
            std::fs::write(&path, content).unwrap();
            let columns = ColumnConfig { num_nodes: Some(num_nodes), ..ColumnConfig::default() };
            load_with(path.to_str().unwrap(), &LoadConfig { columns, ..LoadConfig::default() })
                .map(|dataset| (dataset.graph().num_nodes(), dataset.node_ids().get(0).into_owned()))
                .map_err(|error| error.to_string())
        };
        assert_eq!(load("1 3\n", 5), Ok((5, "0".into())));
        assert_eq!(load("1 5\n", 5), Ok((5, "1".into())));
        let expected =
            "a.txt: expected whole numbers below 4 or from 1 to 4 (node ids, as `--num-nodes` says), found";
        assert_eq!(load("1 5\n", 4), Err(format!("{expected} \"5\"")));
        assert_eq!(load("a1 b1\n", 4), Err(format!("{expected} \"a1\"")));
    }

    #[test]
    fn a_policy_for_nodes_applies_to_known_data_sets_and_one_for_edges_is_refused() {
        let mut config = LoadConfig::default();
        config.cleaning.smaller_components = crate::Nodes::Drop;
        let cora = load_with("cora", &config).unwrap();
        assert_eq!((cora.graph().num_nodes(), cora.report().smaller_components_dropped), (2485, 223));
        config.cleaning.edges.loops = crate::Loops::Keep;
        assert_eq!(
            load_with("cora", &config).unwrap_err().to_string(),
            "policy for the edges of cora: expected the default, by which its counts are known, found another"
        );
    }

    #[test]
    fn edits_are_counted() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }
}
