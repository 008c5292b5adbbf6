//! Layers: one file each.

mod gat;
mod gatv2;
mod gcn;
mod glorot;
mod heads;

pub use gat::{GatConv, GatConvConfig};
pub use gatv2::{Gatv2Conv, Gatv2ConvConfig};
pub use gcn::{GcnConv, GcnConvConfig};
pub use heads::Heads;
