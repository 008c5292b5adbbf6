//! The connected components of a graph.

use petgraph::unionfind::UnionFind;

use crate::graph::Graph;

impl Graph {
    /// The connected component of each node; components are numbered from 0 by their smallest node.
    pub fn components(&self) -> Vec<u32> {
        let mut sets = UnionFind::<u32>::new(self.num_nodes());
        self.edges().for_each(|(from, to)| {
            sets.union(from, to);
        });
        let mut number_of_root = vec![u32::MAX; self.num_nodes()];
        let mut next = 0;
        (0..self.num_nodes() as u32)
            .map(|node| {
                let number = &mut number_of_root[sets.find_mut(node) as usize];
                if *number == u32::MAX {
                    *number = next;
                    next += 1;
                }
                *number
            })
            .collect()
    }

    /// How many nodes each connected component has, the largest first.
    pub fn component_sizes(&self) -> Vec<usize> {
        let mut sizes = Vec::new();
        for component in self.components() {
            if component as usize == sizes.len() {
                sizes.push(0);
            }
            sizes[component as usize] += 1;
        }
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }

    /// How many connected components; an isolated node is one of its own.
    pub fn num_components(&self) -> usize {
        self.component_sizes().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge_policy::EdgePolicy;

    #[test]
    fn components_are_numbered_by_their_smallest_node() {
        let (graph, _) = Graph::from_edges(6, &[(5, 1), (3, 0), (0, 4)], EdgePolicy::default()).unwrap();
        assert_eq!(graph.components(), [0, 1, 2, 0, 0, 1]);
        assert_eq!((graph.component_sizes(), graph.num_components()), (vec![3, 2, 1], 3));
    }
}
