//! What the tests of several crates share: tiny graphs, deterministic numbers, checks of gradients and operators.

pub mod gradients;
pub mod graphs;
pub mod numbers;
pub mod operators;
pub mod permutation;
