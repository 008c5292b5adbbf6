//! What the arrays of a folder hold, checked.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::metadata::{self, Metadata, Storage};
use super::part::Part;
use crate::cleaning::CleaningReport;
use crate::csr::CsrMatrix;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::format::npy::NpyArray;
use crate::graph::Graph;
use crate::labels::Labels;
use crate::node_dataset::NodeDatasetParts;
use crate::node_ids::NodeIds;
use crate::read_notes::ReadNotes;
use crate::split::Split;

/// Where the bytes of arrays come from.
pub(super) trait ArraySource {
    /// The file of an array from its first byte to its last.
    fn bytes(&self, part: Part) -> Result<Cow<'_, [u8]>, Error>;

    /// What messages call it.
    fn path(&self, part: Part) -> PathBuf;
}

/// Everything, copied.
///
/// # Errors
/// Arrays that are not as described, or do not make a graph with what is known of its nodes.
pub(super) fn read_dataset(
    source: &impl ArraySource,
    metadata: &Metadata,
) -> Result<NodeDatasetParts, Error> {
    let graph = read_graph(source, metadata)?;
    let features = read_features(source, metadata)?;
    let labels = read_labels(source, metadata)?;
    let splits = read_splits(source, metadata, labels.as_ref())?;
    let node_ids = read_node_ids(source, metadata)?;
    let name = metadata.name.clone();
    Ok(NodeDatasetParts {
        multi_labels: None,
        name,
        graph,
        features,
        feature_names: None,
        labels,
        splits,
        node_ids,
        report: CleaningReport::default(),
        notes: ReadNotes::default(),
    })
}

fn read_part<T>(
    source: &impl ArraySource,
    metadata: &Metadata,
    part: Part,
    convert: impl FnOnce(&NpyArray) -> Result<T, Error>,
) -> Result<T, Error> {
    let bytes = source.bytes(part)?;
    let array = NpyArray::parse(&bytes, &source.path(part))?;
    metadata.check_array(part, &array)?;
    convert(&array)
}

fn read_graph(source: &impl ArraySource, metadata: &Metadata) -> Result<Graph, Error> {
    let pointers = read_pointers(source, metadata, Part::RowPointers, metadata.num_arcs)?;
    let columns: Vec<u32> = read_part(source, metadata, Part::Columns, |array| array.to_vector())?;
    check_rows(&pointers, &columns, metadata.num_nodes, &source.path(Part::Columns))?;
    let weights = match metadata.has(Part::Weights) {
        true => read_weights(source, metadata)?,
        false => vec![1.0; columns.len()],
    };
    let shape = (metadata.num_nodes, metadata.num_nodes);
    let matrix = CsrMatrix::try_new(shape, pointers, columns, weights);
    let graph = Graph::from_adjacency(matrix.expect("rows that ascend below their number are valid"))
        .map_err(|error| error.in_file(&source.path(Part::Columns)))?;
    let description = source.path(Part::Columns).with_file_name(metadata::FILE);
    check_loops(graph.num_loops(), metadata, &description)?;
    Ok(graph)
}

fn read_weights(source: &impl ArraySource, metadata: &Metadata) -> Result<Vec<f32>, Error> {
    let weights: Vec<f32> = read_part(source, metadata, Part::Weights, |array| array.to_vector())?;
    match weights.iter().position(|weight| !(weight.is_finite() && *weight > 0.0)) {
        Some(arc) => {
            let found = format!("{} at arc {arc}", weights[arc]);
            Err(Error::malformed(Place::whole(&source.path(Part::Weights)), "finite positive weights", found))
        }
        None => Ok(weights),
    }
}

/// Checks the number of loops against the description.
fn check_loops(num_loops: usize, metadata: &Metadata, description: &Path) -> Result<(), Error> {
    if num_loops == metadata.num_loops {
        return Ok(());
    }
    let expected = format!("num_loops {num_loops}, as the graph has");
    Err(Error::malformed(Place::whole(description), expected, metadata.num_loops.to_string()))
}

fn read_features(source: &impl ArraySource, metadata: &Metadata) -> Result<Features, Error> {
    let (part, features) = match metadata.features {
        Storage::Dense => {
            let matrix = read_part(source, metadata, Part::Features, |array| array.to_matrix())?;
            (Part::Features, Features::from_dense(matrix))
        }
        Storage::Sparse => {
            let columns: Vec<u32> =
                read_part(source, metadata, Part::FeatureColumns, |array| array.to_vector())?;
            let pointers = read_pointers(source, metadata, Part::FeatureRowPointers, columns.len())?;
            check_rows(&pointers, &columns, metadata.d_input, &source.path(Part::FeatureColumns))?;
            let values = read_part(source, metadata, Part::FeatureValues, |array| array.to_vector())?;
            let shape = (metadata.num_nodes, metadata.d_input);
            let matrix = CsrMatrix::try_new(shape, pointers, columns, values);
            let matrix = matrix.expect("rows that ascend below their number are valid");
            (Part::FeatureValues, Features::from_sparse(matrix))
        }
    };
    features.map_err(|error| error.in_file(&source.path(part)))
}

/// Row pointers that ascend from 0 to the number of entries.
fn read_pointers(
    source: &impl ArraySource,
    metadata: &Metadata,
    part: Part,
    num_entries: usize,
) -> Result<Vec<usize>, Error> {
    let pointers: Vec<usize> = read_part(source, metadata, part, |array| array.to_vector())?;
    let wrong = |row: usize| {
        let expected = format!("pointers that ascend from 0 to {num_entries}");
        let found = format!("{} at row {row}", pointers[row]);
        Err(Error::malformed(Place::whole(&source.path(part)), expected, found))
    };
    // One pointer more than nodes: there is a first and a last.
    let last = pointers.len() - 1;
    match pointers.windows(2).position(|pair| pair[0] > pair[1]) {
        _ if pointers[0] != 0 => wrong(0),
        Some(row) => wrong(row + 1),
        None if pointers[last] != num_entries => wrong(last),
        None => Ok(pointers),
    }
}

fn check_rows(pointers: &[usize], columns: &[u32], num_columns: usize, file: &Path) -> Result<(), Error> {
    for (row, pair) in pointers.windows(2).enumerate() {
        check_row(row, &columns[pair[0]..pair[1]], num_columns, || file.to_path_buf())?;
    }
    Ok(())
}

/// Checks that the columns of a row ascend below their number.
pub(super) fn check_row(
    row: usize,
    columns: &[u32],
    num_columns: usize,
    file: impl FnOnce() -> PathBuf,
) -> Result<(), Error> {
    let ascends = columns.is_sorted_by(|a, b| a < b);
    match columns.last() {
        Some(&last) if !ascends || last as usize >= num_columns => {
            let expected = format!("columns that ascend below {num_columns} in row {row}");
            let found = if ascends { last.to_string() } else { "others".to_string() };
            Err(Error::malformed(Place::whole(&file()), expected, found))
        }
        _ => Ok(()),
    }
}

fn read_labels(source: &impl ArraySource, metadata: &Metadata) -> Result<Option<Labels>, Error> {
    let Some(class_names) = &metadata.class_names else { return Ok(None) };
    let numbers: Vec<i64> = read_part(source, metadata, Part::Labels, |array| array.to_vector())?;
    let file = source.path(Part::Labels);
    let mut classes = Vec::with_capacity(numbers.len());
    for (node, number) in numbers.into_iter().enumerate() {
        classes.push(class_of(node, number, class_names.len(), || file.clone())?);
    }
    Labels::from_classes(classes, class_names.clone()).map(Some).map_err(|error| error.in_file(&file))
}

/// The class that a number stands for.
pub(super) fn class_of(
    node: usize,
    number: i64,
    num_classes: usize,
    file: impl FnOnce() -> PathBuf,
) -> Result<Option<u32>, Error> {
    match u32::try_from(number) {
        Ok(class) if (class as usize) < num_classes => Ok(Some(class)),
        _ if number == -1 => Ok(None),
        _ => {
            let expected = format!("-1 or a class below {num_classes}");
            let found = format!("{number} at node {node}");
            Err(Error::malformed(Place::whole(&file()), expected, found))
        }
    }
}

fn read_splits(
    source: &impl ArraySource,
    metadata: &Metadata,
    labels: Option<&Labels>,
) -> Result<Vec<Split>, Error> {
    if !metadata.has(Part::Splits) {
        return Ok(Vec::new());
    }
    let file = source.path(Part::Splits);
    let Some(labels) = labels else {
        return Err(Error::malformed(Place::whole(&file), "labels beside it", "none"));
    };
    let sets = read_part(source, metadata, Part::Splits, |array| array.to_matrix::<u8>())?;
    let mut splits = Vec::with_capacity(sets.nrows());
    for row in sets.rows() {
        let mut nodes = [vec![], vec![], vec![], vec![]];
        for (node, &set) in (0u32..).zip(row) {
            match nodes.get_mut(usize::from(set)) {
                Some(nodes) if set > 0 => nodes.push(node),
                Some(_) => {}
                None => {
                    let found = format!("{set} at node {node}");
                    return Err(Error::malformed(Place::whole(&file), "sets 0 to 3", found));
                }
            }
        }
        let [_, train, val, test] = nodes;
        splits.push(Split::from_nodes(train, val, test, labels).map_err(|error| error.in_file(&file))?);
    }
    Ok(splits)
}

fn read_node_ids(source: &impl ArraySource, metadata: &Metadata) -> Result<NodeIds, Error> {
    if metadata.has(Part::NodeIds) {
        return Ok(NodeIds::from_numbers(read_part(source, metadata, Part::NodeIds, |array| {
            array.to_vector()
        })?));
    }
    if !metadata.has(Part::NodeIdBytes) {
        return Ok(NodeIds::counted(metadata.num_nodes));
    }
    let bytes: Vec<u8> = read_part(source, metadata, Part::NodeIdBytes, |array| array.to_vector())?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let found = format!("another byte behind {} of them", error.utf8_error().valid_up_to());
        Error::malformed(Place::whole(&source.path(Part::NodeIdBytes)), "UTF-8 text", found)
    })?;
    let ends: Vec<usize> = read_part(source, metadata, Part::NodeIdEnds, |array| array.to_vector())?;
    let is_cut = |end: usize| !text.is_char_boundary(end);
    let wrong = ends
        .iter()
        .position(|&end| is_cut(end))
        .or_else(|| ends.windows(2).position(|pair| pair[0] > pair[1]));
    if wrong.is_some() || ends.last() != Some(&text.len()) {
        let place = Place::whole(&source.path(Part::NodeIdEnds));
        let expected = format!("ends of texts that ascend to {}", text.len());
        let found =
            format!("{} at node {}", ends[wrong.unwrap_or(ends.len() - 1)], wrong.unwrap_or(ends.len() - 1));
        return Err(Error::malformed(place, expected, found));
    }
    Ok(NodeIds::from_text(text, ends))
}
