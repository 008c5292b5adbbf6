//! The derivative of the loss by the score of each pair of nodes, as a sparse matrix.

use std::ops::Range;

use row_kernels::weighted_row_sum;

/// Compressed rows; the entries of a row come in any order, and a column may come twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Coefficients {
    ends: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f32>,
}

impl Coefficients {
    /// Ends the row whose entries were pushed to the lists that this gives.
    pub(super) fn push_row(&mut self, columns: &[u32], values: &[f32]) {
        self.columns.extend_from_slice(columns);
        self.values.extend_from_slice(values);
        self.ends.push(self.columns.len());
    }

    /// Appends the rows of another.
    pub(super) fn append(&mut self, other: &Self) {
        let before = self.columns.len();
        self.columns.extend_from_slice(&other.columns);
        self.values.extend_from_slice(&other.values);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }

    /// Whether a row has no entry.
    pub(super) fn is_empty_row(&self, row: usize) -> bool {
        self.entries(row).is_empty()
    }

    /// One row of the product with a matrix of vectors, Σ value · vectors[column].
    pub(super) fn times_vectors(&self, row: usize, out: &mut [f32], vectors: &[f32]) {
        let entries = self.entries(row);
        weighted_row_sum(out, &self.values[entries.clone()], &self.columns[entries], vectors);
    }

    /// The same by columns, each in the order of the rows. O(entries + rows).
    ///
    /// # Panics
    /// If a column is not below the number of rows.
    pub(super) fn transposed(&self) -> Self {
        let rows = self.ends.len();
        let mut next = vec![0; rows + 1];
        self.columns.iter().for_each(|column| next[*column as usize + 1] += 1);
        for row in 0..rows {
            next[row + 1] += next[row];
        }
        let mut columns = vec![0; self.columns.len()];
        let mut values = vec![0.0; self.columns.len()];
        for row in 0..rows {
            for entry in self.entries(row) {
                let place = &mut next[self.columns[entry] as usize];
                columns[*place] = row as u32;
                values[*place] = self.values[entry];
                *place += 1;
            }
        }
        // Each start has moved to its row's end.
        next.truncate(rows);
        Self { ends: next, columns, values }
    }

    fn entries(&self, row: usize) -> Range<usize> {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        start..self.ends[row]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_rows() -> Coefficients {
        let mut first = Coefficients::default();
        first.push_row(&[2, 0, 2], &[1.0, 2.0, 4.0]);
        let mut rest = Coefficients::default();
        rest.push_row(&[], &[]);
        rest.push_row(&[0], &[8.0]);
        first.append(&rest);
        first
    }

    #[test]
    fn products_by_rows_and_by_columns_are_those_worked_by_hand() {
        let matrix = three_rows();
        let products = |matrix: &Coefficients| {
            [0, 1, 2].map(|row| {
                let mut out = [f32::NAN];
                matrix.times_vectors(row, &mut out, &[1.0, 10.0, 100.0]);
                out[0]
            })
        };
        assert_eq!(products(&matrix), [502.0, 0.0, 8.0]);
        assert_eq!(products(&matrix.transposed()), [802.0, 0.0, 5.0]);
        assert!(matrix.is_empty_row(1) && !matrix.is_empty_row(2));
        assert_eq!(matrix.transposed().transposed().ends, matrix.ends);
    }
}
