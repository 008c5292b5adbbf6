//! Sparse matrices on a device, with values and without.

mod dropout;
mod matrix;
mod pattern;
mod permuted_stack;

pub use matrix::SparseMatrix;
pub use pattern::{PatternTensors, SparsePattern};
pub use permuted_stack::PermutedStack;
