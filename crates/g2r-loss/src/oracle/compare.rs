//! Both libraries' answers to one question.

use serde::Serialize;

use super::{by_faer, by_lapack};
use crate::Groups;
use crate::error::{Block, Error};
use crate::reduction::positive;

/// What faer says and what LAPACK says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answers<T> {
    /// By faer, as in training.
    pub faer: T,
    /// By LAPACK.
    pub lapack: T,
}

/// A rate ½ log det S of rows X, with S = I + c XᵀX or, where that is smaller, I + c XXᵀ, by two libraries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateAnswers {
    /// ½ log det S, in nats.
    pub rate: Answers<f64>,
    /// Eigenvalues of S, ascending; each at least 1.
    pub eigenvalues: Answers<Vec<f64>>,
    /// Singular values of X, descending.
    pub singular_values: Answers<Vec<f64>>,
    /// Largest difference between entries of the two inverses S⁻¹, which are at most 1.
    pub inverse_difference: f64,
}

/// What can go wrong with an oracle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OracleError {
    /// The rows, a setting, or faer's factorisation.
    #[error(transparent)]
    Rate(#[from] Error),
    /// An iteration that found no answer.
    #[error("{library} found no {what} of the matrix")]
    NoConvergence {
        /// The library.
        library: &'static str,
        /// What it was to compute.
        what: &'static str,
    },
    /// An error of LAPACK.
    #[error("LAPACK cannot compute {what} of the matrix")]
    Lapack {
        /// What it was to compute.
        what: &'static str,
        /// Its own error, with the routine's code.
        source: ndarray_linalg::error::LinalgError,
    },
}

/// The expansion R(Z) = ½ log det(I + d/(n ε²) ZᵀZ) of the rows of z, `[n, d]` row-major. O(n d min(n, d)).
///
/// # Errors
/// [`Error::Setting`] unless `eps_sq` is positive, [`Error::NotFinite`] for an entry that is NaN or infinite, and whatever a
/// library breaks off with.
///
/// # Panics
/// If `z` has another number of entries than n · d.
pub fn expansion(z: &[f64], [n, d]: [usize; 2], eps_sq: f64) -> Result<RateAnswers, OracleError> {
    assert_eq!(z.len(), n * d, "oracle: {} numbers for [{n}, {d}]", z.len());
    positive("eps_sq", eps_sq)?;
    check_finite(z, d)?;
    compare(z, [n, d], d as f64 / (n as f64 * eps_sq), Block::Expansion)
}

/// The rate ½ log det(I + d/(t ε²) Zᵀ diag(π) Z) of one group of rows of z, `[num_nodes, d]` row-major, with t the sum of its
/// weights. O(k d min(k, d)) for k members.
///
/// # Errors
/// As [`expansion`].
///
/// # Panics
/// If `z` has another number of entries than num_nodes · d, or there is no such group.
pub fn group(
    z: &[f64],
    d: usize,
    groups: &Groups,
    index: usize,
    eps_sq: f64,
) -> Result<RateAnswers, OracleError> {
    let (n, num_groups) = (groups.num_nodes(), groups.num_groups());
    assert_eq!(z.len(), n * d, "oracle: {} numbers for [{n}, {d}]", z.len());
    assert!(index < num_groups, "oracle: group {index} of {num_groups}");
    positive("eps_sq", eps_sq)?;
    check_finite(z, d)?;
    let group = groups.group(index);
    let mut rows = Vec::with_capacity(group.members.len() * d);
    for (node, weight) in group.members.iter().zip(group.weights) {
        let root = f64::from(*weight).sqrt();
        rows.extend(z[*node as usize * d..][..d].iter().map(|entry| root * entry));
    }
    // A group without weight has rows of zeros, which no scale changes.
    let scale = if group.total > 0.0 { d as f64 / (group.total * eps_sq) } else { 0.0 };
    compare(&rows, [group.members.len(), d], scale, Block::Group(index))
}

/// What a library computes. Of a symmetric inverse, by rows is by columns.
pub(super) struct Quantities {
    pub(super) log_det: f64,
    pub(super) inverse: Vec<f64>,
    pub(super) eigenvalues: Vec<f64>,
    pub(super) singular_values: Vec<f64>,
}

/// The side of the smaller of XᵀX and XXᵀ.
pub(super) fn side_of([n, d]: [usize; 2]) -> usize {
    n.min(d)
}

fn compare(x: &[f64], dims: [usize; 2], scale: f64, block: Block) -> Result<RateAnswers, OracleError> {
    if side_of(dims) == 0 {
        let none = Answers { faer: Vec::new(), lapack: Vec::new() };
        return Ok(RateAnswers {
            rate: Answers { faer: 0.0, lapack: 0.0 },
            eigenvalues: none.clone(),
            singular_values: none,
            inverse_difference: 0.0,
        });
    }
    let faer = by_faer::quantities(x, dims, scale, block)?;
    let lapack = by_lapack::quantities(x, dims, scale)?;
    let differences = faer.inverse.iter().zip(&lapack.inverse).map(|(faer, lapack)| (faer - lapack).abs());
    Ok(RateAnswers {
        inverse_difference: differences.fold(0.0, f64::max),
        rate: Answers { faer: 0.5 * faer.log_det, lapack: 0.5 * lapack.log_det },
        eigenvalues: Answers { faer: faer.eigenvalues, lapack: lapack.eigenvalues },
        singular_values: Answers { faer: faer.singular_values, lapack: lapack.singular_values },
    })
}

fn check_finite(z: &[f64], d: usize) -> Result<(), Error> {
    match z.iter().position(|entry| !entry.is_finite()) {
        Some(at) => Err(Error::NotFinite { row: at / d, column: at % d, value: z[at] as f32 }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_matches_the_closed_form() {
        // ½ ln(1 + d‖z‖²/ε²) = ½ ln 5, S = [5], and the singular value of a row is its length.
        let answers = expansion(&[0.6, 0.8], [1, 2], 0.5).unwrap();
        for (rate, eigenvalues, singular_values) in [
            (answers.rate.faer, &answers.eigenvalues.faer, &answers.singular_values.faer),
            (answers.rate.lapack, &answers.eigenvalues.lapack, &answers.singular_values.lapack),
        ] {
            assert!((rate - 0.5 * 5.0f64.ln()).abs() < 1e-15);
            assert!((eigenvalues[0] - 5.0).abs() < 1e-14 && (singular_values[0] - 1.0).abs() < 1e-15);
        }
        assert!(answers.inverse_difference < 1e-15);
    }

    #[test]
    fn a_group_without_members_takes_no_nats() {
        let groups = Groups::from_classes(&[Some(0), Some(0)], 2);
        let answers = group(&[1.0, 0.0, 0.0, 1.0], 2, &groups, 1, 0.5).unwrap();
        assert_eq!(answers.rate, Answers { faer: 0.0, lapack: 0.0 });
        assert!(answers.eigenvalues.lapack.is_empty());
    }

    #[test]
    fn what_is_not_finite_and_a_code_without_error_are_refused() {
        let error = |z: &[f64], eps_sq| expansion(z, [1, 2], eps_sq).unwrap_err().to_string();
        assert_eq!(
            error(&[0.0, f64::NAN], 0.5),
            "row 0, column 1 of the input: expected a finite number, found NaN"
        );
        assert_eq!(error(&[0.0, 1.0], 0.0), "`eps_sq` must be positive, got 0");
    }
}
