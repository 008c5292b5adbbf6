use crate::error::Error;
use crate::products::{add_gradient, add_logits, add_tiles, dot};
use crate::rows::{Rows, Scaling, Storage};

/// Chosen rows in f64, scaled and checked: what a model is fitted on or scores at one time.
#[derive(Debug)]
pub(crate) struct Design {
    num_rows: usize,
    d_input: usize,
    values: Values,
}

#[derive(Debug)]
enum Values {
    /// `[rows, d_input]`, row after row.
    Dense(Vec<f64>),
    /// Row i is `entries[starts[i]..starts[i + 1]]`, each entry a column and its value.
    Sparse { starts: Vec<usize>, entries: Vec<(u32, f64)> },
}

impl Design {
    /// Reads the rows of `nodes`, a piece that starts at `first_position` of the caller's list.
    pub(crate) fn gather(rows: &Rows, nodes: &[usize], first_position: usize) -> Result<Self, Error> {
        let num_rows = rows.num_rows();
        if let Some(offset) = nodes.iter().position(|&node| node >= num_rows) {
            let position = first_position + offset;
            return Err(Error::NodeOutOfRange { position, node: nodes[offset], num_rows });
        }
        let d_input = rows.d_input();
        let values = match &rows.storage {
            Storage::Dense(matrix) => {
                let mut values = Vec::with_capacity(nodes.len() * d_input);
                for &node in nodes {
                    let start = values.len();
                    values.extend(matrix.row(node).iter().map(|&value| f64::from(value)));
                    let row = &mut values[start..];
                    let length = length(row)
                        .ok_or_else(|| not_finite(node, matrix.row(node).iter().copied().enumerate()))?;
                    if rows.scaling == Scaling::UnitLength && length > 0.0 {
                        row.iter_mut().for_each(|value| *value /= length);
                    }
                }
                Values::Dense(values)
            }
            Storage::Sparse(matrix) => {
                let indptr = matrix.indptr();
                let (mut starts, mut entries, mut row) = (vec![0], Vec::new(), Vec::new());
                for &node in nodes {
                    let range = indptr.outer_inds_sz(node);
                    let (columns, found) = (&matrix.indices()[range.clone()], &matrix.data()[range]);
                    row.clear();
                    row.extend(found.iter().map(|&value| f64::from(value)));
                    let length = length(&row).ok_or_else(|| {
                        not_finite(node, columns.iter().map(|&c| c as usize).zip(found.iter().copied()))
                    })?;
                    let divisor =
                        if rows.scaling == Scaling::UnitLength && length > 0.0 { length } else { 1.0 };
                    entries
                        .extend(columns.iter().zip(&row).map(|(&column, value)| (column, value / divisor)));
                    starts.push(entries.len());
                }
                Values::Sparse { starts, entries }
            }
        };
        Ok(Self { num_rows: nodes.len(), d_input, values })
    }

    /// Drops the columns in which no row has an entry, and returns the columns kept.
    ///
    /// A weight of such a column never leaves zero, so a fit without it gives the same bits for less work.
    pub(crate) fn keep_used_columns(&mut self) -> Vec<usize> {
        let Values::Sparse { entries, .. } = &mut self.values else {
            return (0..self.d_input).collect();
        };
        let mut place = vec![u32::MAX; self.d_input];
        entries.iter().for_each(|&(column, _)| place[column as usize] = 0);
        let kept: Vec<usize> = (0..self.d_input).filter(|&column| place[column] == 0).collect();
        for (new, &column) in (0u32..).zip(&kept) {
            place[column] = new;
        }
        entries.iter_mut().for_each(|(column, _)| *column = place[*column as usize]);
        self.d_input = kept.len();
        kept
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.num_rows
    }

    pub(crate) fn d_input(&self) -> usize {
        self.d_input
    }

    /// L ← L + X W; weights `[d_input, width]`, logits `[rows, width]`.
    pub(crate) fn add_logits(&self, weights: &[f64], width: usize, logits: &mut [f64]) {
        match &self.values {
            Values::Dense(values) => add_logits(values, self.d_input, weights, width, logits),
            Values::Sparse { starts, entries } => {
                for (row, logits) in logits.chunks_exact_mut(width).enumerate() {
                    for &(column, value) in &entries[starts[row]..starts[row + 1]] {
                        add_tiles(logits, value, &weights[column as usize * width..][..width]);
                    }
                }
            }
        }
    }

    /// G ← G + Xᵀ R; residuals `[rows, width]`, gradient `[d_input, width]`.
    pub(crate) fn add_gradient(&self, residuals: &[f64], width: usize, gradient: &mut [f64]) {
        match &self.values {
            Values::Dense(values) => add_gradient(values, self.d_input, residuals, width, gradient),
            Values::Sparse { starts, entries } => {
                for (row, residuals) in residuals.chunks_exact(width).enumerate() {
                    for &(column, value) in &entries[starts[row]..starts[row + 1]] {
                        add_tiles(&mut gradient[column as usize * width..][..width], value, residuals);
                    }
                }
            }
        }
    }
}

/// The Euclidean length of a row of f32 values, `None` when one of them is not finite.
pub(crate) fn length(row: &[f64]) -> Option<f64> {
    // The square of a finite f32 is far below the largest f64: only NaN and infinity make the sum so.
    let length_sq = dot(row, row);
    length_sq.is_finite().then(|| length_sq.sqrt())
}

pub(crate) fn not_finite(row: usize, mut entries: impl Iterator<Item = (usize, f32)>) -> Error {
    let (column, value) = entries.find(|(_, value)| !value.is_finite()).expect("the length was not finite");
    Error::NotFinite { row, column, value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use sprs::{CsMatI, TriMatI};

    fn sparse(dense: &Array2<f32>) -> CsMatI<f32, u32, usize> {
        let mut triplets = TriMatI::<f32, u32>::new(dense.dim());
        for ((row, column), &value) in dense.indexed_iter() {
            if value != 0.0 {
                triplets.add_triplet(row, column, value);
            }
        }
        triplets.to_csr()
    }

    fn products(design: &Design, width: usize) -> (Vec<f64>, Vec<f64>) {
        let (mut logits, mut gradient) =
            (vec![0.0; design.num_rows() * width], vec![0.0; design.d_input() * width]);
        let weights: Vec<f64> = (0..gradient.len()).map(|i| i as f64).collect();
        let residuals: Vec<f64> = (0..logits.len()).map(|i| 1.0 - i as f64).collect();
        design.add_logits(&weights, width, &mut logits);
        design.add_gradient(&residuals, width, &mut gradient);
        (logits, gradient)
    }

    #[test]
    fn dense_and_sparse_rows_give_the_same_products() {
        let matrix = array![[3.0f32, 0.0, 4.0], [0.0, 0.0, 0.0], [0.0, 2.0, 0.0], [1.0, 1.0, 1.0]];
        let csr = sparse(&matrix);
        let (dense, sparse) = (Rows::dense(matrix.view()), Rows::sparse(csr.view()));
        let scaled = (dense.scaled_to_unit_length(), sparse.scaled_to_unit_length());
        for (dense, sparse) in [(dense, sparse), scaled] {
            let nodes = [3, 0, 1, 0];
            let of_dense = products(&Design::gather(&dense, &nodes, 0).unwrap(), 8);
            let of_sparse = products(&Design::gather(&sparse, &nodes, 0).unwrap(), 8);
            for (a, b) in of_dense.0.iter().chain(&of_dense.1).zip(of_sparse.0.iter().chain(&of_sparse.1)) {
                approx::assert_relative_eq!(a, b, max_relative = 1e-14);
            }
        }
    }

    #[test]
    fn unit_length_divides_each_row_and_leaves_zero_rows() {
        let matrix = array![[3.0f32, 0.0, 4.0], [0.0, 0.0, 0.0]];
        let csr = sparse(&matrix);
        let identity: Vec<f64> = (0..3 * 8).map(|i| if i / 8 == i % 8 { 1.0 } else { 0.0 }).collect();
        for rows in [Rows::dense(matrix.view()), Rows::sparse(csr.view())] {
            let design = Design::gather(&rows.scaled_to_unit_length(), &[0, 1], 0).unwrap();
            let mut read_back = vec![0.0; 2 * 8];
            design.add_logits(&identity, 8, &mut read_back);
            assert_eq!(read_back[..3], [3.0 / 5.0, 0.0, 4.0 / 5.0]);
            assert_eq!(read_back[8..], [0.0; 8]);
        }
    }

    #[test]
    fn keeps_only_the_columns_in_use() {
        let matrix = array![[0.0f32, 5.0, 0.0, 0.0], [0.0, 0.0, 0.0, 7.0], [9.0, 0.0, 0.0, 0.0]];
        let csr = sparse(&matrix);
        let mut design = Design::gather(&Rows::sparse(csr.view()), &[0, 1], 0).unwrap();
        assert_eq!(design.keep_used_columns(), [1, 3]);
        assert_eq!(design.d_input(), 2);
        let mut logits = vec![0.0; 2 * 8];
        design.add_logits(&(0..16).map(f64::from).collect::<Vec<_>>(), 8, &mut logits);
        assert_eq!(logits[..2], [0.0, 5.0]);
        assert_eq!(logits[8..10], [56.0, 63.0]);
    }

    #[test]
    fn reads_a_transposed_view_row_by_row() {
        let stored = array![[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]];
        let straight = stored.t().to_owned();
        let of_view = Design::gather(&Rows::dense(stored.t()), &[1, 0], 0).unwrap();
        let of_copy = Design::gather(&Rows::dense(straight.view()), &[1, 0], 0).unwrap();
        assert_eq!(products(&of_view, 8), products(&of_copy, 8));
    }

    #[test]
    fn a_value_that_is_not_finite_is_named_by_row_and_column() {
        let matrix =
            array![[1.0f32, 2.0, 3.0], [1.0, f32::NAN, f32::INFINITY], [0.0, 0.0, f32::NEG_INFINITY]];
        let csr = sparse(&matrix);
        for rows in [Rows::dense(matrix.view()), Rows::sparse(csr.view())] {
            let message = |node: usize| Design::gather(&rows, &[0, node], 0).unwrap_err().to_string();
            assert_eq!(message(1), "row 1, column 1: expected a finite number, found NaN");
            assert_eq!(message(2), "row 2, column 2: expected a finite number, found -inf");
        }
    }

    #[test]
    fn the_largest_finite_values_are_accepted() {
        let matrix = array![[f32::MAX, f32::MIN], [f32::MIN_POSITIVE, 0.0]];
        assert!(Design::gather(&Rows::dense(matrix.view()).scaled_to_unit_length(), &[0, 1], 0).is_ok());
    }

    #[test]
    fn an_index_out_of_range_is_named_by_its_place_in_the_whole_list() {
        let matrix = Array2::<f32>::zeros((3, 2));
        let error = Design::gather(&Rows::dense(matrix.view()), &[0, 2, 3], 64).unwrap_err();
        assert_eq!(error.to_string(), "nodes[66]: expected an index below 3, found 3");
    }
}
