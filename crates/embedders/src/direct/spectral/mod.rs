//! Laplacian eigenmaps: the smoothest functions on a graph.

use std::path::Path;
use std::time::Instant;

use graph_io::{Features, Graph, NodeIds};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use sparse_eigen::{Eigenvectors, Limits, NormalizedAdjacency, block_width, leading_eigenvectors};

use super::no_weights;
use crate::callback::{Callback, Progress};
use crate::fit::{Fit, FitOptions, Fitted};
use crate::memory::{DataSize, F32, F64};
use crate::model::{EmbedNodes, ModelShape, Vectors};
use crate::seeds::{Stream, generator};
use crate::{Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, TrainingData, ranges};

/// Settings of Laplacian eigenmaps (Belkin & Niyogi 2003, section 2): the solutions f of L f = μ D f with the smallest μ, where D
/// holds the sums of the rows of the adjacency matrix A and L = D − A.
///
/// With v = D^½ f and S = D^-½ A D^-½ that is S v = (1 − μ) v, so the largest eigenvalues of S are looked for. Functions that are
/// constant on each connected component have μ = 0 and say nothing within one; the paper leaves the constant out, and here all
/// of them are, so that a graph of many components is not described by their names alone. Each column has fᵀ D f = 1, columns come
/// with μ ascending, and the largest entry of each is positive. Features and labels are never looked at, nor is the seed; a node
/// without edges gets a row of zeros. Where an eigenvalue comes more than once, its columns are one basis of many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spectral {
    /// Width of the embedding: how many eigenvectors. At most the nodes of the graph less its connected components.
    pub d_output: usize,
    /// Largest residual ‖S v − λ v‖ of an eigenvector v of length 1 that is taken for converged, above 0.
    pub tolerance: f64,
    /// The most rounds of filtering, at least 1.
    pub iterations: usize,
}

impl Default for Spectral {
    fn default() -> Self {
        Self { d_output: 128, tolerance: 1e-6, iterations: 100 }
    }
}

impl MethodSettings for Spectral {
    const INFO: MethodInfo = MethodInfo {
        name: "spectral",
        title: "Laplacian eigenmaps",
        source: "Belkin & Niyogi 2003, Neural Computation 15(6)",
        kind: MethodKind::Unsupervised,
        checkpoint: Checkpoint::Last,
        stochastic: false,
    };

    fn check(&self) -> Result<(), Error> {
        ranges::width("d_output", self.d_output)?;
        ranges::positive("tolerance", self.tolerance)?;
        ranges::count("iterations", self.iterations, 1_000_000)
    }

    fn d_output(&self) -> Option<usize> {
        Some(self.d_output)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        // A basis and its product with the matrix, each before and after a turn.
        let width = block_width(self.d_output, usize::MAX) as u64;
        size.matrix(4 * (F64 / F32) * width.min(size.num_nodes))
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        let graph = data.dataset.graph();
        let most = graph.num_nodes() - graph.num_components();
        if most == 0 {
            return Err(Error::NoEdges);
        }
        if self.d_output > most {
            let expected = format!("at most {most}, the nodes of this graph less its components");
            ranges::outside("d_output", expected, self.d_output as f64)?;
        }
        let ids = data.dataset.node_ids().clone();
        Ok(Box::new(BoundSpectral { settings: self.clone(), graph: graph.clone(), ids }))
    }

    fn restore(&self, _shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        no_weights(Self::INFO.name, weights)
    }
}

struct BoundSpectral {
    settings: Spectral,
    graph: Graph,
    ids: NodeIds,
}

impl Fit for BoundSpectral {
    fn fit(&self, _options: &FitOptions, callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let start = Instant::now();
        let (_, rows) = decompose(&self.settings, &self.graph, callback)?;
        let embedder = Box::new(Vectors::new(Spectral::INFO.name, self.ids.clone(), rows.clone())?);
        Ok(Fitted::without_epochs(Features::Dense(rows), embedder, start))
    }
}

/// The eigenvalues λ = 1 − μ of a graph, descending, and the embedding `[nodes, d_output]`.
///
/// # Errors
/// [`Error::NotConverged`] where the rounds of filtering do not suffice; [`Error::Interrupted`] by the callback.
///
/// # Panics
/// If the graph has fewer eigenvectors than the width asks for.
pub fn decompose(
    settings: &Spectral,
    graph: &Graph,
    callback: &mut dyn Callback,
) -> Result<(Vec<f64>, Array2<f32>), Error> {
    let Spectral { d_output, tolerance, iterations } = *settings;
    let matrix = NormalizedAdjacency::new(graph.adjacency().clone());
    let limits = Limits { tolerance, iterations };
    let mut on_round = |round| {
        let (done, total) = (round as u64, iterations as u64);
        callback.progress(Progress { unit: "eigen-iterations", done, total, is_bound: true })
    };
    // Any start leads to the same eigenvectors.
    let mut rng = generator(0, Stream::Parameters);
    let found = leading_eigenvectors(&matrix, d_output, &limits, &mut rng, &mut on_round);
    let Eigenvectors { values, vectors } = found?;
    let function = |column: usize| {
        let roots = (0..matrix.num_nodes()).map(|node| matrix.inverse_root(node));
        vectors.column(column).zip(roots).map(|(value, inverse_root)| value * inverse_root)
    };
    let mut rows = Array2::zeros((graph.num_nodes(), d_output));
    for (column, mut out) in rows.columns_mut().into_iter().enumerate() {
        let sign = sign(function(column));
        out.iter_mut().zip(function(column)).for_each(|(out, value)| *out = (sign * value) as f32);
    }
    Ok((values, rows))
}

/// What makes the largest entry positive; of entries as large within rounding the first decides.
fn sign(column: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = column.clone().fold(0.0f64, |largest, value| largest.max(value.abs()));
    let first = column.into_iter().find(|value| value.abs() >= largest * (1.0 - 1e-6));
    first.map_or(1.0, f64::signum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use graph_io::{NodeDataset, NodeDatasetParts};
    use testkit::graphs::{edgeless, path, two_blocks};

    fn bare(graph: Graph) -> NodeDataset {
        let features = Features::Dense(Array2::ones((graph.num_nodes(), 1)));
        NodeDataset::from_parts(NodeDatasetParts::new(graph, features)).unwrap()
    }

    fn settings(d_output: usize) -> Spectral {
        Spectral { d_output, ..Spectral::default() }
    }

    #[test]
    fn the_path_is_a_cosine_from_end_to_end() {
        let spectral = Spectral { tolerance: 1e-9, ..settings(2) };
        let (values, rows) = decompose(&spectral, &path(9), &mut ()).unwrap();
        for (column, value) in values.iter().enumerate() {
            let angle = std::f64::consts::PI * (column + 1) as f64 / 8.0;
            assert!((value - angle.cos()).abs() < 1e-9);
            // D is 1 at the ends and 2 between them: Σ D cos² is 8.
            let scale = f64::from(rows[[0, column]]).signum() / 8f64.sqrt();
            for node in 0..9 {
                let expected = scale * (angle * node as f64).cos();
                assert!((f64::from(rows[[node, column]]) - expected).abs() < 1e-6, "{column}, {node}");
            }
            assert!(rows[[0, column]] > 0.0, "of entries as large the first decides");
        }
    }

    #[test]
    fn the_first_column_tells_two_blocks_apart_on_any_number_of_threads() {
        let dataset = two_blocks();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| decompose(&settings(10), dataset.graph(), &mut ()).unwrap())
        };
        let (values, rows) = on(1);
        assert_eq!((values, rows.clone()), on(3));
        let wrong =
            (0..50).filter(|node| (rows[[*node, 0]] > 0.0) != (rows[[0, 0]] > 0.0) ^ (*node >= 25)).count();
        assert!(wrong <= 2, "{wrong} nodes on the wrong side");
    }

    #[test]
    fn a_node_without_edges_has_zeros() {
        let graph =
            Graph::from_edges(5, &[(0, 1), (1, 3), (3, 4)], graph_io::EdgePolicy::default()).unwrap().0;
        let (_, rows) = decompose(&settings(3), &graph, &mut ()).unwrap();
        assert!(rows.row(2).iter().all(|value| *value == 0.0));
        assert!(rows.row(1).iter().any(|value| *value != 0.0));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let message = |settings, graph| {
            let fitted = Settings::new(settings).and_then(|settings| settings.fit(&bare(graph), 0));
            fitted.unwrap_err().to_string()
        };
        assert_eq!(message(settings(0), path(5)), "`d_output` must be from 1 to 65536, got 0");
        let expected = "`d_output` must be at most 4, the nodes of this graph less its components, got 5";
        assert_eq!(message(settings(5), path(5)), expected);
        let no_tolerance = Spectral { tolerance: 0.0, ..settings(1) };
        assert_eq!(message(no_tolerance, path(5)), "`tolerance` must be positive, got 0");
        let no_iterations = Spectral { iterations: 0, ..settings(1) };
        assert_eq!(message(no_iterations, path(5)), "`iterations` must be from 1 to 1000000, got 0");
        assert!(message(settings(1), edgeless(3)).starts_with("expected a graph with edges, found none"));
    }
}
