//! Eigenvalues and eigenvectors of a symmetric matrix on the host.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, MatRef, Par, Spec};

use crate::error::Error;

/// Eigenvalues, largest first, and eigenvectors as columns in the same order.
pub(crate) struct Eigen {
    pub(crate) values: Vec<f64>,
    pub(crate) vectors: Mat<f64>,
}

/// Solves a symmetric matrix, of which the lower triangle is read, on one thread: the bits would depend on their number.
/// O(size³).
///
/// # Errors
/// [`Error::Eigen`] if the iteration does not converge, as with entries that are not finite.
pub(crate) fn eigen(matrix: MatRef<f64>) -> Result<Eigen, Error> {
    let size = matrix.nrows();
    let mut vectors = Mat::zeros(size, size);
    let mut values = vec![0.0; size];
    if size > 0 {
        let mut diagonal = Diag::<f64>::zeros(size);
        let scratch =
            self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
        let mut memory = MemBuffer::new(scratch);
        let stack = MemStack::new(&mut memory);
        self_adjoint_evd(matrix, diagonal.as_mut(), Some(vectors.as_mut()), Par::Seq, stack, Spec::default())
            .map_err(|_| Error::Eigen { size })?;
        // Ascending, as faer has them.
        values = (0..size).rev().map(|place| diagonal.column_vector()[place]).collect();
        vectors = vectors.as_ref().reverse_cols().to_owned();
    }
    // Some matrices with NaN pass the iteration.
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Error::Eigen { size });
    }
    Ok(Eigen { values, vectors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_put_the_matrix_together_again() {
        for size in [0, 1, 2, 90] {
            let matrix = Mat::from_fn(size, size, |i, j| ((i * j + i + j) as f64 * 0.7).sin());
            let Eigen { values, vectors } = eigen(matrix.as_ref()).unwrap();
            assert!(values.is_sorted_by(|a, b| a >= b));
            for i in 0..size {
                for j in 0..size {
                    let sum: f64 = (0..size).map(|k| vectors[(i, k)] * values[k] * vectors[(j, k)]).sum();
                    assert!((sum - matrix[(i, j)]).abs() < 1e-12, "size {size}, entry ({i}, {j})");
                }
            }
        }
    }

    #[test]
    fn a_matrix_that_is_not_finite_is_an_error() {
        let error = eigen(Mat::from_fn(3, 3, |_, _| f64::NAN).as_ref()).err().unwrap();
        assert_eq!(
            error.to_string(),
            "the eigenvalues of a matrix of size 3 were not found: its entries are not finite"
        );
    }
}
