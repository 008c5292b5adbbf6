//! The methods that train no encoder, a file or a folder each.

mod deepwalk;
mod device_propagation;
mod g2r_linear;
mod node2vec;
mod ppr;
mod propagated;
mod random_init;
mod raw;
mod redunet;
mod spectral;
mod walks;

pub use deepwalk::DeepWalk;
pub use g2r_linear::{FeatureNeighborSettings, G2rLinear, LiftSettings, PairGroups};
pub use node2vec::Node2Vec;
pub use ppr::Ppr;
pub use propagated::{Propagated, propagated};
pub use random_init::RandomInit;
pub use raw::Raw;
pub use redunet::{ReduNet, ReduNetNeighborhoods};
pub use spectral::{Spectral, decompose};

use std::path::Path;
use std::time::Instant;

use graph_io::{Features, NodeDataset};

use crate::Error;
use crate::callback::Callback;
use crate::fit::{Fit, FitOptions, Fitted, TrainingData};
use crate::model::{Computed, EmbedNodes};

struct Fixed<F> {
    dataset: NodeDataset,
    features: Features,
    rows: F,
}

/// A method that learns nothing, on a training graph: `rows` makes them from a graph and its prepared features.
pub fn fixed<F>(data: &TrainingData<'_>, rows: F) -> Box<dyn Fit>
where
    F: Fn(&NodeDataset, Features) -> Features + Clone + Send + Sync + 'static,
{
    Box::new(Fixed { dataset: data.dataset.clone(), features: data.features.clone(), rows })
}

impl<F: Fn(&NodeDataset, Features) -> Features + Clone + Send + Sync + 'static> Fit for Fixed<F> {
    fn fit(&self, _options: &FitOptions, _callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let start = Instant::now();
        let rows = (self.rows)(&self.dataset, self.features.clone());
        let embedder = Box::new(Computed(self.rows.clone()));
        Ok(Fitted::without_epochs(rows, embedder, start))
    }
}

/// What embeds any graph by the function of a method that learns nothing.
pub fn computed<F: Fn(&NodeDataset, Features) -> Features + Send + Sync + 'static>(
    rows: F,
) -> Box<dyn EmbedNodes> {
    Box::new(Computed(rows))
}

/// Weights asked of a method whose vectors are all there is.
fn no_weights(method: &'static str, _weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
    Err(Error::NoWeights { method })
}
