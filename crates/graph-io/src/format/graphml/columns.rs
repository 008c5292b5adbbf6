//! Features as they are read, value by value.

use std::path::Path;

use ndarray::Array2;

use super::keys::Column;
use crate::csr::CsrMatrix;
use crate::error::{Error, Place};
use crate::feature_names::FeatureNames;
use crate::features::Features;
use crate::format::quoted::quoted;
use crate::node_ids::NodeIds;

/// The values that nodes have, row by row.
#[derive(Default)]
pub(super) struct Rows {
    columns: Vec<u32>,
    values: Vec<f32>,
    ends: Vec<usize>,
}

impl Rows {
    pub(super) fn push(&mut self, column: u32, value: f32) {
        self.columns.push(column);
        self.values.push(value);
    }

    /// Ends the row of a node; gives back a column that has two values.
    pub(super) fn end_row(&mut self) -> Option<u32> {
        let start = self.ends.last().copied().unwrap_or(0);
        self.ends.push(self.columns.len());
        let (columns, values) = (&mut self.columns[start..], &mut self.values[start..]);
        if columns.is_sorted_by(|a, b| a < b) {
            return None;
        }
        let mut row: Vec<(u32, f32)> = columns.iter().copied().zip(values.iter().copied()).collect();
        row.sort_by_key(|entry| entry.0);
        for (place, (column, value)) in row.into_iter().enumerate() {
            (columns[place], values[place]) = (column, value);
        }
        columns.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// The features, none where there is no column; `max_bytes` is what they may take.
    pub(super) fn into_features(
        self,
        columns: Vec<Column>,
        node_ids: &NodeIds,
        (file, max_bytes): (&Path, usize),
    ) -> Result<Option<(Features, FeatureNames)>, Error> {
        let num_nodes = self.ends.len();
        let mut counts = vec![0usize; columns.len()];
        self.columns.iter().for_each(|&column| counts[column as usize] += 1);
        let mut new_columns = vec![None; columns.len()];
        let mut defaults: Vec<f32> = Vec::new();
        let mut num_stored = self.values.len();
        for (index, (column, &count)) in columns.iter().zip(&counts).enumerate() {
            if count == 0 && column.is_shared && column.default.is_none() {
                continue;
            }
            if count < num_nodes && column.default.is_none() {
                let without = (0..num_nodes).find(|&node| !self.row(node).0.contains(&(index as u32)));
                let node = without.map_or_else(String::new, |node| quoted(&node_ids.get(node as u32)));
                let expected =
                    format!("a value of {} or a default of it for every node", quoted(&column.name));
                return Err(Error::malformed(Place::whole(file), expected, format!("none for node {node}")));
            }
            let default = column.default.unwrap_or(0.0);
            if default != 0.0 {
                num_stored = num_stored.saturating_add(num_nodes - count);
            }
            new_columns[index] = Some(defaults.len() as u32);
            defaults.push(default);
        }
        if defaults.is_empty() || num_nodes == 0 {
            return Ok(None);
        }
        let all_zero = columns.iter().all(|column| column.default == Some(0.0));
        let dense_bytes = num_nodes.saturating_mul(defaults.len()).saturating_mul(size_of::<f32>());
        let features = if !all_zero && dense_bytes <= max_bytes {
            self.into_dense(&new_columns, &defaults)
        } else if num_stored.saturating_mul(8) <= max_bytes {
            self.into_sparse(&new_columns, &defaults, num_stored)
        } else {
            let what = format!(
                "{num_stored} values of features, most of them defaults, from a file of {} values",
                self.values.len()
            );
            return Err(Error::refused(Place::whole(file), what));
        };
        let kept = columns.into_iter().zip(&new_columns).filter(|(_, place)| place.is_some());
        let names = FeatureNames::of_columns(kept.map(|(column, _)| column.name).collect());
        Ok(Some((features, names)))
    }

    fn row(&self, node: usize) -> (&[u32], &[f32]) {
        let start = if node == 0 { 0 } else { self.ends[node - 1] };
        (&self.columns[start..self.ends[node]], &self.values[start..self.ends[node]])
    }

    fn into_dense(self, new_columns: &[Option<u32>], defaults: &[f32]) -> Features {
        let mut matrix =
            Array2::from_shape_fn((self.ends.len(), defaults.len()), |(_, column)| defaults[column]);
        for node in 0..self.ends.len() {
            let (columns, values) = self.row(node);
            for (&column, &value) in columns.iter().zip(values) {
                if let Some(column) = new_columns[column as usize] {
                    matrix[[node, column as usize]] = value;
                }
            }
        }
        Features::Dense(matrix)
    }

    fn into_sparse(self, new_columns: &[Option<u32>], defaults: &[f32], num_stored: usize) -> Features {
        let filled: Vec<u32> =
            (0..).zip(defaults).filter(|(_, default)| **default != 0.0).map(|(column, _)| column).collect();
        let (mut row_pointers, mut indices, mut data) =
            (vec![0], Vec::with_capacity(num_stored), Vec::with_capacity(num_stored));
        for node in 0..self.ends.len() {
            let (columns, values) = self.row(node);
            let mut fill = filled.iter().copied().peekable();
            for (&column, &value) in columns.iter().zip(values) {
                let Some(column) = new_columns[column as usize] else { continue };
                while let Some(before) = fill.next_if(|&before| before < column) {
                    indices.push(before);
                    data.push(defaults[before as usize]);
                }
                fill.next_if_eq(&column);
                indices.push(column);
                data.push(value);
            }
            for rest in fill {
                indices.push(rest);
                data.push(defaults[rest as usize]);
            }
            row_pointers.push(indices.len());
        }
        let matrix = CsrMatrix::try_new((self.ends.len(), defaults.len()), row_pointers, indices, data);
        Features::Sparse(matrix.expect("columns of a row ascend"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn columns(defaults: &[Option<f32>]) -> Vec<Column> {
        let column =
            |(index, &default)| Column { name: format!("c{index}").into(), default, is_shared: false };
        defaults.iter().enumerate().map(column).collect()
    }

    /// `[[_, 5, _], [7, _, _]]`
    fn rows() -> Rows {
        let mut rows = Rows::default();
        rows.push(1, 5.0);
        assert_eq!(rows.end_row(), None);
        rows.push(0, 7.0);
        assert_eq!(rows.end_row(), None);
        rows
    }

    fn features(defaults: &[Option<f32>], max_bytes: usize) -> Result<Option<Features>, Error> {
        let read = rows().into_features(
            columns(defaults),
            &NodeIds::counted(2),
            (Path::new("a.graphml"), max_bytes),
        );
        Ok(read?.map(|(features, _)| features))
    }

    #[test]
    fn values_that_are_not_there_are_the_defaults() {
        let defaults = [Some(1.0), Some(0.0), Some(2.0)];
        let dense = array![[1.0, 5.0, 2.0], [7.0, 0.0, 2.0]];
        assert_eq!(features(&defaults, 24).unwrap(), Some(Features::Dense(dense)));
        let zeros = features(&[Some(0.0); 3], 16).unwrap().unwrap();
        assert!(matches!(&zeros, Features::Sparse(matrix) if matrix.nnz() == 2), "{zeros:?}");
    }

    #[test]
    fn what_is_too_large_for_a_full_array_is_kept_in_rows_and_what_is_too_large_for_rows_is_refused() {
        let mut defaults = vec![Some(0.0); 100];
        (defaults[0], defaults[2]) = (Some(1.0), Some(2.0));
        let Some(Features::Sparse(matrix)) = features(&defaults, 40).unwrap() else { panic!("800 bytes") };
        assert_eq!(matrix.to_dense().slice(ndarray::s![.., ..3]), array![[1.0, 5.0, 2.0], [7.0, 0.0, 2.0]]);
        assert_eq!(
            features(&defaults, 39).unwrap_err().to_string(),
            "a.graphml: refused 5 values of features, most of them defaults, from a file of 2 values"
        );
    }

    #[test]
    fn columns_without_defaults_ask_every_node() {
        assert_eq!(
            features(&[Some(0.0), None, Some(0.0)], 100).unwrap_err().to_string(),
            "a.graphml: expected a value of \"c1\" or a default of it for every node, found none for node \"1\""
        );
        let mut shared = columns(&[Some(0.0), Some(0.0), None]);
        shared[2].is_shared = true;
        let (features, names) =
            rows().into_features(shared, &NodeIds::counted(2), (Path::new("a"), 100)).unwrap().unwrap();
        assert_eq!(features, Features::Dense(array![[0.0, 5.0], [7.0, 0.0]]));
        assert_eq!(names.iter().collect::<Vec<_>>(), ["c0", "c1"], "the third is of edges alone");
    }

    #[test]
    fn a_row_is_sorted_and_two_values_of_one_column_are_found() {
        let mut rows = Rows::default();
        rows.push(2, 1.0);
        rows.push(0, 3.0);
        assert_eq!((rows.end_row(), rows.row(0)), (None, (&[0, 2][..], &[3.0, 1.0][..])));
        rows.push(1, 1.0);
        rows.push(1, 1.0);
        assert_eq!(rows.end_row(), Some(1));
    }
}
