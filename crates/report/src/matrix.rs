//! A small dense matrix of a figure.

use serde::Serialize;

/// Values in rows and columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// The matrix of `values`, row by row.
    ///
    /// # Panics
    ///
    /// If there are not `rows` × `columns` values.
    pub fn new(rows: usize, columns: usize, values: Vec<f64>) -> Self {
        assert_eq!(values.len(), rows * columns, "a matrix of {rows} × {columns}");
        Self { rows, columns, values }
    }

    /// The matrix with `value(row, column)` in each place.
    pub fn from_fn(rows: usize, columns: usize, mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let mut values = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            for column in 0..columns {
                values.push(value(row, column));
            }
        }
        Self { rows, columns, values }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The value in a place.
    ///
    /// # Panics
    ///
    /// If there is no such row or column.
    pub fn get(&self, row: usize, column: usize) -> f64 {
        assert!(
            row < self.rows && column < self.columns,
            "({row}, {column}) of {} × {}",
            self.rows,
            self.columns
        );
        self.values[row * self.columns + column]
    }

    /// Panics unless there are `side` rows and as many columns.
    pub(crate) fn assert_square(&self, what: &str, side: usize) {
        assert!(
            self.rows == side && self.columns == side,
            "{what} are {} × {} values, expected {side} × {side}",
            self.rows,
            self.columns
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_row_by_row() {
        let matrix = Matrix::new(2, 3, vec![0.0, 1.0, 2.0, 10.0, 11.0, 12.0]);
        assert_eq!(matrix, Matrix::from_fn(2, 3, |row, column| (10 * row + column) as f64));
        assert_eq!(matrix.get(1, 2), 12.0);
    }

    #[test]
    #[should_panic(expected = "a matrix of 2 × 2")]
    fn a_missing_value_is_noticed() {
        let _ = Matrix::new(2, 2, vec![0.0; 3]);
    }
}
