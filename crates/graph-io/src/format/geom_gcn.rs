//! The two files of Geom-GCN, with its splits.

use std::path::{Path, PathBuf};

use super::file::{file_names, name_of, read_unpacked_text};
use super::node_table::{ClassColumn, Fault, finite_number};
use super::npz::read_split_archive;
use super::quoted::quoted;
use super::registry::{Format, ReadConfig};
use crate::arcs::{ArcMeaning, Arcs};
use crate::csr::CsrMatrix;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::labels::Labels;
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;
use crate::split::Split;

/// A folder of Geom-GCN (Pei and others, ICLR 2020, arXiv:2002.05287), as Cornell, Texas, Wisconsin, Actor, Chameleon and
/// Squirrel come: `out1_node_feature_label.txt` with a number, features between commas, and a class of each node between
/// tabs, and `out1_graph_edges.txt` with two numbers a line, both below a header. Features are the values of all columns, or,
/// where rows differ in length as in Actor, the columns with a 1.
///
/// Splits are read from the archives `*split*.npz` in the folder or in `splits` inside it, in the order of their names.
pub(super) const FORMAT: Format = Format {
    name: "geom-gcn",
    title: "the two files of Geom-GCN with their splits",
    endings: &[],
    keeps: "",
    recognizes: |sample| sample.is_folder && sample.has_file(NODES) && sample.has_file(EDGES),
    read,
    write: None,
};

const NODES: &str = "out1_node_feature_label.txt";
const EDGES: &str = "out1_graph_edges.txt";

/// The nodes of the file, in its order.
#[derive(Default)]
struct Rows {
    /// The number of each node.
    numbers: Vec<u32>,
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
    width: usize,
    classes: ClassColumn,
}

fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let file = |name: &str| {
        let packed = path.join(format!("{name}.gz"));
        if packed.exists() { packed } else { path.join(name) }
    };
    let (features, labels) = read_nodes(&file(NODES), config.max_memory)?;
    let num_nodes = features.num_nodes();
    let arcs = read_edges(&file(EDGES), num_nodes, config.max_memory)?;
    let splits = match &labels {
        Some(labels) => read_splits(path, labels)?,
        None => Vec::new(),
    };
    let dataset = RawDataset::from_arcs(&name_of(path), NodeIds::counted(num_nodes), arcs);
    Ok(RawDataset { features: Some(features), labels, splits, ..dataset })
}

/// The lines below the header, each with its number and its cells.
fn rows(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let lines = (1..).zip(text.lines()).skip(1);
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| (number, line.split('\t').collect()))
}

fn node(cell: &str) -> Result<u32, Fault> {
    let number = cell.trim().parse().ok().filter(|&number| number < u32::MAX);
    number.ok_or_else(|| Fault::new("the number of a node", quoted(cell)))
}

fn read_nodes(file: &Path, limit: MemoryLimit) -> Result<(Features, Option<Labels>), Error> {
    let text = read_unpacked_text(file, limit)?;
    let widths = || rows(&text).filter_map(|(_, cells)| Some(cells.get(1)?.split(',').count()));
    let width = widths().next().unwrap_or(0);
    let lists_columns = widths().any(|other| other != width);
    let mut read = Rows::default();
    for (line, cells) in rows(&text) {
        read.push(&cells, lists_columns).map_err(|fault| fault.at(Place::line(file, line)))?;
    }
    drop(text);
    read.finish(file)
}

impl Rows {
    fn push(&mut self, cells: &[&str], lists_columns: bool) -> Result<(), Fault> {
        let [number, features, class] = cells else {
            let found = format!("{} cells between tabs", cells.len());
            return Err(Fault::new("a number, features and a class", found));
        };
        self.numbers.push(node(number)?);
        let start = self.columns.len();
        for (column, cell) in (0u32..).zip(features.split(',')) {
            let (column, value) = match lists_columns {
                true => (node(cell)?, 1.0),
                false => (column, finite_number(cell)?),
            };
            self.width = self.width.max(column as usize + 1);
            if value != 0.0 {
                self.columns.push(column);
                self.values.push(value);
            }
        }
        if lists_columns {
            let of_row = &mut self.columns[start..];
            of_row.sort_unstable();
            if let Some(pair) = of_row.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(Fault::new("different columns", format!("{} twice", pair[0])));
            }
        }
        self.ends.push(self.columns.len());
        self.classes.push(class)
    }

    /// Features and labels in the order of the numbers.
    fn finish(self, file: &Path) -> Result<(Features, Option<Labels>), Error> {
        let num_nodes = self.numbers.len();
        let max_width = (1 << 20).max(self.columns.len());
        if self.width > max_width {
            let expected = format!("columns of features below {max_width}");
            return Err(Error::malformed(Place::whole(file), expected, (self.width - 1).to_string()));
        }
        let mut row_of_node = vec![None; num_nodes];
        for (row, &number) in self.numbers.iter().enumerate() {
            match row_of_node.get_mut(number as usize) {
                Some(place @ None) => *place = Some(row),
                other => {
                    let expected = format!("each number from 0 to {} once", num_nodes - 1);
                    let found = if other.is_some() { format!("{number} twice") } else { number.to_string() };
                    return Err(Error::malformed(Place::whole(file), expected, found));
                }
            }
        }
        let order: Vec<u32> = row_of_node.into_iter().flatten().map(|row| row as u32).collect();
        let pointers = [&[0], &self.ends[..]].concat();
        let matrix = CsrMatrix::try_new((num_nodes, self.width), pointers, self.columns, self.values);
        let matrix = matrix.expect("columns of a row ascend");
        let is_dense = 10 * matrix.nnz() >= num_nodes.saturating_mul(self.width);
        let features = match is_dense {
            true => Features::from_dense(matrix.to_dense()),
            false => Features::from_sparse(matrix),
        };
        let in_file = |error: Error| error.in_file(file);
        let labels = self.classes.finish().map_err(in_file)?.map(|labels| labels.select(&order));
        Ok((features.map_err(in_file)?.select(&order), labels))
    }
}

fn read_edges(file: &Path, num_nodes: usize, limit: MemoryLimit) -> Result<Arcs, Error> {
    let text = read_unpacked_text(file, limit)?;
    let mut arcs = Arcs { meaning: ArcMeaning::Directed, ..Arcs::default() };
    for (line, cells) in rows(&text) {
        let malformed = |expected: String, found| Error::malformed(Place::line(file, line), expected, found);
        let &[from, to] = &cells[..] else {
            return Err(malformed(
                "two numbers of nodes".into(),
                format!("{} cells between tabs", cells.len()),
            ));
        };
        for (cell, ends) in [(from, &mut arcs.from), (to, &mut arcs.to)] {
            let number = node(cell).map_err(|fault| fault.at(Place::line(file, line)))?;
            if number as usize >= num_nodes {
                return Err(malformed(format!("nodes below {num_nodes}"), number.to_string()));
            }
            ends.push(number);
        }
    }
    Ok(arcs)
}

fn read_splits(folder: &Path, labels: &Labels) -> Result<Vec<Split>, Error> {
    let inner = folder.join("splits");
    let folders: [Option<&Path>; 2] = [Some(folder), inner.is_dir().then_some(&inner)];
    let mut splits = Vec::new();
    for folder in folders.into_iter().flatten() {
        let archives =
            file_names(folder)?.into_iter().filter(|name| name.contains("split") && name.ends_with(".npz"));
        let archives: Vec<PathBuf> = archives.map(|name| folder.join(name)).collect();
        for archive in archives {
            splits.extend(read_split_archive(&archive, labels)?);
        }
    }
    Ok(splits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::npy::write_array;
    use crate::format::zip_archive::ArrayArchiveWriter;
    use ndarray::array;
    use tempfile::TempDir;

    fn folder(nodes: &str, edges: &str) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NODES), nodes).unwrap();
        std::fs::write(folder.path().join(EDGES), edges).unwrap();
        folder
    }

    fn raw(nodes: &str, edges: &str) -> Result<RawDataset, Error> {
        read(folder(nodes, edges).path(), &ReadConfig::default())
    }

    const HEAD: &str = "node_id\tnode_feature\tnode_label\n";

    #[test]
    fn nodes_come_in_the_order_of_their_numbers_with_their_splits() {
        let nodes = format!("{HEAD}1\t0,1\t3\n0\t1,1\t0\n2\t0,0\t3\n");
        let folder = folder(&nodes, "node_id\tnode_id\n0\t1\n2\t1\n");
        std::fs::create_dir(folder.path().join("splits")).unwrap();
        let archive = std::fs::File::create(folder.path().join("splits/x_split_0.6_0.2_0.npz")).unwrap();
        let mut archive = ArrayArchiveWriter::new(archive);
        for (name, mask) in [("train_mask", [1u8, 0, 0]), ("val_mask", [0, 1, 0]), ("test_mask", [0, 0, 1])] {
            archive.add(name, |out| write_array(out, &[3], &mask)).unwrap();
        }
        archive.finish().unwrap();
        let read = read(folder.path(), &ReadConfig::default()).unwrap();
        assert_eq!(read.features, Some(Features::Dense(array![[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])));
        assert_eq!(read.arcs, Arcs::from_pairs(&[(0, 1), (2, 1)], ArcMeaning::Directed));
        assert_eq!(read.labels.unwrap().classes(), [Some(0), Some(1), Some(1)]);
        let split = &read.splits[0];
        assert_eq!((split.train(), split.val(), split.test()), (&[0][..], &[1][..], &[2][..]));
    }

    #[test]
    fn rows_of_different_lengths_list_their_columns() {
        let read = raw(&format!("{HEAD}0\t5,2\t1\n1\t40\t0\n"), "a\tb\n").unwrap();
        let Some(Features::Sparse(matrix)) = read.features else { panic!("3 of 82 values") };
        assert_eq!((matrix.cols(), matrix.indices()), (41, &[2, 5, 40][..]));
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_line() {
        let ok = format!("{HEAD}0\t1,0\t1\n1\t0,1\t0\n");
        for (nodes, edges, message) in [
            (
                format!("{HEAD}0\t1\n"),
                "",
                "out1_node_feature_label.txt:2: expected a number, features and a class, found 2 cells between tabs",
            ),
            (
                format!("{HEAD}0\t1,x\t1\n"),
                "",
                "out1_node_feature_label.txt:2: expected a finite number, found \"x\"",
            ),
            (
                format!("{HEAD}0\t1\t1\n0\t1\t1\n"),
                "",
                "out1_node_feature_label.txt: expected each number from 0 to 1 once, found 0 twice",
            ),
            (
                format!("{HEAD}7\t1\t1\n"),
                "",
                "out1_node_feature_label.txt: expected each number from 0 to 0 once, found 7",
            ),
            (ok.clone(), "a\tb\n0\t2\n", "out1_graph_edges.txt:2: expected nodes below 2, found 2"),
            (
                ok.clone(),
                "a\tb\n0 1\n",
                "out1_graph_edges.txt:2: expected two numbers of nodes, found 1 cells between tabs",
            ),
            (ok, "a\tb\n0\tx\n", "out1_graph_edges.txt:2: expected the number of a node, found \"x\""),
        ] {
            assert_eq!(raw(&nodes, edges).unwrap_err().to_string(), message);
        }
    }
}
