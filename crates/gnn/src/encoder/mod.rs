//! Encoders: features and graph in, one embedding a node out.

mod ending;
mod kind;
mod layer;
mod stack;

pub use crate::ops::row_norm::RowNorm;
pub use ending::{BatchNormPrelu, Ending, LayerEnd, Prelu};
pub use kind::{EncoderKind, Layer};
pub(crate) use layer::EncoderLayer;
pub use stack::{Encoder, EncoderConfig};
