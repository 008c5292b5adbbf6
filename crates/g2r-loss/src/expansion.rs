//! The rate of all rows.

use faer::MatRef;

use crate::error::{Block, Error};
use crate::products::{identity_plus_gram, multiply_rows, scaled_to_f32};
use crate::spd::CholeskyFactor;

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
