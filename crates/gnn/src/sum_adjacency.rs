//! Sums over neighbors.

use burn::tensor::{Device, Tensor};
use graph_io::Graph;

use crate::SparseMatrix;

/// The adjacency matrix A as the graph has it: without loops added, without normalisation.
#[derive(Clone, Debug)]
pub struct SumAdjacency {
    matrix: SparseMatrix,
}

impl SumAdjacency {
    /// Copies a graph's adjacency matrix to a device. O(nodes + arcs).
    pub fn new(graph: &Graph, device: &Device) -> Self {
        Self { matrix: SparseMatrix::symmetric(graph.adjacency(), device) }
    }

    /// Number of nodes.
    pub fn num_nodes(&self) -> usize {
        self.matrix.dims()[0]
    }

    /// Sums A X over the neighbors of each node, weighted by their edges.
    ///
    /// # Shapes
    /// Input and output are `[nodes, width]`.
    ///
    /// # Panics
    /// If `x` has another number of rows than there are nodes.
    pub fn propagate(&self, x: Tensor<2>) -> Tensor<2> {
        self.matrix.matmul(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::graphs;

    #[test]
    fn the_star_worked_by_hand() {
        let device = Device::flex();
        let x = Tensor::from_floats([[8.0], [1.0], [2.0]], &device);
        let found = SumAdjacency::new(&graphs::star(3), &device).propagate(x);
        let expected = Tensor::<2>::from_floats([[3.0], [8.0], [8.0]], &device);
        found.into_data().assert_eq(&expected.into_data(), true);
    }
}
