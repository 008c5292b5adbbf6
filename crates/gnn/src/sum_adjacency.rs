//! Sums over neighbors.

use burn::tensor::{Device, Tensor};
use graph_io::{CsrMatrix, Graph};

use crate::{Block, SparseMatrix};

/// The adjacency matrix A as the graph has it: without loops added, without normalisation.
#[derive(Clone, Debug)]
pub struct SumAdjacency {
    matrix: SparseMatrix,
}

impl SumAdjacency {
    /// Copies a graph's adjacency matrix to a device. O(nodes + arcs).
    pub fn new(graph: &Graph, device: &Device) -> Self {
        Self::from_matrix(graph.adjacency(), device)
    }

    /// Copies a block's arcs to a device. O(targets + arcs).
    pub fn of_block(block: &Block, device: &Device) -> Self {
        Self::from_matrix(block.arcs(), device)
    }

    /// Takes weights of arcs, `[targets, sources]`.
    ///
    /// # Panics
    /// If there are more targets than sources, or 2³¹ entries or sources or more.
    pub fn from_matrix(weights: &CsrMatrix, device: &Device) -> Self {
        Self { matrix: SparseMatrix::bipartite(weights, device) }
    }

    /// Number of targets, the rows, and of sources, the columns; of a whole graph both are its nodes.
    pub fn dims(&self) -> [usize; 2] {
        self.matrix.dims()
    }

    /// Sums A X over the neighbors of each target, weighted by their edges.
    ///
    /// # Shapes
    /// `x` is `[sources, width]`, the output `[targets, width]`.
    ///
    /// # Panics
    /// If `x` has another number of rows than there are sources.
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
