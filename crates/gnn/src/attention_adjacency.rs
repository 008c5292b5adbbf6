//! Whom each node attends to.

use burn::tensor::{Device, Tensor};
use graph_io::{CsrMatrix, Graph};

use crate::block::with_loops;
use crate::ops::edge_product::sampled_matmul;
use crate::{Block, SparsePattern};

/// The pattern of A + I: every node attends to its neighbors and to itself. A loop that is there is not doubled.
///
/// Attention layers read it; weights of edges do not matter to them.
#[derive(Clone, Debug)]
pub struct AttentionAdjacency {
    pattern: SparsePattern,
    target_chunks: SparsePattern,
    source_chunks: SparsePattern,
}

/// Nodes whose products with one vector are summed by one task in the gradient.
const NODES_PER_CHUNK: usize = 1024;

impl AttentionAdjacency {
    /// Adds loops to a graph's arcs and copies their pattern to a device. O(nodes + arcs).
    pub fn new(graph: &Graph, device: &Device) -> Self {
        Self::from_matrix(&with_loops(graph.adjacency()), device)
    }

    /// Adds loops to a block's arcs and copies their pattern to a device. O(targets + sources + arcs).
    pub fn of_block(block: &Block, device: &Device) -> Self {
        Self::from_matrix(&with_loops(block.arcs()), device)
    }

    /// Takes the places of a matrix's entries, `[targets, sources]`, which has the loops that it should have.
    ///
    /// # Panics
    /// If there are more targets than sources, or 2³¹ entries or sources or more.
    pub fn from_matrix(arcs: &CsrMatrix, device: &Device) -> Self {
        let pattern = SparsePattern::bipartite(arcs, device);
        let [targets, sources] = pattern.dims();
        let source_chunks = chunks(sources, device);
        let target_chunks = if targets == sources { source_chunks.clone() } else { chunks(targets, device) };
        Self { pattern, target_chunks, source_chunks }
    }

    /// Number of targets, the rows, and of sources, the columns; of a whole graph both are its nodes.
    pub fn dims(&self) -> [usize; 2] {
        self.pattern.dims()
    }

    /// Which sources, the columns, each target, a row, attends to, `[targets, sources]`.
    pub fn pattern(&self) -> &SparsePattern {
        &self.pattern
    }

    /// Dot products of each target's heads with a vector a head, `out[i, h] = ⟨x[i, h, :], vectors[h, :]⟩`.
    ///
    /// # Shapes
    /// `x` is `[targets, heads · d]`, `vectors` `[heads, d]`, the output `[targets, heads]`.
    pub(crate) fn target_scores(&self, x: Tensor<2>, vectors: Tensor<2>) -> Tensor<2> {
        head_scores(&self.target_chunks, x, vectors)
    }

    /// As [`target_scores`](Self::target_scores), of each source.
    ///
    /// # Shapes
    /// `x` is `[sources, heads · d]`, `vectors` `[heads, d]`, the output `[sources, heads]`.
    pub(crate) fn source_scores(&self, x: Tensor<2>, vectors: Tensor<2>) -> Tensor<2> {
        head_scores(&self.source_chunks, x, vectors)
    }
}

/// Which chunk, a column, each node, a row, is in.
fn chunks(num_nodes: usize, device: &Device) -> SparsePattern {
    let chunk_of_node: Vec<u32> = (0..num_nodes).map(|node| (node / NODES_PER_CHUNK) as u32).collect();
    let chunks = CsrMatrix::new(
        (num_nodes, num_nodes.div_ceil(NODES_PER_CHUNK)),
        (0..=num_nodes).collect(),
        chunk_of_node,
        vec![1.0; num_nodes],
    );
    SparsePattern::new(&chunks, device)
}

/// A sampled product of x with the vectors repeated once for each thousand nodes, so that the vectors' gradient is summed in
/// parallel and in a fixed order.
fn head_scores(chunks: &SparsePattern, x: Tensor<2>, vectors: Tensor<2>) -> Tensor<2> {
    let [heads, d] = vectors.dims();
    let [_, num_chunks] = chunks.dims();
    let repeated = vectors.reshape([1, heads * d]).expand([num_chunks, heads * d]);
    sampled_matmul(chunks, x, repeated, heads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{gradients, graphs, numbers};

    #[test]
    fn every_node_attends_to_itself_once() {
        let adjacency = AttentionAdjacency::new(&graphs::path(3), &Device::flex());
        let pattern = adjacency.pattern();
        let row_ptr: Vec<i32> = pattern.row_ptr().to_data().iter().collect();
        let columns: Vec<i32> = pattern.columns().to_data().iter().collect();
        assert_eq!((adjacency.dims(), row_ptr), ([3, 3], vec![0, 2, 5, 7]));
        assert_eq!(columns, [0, 1, 0, 1, 2, 1, 2]);
    }

    #[test]
    fn head_scores_of_many_chunks_agree_with_a_sum_and_so_do_their_gradients() {
        let device = Device::flex();
        let nodes = 2100;
        let adjacency = AttentionAdjacency::new(&graphs::edgeless(nodes), &device);
        let (x, vectors) = (numbers::wavy_matrix(nodes as usize, 6, 0.3, &device), numbers::wavy(6, 1.1));
        let on = |vectors: &Tensor<2>| x.clone().to_device(&vectors.device());
        let summed = |vectors: Tensor<2>| {
            let products = on(&vectors).reshape([nodes as usize, 2, 3]) * vectors.unsqueeze::<3>();
            products.sum_dim(2).squeeze_dim::<2>(2)
        };
        let scores = |vectors: Tensor<2>| adjacency.source_scores(on(&vectors), vectors);
        let both = |device: &Device| numbers::matrix(vectors.clone(), [2, 3], device);
        let close = |found: &[f32], expected: &[f32], tolerance: f32| {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() <= tolerance, "{found}, expected {expected}");
            }
        };
        let host = |tensor: Tensor<2>| tensor.into_data().iter().collect::<Vec<f32>>();
        close(&host(scores(both(&device))), &host(summed(both(&device))), 1e-6);
        let found = gradients::gradient_of(|v| scores(v).square().sum(), &vectors, [2, 3], &device);
        let expected = gradients::gradient_of(|v| summed(v).square().sum(), &vectors, [2, 3], &device);
        close(&found, &expected, 1e-2);
    }
}
