//! The operators that Burn lacks, as extensions of its backends: a folder each.
//!
//! In each folder `mod.rs` holds the operator as layers call it and the trait of a backend that has it; `cpu.rs` is its body
//! for the CPU, `cube.rs` its CubeCL kernels, `backward.rs` its gradient on any backend, and `plain.rs` the same in Burn's
//! own operations, which tests hold the others to. Indices were checked when a matrix or pattern was built; no body checks
//! them again. Sums run in a fixed order, so the CPU gives the same bits with any number of threads.

pub mod attention;
pub mod batch_norm_prelu;
pub mod bias_activation;
#[cfg(feature = "cube")]
mod cube;
pub mod edge_product;
pub mod edge_softmax;
mod flex;
pub mod gat;
pub mod gatv2;
#[cfg(any(feature = "cube", test))]
mod index_limit;
mod pattern;
pub mod row_norm;
mod row_tasks;
pub mod segment_max;
pub mod sparse_matmul;
