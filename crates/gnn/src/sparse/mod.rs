//! Sparse matrices on a device, with values and without.

mod matrix;
mod pattern;

pub use matrix::SparseMatrix;
pub use pattern::{PatternTensors, SparsePattern};
