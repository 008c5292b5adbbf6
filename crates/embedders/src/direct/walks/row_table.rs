//! A vector of each node, and how far it moves.

use ndarray::Array2;
use row_kernels::{add_weighted_rows, dot};

/// One vector a node, `[nodes, width]`, that gradient descent moves.
#[derive(Clone, Debug)]
pub(super) struct RowTable {
    rows: Array2<f32>,
    /// Of each row, the sum over its steps of its gradient's mean square.
    squares: Vec<f32>,
}

/// One row of a [`RowTable`].
pub(super) struct RowMut<'a> {
    row: &'a mut [f32],
    square: &'a mut f32,
}

impl RowTable {
    pub(super) fn new(rows: Array2<f32>) -> Self {
        let squares = vec![0.0; rows.nrows()];
        Self { rows: rows.as_standard_layout().into_owned(), squares }
    }

    pub(super) fn rows(&self) -> &Array2<f32> {
        &self.rows
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.rows.nrows()
    }

    /// How many numbers a row has.
    pub(super) fn width(&self) -> usize {
        self.rows.ncols()
    }

    /// All rows, one after the other.
    pub(super) fn values(&self) -> &[f32] {
        self.rows.as_slice().expect("made contiguous")
    }

    /// The vector of a node.
    pub(super) fn row(&self, node: usize) -> &[f32] {
        let width = self.rows.ncols();
        &self.values()[node * width..][..width]
    }

    /// Every row, to be moved.
    pub(super) fn rows_mut(&mut self) -> Vec<RowMut<'_>> {
        let width = self.rows.ncols();
        let rows = self.rows.as_slice_mut().expect("made contiguous").chunks_exact_mut(width);
        rows.zip(&mut self.squares).map(|(row, square)| RowMut { row, square }).collect()
    }
}

impl RowMut<'_> {
    /// A step of AdaGrad with one step size a row, x −= rate · g / √(Σ mean g²), over all steps so far (Duchi et al. 2011, by rows).
    ///
    /// How far a row moves does not depend on how many pairs of a batch it takes part in, which with plain descent it does:
    /// there the sum over a large batch overshoots. A row whose gradient is zero stays.
    pub(super) fn descend(self, gradient: &[f32], rate: f32) {
        *self.square += dot(gradient, gradient) / gradient.len() as f32;
        if *self.square > 0.0 {
            add_weighted_rows(self.row, &[-rate / self.square.sqrt()], &[0], gradient);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn steps_are_those_of_adagrad_by_rows() {
        let mut table = RowTable::new(array![[1.0, 2.0], [3.0, 4.0]]);
        for gradient in [[3.0, 4.0], [0.0, 0.0], [5.0, 0.0]] {
            table.rows_mut().swap_remove(0).descend(&gradient, 0.5);
        }
        // Mean squares are 12.5, 12.5 and 25.
        let first = 1.0 - 0.5 * 3.0 / 12.5f32.sqrt() - 0.5 * 5.0 / 5.0;
        let second = 2.0 - 0.5 * 4.0 / 12.5f32.sqrt();
        assert!((table.rows()[[0, 0]] - first).abs() < 1e-6);
        assert!((table.rows()[[0, 1]] - second).abs() < 1e-6);
        assert_eq!(table.row(1), [3.0, 4.0]);
    }

    #[test]
    fn a_row_that_never_had_a_gradient_stays() {
        let mut table = RowTable::new(array![[1.0, 2.0]]);
        table.rows_mut().remove(0).descend(&[0.0, 0.0], 0.5);
        assert_eq!(table.row(0), [1.0, 2.0]);
    }
}
