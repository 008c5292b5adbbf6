//! ReduNet with the classes of the training nodes as groups.

use std::path::Path;
use std::time::Instant;

use graph_io::{Features, NodeDataset};
use ndarray::{Array2, Axis};
use redunet::{Rates, ReduNetConfig};
use serde::{Deserialize, Serialize};

use super::storage::{from_bytes, to_bytes};
use super::{construction, embedding_of, history, monitor, rows_of};
use crate::callback::Callback;
use crate::fit::{Fit, FitOptions, Fitted};
use crate::memory::{DataSize, F64, sum};
use crate::model::{EmbedNodes, ModelShape, State};
use crate::preparation::Preparation;
use crate::{Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, TrainingData, ranges};

/// Settings of ReduNet (Chan et al. 2021, arXiv 2105.10446) on the features of nodes or samples: the groups are the classes of the
/// training nodes, and other nodes go through the layers that these construct. Edges are not used.
///
/// The embedding is as wide as the prepared features, and its rows have length 1. See the crate `redunet`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReduNet {
    /// Number of layers, at least 1.
    pub layers: usize,
    /// Size η of a layer's step, above 0.
    pub eta: f64,
    /// ε², the squared error of the code, above 0.
    pub eps_sq: f64,
    /// Sharpness λ of the predicted memberships, at least 0.
    pub sharpness: f64,
}

impl Default for ReduNet {
    fn default() -> Self {
        Self { layers: 20, eta: 0.5, eps_sq: 0.1, sharpness: 500.0 }
    }
}

impl ReduNet {
    fn config(&self) -> ReduNetConfig {
        ReduNetConfig { num_layers: self.layers, eta: self.eta, eps_sq: self.eps_sq, lambda: self.sharpness }
    }
}

impl MethodSettings for ReduNet {
    const INFO: MethodInfo = MethodInfo {
        name: "redunet",
        title: "ReduNet",
        source: "Chan et al. 2021, arXiv 2105.10446",
        kind: MethodKind::Supervised { logits: false },
        checkpoint: Checkpoint::Last,
        stochastic: false,
    };
    const PRESETS: &'static str = include_str!("../../../presets/redunet.toml");

    fn check(&self) -> Result<(), Error> {
        ranges::count("layers", self.layers, 1 << 16)?;
        ranges::positive("eta", self.eta)?;
        ranges::positive("eps_sq", self.eps_sq)?;
        ranges::not_negative("sharpness", self.sharpness)
    }

    fn epochs(&self) -> Option<usize> {
        Some(self.layers)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        // The rows twice, in f64, before and after a layer.
        let rows = F64.saturating_mul(size.num_nodes).saturating_mul(size.d_input);
        sum(&[size.features(), rows, rows])
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        Ok(Box::new(Bound { settings: self.clone(), rows: rows_of(&data.features) }))
    }

    fn restore(&self, _shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        let read = || -> Result<redunet::ReduNet, Box<dyn std::error::Error + Send + Sync>> {
            Ok(redunet::ReduNet::from_matrices(self.config(), &from_bytes(&std::fs::read(weights)?)?)?)
        };
        match read() {
            Ok(network) => Ok(Box::new(Network(network))),
            Err(source) => Err(Error::Weights { path: weights.to_owned(), action: "read", source }),
        }
    }
}

struct Bound {
    settings: ReduNet,
    rows: Array2<f64>,
}

impl Fit for Bound {
    fn fit(&self, options: &FitOptions, callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let start = Instant::now();
        let labels = options.labels.as_ref().filter(|labels| !labels.nodes.is_empty());
        let labels = labels.ok_or(Error::NoTrainingLabels)?;
        let nodes: Vec<usize> = labels.nodes.iter().map(|node| *node as usize).collect();
        // Classes that no training node has are no groups.
        let mut present: Vec<u32> = labels.classes.clone();
        present.sort_unstable();
        present.dedup();
        let place = |class: &u32| present.binary_search(class).expect("a class of the list");
        let classes: Vec<usize> = labels.classes.iter().map(place).collect();
        let samples = self.rows.select(Axis(0), &nodes);
        let constructed = self.settings.config().construct_monitored(
            samples.view(),
            &classes,
            present.len(),
            &mut monitor(callback, self.settings.layers),
        );
        let network = constructed.map_err(construction)?.network;
        let rows = embedding_of(&network.transform(self.rows.view()).map_err(construction)?);
        let history = history(
            network
                .rates()
                .iter()
                .map(|rates| Rates { expansion: rates.expansion, compression: rates.compression }),
        );
        let fitted = Fitted::without_epochs(rows, Box::new(Network(network)), start);
        Ok(Fitted { epoch: history.len(), history, ..fitted })
    }
}

struct Network(redunet::ReduNet);

impl EmbedNodes for Network {
    fn embed(&self, dataset: &NodeDataset, preparation: &Preparation) -> Result<Features, Error> {
        let rows = rows_of(&preparation.apply(dataset)?);
        Ok(embedding_of(&self.0.transform(rows.view()).map_err(construction)?))
    }

    fn state(&self) -> Result<State<'_>, Error> {
        Ok(State::Weights(to_bytes(self.0.to_matrices())?))
    }
}
