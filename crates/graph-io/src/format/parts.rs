//! A graph in one file, what is known of its nodes in others.

use std::path::{Path, PathBuf};

use super::edge_list;
use super::matrix_file::read_features_within;
use super::node_table::{KnownOfNodes, read_table, write_node_table};
use super::output::write_folder;
use super::registry::{Format, ReadConfig, Sample};
use super::split_lists::read_splits;
use crate::error::{Error, Place};
use crate::load::recognize;
use crate::node_ids::NodeIds;
use crate::raw_dataset::{NodeTable, RawDataset};

/// A folder of a graph file and, where there are any, a table of nodes, an array of features, and a split.
pub(super) const FORMAT: Format = Format {
    name: "parts",
    title: "a folder of edges.* in any format of one file, and nodes.csv, features.npy, split.* where there are any",
    endings: &[],
    keeps: "everything but what was cleaned, as edges.tsv and nodes.csv",
    recognizes: |sample| sample.is_folder && !called(sample, EDGES).is_empty(),
    read,
    write: Some(|dataset, path| {
        write_folder(path, |folder| {
            edge_list::FORMAT.write(dataset, &folder.join("edges.tsv"))?;
            write_node_table(dataset, &folder.join("nodes.csv"))
        })
    }),
};

/// What the file of the graph may be called, before the first dot.
const EDGES: &[&str] = &["edges", "graph", "adjacency"];

fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let sample = Sample::of(path)?;
    let one = |stems: &[&str]| match &called(&sample, stems)[..] {
        [] => Ok(None),
        [name] => Ok(Some(path.join(name))),
        names => {
            let expected = format!("one file called {}.*", stems.join(".* or "));
            Err(Error::malformed(Place::whole(path), expected, names.join(", ")))
        }
    };
    let Some(edges) = one(EDGES)? else {
        let expected = format!("a file called {}.*", EDGES.join(".* or "));
        return Err(Error::malformed(Place::whole(path), expected, "none"));
    };
    let raw = recognize(&edges)?.read(&edges, config)?;
    let folder = ["split", "splits"].iter().map(|name| path.join(name)).find(|folder| folder.is_dir());
    let split = one(&["split", "splits"])?.or(folder);
    let parts =
        NodeParts { nodes: one(&["nodes"])?, features: one(&["features"])?, has_split: split.is_some() };
    let mut raw = parts.join(raw, config)?;
    if let Some(split) = split {
        let labels = raw.labels.as_ref().ok_or_else(|| {
            Error::malformed(Place::whole(&split), "labels of the nodes that it splits", "none")
        })?;
        raw.splits = read_splits(&split, &raw.node_ids, labels)?;
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(RawDataset { name: name.unwrap_or(raw.name), ..raw })
}

/// The files of a folder that have one of these names before the first dot.
fn called<'a>(sample: &'a Sample, stems: &[&str]) -> Vec<&'a str> {
    let stem = |name: &str| name.split_once('.').map(|(stem, _)| stem.to_lowercase());
    let named = |name: &&String| stem(name).is_some_and(|stem| stems.contains(&stem.as_str()));
    sample.files.iter().filter(named).map(String::as_str).collect()
}

/// What is known of the nodes of a graph, in files of their own.
pub(crate) struct NodeParts {
    /// A table of the nodes.
    pub(crate) nodes: Option<PathBuf>,
    /// An array of their features, a row a row of the table.
    pub(crate) features: Option<PathBuf>,
    /// Whether a split comes with them, so that labels are classes and no names.
    pub(crate) has_split: bool,
}

impl NodeParts {
    /// The graph with what the files say of its nodes.
    pub(crate) fn join(&self, raw: RawDataset, config: &ReadConfig) -> Result<RawDataset, Error> {
        let known = KnownOfNodes { ids: Some(&raw.node_ids), has_split: self.has_split };
        let read = |file| read_table(file, config, known);
        let table = self.nodes.as_deref().map(read).transpose()?;
        let Some(file) = &self.features else {
            return match (table, &self.nodes) {
                (Some(table), Some(file)) => {
                    raw.with_nodes(table, config.unknown_ids).map_err(|error| error.in_file(file))
                }
                _ => Ok(raw),
            };
        };
        let features = read_features_within(file, config.max_memory)?;
        let num_rows = features.num_nodes();
        let table = match table {
            Some(table) if table.node_ids.len() != num_rows => {
                let expected = format!("{} rows, as many as the table of nodes has", table.node_ids.len());
                return Err(Error::malformed(Place::whole(file), expected, num_rows.to_string()));
            }
            Some(table) => NodeTable { features: Some(features), feature_names: None, ..table },
            None => {
                let node_ids = row_ids(&raw.node_ids, num_rows, file)?;
                NodeTable { features: Some(features), ..NodeTable::of_ids(node_ids) }
            }
        };
        raw.with_nodes(table, config.unknown_ids).map_err(|error| error.in_file(file))
    }
}

/// The ids of the rows of an array that names none: the rows' numbers, from 1 where the graph has all the numbers
/// from 1 to the number of rows, else from 0.
fn row_ids(ids: &NodeIds, num_rows: usize, file: &Path) -> Result<NodeIds, Error> {
    let Some(numbers) = ids.numbers() else {
        let expected = "a table of nodes beside it, as the graph's ids are no row numbers";
        return Err(Error::malformed(Place::whole(file), expected, "none"));
    };
    let from_one = ids.len() == num_rows && numbers.eq(1..=num_rows as u64);
    Ok(if from_one {
        NodeIds::from_numbers((1..=num_rows as u64).collect())
    } else {
        NodeIds::counted(num_rows)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::CleaningPolicy;
    use crate::features::Features;
    use crate::load::{LoadConfig, load, load_with};
    use crate::node_dataset::NodeDataset;
    use ndarray::array;
    use tempfile::TempDir;

    /// The bytes of a matrix as NumPy writes them.
    fn npy(rows: usize, columns: usize, values: &[f32]) -> Vec<u8> {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        let header = format!("{header:<117}\n");
        let values = values.iter().flat_map(|value| value.to_le_bytes());
        [b"\x93NUMPY\x01\x00\x76\x00".as_slice(), header.as_bytes()]
            .concat()
            .into_iter()
            .chain(values)
            .collect()
    }

    fn folder(files: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, bytes)| std::fs::write(folder.path().join(name), bytes).unwrap());
        folder
    }

    fn dataset(folder: &TempDir) -> Result<NodeDataset, Error> {
        FORMAT.read(folder.path(), &ReadConfig::default())?.clean(&CleaningPolicy::default())
    }

    fn message(files: &[(&str, &[u8])]) -> String {
        let folder = folder(files);
        let name = folder.path().file_name().unwrap().to_str().unwrap().to_string();
        dataset(&folder).unwrap_err().to_string().replace(&name, "FOLDER")
    }

    const EDGES_CSV: (&str, &[u8]) = ("edges.csv", b"source,target\nu,v\nv,w\n");
    const NODES_CSV: (&str, &[u8]) = ("nodes.csv", b"id,label\nw,x\nz,y\nv,x\nu,y\n");

    #[test]
    fn edges_nodes_features_and_a_split_make_one_data_set() {
        let features = npy(4, 2, &[1.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 2.0]);
        let split = ("split.csv", b"id,split\nz,test\nu,train\n".as_slice());
        let folder = folder(&[EDGES_CSV, NODES_CSV, ("features.npy", &features), split]);
        let whole = load(folder.path().to_str().unwrap(), None).unwrap();
        assert_eq!(whole.node_ids(), &NodeIds::from_names(["w", "z", "v", "u"]));
        assert_eq!(whole.graph().edges().collect::<Vec<_>>(), [(0, 2), (2, 3)]);
        assert_eq!(
            whole.features(),
            &Features::Dense(array![[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 2.0]])
        );
        let split = whole.split().unwrap();
        assert_eq!((split.train(), split.test()), (&[3][..], &[1][..]));
        assert_eq!(whole.labels().unwrap().classes(), [Some(0), Some(1), Some(0), Some(1)]);
    }

    #[test]
    fn the_same_files_are_named_one_by_one() {
        let features = npy(4, 1, &[1.0, 2.0, 3.0, 4.0]);
        let folder = folder(&[("roads.csv", EDGES_CSV.1), ("places.csv", NODES_CSV.1), ("x.npy", &features)]);
        let config = LoadConfig {
            nodes: Some(folder.path().join("places.csv")),
            features: Some(folder.path().join("x.npy")),
            ..LoadConfig::default()
        };
        let roads = load_with(folder.path().join("roads.csv").to_str().unwrap(), &config).unwrap();
        assert_eq!((roads.name(), roads.graph().num_nodes(), roads.graph().num_edges()), ("roads", 4, 2));
        assert_eq!(roads.features(), &Features::Dense(array![[1.0], [2.0], [3.0], [4.0]]));
    }

    #[test]
    fn what_is_written_reads_back() {
        let root = tempfile::tempdir().unwrap();
        let folder = folder(&[
            EDGES_CSV,
            ("nodes.csv", b"id,label,split,age\nw,x,train,1\nz,y,,2.5\nv,x,test,0\nu,y,val,-1\n"),
        ]);
        let whole = dataset(&folder).unwrap();
        let out = root.path().join("out");
        FORMAT.write(&whole, &out).unwrap();
        let read = load(out.to_str().unwrap(), None).unwrap();
        assert_eq!((read.graph(), read.features()), (whole.graph(), whole.features()));
        assert_eq!((read.labels(), read.splits()), (whole.labels(), whole.splits()));
        let bare = load(folder.path().join("edges.csv").to_str().unwrap(), None).unwrap();
        FORMAT.write(&bare, &root.path().join("bare")).unwrap();
        let nodes = std::fs::read_to_string(root.path().join("bare/nodes.csv")).unwrap();
        assert_eq!(nodes, "id\nu\nv\nw\n", "features that were made are not written");
    }

    #[test]
    fn rows_without_ids_are_numbered_from_zero_or_from_one() {
        let features = npy(3, 1, &[7.0, 8.0, 9.0]);
        let from_zero = folder(&[("edges.tsv", b"0\t2\n"), ("features.npy", &features)]);
        let from_zero = dataset(&from_zero).unwrap();
        assert_eq!((from_zero.graph().num_nodes(), from_zero.graph().num_isolated()), (3, 1));
        let from_one = folder(&[("graph.metis", b"3 1\n3\n\n1\n"), ("features.npy", &features)]);
        let from_one = dataset(&from_one).unwrap();
        assert_eq!(from_one.graph().edges().collect::<Vec<_>>(), [(0, 2)]);
        assert_eq!(from_one.node_ids().get(0), "1");
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let one = npy(1, 1, &[1.0]);
        assert_eq!(
            message(&[EDGES_CSV, NODES_CSV, ("features.npy", &one)]),
            "features.npy: expected 4 rows, as many as the table of nodes has, found 1"
        );
        assert_eq!(
            message(&[EDGES_CSV, ("features.npy", &one)]),
            "features.npy: expected a table of nodes beside it, as the graph's ids are no row numbers, found none"
        );
        assert_eq!(
            message(&[("edges.tsv", b"0\t1\n"), ("features.npy", &one)]),
            "features.npy: expected nodes of the node table (edge 0), found \"1\""
        );
        assert_eq!(
            message(&[EDGES_CSV, ("graph.tsv", b"0 1\n")]),
            "FOLDER: expected one file called edges.* or graph.* or adjacency.*, found edges.csv, graph.tsv"
        );
        assert_eq!(
            message(&[("nodes.csv", NODES_CSV.1)]),
            "FOLDER: expected a file called edges.* or graph.* or adjacency.*, found none"
        );
        assert_eq!(
            message(&[EDGES_CSV, ("split.csv", b"id,split\nu,train\n")]),
            "split.csv: expected labels of the nodes that it splits, found none"
        );
    }
}
