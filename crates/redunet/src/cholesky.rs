//! The Cholesky factor of I + αG, on one thread.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::triangular_solve::solve_lower_triangular_in_place;
use faer::{Mat, MatMut, Par, Spec};

use crate::error::Error;
use crate::scalar::Scalar;

/// The factor L of I + αG = L Lᴴ.
pub(crate) struct Cholesky<T: Scalar> {
    factor: Mat<T>,
}

impl<T: Scalar> Cholesky<T> {
    /// Factorizes I + αG, of whose G the lower triangle is read. O(size³ / 3).
    pub(crate) fn of_identity_plus(alpha: f64, mut gram: Mat<T>) -> Result<Self, Error> {
        let size = gram.nrows();
        for column in 0..size {
            (column..size).for_each(|row| gram[(row, column)] = gram[(row, column)].scaled(alpha));
            gram[(column, column)] = T::from_real(1.0 + gram[(column, column)].real());
        }
        let scratch = llt::factor::cholesky_in_place_scratch::<T>(size, Par::Seq, Spec::default());
        let mut memory = MemBuffer::new(scratch);
        llt::factor::cholesky_in_place(
            gram.as_mut(),
            Default::default(),
            Par::Seq,
            MemStack::new(&mut memory),
            Spec::default(),
        )
        .map_err(|_| Error::NotPositiveDefinite { size })?;
        // A NaN can pass the factorization's own comparison.
        if (0..size).any(|i| !(gram[(i, i)].real() > 0.0 && gram[(i, i)].real().is_finite())) {
            return Err(Error::NotPositiveDefinite { size });
        }
        Ok(Self { factor: gram })
    }

    /// log det(I + αG).
    pub(crate) fn log_det(&self) -> f64 {
        2.0 * (0..self.factor.nrows()).map(|i| self.factor[(i, i)].real().ln()).sum::<f64>()
    }

    /// B ← L⁻¹ B.
    pub(crate) fn solve_lower(&self, right: MatMut<'_, T>) {
        solve_lower_triangular_in_place(self.factor.as_ref(), right, Par::Seq);
    }

    /// (I + αG)⁻¹, both triangles. O(size³).
    pub(crate) fn inverse(&self) -> Mat<T> {
        let size = self.factor.nrows();
        let mut inverse = Mat::zeros(size, size);
        let mut memory = MemBuffer::new(llt::inverse::inverse_scratch::<T>(size, Par::Seq));
        let stack = MemStack::new(&mut memory);
        llt::inverse::inverse(inverse.as_mut(), self.factor.as_ref(), Par::Seq, stack);
        mirror(&mut inverse);
        inverse
    }
}

/// Makes a matrix Hermitian by its lower triangle.
pub(crate) fn mirror<T: Scalar>(matrix: &mut Mat<T>) {
    for column in 1..matrix.ncols() {
        for row in 0..column {
            matrix[(row, column)] = T::conj_impl(&matrix[(column, row)]);
        }
    }
}
