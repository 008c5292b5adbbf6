//! The search for nearest neighbors, whatever finds them.

use ndarray::ArrayView2;

use super::exact::exact_nearest;
use super::inverted_file::nearest_in_cells;

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

/// An inverted file: rows are put into cells of about 256 by k-means, and compared with those of the nearest cells alone.
///
/// Most of the nearest rows are found, not all. O(nodes · (nodes / 256 + 256 · probes) · width) time.
#[derive(Clone, Copy, Debug)]
pub struct InvertedFile {
    /// Number of cells that a row is compared with, at least 1: its own and the nearest to that.
    pub num_probes: usize,
}

impl Default for InvertedFile {
    fn default() -> Self {
        Self { num_probes: 32 }
    }
}

impl CosineNeighbors for InvertedFile {
    fn nearest(&self, rows: ArrayView2<f32>, k: usize) -> Vec<u32> {
        nearest_in_cells(rows, k, self.num_probes)
    }
}
