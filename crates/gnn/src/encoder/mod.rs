//! Encoders: features and graph in, one embedding a node out.

mod activation;
mod kind;
mod layer;
mod orthogonal;
mod stack;

pub use crate::ops::row_norm::RowNorm;
pub use activation::{BatchNormPrelu, LayerActivation, LayerEnd, Prelu};
pub use kind::{EncoderKind, Layer};
pub(crate) use layer::EncoderLayer;
pub use orthogonal::Orthogonality;
pub use stack::{Encoder, EncoderConfig};
