//! Normalised adjacency matrices.

use burn::tensor::{Device, Tensor};
use graph_io::{CsrMatrix, Graph};

use crate::block::mapped_with_loops;
use crate::{Block, SparseMatrix, degrees_with_loops};

/// The adjacency matrix of graph convolution, Â = D̃^-½ (A + I) D̃^-½ with D̃ the degrees of A + I.
///
/// It has its loops and its normalisation; no layer redoes them. A node that already has a loop keeps it and gets
/// no second one. A node without neighbors has only its loop, of weight 1.
///
/// Kipf & Welling 2017, arXiv 1609.02907, eq. 2.
#[derive(Clone, Debug)]
pub struct GcnAdjacency {
    matrix: SparseMatrix,
}

impl GcnAdjacency {
    /// Normalises a graph's adjacency matrix and copies it to a device. O(nodes + arcs).
    pub fn new(graph: &Graph, device: &Device) -> Self {
        Self::from_matrix(&gcn_normalized(graph.adjacency()), device)
    }

    /// Normalises a block's arcs by the degrees of the whole graph and copies them to a device. O(targets + arcs).
    pub fn of_block(block: &Block, device: &Device) -> Self {
        Self::from_matrix(&normalized(block.arcs(), block.degrees()), device)
    }

    /// Takes a matrix, `[targets, sources]`, that is normalised already and has the loops that it should have.
    ///
    /// # Panics
    /// If there are more targets than sources, or 2³¹ entries or sources or more.
    pub fn from_matrix(normalized: &CsrMatrix, device: &Device) -> Self {
        Self { matrix: SparseMatrix::bipartite(normalized, device) }
    }

    /// Number of targets, the rows, and of sources, the columns; of a whole graph both are its nodes.
    pub fn dims(&self) -> [usize; 2] {
        self.matrix.dims()
    }

    /// Product Â X of the adjacency matrix with one row a source.
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

/// Â = D̃^-½ (A + I) D̃^-½ of an adjacency matrix, on the host; see [`GcnAdjacency`].
pub fn gcn_normalized(adjacency: &CsrMatrix) -> CsrMatrix {
    normalized(adjacency, &degrees_with_loops(adjacency))
}

fn normalized(arcs: &CsrMatrix, degrees: &[f64]) -> CsrMatrix {
    mapped_with_loops(arcs, |target, source, weight| {
        (f64::from(weight) / (degrees[target] * degrees[source as usize]).sqrt()) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use testkit::graphs;

    #[test]
    fn matches_the_path_graph_worked_by_hand() {
        // 0 – 1 – 2: D̃ = (2, 3, 2).
        let a_hat = gcn_normalized(graphs::path(3).adjacency()).to_dense();
        let (end, side, middle) = (1.0 / 2.0, 1.0 / 6.0f32.sqrt(), 1.0 / 3.0);
        let expected = [[end, side, 0.0], [side, middle, side], [0.0, side, end]];
        for (row, expected) in expected.iter().enumerate() {
            for (column, expected) in expected.iter().enumerate() {
                assert_relative_eq!(a_hat[[row, column]], *expected, max_relative = 1e-6);
            }
        }
    }

    #[test]
    fn a_node_without_neighbors_keeps_its_own_row() {
        let adjacency = GcnAdjacency::new(&graphs::edgeless(2), &Device::flex());
        let x = Tensor::from_floats([[1.0, 2.0], [3.0, 4.0]], &Device::flex());
        adjacency.propagate(x.clone()).into_data().assert_eq(&x.into_data(), true);
    }

    #[test]
    fn a_loop_that_is_there_is_not_doubled() {
        let adjacency = CsrMatrix::new((2, 2), vec![0, 2, 3], vec![0, 1, 0], vec![1.0, 1.0, 1.0]);
        let a_hat = gcn_normalized(&adjacency).to_dense();
        assert_relative_eq!(a_hat[[0, 0]], 0.5);
        assert_relative_eq!(a_hat[[1, 1]], 0.5);
        assert_relative_eq!(a_hat[[0, 1]], 0.5);
    }
}
