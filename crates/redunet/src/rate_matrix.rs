//! The matrices E and C of a layer.

use faer::linalg::matmul::matmul_with_conj;
use faer::{Accum, Conj, Mat, MatMut, MatRef, Par};

use crate::cholesky::{Cholesky, mirror};
use crate::error::Error;
use crate::gram::gram;
use crate::scalar::Scalar;

/// α(I + αZᴴZ)⁻¹ of rows Z, which multiplies rows from the right: z · RateMatrix is the gradient of ½ log det(I + αZᴴZ) with
/// respect to a row z of Z.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RateMatrix<T: Scalar> {
    /// The matrix, `[width, width]`.
    Dense(Mat<T>),
    /// α(I − WᴴW), the Woodbury form: W = √α L⁻¹Z `[rows, width]` with L Lᴴ = I + αZZᴴ.
    LowRank { alpha: f64, factor: Mat<T> },
}

impl<T: Scalar> RateMatrix<T> {
    /// The matrix of some rows with log det(I + αZᴴZ), in the form that is cheaper to apply: the low rank one if there are fewer
    /// rows than half the width. O(rows · width · min(rows, width) + width³ or rows³).
    ///
    /// # Shapes
    /// rows `[rows, width]`
    pub(crate) fn of(rows: MatRef<'_, T>, alpha: f64) -> Result<(Self, f64), Error> {
        if 2 * rows.nrows() >= rows.ncols() {
            let (matrix, log_det) = dense(rows, alpha)?;
            return Ok((Self::Dense(matrix), log_det));
        }
        let (factor, log_det) = woodbury_factor(rows, alpha)?;
        Ok((Self::LowRank { alpha, factor }, log_det))
    }

    /// out ← z · self. O(rows · width · min(width, 2 · rank)).
    ///
    /// # Shapes
    /// z and out `[rows, width]`
    pub(crate) fn apply(&self, z: MatRef<'_, T>, mut out: MatMut<'_, T>) {
        match self {
            Self::Dense(matrix) => multiply(out, Accum::Replace, z, matrix.as_ref(), Conj::No, 1.0),
            Self::LowRank { alpha, factor } => {
                out.copy_from(z);
                let mut coordinates = Mat::zeros(z.nrows(), factor.nrows());
                multiply(coordinates.as_mut(), Accum::Replace, z, factor.transpose(), Conj::Yes, 1.0);
                let coordinates = coordinates.as_ref();
                multiply(out.as_mut(), Accum::Add, coordinates, factor.as_ref(), Conj::No, -1.0);
                out *= faer::Scale(T::from_real(*alpha));
            }
        }
    }
}

/// α(I + αZᴴZ)⁻¹ as a whole with log det(I + αZᴴZ), by the smaller side of Z. O(rows · width · min(rows, width) + width³).
pub(crate) fn dense<T: Scalar>(rows: MatRef<'_, T>, alpha: f64) -> Result<(Mat<T>, f64), Error> {
    let width = rows.ncols();
    let (mut matrix, log_det) = if rows.nrows() < width {
        let (factor, log_det) = woodbury_factor(rows, alpha)?;
        let mut matrix = gram(factor.as_ref());
        for column in 0..width {
            (column..width).for_each(|row| matrix[(row, column)] = matrix[(row, column)].scaled(-1.0));
            matrix[(column, column)] = T::from_real(1.0 + matrix[(column, column)].real());
        }
        mirror(&mut matrix);
        (matrix, log_det)
    } else {
        let cholesky = Cholesky::of_identity_plus(alpha, gram(rows))?;
        (cholesky.inverse(), cholesky.log_det())
    };
    matrix *= faer::Scale(T::from_real(alpha));
    Ok((matrix, log_det))
}

/// log det(I + αZᴴZ), by the smaller side of Z.
pub(crate) fn log_det<T: Scalar>(rows: MatRef<'_, T>, alpha: f64) -> Result<f64, Error> {
    let gram = if rows.nrows() < rows.ncols() { gram_of_rows(rows) } else { gram(rows) };
    Ok(Cholesky::of_identity_plus(alpha, gram)?.log_det())
}

/// W = √α L⁻¹Z with L Lᴴ = I + αZZᴴ, and log det(I + αZZᴴ), which is that of I + αZᴴZ.
fn woodbury_factor<T: Scalar>(rows: MatRef<'_, T>, alpha: f64) -> Result<(Mat<T>, f64), Error> {
    let cholesky = Cholesky::of_identity_plus(alpha, gram_of_rows(rows))?;
    let mut factor = rows.to_owned();
    cholesky.solve_lower(factor.as_mut());
    factor *= faer::Scale(T::from_real(alpha.sqrt()));
    Ok((factor, cholesky.log_det()))
}

/// ZZᴴ, `[rows, rows]`.
pub(crate) fn gram_of_rows<T: Scalar>(rows: MatRef<'_, T>) -> Mat<T> {
    let mut gram = Mat::zeros(rows.nrows(), rows.nrows());
    multiply(gram.as_mut(), Accum::Replace, rows, rows.transpose(), Conj::Yes, 1.0);
    gram
}

fn multiply<T: Scalar>(
    out: MatMut<'_, T>,
    accum: Accum,
    left: MatRef<'_, T>,
    right: MatRef<'_, T>,
    conj_right: Conj,
    factor: f64,
) {
    matmul_with_conj(out, accum, left, Conj::No, right, conj_right, T::from_real(factor), Par::Seq);
}

#[cfg(test)]
mod tests {
    use super::*;
    use faer::c64;

    fn rows(n: usize, d: usize) -> Mat<c64> {
        Mat::from_fn(n, d, |i, j| c64::new(((i * d + j) as f64 * 0.9).sin(), ((i + 2 * j) as f64).cos()))
    }

    #[test]
    fn every_form_inverts_the_matrix_that_it_stands_for() {
        // Low rank, Woodbury made dense, dense.
        for (n, d, low_rank) in [(2, 7, true), (4, 7, false), (9, 7, false)] {
            let (z, alpha) = (rows(n, d), 0.7);
            let (matrix, log_det) = RateMatrix::of(z.as_ref(), alpha).unwrap();
            assert_eq!(matches!(matrix, RateMatrix::LowRank { .. }), low_rank);
            let identity_plus =
                z.adjoint() * &z * faer::Scale(c64::from_real(alpha)) + Mat::<c64>::identity(d, d);
            let mut product = Mat::zeros(d, d);
            matrix.apply(identity_plus.as_ref(), product.as_mut());
            for i in 0..d {
                for j in 0..d {
                    let expected = if i == j { alpha } else { 0.0 };
                    assert!((product[(i, j)] - expected).norm() < 1e-12, "{n} rows, ({i}, {j})");
                }
            }
            let determinant = identity_plus.determinant();
            approx::assert_relative_eq!(log_det, determinant.re.ln(), max_relative = 1e-12);
            approx::assert_relative_eq!(
                super::log_det(z.as_ref(), alpha).unwrap(),
                log_det,
                max_relative = 1e-12
            );
            approx::assert_relative_eq!(dense(z.as_ref(), alpha).unwrap().1, log_det, max_relative = 1e-12);
        }
    }

    #[test]
    fn an_alpha_that_overflows_is_an_error() {
        let error = RateMatrix::of(rows(9, 7).as_ref(), f64::INFINITY).unwrap_err();
        assert_eq!(error.to_string(), "the matrix I + αZᵀZ of size 7 is not positive definite in f64");
    }
}
