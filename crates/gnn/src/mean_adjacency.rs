//! Averages over neighbors.

use burn::tensor::{Device, Tensor};
use graph_io::{CsrMatrix, Graph};

use crate::SparseMatrix;

/// The averaging matrix D⁻¹A, with D the degrees: row i is the mean over the neighbors of node i, weighted by their edges.
///
/// No loops are added: a node is its own neighbor only where the graph says so. A node without neighbors has a zero row.
#[derive(Clone, Debug)]
pub struct MeanAdjacency {
    matrix: SparseMatrix,
}

impl MeanAdjacency {
    /// Divides each row of a graph's adjacency matrix by its sum and copies it to a device. O(nodes + arcs).
    pub fn new(graph: &Graph, device: &Device) -> Self {
        Self { matrix: SparseMatrix::new(&row_normalized(graph.adjacency()), device) }
    }

    /// Number of nodes.
    pub fn num_nodes(&self) -> usize {
        self.matrix.dims()[0]
    }

    /// Means D⁻¹A X over the neighbors of each node.
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

fn row_normalized(adjacency: &CsrMatrix) -> CsrMatrix {
    let mut means = adjacency.clone();
    let row_ptr = adjacency.proper_indptr();
    for row in row_ptr.windows(2) {
        let weights = &mut means.data_mut()[row[0]..row[1]];
        let degree: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
        weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) / degree) as f32);
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::graphs;

    #[test]
    fn the_star_worked_by_hand() {
        // The centre hears the mean of its two leaves, each leaf the centre.
        let device = Device::flex();
        let x = Tensor::from_floats([[8.0], [1.0], [2.0]], &device);
        let found = MeanAdjacency::new(&graphs::star(3), &device).propagate(x);
        let expected = Tensor::<2>::from_floats([[1.5], [8.0], [8.0]], &device);
        found.into_data().assert_eq(&expected.into_data(), true);
    }

    #[test]
    fn a_node_without_neighbors_gets_zero() {
        let device = Device::flex();
        let x = Tensor::from_floats([[1.0, 2.0], [3.0, 4.0]], &device);
        let found: Vec<f32> =
            MeanAdjacency::new(&graphs::edgeless(2), &device).propagate(x).into_data().iter().collect();
        assert_eq!(found, [0.0; 4]);
    }
}
