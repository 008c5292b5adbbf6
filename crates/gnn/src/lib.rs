//! Graph operators and layers on [Burn](https://burn.dev), for the CPU and for GPUs.
//!
//! [`SparseMatrix`] multiplies a sparse matrix with a dense tensor, with its own gradient; [`GcnAdjacency`] is
//! the normalised adjacency matrix of a graph; [`conv`] holds the layers and [`encoder`] stacks them. Nothing
//! here ever makes a `[nodes, nodes]` matrix, and features that are sparse stay so.

mod adjacency;
pub mod conv;
pub mod encoder;
mod features;
pub mod ops;
pub mod sparse;

pub use adjacency::{GcnAdjacency, gcn_normalized};
pub use features::NodeFeatures;
pub use sparse::{PermutedStack, SparseMatrix, SparsePattern};
