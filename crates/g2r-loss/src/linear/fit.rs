//! The optimum of linear rate reduction.

use std::ops::ControlFlow;

use ndarray::Array2;
use rand::Rng;

use super::config::{LinearConfig, Solver, Width};
use super::dense_solver::{full_weights, num_blocks, reduced_weights, ridged_scatter};
use super::encoder::LinearEncoder;
use super::features::FeatureMatrix;
use super::krylov::{KrylovSettings, leading_eigenpairs};
use super::monitor::{Monitor, Steps};
use super::operators::{Covariance, Metric};
use super::pairs::{Pairs, ridge_of_trace};
use super::propagation::Propagation;
use super::spectrum::Spectrum;
use crate::error::Error;

/// Each solution with M may leave this share of the tolerance of its energy. A larger one saves products with M, and then the
/// search stalls before the eigenvalues have settled.
const ENERGY_LEFT: f64 = 0.1;
/// Steps of conjugate gradients that this takes, about.
const NUM_SOLVER_STEPS: f64 = 5.0;
/// Columns that the basis of the matrix-free solver grows by: half the width within these bounds. A block finds at most as many
/// copies of a multiple eigenvalue as it has columns, and a graph of many equal components has many.
const BLOCK_WIDTHS: std::ops::RangeInclusive<usize> = 16..=128;
/// Blocks after which the matrix-free solver stops, whatever it reached.
const MAX_BLOCKS: usize = 64;
/// An eigendecomposition of all of a dense matrix costs so many multiply-adds of a matrix product for each entry cubed: half of
/// it is bound by memory.
const EIGEN_COST: f64 = 12.0;
/// A multiply-add of a sparse product costs so many of a dense one.
const SPARSE_COST: f64 = 8.0;

/// An encoder at the optimum, and what is known of it.
#[derive(Clone, Debug)]
pub struct LinearFit {
    /// The encoder.
    pub encoder: LinearEncoder,
    /// The embedding of the training nodes, centered, `[nodes, d_output]`.
    pub embedding: Array2<f32>,
    /// Eigenvalues and water level; `None` for [`Width::Full`], which needs none.
    pub spectrum: Option<Spectrum>,
    /// The solver that was used, never [`Solver::Auto`].
    pub solver: Solver,
}

/// Maximizes ½ log det(I + ε⁻² Wᵀ C W) − 1/(2ν) tr Wᵀ (S_w + τ s I) W over W, with C = cov(P X), S_w the scatter within pairs and
/// s = tr S_w / F: see [`linear`](crate::linear).
///
/// The first term is the expansion R(Z) of Z = P X W, the second bounds the compression of the pairs. The scales ε and ν fall out of
/// the direction of the optimum: they set the water level, which `config.width` does here.
///
/// # Errors
/// [`Error::Setting`] for a setting outside of its range; [`Error::NoScatter`] for features that never differ within a pair;
/// [`Error::NotPositiveDefinite`] or [`Error::Eigen`] if the arithmetic breaks down.
///
/// # Panics
/// If X, P and the pairs have different numbers of nodes, or there are no nodes or no features.
pub fn fit(
    x: &dyn FeatureMatrix,
    propagation: &dyn Propagation,
    pairs: &Pairs,
    config: &LinearConfig,
    rng: &mut impl Rng,
) -> Result<LinearFit, Error> {
    fit_monitored(x, propagation, pairs, config, rng, &mut |_| ControlFlow::Continue(()))
}

/// The same, seen before each step of the solver, and stopped there.
///
/// # Errors
/// As [`fit`], and [`Error::Interrupted`].
///
/// # Panics
/// As [`fit`].
pub fn fit_monitored<'a>(
    x: &dyn FeatureMatrix,
    propagation: &dyn Propagation,
    pairs: &Pairs,
    config: &LinearConfig,
    rng: &mut impl Rng,
    monitor: &'a mut Monitor<'a>,
) -> Result<LinearFit, Error> {
    assert!(x.num_nodes() > 0 && x.num_features() > 0, "linear rate reduction: a matrix without entries");
    assert_eq!(x.num_nodes(), propagation.num_nodes(), "linear rate reduction: nodes of X and P");
    assert_eq!(x.num_nodes(), pairs.num_nodes(), "linear rate reduction: nodes of X and of the pairs");
    config.check(x.num_features())?;
    let means = x.column_means();
    let solver = chosen_solver(x, propagation, pairs, config);
    let mut steps = match (config.width, solver) {
        (Width::Full, _) => Steps::new(num_blocks(x) + 1, monitor),
        (Width::Reduced(_), Solver::MatrixFree) => Steps::at_most(MAX_BLOCKS, monitor),
        (Width::Reduced(_), _) => Steps::new(2 * num_blocks(x) + 1, monitor),
    };
    let steps = &mut steps;
    let (weights, spectrum) = match (config.width, solver) {
        (Width::Full, _) => {
            (full_weights(ridged_scatter(x, pairs, &means, config.ridge, steps)?, steps)?, None)
        }
        (Width::Reduced(d_output), Solver::MatrixFree) => {
            let (weights, spectrum) =
                matrix_free(x, propagation, pairs, &means, d_output, config, rng, steps)?;
            (weights, Some(spectrum))
        }
        (Width::Reduced(d_output), _) => {
            let scatter = ridged_scatter(x, pairs, &means, config.ridge, steps)?;
            let (weights, spectrum) = reduced_weights(scatter, x, propagation, &means, d_output, steps)?;
            (weights, Some(spectrum))
        }
    };
    let (encoder, embedding) = LinearEncoder::fit(weights, x, propagation, &means);
    Ok(LinearFit { encoder, embedding, spectrum, solver })
}

#[expect(clippy::too_many_arguments, reason = "the problem, how it is solved, and who looks on")]
fn matrix_free(
    x: &dyn FeatureMatrix,
    propagation: &dyn Propagation,
    pairs: &Pairs,
    means: &[f64],
    d_output: usize,
    config: &LinearConfig,
    rng: &mut impl Rng,
    steps: &mut Steps<'_>,
) -> Result<(Array2<f32>, Spectrum), Error> {
    let num_features = x.num_features();
    let diagonal = pairs.scatter_diagonal(x);
    let ridge = ridge_of_trace(diagonal.iter().sum(), config.ridge, means)?;
    let diagonal = diagonal.iter().map(|entry| (entry + ridge) as f32).collect();
    let settings = krylov_settings(d_output, config);
    let metric = Metric { x, pairs, ridge, diagonal };
    let covariance = Covariance { x, propagation, means };
    let pairs = leading_eigenpairs(&covariance, &metric, &settings, rng, steps)?;
    let water_level = pairs.values.get(d_output).map_or(0.0, |value| value.max(0.0));
    let spectrum = Spectrum { eigenvalues: pairs.values, water_level };
    let roots: Vec<f32> = spectrum.powers(d_output).iter().map(|power| power.sqrt() as f32).collect();
    // Directions that the search did not find have eigenvalue 0: their columns stay 0.
    let mut weights = Array2::zeros((num_features, d_output));
    for (k, root) in roots.iter().enumerate() {
        weights.column_mut(k).scaled_add(*root, &pairs.vectors.column(k));
    }
    Ok((weights, spectrum))
}

fn krylov_settings(d_output: usize, config: &LinearConfig) -> KrylovSettings {
    let count = d_output + 1;
    let block_width = block_width(d_output);
    KrylovSettings {
        count,
        block_width,
        energy_left: ENERGY_LEFT * config.tolerance,
        tolerance: config.tolerance,
        max_blocks: MAX_BLOCKS,
        max_basis: 3 * count + 6 * block_width,
    }
}

fn block_width(d_output: usize) -> usize {
    // Sixteen numbers are a line of the cache.
    (d_output / 2 + 1).next_multiple_of(16).clamp(*BLOCK_WIDTHS.start(), *BLOCK_WIDTHS.end())
}

/// The cheaper solver, by the multiply-adds of each.
fn chosen_solver(
    x: &dyn FeatureMatrix,
    propagation: &dyn Propagation,
    pairs: &Pairs,
    config: &LinearConfig,
) -> Solver {
    let Width::Reduced(d_output) = config.width else { return Solver::Dense };
    if config.solver != Solver::Auto {
        return config.solver;
    }
    let (nodes, features) = (x.num_nodes() as f64, x.num_features() as f64);
    let sparse = SPARSE_COST * features * (propagation.cost() + pairs.num_arcs() + x.num_entries()) as f64;
    let dense = sparse + 0.5 * nodes * features.powi(2) + EIGEN_COST * features.powi(3);
    let basis = (2 * d_output + 3 * block_width(d_output)) as f64;
    let products = 2.0 * (propagation.cost() + x.num_entries()) as f64
        + (NUM_SOLVER_STEPS + 3.0) * (pairs.num_arcs() + 2 * x.num_entries()) as f64;
    let matrix_free =
        SPARSE_COST * basis * products + 4.0 * features * basis.powi(2) + EIGEN_COST * basis.powi(3);
    if matrix_free < dense && basis < features { Solver::MatrixFree } else { Solver::Dense }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::{
        CsrMatrix, DenseFeatures, NormalizedAdjacency, PersonalizedPageRank, SolverProgress,
    };
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const NODES: usize = 300;
    const FEATURES: usize = 120;

    struct Data {
        x: Array2<f32>,
        adjacency: CsrMatrix,
    }

    /// Nodes and features in the order of `order`, of what it is for the identity.
    fn data(order: &[usize]) -> Data {
        let x = testkit::numbers::wavy(NODES * FEATURES, 0.3);
        let x = Array2::from_shape_fn((NODES, FEATURES), |(i, f)| {
            x[order[i] * FEATURES + f] * (1 + f % 7) as f32
        });
        let graph = testkit::graphs::chorded_cycle(NODES as u32);
        let mut adjacency = sprs::TriMatI::<f32, u32>::new((NODES, NODES));
        let mut place = vec![0; NODES];
        order.iter().enumerate().for_each(|(now, before)| place[*before] = now);
        for (a, b) in graph.edges() {
            adjacency.add_triplet(place[a as usize], place[b as usize], 1.0);
            adjacency.add_triplet(place[b as usize], place[a as usize], 1.0);
        }
        Data { x, adjacency: adjacency.to_csr() }
    }

    fn fitted(data: &Data, config: &LinearConfig) -> Result<LinearFit, Error> {
        let x = DenseFeatures::from_array(data.x.view())?;
        let normalized = NormalizedAdjacency::from_symmetric(&data.adjacency)?;
        let propagation = PersonalizedPageRank::new(&normalized, 0.2, 5)?;
        let pairs = Pairs::degree_normalized(&data.adjacency)?;
        fit(&x, &propagation, &pairs, config, &mut ChaCha8Rng::seed_from_u64(2))
    }

    fn reduced(solver: Solver) -> LinearConfig {
        LinearConfig { width: Width::Reduced(10), solver, tolerance: 1e-6, ..LinearConfig::default() }
    }

    #[test]
    fn each_step_is_seen_and_may_be_the_last() {
        let data = data(&(0..NODES).collect::<Vec<_>>());
        let x = DenseFeatures::from_array(data.x.view()).unwrap();
        let normalized = NormalizedAdjacency::from_symmetric(&data.adjacency).unwrap();
        let propagation = PersonalizedPageRank::new(&normalized, 0.2, 5).unwrap();
        let pairs = Pairs::degree_normalized(&data.adjacency).unwrap();
        let full = LinearConfig { width: Width::Full, ..LinearConfig::default() };
        for (config, expected) in
            [(full, 2), (reduced(Solver::Dense), 3), (reduced(Solver::MatrixFree), MAX_BLOCKS)]
        {
            let run = |last: usize| {
                let mut seen = Vec::new();
                let mut monitor = |progress: SolverProgress| {
                    seen.push(progress.done);
                    assert_eq!(
                        (progress.total, progress.is_bound),
                        (expected, config.solver == Solver::MatrixFree)
                    );
                    if progress.done == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                };
                let rng = &mut ChaCha8Rng::seed_from_u64(2);
                let found = fit_monitored(&x, &propagation, &pairs, &config, rng, &mut monitor);
                (found.map(|found| found.embedding), seen)
            };
            let (embedding, seen) = run(usize::MAX);
            assert!(seen.iter().copied().eq(0..seen.len()) && seen.len() >= 2, "{seen:?}");
            assert_eq!(embedding.unwrap(), fitted(&data, &config).unwrap().embedding);
            assert_eq!(run(1), (Err(Error::Interrupted), vec![0, 1]));
        }
    }

    #[test]
    fn one_thread_and_three_give_the_same_bits_by_each_solver() {
        let data = data(&(0..NODES).collect::<Vec<_>>());
        let full = LinearConfig { width: Width::Full, ..LinearConfig::default() };
        for config in [reduced(Solver::Dense), reduced(Solver::MatrixFree), full] {
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| fitted(&data, &config).unwrap())
            };
            let (one, three) = (on(1), on(3));
            assert_eq!(one.embedding, three.embedding);
            assert_eq!((one.encoder, one.spectrum), (three.encoder, three.spectrum));
        }
    }

    #[test]
    fn the_solvers_agree_and_a_permutation_of_the_nodes_permutes_the_embedding() {
        let order: Vec<usize> = (0..NODES).map(|node| (node * 7 + 5) % NODES).collect();
        let before =
            fitted(&data(&(0..NODES).collect::<Vec<_>>()), &reduced(Solver::Dense)).unwrap().embedding;
        for solver in [Solver::Dense, Solver::MatrixFree] {
            let after = fitted(&data(&order), &reduced(solver)).unwrap().embedding;
            for (column, (before, after)) in before.columns().into_iter().zip(after.columns()).enumerate() {
                let moved: Vec<f32> = order.iter().map(|node| before[*node]).collect();
                let dot: f32 = moved.iter().zip(after).map(|(a, b)| a * b).sum();
                let length = before.dot(&before);
                assert!(
                    (dot.abs() / length - 1.0).abs() < 1e-4,
                    "{solver:?}, column {column}: {dot} of {length}"
                );
            }
        }
    }

    #[test]
    fn unseen_nodes_that_equal_seen_ones_get_their_embedding() {
        let data = data(&(0..NODES).collect::<Vec<_>>());
        let found = fitted(&data, &reduced(Solver::Dense)).unwrap();
        // A graph of two copies of the training graph.
        let twice = ndarray::concatenate(ndarray::Axis(0), &[data.x.view(), data.x.view()]).unwrap();
        let mut adjacency = sprs::TriMatI::<f32, u32>::new((2 * NODES, 2 * NODES));
        for (weight, (i, j)) in &data.adjacency {
            adjacency.add_triplet(i as usize, j as usize, *weight);
            adjacency.add_triplet(i as usize + NODES, j as usize + NODES, *weight);
        }
        let adjacency: CsrMatrix = adjacency.to_csr();
        let x = DenseFeatures::from_array(twice.view()).unwrap();
        let normalized = NormalizedAdjacency::from_symmetric(&adjacency).unwrap();
        let propagation = PersonalizedPageRank::new(&normalized, 0.2, 5).unwrap();
        let z = found.encoder.embed(&x, &propagation);
        assert_eq!(z.slice(ndarray::s![..NODES, ..]), found.embedding);
        assert_eq!(z.slice(ndarray::s![NODES.., ..]), found.embedding);
    }

    #[test]
    fn the_cheaper_solver_is_chosen_and_full_width_is_dense() {
        let data = data(&(0..NODES).collect::<Vec<_>>());
        assert_eq!(fitted(&data, &reduced(Solver::Auto)).unwrap().solver, Solver::Dense);
        let full = LinearConfig { width: Width::Full, solver: Solver::MatrixFree, ..LinearConfig::default() };
        let found = fitted(&data, &full).unwrap();
        assert_eq!((found.solver, found.spectrum), (Solver::Dense, None));
        assert_eq!(found.embedding.ncols(), FEATURES);
    }

    #[test]
    fn features_that_never_differ_are_an_error_with_each_solver() {
        let mut data = data(&(0..NODES).collect::<Vec<_>>());
        data.x.fill(0.25);
        for solver in [Solver::Dense, Solver::MatrixFree] {
            let text = fitted(&data, &reduced(solver)).unwrap_err().to_string();
            assert_eq!(text, "expected features that differ between neighbors, found none among 120");
        }
    }
}
