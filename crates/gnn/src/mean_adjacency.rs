//! Averages over neighbors.

use burn::tensor::{Device, Tensor};
use graph_io::{CsrMatrix, Graph};

use crate::sparse::in_rows;
use crate::{Block, SparseMatrix};

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
        Self::from_matrix(&row_normalized(graph.adjacency()), device)
    }

    /// Divides each row of a block's arcs by its sum, so that a sample gives the mean over what was sampled. O(targets + arcs).
    pub fn of_block(block: &Block, device: &Device) -> Self {
        Self::from_matrix(&row_normalized(block.arcs()), device)
    }

    /// Takes a matrix, `[targets, sources]`, whose rows were divided by what they should be.
    ///
    /// # Panics
    /// If there are more targets than sources, or 2³¹ entries or sources or more.
    pub fn from_matrix(means: &CsrMatrix, device: &Device) -> Self {
        Self { matrix: SparseMatrix::bipartite(means, device) }
    }

    /// Number of targets, the rows, and of sources, the columns; of a whole graph both are its nodes.
    pub fn dims(&self) -> [usize; 2] {
        self.matrix.dims()
    }

    /// Means D⁻¹A X over the neighbors of each target.
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

fn row_normalized(adjacency: &CsrMatrix) -> CsrMatrix {
    let mut means = in_rows(adjacency).into_owned();
    let row_ptr = means.proper_indptr().into_owned();
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
