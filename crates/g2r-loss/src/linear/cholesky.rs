//! Cholesky factors of large matrices and triangular solutions: in blocks, on all cores, the same bits on any number of threads.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::matmul::matmul;
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{Accum, Mat, MatMut, Par, Spec};
use ndarray::Array2;
use rayon::prelude::*;

use crate::error::{Block, Error};

/// Columns that are factorized by one task while the others wait.
const PANEL: usize = 128;
/// Columns that one task updates or solves for.
const STRIPE: usize = 64;

/// The factor L of a symmetric positive definite matrix M = L Lᵀ.
pub(crate) struct Cholesky {
    /// Column-major; what is above the diagonal is not read.
    factor: Vec<f64>,
    size: usize,
}

impl Cholesky {
    /// Factorizes a matrix, of which the lower triangle is read. O(size³ / 6) multiply-adds.
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`] if a pivot is not a positive number.
    pub(crate) fn of(matrix: Mat<f64>, block: Block) -> Result<Self, Error> {
        let size = matrix.nrows();
        let mut factor: Vec<f64> = matrix.col_iter().flat_map(|column| column.iter().copied()).collect();
        drop(matrix);
        for first in (0..size).step_by(PANEL) {
            let width = PANEL.min(size - first);
            let (done, rest) = factor.split_at_mut((first + width) * size);
            let panel = MatMut::from_column_major_slice_mut(&mut done[first * size..], size, width);
            let (mut square, below) = panel.subrows_mut(first, size - first).split_at_row_mut(width);
            factorize(square.as_mut(), first, block)?;
            solve_rows(square.as_ref(), below);
            subtract_products(&done[first * size..], size, first, rest);
        }
        Ok(Self { factor, size })
    }

    fn lower(&self) -> faer::MatRef<'_, f64> {
        faer::MatRef::from_column_major_slice(&self.factor, self.size, self.size)
    }

    /// L⁻ᵀ in `f32`. O(size³ / 6) multiply-adds.
    pub(crate) fn inverse_transposed(&self) -> Array2<f32> {
        let size = self.size;
        let mut out = Array2::zeros((size, size));
        let rows = out.as_slice_mut().expect("a new array is row-major");
        // Rows of L⁻ᵀ are columns of L⁻¹, each of which begins at its own diagonal.
        rows.par_chunks_mut(STRIPE * size.max(1)).enumerate().for_each(|(stripe, rows)| {
            let (first, width) = (stripe * STRIPE, rows.len() / size);
            let height = size - first;
            let mut columns = Mat::from_fn(height, width, |i, j| if i == j { 1.0 } else { 0.0 });
            let lower = self.lower().submatrix(first, first, height, height);
            solve_lower_triangular_in_place(lower, columns.as_mut(), Par::Seq);
            for (column, row) in rows.chunks_exact_mut(size).enumerate() {
                for (i, out) in row[first..].iter_mut().enumerate() {
                    *out = columns[(i, column)] as f32;
                }
            }
        });
        out
    }

    /// L⁻¹ B L⁻ᵀ for a symmetric B. O(size³) multiply-adds.
    pub(crate) fn congruent(&self, matrix: Mat<f64>) -> Mat<f64> {
        let half = self.solve_stripes(matrix, Side::Lower);
        self.solve_stripes(half.transpose().to_owned(), Side::Lower)
    }

    /// L⁻ᵀ B. O(size² · columns / 2) multiply-adds.
    pub(crate) fn solve_transposed(&self, matrix: Mat<f64>) -> Mat<f64> {
        self.solve_stripes(matrix, Side::Upper)
    }

    fn solve_stripes(&self, matrix: Mat<f64>, side: Side) -> Mat<f64> {
        let (size, columns) = (matrix.nrows(), matrix.ncols());
        let mut values: Vec<f64> = matrix.col_iter().flat_map(|column| column.iter().copied()).collect();
        values.par_chunks_mut(STRIPE * size.max(1)).for_each(|stripe| {
            let width = stripe.len() / size;
            let right = MatMut::from_column_major_slice_mut(stripe, size, width);
            match side {
                Side::Lower => solve_lower_triangular_in_place(self.lower(), right, Par::Seq),
                Side::Upper => solve_upper_triangular_in_place(self.lower().transpose(), right, Par::Seq),
            }
        });
        faer::MatRef::from_column_major_slice(&values, size, columns).to_owned()
    }
}

#[derive(Clone, Copy)]
enum Side {
    Lower,
    Upper,
}

fn factorize(square: MatMut<f64>, first: usize, block: Block) -> Result<(), Error> {
    let size = square.nrows();
    let scratch = llt::factor::cholesky_in_place_scratch::<f64>(size, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    let mut square = square;
    let stack = MemStack::new(&mut memory);
    llt::factor::cholesky_in_place(square.as_mut(), Default::default(), Par::Seq, stack, Spec::default())
        .map_err(|llt::factor::LltError::NonPositivePivot { index }| Error::NotPositiveDefinite {
            block,
            pivot: first + index,
        })?;
    // A NaN in the last pivots can pass the factorization's own comparison.
    match (0..size).find(|i| !(square[(*i, *i)] > 0.0 && square[(*i, *i)].is_finite())) {
        Some(pivot) => Err(Error::NotPositiveDefinite { block, pivot: first + pivot }),
        None => Ok(()),
    }
}

/// B ← B L⁻ᵀ.
fn solve_rows(lower: faer::MatRef<f64>, below: MatMut<f64>) {
    below.par_row_chunks_mut(STRIPE).for_each(|rows| {
        solve_lower_triangular_in_place(lower, rows.transpose_mut(), Par::Seq);
    });
}

/// Subtracts from the columns right of a panel what the panel has to do with them.
fn subtract_products(panel: &[f64], size: usize, first: usize, rest: &mut [f64]) {
    let width = panel.len() / size;
    let panel = faer::MatRef::from_column_major_slice(panel, size, width);
    let begin = first + width;
    rest.par_chunks_mut(STRIPE * size).enumerate().for_each(|(stripe, columns)| {
        let (top, count) = (begin + stripe * STRIPE, columns.len() / size);
        let target = MatMut::from_column_major_slice_mut(columns, size, count).subrows_mut(top, size - top);
        let left = panel.subrows(top, size - top);
        let right = panel.subrows(top, count).transpose();
        matmul(target, Accum::Add, left, right, -1.0, Par::Seq);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(size: usize) -> Mat<f64> {
        let values = testkit::numbers::wavy(size * size, 0.2);
        let a = Mat::from_fn(size, size, |i, j| f64::from(values[i * size + j]));
        let mut gram = &a * a.transpose();
        (0..size).for_each(|i| gram[(i, i)] += 1.0);
        gram
    }

    #[test]
    fn factor_inverse_and_solutions_fit_the_matrix_below_and_above_a_panel() {
        for size in [1, 64, 128, 129, 400] {
            let matrix = matrix(size);
            let cholesky = Cholesky::of(matrix.clone(), Block::Input).unwrap();
            let inverse = cholesky.inverse_transposed();
            let w = Mat::from_fn(size, size, |i, j| f64::from(inverse[[i, j]]));
            let identity = w.transpose() * &matrix * &w;
            let congruent = cholesky.congruent(matrix.clone());
            let back =
                cholesky.solve_transposed(Mat::from_fn(size, 2, |i, _| f64::from(u8::from(i == size / 2))));
            for i in 0..size {
                for j in 0..size {
                    let expected = f64::from(u8::from(i == j));
                    assert!((identity[(i, j)] - expected).abs() < 1e-4, "size {size}: {}", identity[(i, j)]);
                    assert!((congruent[(i, j)] - expected).abs() < 1e-9);
                }
                assert!((back[(i, 1)] - w[(i, size / 2)]).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn one_thread_and_three_give_the_same_bits() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Cholesky::of(matrix(300), Block::Input).unwrap().inverse_transposed())
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn a_pivot_that_is_not_positive_is_named() {
        let mut matrix = matrix(200);
        matrix[(150, 150)] = -1.0;
        let error = Cholesky::of(matrix, Block::Scatter).err().unwrap();
        let expected =
            "the matrix of the scatter is not positive definite: pivot 150 is not a positive number";
        assert_eq!(error.to_string(), expected);
    }
}
