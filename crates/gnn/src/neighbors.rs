//! Who a node's neighbors are, without weights.

use burn::tensor::{Device, Tensor};
use graph_io::Graph;

use crate::SparsePattern;
use crate::ops::max_aggregation::max_aggregation;

/// The neighbors of each node, whatever the weights of their edges; no loops are added.
#[derive(Clone, Debug)]
pub struct Neighbors {
    pattern: SparsePattern,
}

impl Neighbors {
    /// Copies the places of a graph's arcs to a device. O(nodes + arcs).
    pub fn new(graph: &Graph, device: &Device) -> Self {
        Self { pattern: SparsePattern::new(graph.adjacency(), device) }
    }

    /// Number of nodes.
    pub fn num_nodes(&self) -> usize {
        self.pattern.dims()[0]
    }

    /// Largest of each feature over the neighbors of each node, 0 where there are none; see [`max_aggregation`].
    ///
    /// # Shapes
    /// Input and output are `[nodes, width]`.
    ///
    /// # Panics
    /// If `x` has another number of rows than there are nodes.
    pub fn largest(&self, x: Tensor<2>) -> Tensor<2> {
        max_aggregation(&self.pattern, x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::graphs;

    #[test]
    fn the_star_worked_by_hand() {
        let device = Device::flex();
        let x = Tensor::from_floats([[8.0, -5.0], [1.0, -3.0], [2.0, -4.0]], &device);
        let found = Neighbors::new(&graphs::star(3), &device).largest(x);
        let expected = Tensor::<2>::from_floats([[2.0, -3.0], [8.0, -5.0], [8.0, -5.0]], &device);
        found.into_data().assert_eq(&expected.into_data(), true);
    }
}
