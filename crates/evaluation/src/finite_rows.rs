use rayon::prelude::*;

use crate::design::{length, not_finite};
use crate::error::Error;
use crate::rows::{Rows, Scaling, Storage};

/// Rows read and checked in one piece of work.
const ROWS_PER_TASK: usize = 1024;

/// Rows known to hold finite numbers only, with their lengths: what reads blocks of rows in f64, again and again.
#[derive(Debug, Clone)]
pub(crate) struct FiniteRows<'a> {
    rows: Rows<'a>,
    /// The Euclidean length of each row, as it is stored.
    lengths: Vec<f64>,
}

impl<'a> FiniteRows<'a> {
    /// Reads every row once. O(nodes · d_input), or the entries of sparse rows.
    ///
    /// # Errors
    /// A value that is not finite.
    pub(crate) fn check(rows: &Rows<'a>) -> Result<Self, Error> {
        let nodes: Vec<usize> = (0..rows.num_rows()).collect();
        let found: Vec<_> = nodes.par_chunks(ROWS_PER_TASK).map(|nodes| lengths(rows, nodes)).collect();
        // Gathered in a second step: of several errors the first is told, whatever the threads.
        let lengths: Result<Vec<Vec<f64>>, Error> = found.into_iter().collect();
        Ok(Self { rows: *rows, lengths: lengths?.concat() })
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.rows.num_rows()
    }

    pub(crate) fn d_input(&self) -> usize {
        self.rows.d_input()
    }

    /// The square of each row's length, as the rows are read.
    pub(crate) fn lengths_sq(&self) -> Vec<f64> {
        let of = |length: &f64| match self.rows.scaling {
            Scaling::UnitLength if *length > 0.0 => 1.0,
            _ => length * length,
        };
        self.lengths.iter().map(of).collect()
    }

    /// Writes a row into `out`, `[d_input]`.
    pub(crate) fn read(&self, node: usize, out: &mut [f64]) {
        let factor = match self.rows.scaling {
            Scaling::UnitLength if self.lengths[node] > 0.0 => 1.0 / self.lengths[node],
            _ => 1.0,
        };
        match &self.rows.storage {
            Storage::Dense(matrix) => {
                for (out, &value) in out.iter_mut().zip(matrix.row(node)) {
                    *out = f64::from(value) * factor;
                }
            }
            Storage::Sparse(matrix) => {
                out.fill(0.0);
                let range = matrix.indptr().outer_inds_sz(node);
                for (&column, &value) in matrix.indices()[range.clone()].iter().zip(&matrix.data()[range]) {
                    out[column as usize] = f64::from(value) * factor;
                }
            }
        }
    }

    /// Writes rows one below the other into `out`, `[nodes, d_input]` row-major, and zeros into the rows of `out`
    /// that are left.
    pub(crate) fn read_all(&self, nodes: impl IntoIterator<Item = usize>, out: &mut [f64]) {
        // Rows without columns need no place.
        let mut places = out.chunks_exact_mut(self.d_input().max(1));
        for (node, out) in nodes.into_iter().zip(&mut places) {
            self.read(node, out);
        }
        places.for_each(|out| out.fill(0.0));
    }
}

fn lengths(rows: &Rows, nodes: &[usize]) -> Result<Vec<f64>, Error> {
    let mut row = Vec::with_capacity(rows.d_input());
    let mut lengths = Vec::with_capacity(nodes.len());
    for &node in nodes {
        row.clear();
        let found = match &rows.storage {
            Storage::Dense(matrix) => {
                row.extend(matrix.row(node).iter().map(|&value| f64::from(value)));
                length(&row).ok_or_else(|| not_finite(node, matrix.row(node).iter().copied().enumerate()))?
            }
            Storage::Sparse(matrix) => {
                let range = matrix.indptr().outer_inds_sz(node);
                let (columns, values) = (&matrix.indices()[range.clone()], &matrix.data()[range]);
                row.extend(values.iter().map(|&value| f64::from(value)));
                length(&row).ok_or_else(|| {
                    not_finite(node, columns.iter().map(|&c| c as usize).zip(values.iter().copied()))
                })?
            }
        };
        lengths.push(found);
    }
    Ok(lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};
    use sprs::{CsMatI, TriMatI};

    fn sparse(dense: &Array2<f32>) -> CsMatI<f32, u32, usize> {
        let mut triplets = TriMatI::<f32, u32>::new(dense.dim());
        for ((row, column), &value) in dense.indexed_iter().filter(|(_, value)| **value != 0.0) {
            triplets.add_triplet(row, column, value);
        }
        triplets.to_csr()
    }

    #[test]
    fn both_storages_read_the_same_rows() {
        let matrix = array![[3.0f32, 0.0, 4.0], [0.0, 0.0, 0.0], [0.0, 2.0, 0.0]];
        let csr = sparse(&matrix);
        for given in [Rows::dense(matrix.view()), Rows::sparse(csr.view())] {
            let rows = FiniteRows::check(&given).unwrap();
            let mut out = [7.0; 12];
            rows.read_all([2, 0, 1], &mut out);
            assert_eq!(out, [0.0, 2.0, 0.0, 3.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
            assert_eq!(rows.lengths_sq(), [25.0, 0.0, 4.0]);
            let scaled = FiniteRows::check(&given.scaled_to_unit_length()).unwrap();
            scaled.read(0, &mut out[..3]);
            approx::assert_relative_eq!(out[..3], [0.6, 0.0, 0.8], max_relative = 1e-15);
            assert_eq!(scaled.lengths_sq(), [1.0, 0.0, 1.0]);
        }
    }

    #[test]
    fn a_value_that_is_not_finite_is_named_by_row_and_column() {
        let mut matrix = Array2::<f32>::zeros((3000, 2));
        matrix[[1500, 1]] = f32::NAN;
        let csr = sparse(&matrix);
        for rows in [Rows::dense(matrix.view()), Rows::sparse(csr.view())] {
            let message = FiniteRows::check(&rows).unwrap_err().to_string();
            assert_eq!(message, "row 1500, column 1: expected a finite number, found NaN");
        }
    }
}
