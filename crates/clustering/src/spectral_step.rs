use std::ops::ControlFlow;

use evaluation::{KMeansConfig, Rows};
use ndarray::{Array2, ArrayView2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sparse_eigen::{CsrMatrix, Limits, NormalizedAdjacency, leading_eigenvectors};

use crate::coefficients::SelfExpression;
use crate::error::{Error, at_least};
use crate::method::{AffinityGraph, Clustering};
use crate::samples::{QUERIES, Samples};

/// Eigenvectors are converged with residuals ‖S v − λ v‖ of at most this: rows of unit vectors that k-means tells apart.
const LIMITS: Limits = Limits { tolerance: 1e-4, iterations: 300 };
/// A component of fewer rows than an even cluster divided by this is set aside.
const SMALLEST_PART: usize = 10;

/// Spectral clustering of an affinity graph W (Ng, Jordan & Weiss 2001): the leading eigenvectors of D^-½ W D^-½, rows scaled to
/// length 1, k-means.
///
/// Each connected component has an eigenvector of eigenvalue 1. Components of a few rows would take a cluster each, so those with
/// fewer than 2 rows or less than a tenth of rows/clusters are set aside; their rows then get the cluster of the nearest row
/// that was not. When more components than clusters are left, all their eigenvectors are used, and k-means merges small ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpectralStep {
    num_clusters: usize,
    num_starts: usize,
    seed: u64,
}

/// How near two rows of length 1 are, by their product.
pub(crate) type Closeness = fn(f64) -> f64;

impl SpectralStep {
    pub(crate) fn new(
        num_clusters: usize,
        num_starts: usize,
        seed: u64,
        num_rows: usize,
    ) -> Result<Self, Error> {
        check_clusters(num_clusters, num_rows)?;
        Ok(Self { num_clusters, num_starts, seed })
    }

    /// The clusters of rows that are written by one another, by their affinity or, if `num_neighbors` is not 0, by the graph of
    /// nearest rows of coefficients. Rows that are nearly opposite are near.
    pub(crate) fn clusters_of_expression(
        &self,
        samples: &Samples,
        expression: SelfExpression,
        num_neighbors: usize,
    ) -> Result<Clustering, Error> {
        let num_unfinished = expression.num_unfinished;
        let affinity = match num_neighbors {
            0 => expression.affinity(),
            _ => expression.nearest_rows(num_neighbors),
        };
        drop(expression);
        Ok(Clustering { num_unfinished, ..self.clusters(samples, affinity, f64::abs)? })
    }

    /// The clusters of an affinity graph of the samples.
    pub(crate) fn clusters(
        &self,
        samples: &Samples,
        affinity: CsrMatrix,
        closeness: Closeness,
    ) -> Result<Clustering, Error> {
        let n = affinity.rows();
        let components = sparse_eigen::connected_components(&affinity);
        let num_components = components.iter().max().map_or(0, |last| *last as usize + 1);
        let mut sizes = vec![0usize; num_components];
        components.iter().for_each(|component| sizes[*component as usize] += 1);
        let smallest = (n / (SMALLEST_PART * self.num_clusters)).max(2);
        let (kept, aside): (Vec<usize>, Vec<usize>) =
            (0..n).partition(|&row| sizes[components[row] as usize] >= smallest);
        if kept.len() < self.num_clusters {
            return Err(Error::TooFewConnected { expected: self.num_clusters, found: kept.len() });
        }
        let (embedding, eigengap) = self.embedding(induced(&affinity, &kept))?;
        let graph = AffinityGraph {
            num_components,
            num_isolated: sizes.iter().filter(|size| **size == 1).count(),
            num_set_aside: aside.len(),
            eigengap,
        };
        let kmeans = KMeansConfig { num_runs: self.num_starts, ..KMeansConfig::new(self.num_clusters) };
        let found = kmeans.fit(&Rows::dense(embedding.view()), &mut ChaCha8Rng::seed_from_u64(self.seed))?;
        let mut clusters = vec![usize::MAX; n];
        kept.iter().zip(found.clusters).for_each(|(&row, cluster)| clusters[row] = cluster);
        let nearest = nearest_kept(samples, &aside, &clusters, closeness);
        aside.iter().zip(nearest).for_each(|(&row, cluster)| clusters[row] = cluster);
        Ok(Clustering { affinity: Some(affinity), graph: Some(graph), ..Clustering::of(clusters) })
    }

    /// Rows of length 1 of the leading eigenvectors, as many as clusters, or as components if they are more; the eigengap.
    fn embedding(&self, affinity: CsrMatrix) -> Result<(Array2<f32>, f64), Error> {
        let matrix = NormalizedAdjacency::new(affinity);
        let n = matrix.num_nodes();
        let components = matrix.components();
        let num_components = components.iter().max().map_or(0, |last| *last as usize + 1);
        let more = self.num_clusters.saturating_sub(num_components).min(matrix.rank());
        // One more than is needed, for the gap behind the last one that is.
        let wanted = (self.num_clusters + 1).saturating_sub(num_components).min(matrix.rank());
        let mut gap = if num_components > self.num_clusters { 0.0 } else { 1.0 };
        let mut rows = Array2::<f32>::zeros((n, num_components + more));
        let degrees: Vec<f64> =
            (0..n).map(|node| matrix.inverse_root(node)).map(|root| 1.0 / (root * root)).collect();
        let mut volumes = vec![0.0; num_components];
        components
            .iter()
            .zip(&degrees)
            .for_each(|(component, degree)| volumes[*component as usize] += degree);
        for (node, &component) in components.iter().enumerate() {
            let component = component as usize;
            rows[[node, component]] = (degrees[node] / volumes[component]).sqrt() as f32;
        }
        if wanted > 0 {
            // Any start leads to the same eigenvectors, up to the tolerance: the seed of the caller is for k-means.
            let mut rng = ChaCha8Rng::seed_from_u64(0);
            let on_round = &mut |_| ControlFlow::Continue(());
            let found = leading_eigenvectors(&matrix, wanted, &LIMITS, &mut rng, on_round)?;
            if wanted > more {
                gap = if more > 0 { found.values[more - 1] } else { 1.0 } - found.values[more];
            }
            for (node, mut row) in rows.rows_mut().into_iter().enumerate() {
                for (column, value) in found.vectors.row(node)[..more].iter().enumerate() {
                    row[num_components + column] = *value as f32;
                }
            }
        }
        for mut row in rows.rows_mut() {
            let length = row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
            row.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
        }
        Ok((rows, gap))
    }
}

/// Checks that there are clusters, and a row for each.
pub(crate) fn check_clusters(num_clusters: usize, num_rows: usize) -> Result<(), Error> {
    at_least("num_clusters", 1, "at least 1", num_clusters)?;
    if num_rows < num_clusters {
        let purpose = "as many clusters";
        return Err(Error::TooFewRows { purpose, expected: num_clusters, found: num_rows });
    }
    Ok(())
}

/// k-means of rows, as an array of clusters.
pub(crate) fn kmeans_clusters(
    rows: ArrayView2<f32>,
    num_clusters: usize,
    num_runs: usize,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<usize>, Error> {
    let config = KMeansConfig { num_runs, ..KMeansConfig::new(num_clusters) };
    Ok(config.fit(&Rows::dense(rows), rng)?.clusters)
}

/// The rows and columns of some nodes, which are whole components.
fn induced(affinity: &CsrMatrix, nodes: &[usize]) -> CsrMatrix {
    if nodes.len() == affinity.rows() {
        return affinity.clone();
    }
    let mut places = vec![u32::MAX; affinity.rows()];
    (0u32..).zip(nodes).for_each(|(place, &node)| places[node] = place);
    let mut starts = vec![0];
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for &node in nodes {
        let range = affinity.indptr().outer_inds_sz(node);
        columns.extend(affinity.indices()[range.clone()].iter().map(|&column| places[column as usize]));
        values.extend(&affinity.data()[range]);
        starts.push(columns.len());
    }
    CsrMatrix::new((nodes.len(), nodes.len()), starts, columns, values)
}

/// For each row set aside, the cluster of the nearest row that has one.
fn nearest_kept(samples: &Samples, aside: &[usize], clusters: &[usize], closeness: Closeness) -> Vec<usize> {
    let block = |aside: &[usize]| {
        let queries: Vec<f64> = aside.iter().flat_map(|&row| samples.row(row)).copied().collect();
        let mut best = vec![(f64::NEG_INFINITY, 0); aside.len()];
        samples.products(&queries, |query, first, products| {
            for (row, &product) in (first..).zip(products) {
                if clusters[row] != usize::MAX && closeness(product) > best[query].0 {
                    best[query] = (closeness(product), clusters[row]);
                }
            }
        });
        best.into_iter().map(|(_, cluster)| cluster)
    };
    aside.par_chunks(QUERIES).flat_map_iter(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sprs::TriMatI;

    /// Cliques of these sizes, of which each row points along its own axis.
    fn cliques(sizes: &[usize]) -> (Samples, CsrMatrix) {
        let n: usize = sizes.iter().sum();
        let mut arcs = TriMatI::new((n, n));
        let mut values = Vec::new();
        let mut first = 0;
        for (clique, &size) in sizes.iter().enumerate() {
            for i in 0..size {
                (0..size).filter(|&j| i != j).for_each(|j| arcs.add_triplet(first + i, first + j, 1.0f32));
                values.extend((0..sizes.len()).map(|axis| f64::from(u8::from(axis == clique))));
            }
            first += size;
        }
        (Samples::new(values, sizes.len()), arcs.to_csr())
    }

    fn step(num_clusters: usize) -> SpectralStep {
        SpectralStep::new(num_clusters, 5, 0, 1000).unwrap()
    }

    #[test]
    fn components_are_the_clusters_when_they_are_as_many() {
        let (samples, affinity) = cliques(&[10, 7, 5]);
        let found = step(3).clusters(&samples, affinity, f64::abs).unwrap();
        let of = |row: usize| found.clusters[row];
        assert!((0..10).all(|row| of(row) == of(0)) && (10..17).all(|row| of(row) == of(10)));
        assert!(of(0) != of(10) && of(10) != of(17) && of(0) != of(17));
        // Behind 1 comes −1/9, the second eigenvalue of a clique of ten.
        let graph = found.graph.unwrap();
        assert!((graph.eigengap - 10.0 / 9.0).abs() < 1e-3, "{graph:?}");
        assert_eq!((graph.num_components, graph.num_isolated, graph.num_set_aside), (3, 0, 0));
    }

    #[test]
    fn more_components_than_clusters_are_merged_and_rows_without_neighbors_go_to_the_nearest() {
        let (mut samples, affinity) = cliques(&[30, 30, 4, 1]);
        // The row without neighbors lies near the second clique.
        let mut values = samples.values().to_vec();
        values[64 * 4..].copy_from_slice(&[0.0, -0.8, 0.0, 0.6]);
        samples = Samples::new(values, 4);
        let found = step(2).clusters(&samples, affinity, f64::abs).unwrap();
        assert_ne!(found.clusters[0], found.clusters[30]);
        assert_eq!(found.clusters[64], found.clusters[30]);
        let graph = AffinityGraph { num_components: 4, num_isolated: 1, num_set_aside: 1, eigengap: 0.0 };
        assert_eq!(found.graph, Some(graph));
    }

    #[test]
    fn more_clusters_than_components_split_them() {
        let (samples, mut affinity) = cliques(&[40, 20]);
        // The first clique falls into two halves with weak arcs between them.
        for (row, mut entries) in affinity.outer_iterator_mut().enumerate() {
            for (column, value) in entries.iter_mut() {
                if row < 40 && (row < 20) != (column < 20) {
                    *value = 0.01;
                }
            }
        }
        let found = step(3).clusters(&samples, affinity, f64::abs).unwrap().clusters;
        for part in found.chunks(20) {
            assert!(part.iter().all(|cluster| *cluster == part[0]), "{found:?}");
        }
        assert!(found[0] != found[20] && found[20] != found[40] && found[0] != found[40]);
    }

    #[test]
    fn a_graph_without_arcs_is_an_error() {
        let (samples, affinity) = cliques(&[1; 5]);
        let message = step(2).clusters(&samples, affinity, f64::abs).unwrap_err().to_string();
        let expected =
            "graph of the rows: expected at least 2 rows with neighbors, one for each cluster, found 0";
        assert_eq!(message, expected);
    }
}
