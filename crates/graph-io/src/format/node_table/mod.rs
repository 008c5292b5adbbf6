//! Tables with a row a node: what is known of nodes beside their edges.

mod builder;
mod cells;
mod classes;
mod columns;
mod feature_rows;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(test)]
mod tests;
mod text;

use std::path::Path;

pub(super) use cells::finite_number;
pub(crate) use cells::{Fault, Set, is_missing};
pub(super) use classes::{ClassColumn, MAX_CLASSES, first_lost};
pub(super) use columns::{Columns, Role};
pub(crate) use text::set_names;

use super::registry::ReadConfig;
use super::text_table::kind_of;
use crate::error::{Error, Place};
use crate::format::quoted::quoted;
use crate::node_dataset::NodeDataset;
use crate::node_ids::NodeIds;
use crate::raw_dataset::NodeTable;

/// Reads a table with a row a node: Apache Parquet (`.parquet`, where the library is built with the feature `parquet`), else
/// text between commas, tabs, semicolons, bars or blanks, also packed by gzip. Without a line that names the columns, two of
/// them are an id and a class, and one is the class of the nodes in their order.
///
/// The name of a column, whatever its case, says what it is:
/// - `id`, `node_id`, `node` or `name`, the first of them that is there: what the node is called. Without it nodes are "0",
///   "1", ….
/// - `class`, `y`, `target` or `label`, the first of them: its class, nothing where the cell is empty, `nan` or `null`.
///   Classes that are all numbers come in the order of the numbers, and where all are whole -1 is none; others come in the
///   order of their names. A `label` most of whose values differ is the name that an editor shows, and no class.
/// - `split` or `set`: `train`, `val` (`valid`, `validation`), `test`, or nothing; `split_1` and so on are further splits.
///   Or a split is the columns `train_mask`, `val_mask`, `test_mask`, with `_0`, `_1`, … for several.
/// - `row`, or no name, where the cells are 0, 1, 2, …: the number of the row, and no feature.
/// - `x`, `y` and their kin, where both are numbers, say how a node is drawn and are no features.
/// - Every other column is a feature: a finite number, true (1) or false (0), or NaN where a cell is empty, `nan`, `null`,
///   `na`, `n/a`, `none` or `?`, or a number that is not finite. A cell may hold a list of numbers. A column in which other texts stand is in `text_columns`. In Parquet a column of lists of equal length
///   called `features`, `feature`, `x` or `embedding` is a block of features.
///
/// Features are sparse where fewer than a tenth of the values are not zero.
///
/// ```
/// let folder = tempfile::tempdir().expect("a place for files");
/// let path = folder.path().join("people.csv");
/// std::fs::write(&path, "name,age,class,split\nAna,31,x,train\nBen,27,y,test\n").expect("room for a file");
/// let table = graph_io::read_node_table(&path)?;
/// assert_eq!(table.node_ids.get(1), "Ben");
/// assert_eq!(table.features, Some(graph_io::Features::Dense(ndarray::array![[31.0], [27.0]])));
/// assert_eq!(table.splits[0].train(), [0]);
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read; a first row that may name the columns or not; a row of another length; an empty id, or
/// two rows of one id; a split of nodes without a label.
pub fn read_node_table(path: &Path) -> Result<NodeTable, Error> {
    read_table(path, &ReadConfig::default(), KnownOfNodes::default())
}

/// What is known of the nodes before their table is read.
#[derive(Clone, Copy, Default)]
pub(super) struct KnownOfNodes<'a> {
    /// The nodes of the graph.
    pub(super) ids: Option<&'a NodeIds>,
    /// Whether a split comes with the table, so that its labels are classes and no names.
    pub(super) has_split: bool,
    /// Whether a table without names of columns has features only, behind ids where there are any.
    pub(super) are_features: bool,
}

/// As [`read_node_table`], by what a user says of the columns and what is known of the nodes.
pub(super) fn read_table(
    path: &Path,
    config: &ReadConfig,
    known: KnownOfNodes<'_>,
) -> Result<NodeTable, Error> {
    if is_parquet(path) {
        return read_parquet(path, config, known);
    }
    text::read(path, config, known).map(|(table, _)| table)
}

/// Reads a table of text whose columns are features, behind the ids of the nodes where there are any; and whether there are.
pub(super) fn read_feature_table(
    path: &Path,
    config: &ReadConfig,
    ids: &NodeIds,
) -> Result<(NodeTable, bool), Error> {
    let known = KnownOfNodes { ids: Some(ids), has_split: false, are_features: true };
    let (table, has_ids) = text::read(path, config, known)?;
    if table.features.is_none() {
        return Err(Error::malformed(Place::whole(path), "a column of numbers", "none"));
    }
    Ok((table, has_ids))
}

/// Writes what is known of the nodes of a data set as a table that [`read_node_table`] reads, in the form that the path
/// ends with: columns `id`, `label`, `split` and `split_1`, … as there are any, then the features under their names, or
/// `f0`, `f1`, … without names; in Parquet one column `features` of lists. Features that were made because the source has
/// none are left out.
///
/// Classes come back in the order that their names have for the reader, without those of no node.
///
/// # Errors
/// An id or a class whose name would be read as nothing; a path of another kind, or that cannot be written.
pub fn write_node_table(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
    if dataset.node_ids().iter().any(|id| id.is_empty()) {
        return Err(Error::invalid("node ids of a table", "ids that are not empty", "\"\""));
    }
    let lost = dataset.labels().and_then(|labels| classes::first_lost(labels.class_names()));
    if let Some(name) = lost {
        let expected = "names that are not read as no class";
        return Err(Error::invalid("class names of a table", expected, quoted(name)));
    }
    if is_parquet(path) {
        return write_parquet(dataset, path);
    }
    if kind_of(path).is_none() {
        return Err(unknown_kind(path));
    }
    text::write(dataset, path)
}

pub(super) fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet"))
}

fn unknown_kind(path: &Path) -> Error {
    let expected = "a node table: .csv, .tsv or .txt, each also with .gz, or .parquet";
    Error::malformed(Place::whole(path), expected, "another ending")
}

#[cfg(feature = "parquet")]
use parquet::{read as read_parquet, write as write_parquet};

#[cfg(not(feature = "parquet"))]
fn read_parquet(path: &Path, _: &ReadConfig, _: KnownOfNodes<'_>) -> Result<NodeTable, Error> {
    Err(no_parquet(path))
}

#[cfg(not(feature = "parquet"))]
fn write_parquet(_: &NodeDataset, path: &Path) -> Result<(), Error> {
    Err(no_parquet(path))
}

#[cfg(not(feature = "parquet"))]
fn no_parquet(path: &Path) -> Error {
    let expected = "a build with the feature `parquet` for this kind of table";
    Error::malformed(Place::whole(path), expected, "one without")
}
