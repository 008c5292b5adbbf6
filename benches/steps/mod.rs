//! Training steps, each as criterion times it and as the side by side runs it.

pub(crate) mod gcn;

use burn::tensor::{Device, Tensor, TensorData};
use gnn::NodeFeatures;
use graph_io::{EdgePolicy, Features, Graph};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A graph and its features: what a step trains on.
pub(crate) struct Input {
    pub(crate) graph: Graph,
    pub(crate) features: Features,
}

impl Input {
    /// Cora with its features scaled to row sum 1.
    pub(crate) fn cora() -> Self {
        let cora = graph_io::load("cora", None).expect("Cora is embedded");
        Self { graph: cora.graph().clone(), features: cora.features().row_normalized() }
    }

    /// A random graph with five edges a node on average and dense features.
    pub(crate) fn random(num_nodes: usize, d_input: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let graph = graph(num_nodes, 5, Reach::Anywhere);
        let values = (0..num_nodes * d_input).map(|_| rng.random::<f32>() - 0.5).collect();
        let features = ndarray::Array2::from_shape_vec((num_nodes, d_input), values)
            .expect("as many numbers as the shape says");
        Self { graph, features: Features::Dense(features) }
    }

    pub(crate) fn on_device(&self, device: &Device) -> NodeFeatures {
        NodeFeatures::new(&self.features, device)
    }
}

/// How far away a node's neighbors are numbered.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    /// At most so many places away: a graph whose nodes are numbered by where they are, such as a mesh or a road map.
    Within(u32),
    /// Anywhere: no cache can help.
    Anywhere,
}

/// A graph in which each node draws so many edges to nodes within reach.
pub(crate) fn graph(num_nodes: usize, edges_a_node: usize, reach: Reach) -> Graph {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let nodes = num_nodes as u32;
    let mut edges = Vec::with_capacity(num_nodes * edges_a_node);
    for node in 0..nodes {
        for _ in 0..edges_a_node {
            let other = match reach {
                Reach::Within(places) => (node + rng.random_range(1..=places)) % nodes,
                Reach::Anywhere => rng.random_range(0..nodes),
            };
            if other != node {
                edges.push((node, other));
            }
        }
    }
    Graph::from_edges(num_nodes, &edges, EdgePolicy::default()).expect("nodes within range").0
}

/// Fixed numbers in (−1, 1).
pub(crate) fn coefficients(dims: [usize; 2], device: &Device) -> Tensor<2> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let values: Vec<f32> = (0..dims[0] * dims[1]).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}
