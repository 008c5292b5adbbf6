//! The project's own form on disk: a folder of NumPy arrays, read whole or mapped into memory.
//!
//! | file | type and shape | what |
//! |---|---|---|
//! | `graph.json` | | `format` "graph-folder", `version` 1, `name`, `num_nodes`, `num_arcs`, `num_loops`, `d_input`, `features` "dense" or "sparse", `class_names`, what was cleaned in words, and the type and shape of each array |
//! | `row_pointers.npy` | uint64 `[nodes + 1]` | the neighbors of node i are `columns[row_pointers[i]:row_pointers[i + 1]]` |
//! | `columns.npy` | uint32 `[arcs]` | neighbors, in a row ascending; an edge stands in both its rows, a loop once |
//! | `weights.npy` | float32 `[arcs]` | of each arc; absent where all are 1 |
//! | `features.npy` | float32 `[nodes, d_input]` | dense features |
//! | `feature_row_pointers.npy` | uint64 `[nodes + 1]` | or sparse ones, in rows as above |
//! | `feature_columns.npy` | uint32 `[entries]` | |
//! | `feature_values.npy` | float32 `[entries]` | |
//! | `labels.npy` | int32 `[nodes]` | the class of each node, -1 for none; absent without classes |
//! | `splits.npy` | uint8 `[splits, nodes]` | 0 in no set, 1 train, 2 val, 3 test; absent without splits |
//! | `node_ids.npy` | uint64 `[nodes]` | ids that are whole numbers; absent where nodes are called 0, 1, … |
//! | `node_id_bytes.npy` | uint8 `[bytes]` | or ids of any text, one after the other in UTF-8 |
//! | `node_id_ends.npy` | uint64 `[nodes]` | behind which byte each ends |
//!
//! SciPy takes the graph as `csr_matrix((weights, columns, row_pointers))`.

mod contents;
mod mapped;
mod metadata;
mod part;
mod write;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use self::contents::{ArraySource, read_dataset};
use self::metadata::Metadata;
use self::part::Part;
use super::file::read_bytes;
use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::Error;
use crate::graph::Graph;
use crate::node_dataset::NodeDataset;
use crate::raw_dataset::RawDataset;

pub use mapped::{FeatureRow, MappedDataset};

/// A folder, or the `graph.json` in it.
pub(super) const FORMAT: Format = Format {
    name: "graph-folder",
    title: "folder of NumPy arrays with graph.json, the form that is mapped into memory",
    endings: &[],
    keeps: "everything; what was cleaned in words",
    recognizes: is_graph_folder,
    read: |path, _| read(path),
    write: Some(write::write),
};

fn is_graph_folder(sample: &Sample) -> bool {
    let has = |name: &str| sample.files.iter().any(|file| file == name);
    let names_itself = || sample.head.windows(14).any(|bytes| bytes == b"\"graph-folder\"");
    match sample.is_folder {
        true => has(metadata::FILE) && has("row_pointers.npy"),
        false => sample.name == metadata::FILE && names_itself(),
    }
}

/// The folder that a path means.
fn folder_of(path: &Path) -> &Path {
    let is_description = path.file_name().is_some_and(|name| name == metadata::FILE) && !path.is_dir();
    if is_description { path.parent().unwrap_or(Path::new("")) } else { path }
}

/// Reads the whole folder and checks it; its edges come as their arcs in both directions.
fn read(path: &Path) -> Result<RawDataset, Error> {
    let folder = Files { folder: folder_of(path).to_path_buf() };
    let metadata = Metadata::read(&folder.folder)?;
    let parts = read_dataset(&folder, &metadata).and_then(NodeDataset::from_parts);
    let parts = parts.map_err(|error| error.in_file(&folder.folder))?.into_parts();
    Ok(RawDataset {
        features: Some(parts.features),
        labels: parts.labels,
        splits: parts.splits,
        ..RawDataset::from_arcs(&parts.name, parts.node_ids, arcs(parts.graph))
    })
}

fn arcs(graph: Graph) -> Arcs {
    let is_weighted = !graph.is_unweighted();
    let matrix = graph.into_adjacency();
    let mut from = Vec::with_capacity(matrix.nnz());
    for (node, range) in (0u32..).zip(matrix.indptr().iter_outer_sz()) {
        from.resize(range.end, node);
    }
    let (_, to, weights) = matrix.into_raw_storage();
    Arcs { from, to, weights: is_weighted.then_some(weights), meaning: ArcMeaning::Directed }
}

/// The arrays of a folder, each read when it is asked for.
struct Files {
    folder: PathBuf,
}

impl ArraySource for Files {
    fn bytes(&self, part: Part) -> Result<Cow<'_, [u8]>, Error> {
        read_bytes(&self.path(part), usize::MAX - 1).map(Cow::Owned)
    }

    fn path(&self, part: Part) -> PathBuf {
        part.path(&self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::{CleaningPolicy, CleaningReport};
    use crate::edge_policy::{EdgePolicy, Loops};
    use crate::features::Features;
    use crate::format::registry::ReadConfig;
    use crate::labels::Labels;
    use crate::load::recognize;
    use crate::node_dataset::NodeDatasetParts;
    use crate::node_ids::NodeIds;
    use crate::split::Split;
    use ndarray::array;

    /// Four nodes with names, weights, a loop, a node alone, and two splits.
    fn named() -> NodeDataset {
        let arcs = Arcs {
            weights: Some(vec![1.0, 2.5, 3.0]),
            ..Arcs::from_pairs(&[(0, 1), (2, 1), (2, 2)], ArcMeaning::Undirected)
        };
        let policy = EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() };
        let (graph, edges) = Graph::from_arcs(4, arcs, policy).unwrap();
        let classes = vec![Some(1), Some(0), None, Some(1)];
        let labels = Labels::from_classes(classes, vec!["x".into(), "ÿ".into()]).unwrap();
        let splits = vec![
            Split::from_nodes(vec![0], vec![1], vec![3], &labels).unwrap(),
            Split::from_nodes(vec![1, 3], vec![], vec![0], &labels).unwrap(),
        ];
        let features = sparse_features();
        NodeDataset::from_parts(NodeDatasetParts {
            name: "named".into(),
            labels: Some(labels),
            splits,
            node_ids: NodeIds::from_names(["Ana", "", "Çem", "d"]),
            report: CleaningReport { edges, ..CleaningReport::default() },
            ..NodeDatasetParts::new(graph, features)
        })
        .unwrap()
    }

    fn sparse_features() -> Features {
        let (pointers, columns) = (vec![0, 2, 2, 3, 3], vec![0, 2, 1]);
        Features::Sparse(crate::csr::CsrMatrix::new((4, 3), pointers, columns, vec![1.0, 0.5, -2.0]))
    }

    /// Three nodes with numbers for names and dense features, without weights or labels.
    fn numbered() -> NodeDataset {
        let (graph, _) = Graph::from_edges(3, &[(0, 2)], EdgePolicy::default()).unwrap();
        let features = Features::Dense(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]]);
        NodeDataset::from_parts(NodeDatasetParts {
            node_ids: NodeIds::from_numbers(vec![7, u64::MAX, 0]),
            ..NodeDatasetParts::new(graph, features)
        })
        .unwrap()
    }

    fn written(dataset: &NodeDataset) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("graph");
        FORMAT.write(dataset, &path).unwrap();
        (folder, path)
    }

    fn without_report(dataset: NodeDataset) -> NodeDatasetParts {
        NodeDatasetParts { report: CleaningReport::default(), ..dataset.into_parts() }
    }

    #[test]
    fn what_is_written_is_read_back_whole_and_mapped() {
        for dataset in [named(), numbered(), crate::load("cora", None).unwrap()] {
            let (_folder, path) = written(&dataset);
            let policy = CleaningPolicy {
                edges: EdgePolicy { loops: Loops::Keep, ..Default::default() },
                ..Default::default()
            };
            for path in [path.clone(), path.join("graph.json")] {
                assert_eq!(recognize(&path).unwrap().name, "graph-folder");
                let read = FORMAT.read(&path, &ReadConfig::default()).unwrap().clean(&policy).unwrap();
                assert_eq!(without_report(read), without_report(dataset.clone()));
            }
            // SAFETY: the folder is the test's own.
            let mapped = unsafe { MappedDataset::open(&path) }.unwrap();
            mapped.check().unwrap();
            assert_eq!(without_report(mapped.to_dataset().unwrap()), without_report(dataset));
        }
    }

    #[test]
    fn the_description_is_for_people_too() {
        let (_folder, path) = written(&named());
        let text = std::fs::read_to_string(path.join("graph.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&json["format"], &json["version"]), (&"graph-folder".into(), &1.into()));
        assert_eq!(
            (&json["num_nodes"], &json["num_arcs"], &json["num_loops"]),
            (&4.into(), &5.into(), &1.into())
        );
        assert_eq!(json["class_names"][1], "ÿ");
        assert_eq!(json["arrays"]["splits"], serde_json::json!({"dtype": "uint8", "shape": [2, 4]}));
        assert_eq!(json["cleaning"], serde_json::json!(["2 reverse arcs added"]));
    }

    /// What reading whole says of a folder with one file changed, and what mapping it and checking it says.
    fn messages(file: &str, change: impl Fn(&mut Vec<u8>)) -> [String; 2] {
        let (_folder, path) = written(&named());
        let mut bytes = std::fs::read(path.join(file)).unwrap();
        change(&mut bytes);
        std::fs::write(path.join(file), bytes).unwrap();
        let read = FORMAT.read(&path, &ReadConfig::default()).map(drop);
        // SAFETY: the folder is the test's own.
        let mapped = unsafe { MappedDataset::open(&path) }.and_then(|mapped| mapped.check());
        [read, mapped].map(|result| result.map_or_else(|error| error.to_string(), |()| "nothing".to_string()))
    }

    /// Changes the bytes of one element behind the header of 128 bytes.
    fn element(file: &str, at: usize, bytes: &[u8]) -> [String; 2] {
        messages(file, |whole| whole[128 + at..128 + at + bytes.len()].copy_from_slice(bytes))
    }

    fn described(old: &str, new: &str) -> String {
        let [read, mapped] = messages("graph.json", |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(old), "{text}");
            *bytes = text.replacen(old, new, 1).into_bytes();
        });
        assert_eq!(read, mapped);
        read
    }

    #[test]
    fn a_description_that_does_not_fit_is_refused() {
        let prefix = "graph.json: expected ";
        for (old, new, message) in [
            (
                "\"version\": 1",
                "\"version\": 2",
                "\"graph-folder\" of version 1, found \"graph-folder\" of version 2",
            ),
            ("\"num_nodes\": 4", "\"num_nodes\": 0", "1 to 2147483647 nodes (counts), found 0"),
            (
                "\"num_arcs\": 5",
                "\"num_arcs\": 6",
                "uint32 of shape [6] (array columns), found uint32 of shape [5]",
            ),
            (
                "\"d_input\": 3",
                "\"d_input\": 2000000",
                "at most 1048576 columns of features beside 3 entries (counts), found 2000000",
            ),
            ("\"weights\"", "\"wheights\"", "those of this format (arrays), found \"wheights\""),
            ("\"labels\"", "\"labels2\"", "int32 of shape [4] (array labels), found none"),
            ("\"num_loops\": 1", "\"num_loops\": 2", "num_loops 1, as the graph has, found 2"),
        ] {
            assert_eq!(described(old, new), format!("{prefix}{message}"));
        }
        let unknown = described("\"name\"", "\"nick\": 1, \"name\"");
        assert!(
            unknown
                .starts_with("graph.json:4: expected the description of a graph folder, found unknown field"),
            "{unknown}"
        );
    }

    #[test]
    fn arrays_that_lie_are_named_whole_and_mapped() {
        let both = |file: &str, at: usize, bytes: &[u8], expected: &str| {
            assert_eq!(element(file, at, bytes), [(); 2].map(|()| format!("{file}: expected {expected}")));
        };
        both(
            "row_pointers.npy",
            8,
            &9u64.to_le_bytes(),
            "pointers that ascend from 0 to 5, found 3 at row 2",
        );
        both("columns.npy", 4, &7u32.to_le_bytes(), "columns that ascend below 4 in row 1, found others");
        both("columns.npy", 16, &7u32.to_le_bytes(), "columns that ascend below 4 in row 2, found 7");
        both(
            "columns.npy",
            0,
            &2u32.to_le_bytes(),
            "a symmetric matrix (adjacency), found 1 at row 0, column 2 and nothing at row 2, column 0",
        );
        both("weights.npy", 0, &f32::NAN.to_le_bytes(), "finite positive weights, found NaN at arc 0");
        both(
            "feature_values.npy",
            8,
            &f32::INFINITY.to_le_bytes(),
            "a finite number (features, row 2, column 1), found inf",
        );
        both("labels.npy", 0, &2i32.to_le_bytes(), "-1 or a class below 2, found 2 at node 0");
        both("splits.npy", 2, &[4], "sets 0 to 3, found 4 at node 2");
        both(
            "splits.npy",
            2,
            &[1],
            "labelled nodes (train set of the split), found node 2, which has no label",
        );
        both("node_id_bytes.npy", 0, &[0xff], "UTF-8 text, found another byte behind 0 of them");
        both(
            "node_id_ends.npy",
            16,
            &4u64.to_le_bytes(),
            "ends of texts that ascend to 8, found 4 at node 2",
        );
    }

    #[test]
    fn a_damaged_row_is_found_when_it_is_asked_for() {
        let (_folder, path) = written(&named());
        let change = |file: &str, at: usize, bytes: &[u8]| {
            let mut whole = std::fs::read(path.join(file)).unwrap();
            whole[128 + at..128 + at + bytes.len()].copy_from_slice(bytes);
            std::fs::write(path.join(file), whole).unwrap();
        };
        change("row_pointers.npy", 8, &9u64.to_le_bytes());
        change("weights.npy", 12, &f32::NAN.to_le_bytes());
        change("feature_values.npy", 8, &f32::INFINITY.to_le_bytes());
        // SAFETY: the folder is the test's own.
        let mapped = unsafe { MappedDataset::open(&path) }.unwrap();
        let messages =
            [mapped.neighbors(0).map(drop), mapped.weights(2).map(drop), mapped.features(2).map(drop)];
        assert_eq!(
            messages.map(|result| result.unwrap_err().to_string()),
            [
                "row_pointers.npy: expected pointers that ascend to 5 at node 0, found 0 and 9",
                "weights.npy: expected finite positive weights at node 2, found NaN",
                "feature_values.npy: expected finite numbers at node 2, found inf",
            ]
        );
    }

    #[test]
    fn arrays_of_other_bytes_than_described_are_refused_when_they_are_opened() {
        for message in messages("columns.npy", |bytes| bytes.truncate(147)) {
            assert_eq!(
                message,
                "columns.npy, byte 128: expected 20 bytes for uint32 of shape (5,), found 19"
            );
        }
        for message in messages("columns.npy", |bytes| bytes.truncate(0)) {
            assert_eq!(
                message,
                "columns.npy, byte 0: expected an array as NumPy writes it, found another kind of file"
            );
        }
        for message in messages("columns.npy", |bytes| bytes[22] = b'i') {
            assert_eq!(
                message,
                "columns.npy: expected uint32 of shape [5], row by row, found int32 of shape (5,)"
            );
        }
        let [read, mapped] = messages("weights.npy", |bytes| {
            bytes[21] = b'>';
            bytes[128..].as_chunks_mut::<4>().0.iter_mut().for_each(|number| number.reverse());
        });
        assert_eq!(read, "nothing");
        assert_eq!(
            mapped,
            "weights.npy: expected elements in this machine's order of bytes at multiples of their size, \
             found float32 of shape (5,)"
        );
    }
}
