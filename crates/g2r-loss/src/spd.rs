//! Symmetric positive definite matrices on the host: Cholesky factor, log-determinant, inverse.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::{Mat, Par, Spec};

use crate::error::{Block, Error};

/// The Cholesky factor L of a matrix S = L Lᵀ.
pub(crate) struct CholeskyFactor {
    factor: Mat<f64>,
}

impl CholeskyFactor {
    /// Factorises S, of which the lower triangle is read. O(k³/3).
    ///
    /// # Errors
    /// [`Error::NotPositiveDefinite`], naming `block`, if a pivot is not a positive number.
    pub(crate) fn new(mut matrix: Mat<f64>, block: Block) -> Result<Self, Error> {
        let size = matrix.nrows();
        let requirement = llt::factor::cholesky_in_place_scratch::<f64>(size, Par::Seq, Spec::default());
        let mut memory = MemBuffer::new(requirement);
        llt::factor::cholesky_in_place(
            matrix.as_mut(),
            Default::default(),
            Par::Seq,
            MemStack::new(&mut memory),
            Spec::default(),
        )
        .map_err(|llt::factor::LltError::NonPositivePivot { index }| Error::NotPositiveDefinite {
            block,
            pivot: index,
        })?;
        // A NaN in the last pivots can pass the factorisation's own comparison.
        match (0..size).find(|i| !(matrix[(*i, *i)] > 0.0 && matrix[(*i, *i)].is_finite())) {
            Some(pivot) => Err(Error::NotPositiveDefinite { block, pivot }),
            None => Ok(Self { factor: matrix }),
        }
    }

    /// log det S, in nats.
    pub(crate) fn log_det(&self) -> f64 {
        2.0 * (0..self.factor.nrows()).map(|i| self.factor[(i, i)].ln()).sum::<f64>()
    }

    /// The whole of S⁻¹. O(2k³/3).
    pub(crate) fn inverse(&self) -> Mat<f64> {
        let size = self.factor.nrows();
        let mut inverse = Mat::zeros(size, size);
        let mut memory = MemBuffer::new(llt::inverse::inverse_scratch::<f64>(size, Par::Seq));
        llt::inverse::inverse(inverse.as_mut(), self.factor.as_ref(), Par::Seq, MemStack::new(&mut memory));
        for column in 0..size {
            for row in 0..column {
                inverse[(row, column)] = inverse[(column, row)];
            }
        }
        inverse
    }
}

/// Replaces a matrix S, `[size, size]` row-major, of which the lower triangle is read, by the whole of S⁻¹, and
/// returns log det S: plain loops, for matrices so small that calling a library costs more than the arithmetic. O(k³).
///
/// # Errors
/// As [`CholeskyFactor::new`].
pub(crate) fn invert_small(matrix: &mut [f64], size: usize, block: Block) -> Result<f64, Error> {
    let at = |i: usize, j: usize| i * size + j;
    let mut log_det = 0.0;
    for j in 0..size {
        let mut pivot = matrix[at(j, j)];
        for q in 0..j {
            pivot -= matrix[at(j, q)] * matrix[at(j, q)];
        }
        if !(pivot > 0.0 && pivot.is_finite()) {
            return Err(Error::NotPositiveDefinite { block, pivot: j });
        }
        log_det += pivot.ln();
        let root = pivot.sqrt();
        matrix[at(j, j)] = root;
        for i in j + 1..size {
            let mut entry = matrix[at(i, j)];
            for q in 0..j {
                entry -= matrix[at(i, q)] * matrix[at(j, q)];
            }
            matrix[at(i, j)] = entry / root;
        }
    }
    // L⁻¹ in place of L, row by row: each row needs the inverted rows above it, and its own row of L up to the column.
    for i in 0..size {
        let inverse_root = 1.0 / matrix[at(i, i)];
        for j in 0..i {
            let mut entry = 0.0;
            for q in j..i {
                entry -= matrix[at(i, q)] * matrix[at(q, j)];
            }
            matrix[at(i, j)] = entry * inverse_root;
        }
        matrix[at(i, i)] = inverse_root;
    }
    // S⁻¹ = L⁻ᵀ L⁻¹: entry (i, j) sums over the rows from i on, which are not yet overwritten.
    for i in 0..size {
        for j in 0..=i {
            let mut entry = 0.0;
            for q in i..size {
                entry += matrix[at(q, i)] * matrix[at(q, j)];
            }
            matrix[at(i, j)] = entry;
            matrix[at(j, i)] = entry;
        }
    }
    Ok(log_det)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: [[f64; 2]; 2]) -> Mat<f64> {
        Mat::from_fn(2, 2, |i, j| rows[i][j])
    }

    #[test]
    fn matches_a_two_by_two_matrix_worked_by_hand() {
        // det = 4·3 − 2·2 = 8; inverse = [[3, −2], [−2, 4]] / 8.
        let factor = CholeskyFactor::new(matrix([[4.0, 2.0], [2.0, 3.0]]), Block::Input).unwrap();
        assert!((factor.log_det() - 8.0f64.ln()).abs() < 1e-14);
        let inverse = factor.inverse();
        for (entry, expected) in [((0, 0), 0.375), ((0, 1), -0.25), ((1, 0), -0.25), ((1, 1), 0.5)] {
            assert!((inverse[entry] - expected).abs() < 1e-14);
        }
    }

    #[test]
    fn the_plain_loops_agree_with_the_library_for_every_small_size() {
        for size in 0..20 {
            // I + X Xᵀ; the upper triangle is not read.
            let entry = |i: usize, j: usize| ((i * 7 + j * 3) as f64 * 0.37).sin();
            let gram = Mat::from_fn(size, size, |i, j| {
                let dot: f64 = (0..5).map(|c| entry(i, c) * entry(j, c)).sum();
                dot + if i == j { 1.0 } else { 0.0 }
            });
            let mut plain: Vec<f64> = (0..size * size)
                .map(|at| if at % size > at / size { f64::NAN } else { gram[(at / size, at % size)] })
                .collect();
            let log_det = invert_small(&mut plain, size, Block::Input).unwrap();
            let factor = CholeskyFactor::new(gram, Block::Input).unwrap();
            assert!((log_det - factor.log_det()).abs() < 1e-12, "size {size}");
            let inverse = factor.inverse();
            for (at, entry) in plain.iter().enumerate() {
                assert!((entry - inverse[(at / size, at % size)]).abs() < 1e-12, "size {size}, entry {at}");
            }
        }
    }

    #[test]
    fn the_plain_loops_refuse_what_the_library_refuses() {
        let nan = f64::NAN;
        for (matrix, pivot) in
            [([1.0, nan, 2.0, 1.0], 1), ([nan, 0.0, 0.0, 1.0], 0), ([1.0, 0.0, nan, 1.0], 1)]
        {
            let error = invert_small(&mut matrix.clone(), 2, Block::Group(7)).unwrap_err();
            assert_eq!(error, Error::NotPositiveDefinite { block: Block::Group(7), pivot });
        }
    }

    #[test]
    fn an_indefinite_matrix_is_an_error_that_names_the_block_and_the_pivot() {
        let error = CholeskyFactor::new(matrix([[1.0, 2.0], [2.0, 1.0]]), Block::Group(7)).err().unwrap();
        assert_eq!(
            error.to_string(),
            "the matrix of group 7 is not positive definite: pivot 1 is not a positive number"
        );
    }

    #[test]
    fn nan_and_infinity_are_errors_wherever_they_stand() {
        for bad in [f64::NAN, f64::INFINITY] {
            for place in [(0, 0), (1, 0), (1, 1)] {
                let mut matrix = matrix([[1.0, 0.0], [0.0, 1.0]]);
                matrix[place] = bad;
                assert!(CholeskyFactor::new(matrix, Block::Expansion).is_err(), "{bad} at {place:?}");
            }
        }
    }
}
