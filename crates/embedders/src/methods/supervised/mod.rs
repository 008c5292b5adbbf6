//! An encoder that learns the training nodes' labels: what the labels add to the graph, as an upper reference.

mod cross_entropy;

use burn::module::list_param_ids;
use gnn::encoder::Encoder as LayerStack;
use serde::{Deserialize, Serialize};

use self::cross_entropy::{Targets, cross_entropy};
use crate::encoder_method::EncoderMethod;
use crate::objective::{Loss, NoHeads, Objective, Start, Step};
use crate::optimizer::Optimizer;
use crate::settings::SizedEncoder;
use crate::trainer::{EarlyStopping, Schedule};
use crate::{
    Checkpoint, Encoder, EncoderSettings, Error, MethodInfo, MethodKind, OptimizerSettings, TrainingData,
    ranges,
};

/// Settings of an encoder whose rows are logits, trained by cross-entropy on the training nodes' labels; the default is the
/// settings of GCN's authors for the citation graphs.
///
/// Kipf & Welling 2017, arXiv 1609.02907, and Veličković et al. 2018, arXiv 1710.10903; other kinds of encoder have the
/// settings of the one that they are like. Departures: convolutions have a bias, which GCN's authors leave away; all heads see
/// the same features dropped, and what a head has projected is not dropped again, as in PyTorch Geometric's example of GAT; the
/// epoch is chosen by validation accuracy, where the authors stop by loss, or loss and accuracy, of the validation nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Supervised {
    /// Which layers the weight decay is on.
    pub decayed_layers: DecayedLayers,
    /// Largest number of epochs, of one step each, at least 1.
    pub epochs: usize,
    /// Early-stopping patience: stop after this many epochs without a new best model, at least 1.
    pub patience: usize,
    /// What is trained.
    pub encoder: EncoderSettings,
    /// What takes the steps.
    pub optimizer: OptimizerSettings,
}

/// The layers whose parameters are penalised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecayedLayers {
    /// The first: GCN (Kipf & Welling 2017, section 5.2).
    #[default]
    First,
    /// All: GAT.
    All,
}

impl Default for Supervised {
    fn default() -> Self {
        Self {
            decayed_layers: DecayedLayers::First,
            epochs: 200,
            patience: 200,
            encoder: EncoderSettings {
                output_heads: 1,
                dropout_prob: 0.5,
                ..EncoderSettings::with_hidden(&[16])
            },
            optimizer: OptimizerSettings { learning_rate: 0.01, weight_decay: 5e-4 },
        }
    }
}

impl EncoderMethod for Supervised {
    const INFO: MethodInfo = MethodInfo {
        name: "supervised",
        title: "Supervised",
        source: "Kipf & Welling 2017, arXiv 1609.02907; Veličković et al. 2018, arXiv 1710.10903",
        kind: MethodKind::Supervised { logits: true },
        checkpoint: Checkpoint::BestValidation,
        stochastic: true,
    };
    const PRESETS: &'static str = include_str!("../../../presets/supervised.toml");

    type Init = SizedEncoder;
    type Objective = CrossEntropy;

    fn encoder(&self) -> &EncoderSettings {
        &self.encoder
    }

    fn encoder_mut(&mut self) -> &mut EncoderSettings {
        &mut self.encoder
    }

    fn optimizer(&self) -> &OptimizerSettings {
        &self.optimizer
    }

    fn d_output(&self) -> Option<usize> {
        None
    }

    fn schedule(&self) -> Schedule {
        Schedule { epochs: self.epochs, early_stopping: EarlyStopping::Kept { patience: self.patience } }
    }

    fn check_own(&self) -> Result<(), Error> {
        ranges::count("patience", self.patience, 1_000_000)
    }

    fn init_encoder(&self, d_output: usize) -> SizedEncoder {
        self.encoder.with_output(d_output)
    }

    fn objective(&self, _data: &TrainingData<'_>) -> Result<CrossEntropy, Error> {
        Ok(CrossEntropy)
    }

    fn init_optimizer(&self, encoder: &LayerStack) -> Optimizer {
        let undecayed = match self.decayed_layers {
            DecayedLayers::First => {
                let decayed = list_param_ids(&encoder.layers()[0]);
                list_param_ids(encoder).into_iter().filter(|id| !decayed.contains(id)).collect()
            }
            DecayedLayers::All => Vec::new(),
        };
        self.optimizer.adam().without_decay_of(undecayed)
    }
}

/// Cross-entropy of logits on the training nodes.
pub struct CrossEntropy;

impl<E: Encoder> Objective<E> for CrossEntropy {
    type Heads = NoHeads;
    type State = Targets;

    fn init(&self, start: Start<'_, E>) -> Result<(NoHeads, Targets), Error> {
        let labels = start.labels.filter(|labels| !labels.nodes.is_empty()).ok_or(Error::NoTrainingLabels)?;
        let (found, classes) = (labels.num_classes, start.d_output);
        assert_eq!(found, classes, "CrossEntropy: labels of {found} classes for logits of {classes}");
        let targets = Targets::new(start.graph.num_targets(), labels, &start.device.clone().inner());
        Ok((NoHeads {}, targets))
    }

    fn loss(&self, step: &mut Step<'_, E, NoHeads>, targets: &mut Targets) -> Result<Loss, Error> {
        Ok(cross_entropy(step.embed(), targets).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder_method::trainer;
    use crate::fit::{FitOptions, TrainingLabels};
    use burn::module::Module;
    use burn::tensor::Device;
    use gnn::encoder::Layer;
    use testkit::graphs::two_blocks;

    fn options(seed: u64) -> FitOptions {
        let labels = TrainingLabels { nodes: vec![0, 30], classes: vec![0, 1], num_classes: 2 };
        FitOptions { labels: Some(labels), ..FitOptions::seed(seed) }
    }

    #[test]
    fn the_penalty_is_on_the_first_layer_alone_or_on_all() {
        // The first step of Adam has the length of the learning rate whatever the gradient: where the penalty is nearly all of
        // it, every weight goes towards zero.
        let dataset = two_blocks();
        let data = TrainingData::new(&dataset, dataset.features().row_normalized(), &Device::flex());
        let weights_after = |decayed_layers, weight_decay| {
            let optimizer = OptimizerSettings { weight_decay, ..Supervised::default().optimizer };
            let settings = Supervised { decayed_layers, optimizer, ..Supervised::default() };
            let trainer = trainer(&settings, &data).unwrap();
            let options = options(3);
            let mut training = trainer.start(&options).unwrap();
            let weights = |encoder: &LayerStack| {
                let [Layer::Gcn(first), Layer::Gcn(last)] = encoder.layers() else { panic!("two layers") };
                [first, last].map(|layer| layer.weight.val().into_data().try_into_vec::<f32>().unwrap())
            };
            let before = weights(&training.encoder().valid());
            training.epoch().unwrap();
            (before, weights(&training.encoder().valid()))
        };
        let towards_zero = |before: &[f32], after: &[f32]| {
            let pairs = before.iter().zip(after).filter(|(before, _)| before.abs() > 0.02);
            pairs.clone().count() > 10 && pairs.into_iter().all(|(before, after)| after.abs() < before.abs())
        };
        let (_, free) = weights_after(DecayedLayers::First, 0.0);
        let (before, first) = weights_after(DecayedLayers::First, 1e4);
        assert!(towards_zero(&before[0], &first[0]) && !towards_zero(&before[0], &free[0]));
        assert_eq!(first[1], free[1]);
        let (before, all) = weights_after(DecayedLayers::All, 1e4);
        assert!(towards_zero(&before[1], &all[1]));
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let error = Supervised { patience: 0, ..Supervised::default() }.check_own().unwrap_err();
        assert_eq!(error.to_string(), "`patience` must be from 1 to 1000000, got 0");
    }
}
