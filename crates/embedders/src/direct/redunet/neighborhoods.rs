//! ReduNet with the neighborhoods of a graph as groups: a graph network that is constructed and not trained.

use std::path::Path;
use std::time::Instant;

use graph_io::{Features, Graph, NodeDataset};
use ndarray::Array2;
use redunet::{GroupReduNet, GroupReduNetConfig, SampleGroups};
use serde::{Deserialize, Serialize};

use super::storage::{from_bytes, to_bytes};
use super::{construction, embedding_of, history, monitor, rows_of};
use crate::callback::Callback;
use crate::fit::{Fit, FitOptions, Fitted};
use crate::memory::{DataSize, F64, sum};
use crate::model::{EmbedNodes, ModelShape, State};
use crate::preparation::Preparation;
use crate::{Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, TrainingData, ranges};

/// Settings of ReduNet whose groups are the closed neighborhoods of a graph, each member with weight 1. Labels are never read.
///
/// A layer expands all nodes by one matrix, and compresses each node in the neighborhoods that contain it. New nodes go through the
/// stored matrices with the neighborhoods of their own graph. The embedding is as wide as the prepared features, and its rows have
/// length 1. See `redunet::GroupReduNet`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReduNetNeighborhoods {
    /// Number of layers, at least 1.
    pub layers: usize,
    /// Size η of a layer's step, above 0.
    pub eta: f64,
    /// ε², the squared error of the code, above 0.
    pub eps_sq: f64,
}

impl Default for ReduNetNeighborhoods {
    fn default() -> Self {
        Self { layers: 10, eta: 0.5, eps_sq: 0.1 }
    }
}

impl ReduNetNeighborhoods {
    fn config(&self) -> GroupReduNetConfig {
        GroupReduNetConfig { num_layers: self.layers, eta: self.eta, eps_sq: self.eps_sq }
    }
}

impl MethodSettings for ReduNetNeighborhoods {
    const INFO: MethodInfo = MethodInfo {
        name: "redunet-neighborhoods",
        title: "ReduNet, neighborhoods",
        source: "layers of Chan et al. 2021, arXiv 2105.10446; groups of Han et al. 2022, arXiv 2202.06241",
        kind: MethodKind::Unsupervised,
        checkpoint: Checkpoint::Last,
        stochastic: false,
    };
    const PRESETS: &'static str = include_str!("../../../presets/redunet-neighborhoods.toml");

    fn check(&self) -> Result<(), Error> {
        ranges::count("layers", self.layers, 1 << 16)?;
        ranges::positive("eta", self.eta)?;
        ranges::positive("eps_sq", self.eps_sq)
    }

    fn epochs(&self) -> Option<usize> {
        Some(self.layers)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        // The rows and the gradient of the compression, in f64, and the matrix of each layer.
        let rows = F64.saturating_mul(size.num_nodes).saturating_mul(size.d_input);
        sum(&[size.features(), rows, rows])
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        data.check_edges()?;
        let groups = closed_neighborhoods(data.dataset.graph())?;
        Ok(Box::new(Bound { settings: self.clone(), rows: rows_of(&data.features), groups }))
    }

    fn restore(&self, _shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        let read = || -> Result<GroupReduNet, Box<dyn std::error::Error + Send + Sync>> {
            Ok(GroupReduNet::from_matrices(self.config(), &from_bytes(&std::fs::read(weights)?)?)?)
        };
        match read() {
            Ok(network) => Ok(Box::new(Network(network))),
            Err(source) => Err(Error::Weights { path: weights.to_owned(), action: "read", source }),
        }
    }
}

/// Each node with its neighbors, a loop or none.
fn closed_neighborhoods(graph: &Graph) -> Result<SampleGroups, Error> {
    let lists = (0..graph.num_nodes() as u32).map(|node| {
        let others = graph.neighbors(node).iter().filter(move |neighbor| **neighbor != node);
        others.map(|neighbor| (*neighbor as usize, 1.0)).chain([(node as usize, 1.0)])
    });
    SampleGroups::from_lists(graph.num_nodes(), lists).map_err(construction)
}

struct Bound {
    settings: ReduNetNeighborhoods,
    rows: Array2<f64>,
    groups: SampleGroups,
}

impl Fit for Bound {
    fn fit(&self, _options: &FitOptions, callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let start = Instant::now();
        let monitor = &mut monitor(callback, self.settings.layers);
        let constructed = self.settings.config().construct_monitored(self.rows.view(), &self.groups, monitor);
        let constructed = constructed.map_err(construction)?;
        let history = history(constructed.network.rates().iter().copied());
        let rows = embedding_of(&constructed.output);
        let fitted = Fitted::without_epochs(rows, Box::new(Network(constructed.network)), start);
        Ok(Fitted { epoch: history.len(), history, ..fitted })
    }
}

struct Network(GroupReduNet);

impl EmbedNodes for Network {
    fn embed(&self, dataset: &NodeDataset, preparation: &Preparation) -> Result<Features, Error> {
        let rows = rows_of(&preparation.apply(dataset)?);
        let groups = closed_neighborhoods(dataset.graph())?;
        Ok(embedding_of(&self.0.transform(rows.view(), &groups).map_err(construction)?))
    }

    fn state(&self) -> Result<State<'_>, Error> {
        Ok(State::Weights(to_bytes(self.0.to_matrices())?))
    }
}
