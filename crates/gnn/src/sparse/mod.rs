//! Sparse matrices on a device, with values and without.

mod dropout;
mod masked_columns;
mod matrix;
mod pattern;
mod permuted_stack;
mod rows;

pub use masked_columns::MaskedColumns;
pub use matrix::SparseMatrix;
pub(crate) use pattern::PatternTensors;
pub use pattern::SparsePattern;
pub use permuted_stack::PermutedStack;
pub(crate) use rows::in_rows;
