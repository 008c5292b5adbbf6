//! DeepWalk: skip-gram on random walks.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::no_weights;
use super::node2vec::{BoundWalks, Node2Vec, memory_of_walks};
use crate::fit::Fit;
use crate::memory::DataSize;
use crate::model::{EmbedNodes, ModelShape};
use crate::{Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, TrainingData};

/// Settings of DeepWalk (Perozzi et al. 2014, arXiv 1403.6652): [`Node2Vec`] with p = q = 1, so that a walk goes to each neighbor
/// by weight, wherever it came from.
///
/// The departures of [`Node2Vec`] are its own too, and one more: the paper's skip-gram has a hierarchical softmax, this one
/// negative sampling, as most later comparisons. The default was chosen by the validation accuracy of Cora and CiteSeer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeepWalk {
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

impl Default for DeepWalk {
    fn default() -> Self {
        let Node2Vec {
            d_output,
            walk_length,
            walks_per_node,
            window,
            negatives,
            walks_per_batch,
            learning_rate,
            p: _,
            q: _,
        } = Node2Vec::default();
        Self { d_output, walk_length, walks_per_node, window, negatives, walks_per_batch, learning_rate }
    }
}

impl From<&DeepWalk> for Node2Vec {
    fn from(config: &DeepWalk) -> Self {
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

impl MethodSettings for DeepWalk {
    const INFO: MethodInfo = MethodInfo {
        name: "deepwalk",
        title: "DeepWalk",
        source: "Perozzi et al. 2014, arXiv 1403.6652",
        kind: MethodKind::Unsupervised,
        checkpoint: Checkpoint::Last,
        stochastic: true,
    };

    fn check(&self) -> Result<(), Error> {
        Node2Vec::from(self).check()
    }

    fn epochs(&self) -> Option<usize> {
        Some(self.walks_per_node)
    }

    fn d_output(&self) -> Option<usize> {
        Some(self.d_output)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        memory_of_walks(self.d_output, size)
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        Ok(Box::new(BoundWalks::new(Self::INFO.name, self.into(), data)?))
    }

    fn restore(&self, _shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        no_weights(Self::INFO.name, weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use testkit::graphs::two_blocks;

    #[test]
    fn is_node2vec_without_memory() {
        let settings = DeepWalk { d_output: 8, walk_length: 10, walks_per_node: 2, ..DeepWalk::default() };
        let dataset = two_blocks();
        let rows = |settings: Settings| settings.fit(&dataset, 0).unwrap().rows;
        let same = Node2Vec::from(&settings);
        let found = rows(Settings::new(settings).unwrap());
        assert_eq!(found, rows(Settings::new(same.clone()).unwrap()));
        assert_ne!(found, rows(Settings::new(Node2Vec { q: 0.25, ..same }).unwrap()));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let error = DeepWalk { window: 0, ..DeepWalk::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "`window` must be from 1 to 10000, got 0");
    }
}
