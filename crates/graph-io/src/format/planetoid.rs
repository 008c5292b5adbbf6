//! The eight files of a Planetoid data set.

use std::path::{Path, PathBuf};

use super::file::{read_bytes, read_text};
use super::pickle::{MAX_BYTES, Pickle};
use super::quoted::quoted;
use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::cleaning::CleaningPolicy;
use crate::csr::{CsrMatrix, row};
use crate::error::{Error, Place};
use crate::features::Features;
use crate::labels::Labels;
use crate::node_dataset::NodeDataset;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;
use crate::split::Split;

/// The public split of the Planetoid data sets validates on this many nodes.
const NUM_VAL: usize = 500;

/// The format of Yang, Cohen and Salakhutdinov's semi-supervised benchmarks (2016, arXiv 1603.08861): `ind.NAME.x`,
/// `.y`, `.tx`, `.ty`, `.allx`, `.ally` and `.graph`, pickles of Python 2, and `ind.NAME.test.index`, text.
///
/// Row i of `allx` and `ally` is node i; row i of `tx` and `ty` is the node that line i of `test.index` names, which
/// is not in order. Nodes in neither (15 in CiteSeer) get a zero feature row and no label, and are in no part of the
/// split. The public split trains on the rows of `y`, validates on the 500 after them (or as many as `ally` has) and
/// tests on `test.index`.
#[derive(Clone, Copy, Debug)]
pub struct Planetoid;

/// A folder with the eight files of one data set, or one of those files.
pub(super) const FORMAT: Format = Format {
    name: "planetoid",
    title: "the eight files ind.NAME.* of Planetoid, Python pickles",
    endings: &[],
    keeps: "",
    recognizes: |sample| !names(sample).is_empty(),
    read: |path, _| {
        let sample = Sample::of(path)?;
        let folder = if sample.is_folder { path } else { path.parent().unwrap_or(Path::new("")) };
        match &names(&sample)[..] {
            [name] => Planetoid::read_raw(folder, name),
            names => {
                let found = if names.is_empty() { "none".to_string() } else { names.join(", ") };
                Err(Error::malformed(Place::whole(path), "the files ind.NAME.* of one NAME", found))
            }
        }
    },
    write: None,
};

/// The data sets that a folder or a file's name speaks of.
fn names(sample: &Sample) -> Vec<String> {
    let mut names: Vec<String> = sample
        .file_names()
        .filter_map(|file| {
            let rest = file.strip_prefix("ind.")?;
            let name =
                Planetoid::SUFFIXES.iter().find_map(|suffix| rest.strip_suffix(suffix)?.strip_suffix('.'))?;
            (!name.is_empty()).then(|| name.to_string())
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A sparse matrix or a list of classes, with the file it came from.
struct Part<T> {
    file: PathBuf,
    content: T,
}

impl Planetoid {
    /// The endings of the eight files, after `ind.NAME.`.
    pub const SUFFIXES: [&str; 8] = ["x", "y", "tx", "ty", "allx", "ally", "graph", "test.index"];

    /// Reads the files `ind.NAME.*` of a folder. Neighbor lists are merged and mirrored, loops dropped, and counted in
    /// the data set's report.
    ///
    /// # Errors
    /// A missing file; a pickle that holds anything but what these files hold; files that contradict each other.
    pub fn read(folder: &Path, name: &str) -> Result<NodeDataset, Error> {
        Self::read_raw(folder, name)?.clean(&CleaningPolicy::default())
    }

    /// Reads the files `ind.NAME.*` of a folder, neighbor lists as they are.
    ///
    /// # Errors
    /// As [`Planetoid::read`].
    pub fn read_raw(folder: &Path, name: &str) -> Result<RawDataset, Error> {
        let path = |suffix: &str| folder.join(format!("ind.{name}.{suffix}"));
        let [x, tx, allx] = [matrix(path("x"))?, matrix(path("tx"))?, matrix(path("allx"))?];
        let [y, ty, ally] = [classes(path("y"))?, classes(path("ty"))?, classes(path("ally"))?];
        let graph_file = path("graph");
        let (num_nodes, from, to) = parse(&graph_file, |pickle| pickle.neighbor_lists())?;
        if num_nodes == 0 {
            return Err(Error::malformed(Place::whole(&graph_file), "at least one node", "none"));
        }

        for (features, labels) in [(&x, &y), (&tx, &ty), (&allx, &ally)] {
            same("rows", features.content.rows(), &features.file, labels.content.0.len(), &labels.file)?;
            same("columns", allx.content.cols(), &allx.file, features.content.cols(), &features.file)?;
            same("columns", ally.content.1, &ally.file, labels.content.1, &labels.file)?;
        }
        check_head(&x, &y, &allx, &ally)?;
        let (num_train, num_listed) = (y.content.0.len(), ally.content.0.len());
        if num_listed > num_nodes {
            let expected = format!("at most {num_nodes} rows, the nodes of {}", name_of(&graph_file));
            return Err(Error::malformed(Place::whole(&allx.file), expected, num_listed.to_string()));
        }
        let index_file = path("test.index");
        let test = read_test_index(&index_file, num_listed, num_nodes)?;
        same("lines", tx.content.rows(), &tx.file, test.len(), &index_file)?;

        let mut source_of_node: Vec<Option<(&CsrMatrix, usize)>> = vec![None; num_nodes];
        let mut classes: Vec<Option<u32>> = vec![None; num_nodes];
        for (node, &class) in ally.content.0.iter().enumerate() {
            source_of_node[node] = Some((&allx.content, node));
            classes[node] = Some(class);
        }
        for (line, &node) in test.iter().enumerate() {
            source_of_node[node as usize] = Some((&tx.content, line));
            classes[node as usize] = Some(ty.content.0[line]);
        }
        let class_names = (0..ally.content.1).map(|class| class.to_string()).collect();
        let labels = Labels::from_classes(classes, class_names).map_err(|error| error.in_file(&ally.file))?;
        let val_end = num_listed.min(num_train + NUM_VAL);
        let range = |from: usize, to: usize| (from as u32..to as u32).collect();
        let split = Split::from_nodes(range(0, num_train), range(num_train, val_end), test, &labels)
            .map_err(|error| error.in_file(&index_file))?;
        let features = Features::from_sparse(stack(&source_of_node, allx.content.cols()))
            .map_err(|error| error.in_file(&allx.file))?;
        let arcs = Arcs { from, to, weights: None, meaning: ArcMeaning::Directed };
        Ok(RawDataset {
            features: Some(features),
            labels: Some(labels),
            splits: vec![split],
            ..RawDataset::from_arcs(name, NodeIds::counted(num_nodes), arcs)
        })
    }
}

fn parse<T>(path: &Path, extract: impl Fn(&Pickle<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let bytes = read_bytes(path, MAX_BYTES)?;
    extract(&Pickle::parse(&bytes, path)?)
}

fn matrix(file: PathBuf) -> Result<Part<CsrMatrix>, Error> {
    let content = parse(&file, |pickle| pickle.csr_matrix())?;
    Ok(Part { file, content })
}

fn classes(file: PathBuf) -> Result<Part<(Vec<u32>, usize)>, Error> {
    let content = parse(&file, |pickle| pickle.one_hot())?;
    Ok(Part { file, content })
}

fn name_of(file: &Path) -> String {
    Place::whole(file).to_string()
}

/// Two files must agree in a number; the second is the one complained of.
fn same(what: &str, expected: usize, like: &Path, found: usize, file: &Path) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    let expected = format!("{expected} {what} to match {}", name_of(like));
    Err(Error::malformed(Place::whole(file), expected, found.to_string()))
}

/// `x` and `y` must be the first rows of `allx` and `ally`: the split rests on it.
fn check_head(
    x: &Part<CsrMatrix>,
    y: &Part<(Vec<u32>, usize)>,
    allx: &Part<CsrMatrix>,
    ally: &Part<(Vec<u32>, usize)>,
) -> Result<(), Error> {
    let num_train = y.content.0.len();
    if num_train > ally.content.0.len() {
        let expected = format!("at most {} rows, as {} has", ally.content.0.len(), name_of(&ally.file));
        return Err(Error::malformed(Place::whole(&y.file), expected, num_train.to_string()));
    }
    for node in 0..num_train {
        let differs = |file: &Path, like: &Path| {
            let expected = format!("row {node} as in {}", name_of(like));
            Err(Error::malformed(Place::whole(file), expected, "another row"))
        };
        if y.content.0[node] != ally.content.0[node] {
            return differs(&y.file, &ally.file);
        }
        if row(&x.content, node) != row(&allx.content, node) {
            return differs(&x.file, &allx.file);
        }
    }
    Ok(())
}

/// The node of each row of `tx`; all different, from `num_listed` to below `num_nodes`.
fn read_test_index(file: &Path, num_listed: usize, num_nodes: usize) -> Result<Vec<u32>, Error> {
    let text = read_text(file, MAX_BYTES)?;
    let mut nodes = Vec::new();
    let mut line_of_node = vec![0; num_nodes - num_listed];
    for (line, content) in text.lines().enumerate() {
        let malformed = |expected: &str, found: String| {
            Err(Error::malformed(Place::line(file, line + 1), expected, found))
        };
        let Ok(node) = content.trim().parse::<u32>() else {
            return malformed("a node index", quoted(content));
        };
        let offset = (node as usize).checked_sub(num_listed);
        let Some(first_line) = offset.and_then(|offset| line_of_node.get_mut(offset)) else {
            let expected = format!("a node index from {num_listed} to below {num_nodes}");
            return malformed(&expected, node.to_string());
        };
        if *first_line != 0 {
            return malformed("a node index not listed yet", format!("{node}, as in line {first_line}"));
        }
        *first_line = line + 1;
        nodes.push(node);
    }
    Ok(nodes)
}

/// One row a node, copied from where it lies; a node without a source gets a zero row.
fn stack(source_of_node: &[Option<(&CsrMatrix, usize)>], num_columns: usize) -> CsrMatrix {
    let (mut row_pointers, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    for source in source_of_node {
        if let Some((matrix, index)) = source {
            let (row_columns, row_values) = row(matrix, *index);
            columns.extend_from_slice(row_columns);
            values.extend_from_slice(row_values);
        }
        row_pointers.push(columns.len());
    }
    CsrMatrix::try_new((source_of_node.len(), num_columns), row_pointers, columns, values)
        .expect("whole rows of valid matrices make a valid matrix")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pickle::Pickler;
    use ndarray::array;
    use tempfile::TempDir;

    /// Six nodes: two to train on, one to validate on, and of the three others node 4 is in no list.
    fn folder() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        put(&folder, "x", Pickler::new().csr([2, 2], &[0, 1, 2], &[0, 1], &[1.0, 2.0]));
        put(&folder, "y", Pickler::new().table(&[&[1, 0], &[0, 1]]));
        put(&folder, "allx", Pickler::new().csr([3, 2], &[0, 1, 2, 3], &[0, 1, 0], &[1.0, 2.0, 3.0]));
        put(&folder, "ally", Pickler::new().table(&[&[1, 0], &[0, 1], &[0, 1]]));
        put(&folder, "tx", Pickler::new().csr([2, 2], &[0, 1, 2], &[0, 0], &[5.0, 4.0]));
        put(&folder, "ty", Pickler::new().table(&[&[1, 0], &[0, 1]]));
        put(
            &folder,
            "graph",
            Pickler::new().graph(&[(0, &[1, 1]), (1, &[0, 0]), (2, &[2]), (3, &[5]), (4, &[0]), (5, &[])]),
        );
        std::fs::write(folder.path().join("ind.tiny.test.index"), "5\n3\n").unwrap();
        folder
    }

    fn put(folder: &TempDir, suffix: &str, pickler: Pickler) {
        std::fs::write(folder.path().join(format!("ind.tiny.{suffix}")), pickler.finish()).unwrap();
    }

    fn read(folder: &TempDir) -> Result<NodeDataset, Error> {
        Planetoid::read(folder.path(), "tiny")
    }

    /// The message when one of the files holds something else.
    fn message(suffix: &str, pickler: Pickler) -> String {
        let folder = folder();
        put(&folder, suffix, pickler);
        read(&folder).unwrap_err().to_string()
    }

    fn index_message(index: &str) -> String {
        let folder = folder();
        std::fs::write(folder.path().join("ind.tiny.test.index"), index).unwrap();
        read(&folder).unwrap_err().to_string()
    }

    #[test]
    fn test_rows_go_to_the_nodes_that_test_index_names() {
        let tiny = read(&folder()).unwrap();
        let Features::Sparse(features) = tiny.features() else { panic!("bags of words are sparse") };
        let expected = array![[1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [4.0, 0.0], [0.0, 0.0], [5.0, 0.0]];
        assert_eq!(features.to_dense(), expected);
        let labels = tiny.labels().unwrap();
        assert_eq!(labels.classes(), [Some(0), Some(1), Some(1), Some(1), None, Some(0)]);
        let split = tiny.split().unwrap();
        assert_eq!((split.train(), split.val(), split.test()), (&[0, 1][..], &[2][..], &[3, 5][..]));
        assert_eq!(tiny.graph().edges().collect::<Vec<_>>(), [(0, 1), (0, 4), (3, 5)]);
        let report = tiny.report().edges;
        assert_eq!((report.arcs_read, report.duplicates_merged), (7, 2));
        assert_eq!((report.loops_dropped, report.reverses_added), (1, 2));
        assert_eq!(tiny.node_ids().get(5), "5");
    }

    #[test]
    fn a_bad_line_of_test_index_is_named() {
        assert_eq!(index_message("5\ntwo\n"), "ind.tiny.test.index:2: expected a node index, found \"two\"");
        let long = format!("ind.tiny.test.index:1: expected a node index, found \"{}\"…", "x".repeat(40));
        assert_eq!(index_message(&"x".repeat(1 << 20)), long);
        assert_eq!(index_message("5\n\n3\n"), "ind.tiny.test.index:2: expected a node index, found \"\"");
        assert_eq!(
            index_message("5\n6\n"),
            "ind.tiny.test.index:2: expected a node index from 3 to below 6, found 6"
        );
        assert_eq!(
            index_message("2\n3\n"),
            "ind.tiny.test.index:1: expected a node index from 3 to below 6, found 2"
        );
        assert_eq!(
            index_message("5\n5\n"),
            "ind.tiny.test.index:2: expected a node index not listed yet, found 5, as in line 1"
        );
        assert_eq!(
            index_message("5\n"),
            "ind.tiny.test.index: expected 2 lines to match ind.tiny.tx, found 1"
        );
    }

    #[test]
    fn files_that_contradict_each_other_are_refused() {
        let one_row = || Pickler::new().csr([1, 2], &[0, 1], &[0], &[1.0]);
        assert_eq!(message("x", one_row()), "ind.tiny.y: expected 1 rows to match ind.tiny.x, found 2");
        assert_eq!(
            message("ty", Pickler::new().table(&[&[1, 0]])),
            "ind.tiny.ty: expected 2 rows to match ind.tiny.tx, found 1"
        );
        assert_eq!(
            message("ty", Pickler::new().table(&[&[1, 0, 0], &[1, 0, 0]])),
            "ind.tiny.ty: expected 2 columns to match ind.tiny.ally, found 3"
        );
        assert_eq!(
            message("tx", Pickler::new().csr([2, 3], &[0, 1, 2], &[0, 0], &[5.0, 4.0])),
            "ind.tiny.tx: expected 2 columns to match ind.tiny.allx, found 3"
        );
        assert_eq!(
            message("y", Pickler::new().table(&[&[1, 0], &[1, 0]])),
            "ind.tiny.y: expected row 1 as in ind.tiny.ally, found another row"
        );
        assert_eq!(
            message("x", Pickler::new().csr([2, 2], &[0, 1, 2], &[0, 1], &[1.0, 9.0])),
            "ind.tiny.x: expected row 1 as in ind.tiny.allx, found another row"
        );
        assert_eq!(
            message("graph", Pickler::new().graph(&[(0, &[1]), (1, &[])])),
            "ind.tiny.allx: expected at most 2 rows, the nodes of ind.tiny.graph, found 3"
        );
        assert_eq!(
            message("graph", Pickler::new().graph(&[])),
            "ind.tiny.graph: expected at least one node, found none"
        );
        assert_eq!(
            message("graph", Pickler::new().graph(&[(0, &[7])])),
            "ind.tiny.graph: expected neighbors of node 0 below 1, found 7"
        );
    }

    #[test]
    fn a_file_with_nan_or_of_another_kind_is_refused() {
        let nan = Pickler::new().csr([2, 2], &[0, 1, 2], &[0, 0], &[5.0, f32::NAN]);
        assert!(
            message("tx", nan).ends_with("expected finite numbers of 32 bits in data, found NaN at place 1")
        );
        assert_eq!(message("ty", Pickler::new().graph(&[])), "ind.tiny.ty: expected an array, found a dict");
        assert!(
            message("ally", Pickler::new().table(&[&[1, 0], &[0, 1], &[1, 1]])).contains("one 1 among zeros")
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = folder();
        let path = folder.path().join("ind.tiny.ally");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read(&folder).unwrap_err().to_string(), format!("cannot access {}", path.display()));
    }
}
