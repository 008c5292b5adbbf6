//! One run of a comparison, and what came of it.

use burn::tensor::Device;
use embedders::{Checkpoint, EncoderKind, PreparationSettings, Settings};
use graph_io::NodeDataset;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::config::BenchTask;
use super::variant::Variant;
use crate::error::Error;
use crate::evaluator::Evaluator;
use crate::experiment::{DeviceChoice, Experiment, RunSettings};
use crate::memory::{AvailableMemory, check_memory};
use crate::outcome::EffectiveRank;
use crate::protocol::Protocol;

/// A method on a data set with a seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The data set as it was asked for.
    pub dataset: String,
    /// The fingerprint of the data set as it was read.
    pub data: String,
    /// How its nodes are split.
    pub protocol: Protocol,
    /// The method, with its encoder.
    pub variant: Variant,
    /// The seed.
    pub seed: u64,
    /// Which epoch's weights are kept.
    pub checkpoint: Checkpoint,
    /// Evaluate on the validation nodes every N epochs, where the best epoch is kept.
    pub eval_every: usize,
    /// What its embedding is evaluated by.
    pub tasks: Vec<BenchTask>,
    /// What is done to the features.
    pub preparation: PreparationSettings,
    /// Every setting of the method.
    pub settings: Settings,
}

/// What a finished run is found by in a file: a [`Job`] as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobKey {
    /// The data set as it was asked for.
    pub dataset: String,
    /// The fingerprint of the data set as it was read; `None` in files of older programs.
    #[serde(default)]
    pub data: Option<String>,
    /// How its nodes are split.
    pub protocol: Protocol,
    /// The method, with its encoder where that is not the method's own.
    pub method: String,
    /// The seed.
    pub seed: u64,
    /// Which epoch's weights are kept.
    pub checkpoint: Checkpoint,
    /// Evaluate on the validation nodes every N epochs, where the best epoch is kept.
    pub eval_every: usize,
    /// What its embedding is evaluated by.
    pub tasks: Vec<BenchTask>,
    /// What is done to the features.
    pub preparation: PreparationSettings,
    /// Every setting of the method.
    pub settings: Table,
}

impl Job {
    /// The same as an experiment of one seed.
    pub(crate) fn experiment(&self) -> Experiment {
        let run = RunSettings {
            dataset: self.dataset.clone(),
            method: self.variant.method.name().to_string(),
            protocol: Some(self.protocol),
            checkpoint: Some(self.checkpoint),
            eval_every: self.eval_every,
            seed: self.seed,
            seeds: Some(1),
            preparation: self.preparation,
            ..RunSettings::default()
        };
        Experiment { run, settings: self.settings.clone() }
    }

    /// Refuses the run where it cannot fit into what is available.
    pub(super) fn check_memory(
        &self,
        dataset: &NodeDataset,
        device: &Device,
        available: &AvailableMemory,
    ) -> Result<(), Error> {
        let mut experiment = self.experiment();
        // In a comparison the baselines are runs of their own.
        experiment.run.protocol = Some(Protocol::NotEvaluated);
        check_memory(&experiment, dataset, device, available)
    }

    /// What it is found by in a file.
    pub fn key(&self) -> JobKey {
        JobKey {
            dataset: self.dataset.clone(),
            data: Some(self.data.clone()),
            protocol: self.protocol,
            method: self.variant.to_string(),
            seed: self.seed,
            checkpoint: self.checkpoint,
            eval_every: self.eval_every,
            tasks: self.tasks.clone(),
            preparation: self.preparation,
            settings: self.settings.to_table(),
        }
    }

    /// Whether another differs from this in nothing but the seed.
    pub(crate) fn is_of_same_group(&self, other: &Self) -> bool {
        self.dataset == other.dataset
            && self.data == other.data
            && self.protocol == other.protocol
            && self.variant == other.variant
            && self.preparation == other.preparation
            && self.settings == other.settings
    }

    /// The evaluator of its embedding.
    pub(super) fn evaluator(&self, dataset: &NodeDataset) -> Result<Evaluator, Error> {
        let split = self.protocol.split(dataset, self.seed)?;
        let evaluator = Evaluator::new(dataset, &split, &self.protocol.probe())?;
        let gives_logits = self.variant.method.info().kind.gives_logits();
        Ok(if gives_logits { evaluator.of_logits() } else { evaluator })
    }

    /// What the encoder is made of, for methods with an encoder.
    pub fn encoder(&self) -> Option<EncoderKind> {
        Some(self.settings.encoder()?.kind)
    }
}

impl JobKey {
    /// What a run is called, whatever it was made of: data set, protocol, method and seed.
    pub(super) fn name(&self) -> (String, String, String, u64) {
        (self.dataset.clone(), self.protocol.to_string(), self.method.clone(), self.seed)
    }

    /// Whether another differs from this in nothing but the seed.
    pub(crate) fn is_of_same_group(&self, other: &Self) -> bool {
        self.dataset == other.dataset
            && self.protocol == other.protocol
            && self.method == other.method
            && self.preparation == other.preparation
            && self.settings == other.settings
    }
}

/// A line of the results file: a run, and its scores or why it failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRecord {
    /// What was run.
    #[serde(flatten)]
    pub key: JobKey,
    /// The version of the program.
    pub version: String,
    /// The revision of its source; `None` where it is not known, as in files of older programs.
    #[serde(default)]
    pub revision: Option<String>,
    /// The device; `None` in files of older programs.
    #[serde(default)]
    pub device: Option<DeviceChoice>,
    /// What came of it; none where it failed.
    pub scores: Option<JobScores>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What came of a run; accuracies are fractions of 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobScores {
    /// The epoch whose weights were kept; 0 where nothing was trained.
    pub epoch: usize,
    /// How many epochs were trained.
    pub epochs_trained: usize,
    /// The width of the embedding.
    pub d_output: usize,
    /// Its effective rank; `None` for one that is sparse, and in files of older programs.
    #[serde(default)]
    pub effective_rank: Option<EffectiveRank>,
    /// Validation accuracy, where nodes were classified.
    pub val_acc: Option<f64>,
    /// Test accuracy.
    pub test_acc: Option<f64>,
    /// Mean F1 of the classes on the test nodes.
    pub test_macro_f1: Option<f64>,
    /// How well clusters agree with classes.
    pub clustering: Option<ClusterScores>,
    /// Whether near nodes are of the same class.
    pub similarity: Option<SimilarNodes>,
    /// How well scores separate held-out edges from pairs without an edge.
    pub links: Option<LinkPrediction>,
    /// Wall-clock seconds of the training steps.
    pub train_seconds: f64,
    /// Wall-clock seconds of everything but reading the data set.
    pub seconds: f64,
    /// Processor seconds of everything but reading the data set.
    pub cpu_seconds: Option<f64>,
    /// The most memory in large blocks that the run held at a time, beside its data set.
    pub peak_bytes: Option<u64>,
}

/// How well clusters agree with the true classes, 1 is best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClusterScores {
    /// Normalized mutual information.
    pub nmi: f64,
    /// Adjusted Rand index.
    pub ari: f64,
    /// The part of the nodes in a cluster that stands for their class.
    pub accuracy: f64,
}

/// The part of a node's nearest nodes with its class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarNodes {
    /// Of the nearest 5.
    pub at_5: f64,
    /// Of the nearest 10.
    pub at_10: f64,
}

/// How well scores separate held-out edges from pairs without an edge, on the test pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkPrediction {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Average precision.
    pub average_precision: f64,
}
