//! MCR²: an encoder trained so that the classes of the training nodes span subspaces apart from each other.

use burn::tensor::{Int, Tensor, TensorData};
use g2r_loss::{Groups, RateReductionConfig, Sampling, Weighting};
use gnn::encoder::RowNorm;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::g2r::{RateObjective, check_rates};
use crate::encoder_method::EncoderMethod;
use crate::objective::{Loss, NoHeads, Objective, Start, Step};
use crate::seeds::Stream;
use crate::settings::SizedEncoder;
use crate::trainer::Schedule;
use crate::{
    Checkpoint, Encoder, EncoderSettings, Error, MethodInfo, MethodKind, OptimizerSettings, TrainingData,
};

/// Settings of maximal coding rate reduction with labels (Yu et al. 2020, arXiv 2006.08558): the groups are the classes of the
/// training nodes, and both rates are of the rows of those nodes alone, of length 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mcr2 {
    /// Width of the embedding.
    pub d_output: usize,
    /// ε², the squared error of the code, above 0.
    pub eps_sq: f64,
    /// Number of epochs, of one step each.
    pub epochs: usize,
    /// What is trained.
    pub encoder: EncoderSettings,
    /// What takes the steps.
    pub optimizer: OptimizerSettings,
}

impl Default for Mcr2 {
    fn default() -> Self {
        Self {
            d_output: 128,
            eps_sq: 0.5,
            epochs: 100,
            encoder: EncoderSettings {
                dropout_prob: 0.5,
                row_norm: RowNorm::L2,
                ..EncoderSettings::with_hidden(&[512])
            },
            optimizer: OptimizerSettings { learning_rate: 1e-3, weight_decay: 1e-4 },
        }
    }
}

impl Mcr2 {
    fn rates(&self) -> RateReductionConfig {
        RateReductionConfig {
            eps_sq: self.eps_sq,
            weighting: Weighting::Mcr2,
            ..RateReductionConfig::default()
        }
    }
}

impl EncoderMethod for Mcr2 {
    const INFO: MethodInfo = MethodInfo {
        name: "mcr2",
        title: "MCR²",
        source: "Yu et al. 2020, arXiv 2006.08558",
        kind: MethodKind::Supervised { logits: false },
        checkpoint: Checkpoint::BestValidation,
        stochastic: true,
    };
    const PRESETS: &'static str = include_str!("../../presets/mcr2.toml");

    type Init = SizedEncoder;
    type Objective = ClassRates;

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
        Some(self.d_output)
    }

    fn schedule(&self) -> Schedule {
        Schedule::of(self.epochs)
    }

    fn check_own(&self) -> Result<(), Error> {
        check_rates(&self.rates())
    }

    fn init_encoder(&self, d_output: usize) -> SizedEncoder {
        self.encoder.with_output(d_output)
    }

    fn objective(&self, _data: &TrainingData<'_>) -> Result<ClassRates, Error> {
        Ok(ClassRates { rates: self.rates() })
    }
}

/// Rate reduction over the classes of the training nodes.
pub struct ClassRates {
    rates: RateReductionConfig,
}

/// The training nodes, their classes as groups, and a generator that draws nothing since every step takes all groups.
pub struct Classes {
    nodes: Tensor<1, Int>,
    objective: RateObjective,
    rng: ChaCha8Rng,
}

impl<E: Encoder> Objective<E> for ClassRates {
    type Heads = NoHeads;
    type State = Classes;

    fn init(&self, start: Start<'_, E>) -> Result<(NoHeads, Classes), Error> {
        let labels = start.labels.filter(|labels| !labels.nodes.is_empty()).ok_or(Error::NoTrainingLabels)?;
        let classes: Vec<Option<usize>> = labels.classes.iter().map(|class| Some(*class as usize)).collect();
        let loss = self.rates.init(Groups::from_classes(&classes, labels.num_classes));
        let nodes: Vec<i32> = labels.nodes.iter().map(|node| *node as i32).collect();
        let nodes = TensorData::new(nodes, [labels.nodes.len()]);
        let state = Classes {
            nodes: Tensor::from_data(nodes, start.device),
            objective: RateObjective {
                loss: loss.map_err(|source| Error::Groups { source })?,
                sampling: Sampling::All,
                groups_per_step: labels.num_classes,
            },
            rng: start.rng(Stream::Sampling),
        };
        Ok((NoHeads {}, state))
    }

    fn loss(&self, step: &mut Step<'_, E, NoHeads>, state: &mut Classes) -> Result<Loss, Error> {
        let Classes { nodes, objective, rng } = state;
        let rows = step.embed().select(0, nodes.clone());
        objective.evaluate(rows, step.progress.epoch, rng)
    }
}
