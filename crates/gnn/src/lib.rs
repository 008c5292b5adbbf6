//! Graph operators and layers on [Burn](https://burn.dev), for the CPU and for GPUs.
//!
//! [`SparseMatrix`] multiplies a sparse matrix with a dense tensor, with its own gradient; [`GraphForms`] is a graph
//! in every form that layers compute with, such as the normalised [`GcnAdjacency`]; [`conv`] holds the layers and
//! [`encoder`] stacks them. Nothing here ever makes a `[nodes, nodes]` matrix, and features that are sparse stay so.

mod adjacency;
mod attention_adjacency;
pub mod conv;
pub mod encoder;
mod features;
mod graph_forms;
mod mean_adjacency;
mod neighbors;
pub mod ops;
pub mod sparse;
mod sum_adjacency;

pub use adjacency::{GcnAdjacency, gcn_normalized};
pub use attention_adjacency::AttentionAdjacency;
pub use features::NodeFeatures;
pub use graph_forms::GraphForms;
pub use mean_adjacency::MeanAdjacency;
pub use neighbors::Neighbors;
pub use sparse::{MaskedColumns, PermutedStack, SparseMatrix, SparsePattern};
pub use sum_adjacency::SumAdjacency;
