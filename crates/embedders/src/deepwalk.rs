//! DeepWalk: skip-gram on random walks.

use burn::tensor::Device;
use gnn::encoder::EncoderKind;
use graph_io::NodeDataset;
use serde::{Deserialize, Serialize};

use crate::method::{MethodConfig, MethodInfo, MethodKind};
use crate::node2vec::{Node2Vec, Node2VecConfig};
use crate::{Embedder, Error};

/// Settings of DeepWalk (Perozzi et al. 2014, arXiv 1403.6652): [`Node2Vec`] with p = q = 1, so that a walk goes to each neighbor
/// by weight, wherever it came from.
///
/// The departures of [`Node2Vec`] are its own too, and one more: the paper's skip-gram has a hierarchical softmax, this one
/// negative sampling, as most later comparisons. The default was chosen by the validation accuracy of Cora and CiteSeer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeepWalkConfig {
    /// Width of the embedding.
    pub d_output: usize,
    /// Nodes of a walk, at least 2.
    pub walk_length: usize,
    /// Walks from each node, at least 1; one from each is an epoch.
    pub walks_per_node: usize,
    /// How many steps before and behind a node its contexts are, at least 1.
    pub window: usize,
    /// Nodes of noise a pair, at least 1.
    pub negatives: usize,
    /// Walks whose pairs are one step of descent, at least 1.
    pub walks_per_batch: usize,
    /// Step size of AdaGrad, above 0.
    pub learning_rate: f64,
}

impl Default for DeepWalkConfig {
    fn default() -> Self {
        let Node2VecConfig {
            d_output,
            walk_length,
            walks_per_node,
            window,
            negatives,
            walks_per_batch,
            learning_rate,
            p: _,
            q: _,
        } = Node2VecConfig::default();
        Self { d_output, walk_length, walks_per_node, window, negatives, walks_per_batch, learning_rate }
    }
}

impl From<&DeepWalkConfig> for Node2VecConfig {
    fn from(config: &DeepWalkConfig) -> Self {
        Self {
            d_output: config.d_output,
            walk_length: config.walk_length,
            walks_per_node: config.walks_per_node,
            window: config.window,
            negatives: config.negatives,
            p: 1.0,
            q: 1.0,
            walks_per_batch: config.walks_per_batch,
            learning_rate: config.learning_rate,
        }
    }
}

impl MethodConfig for DeepWalkConfig {
    const INFO: MethodInfo = MethodInfo {
        name: "deepwalk",
        title: "DeepWalk",
        source: "Perozzi et al. 2014, arXiv 1403.6652",
        kind: MethodKind::Unsupervised,
        encoder: None,
        judge_every: 0,
        by_chance: true,
    };

    fn recipe(_dataset: &str, _encoder: EncoderKind) -> Self {
        Self::default()
    }

    fn check(&self) -> Result<(), Error> {
        Node2VecConfig::from(self).check()
    }

    fn init(&self, dataset: &NodeDataset, _device: &Device) -> Result<Box<dyn Embedder>, Error> {
        Ok(Box::new(Node2Vec::new(self.into(), dataset.graph().clone())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeepLast, Task};
    use testkit::graphs::two_blocks;

    #[test]
    fn is_node2vec_without_memory() {
        let config =
            DeepWalkConfig { d_output: 8, walk_length: 10, walks_per_node: 2, ..DeepWalkConfig::default() };
        let rows = |config: &dyn Fn() -> Result<Box<dyn Embedder>, Error>| {
            config().unwrap().embed(&Task::default(), &mut KeepLast).unwrap().rows
        };
        let (dataset, device) = (two_blocks(), Device::flex());
        let found = rows(&|| config.init(&dataset, &device));
        let same = Node2VecConfig::from(&config);
        assert_eq!(found, rows(&|| same.init(&dataset, &device)));
        assert_ne!(found, rows(&|| Node2VecConfig { q: 0.25, ..same.clone() }.init(&dataset, &device)));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let error = DeepWalkConfig { window: 0, ..DeepWalkConfig::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "`window` must be from 1 to 10000, got 0");
    }
}
