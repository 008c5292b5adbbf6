//! What can go wrong between a data set and its embedding.

use std::path::PathBuf;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("`{name}` must be {expected}, got {found}")]
    Setting {
        /// Name of the setting.
        name: &'static str,
        /// What it may be.
        expected: String,
        /// What it was.
        found: f64,
    },
    /// The loss could not be computed.
    #[error("epoch {epoch}: the loss could not be computed")]
    Loss {
        /// Epoch, from 1.
        epoch: usize,
        /// Why.
        source: g2r_loss::Error,
    },
    /// The loss is not a number, or infinite.
    #[error("epoch {epoch}: expected a finite loss, found {found}")]
    LossNotFinite {
        /// Epoch, from 1.
        epoch: usize,
        /// What it was.
        found: f64,
    },
    /// The graph makes no groups.
    #[error("the groups of the graph could not be made")]
    Groups {
        /// Why.
        source: g2r_loss::Error,
    },
    /// Whoever watches the training failed.
    #[error("epoch {epoch}: the embedding could not be judged")]
    Observer {
        /// Epoch, from 1.
        epoch: usize,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file of weights could not be written or read.
    #[error("{}: the weights could not be {action}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// "written" or "read".
        action: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
