//! What features hold column by column.

use crate::csr::{CsrMatrix, row};
use crate::features::Features;

/// The least and the largest number of a column; zeros that are not stored count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColumnRange {
    /// The least.
    pub least: f32,
    /// The largest.
    pub most: f32,
}

impl Features {
    /// Sees the column and the value of every stored entry, row after row.
    pub fn for_each_entry(&self, mut see: impl FnMut(usize, f32)) {
        match self {
            Self::Sparse(matrix) => {
                let entries = matrix.indices().iter().zip(matrix.data());
                entries.for_each(|(column, value)| see(*column as usize, *value));
            }
            Self::Dense(matrix) => {
                matrix.rows().into_iter().for_each(|values| {
                    values.iter().enumerate().for_each(|(column, value)| see(column, *value));
                });
            }
        }
    }

    /// The range of each column. O(entries).
    pub fn column_ranges(&self) -> Vec<ColumnRange> {
        let mut ranges = vec![ColumnRange { least: f32::INFINITY, most: f32::NEG_INFINITY }; self.d_input()];
        let mut stored = vec![0usize; ranges.len()];
        self.for_each_entry(|column, value| {
            let range = &mut ranges[column];
            (range.least, range.most) = (range.least.min(value), range.most.max(value));
            stored[column] += 1;
        });
        for (range, stored) in ranges.iter_mut().zip(stored) {
            if stored < self.num_nodes() {
                (range.least, range.most) = (range.least.min(0.0), range.most.max(0.0));
            }
        }
        ranges
    }

    /// Some columns in the order asked for, each at most once.
    ///
    /// # Panics
    /// If a column is not below [`d_input`](Self::d_input), or asked for twice.
    #[must_use]
    pub fn select_columns(&self, order: &[usize]) -> Self {
        match self {
            Self::Dense(matrix) => Self::Dense(matrix.select(ndarray::Axis(1), order)),
            Self::Sparse(matrix) => {
                let mut place = vec![None; matrix.cols()];
                for (new, &old) in order.iter().enumerate() {
                    assert!(place[old].replace(new as u32).is_none(), "column {old} is asked for twice");
                }
                Self::Sparse(with_columns(matrix, order.len(), |column| place[column]))
            }
        }
    }

    /// Each column added to the one that `place` names, below `num_columns`.
    ///
    /// # Panics
    /// If a place is not below `num_columns`.
    #[must_use]
    pub fn map_columns(&self, num_columns: usize, place: impl Fn(usize) -> usize) -> Self {
        match self {
            Self::Sparse(matrix) => {
                Self::Sparse(with_columns(matrix, num_columns, |column| Some(place(column) as u32)))
            }
            Self::Dense(matrix) => {
                let mut out = ndarray::Array2::zeros((matrix.nrows(), num_columns));
                for ((node, column), value) in matrix.indexed_iter() {
                    out[[node, place(column)]] += value;
                }
                Self::Dense(out)
            }
        }
    }

    /// Each row divided by its length; a row of zeros stays. Sums run in `f64` from the first column to the last.
    #[must_use]
    pub fn row_l2_normalized(mut self) -> Self {
        match &mut self {
            Self::Dense(matrix) => matrix.rows_mut().into_iter().for_each(|mut row| {
                divide_by_length(row.iter_mut());
            }),
            Self::Sparse(matrix) => {
                for index in 0..matrix.rows() {
                    let range = matrix.indptr().outer_inds_sz(index);
                    divide_by_length(matrix.data_mut()[range].iter_mut());
                }
            }
        }
        self
    }
}

/// The matrix with each column at another place, or left out; entries that meet are added.
fn with_columns(matrix: &CsrMatrix, num_columns: usize, place: impl Fn(usize) -> Option<u32>) -> CsrMatrix {
    let (mut row_pointers, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
    let mut entries: Vec<(u32, f32)> = Vec::new();
    for index in 0..matrix.rows() {
        let (old_columns, old_values) = row(matrix, index);
        let pairs = old_columns.iter().zip(old_values);
        entries.clear();
        entries.extend(pairs.filter_map(|(column, value)| Some((place(*column as usize)?, *value))));
        // Stable: entries that meet are added in the order of their old columns.
        entries.sort_by_key(|(column, _)| *column);
        for &(column, value) in &entries {
            if columns.len() > row_pointers[index] && columns.last() == Some(&column) {
                *values.last_mut().expect("a value a column") += value;
            } else {
                columns.push(column);
                values.push(value);
            }
        }
        row_pointers.push(columns.len());
    }
    CsrMatrix::try_new((matrix.rows(), num_columns), row_pointers, columns, values)
        .expect("columns of a row are sorted, different and in range")
}

fn divide_by_length<'a>(row: impl Iterator<Item = &'a mut f32>) {
    let values: Vec<&mut f32> = row.collect();
    let squares: f64 = values.iter().map(|value| f64::from(**value).powi(2)).sum();
    if squares > 0.0 {
        let length = squares.sqrt();
        values.into_iter().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn both(matrix: Array2<f32>) -> [Features; 2] {
        let entries: Vec<(usize, usize, f32)> =
            matrix.indexed_iter().map(|((row, column), value)| (row, column, *value)).collect();
        let (mut row_pointers, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for index in 0..matrix.nrows() {
            for (_, column, value) in entries.iter().filter(|(row, _, value)| *row == index && *value != 0.0)
            {
                columns.push(*column as u32);
                values.push(*value);
            }
            row_pointers.push(columns.len());
        }
        let sparse = CsrMatrix::new(matrix.dim(), row_pointers, columns, values);
        [Features::Dense(matrix), Features::Sparse(sparse)]
    }

    fn dense(features: Features) -> Array2<f32> {
        match features {
            Features::Dense(matrix) => matrix,
            Features::Sparse(matrix) => matrix.to_dense(),
        }
    }

    #[test]
    fn ranges_count_zeros_that_are_not_stored() {
        for features in both(array![[2.0, -1.0, 5.0], [3.0, 0.0, 5.0]]) {
            let ranges = features.column_ranges();
            let expected = [(2.0, 3.0), (-1.0, 0.0), (5.0, 5.0)];
            let expected = expected.map(|(least, most)| ColumnRange { least, most });
            assert_eq!(ranges, expected);
        }
    }

    #[test]
    fn columns_are_put_in_order_and_left_out() {
        for features in both(array![[1.0, 2.0, 3.0], [0.0, 5.0, 0.0]]) {
            assert_eq!(dense(features.select_columns(&[2, 0])), array![[3.0, 1.0], [0.0, 0.0]]);
        }
    }

    #[test]
    fn columns_that_meet_are_added() {
        for features in both(array![[1.0, 2.0, 3.0], [0.0, 5.0, 0.0]]) {
            let merged = features.map_columns(2, |column| column.min(1));
            assert_eq!(dense(merged), array![[1.0, 5.0], [0.0, 5.0]]);
        }
    }

    #[test]
    fn rows_get_length_one_unless_they_are_zero() {
        for features in both(array![[3.0, -4.0], [0.0, 0.0]]) {
            assert_eq!(dense(features.row_l2_normalized()), array![[0.6, -0.8], [0.0, 0.0]]);
        }
    }
}
