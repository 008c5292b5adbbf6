//! To and from petgraph's undirected graphs; node index i there is node i here.

use ::petgraph::graph::{NodeIndex, UnGraph};
use ::petgraph::visit::EdgeRef;

use crate::csr::CsrMatrix;
use crate::edge_policy::{EdgePolicy, EdgeReport};
use crate::error::Error;
use crate::graph::Graph;

impl From<&Graph> for UnGraph<(), f32> {
    /// Every node in order, then every edge once with its weight, smaller node first.
    fn from(graph: &Graph) -> Self {
        let mut out = UnGraph::with_capacity(graph.num_nodes(), graph.num_edges());
        (0..graph.num_nodes()).for_each(|_| {
            out.add_node(());
        });
        for (from, to) in graph.edges() {
            let weight = *graph.adjacency().get(from as usize, to as usize).expect("an edge is a stored arc");
            out.add_edge(NodeIndex::new(from as usize), NodeIndex::new(to as usize), weight);
        }
        out
    }
}

impl<N> TryFrom<&UnGraph<N, f32>> for Graph {
    type Error = Error;

    /// The same nodes, edges, loops and weights; node weights are left behind.
    ///
    /// # Errors
    /// Parallel edges, which have no place in an adjacency matrix ([`Graph::from_petgraph`] merges them); and whatever
    /// [`Graph::from_adjacency`] refuses.
    fn try_from(graph: &UnGraph<N, f32>) -> Result<Self, Error> {
        let num_nodes = graph.node_count();
        let mut arcs: Vec<(u32, u32, f32)> = Vec::with_capacity(2 * graph.edge_count());
        for edge in graph.edge_references() {
            let (from, to) = (edge.source().index() as u32, edge.target().index() as u32);
            arcs.push((from, to, *edge.weight()));
            if from != to {
                arcs.push((to, from, *edge.weight()));
            }
        }
        arcs.sort_unstable_by_key(|&(from, to, _)| (from, to));
        if let Some(pair) = arcs.windows(2).find(|pair| (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1)) {
            let found = format!("two between {} and {}", pair[0].0, pair[0].1);
            return Err(Error::invalid("petgraph graph", "at most one edge between two nodes", found));
        }
        let mut row_pointers = vec![0usize; num_nodes + 1];
        arcs.iter().for_each(|arc| row_pointers[arc.0 as usize + 1] += 1);
        (0..num_nodes).for_each(|node| row_pointers[node + 1] += row_pointers[node]);
        let columns = arcs.iter().map(|arc| arc.1).collect();
        let weights = arcs.iter().map(|arc| arc.2).collect();
        let adjacency = CsrMatrix::try_new((num_nodes, num_nodes), row_pointers, columns, weights)
            .expect("sorted distinct arcs between known nodes make valid rows");
        Self::from_adjacency(adjacency)
    }
}

impl Graph {
    /// The graph of petgraph's nodes and edges, all weights 1, parallel edges merged, loops by policy.
    ///
    /// # Errors
    /// As [`Graph::from_edges`].
    pub fn from_petgraph<N, E>(
        graph: &UnGraph<N, E>,
        policy: EdgePolicy,
    ) -> Result<(Self, EdgeReport), Error> {
        let edges: Vec<(u32, u32)> = graph
            .edge_references()
            .map(|edge| (edge.source().index() as u32, edge.target().index() as u32))
            .collect();
        Self::from_edges(graph.node_count(), &edges, policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge_policy::Loops;

    #[test]
    fn a_graph_comes_back_from_petgraph_as_it_went() {
        let policy = EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() };
        let (graph, _) = Graph::from_edges(5, &[(0, 3), (3, 1), (2, 2)], policy).unwrap();
        let there = UnGraph::from(&graph);
        assert_eq!((there.node_count(), there.edge_count()), (5, 3));
        assert_eq!(Graph::try_from(&there).unwrap(), graph);
        assert_eq!(Graph::from_petgraph(&there, policy).unwrap().0, graph);
    }

    #[test]
    fn weights_survive_and_parallel_edges_are_refused() {
        let mut theirs = UnGraph::<&str, f32>::new_undirected();
        let (a, b) = (theirs.add_node("a"), theirs.add_node("b"));
        theirs.add_edge(b, a, 0.25);
        assert_eq!(Graph::try_from(&theirs).unwrap().adjacency().get(0, 1), Some(&0.25));
        theirs.add_edge(a, b, 1.0);
        assert_eq!(
            Graph::try_from(&theirs).unwrap_err().to_string(),
            "petgraph graph: expected at most one edge between two nodes, found two between 0 and 1"
        );
        let (merged, _) = Graph::from_petgraph(&theirs, EdgePolicy::default()).unwrap();
        assert_eq!(merged.num_edges(), 1);
    }
}
