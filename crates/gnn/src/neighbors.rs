//! Who a node's neighbors are, without weights.

use burn::tensor::{Device, Tensor};
use graph_io::{CsrMatrix, Graph};

use crate::ops::segment_max::segment_max;
use crate::{Block, SparsePattern};

/// The neighbors of each node, whatever the weights of their edges; no loops are added.
#[derive(Clone, Debug)]
pub struct Neighbors {
    pattern: SparsePattern,
}

impl Neighbors {
    /// Copies the places of a graph's arcs to a device. O(nodes + arcs).
    pub fn new(graph: &Graph, device: &Device) -> Self {
        Self::from_matrix(graph.adjacency(), device)
    }

    /// Copies the places of a block's arcs to a device. O(targets + sources + arcs).
    pub fn of_block(block: &Block, device: &Device) -> Self {
        Self::from_matrix(block.arcs(), device)
    }

    /// Takes the places of a matrix's entries, `[targets, sources]`.
    ///
    /// # Panics
    /// If there are more targets than sources, or 2³¹ entries or sources or more.
    pub fn from_matrix(arcs: &CsrMatrix, device: &Device) -> Self {
        Self { pattern: SparsePattern::bipartite(arcs, device) }
    }

    /// Number of targets, the rows, and of sources, the columns; of a whole graph both are its nodes.
    pub fn dims(&self) -> [usize; 2] {
        self.pattern.dims()
    }

    /// Largest of each feature over the neighbors of each target, 0 where there are none; see [`segment_max`].
    ///
    /// # Shapes
    /// `x` is `[sources, width]`, the output `[targets, width]`.
    ///
    /// # Panics
    /// If `x` has another number of rows than there are sources.
    pub fn largest(&self, x: Tensor<2>) -> Tensor<2> {
        segment_max(&self.pattern, x)
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
