//! Features gathered value by value, sparse as long as they are mostly zeros.

use ndarray::Array2;

use crate::csr::CsrMatrix;
use crate::features::Features;

/// From here on a table is kept as a full array as soon as a tenth of it is not zero.
const MIN_DENSE_CELLS: usize = 1 << 16;

/// The rows so far.
pub(super) struct FeatureRows {
    d_input: usize,
    room: Room,
    num_rows: usize,
    kept: Kept,
}

/// How large a table can get, to ask for memory once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    /// No more rows than this.
    pub(super) rows: usize,
    /// No more values than this.
    pub(super) cells: usize,
}

enum Kept {
    Sparse { row_ends: Vec<usize>, columns: Vec<u32>, values: Vec<f32> },
    Dense(Vec<f32>),
}

impl FeatureRows {
    pub(super) fn new(d_input: usize, room: Room) -> Self {
        let mut row_ends = Vec::with_capacity(if d_input == 0 { 0 } else { room.rows + 1 });
        row_ends.push(0);
        Self {
            d_input,
            room,
            num_rows: 0,
            kept: Kept::Sparse { row_ends, columns: Vec::new(), values: Vec::new() },
        }
    }

    /// The value of the next row in a column; the columns ascend.
    pub(super) fn push(&mut self, column: usize, value: f32) {
        match &mut self.kept {
            Kept::Sparse { columns, values, .. } if value != 0.0 => {
                columns.push(column as u32);
                values.push(value);
            }
            Kept::Sparse { .. } => {}
            Kept::Dense(values) => values.push(value),
        }
    }

    /// Every column of the row has its value.
    pub(super) fn end_row(&mut self) {
        self.num_rows += 1;
        let Kept::Sparse { row_ends, columns, values } = &mut self.kept else { return };
        if self.d_input == 0 {
            return;
        }
        row_ends.push(columns.len());
        let cells = self.num_rows * self.d_input;
        if cells >= MIN_DENSE_CELLS && 10 * columns.len() >= cells {
            let room = self.room.rows.saturating_mul(self.d_input).min(self.room.cells).max(cells);
            let mut dense = Vec::with_capacity(room);
            dense.resize(cells, 0.0);
            spread(row_ends, columns, values, self.d_input, &mut dense);
            self.kept = Kept::Dense(dense);
        }
    }

    /// About how many bytes the rows take.
    #[cfg(feature = "parquet")]
    pub(super) fn num_bytes(&self) -> u64 {
        match &self.kept {
            Kept::Sparse { row_ends, values, .. } => 8 * (row_ends.len() + values.len()) as u64,
            Kept::Dense(values) => 4 * values.len() as u64,
        }
    }

    /// The features, sparse where fewer than a tenth of the values are not zero; none without columns.
    pub(super) fn finish(self) -> Option<Features> {
        let Self { d_input, num_rows, kept, .. } = self;
        if d_input == 0 {
            return None;
        }
        let shape = (num_rows, d_input);
        let is_sparse = |num_nonzeros: usize| 10 * num_nonzeros < num_rows * d_input;
        let dense = match kept {
            Kept::Sparse { row_ends, columns, values } if is_sparse(values.len()) => {
                let matrix = CsrMatrix::try_new(shape, row_ends, columns, values);
                return Some(Features::Sparse(matrix.expect("the columns of a row were pushed in order")));
            }
            Kept::Sparse { row_ends, columns, values } => {
                let mut dense = vec![0.0; num_rows * d_input];
                spread(&row_ends, &columns, &values, d_input, &mut dense);
                dense
            }
            Kept::Dense(dense) if is_sparse(dense.iter().filter(|&&value| value != 0.0).count()) => {
                let mut sparse = Self::new(d_input, Room { rows: num_rows, cells: 0 });
                // A block that is dense by itself must not make the whole so again.
                let Kept::Sparse { row_ends, columns, values } = &mut sparse.kept else { unreachable!() };
                for row in dense.chunks_exact(d_input) {
                    for (column, &value) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                        columns.push(column as u32);
                        values.push(value);
                    }
                    row_ends.push(columns.len());
                }
                drop(dense);
                return Self { num_rows, ..sparse }.finish();
            }
            Kept::Dense(dense) => dense,
        };
        Some(Features::Dense(Array2::from_shape_vec(shape, dense).expect("every row has every column")))
    }
}

fn spread(row_ends: &[usize], columns: &[u32], values: &[f32], d_input: usize, dense: &mut [f32]) {
    for (row, ends) in dense.chunks_exact_mut(d_input).zip(row_ends.windows(2)) {
        for entry in ends[0]..ends[1] {
            row[columns[entry] as usize] = values[entry];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(num_rows: usize, d_input: usize, value: impl Fn(usize, usize) -> f32) -> Features {
        let mut rows = FeatureRows::new(d_input, Room::default());
        for row in 0..num_rows {
            (0..d_input).for_each(|column| rows.push(column, value(row, column)));
            rows.end_row();
        }
        rows.finish().unwrap()
    }

    #[test]
    fn a_tenth_that_is_not_zero_makes_an_array_full() {
        let ones =
            |limit: usize| rows(2, 10, move |row, column| f32::from(u8::from(row * 10 + column < limit)));
        assert!(matches!(ones(1), Features::Sparse(_)));
        let Features::Dense(full) = ones(2) else { panic!("2 of 20 are a tenth") };
        assert_eq!((full[[0, 0]], full[[0, 1]], full.sum()), (1.0, 1.0, 2.0));
    }

    #[test]
    fn large_tables_change_their_form_on_the_way() {
        // Dense from the first block on, sparse as a whole; and the other way around.
        for (is_one, is_sparse) in [
            (Box::new(|row: usize| row < 7000) as Box<dyn Fn(usize) -> bool>, true),
            (Box::new(|row: usize| row >= 7000), false),
        ] {
            let num_rows = if is_sparse { 80_000 } else { 20_000 };
            let features =
                rows(num_rows, 10, |row, column| if is_one(row) { (row + column) as f32 } else { 0.0 });
            assert_eq!(matches!(features, Features::Sparse(_)), is_sparse);
            let dense = match features {
                Features::Sparse(matrix) => matrix.to_dense(),
                Features::Dense(matrix) => matrix,
            };
            assert_eq!(dense.dim(), (num_rows, 10));
            for ((row, column), &value) in dense.indexed_iter() {
                assert_eq!(value, if is_one(row) { (row + column) as f32 } else { 0.0 });
            }
        }
    }

    #[test]
    fn no_columns_are_no_features() {
        let mut rows = FeatureRows::new(0, Room::default());
        rows.end_row();
        assert_eq!(rows.finish(), None);
    }
}
