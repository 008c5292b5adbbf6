use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, Par, Spec};

use crate::error::Error;

/// The eigenvalues of a symmetric matrix, and its eigenvectors.
#[derive(Debug, Clone)]
pub struct Eigen {
    /// The eigenvalues, largest first, `[size]`.
    pub values: Vec<f64>,
    /// Their eigenvectors of length 1 as columns, `[size, size]`.
    pub vectors: Mat<f64>,
}

impl Eigen {
    /// Solves a symmetric matrix, of which the lower triangle is read, on one thread: the bits would depend on their
    /// number. O(size³).
    ///
    /// # Errors
    /// Eigenvalues that the iteration did not find, as of a matrix that is not finite.
    ///
    /// # Panics
    /// When the matrix is not square.
    pub fn of(matrix: &Mat<f64>) -> Result<Self, Error> {
        let size = matrix.nrows();
        if size == 0 {
            return Ok(Self { values: Vec::new(), vectors: Mat::zeros(0, 0) });
        }
        let mut values = Diag::<f64>::zeros(size);
        let mut vectors = Mat::zeros(size, size);
        let requirement =
            self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
        self_adjoint_evd(
            matrix.as_ref(),
            values.as_mut(),
            Some(vectors.as_mut()),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(requirement)),
            Spec::default(),
        )
        .map_err(|_| Error::NoConvergence { size })?;
        // Ascending, as faer has them.
        let values: Vec<f64> = (0..size).rev().map(|place| values.column_vector()[place]).collect();
        let vectors = Mat::from_fn(size, size, |row, column| vectors[(row, size - 1 - column)]);
        Ok(Self { values, vectors })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_put_the_matrix_together_again() {
        for size in [0, 1, 2, 40, 150] {
            let matrix = Mat::from_fn(size, size, |i, j| ((i * j + i + j) as f64 * 0.7).sin());
            let Eigen { values, vectors } = Eigen::of(&matrix).unwrap();
            assert!(values.is_sorted_by(|a, b| a >= b));
            for i in 0..size {
                for j in 0..size {
                    let sum: f64 = (0..size).map(|k| vectors[(i, k)] * values[k] * vectors[(j, k)]).sum();
                    assert!((sum - matrix[(i, j)]).abs() < 1e-12, "size {size}, entry ({i}, {j})");
                }
            }
        }
    }
}
