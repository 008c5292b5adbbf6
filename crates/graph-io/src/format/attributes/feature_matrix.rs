//! Columns of numbers as one matrix.

use ndarray::Array2;

use crate::csr::CsrMatrix;
use crate::error::Error;
use crate::feature_names::FeatureNames;
use crate::features::Features;
use crate::format::quoted::quoted;
use crate::node_ids::NodeIds;
use crate::read_notes::ReadNotes;

/// The values of a column.
#[derive(Debug)]
pub(super) struct FeatureColumn {
    pub(super) name: Box<str>,
    /// The nodes with a value, ascending.
    pub(super) nodes: Vec<u32>,
    pub(super) values: Vec<f32>,
    /// The value of the others.
    pub(super) default: Option<f32>,
    /// The name of the list that it is the second or a later element of.
    pub(super) list: Option<Box<str>>,
}

/// The features of the nodes, none where there is no column: in compressed rows where every default is 0, or fewer than a
/// tenth of the values are not zero, or a full array would take more than `max_bytes`. A missing value is NaN; where there
/// are more of these than fit into `max_bytes`, the columns that have any are left out.
///
/// # Errors
/// Lists of different lengths; more values than fit into `max_bytes`.
pub(super) fn feature_matrix(
    mut columns: Vec<FeatureColumn>,
    node_ids: &NodeIds,
    max_bytes: usize,
    notes: &mut ReadNotes,
) -> Result<Option<(Features, FeatureNames)>, Error> {
    let num_nodes = node_ids.len();
    let is_ragged = |column: &&FeatureColumn| column.list.is_some() && column.num_missing(num_nodes) > 0;
    if let Some(column) = columns.iter().find(is_ragged) {
        return Err(ragged(column, node_ids));
    }
    let stored = |columns: &[FeatureColumn]| -> usize {
        columns.iter().map(|column| column.num_nonzeros(num_nodes)).fold(0, usize::saturating_add)
    };
    let mut num_nonzeros = stored(&columns);
    if num_nonzeros.saturating_mul(8) > max_bytes {
        columns.retain(|column| {
            let num_missing = column.num_missing(num_nodes);
            if num_missing > 0 {
                notes.unused(
                    &column.name,
                    "no value for so many nodes that filling them takes too much memory",
                );
            }
            num_missing == 0
        });
        num_nonzeros = stored(&columns);
    }
    let d_input = columns.len();
    if num_nodes == 0 || d_input == 0 {
        return Ok(None);
    }
    let dense_bytes = num_nodes.saturating_mul(d_input).saturating_mul(size_of::<f32>());
    let is_sparse = columns.iter().all(|column| column.default == Some(0.0))
        || num_nonzeros.saturating_mul(10) < num_nodes.saturating_mul(d_input);
    if !is_sparse && dense_bytes <= max_bytes {
        let matrix = dense(&columns, num_nodes);
        return Ok(Some((Features::Dense(matrix), names_of(columns))));
    }
    if num_nonzeros.saturating_mul(8) > max_bytes {
        let num_read: usize = columns.iter().map(|column| column.values.len()).sum();
        let expected = format!("about as many values as the {num_read} of the file");
        return Err(Error::invalid("features", expected, format!("{num_nonzeros}, most of them defaults")));
    }
    let matrix = sparse(&columns, num_nodes, num_nonzeros);
    Ok(Some((Features::Sparse(matrix), names_of(columns))))
}

impl FeatureColumn {
    /// How many nodes have neither a value nor a default.
    fn num_missing(&self, num_nodes: usize) -> usize {
        if self.default.is_some() { 0 } else { num_nodes - self.nodes.len() }
    }

    /// How many values are kept in rows: those that are not zero, missing ones among them.
    fn num_nonzeros(&self, num_nodes: usize) -> usize {
        // What a file says beside a default of 0 is kept, zeros too.
        if self.default == Some(0.0) {
            return self.values.len();
        }
        num_nodes - self.nodes.len() + self.values.iter().filter(|&&value| value != 0.0).count()
    }

    /// The value of the nodes without one.
    fn fill(&self) -> f32 {
        self.default.unwrap_or(f32::NAN)
    }
}

fn names_of(columns: Vec<FeatureColumn>) -> FeatureNames {
    FeatureNames::of_columns(columns.into_iter().map(|column| column.name).collect())
}

fn ragged(column: &FeatureColumn, node_ids: &NodeIds) -> Error {
    let node = (0..).zip(&column.nodes).find_map(|(expected, &node)| (expected != node).then_some(expected));
    let id = quoted(&node_ids.get(node.unwrap_or(column.nodes.len() as u32)));
    let list = quoted(column.list.as_deref().unwrap_or_default());
    let found = format!("a shorter one for node {id}");
    Error::invalid("features", format!("lists of {list} of one length"), found)
}

fn dense(columns: &[FeatureColumn], num_nodes: usize) -> Array2<f32> {
    let mut matrix = Array2::from_shape_fn((num_nodes, columns.len()), |(_, column)| columns[column].fill());
    for (index, column) in columns.iter().enumerate() {
        for (&node, &value) in column.nodes.iter().zip(&column.values) {
            matrix[[node as usize, index]] = value;
        }
    }
    matrix
}

fn sparse(columns: &[FeatureColumn], num_nodes: usize, num_nonzeros: usize) -> CsrMatrix {
    let mut row_pointers = vec![0usize; num_nodes + 1];
    for column in columns {
        nonzeros(column, num_nodes).for_each(|(node, _)| row_pointers[node as usize + 1] += 1);
    }
    (0..num_nodes).for_each(|node| row_pointers[node + 1] += row_pointers[node]);
    let mut ends = row_pointers.clone();
    let (mut indices, mut data) = (vec![0u32; num_nonzeros], vec![0.0; num_nonzeros]);
    for (index, column) in (0..).zip(columns) {
        for (node, value) in nonzeros(column, num_nodes) {
            let end = &mut ends[node as usize];
            (indices[*end], data[*end]) = (index, value);
            *end += 1;
        }
    }
    let matrix = CsrMatrix::try_new((num_nodes, columns.len()), row_pointers, indices, data);
    matrix.expect("columns come in their order")
}

/// The values that are not zero, with their nodes in order.
fn nonzeros(column: &FeatureColumn, num_nodes: usize) -> impl Iterator<Item = (u32, f32)> {
    // Missing values need a place where they are not all given.
    let keeps_zeros = column.default == Some(0.0);
    let is_full = column.nodes.len() == num_nodes;
    let default = Some(column.fill()).filter(|&default| default != 0.0 && !is_full);
    let mut given = column.nodes.iter().copied().zip(column.values.iter().copied()).peekable();
    // Where the others are zero, only the given ones are walked.
    let mut next_node = 0u32;
    std::iter::from_fn(move || {
        let Some(default) = default else { return given.next() };
        let node = next_node;
        next_node += 1;
        let value = given.next_if(|(of, _)| *of == node).map_or(default, |(_, value)| value);
        ((node as usize) < num_nodes).then_some((node, value))
    })
    .filter(move |(_, value)| *value != 0.0 || keeps_zeros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn column(entries: &[(u32, f32)], default: Option<f32>) -> FeatureColumn {
        let (nodes, values) = entries.iter().copied().unzip();
        FeatureColumn { name: "c".into(), nodes, values, default, list: None }
    }

    /// `[[_, 5, _], [7, _, _]]`
    fn features(defaults: [Option<f32>; 3], max_bytes: usize) -> Result<Option<Features>, Error> {
        let entries: [&[(u32, f32)]; 3] = [&[(1, 7.0)], &[(0, 5.0)], &[]];
        let columns = entries.iter().zip(defaults).map(|(entries, default)| column(entries, default));
        let read =
            feature_matrix(columns.collect(), &NodeIds::counted(2), max_bytes, &mut ReadNotes::default())?;
        Ok(read.map(|(features, _)| features))
    }

    #[test]
    fn values_that_are_not_there_are_the_defaults() {
        let dense = array![[1.0, 5.0, 2.0], [7.0, 0.0, 2.0]];
        let defaults = [Some(1.0), Some(0.0), Some(2.0)];
        assert_eq!(features(defaults, 24).unwrap(), Some(Features::Dense(dense)));
        // 24 bytes as an array, 5 values of 8 bytes as rows.
        assert!(features(defaults, 23).is_err());
    }

    #[test]
    fn mostly_zeros_are_kept_in_rows() {
        let zeros = features([Some(0.0); 3], 16).unwrap().unwrap();
        assert!(matches!(&zeros, Features::Sparse(matrix) if matrix.nnz() == 2), "{zeros:?}");
        let mut columns: Vec<FeatureColumn> = (0..20).map(|_| column(&[(0, 0.0), (1, 0.0)], None)).collect();
        columns.push(column(&[(1, 3.0)], Some(2.0)));
        let Ok(Some((Features::Sparse(matrix), _))) =
            feature_matrix(columns, &NodeIds::counted(2), 1000, &mut ReadNotes::default())
        else {
            panic!("2 of 42 are fewer than a tenth")
        };
        assert_eq!((matrix.indices(), matrix.data()), (&[20, 20][..], &[2.0, 3.0][..]));
    }

    #[test]
    fn more_defaults_than_the_file_has_values_are_refused() {
        assert_eq!(
            features([Some(1.0), Some(0.0), Some(2.0)], 20).unwrap_err().to_string(),
            "features: expected about as many values as the 2 of the file, found 5, most of them defaults"
        );
    }

    #[test]
    fn missing_values_are_nan_or_their_columns_left_out() {
        let Some(Features::Dense(matrix)) = features([Some(0.0), None, Some(0.0)], 100).unwrap() else {
            panic!("3 of 6 values are not zero")
        };
        assert!(matrix[[1, 1]].is_nan() && matrix[[0, 1]] == 5.0, "{matrix}");
        let columns = vec![column(&[(0, 1.0)], None), column(&[(0, 3.0), (1, 4.0)], None)];
        let mut notes = ReadNotes::default();
        let read = feature_matrix(columns, &NodeIds::counted(2), 24, &mut notes).unwrap();
        assert_eq!(read.unwrap().0, Features::Dense(array![[3.0], [4.0]]));
        assert_eq!(
            notes.to_string(),
            "not used: \"c\" (no value for so many nodes that filling them takes too much memory)\n"
        );
    }
}
