//! CCA-SSG: an encoder trained so that two views of a node embed alike and the columns of an embedding are uncorrelated.

mod loss;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use self::loss::cca_loss;
use crate::encoder_method::EncoderMethod;
use crate::objective::{Loss, NoHeads, Objective, Start, Step};
use crate::seeds::Stream;
use crate::settings::SizedEncoder;
use crate::trainer::Schedule;
use crate::views::TwoViews;
use crate::{
    Checkpoint, Encoder, EncoderSettings, Error, MethodInfo, MethodKind, OptimizerSettings, TrainingData,
    ViewSettings, ranges,
};

/// Settings of CCA-SSG (Zhang et al. 2021, arXiv 2106.12484); the default is the authors' settings for Cora.
///
/// The embedding is the encoder's output of the graph as it is, not standardised. Labels are never read. Edges are dropped
/// with both arcs (the authors' code drops arcs).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CcaSsg {
    /// Width of the embedding.
    pub d_output: usize,
    /// λ, the weight of the columns' correlations in the loss, at least 0.
    pub decorrelation: f64,
    /// Number of epochs, of one step each.
    pub epochs: usize,
    /// What is trained.
    pub encoder: EncoderSettings,
    /// What the views leave out.
    pub views: ViewSettings,
    /// What takes the steps.
    pub optimizer: OptimizerSettings,
}

impl Default for CcaSsg {
    fn default() -> Self {
        Self {
            d_output: 512,
            decorrelation: 1e-3,
            epochs: 50,
            encoder: EncoderSettings::with_hidden(&[512]),
            views: ViewSettings { drop_edge_probs: [0.4; 2], mask_feature_probs: [0.1; 2] },
            optimizer: OptimizerSettings::default(),
        }
    }
}

impl EncoderMethod for CcaSsg {
    const INFO: MethodInfo = MethodInfo {
        name: "cca-ssg",
        title: "CCA-SSG",
        source: "Zhang et al. 2021, arXiv 2106.12484",
        kind: MethodKind::Unsupervised,
        checkpoint: Checkpoint::Last,
        stochastic: true,
    };
    const PRESETS: &'static str = include_str!("../../../presets/cca-ssg.toml");

    type Init = SizedEncoder;
    type Objective = CcaObjective;

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

    fn passes(&self) -> u64 {
        2
    }

    fn schedule(&self) -> Schedule {
        Schedule::of(self.epochs)
    }

    fn check_own(&self) -> Result<(), Error> {
        self.views.check()?;
        ranges::not_negative("decorrelation", self.decorrelation)
    }

    fn init_encoder(&self, d_output: usize) -> SizedEncoder {
        self.encoder.with_output(d_output)
    }

    fn objective(&self, data: &TrainingData<'_>) -> Result<CcaObjective, Error> {
        let found = data.dataset.graph().num_nodes();
        if found < 2 {
            // The columns of a single node have no deviation.
            return Err(Error::TooFewNodes { expected: 2, found });
        }
        Ok(CcaObjective { views: TwoViews::new(data, &self.views), decorrelation: self.decorrelation })
    }
}

/// The loss of CCA-SSG on the views of a graph.
pub struct CcaObjective {
    views: TwoViews,
    decorrelation: f64,
}

impl<E: Encoder> Objective<E> for CcaObjective {
    type Heads = NoHeads;
    type State = ChaCha8Rng;

    fn init(&self, start: Start<'_, E>) -> Result<(NoHeads, ChaCha8Rng), Error> {
        Ok((NoHeads {}, start.rng(Stream::Augmentation)))
    }

    fn loss(&self, step: &mut Step<'_, E, NoHeads>, rng: &mut ChaCha8Rng) -> Result<Loss, Error> {
        let [first, second] = self.views.draw(rng).map(|view| step.embed_batch(&view));
        Ok(cca_loss(first, second, self.decorrelation).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_refused() {
        let error = CcaSsg { decorrelation: -1.0, ..CcaSsg::default() }.check_own().unwrap_err();
        assert_eq!(error.to_string(), "`decorrelation` must be at least 0, got -1");
    }
}
