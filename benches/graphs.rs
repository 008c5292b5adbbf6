//! Random graphs of any size.

use graph_io::{EdgePolicy, Graph};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

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
