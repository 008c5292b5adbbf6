//! MAT-files, read variable by variable.

use std::path::Path;

use ndarray::Array2;

use super::array::{Array, Content, read_matrix};
use super::elements::{Element, Elements};
use crate::arcs::{ArcMeaning, Arcs};
use crate::column_config::ColumnConfig;
use crate::csr::CsrMatrix;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::format::file::{name_of, read_unpacked};
use crate::format::node_table::ClassColumn;
use crate::format::quoted::quoted;
use crate::format::registry::ReadConfig;
use crate::labels::Labels;
use crate::multi_labels::MultiLabels;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

const ADJACENCIES: [&str; 7] = ["network", "adj", "adjacency", "net", "a", "w", "graph"];
const FEATURES: [&str; 7] = ["attributes", "attrb", "features", "feature", "feat", "fea", "x"];
const CLASSES: [&str; 6] = ["class", "gnd", "group", "labels", "label", "y"];
const HEADER_LEN: usize = 128;

/// What is known so far, each with the rank of the name that it was found by: a lower one counts more.
#[derive(Default)]
struct Found {
    adjacency: Option<(usize, usize, Arcs)>,
    features: Option<(usize, Features)>,
    classes: Option<(usize, Classes)>,
    /// The names of the variables, for messages.
    names: Vec<String>,
}

struct Classes {
    num_nodes: usize,
    labels: Option<Labels>,
    multi_labels: Option<MultiLabels>,
}

pub(super) fn read(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let bytes = read_unpacked(path, config.max_memory)?;
    let is_big_endian = check_header(&bytes, path)?;
    let mut elements = Elements::new(&bytes[HEADER_LEN..], path, is_big_endian, HEADER_LEN);
    let (mut found, mut left) = (Found::default(), config.max_memory.max_unpacked(bytes.len() as u64));
    while let Some(element) = elements.next()? {
        match element.unpacked(&elements, left)? {
            Some(unpacked) => {
                left -= unpacked.len() as u64;
                let mut inner = Elements::new(&unpacked, path, is_big_endian, 0);
                while let Some(matrix) = inner.next()? {
                    found.variable(&inner, &matrix, &config.columns)?;
                }
            }
            None => found.variable(&elements, &element, &config.columns)?,
        }
    }
    drop(bytes);
    found.dataset(path)
}

/// Tells whether numbers are big-endian.
fn check_header(bytes: &[u8], path: &Path) -> Result<bool, Error> {
    let whole = Place::whole(path);
    if bytes.starts_with(b"MATLAB 7.3") || bytes.starts_with(b"\x89HDF") {
        let what = "a MAT-file of level 7.3, which is HDF5: write it by save('f.mat', '-v7')";
        return Err(Error::refused(whole, what));
    }
    let expected = "a MAT-file of level 5, as save('f.mat', '-v7') and scipy.io.savemat write it";
    match bytes.get(124..HEADER_LEN) {
        Some([_, _, b'I', b'M']) => Ok(false),
        Some([_, _, b'M', b'I']) => Ok(true),
        Some(_) => Err(Error::malformed(whole, expected, "another header")),
        None => Err(Error::malformed(whole, expected, format!("{} bytes", bytes.len()))),
    }
}

/// Which of some names this is, whatever its case, or the one that the settings say.
fn rank(name: &str, usual: &[&str], called: Option<&String>) -> Option<usize> {
    match called {
        Some(called) => (called == name).then_some(0),
        None => usual.iter().position(|usual| usual.eq_ignore_ascii_case(name)),
    }
}

impl Found {
    fn variable(
        &mut self,
        outer: &Elements<'_>,
        matrix: &Element<'_>,
        config: &ColumnConfig,
    ) -> Result<(), Error> {
        let (name, content) = read_matrix(outer, matrix)?;
        match content {
            Content::Array(array) => self.array(&name, &array, outer, config)?,
            Content::Fields(fields) if name == "Problem" => {
                for (name, field) in fields.iter().filter(|(name, _)| name == "A") {
                    if let Content::Array(array) = read_matrix(&outer.inside(matrix), field)?.1 {
                        self.array(name, &array, outer, config)?;
                    }
                }
            }
            Content::Fields(_) | Content::Other => {}
        }
        if self.names.len() < 20 && !name.is_empty() {
            self.names.push(quoted(&name));
        }
        Ok(())
    }

    fn array(
        &mut self,
        name: &str,
        array: &Array<'_>,
        outer: &Elements<'_>,
        config: &ColumnConfig,
    ) -> Result<(), Error> {
        let is_better = |rank: usize, before: Option<usize>| before.is_none_or(|before| rank < before);
        let wrong = |expected: &str| {
            let [rows, columns] = array.shape;
            let place = Place::byte(outer.file, array.at);
            Error::malformed(place, format!("{expected} in {name}"), format!("{rows} × {columns}"))
        };
        // Most often a square matrix of any name is the graph.
        let named = rank(name, &ADJACENCIES, None);
        let any = (array.is_square() && array.shape[0] > 1).then_some(ADJACENCIES.len());
        if let Some(rank) = rank(name, &FEATURES, config.use_columns.first()) {
            if is_better(rank, self.features.as_ref().map(|(before, _)| *before)) {
                let features = features(array).ok_or_else(|| wrong("finite features, a row a node"))?;
                self.features = Some((rank, features));
            }
        } else if let Some(rank) = rank(name, &CLASSES, config.label.as_ref()) {
            if is_better(rank, self.classes.as_ref().map(|(before, _)| *before)) {
                let classes = classes(array).ok_or_else(|| wrong("a class a node, or a column a class"))?;
                self.classes = Some((rank, classes.map_err(|error| error.in_file(outer.file))?));
            }
        } else if let Some(rank) = named.or(any) {
            if !array.is_square() {
                return Err(wrong("a square matrix, the adjacency of a graph,"));
            }
            let before = self.adjacency.as_ref().map(|(before, ..)| *before);
            if before == Some(rank) && rank == ADJACENCIES.len() {
                let expected = "one square matrix, or one called adj, network, adjacency or A";
                return Err(wrong(expected));
            }
            if is_better(rank, before) {
                self.adjacency = Some((rank, array.shape[0], arcs(array)));
            }
        }
        Ok(())
    }

    fn dataset(self, path: &Path) -> Result<RawDataset, Error> {
        let Some((_, num_nodes, arcs)) = self.adjacency else {
            let expected = "a square matrix called adj, network, adjacency or A";
            let found = if self.names.is_empty() { "no variable".to_string() } else { self.names.join(", ") };
            return Err(Error::malformed(Place::whole(path), expected, found));
        };
        let check = |what: &str, num_rows: usize| {
            let expected = format!("{num_nodes} rows of {what}, one for each node");
            let wrong = Error::malformed(Place::whole(path), expected, num_rows.to_string());
            if num_rows == num_nodes { Ok(()) } else { Err(wrong) }
        };
        let features = self.features.map(|(_, features)| features);
        features.as_ref().map_or(Ok(()), |features| check("features", features.num_nodes()))?;
        let classes = self.classes.map(|(_, classes)| classes);
        classes.as_ref().map_or(Ok(()), |classes| check("classes", classes.num_nodes))?;
        let (labels, multi_labels) = classes.map_or((None, None), |found| (found.labels, found.multi_labels));
        let dataset = RawDataset::from_arcs(&name_of(path), NodeIds::counted(num_nodes), arcs);
        Ok(RawDataset { features, labels, multi_labels, ..dataset })
    }
}

fn arcs(array: &Array<'_>) -> Arcs {
    // Of a full matrix of bytes an arc takes many times what it takes there: no more is asked for than is needed.
    let (mut num_arcs, mut has_weights) = (0, false);
    array.for_each_nonzero(|_, _, weight| {
        num_arcs += 1;
        has_weights |= weight != 1.0;
    });
    let [mut from, mut to] = [Vec::with_capacity(num_arcs), Vec::with_capacity(num_arcs)];
    let mut weights = has_weights.then(|| Vec::with_capacity(num_arcs));
    array.for_each_nonzero(|row, column, weight| {
        from.push(row);
        to.push(column);
        if let Some(weights) = &mut weights {
            weights.push(weight);
        }
    });
    Arcs { from, to, weights, meaning: ArcMeaning::Directed }
}

/// The features that an array is; none where it has no rows and columns, or a value that is not finite.
fn features(array: &Array<'_>) -> Option<Features> {
    let [num_rows, num_columns] = array.shape;
    if num_rows == 0 || num_columns == 0 {
        return None;
    }
    if !array.is_sparse() {
        let mut matrix = Array2::zeros((num_rows, num_columns));
        array.for_each_nonzero(|row, column, value| matrix[[row as usize, column as usize]] = value);
        return Features::from_dense(matrix).ok();
    }
    // Few rows are declared by a few bytes: a matrix of more than its entries could fill is none of features.
    let mut entries = Vec::new();
    array.for_each_nonzero(|row, column, value| entries.push((row, column, value)));
    if num_rows > MAX_EMPTY_ROWS.max(8 * entries.len()) {
        return None;
    }
    entries.sort_unstable_by_key(|&(row, column, _)| (row, column));
    let mut row_pointers = vec![0usize; num_rows + 1];
    entries.iter().for_each(|entry| row_pointers[entry.0 as usize + 1] += 1);
    (0..num_rows).for_each(|row| row_pointers[row + 1] += row_pointers[row]);
    let (indices, data) = entries.into_iter().map(|(_, column, value)| (column, value)).unzip();
    let matrix = CsrMatrix::try_new((num_rows, num_columns), row_pointers, indices, data).ok()?;
    Features::from_sparse(matrix).ok()
}

/// More rows than this need entries.
const MAX_EMPTY_ROWS: usize = 1 << 20;

/// The classes that an array says; none where it is neither a number a node nor a column a class.
fn classes(array: &Array<'_>) -> Option<Result<Classes, Error>> {
    let [num_rows, num_columns] = array.shape;
    if let Some(numbers) = array.vector() {
        let mut column = ClassColumn::with_room(numbers.len());
        for number in numbers.iter() {
            if column.push(&number.to_string()).is_err() {
                return None;
            }
        }
        let num_nodes = numbers.len();
        return Some(column.finish().map(|labels| Classes { num_nodes, labels, multi_labels: None }));
    }
    let mut entries = Vec::new();
    array.for_each_nonzero(|row, column, _| entries.push((row, column)));
    if num_columns == 0 || num_columns > MAX_CLASSES || num_rows > MAX_EMPTY_ROWS.max(8 * entries.len()) {
        return None;
    }
    entries.sort_unstable();
    let mut rest = entries.iter().peekable();
    let lists = (0..num_rows as u32).map(|node| {
        let mut list = Vec::new();
        while let Some((_, class)) = rest.next_if(|(row, _)| *row == node) {
            list.push(*class);
        }
        list
    });
    let class_names = (1..=num_columns).map(|class| class.to_string()).collect();
    Some(MultiLabels::from_lists(lists, class_names).and_then(|multi_labels| {
        let (labels, multi_labels) = match multi_labels.to_labels() {
            Some(labels) => (Some(labels?), None),
            None => (None, Some(multi_labels)),
        };
        Ok(Classes { num_nodes: num_rows, labels, multi_labels })
    }))
}

const MAX_CLASSES: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn sample(name: &str) -> Vec<u8> {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/mat").join(name)).unwrap()
    }

    fn raw(bytes: &[u8], columns: ColumnConfig) -> Result<RawDataset, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mat");
        std::fs::write(&path, bytes).unwrap();
        read(&path, &ReadConfig { columns, ..ReadConfig::default() })
    }

    const PATH: [(u32, u32); 6] = [(1, 0), (0, 1), (2, 1), (1, 2), (3, 2), (2, 3)];

    #[test]
    fn packed_sparse_matrices_are_a_graph_and_several_classes_for_a_node() {
        let read = raw(&sample("groups.mat"), ColumnConfig::default()).unwrap();
        assert_eq!(read.arcs, Arcs::from_pairs(&PATH, ArcMeaning::Directed));
        let classes = read.multi_labels.unwrap();
        assert_eq!(classes.class_names(), ["1", "2", "3"]);
        let of_nodes: Vec<&[u32]> = (0..4).map(|node| classes.of_node(node)).collect();
        assert_eq!(of_nodes, [&[0, 2][..], &[1], &[], &[0]]);
        assert_eq!((read.labels, read.features), (None, None));
    }

    #[test]
    fn attributes_and_the_class_that_counts_most_are_found_by_their_names() {
        let read = raw(&sample("attributes.mat"), ColumnConfig::default()).unwrap();
        assert_eq!(read.arcs.weights, Some(vec![0.5; 6]));
        let features = array![[1.0, 0.25], [0.0, -3.0], [2.0, 0.0], [0.0, 1e-3]];
        assert_eq!(read.features, Some(Features::Dense(features)));
        assert_eq!(read.labels.unwrap().classes(), [Some(0), Some(1), Some(1), Some(0)]);
        let other = ColumnConfig { label: Some("Label".into()), ..ColumnConfig::default() };
        let read = raw(&sample("attributes.mat"), other).unwrap();
        assert_eq!(read.labels.unwrap().class_names(), ["0"]);
    }

    #[test]
    fn the_matrix_of_a_problem_is_found_in_its_structure() {
        let read = raw(&sample("problem.mat"), ColumnConfig::default()).unwrap();
        assert_eq!(read.arcs, Arcs::from_pairs(&PATH, ArcMeaning::Directed));
    }

    #[test]
    fn what_is_no_such_file_is_named() {
        let message = |bytes: &[u8]| raw(bytes, ColumnConfig::default()).unwrap_err().to_string();
        assert_eq!(
            message(b"MATLAB 7.3 MAT-file"),
            "a.mat: refused a MAT-file of level 7.3, which is HDF5: write it by save('f.mat', '-v7')"
        );
        assert_eq!(
            message(b"1 2\n"),
            "a.mat: expected a MAT-file of level 5, as save('f.mat', '-v7') and scipy.io.savemat write it, found 4 bytes"
        );
        let header = &sample("groups.mat")[..HEADER_LEN];
        assert_eq!(
            message(header),
            "a.mat: expected a square matrix called adj, network, adjacency or A, found no variable"
        );
        let too_long = [header, &[15, 0, 0, 0, 200, 0, 0, 0, 1, 2, 3]].concat();
        assert_eq!(message(&too_long), "a.mat, byte 128: expected an element of 200 bytes, found 3 bytes");
    }

    #[test]
    fn a_file_cut_anywhere_gives_an_error_or_less() {
        for name in ["groups.mat", "attributes.mat", "problem.mat"] {
            let bytes = sample(name);
            for end in 0..bytes.len() {
                if let Err(error) = raw(&bytes[..end], ColumnConfig::default()) {
                    assert!(error.to_string().starts_with("a.mat"), "{error}");
                }
            }
        }
    }
}
