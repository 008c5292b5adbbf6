//! What LAPACK says.

use ndarray::{Array2, ArrayView2};
use ndarray_linalg::{DeterminantC, EigValsh, FactorizeC, InverseC, JobSvd, SVDDC, UPLO};

use super::OracleError;
use super::compare::{Quantities, side_of};

/// As `by_faer::quantities`; LAPACK's own errors name no block.
pub(super) fn quantities(x: &[f64], [n, d]: [usize; 2], scale: f64) -> Result<Quantities, OracleError> {
    let failed = |what| move |source| OracleError::Lapack { what, source };
    let x = ArrayView2::from_shape((n, d), x).expect("the caller's slice has n · d numbers");
    let gram = if side_of([n, d]) == d { x.t().dot(&x) } else { x.dot(&x.t()) };
    let matrix = Array2::<f64>::eye(gram.nrows()) + gram * scale;
    let factor = matrix.factorizec(UPLO::Lower).map_err(failed("the Cholesky factor"))?;
    let inverse = factor.invc().map_err(failed("the inverse"))?;
    let (_, singular_values, _) = x.svddc(JobSvd::None).map_err(failed("the singular values"))?;
    Ok(Quantities {
        log_det: factor.ln_detc(),
        inverse: inverse.iter().copied().collect(),
        eigenvalues: matrix.eigvalsh(UPLO::Lower).map_err(failed("the eigenvalues"))?.to_vec(),
        singular_values: singular_values.to_vec(),
    })
}
