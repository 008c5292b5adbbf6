//! Normalised adjacency matrices.

use burn::tensor::{Device, Tensor};
use graph_io::{CsrMatrix, Graph};

use crate::SparseMatrix;

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
        Self { matrix: SparseMatrix::symmetric(&gcn_normalized(graph.adjacency()), device) }
    }

    /// Number of nodes.
    pub fn num_nodes(&self) -> usize {
        self.matrix.dims()[0]
    }

    /// Product Â X of the adjacency matrix with one row a node.
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

/// Â = D̃^-½ (A + I) D̃^-½ of an adjacency matrix, on the host; see [`GcnAdjacency`].
pub fn gcn_normalized(adjacency: &CsrMatrix) -> CsrMatrix {
    let nodes = adjacency.rows();
    let mut row_ptr = Vec::with_capacity(nodes + 1);
    let mut columns = Vec::with_capacity(adjacency.nnz() + nodes);
    let mut values = Vec::with_capacity(adjacency.nnz() + nodes);
    let mut degrees = vec![0.0f64; nodes];
    row_ptr.push(0);
    for (node, row) in adjacency.outer_iterator().enumerate() {
        let own = node as u32;
        let mut loop_pending = true;
        for (column, value) in row.indices().iter().zip(row.data()) {
            if loop_pending && *column >= own {
                if *column > own {
                    columns.push(own);
                    values.push(1.0);
                }
                loop_pending = false;
            }
            columns.push(*column);
            values.push(*value);
        }
        if loop_pending {
            columns.push(own);
            values.push(1.0);
        }
        degrees[node] = values[row_ptr[node]..].iter().map(|value| f64::from(*value)).sum();
        row_ptr.push(columns.len());
    }
    for node in 0..nodes {
        for entry in row_ptr[node]..row_ptr[node + 1] {
            let other = columns[entry] as usize;
            values[entry] = (f64::from(values[entry]) / (degrees[node] * degrees[other]).sqrt()) as f32;
        }
    }
    CsrMatrix::new((nodes, nodes), row_ptr, columns, values)
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
