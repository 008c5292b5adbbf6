//! The search for nearest neighbors, whatever finds them.

use ndarray::ArrayView2;

use super::exact::exact_nearest;

/// A search for the k other rows with the largest cosine, for each row.
pub trait CosineNeighbors: Sync {
    /// Indices of the k nearest other rows of each row, `[nodes, k]`, row after row; a row of fewer is filled with its own index.
    ///
    /// # Shapes
    /// rows `[nodes, width]`, each of length 1 or 0
    fn nearest(&self, rows: ArrayView2<f32>, k: usize) -> Vec<u32>;
}

/// All cosines, in blocks: O(nodes² · width) time, O(nodes · k) memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExactCosine;

impl CosineNeighbors for ExactCosine {
    fn nearest(&self, rows: ArrayView2<f32>, k: usize) -> Vec<u32> {
        exact_nearest(rows, k)
    }
}
