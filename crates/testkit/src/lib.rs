//! What the tests of several crates share: tiny graphs, deterministic numbers, gradient checks.

pub mod gradients;
pub mod graphs;
pub mod numbers;
pub mod operators;
