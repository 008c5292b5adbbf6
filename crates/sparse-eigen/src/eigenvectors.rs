//! The eigenvectors of a sparse matrix with the largest eigenvalues.

use std::ops::ControlFlow;

use faer::Mat;
use rand::{Rng, RngExt};
use thiserror::Error;

use crate::normalized::NormalizedAdjacency;
use crate::tall::{Tall, symmetric_eigenvectors};

/// How much a round of filtering may make one eigenvector grow beside another: more would leave the smaller without digits.
const MOST_GROWTH: f64 = 1e6;
/// The most products of a round.
const HIGHEST_DEGREE: usize = 200;

/// Why there are no eigenvectors.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
pub enum Error {
    /// The rounds did not suffice.
    #[error(transparent)]
    NotConverged(NotConverged),
    /// `on_round` broke off.
    #[error("interrupted")]
    Interrupted,
}

/// Eigenvectors that the rounds did not suffice for.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error(
    "after {iterations} iterations: expected eigenvectors with residuals of at most {tolerance:e}, found {residual:e}"
)]
pub struct NotConverged {
    /// How many iterations were allowed.
    pub iterations: usize,
    /// The largest ‖S v − λ v‖ that is left.
    pub residual: f64,
    /// What it may be.
    pub tolerance: f64,
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest ‖S v − λ v‖ of an eigenvector that is converged.
    pub tolerance: f64,
    /// The most rounds.
    pub iterations: usize,
}

/// Orthonormal eigenvectors.
#[derive(Clone, Debug)]
pub struct Eigenvectors {
    /// Their eigenvalues, descending.
    pub values: Vec<f64>,
    /// One a column, and behind them more that may not have converged.
    pub vectors: Tall,
}

/// The `count` eigenvectors of S with the largest eigenvalues, beside those that say nothing.
///
/// Subspace iteration with a Chebyshev filter (Zhou, Saad, Tiago & Chelikowsky 2006, J. Comput. Phys. 219): a block of vectors is
/// multiplied by a polynomial of S that is small between −1 and the smallest eigenvalue the block has found, and grows fast above;
/// then the block is made orthonormal and turned to its Ritz vectors. A whole block finds eigenvalues that come many times, which
/// graphs with many alike parts have and a Krylov space of one vector misses. The block is wider than what is asked for: the last
/// vectors converge last. `on_round` is called with the number of each round before it and may break off. `rng` only draws where
/// the search starts.
///
/// # Errors
/// [`Error::NotConverged`] where the rounds do not suffice; [`Error::Interrupted`] by `on_round`.
///
/// # Panics
/// If `count` is 0 or above the rank of the matrix.
pub fn leading_eigenvectors(
    matrix: &NormalizedAdjacency,
    count: usize,
    limits: &Limits,
    rng: &mut impl Rng,
    on_round: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Eigenvectors, Error> {
    let rank = matrix.rank();
    assert!((1..=rank).contains(&count), "{count} eigenvectors of a matrix that has {rank}");
    let width = block_width(count, rank);
    let values = (0..matrix.num_nodes() * width).map(|_| rng.random::<f64>() - 0.5).collect();
    let mut block = Tall::new(values, width);
    let mut residual = f64::INFINITY;
    let not_converged = |residual| {
        let Limits { iterations, tolerance } = *limits;
        Error::NotConverged(NotConverged { iterations, residual, tolerance })
    };
    for round in 0..limits.iterations {
        if on_round(round).is_break() {
            return Err(Error::Interrupted);
        }
        matrix.project(&mut block);
        // The second time mends what rounding left of the first.
        for _ in 0..2 {
            block = orthonormal(&block).ok_or_else(|| not_converged(residual))?;
        }
        let mut product = block.clone();
        matrix.recur(&mut product, &block, 0.0, 1.0, None);
        let ritz = symmetric_eigenvectors(&block.inner(&product));
        let (mut values, turn) = ritz.ok_or_else(|| not_converged(residual))?;
        (block, product) = (block.times(&turn), product.times(&turn));
        residual = largest_residual(&block, &product, &values[..count]);
        if residual <= limits.tolerance {
            values.truncate(count);
            return Ok(Eigenvectors { values, vectors: block });
        }
        block = filtered(matrix, block, values[width - 1], values[0]);
    }
    Err(not_converged(residual))
}

/// Columns of the block that `count` eigenvectors of a matrix of this rank are looked for in.
pub fn block_width(count: usize, rank: usize) -> usize {
    rank.min(count + (count / 4).max(16))
}

/// T(S) · block with the Chebyshev polynomial T of the interval from −1 to `lowest`, of the highest degree that lets nothing up to
/// `highest` grow too far.
fn filtered(matrix: &NormalizedAdjacency, block: Tall, lowest: f64, highest: f64) -> Tall {
    let center = (lowest - 1.0) / 2.0;
    let half_width = ((lowest + 1.0) / 2.0).max(1e-3);
    let growth = ((highest - center) / half_width).max(1.0).acosh();
    // A cast saturates, and a growth of zero gives infinity.
    let degree = ((MOST_GROWTH.acosh() / growth) as usize).clamp(1, HIGHEST_DEGREE);
    let mut before = block;
    let mut now = before.clone();
    matrix.recur(&mut now, &before, center, 1.0 / half_width, None);
    let mut next = now.clone();
    for _ in 1..degree {
        matrix.recur(&mut next, &now, center, 2.0 / half_width, Some(&before));
        (before, now, next) = (now, next, before);
    }
    now
}

/// An orthonormal basis of the columns, block · C Q Λ^-½ with C making columns of length 1 and Q Λ Qᵀ their Gram matrix (Stathopoulos
/// & Wu 2002, SIAM J. Sci. Comput. 23, algorithm 2); `None` where a number is not finite.
fn orthonormal(block: &Tall) -> Option<Tall> {
    let gram = block.inner(block);
    let width = gram.nrows();
    let scale: Vec<f64> =
        (0..width).map(|i| if gram[(i, i)] > 0.0 { gram[(i, i)].sqrt().recip() } else { 0.0 }).collect();
    let scaled = Mat::from_fn(width, width, |i, j| scale[i] * gram[(i, j)] * scale[j]);
    let (values, vectors) = symmetric_eigenvectors(&scaled)?;
    let floor = values[0] * f64::EPSILON * width as f64;
    let turn = Mat::from_fn(width, width, |i, j| scale[i] * vectors[(i, j)] / values[j].max(floor).sqrt());
    Some(block.times(&turn))
}

/// The largest ‖S v − λ v‖, of the first columns.
fn largest_residual(block: &Tall, product: &Tall, values: &[f64]) -> f64 {
    let mut squares = vec![0.0; values.len()];
    let width = block.width();
    for (v, sv) in block.values().chunks_exact(width).zip(product.values().chunks_exact(width)) {
        for (((square, v), sv), value) in squares.iter_mut().zip(v).zip(sv).zip(values) {
            *square += (sv - value * v) * (sv - value * v);
        }
    }
    squares.into_iter().fold(0.0, f64::max).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CsrMatrix;
    use crate::components::connected_components;
    use crate::normalized::tests::graph;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const LIMITS: Limits = Limits { tolerance: 1e-9, iterations: 200 };

    fn leading(matrix: &NormalizedAdjacency, count: usize, limits: &Limits) -> Result<Eigenvectors, Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        leading_eigenvectors(matrix, count, limits, &mut rng, &mut |_| ControlFlow::Continue(()))
    }

    fn path(nodes: usize) -> CsrMatrix {
        graph(nodes, &(1..nodes).map(|i| (i - 1, i)).collect::<Vec<_>>())
    }

    fn star(nodes: usize) -> CsrMatrix {
        graph(nodes, &(1..nodes).map(|i| (0, i)).collect::<Vec<_>>())
    }

    /// A cycle of which every third node has an edge to the seventh after it.
    fn chorded_cycle(nodes: usize) -> CsrMatrix {
        let mut edges: Vec<_> = (0..nodes).map(|i| (i, (i + 1) % nodes)).collect();
        edges.extend((0..nodes).step_by(3).map(|i| (i, (i + 7) % nodes)));
        graph(nodes, &edges)
    }

    /// Every eigenvalue of S but one 1 a component, and one 0 a node without edges; descending.
    fn dense_eigenvalues(adjacency: &CsrMatrix) -> Vec<f64> {
        let nodes = adjacency.rows();
        let degrees: Vec<f64> =
            adjacency.outer_iterator().map(|row| row.data().iter().map(|w| f64::from(*w)).sum()).collect();
        let dense = adjacency.to_dense();
        let entry = |i: usize, j: usize| {
            if dense[[i, j]] == 0.0 {
                0.0
            } else {
                f64::from(dense[[i, j]]) / (degrees[i] * degrees[j]).sqrt()
            }
        };
        let mut values = symmetric_eigenvectors(&Mat::from_fn(nodes, nodes, entry)).unwrap().0;
        let isolated = degrees.iter().filter(|degree| **degree == 0.0).count();
        let components = connected_components(adjacency).into_iter().max().unwrap() as usize + 1;
        values.drain(..components - isolated);
        for _ in 0..isolated {
            let zero = values.iter().position(|value| value.abs() < 1e-9).unwrap();
            values.remove(zero);
        }
        values
    }

    fn with_components() -> CsrMatrix {
        // Two paths of 3 and one of 2 nodes, a ring of 20 and three nodes without edges: eigenvalues come several times.
        let mut edges = vec![(0, 1), (1, 2), (3, 4), (4, 5), (6, 7)];
        edges.extend((0..20).map(|i| (10 + i, 10 + (i + 1) % 20)));
        graph(31, &edges)
    }

    #[test]
    fn eigenvalues_and_residuals_are_those_of_a_dense_decomposition() {
        for graph in [chorded_cycle(60), path(50), star(30), with_components()] {
            let expected = dense_eigenvalues(&graph);
            let matrix = NormalizedAdjacency::new(graph);
            assert_eq!(expected.len(), matrix.rank());
            for count in [1, 4, 12, matrix.rank()] {
                let Eigenvectors { values, vectors } = leading(&matrix, count, &LIMITS).unwrap();
                for (found, expected) in values.iter().zip(&expected) {
                    assert!((found - expected).abs() < 1e-8, "{found} and {expected}");
                }
                let gram = vectors.inner(&vectors);
                for i in 0..count {
                    for j in 0..count {
                        assert!((gram[(i, j)] - f64::from(u8::from(i == j))).abs() < 1e-8, "{i}, {j}");
                    }
                }
            }
        }
    }

    #[test]
    fn too_few_rounds_are_an_error_that_says_how_far_it_came() {
        let limits = Limits { tolerance: 1e-9, iterations: 1 };
        let error = leading(&NormalizedAdjacency::new(path(300)), 3, &limits).unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with(
                "after 1 iterations: expected eigenvectors with residuals of at most 1e-9, found "
            ),
            "{message}"
        );
    }
}
