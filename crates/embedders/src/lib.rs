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
mod dense;
pub mod dgi;
mod embedder;
mod error;
pub mod g2r;
pub mod grace;
pub mod method;
mod pair_loss;
mod products;
mod propagated;
mod ranges;
pub mod seeds;
pub mod supervised;
pub mod trainer;
mod two_views;
mod weights;

pub use adam::{Adam, WeightDecay};
pub use bgrl::{Bgrl, BgrlConfig};
pub use cca_ssg::{CcaSsg, CcaSsgConfig};
pub use dgi::{Dgi, DgiConfig};
pub use embedder::{Embedded, Embedder, Task, TrainingLabels};
pub use error::Error;
pub use g2r::{G2r, G2rConfig};
pub use gnn::encoder::EncoderKind;
pub use grace::{Grace, GraceConfig};
pub use method::{METHODS, Method, MethodConfig, MethodInfo, MethodKind};
pub use propagated::propagated;
pub use supervised::{Supervised, SupervisedConfig};
pub use trainer::{Decision, EpochRates, EpochReport, KeepLast, Observer, OwnRule, Trained};
