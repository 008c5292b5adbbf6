//! Layers: one file each.

mod gcn;

pub use gcn::{GcnConv, GcnConvConfig};
