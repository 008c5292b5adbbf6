//! Tiny graphs.

use graph_io::synthetic::{BlockFeatures, BlockModelConfig, stochastic_block_model};
use graph_io::{EdgePolicy, Graph, NodeDataset, SplitSizes};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Two blocks of 25 nodes with 16 words, sparse features, labels and a split.
pub fn two_blocks() -> NodeDataset {
    let config = BlockModelConfig {
        block_sizes: vec![25, 25],
        edge_prob_within: 0.3,
        edge_prob_between: 0.02,
        features: BlockFeatures::Binary { d_input: 16, one_prob_own: 0.5, one_prob_other: 0.1 },
        split: SplitSizes { train_per_class: 5, val: 10, test: 20 },
    };
    stochastic_block_model(&config, &mut ChaCha8Rng::seed_from_u64(1)).expect("a valid block model")
}

/// The path 0 – 1 – … – (n − 1).
pub fn path(num_nodes: u32) -> Graph {
    from_edges(num_nodes, (1..num_nodes).map(|node| (node - 1, node)))
}

/// Node 0 joined to every other node.
pub fn star(num_nodes: u32) -> Graph {
    from_edges(num_nodes, (1..num_nodes).map(|node| (0, node)))
}

/// Nodes without any edge.
pub fn edgeless(num_nodes: u32) -> Graph {
    from_edges(num_nodes, [])
}

/// A cycle with chords: every node i joined to i + 1 and to 3i + 1, modulo n.
pub fn chorded_cycle(num_nodes: u32) -> Graph {
    let edges = (0..num_nodes).flat_map(|i| [(i, (i + 1) % num_nodes), (i, (3 * i + 1) % num_nodes)]);
    from_edges(num_nodes, edges.filter(|(a, b)| a != b))
}

fn from_edges(num_nodes: u32, edges: impl IntoIterator<Item = (u32, u32)>) -> Graph {
    let edges: Vec<(u32, u32)> = edges.into_iter().collect();
    Graph::from_edges(num_nodes as usize, &edges, EdgePolicy::default()).expect("a valid tiny graph").0
}
