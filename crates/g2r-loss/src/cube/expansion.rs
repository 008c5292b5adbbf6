//! The rate of all rows on a device.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::TensorData;
use burn_cubecl::CubeBackend;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use faer::Mat;

use super::launch::fetch;
use crate::error::{Block, Error};
use crate::products::scaled_to_f32;
use crate::spd::CholeskyFactor;

/// log det(I + c ZᵀZ) of the rows of z, `[n, d]`, with f ∂/∂Z for a factor f, if one is given.
///
/// The two products, O(n d min(n, d)), are the device's own. Between them the one matrix, of side min(n, d), is fetched
/// and factorised on the host in `f64`: a single factorisation of side 512 keeps one workgroup of a device busy for
/// longer than the host takes, with the transfer of a megabyte both ways, and loses digits in `f32`.
///
/// # Errors
/// [`Error::NotPositiveDefinite`] if the numbers are too large for the factorisation, or not finite.
pub(crate) fn log_det_of_rows(
    z: &CubeTensor,
    c: f64,
    gradient: Option<f64>,
) -> Result<(f64, Option<CubeTensor>), Error> {
    let (n, d) = (z.shape()[0], z.shape()[1]);
    let transposed = CubeBackend::float_transpose(z.clone());
    let gram = if d <= n {
        CubeBackend::float_matmul(transposed, z.clone())
    } else {
        CubeBackend::float_matmul(z.clone(), transposed)
    };
    let (gram, side) = (fetch(gram), n.min(d));
    let matrix =
        Mat::from_fn(side, side, |i, j| c * f64::from(gram[i * side + j]) + if i == j { 1.0 } else { 0.0 });
    let factor = CholeskyFactor::new(matrix, Block::Expansion)?;
    let gradient = gradient.map(|weight| {
        let coefficients = scaled_to_f32(&factor.inverse(), 2.0 * weight * c);
        // Symmetric: by columns is by rows.
        let entries: Vec<f32> = coefficients.col_iter().flat_map(|column| column.iter().copied()).collect();
        let coefficients = CubeBackend::float_from_data(TensorData::new(entries, [side, side]), &z.device());
        let product = if d <= n {
            CubeBackend::float_matmul(z.clone(), coefficients)
        } else {
            CubeBackend::float_matmul(coefficients, z.clone())
        };
        into_contiguous(product)
    });
    Ok((factor.log_det(), gradient))
}
