//! node2vec: skip-gram on random walks that lean to what is near or to what is far.

use std::path::Path;

use graph_io::{Features, Graph, NodeIds};
use serde::{Deserialize, Serialize};

use super::no_weights;
use super::walks::{Noise, WalkTraining};
use crate::callback::Callback;
use crate::fit::{Fit, FitOptions, Fitted};
use crate::memory::DataSize;
use crate::model::{EmbedNodes, ModelShape, Vectors};
use crate::trainer::{Schedule, Trained, run};
use crate::{Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, TrainingData, ranges};

/// Settings of node2vec (Grover & Leskovec 2016, arXiv 1607.00653): vectors of length [`d_output`](Self::d_output) by skip-gram
/// with negative sampling on walks of second order.
///
/// The default was chosen by the validation accuracy of Cora and CiteSeer. The paper (section 4.3) has the same width, length of
/// walks, number of walks and window, and chooses p and q for each data set by labels. Features and labels are never read;
/// weights of edges are. A node without edges gets a row of zeros.
///
/// Departures. The paper makes all walks first and then learns from them; here each epoch walks once from every node and learns from
/// those walks before the next, so memory does not grow with the number of walks. Descent is AdaGrad on whole batches of walks in
/// place of one pair at a time, so that the same seed gives the same bits on any number of threads. The window is always full; the
/// authors' code draws its width. Noise is by degree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node2Vec {
    /// Width of the embedding.
    pub d_output: usize,
    /// Nodes of a walk, at least 2.
    pub walk_length: usize,
    /// Walks from each node, at least 1; one from each is an epoch.
    pub walks_per_node: usize,
    /// How many steps before and behind a node its contexts are, at least 1.
    pub window: usize,
    /// Nodes of noise a pair, at least 1.
    pub negatives: usize,
    /// A walk returns to the node it came from with weight 1/p; from 10⁻⁶ to 10⁶.
    pub p: f64,
    /// A walk leaves the neighbors of the node it came from with weight 1/q; from 10⁻⁶ to 10⁶.
    pub q: f64,
    /// Walks whose pairs are one step of descent, at least 1.
    pub walks_per_batch: usize,
    /// Step size of AdaGrad, above 0.
    pub learning_rate: f64,
}

impl Default for Node2Vec {
    fn default() -> Self {
        Self {
            d_output: 128,
            walk_length: 80,
            walks_per_node: 10,
            window: 10,
            negatives: 5,
            p: 4.0,
            q: 0.5,
            walks_per_batch: 256,
            learning_rate: 0.02,
        }
    }
}

impl MethodSettings for Node2Vec {
    const INFO: MethodInfo = MethodInfo {
        name: "node2vec",
        title: "node2vec",
        source: "Grover & Leskovec 2016, arXiv 1607.00653",
        kind: MethodKind::Unsupervised,
        checkpoint: Checkpoint::Last,
        stochastic: true,
    };

    fn check(&self) -> Result<(), Error> {
        ranges::width("d_output", self.d_output)?;
        if !(2..=10_000).contains(&self.walk_length) {
            return ranges::outside("walk_length", "from 2 to 10000", self.walk_length as f64);
        }
        ranges::count("walks_per_node", self.walks_per_node, 1_000_000)?;
        ranges::count("window", self.window, 10_000)?;
        ranges::count("negatives", self.negatives, 1000)?;
        for (name, found) in [("p", self.p), ("q", self.q)] {
            if !(1e-6..=1e6).contains(&found) {
                return ranges::outside(name, "from 0.000001 to 1000000", found);
            }
        }
        ranges::count("walks_per_batch", self.walks_per_batch, 100_000)?;
        ranges::positive("learning_rate", self.learning_rate)
    }

    fn epochs(&self) -> Option<usize> {
        Some(self.walks_per_node)
    }

    fn d_output(&self) -> Option<usize> {
        Some(self.d_output)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        memory_of_walks(self.d_output, size)
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        Ok(Box::new(BoundWalks::new(Self::INFO.name, self.clone(), data)?))
    }

    fn restore(&self, _shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        no_weights(Self::INFO.name, weights)
    }
}

/// Bytes of a training on walks: the vectors of centers and of contexts, the result, and the model's copy of it.
pub(super) fn memory_of_walks(d_output: usize, size: &DataSize) -> u64 {
    size.matrix(4 * d_output as u64)
}

/// Walks on one graph.
pub(super) struct BoundWalks {
    method: &'static str,
    settings: Node2Vec,
    graph: Graph,
    ids: NodeIds,
    noise: Noise,
}

impl BoundWalks {
    /// # Errors
    /// [`Error::NoEdges`] for a graph without edges to walk.
    pub(super) fn new(
        method: &'static str,
        settings: Node2Vec,
        data: &TrainingData<'_>,
    ) -> Result<Self, Error> {
        let graph = data.dataset.graph().clone();
        let noise = Noise::of(&graph).ok_or(Error::NoEdges)?;
        Ok(Self { method, settings, graph, ids: data.dataset.node_ids().clone(), noise })
    }
}

impl Fit for BoundWalks {
    fn fit(&self, options: &FitOptions, callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let training = WalkTraining::new(&self.settings, &self.graph, &self.noise, options.seed);
        let schedule = Schedule::of(self.settings.walks_per_node);
        let checkpoint = options.checkpoint.unwrap_or_default();
        let Trained { encoder: rows, epoch, history, seconds } =
            run(training, schedule, checkpoint, options.on_interrupt, callback)?;
        let embedder = Box::new(Vectors::new(self.method, self.ids.clone(), rows.clone())?);
        Ok(Fitted { rows: Features::Dense(rows), embedder, epoch, history, seconds, spectrum: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use graph_io::{NodeDataset, NodeDatasetParts};
    use ndarray::Array2;
    use testkit::graphs::{edgeless, two_blocks};

    fn small() -> Node2Vec {
        Node2Vec { d_output: 16, walk_length: 20, window: 4, walks_per_batch: 16, ..Node2Vec::default() }
    }

    fn rows(settings: &Node2Vec, seed: u64) -> Array2<f32> {
        let fitted = Settings::new(settings.clone()).unwrap().fit(&two_blocks(), seed).unwrap();
        let epochs = settings.walks_per_node;
        assert_eq!((fitted.epoch, fitted.history.len()), (epochs, epochs));
        let Features::Dense(rows) = fitted.rows else { panic!("vectors are dense") };
        rows
    }

    fn bare(graph: Graph) -> NodeDataset {
        let features = Features::Dense(Array2::ones((graph.num_nodes(), 1)));
        NodeDataset::from_parts(NodeDatasetParts::new(graph, features)).unwrap()
    }

    #[test]
    fn the_nearest_node_is_of_the_own_block() {
        let rows = rows(&Node2Vec { walks_per_node: 30, learning_rate: 0.1, window: 2, ..small() }, 0);
        let cosine = |a: usize, b: usize| {
            let (a, b) = (rows.row(a), rows.row(b));
            a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
        };
        let nearest = |node: usize| {
            let others = (0..50).filter(|other| *other != node);
            others.max_by(|a, b| cosine(node, *a).total_cmp(&cosine(node, *b))).unwrap()
        };
        let own = (0..50).filter(|node| (*node < 25) == (nearest(*node) < 25)).count();
        assert!(own >= 45, "{own} of 50");
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_on_any_number_of_threads() {
        let on = |threads, seed| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| rows(&small(), seed))
        };
        assert_eq!(on(1, 3), on(2, 3));
        assert_eq!(on(1, 3), on(5, 3));
        assert_ne!(on(1, 3), on(1, 4));
    }

    #[test]
    fn the_loss_falls_from_that_of_guessing() {
        let fitted = Settings::new(small()).unwrap().fit(&two_blocks(), 0).unwrap();
        let losses: Vec<f64> = fitted.history.iter().map(|epoch| epoch.loss).collect();
        assert!(losses[0] < 6.0 * 2f64.ln() + 0.1, "{losses:?}");
        assert!(losses[9] < losses[0], "{losses:?}");
    }

    #[test]
    fn a_node_without_edges_has_zeros_and_a_graph_without_edges_is_refused() {
        let policy = graph_io::EdgePolicy::default();
        let graph = Graph::from_edges(4, &[(0, 1), (1, 3)], policy).unwrap().0;
        let settings = Settings::new(small()).unwrap();
        let Features::Dense(rows) = settings.fit(&bare(graph), 0).unwrap().rows else {
            panic!("vectors are dense")
        };
        for node in 0..4 {
            assert_eq!(rows.row(node).iter().all(|value| *value == 0.0), node == 2);
        }
        let error = settings.fit(&bare(edgeless(3)), 0).unwrap_err();
        assert!(matches!(error, Error::NoEdges));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let message = |settings: Node2Vec| settings.check().unwrap_err().to_string();
        assert_eq!(message(Node2Vec { d_output: 0, ..small() }), "`d_output` must be from 1 to 65536, got 0");
        assert_eq!(
            message(Node2Vec { walk_length: 1, ..small() }),
            "`walk_length` must be from 2 to 10000, got 1"
        );
        assert_eq!(
            message(Node2Vec { walks_per_node: 0, ..small() }),
            "`walks_per_node` must be from 1 to 1000000, got 0"
        );
        assert_eq!(message(Node2Vec { window: 0, ..small() }), "`window` must be from 1 to 10000, got 0");
        assert_eq!(
            message(Node2Vec { negatives: 0, ..small() }),
            "`negatives` must be from 1 to 1000, got 0"
        );
        assert_eq!(message(Node2Vec { p: 0.0, ..small() }), "`p` must be from 0.000001 to 1000000, got 0");
        assert_eq!(
            message(Node2Vec { q: f64::NAN, ..small() }),
            "`q` must be from 0.000001 to 1000000, got NaN"
        );
        assert_eq!(
            message(Node2Vec { walks_per_batch: 0, ..small() }),
            "`walks_per_batch` must be from 1 to 100000, got 0"
        );
        assert_eq!(
            message(Node2Vec { learning_rate: -1.0, ..small() }),
            "`learning_rate` must be positive, got -1"
        );
    }
}
