//! Sparse × dense products on a device.

mod backend;
mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;
mod matrix;
mod plain;

pub use backend::{CsrTensors, SparseBackend};
pub use matrix::SparseMatrix;
pub use plain::matmul_plain;
