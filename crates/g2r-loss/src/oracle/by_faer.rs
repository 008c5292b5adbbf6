//! What faer says, through the factorisation that training uses.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, Side};

use super::OracleError;
use super::compare::{Quantities, side_of};
use crate::error::Block;
use crate::spd::CholeskyFactor;

/// The quantities of S = I + scale · XᵀX, or I + scale · XXᵀ where that is smaller, and of X itself, `[n, d]` row-major.
pub(super) fn quantities(
    x: &[f64],
    [n, d]: [usize; 2],
    scale: f64,
    block: Block,
) -> Result<Quantities, OracleError> {
    let x = MatRef::from_row_major_slice(x, n, d);
    let rows = if side_of([n, d]) == d { x.transpose() } else { x };
    let mut matrix = Mat::<f64>::identity(rows.nrows(), rows.nrows());
    matmul(matrix.as_mut(), Accum::Add, rows, rows.transpose(), scale, Par::Seq);
    let eigenvalues = matrix
        .self_adjoint_eigenvalues(Side::Lower)
        .map_err(|_| OracleError::NoConvergence { library: "faer", what: "eigenvalues" })?;
    let singular_values = x
        .singular_values()
        .map_err(|_| OracleError::NoConvergence { library: "faer", what: "singular values" })?;
    let factor = CholeskyFactor::new(matrix, block)?;
    let inverse = factor.inverse();
    let entries = inverse.col_iter().flat_map(|column| column.iter().copied()).collect();
    Ok(Quantities { log_det: factor.log_det(), inverse: entries, eigenvalues, singular_values })
}
