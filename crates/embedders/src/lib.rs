//! Graph in, node embedding out: one file an embedder.
//!
//! [`G2r`] trains a graph encoder by rate reduction, [`Dgi`] one by mutual information, [`CcaSsg`], [`Grace`] and [`Bgrl`] one by
//! comparing two views of a graph, [`Supervised`] one by labels, as an upper reference; [`METHODS`] lists every method with its
//! settings, and [`Embedder`] is what all of them do. [`trainer`] is the loop that they share, and [`seeds`] gives each
//! purpose its own stream of chance.

mod adam;
mod augmentation;
pub mod bgrl;
pub mod cca_ssg;
mod deepwalk;
mod dense;
pub mod dgi;
mod embedder;
mod error;
mod fixed;
pub mod g2r;
pub mod grace;
pub mod method;
mod node2vec;
mod pair_loss;
mod ppr;
mod products;
mod propagated;
mod random_init;
mod ranges;
mod raw;
pub mod seeds;
mod spectral;
pub mod supervised;
pub mod trainer;
mod two_views;
mod walks;
mod weights;

pub use adam::{Adam, WeightDecay};
pub use bgrl::{Bgrl, BgrlConfig};
pub use cca_ssg::{CcaSsg, CcaSsgConfig};
pub use deepwalk::DeepWalkConfig;
pub use dgi::{Dgi, DgiConfig};
pub use embedder::{Embedded, Embedder, Task, TrainingLabels};
pub use error::Error;
pub use g2r::{G2r, G2rConfig};
pub use gnn::encoder::EncoderKind;
pub use grace::{Grace, GraceConfig};
pub use method::{METHODS, Method, MethodConfig, MethodInfo, MethodKind};
pub use node2vec::{Node2Vec, Node2VecConfig};
pub use ppr::PprConfig;
pub use propagated::{PropagatedConfig, propagated};
pub use random_init::RandomInitConfig;
pub use raw::RawConfig;
pub use spectral::{Spectral, SpectralConfig};
pub use supervised::{Supervised, SupervisedConfig};
pub use trainer::{Decision, EpochRates, EpochReport, KeepLast, Observer, OwnRule, Trained};
