//! The log-determinant as a tensor operation.

use burn::tensor::Tensor;
#[cfg(feature = "cube")]
use burn_cubecl::tensor::CubeTensor;
use faer::Mat;

#[cfg(feature = "cube")]
use crate::cube;
use crate::error::{Block, Error};
#[cfg(feature = "cube")]
use crate::scalar_function::Wanted;
use crate::scalar_function::{ScalarFunction, Terms, evaluate};
use crate::spd::CholeskyFactor;

/// Log-determinant log det S of a symmetric positive definite matrix, in nats, with the gradient S⁻¹ from the same
/// Cholesky factor. O(k³).
///
/// S is taken to be symmetric: its lower triangle is read, and the gradient is that of a symmetric argument. The
/// factorisation is in `f64` on the CPU, in `f32` on a GPU.
///
/// # Shapes
/// `matrix` is `[k, k]`, the output `[1]`; 0 for k = 0.
///
/// # Errors
/// [`Error::NotFinite`] for an entry that is NaN or infinite, [`Error::NotPositiveDefinite`] with the pivot where the
/// factorisation broke off.
///
/// # Panics
/// If the matrix is not square.
pub fn log_det(matrix: Tensor<2>) -> Result<Tensor<1>, Error> {
    let [rows, columns] = matrix.dims();
    assert_eq!(rows, columns, "log_det: the matrix is [{rows}, {columns}], not square");
    evaluate(matrix, LogDet).map(|(value, _)| value)
}

#[derive(Debug)]
struct LogDet;

impl ScalarFunction for LogDet {
    fn evaluate(
        &self,
        x: &[f32],
        [size, _]: [usize; 2],
        gradient: Option<&mut [f32]>,
    ) -> Result<Terms, Error> {
        let matrix = Mat::from_fn(size, size, |i, j| f64::from(x[i * size + j]));
        let factor = CholeskyFactor::new(matrix, Block::Input)?;
        if let Some(gradient) = gradient {
            let inverse = factor.inverse();
            for (row, gradient) in gradient.chunks_mut(size.max(1)).enumerate() {
                for (column, gradient) in gradient.iter_mut().enumerate() {
                    *gradient = inverse[(row, column)] as f32;
                }
            }
        }
        Ok(Terms { value: factor.log_det(), terms: Vec::new() })
    }

    #[cfg(feature = "cube")]
    fn evaluate_on_device(
        &self,
        x: &CubeTensor,
        wanted: Wanted,
    ) -> Result<(Terms, Option<CubeTensor>), Error> {
        let (value, gradient) = cube::log_det(x, wanted == Wanted::ValueAndGradient)?;
        Ok((Terms { value, terms: Vec::new() }, gradient))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use testkit::{gradients, numbers};

    #[test]
    fn the_determinant_of_a_two_by_two_matrix_worked_by_hand() {
        let matrix = Tensor::<2>::from_floats([[4.0, 2.0], [2.0, 3.0]], &Device::flex());
        let value: f32 = log_det(matrix).unwrap().into_scalar();
        assert!((value - 8.0f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_agrees_with_central_differences() {
        // S = I + X Xᵀ is symmetric whatever X is.
        let f = |x: Tensor<2>| {
            let gram = x.clone().matmul(x.clone().transpose());
            log_det(gram + Tensor::eye(4, &x.device())).unwrap()
        };
        gradients::assert_gradient(f, numbers::wavy_matrix(4, 6, 0.3, &Device::flex()), 1e-2, 2e-3);
    }

    #[test]
    fn an_indefinite_matrix_is_an_error_that_names_the_pivot() {
        let matrix = Tensor::<2>::from_floats([[1.0, 2.0], [2.0, 1.0]], &Device::flex());
        assert_eq!(
            log_det(matrix).unwrap_err().to_string(),
            "the matrix of the input is not positive definite: pivot 1 is not a positive number"
        );
    }

    #[test]
    fn nan_is_an_error_that_names_the_entry() {
        let matrix = Tensor::<2>::from_floats([[1.0, 0.0], [f32::NAN, 1.0]], &Device::flex());
        assert_eq!(
            log_det(matrix).unwrap_err().to_string(),
            "row 1, column 0 of the input: expected a finite number, found NaN"
        );
    }

    #[test]
    #[should_panic(expected = "log_det: the matrix is [2, 3], not square")]
    fn refuses_a_matrix_that_is_not_square() {
        let _ = log_det(Tensor::zeros([2, 3], &Device::flex()));
    }
}
