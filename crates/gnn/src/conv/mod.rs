//! Layers: one file each.

mod gcn;
mod gin;
mod glorot;
mod sage;
mod sage_pool;
mod sgc;

pub use gcn::{GcnConv, GcnConvConfig};
pub use gin::{GinConv, GinConvConfig};
pub use sage::{SageConv, SageConvConfig};
pub use sage_pool::{SagePoolConv, SagePoolConvConfig};
pub use sgc::{SgcConv, SgcConvConfig};
