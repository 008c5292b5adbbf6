//! Graph operators and layers on [Burn](https://burn.dev), for the CPU and for GPUs.
//!
//! [`SparseMatrix`] multiplies a sparse matrix with a dense tensor, with its own gradient; [`GraphOperators`] is a
//! graph, or a list of its [`Block`]s, in every form that layers compute with, such as the normalised [`GcnAdjacency`]; [`conv`] holds the layers and
//! [`encoder`] stacks them. Nothing here ever makes a `[nodes, nodes]` matrix, and features that are sparse stay so.

mod adjacency;
mod attention_adjacency;
mod block;
pub mod conv;
pub mod encoder;
mod features;
mod graph_operators;
mod mean_adjacency;
mod neighbors;
pub mod ops;
pub mod sparse;
mod sum_adjacency;

pub use adjacency::{GcnAdjacency, gcn_normalized};
pub use attention_adjacency::AttentionAdjacency;
pub use block::{Block, degrees_with_loops};
pub use features::NodeFeatures;
/// The name of [`GraphOperators`] before it took blocks.
pub use graph_operators::{GraphOperators, LayerOperators};
pub use mean_adjacency::MeanAdjacency;
pub use neighbors::Neighbors;
pub use sparse::{MaskedColumns, PermutedStack, SparseMatrix, SparsePattern};
pub use sum_adjacency::SumAdjacency;
