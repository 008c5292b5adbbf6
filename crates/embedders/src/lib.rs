//! Graph in, node embedding out: one file an embedder.
//!
//! [`G2r`] trains a graph encoder by rate reduction, [`Dgi`] one by mutual information. [`propagated`] is the baseline
//! without training. [`trainer`] is the loop that embedders share, and [`seeds`] gives each purpose its own stream of
//! chance.

mod adam;
pub mod dgi;
mod error;
pub mod g2r;
mod propagated;
pub mod seeds;
pub mod trainer;

pub use adam::Adam;
pub use dgi::{Dgi, DgiConfig};
pub use error::Error;
pub use g2r::{G2r, G2rConfig};
pub use gnn::encoder::EncoderKind;
pub use propagated::propagated;
pub use trainer::{Decision, EpochReport, KeepLast, Observer, Trained};
