use rayon::prelude::*;
use sprs::CsMatI;

use crate::samples::{Scored, keep_if_large};

/// Rows of one piece of work.
const ROWS: usize = 1024;

/// Each row written by others, x_j ≈ Σᵢ c_ji xᵢ, of which the largest coefficients are kept.
#[derive(Debug, Clone, PartialEq)]
pub struct SelfExpression {
    /// C, a row a sample, `[samples, samples]`.
    pub coefficients: CsMatI<f64, u32, usize>,
    /// Samples whose solver used all its rounds before it reached its tolerance; 0 for closed forms.
    pub num_unfinished: usize,
}

/// One row of C, as it was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) entries: Vec<Scored>,
    pub(crate) unfinished: bool,
}

impl SelfExpression {
    /// Keeps the `num_kept` entries of each row that are largest in absolute value, the lower index first of equals, and leaves out
    /// zeros.
    pub(crate) fn from_rows(rows: Vec<Row>, num_kept: usize) -> Self {
        let n = rows.len();
        let num_unfinished = rows.iter().filter(|row| row.unfinished).count();
        let mut starts = vec![0];
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for Row { mut entries, .. } in rows {
            entries.retain(|entry| entry.1 != 0.0);
            if entries.len() > num_kept {
                entries.sort_unstable_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
                entries.truncate(num_kept);
            }
            entries.sort_unstable_by_key(|entry| entry.0);
            columns.extend(entries.iter().map(|entry| entry.0));
            values.extend(entries.iter().map(|entry| entry.1));
            starts.push(columns.len());
        }
        Self { coefficients: CsMatI::new((n, n), starts, columns, values), num_unfinished }
    }

    /// The graph that joins each sample to those `num_neighbors` whose rows of |C̄| point most nearly the same way, W = ½ (A + Aᵀ) with the
    /// cosine as the weight of an arc of A, as in the authors' experiments with MNIST (You et al. 2016, arXiv 1605.02633): samples that are
    /// written by the same others are joined, and a coefficient that leads astray joins none. O(Σ nnz(column)²) time.
    pub fn nearest_rows(&self, num_neighbors: usize) -> CsMatI<f32, u32, usize> {
        let rows = self.unit_rows();
        let columns = rows.transpose_view().to_csr();
        let n = rows.rows();
        let of_block = |block: &[usize]| {
            let (mut cosines, mut seen) = (vec![0.0; n], Vec::new());
            let nearest_of = |&row: &usize| {
                for (column, value) in rows.outer_view(row).expect("the row is in range").iter() {
                    for (other, product) in columns.outer_view(column).expect("square").iter() {
                        if cosines[other] == 0.0 {
                            seen.push(other);
                        }
                        cosines[other] += value * product;
                    }
                }
                seen.sort_unstable();
                let mut nearest = Vec::new();
                for other in seen.drain(..) {
                    let cosine = std::mem::take(&mut cosines[other]);
                    if other != row && cosine > 0.0 {
                        keep_if_large(&mut nearest, num_neighbors, (other as u32, cosine));
                    }
                }
                nearest
            };
            block.iter().map(nearest_of).collect::<Vec<_>>()
        };
        let all: Vec<usize> = (0..n).collect();
        symmetric_graph(all.par_chunks(ROWS).flat_map_iter(of_block).collect())
    }

    /// The affinity W = ½ (|C̄| + |C̄ᵀ|), where C̄ is C with rows of length 1; without its diagonal.
    pub fn affinity(&self) -> CsMatI<f32, u32, usize> {
        let mut half = self.unit_rows();
        half.data_mut().iter_mut().for_each(|value| *value *= 0.5);
        symmetric_sum(half)
    }

    /// |C̄|, without its diagonal.
    fn unit_rows(&self) -> CsMatI<f64, u32, usize> {
        let mut unit = self.coefficients.clone();
        for (row, mut entries) in unit.outer_iterator_mut().enumerate() {
            let mut length_sq = 0.0;
            for (column, value) in entries.iter_mut() {
                *value = if column == row { 0.0 } else { value.abs() };
                length_sq += *value * *value;
            }
            let inverse = if length_sq > 0.0 { length_sq.sqrt().recip() } else { 0.0 };
            entries.iter_mut().for_each(|(_, value)| *value *= inverse);
        }
        unit
    }
}

/// ½ (A + Aᵀ) with the rows of A given.
pub(crate) fn symmetric_graph(rows: Vec<Vec<Scored>>) -> CsMatI<f32, u32, usize> {
    let n = rows.len();
    let mut starts = vec![0];
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for mut row in rows {
        row.sort_unstable_by_key(|entry| entry.0);
        columns.extend(row.iter().map(|entry| entry.0));
        values.extend(row.iter().map(|entry| 0.5 * entry.1));
        starts.push(columns.len());
    }
    symmetric_sum(CsMatI::new((n, n), starts, columns, values))
}

/// A + Aᵀ in `f32`, without zeros.
fn symmetric_sum(matrix: CsMatI<f64, u32, usize>) -> CsMatI<f32, u32, usize> {
    let transpose = matrix.transpose_view().to_csr();
    let sum = &matrix + &transpose;
    let mut starts = vec![0];
    let (mut columns, mut values) = (Vec::with_capacity(sum.nnz()), Vec::with_capacity(sum.nnz()));
    for row in sum.outer_iterator() {
        for (column, &value) in row.iter().filter(|(_, value)| **value as f32 > 0.0) {
            columns.push(column as u32);
            values.push(value as f32);
        }
        starts.push(columns.len());
    }
    CsMatI::new(sum.shape(), starts, columns, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(entries: &[Scored]) -> Row {
        Row { entries: entries.to_vec(), unfinished: false }
    }

    #[test]
    fn the_affinity_is_that_of_the_case_worked_by_hand() {
        let rows = vec![row(&[(2, -4.0), (1, 3.0)]), row(&[(0, 5.0), (1, 7.0)]), row(&[])];
        let found = SelfExpression::from_rows(rows, 50).affinity().to_dense();
        // |C̄| = [[0, .6, .8], [1, 0, 0], [0, 0, 0]]: the diagonal counts nowhere.
        let expected = ndarray::array![[0.0f32, 0.8, 0.4], [0.8, 0.0, 0.0], [0.4, 0.0, 0.0]];
        assert!((found - expected).iter().all(|difference| difference.abs() < 1e-6));
    }

    #[test]
    fn samples_written_by_the_same_others_are_nearest_rows() {
        // |C̄| = [[0, .6, .8], [0, 0, 1], [1, 0, 0]]: only the first two have a column in common.
        let rows = vec![row(&[(1, -3.0), (2, 4.0)]), row(&[(2, 2.0)]), row(&[(0, -1.0)])];
        let found = SelfExpression::from_rows(rows, 50).nearest_rows(1).to_dense();
        let expected = ndarray::array![[0.0f32, 0.8, 0.0], [0.8, 0.0, 0.0], [0.0, 0.0, 0.0]];
        assert!((found - expected).iter().all(|difference| difference.abs() < 1e-6));
    }

    #[test]
    fn the_largest_coefficients_are_kept() {
        let rows = vec![row(&[(3, 1.0), (1, -2.0), (2, 1.0), (0, 0.0)]), row(&[]), row(&[]), row(&[])];
        let kept = SelfExpression::from_rows(rows, 2).coefficients;
        assert_eq!((kept.indices(), kept.data()), ([1u32, 2].as_slice(), [-2.0, 1.0].as_slice()));
    }
}
