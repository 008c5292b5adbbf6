//! The training of an encoder on labels.

use burn::module::{ParamId, list_param_ids};
use burn::optim::GradientsParams;
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;

use super::cross_entropy::{Targets, cross_entropy};
use super::{DecayedLayers, Supervised};
use crate::adam::Adam;
use crate::seeds::{Stream, generator};
use crate::trainer::{Decision, EpochReport, Observer, Step, Training};
use crate::{Error, TrainingLabels};
use gnn::encoder::Encoder;

/// A training between two steps.
pub(super) struct LabelTraining<'a> {
    supervised: &'a Supervised,
    targets: Targets,
    /// Always there between steps.
    encoder: Option<Encoder>,
    /// The parameters that the penalty is on, and who updates them.
    decayed: (Vec<ParamId>, Adam),
    /// Who updates the others.
    free: Adam,
    dropout: ChaCha8Rng,
}

impl<'a> LabelTraining<'a> {
    pub(super) fn new(supervised: &'a Supervised, seed: u64, labels: &TrainingLabels) -> Self {
        let Supervised { config, device, graph, .. } = supervised;
        let encoder = supervised.init(seed);
        let layers = match config.decayed_layers {
            DecayedLayers::First => &encoder.layers()[..1],
            DecayedLayers::All => encoder.layers(),
        };
        Self {
            targets: Targets::new(graph.num_nodes(), labels, &device.clone().inner()),
            decayed: (
                layers.iter().flat_map(list_param_ids).collect(),
                Adam::new(config.learning_rate, config.weight_decay),
            ),
            free: Adam::new(config.learning_rate, 0.0),
            dropout: generator(seed, Stream::Dropout),
            encoder: Some(encoder),
            supervised,
        }
    }
}

impl Training for LabelTraining<'_> {
    type Model = Encoder;

    fn step(&mut self, epoch: usize) -> Result<Step, Error> {
        let Supervised { features, graph, .. } = self.supervised;
        let encoder = self.encoder.as_ref().expect("a step puts the encoder back");
        let logits = encoder.forward_training(features, graph, &mut self.dropout);
        let loss = cross_entropy(logits, &self.targets);
        let found = f64::from(loss.clone().into_scalar::<f32>());
        if !found.is_finite() {
            return Err(Error::LossNotFinite { epoch, found });
        }
        let mut gradients = loss.backward();
        let (ids, adam) = &mut self.decayed;
        let decayed = GradientsParams::from_params(&mut gradients, encoder, ids);
        let free = GradientsParams::from_grads(gradients, encoder);
        // Taken out, so that nobody else holds the parameters and Adam writes them in their own memory.
        self.encoder = self.encoder.take().map(|encoder| self.free.step(adam.step(encoder, decayed), free));
        Ok(Step { loss: found, rates: None })
    }

    fn model(&self) -> &Encoder {
        self.encoder.as_ref().expect("a step puts the encoder back")
    }

    fn embedding(&self) -> Array2<f32> {
        self.supervised.logits(self.model())
    }
}

/// Ends a training when an observer that has kept weights keeps none for so many epochs.
pub(super) struct Patient<'a> {
    pub(super) observer: &'a mut dyn Observer,
    pub(super) patience: usize,
    /// The epoch that was kept last.
    pub(super) kept: Option<usize>,
}

impl Observer for Patient<'_> {
    fn epoch(
        &mut self,
        report: &EpochReport,
        embedding: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
        let decision = self.observer.epoch(report, embedding)?;
        if decision == Decision::Keep {
            self.kept = Some(report.epoch);
        }
        let waited = self.kept.map_or(0, |kept| report.epoch - kept);
        Ok(if waited >= self.patience { Decision::Stop } else { decision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Module;
    use burn::tensor::Device;
    use gnn::encoder::{EncoderKind, Layer};
    use testkit::graphs::two_blocks;

    use super::super::SupervisedConfig;

    #[test]
    fn the_penalty_is_on_the_first_layer_alone_or_on_all() {
        // The first step of Adam has the length of the learning rate whatever the gradient: where the penalty is nearly all of
        // it, every weight goes towards zero.
        let weights_after = |decayed_layers, weight_decay| {
            let config = SupervisedConfig { decayed_layers, weight_decay, ..SupervisedConfig::default() };
            let supervised = Supervised::new(config, &two_blocks(), &Device::flex()).unwrap();
            let labels = TrainingLabels { nodes: vec![0, 30], classes: vec![0, 1], num_classes: 2 };
            let mut training = LabelTraining::new(&supervised, 3, &labels);
            let weights = |encoder: &Encoder| {
                let [Layer::Gcn(first), Layer::Gcn(last)] = encoder.layers() else { panic!("two layers") };
                [first, last].map(|layer| layer.weight.val().into_data().try_into_vec::<f32>().unwrap())
            };
            let before = weights(&training.model().valid());
            training.step(1).unwrap();
            (before, weights(&training.model().valid()))
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
        assert_eq!(EncoderKind::Gcn, SupervisedConfig::default().encoder);
    }

    #[test]
    fn patience_counts_from_the_last_epoch_that_was_kept() {
        struct KeepSome;
        impl Observer for KeepSome {
            fn epoch(
                &mut self,
                report: &EpochReport,
                _: &mut dyn FnMut() -> Array2<f32>,
            ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
                Ok(if [5, 7].contains(&report.epoch) { Decision::Keep } else { Decision::Discard })
            }
        }
        let mut patient = Patient { observer: &mut KeepSome, patience: 3, kept: None };
        let mut decide = |epoch| {
            let report = EpochReport { epoch, loss: 1.0, rates: None, seconds: 0.0 };
            patient.epoch(&report, &mut || Array2::zeros((1, 1))).unwrap()
        };
        let decisions: Vec<Decision> = (1..=10).map(&mut decide).collect();
        assert!(decisions[..4].iter().all(|decision| *decision == Decision::Discard));
        assert_eq!(decisions[6..], [Decision::Keep, Decision::Discard, Decision::Discard, Decision::Stop]);
    }
}
