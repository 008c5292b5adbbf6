//! The coding rate of an embedding by two libraries that share no code: faer, which the program computes with, and LAPACK.

use std::fmt;

use ndarray::Array2;
use serde::Serialize;

use crate::failure::Failure;

/// ε² of the rate that is compared.
#[cfg(feature = "lapack")]
const EPS_SQ: f64 = 0.5;

/// The expansion R(Z) with ε² = 0.5, in nats, and how far the libraries are apart in all that it is made of.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    eps_sq: f64,
    expansion_by_faer: f64,
    expansion_by_lapack: f64,
    /// The largest difference of an eigenvalue, as a part of the largest eigenvalue.
    eigenvalue_difference: f64,
    /// The largest difference of a singular value, as a part of the largest.
    singular_value_difference: f64,
    /// The largest difference of an entry of the inverse.
    inverse_difference: f64,
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "expansion      {:.12} nats by faer, {:.12} by LAPACK (ε² = {})",
            self.expansion_by_faer, self.expansion_by_lapack, self.eps_sq
        )?;
        write!(
            out,
            "differences    eigenvalues {:.1e}, singular values {:.1e} of the largest; entries of the inverse {:.1e}",
            self.eigenvalue_difference, self.singular_value_difference, self.inverse_difference
        )
    }
}

/// Refuses the flag in a program without LAPACK.
#[cfg(not(feature = "lapack"))]
pub(super) fn check(asked: bool) -> Result<(), Failure> {
    match asked {
        true => Err(Failure::Input(anyhow::anyhow!(
            "this program was built without LAPACK; install OpenBLAS (Debian: libopenblas-dev) and build it with `cargo build \
             --release --features lapack`"
        ))),
        false => Ok(()),
    }
}

/// Nothing: the flag was refused before.
#[cfg(not(feature = "lapack"))]
pub(super) fn compare(_asked: bool, _embedding: &Array2<f32>) -> Result<Option<Comparison>, Failure> {
    Ok(None)
}

/// The flag is always fine.
#[cfg(feature = "lapack")]
pub(super) fn check(_asked: bool) -> Result<(), Failure> {
    Ok(())
}

/// The rate of an embedding by both libraries.
#[cfg(feature = "lapack")]
pub(super) fn compare(asked: bool, embedding: &Array2<f32>) -> Result<Option<Comparison>, Failure> {
    use crate::failure::ResultExt;
    use g2r_loss::oracle::{Answers, RateAnswers, expansion};

    if !asked {
        return Ok(None);
    }
    let z: Vec<f64> = embedding.iter().map(|value| f64::from(*value)).collect();
    let RateAnswers { rate, eigenvalues, singular_values, inverse_difference } =
        expansion(&z, [embedding.nrows(), embedding.ncols()], EPS_SQ).run_err()?;
    let apart = |Answers { faer, lapack }: &Answers<Vec<f64>>| {
        let largest = lapack.iter().fold(f64::MIN_POSITIVE, |largest, value| largest.max(*value));
        faer.iter().zip(lapack).fold(0.0f64, |most, (a, b)| most.max((a - b).abs())) / largest
    };
    Ok(Some(Comparison {
        eps_sq: EPS_SQ,
        expansion_by_faer: rate.faer,
        expansion_by_lapack: rate.lapack,
        eigenvalue_difference: apart(&eigenvalues),
        singular_value_difference: apart(&singular_values),
        inverse_difference,
    }))
}
