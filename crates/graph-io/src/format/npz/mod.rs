//! Archives of NumPy arrays: graphs as Shchur and others, the platform of heterophilous graphs, and SciPy keep them.

pub(super) mod compressed;
mod edge_table;
mod nodes;
mod scipy;
mod shchur;
mod write;

use std::path::Path;

use super::registry::{Format, Sample};
use super::zip_archive::ArrayArchive;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::labels::Labels;
use crate::memory_limit::MemoryLimit;
use crate::raw_dataset::RawDataset;
use crate::split::Split;

/// One archive; which arrays it has says which of the layouts it is.
///
/// A pickled object in it, as the names of attributes often are, is never read: all that makes the graph is in plain
/// arrays. The arcs are directed, as they are stored.
pub(super) const FORMAT: Format = Format {
    name: "npz",
    title: "NumPy archive: Amazon, Coauthor and CitationFull graphs, scipy.sparse.save_npz, heterophilous graphs",
    endings: &[".npz"],
    keeps: "all but what was cleaned",
    recognizes: is_npz,
    read: |path, config| read_graph(ArrayArchive::open(path, config.max_memory)?),
    write: Some(write::write),
};

/// A zip archive that is called .npz, or whose first entry is an array.
fn is_npz(sample: &Sample) -> bool {
    let head = &sample.head[..];
    if !head.starts_with(b"PK\x03\x04") && !head.starts_with(b"PK\x05\x06") {
        return false;
    }
    let name_len = head.get(26..28).map_or(0, |len| usize::from(u16::from_le_bytes([len[0], len[1]])));
    let first_name = head.get(30..30 + name_len).unwrap_or_default();
    sample.name.ends_with(".npz") || first_name.ends_with(b".npy")
}

/// Reads the graph of an archive.
///
/// # Errors
/// No zip archive; arrays of no known layout; arrays that do not fit together.
pub(crate) fn read_graph(mut archive: ArrayArchive) -> Result<RawDataset, Error> {
    if let Some(layout) = shchur::layout_of(&archive) {
        return shchur::read(&mut archive, layout);
    }
    if edge_table::is_edge_table(&archive) {
        return edge_table::read(&mut archive);
    }
    if archive.has("format") && archive.has("shape") {
        return scipy::read_graph(&mut archive);
    }
    let expected = "arrays adj_data, edges, or those of scipy.sparse.save_npz";
    Err(Error::malformed(Place::whole(archive.path()), expected, "none of them"))
}

/// Reads the splits of an archive of masks or of lists of nodes, as Geom-GCN has its own and people keep theirs.
///
/// # Errors
/// No such archive; no split in it; arrays that do not fit the nodes.
pub(super) fn read_split_archive(path: &Path, labels: &Labels) -> Result<Vec<Split>, Error> {
    let mut archive = ArrayArchive::open(path, MemoryLimit::default())?;
    let splits = nodes::read_splits(&mut archive, labels)?;
    if splits.is_empty() {
        let expected = "arrays train_mask, val_mask and test_mask, or idx_train, idx_val and idx_test";
        return Err(Error::malformed(Place::whole(path), expected, "none of them"));
    }
    Ok(splits)
}

/// Reads the sparse matrix that `scipy.sparse.save_npz` wrote as features, a row a node.
///
/// # Errors
/// No such archive; no columns; a value that is not finite; a column twice in a row.
pub(super) fn read_sparse_features(path: &Path, limit: MemoryLimit) -> Result<Features, Error> {
    let mut archive = ArrayArchive::open(path, limit)?;
    scipy::read_features(&mut archive).map_err(|error| error.in_file(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::CleaningPolicy;
    use crate::format::npy::{write_array, write_texts};
    use crate::format::registry::ReadConfig;
    use crate::node_ids::NodeIds;
    use crate::split::Split;
    use ndarray::array;
    use std::io::Write;
    use std::path::PathBuf;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/numpy").join(name)
    }

    fn read(path: &Path) -> Result<RawDataset, Error> {
        FORMAT.read(path, &ReadConfig::default())
    }

    /// The arcs with their weights in ascending order.
    fn arcs(source: &RawDataset) -> Vec<(u32, u32, f32)> {
        let ones = vec![1.0; source.arcs.len()];
        let weights = source.arcs.weights.as_ref().unwrap_or(&ones);
        let ends = source.arcs.from.iter().zip(&source.arcs.to);
        let mut arcs: Vec<_> = ends.zip(weights).map(|((&from, &to), &weight)| (from, to, weight)).collect();
        arcs.sort_by_key(|arc| (arc.0, arc.1));
        arcs
    }

    const ARCS: [(u32, u32, f32); 4] = [(0, 1, 1.0), (1, 0, 1.0), (1, 2, 2.5), (3, 3, 1.0)];

    fn dense_features() -> ndarray::Array2<f32> {
        array![[1.0, 0.0, 0.5], [0.0; 3], [0.0, 2.0, 0.0], [3.0, 0.0, 0.0]]
    }

    #[test]
    fn matrices_of_scipy_are_the_same_graph_however_stored() {
        for form in ["csr", "csc", "coo"] {
            for kind in ["stored", "packed"] {
                let source = read(&fixture(&format!("{form}_{kind}.npz"))).unwrap();
                assert_eq!(source.name, format!("{form}_{kind}"));
                assert_eq!((source.node_ids.len(), arcs(&source)), (4, ARCS.to_vec()), "{form} {kind}");
            }
        }
        assert_eq!(
            read(&fixture("bsr.npz")).unwrap_err().to_string(),
            "bsr.npz[format]: expected csr, csc or coo, found \"bsr\""
        );
        assert_eq!(
            read(&fixture("features_csr.npz")).unwrap_err().to_string(),
            "features_csr.npz[shape]: expected a square matrix, the adjacency of a graph, found 4 × 3"
        );
    }

    #[test]
    fn features_of_scipy_are_the_same_however_stored() {
        for form in ["csr", "csc", "coo"] {
            let features =
                read_sparse_features(&fixture(&format!("features_{form}.npz")), MemoryLimit::default())
                    .unwrap();
            let Features::Sparse(matrix) = features else { panic!("sparse features stay sparse") };
            assert_eq!(matrix.to_dense(), dense_features(), "{form}");
        }
    }

    #[test]
    fn the_layout_of_shchur_is_read_without_its_pickles() {
        let source = read(&fixture("shchur.npz")).unwrap();
        assert_eq!(arcs(&source), ARCS);
        assert_eq!(source.node_ids, NodeIds::from_names(["Ana", "Ben", "Çem", ""]));
        let Some(Features::Sparse(features)) = &source.features else {
            panic!("sparse features stay sparse")
        };
        assert_eq!(features.to_dense(), dense_features());
        let labels = source.labels.as_ref().unwrap();
        assert_eq!(labels.classes(), [Some(1), Some(0), None, Some(1)]);
        // The names of the classes are pickled.
        assert_eq!(labels.class_names(), ["0", "1"]);
        assert_eq!(source.splits, [Split::from_nodes(vec![0], vec![1], vec![3], labels).unwrap()]);
    }

    #[test]
    fn full_features_plain_class_names_and_masks_are_read() {
        let source = read(&fixture("dense.npz")).unwrap();
        assert_eq!((arcs(&source), source.node_ids.are_counted()), (ARCS.to_vec(), true));
        assert_eq!(source.features, Some(Features::Dense(dense_features())));
        let labels = source.labels.as_ref().unwrap();
        assert_eq!(labels.class_names(), ["x", "y"]);
        assert_eq!(source.splits, [Split::from_nodes(vec![0], vec![1], vec![3], labels).unwrap()]);
    }

    #[test]
    fn edges_as_pairs_come_with_their_splits() {
        let source = read(&fixture("heterophilous.npz")).unwrap();
        assert_eq!(arcs(&source), [(0, 1, 1.0), (1, 2, 1.0)]);
        assert_eq!(source.features, Some(Features::Dense(dense_features())));
        let train: Vec<&[u32]> = source.splits.iter().map(Split::train).collect();
        assert_eq!((train, source.splits[1].test()), (vec![&[0][..], &[1]], &[3][..]));
    }

    #[test]
    fn what_is_written_is_read_back_by_numpy_and_here() {
        let clean = |path: &Path| read(path).unwrap().clean(&CleaningPolicy::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in ["shchur", "dense", "heterophilous", "csr_packed"] {
            let dataset = clean(&fixture(&format!("{name}.npz")));
            let path = folder.path().join(format!("{name}.npz"));
            FORMAT.write(&dataset, &path).unwrap();
            let mut parts = clean(&path).into_parts();
            parts.report = *dataset.report();
            assert_eq!(parts, dataset.into_parts(), "{name}");
        }
        // tests/scripts/numpy_golden.py holds this file to NumPy.
        let written = std::fs::read(folder.path().join("shchur.npz")).unwrap();
        assert_eq!(written, std::fs::read(fixture("written.npz")).unwrap());
    }

    fn npy(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        bytes
    }

    fn numbers(numbers: &[i64]) -> Vec<u8> {
        npy(|out| write_array(out, &[numbers.len()], numbers))
    }

    /// What is wrong with a graph of three nodes and two arcs with one array in place of its own.
    fn message(name: &str, array: Vec<u8>) -> String {
        let mut arrays = vec![
            ("adj_data", numbers(&[1, 1])),
            ("adj_indices", numbers(&[1, 0])),
            ("adj_indptr", numbers(&[0, 1, 2, 2])),
            ("adj_shape", numbers(&[3, 3])),
            ("attr_data", numbers(&[1, 1])),
            ("attr_indices", numbers(&[0, 1])),
            ("attr_indptr", numbers(&[0, 2, 2, 2])),
            ("attr_shape", numbers(&[3, 2])),
            ("labels", numbers(&[0, 1, 0])),
            ("idx_train", numbers(&[0])),
        ];
        arrays.retain(|(other, _)| *other != name);
        arrays.push((name, array));
        match read_arrays(arrays) {
            Ok(_) => "nothing".to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn read_arrays(arrays: Vec<(&str, Vec<u8>)>) -> Result<RawDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.npz");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        for (name, bytes) in arrays {
            zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&bytes).unwrap();
        }
        zip.finish().unwrap();
        read(&path)
    }

    #[test]
    fn arrays_of_an_adjacency_that_do_not_fit_together_are_named() {
        assert_eq!(message("adj_data", numbers(&[1, 1])), "nothing");
        for (name, wrong, expected) in [
            ("adj_data", vec![1], "expected 2 numbers, found 1"),
            ("adj_indices", vec![1, 3], "expected indices below 3, found 3 at place 1"),
            ("adj_indptr", vec![0, 1, 2], "expected one pointer more than 3 rows, found 3"),
            ("adj_indptr", vec![1, 1, 2, 2], "expected pointers from 0, found 1"),
            (
                "adj_indptr",
                vec![0, 2, 1, 2],
                "expected pointers that do not descend, found 1 behind 2 at row 1",
            ),
            ("adj_shape", vec![3], "expected the 2 numbers of a shape, found 1"),
            ("adj_shape", vec![3, 2], "expected a square matrix, found 3 × 2"),
            ("adj_shape", vec![3, 1 << 31], "expected a shape below 2^31, found 3 × 2147483648"),
        ] {
            assert_eq!(message(name, numbers(&wrong)), format!("g.npz[{name}]: {expected}"));
        }
        assert_eq!(
            message("adj_indptr", numbers(&[0, 1, 2, 3])),
            "g.npz[adj_indices]: expected 3 numbers, found 2"
        );
        let infinite = npy(|out| write_array(out, &[2], &[1.0f64, 1e300]));
        assert_eq!(
            message("adj_data", infinite),
            "g.npz[adj_data]: expected finite numbers of 32 bits, found inf at place 1"
        );
        assert_eq!(
            message("adj_indices", numbers(&[1, -1])),
            "g.npz[adj_indices], byte 136: expected a whole number from 0 to 4294967295, found -1"
        );
        let floats = npy(|out| write_array(out, &[2], &[1.0f32, 0.0]));
        assert_eq!(
            message("adj_indices", floats),
            "g.npz[adj_indices]: expected whole numbers, found float32 of shape (2,)"
        );
    }

    #[test]
    fn what_does_not_fit_the_nodes_is_named() {
        for (name, wrong, expected) in [
            (
                "attr_indices",
                vec![1, 1],
                "g.npz[attr_data]: expected each column of a row once (features), found column 1 twice in row 0",
            ),
            (
                "attr_shape",
                vec![3, 1 << 21],
                "g.npz[attr_shape]: expected at most 1048576 for an archive of its size, found 2097152",
            ),
            ("labels", vec![0, 1], "g.npz[labels]: expected 3 rows, one for each node, found 2"),
            (
                "labels",
                vec![0, -2, 0],
                "g.npz[labels]: expected -1 or a class below 1024, found -2 at node 1",
            ),
            ("labels", vec![-1, -1, -1], "g.npz[labels]: expected at least one class (labels), found none"),
            ("node_names", vec![5, 6], "g.npz[node_names]: expected 3 rows, one for each node, found 2"),
            ("idx_train", vec![3], "g.npz: expected nodes below 3 (train set of the split), found 3"),
        ] {
            assert_eq!(message(name, numbers(&wrong)), expected);
        }
        assert_eq!(
            message("class_names", npy(|out| write_texts(out, || ["a"].iter()))),
            "g.npz[labels]: expected -1 or a class below 1, found 1 at node 1"
        );
        let not_finite = npy(|out| write_array(out, &[2], &[1.0f32, f32::NAN]));
        assert_eq!(
            message("attr_data", not_finite),
            "g.npz[attr_data]: expected finite numbers of 32 bits, found NaN at place 1"
        );
    }

    #[test]
    fn masks_have_an_axis_of_nodes_and_as_many_splits() {
        let with_masks = |train: (&[usize], &[u8]), test: (&[usize], &[u8])| {
            let mask = |(shape, mask): (&[usize], &[u8])| npy(|out| write_array(out, shape, mask));
            let nothing = vec![0; test.1.len()];
            read_arrays(vec![
                ("edges", npy(|out| write_array(out, &[1, 2], &[0i64, 2]))),
                ("node_features", npy(|out| write_array(out, &[3, 1], &[1.0f32, 2.0, 3.0]))),
                ("node_labels", numbers(&[0, 1, 0])),
                ("train_masks", mask(train)),
                ("val_masks", mask((test.0, &nothing))),
                ("test_masks", mask(test)),
            ])
        };
        // Rows are nodes here, columns are splits.
        let source = with_masks((&[3, 2], &[1, 0, 0, 1, 0, 0]), (&[3, 2], &[0, 0, 1, 0, 0, 1])).unwrap();
        let sets: Vec<_> = source.splits.iter().map(|split| (split.train(), split.test())).collect();
        assert_eq!(sets, [(&[0][..], &[1][..]), (&[1], &[2])]);
        let message = |train, test| with_masks(train, test).unwrap_err().to_string();
        assert_eq!(
            message((&[3], &[1, 0, 0]), (&[2, 3], &[0; 6])),
            "g.npz[val_masks]: expected 1 splits, as in train_masks, found 2"
        );
        assert_eq!(
            message((&[4], &[0; 4]), (&[3], &[0; 3])),
            "g.npz[train_masks]: expected an axis of 3 nodes, found 1 × 4"
        );
        assert_eq!(
            message((&[3], &[0, 2, 0]), (&[3], &[0; 3])),
            "g.npz[train_masks]: expected a mask of 0 and 1, found 2"
        );
        assert_eq!(
            message((&[3], &[0, 1, 0]), (&[3], &[0, 1, 0])),
            "g.npz: expected nodes not taken yet (test set of the split), found node 1, which is in the train set"
        );
    }

    #[test]
    fn archives_of_something_else_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("g.npz");
        zip::ZipWriter::new(std::fs::File::create(&path).unwrap()).finish().unwrap();
        assert!(is_npz(&Sample::of(&path).unwrap()));
        assert_eq!(
            read(&path).unwrap_err().to_string(),
            "g.npz: expected arrays adj_data, edges, or those of scipy.sparse.save_npz, found none of them"
        );
        let other = folder.path().join("g.bin");
        std::fs::copy(fixture("csr_stored.npz"), &other).unwrap();
        assert!(is_npz(&Sample::of(&other).unwrap()), "the first entry is an array");
        std::fs::write(&path, "no archive").unwrap();
        assert!(!is_npz(&Sample::of(&path).unwrap()));
    }
}
