//! Neighbors by features, averaged over views.

use std::ops::ControlFlow;

use ndarray::Array2;
use rand::{Rng, RngExt};
use row_kernels::DropoutMask;

use super::masked::{MaskedColumns, without_some_edges};
use super::nearest::CosineNeighbors;
use crate::error::Error;
use crate::linear::monitor::{Monitor, Steps};
use crate::linear::prepare::{RowNorm, scale_dense_rows};
use crate::linear::{
    CsrMatrix, FeatureMatrix, LinearConfig, NormalizedAdjacency, Pairs, PersonalizedPageRank, Solver, Width,
    fit,
};

/// Settings of [`feature_neighbors`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeatureNeighborsConfig {
    /// Number of views.
    pub num_views: usize,
    /// Share of the edges that a view lacks, in [0, 1).
    pub drop_edge_prob: f64,
    /// Share of the feature columns that a view lacks, in [0, 1).
    pub mask_feature_prob: f64,
    /// Ridge of each view's embedding.
    pub ridge: f64,
    /// Teleport probability of each view's PageRank, in [0, 1].
    pub teleport_prob: f64,
    /// Steps of each view's PageRank.
    pub num_steps: usize,
    /// Width of each view's embedding.
    pub d_output: usize,
    /// Nearest neighbors of a node in each view.
    pub num_neighbors: usize,
}

impl Default for FeatureNeighborsConfig {
    fn default() -> Self {
        Self {
            num_views: 8,
            drop_edge_prob: 0.1,
            mask_feature_prob: 0.1,
            ridge: 1.0,
            teleport_prob: 0.2,
            num_steps: 10,
            d_output: 12,
            num_neighbors: 5,
        }
    }
}

impl FeatureNeighborsConfig {
    fn check(&self) -> Result<(), Error> {
        for (name, prob) in
            [("drop_edge_prob", self.drop_edge_prob), ("mask_feature_prob", self.mask_feature_prob)]
        {
            if !(0.0..1.0).contains(&prob) {
                return Err(Error::Setting { name, expected: "in [0, 1)", found: prob });
            }
        }
        for (name, count) in [("num_views", self.num_views), ("num_neighbors", self.num_neighbors)] {
            if count == 0 {
                return Err(Error::Setting { name, expected: "at least 1", found: 0.0 });
            }
        }
        Ok(())
    }
}

/// The matrix K of neighbors by features, `[nodes, nodes]`, symmetric: the share of the views in which one of two nodes is among the
/// nearest of the other, by the cosine of a small embedding.
///
/// A view lacks some edges and some columns, so a pair that only one of them makes near gets little weight. Labels are not
/// seen.
///
/// # Errors
/// As [`fit`], or [`Error::Setting`] for a setting outside of its range.
///
/// # Panics
/// As [`fit`].
pub fn feature_neighbors(
    x: &dyn FeatureMatrix,
    adjacency: &CsrMatrix,
    search: &dyn CosineNeighbors,
    config: &FeatureNeighborsConfig,
    rng: &mut impl Rng,
) -> Result<CsrMatrix, Error> {
    feature_neighbors_monitored(x, adjacency, search, config, rng, &mut |_| ControlFlow::Continue(()))
}

/// The same, seen before each view, and stopped there.
///
/// # Errors
/// As [`feature_neighbors`], and [`Error::Interrupted`].
///
/// # Panics
/// As [`fit`].
pub fn feature_neighbors_monitored<'a>(
    x: &dyn FeatureMatrix,
    adjacency: &CsrMatrix,
    search: &dyn CosineNeighbors,
    config: &FeatureNeighborsConfig,
    rng: &mut impl Rng,
    monitor: &'a mut Monitor<'a>,
) -> Result<CsrMatrix, Error> {
    config.check()?;
    let n = x.num_nodes();
    let mut steps = Steps::new(config.num_views, monitor);
    let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(n * config.num_neighbors * config.num_views);
    for _ in 0..config.num_views {
        steps.begin()?;
        let z = embedding_of_view(x, adjacency, config, rng)?;
        let nearest = search.nearest(scale_dense_rows(z, RowNorm::L2).view(), config.num_neighbors);
        let mut of_view: Vec<(u32, u32)> = nearest
            .iter()
            .enumerate()
            .map(|(place, other)| ((place / config.num_neighbors) as u32, *other))
            .filter(|(node, other)| node != other)
            .map(|(node, other)| (node.min(other), node.max(other)))
            .collect();
        of_view.sort_unstable();
        of_view.dedup();
        pairs.append(&mut of_view);
    }
    Ok(symmetric_counts(n, pairs, 1.0 / config.num_views as f32))
}

/// A + factor · K.
///
/// # Panics
/// If the shapes differ or a matrix is not in compressed sparse rows.
pub fn add_neighbors(adjacency: &CsrMatrix, neighbors: &CsrMatrix, factor: f32) -> CsrMatrix {
    let scaled = neighbors.map(|weight| factor * weight);
    adjacency + &scaled
}

fn embedding_of_view(
    x: &dyn FeatureMatrix,
    adjacency: &CsrMatrix,
    config: &FeatureNeighborsConfig,
    rng: &mut impl Rng,
) -> Result<Array2<f32>, Error> {
    let kept: Vec<bool> =
        (0..x.num_features()).map(|_| rng.random::<f64>() >= config.mask_feature_prob).collect();
    let rest = without_some_edges(adjacency, &DropoutMask::new(config.drop_edge_prob, rng.random()));
    let masked = MaskedColumns { x, kept };
    let normalized = NormalizedAdjacency::from_symmetric(&rest)?;
    let propagation = PersonalizedPageRank::new(&normalized, config.teleport_prob, config.num_steps)?;
    let pairs = Pairs::degree_normalized(&rest)?;
    let width = Width::Reduced(config.d_output.min(x.num_features()));
    let of_view =
        LinearConfig { ridge: config.ridge, width, solver: Solver::Auto, ..LinearConfig::default() };
    Ok(fit(&masked, &propagation, &pairs, &of_view, rng)?.embedding)
}

/// The symmetric matrix with a weight for each time that a pair is listed, the lower node first.
fn symmetric_counts(n: usize, mut pairs: Vec<(u32, u32)>, weight: f32) -> CsrMatrix {
    pairs.sort_unstable();
    let mut counted: Vec<(u32, u32, f32)> = Vec::new();
    for (low, high) in pairs {
        match counted.last_mut() {
            Some(last) if (last.0, last.1) == (low, high) => last.2 += weight,
            _ => counted.push((low, high, weight)),
        }
    }
    let mirrored = counted.iter().map(|(low, high, weight)| (*high, *low, *weight));
    let mut arcs: Vec<(u32, u32, f32)> = counted.iter().copied().chain(mirrored).collect();
    arcs.sort_unstable_by_key(|arc| (arc.0, arc.1));
    let mut row_ptr = vec![0; n + 1];
    arcs.iter().for_each(|arc| row_ptr[arc.0 as usize + 1] += 1);
    (0..n).for_each(|row| row_ptr[row + 1] += row_ptr[row]);
    let (columns, weights) = arcs.iter().map(|arc| (arc.1, arc.2)).unzip();
    CsrMatrix::new((n, n), row_ptr, columns, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::SparseFeatures;
    use crate::linear::neighbors::ExactCosine;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn pairs_are_counted_over_views_and_mirrored() {
        let matrix = symmetric_counts(3, vec![(0, 2), (1, 2), (0, 2)], 0.5);
        let expected = [[0.0, 0.0, 1.0], [0.0, 0.0, 0.5], [1.0, 0.5, 0.0]];
        assert_eq!(matrix.to_dense(), ndarray::arr2(&expected));
    }

    #[test]
    fn neighbors_by_features_are_in_the_same_block_and_symmetric() {
        let data = testkit::graphs::two_blocks();
        let graph_io::Features::Sparse(features) = data.features() else { panic!("sparse words") };
        let x = SparseFeatures::from_csr(features).unwrap();
        let config = FeatureNeighborsConfig { d_output: 2, ..FeatureNeighborsConfig::default() };
        let adjacency = data.graph().adjacency();
        let of = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            feature_neighbors(&x, adjacency, &ExactCosine, &config, &mut rng).unwrap()
        };
        let k = of(4);
        assert_eq!(k, of(4));
        assert!(sprs::is_symmetric(&k));
        let (mut same, mut all) = (0.0, 0.0);
        for (weight, (i, j)) in &k {
            assert!(i != j && *weight <= 1.0);
            all += weight;
            same += if (i < 25) == (j < 25) { *weight } else { 0.0 };
        }
        assert!(same > 0.9 * all, "{same} of {all}");
        assert_eq!(add_neighbors(adjacency, &k, 0.5).nnz(), union_size(adjacency, &k));
    }

    fn union_size(a: &CsrMatrix, b: &CsrMatrix) -> usize {
        let indices =
            |m: &CsrMatrix| m.iter().map(|(_, index)| index).collect::<std::collections::BTreeSet<_>>();
        indices(a).union(&indices(b)).count()
    }

    #[test]
    fn settings_outside_of_their_range_are_errors() {
        let config = FeatureNeighborsConfig { drop_edge_prob: 1.0, ..FeatureNeighborsConfig::default() };
        assert_eq!(config.check().unwrap_err().to_string(), "`drop_edge_prob` must be in [0, 1), got 1");
        let config = FeatureNeighborsConfig { num_views: 0, ..FeatureNeighborsConfig::default() };
        assert_eq!(config.check().unwrap_err().to_string(), "`num_views` must be at least 1, got 0");
    }
}
