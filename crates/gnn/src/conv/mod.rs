//! Layers: one file each.

mod biased;
mod gat;
mod gatv2;
mod gcn;
mod gin;
mod glorot;
mod heads;
mod sage;
mod sage_pool;
mod sgc;

pub use gat::{GatConv, GatConvConfig};
pub use gatv2::{Gatv2Conv, Gatv2ConvConfig};
pub use gcn::{GcnConv, GcnConvConfig};
pub use gin::{GinConv, GinConvConfig};
pub use heads::Heads;
pub use sage::{SageConv, SageConvConfig};
pub use sage_pool::{SagePoolConv, SagePoolConvConfig};
pub use sgc::{SgcConv, SgcConvConfig};
