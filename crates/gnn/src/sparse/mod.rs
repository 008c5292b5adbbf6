//! Sparse matrices on a device, with values and without.

mod dropout;
mod masked_columns;
mod matrix;
mod pattern;
mod permuted_stack;

pub use masked_columns::MaskedColumns;
pub use matrix::SparseMatrix;
pub use pattern::{PatternTensors, SparsePattern};
pub use permuted_stack::PermutedStack;
