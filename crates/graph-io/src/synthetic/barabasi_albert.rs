//! Graphs that grow by preferential attachment.

use rand::Rng;

use crate::arcs::{ArcMeaning, Arcs};
use crate::chance::below;
use crate::error::Error;
use crate::graph::check_counts;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// The settings of a [`barabasi_albert`] graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarabasiAlbertConfig {
    /// Nodes in all, more than `edges_per_node`.
    pub num_nodes: usize,
    /// Edges m that each new node comes with, at least 1.
    pub edges_per_node: usize,
}

/// Draws a graph of n nodes whose new nodes join m old ones, each as likely as it has edges (Barabási and Albert, 1999).
///
/// It starts with m nodes and no edge. Node m joins all of them; each later node joins m different ones, drawn by
/// taking an end of an edge so far, evenly, until m different nodes have come up (Batagelj and Brandes, 2005). There are
/// m (n − m) edges, no loop, no duplicate and one component. The arcs go from the new node to the old one. O(n m)
/// draws where n is well above m. The same generator state gives the same graph.
///
/// ```
/// use graph_io::CleaningPolicy;
/// use graph_io::synthetic::{BarabasiAlbertConfig, barabasi_albert};
/// use rand::SeedableRng;
///
/// let config = BarabasiAlbertConfig { num_nodes: 1000, edges_per_node: 2 };
/// let source = barabasi_albert(&config, &mut rand_chacha::ChaCha8Rng::seed_from_u64(0))?;
/// let graph = source.clean(&CleaningPolicy::default())?.into_parts().graph;
/// assert_eq!((graph.num_edges(), graph.num_components()), (2 * 998, 1));
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A setting out of its range; 2³¹ nodes or 2³⁰ edges.
pub fn barabasi_albert(
    config: &BarabasiAlbertConfig,
    rng: &mut (impl Rng + ?Sized),
) -> Result<RawDataset, Error> {
    let BarabasiAlbertConfig { num_nodes, edges_per_node } = *config;
    if edges_per_node == 0 {
        return Err(Error::invalid("`edges_per_node`", "at least 1", "0"));
    }
    if num_nodes <= edges_per_node {
        let expected = format!("more than `edges_per_node`, {edges_per_node}");
        return Err(Error::invalid("`num_nodes`", expected, num_nodes.to_string()));
    }
    let num_edges = (num_nodes - edges_per_node).saturating_mul(edges_per_node);
    check_counts(num_nodes, num_edges.saturating_mul(2))?;

    let from: Vec<u32> = (0..num_edges).map(|edge| (edges_per_node + edge / edges_per_node) as u32).collect();
    let mut to: Vec<u32> = Vec::with_capacity(num_edges);
    to.extend(0..edges_per_node as u32);
    // The last node that joined each node; node 0 joins none.
    let mut joined_by = vec![0u32; num_nodes];
    for node in edges_per_node + 1..num_nodes {
        let num_ends = 2 * to.len();
        let num_edges_after = to.len() + edges_per_node;
        while to.len() < num_edges_after {
            let end = below(num_ends, rng);
            let old = if end.is_multiple_of(2) { from[end / 2] } else { to[end / 2] };
            let last = &mut joined_by[old as usize];
            if *last != node as u32 {
                *last = node as u32;
                to.push(old);
            }
        }
    }
    let arcs = Arcs { from, to, weights: None, meaning: ArcMeaning::Undirected };
    Ok(RawDataset::from_arcs("barabasi-albert", NodeIds::counted(num_nodes), arcs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleaning::CleaningPolicy;
    use crate::fingerprint::fingerprint;
    use crate::graph::Graph;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn draw(num_nodes: usize, edges_per_node: usize, seed: u64) -> Arcs {
        let config = BarabasiAlbertConfig { num_nodes, edges_per_node };
        barabasi_albert(&config, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap().arcs
    }

    fn graph(num_nodes: usize, edges_per_node: usize, seed: u64) -> Graph {
        let (graph, report) =
            Graph::from_arcs(num_nodes, draw(num_nodes, edges_per_node, seed), Default::default()).unwrap();
        assert_eq!((report.duplicates_merged, report.loops_dropped), (0, 0));
        graph
    }

    #[test]
    fn every_new_node_joins_exactly_m_different_older_ones() {
        for (num_nodes, edges_per_node) in [(2, 1), (50, 1), (300, 7), (20, 18), (20, 19)] {
            let arcs = draw(num_nodes, edges_per_node, 5);
            assert!(arcs.from.iter().zip(&arcs.to).all(|(new, old)| old < new));
            let graph = graph(num_nodes, edges_per_node, 5);
            assert_eq!(graph.num_edges(), edges_per_node * (num_nodes - edges_per_node));
            assert_eq!(graph.num_components(), 1);
            for node in edges_per_node as u32..num_nodes as u32 {
                assert_eq!(arcs.from.iter().filter(|&&from| from == node).count(), edges_per_node);
            }
        }
    }

    #[test]
    fn a_node_with_two_edges_is_joined_as_often_as_two_with_one() {
        // Of three nodes in a path one has two of the four ends.
        let middle = (0..4000).filter(|&seed| {
            let to = draw(4, 1, seed).to;
            to[2] == to[1]
        });
        // Four standard deviations.
        assert!((2000i32 - middle.count() as i32).abs() < 127);
    }

    #[test]
    fn a_few_nodes_have_far_more_neighbors_than_most() {
        let graph = graph(4000, 4, 1);
        let mut degrees: Vec<usize> = (0..4000).map(|node| graph.degree(node)).collect();
        degrees.sort_unstable();
        // In a graph of as many edges drawn evenly the largest degree is about 20.
        assert!(degrees[2000] <= 6 && degrees[3999] > 100, "{} {}", degrees[2000], degrees[3999]);
    }

    #[test]
    fn a_seed_gives_the_same_graph_today_and_later() {
        assert_eq!(fingerprint(graph(500, 3, 1).edges()), PINNED);
        assert_ne!(fingerprint(graph(500, 3, 2).edges()), PINNED);
    }

    const PINNED: u64 = 8_142_982_504_729_125_504;

    #[test]
    fn features_are_made_by_the_policy() {
        let config = BarabasiAlbertConfig { num_nodes: 10, edges_per_node: 2 };
        let source = barabasi_albert(&config, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
        let dataset = source.clean(&CleaningPolicy::default()).unwrap();
        assert_eq!((dataset.name(), dataset.features().d_input()), ("barabasi-albert", 10));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let message = |num_nodes, edges_per_node| {
            let config = BarabasiAlbertConfig { num_nodes, edges_per_node };
            barabasi_albert(&config, &mut ChaCha8Rng::seed_from_u64(0)).unwrap_err().to_string()
        };
        assert_eq!(message(5, 0), "`edges_per_node`: expected at least 1, found 0");
        assert_eq!(message(3, 3), "`num_nodes`: expected more than `edges_per_node`, 3, found 3");
        assert_eq!(message(1 << 31, 1), "graph: expected fewer than 2147483648 nodes, found 2147483648");
        assert_eq!(
            message((1 << 20) + 1024, 1024),
            "graph: expected fewer than 2147483648 arcs, found 2147483648"
        );
        assert!(message(usize::MAX, usize::MAX / 2).starts_with("graph: expected fewer than"));
    }
}
