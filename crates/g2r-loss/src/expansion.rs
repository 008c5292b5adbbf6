//! The rate of all rows.

#[cfg(feature = "cube")]
use burn::backend::TensorMetadata;
use burn::tensor::Tensor;
#[cfg(feature = "cube")]
use burn_cubecl::tensor::CubeTensor;
use faer::MatRef;

#[cfg(feature = "cube")]
use crate::cube;
use crate::error::{Block, Error};
use crate::products::{identity_plus_gram, multiply_rows, scaled_to_f32};
use crate::reduction::positive;
#[cfg(feature = "cube")]
use crate::scalar_function::Wanted;
use crate::scalar_function::{ScalarFunction, Terms, evaluate};
use crate::spd::CholeskyFactor;

/// Coding rate R(Z) = ½ log det(I + d/(n ε²) ZᵀZ) of the rows of `z`, in nats, with its gradient; 0 where Z = 0.
///
/// Ma et al. 2007; Yu et al. 2020, arXiv 2006.08558, eq. 1. O(n d min(n, d)).
///
/// # Shapes
/// `z` is `[n, d]`, the output `[1]`.
///
/// # Errors
/// [`Error::Setting`] unless `eps_sq` is positive, [`Error::NotFinite`] for an entry that is NaN or infinite,
/// [`Error::NotPositiveDefinite`] where numbers are so large that the factorisation breaks off.
pub fn coding_rate(z: Tensor<2>, eps_sq: f64) -> Result<Tensor<1>, Error> {
    positive("eps_sq", eps_sq)?;
    evaluate(z, CodingRate { eps_sq }).map(|(value, _)| value)
}

#[derive(Debug)]
struct CodingRate {
    eps_sq: f64,
}

impl ScalarFunction for CodingRate {
    fn evaluate(&self, z: &[f32], [n, d]: [usize; 2], gradient: Option<&mut [f32]>) -> Result<Terms, Error> {
        if n == 0 || d == 0 {
            return Ok(Terms { value: 0.0, terms: Vec::new() });
        }
        let c = d as f64 / (n as f64 * self.eps_sq);
        let log_det = log_det_of_rows(z, [n, d], c, gradient.map(|gradient| (gradient, 0.5)))?;
        Ok(Terms { value: 0.5 * log_det, terms: Vec::new() })
    }

    #[cfg(feature = "cube")]
    fn evaluate_on_device(
        &self,
        z: &CubeTensor,
        wanted: Wanted,
    ) -> Result<(Terms, Option<CubeTensor>), Error> {
        let [n, d] = [z.shape()[0], z.shape()[1]];
        if n == 0 || d == 0 {
            return Ok((Terms { value: 0.0, terms: Vec::new() }, Some(z.clone())));
        }
        let c = d as f64 / (n as f64 * self.eps_sq);
        let weight = (wanted == Wanted::ValueAndGradient).then_some(0.5);
        let (log_det, gradient) = cube::log_det_of_rows(z, c, weight)?;
        Ok((Terms { value: 0.5 * log_det, terms: Vec::new() }, gradient))
    }
}

/// log det(I + c ZᵀZ) of `[n, d]` row-major values, on the smaller side: O(n d min(n, d)).
///
/// Where `gradient` is given, with a factor f, it is overwritten by f ∂/∂Z = 2 f c Z (I + c ZᵀZ)⁻¹.
///
/// # Errors
/// [`Error::NotPositiveDefinite`] if the numbers are too large for the factorisation.
pub(crate) fn log_det_of_rows(
    z: &[f32],
    [n, d]: [usize; 2],
    c: f64,
    gradient: Option<(&mut [f32], f64)>,
) -> Result<f64, Error> {
    let rows = MatRef::from_row_major_slice(z, n, d);
    let side = if d <= n { rows.transpose() } else { rows };
    let factor = CholeskyFactor::new(identity_plus_gram(side, c), Block::Expansion)?;
    if let Some((gradient, weight)) = gradient {
        let coefficients = scaled_to_f32(&factor.inverse(), 2.0 * weight * c);
        if d <= n {
            multiply_rows(gradient, z, coefficients.as_ref());
        } else {
            multiply_by_rows(gradient, &coefficients, rows);
        }
    }
    Ok(factor.log_det())
}

/// Product `output = M · X`, row-major, for the few rows of the case n < d.
fn multiply_by_rows(output: &mut [f32], matrix: &faer::Mat<f32>, x: MatRef<'_, f32>) {
    let row_major: Vec<f32> =
        (0..matrix.nrows()).flat_map(|i| (0..matrix.ncols()).map(move |j| matrix[(i, j)])).collect();
    multiply_rows(output, &row_major, x);
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use testkit::{gradients, numbers};

    #[test]
    fn one_row_matches_the_closed_form() {
        // n = 1: R = ½ ln(1 + d‖z‖²/ε²) = ½ ln(1 + 2 · 1/0.5).
        let z = Tensor::<2>::from_floats([[0.6, 0.8]], &Device::flex());
        let rate: f32 = coding_rate(z, 0.5).unwrap().into_scalar();
        assert!((rate - 0.5 * 5.0f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_agrees_with_central_differences_on_both_sides() {
        for (n, d) in [(7, 3), (3, 7)] {
            let z = numbers::wavy_matrix(n, d, 0.4, &Device::flex());
            gradients::assert_gradient(|z| coding_rate(z, 0.5).unwrap(), z, 1e-2, 2e-3);
        }
    }

    #[test]
    fn nothing_to_code_takes_no_nats_and_an_impossible_code_is_refused() {
        let rate = |dims: [usize; 2], eps_sq| coding_rate(Tensor::zeros(dims, &Device::flex()), eps_sq);
        assert_eq!(rate([4, 3], 0.5).unwrap().into_scalar::<f32>(), 0.0);
        assert_eq!(rate([0, 3], 0.5).unwrap().into_scalar::<f32>(), 0.0);
        assert_eq!(rate([4, 3], 0.0).unwrap_err().to_string(), "`eps_sq` must be positive, got 0");
    }
}
