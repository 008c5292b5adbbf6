//! G2R: an encoder trained so that all embeddings together take many nats to code and each neighborhood few.

use burn::tensor::Tensor;
use g2r_loss::{
    Membership, MembershipScaling, RateReduction, RateReductionConfig, RateReductionLoss, Sampling, Weighting,
};
use gnn::encoder::RowNorm;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::callback::EpochRates;
use crate::encoder_method::EncoderMethod;
use crate::objective::{Loss, NoHeads, Objective, Start, Step};
use crate::seeds::Stream;
use crate::settings::SizedEncoder;
use crate::trainer::Schedule;
use crate::{
    Checkpoint, Encoder, EncoderSettings, Error, MethodInfo, MethodKind, OptimizerSettings, TrainingData,
    ranges,
};

/// Settings of G2R (Han et al. 2022, arXiv 2202.06241); the default is the authors' settings for Cora.
///
/// Labels are never read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct G2r {
    /// Width of the embedding.
    pub d_output: usize,
    /// How the matrix Π of neighborhoods is scaled.
    pub membership: MembershipScaling,
    /// Whether each node belongs to its own group.
    pub self_loops: bool,
    /// How many edges away the members of a group may be, at least 1.
    pub hops: usize,
    /// The most members of a group; of larger groups a sample is taken, the same for every seed. 0 takes all, as long as they
    /// fit in memory.
    pub max_group: usize,
    /// ε², the squared error of the code, above 0.
    pub eps_sq: f64,
    /// γ₁, the factor inside the expansion, above 0.
    pub gamma1: f64,
    /// γ₂, the factor of the expansion, at least 0.
    pub gamma2: f64,
    /// How groups are weighed against each other.
    pub weighting: Weighting,
    /// How a step draws its groups.
    pub sampling: Sampling,
    /// How many groups a step draws, at least 1; not used where every step takes all.
    pub groups_per_step: usize,
    /// Number of epochs, of one step each.
    pub epochs: usize,
    /// What is trained.
    pub encoder: EncoderSettings,
    /// What takes the steps.
    pub optimizer: OptimizerSettings,
}

impl Default for G2r {
    fn default() -> Self {
        Self {
            d_output: 512,
            membership: MembershipScaling::Column,
            self_loops: false,
            hops: 1,
            max_group: 0,
            eps_sq: 0.05,
            gamma1: 0.5,
            gamma2: 0.5,
            weighting: Weighting::G2r,
            sampling: Sampling::WithReplacement,
            groups_per_step: 768,
            epochs: 20,
            encoder: EncoderSettings { row_norm: RowNorm::L1, ..EncoderSettings::with_hidden(&[1024]) },
            optimizer: OptimizerSettings { learning_rate: 1e-3, weight_decay: 1e-4 },
        }
    }
}

impl G2r {
    fn loss(&self) -> RateReductionConfig {
        RateReductionConfig {
            eps_sq: self.eps_sq,
            gamma1: self.gamma1,
            gamma2: self.gamma2,
            weighting: self.weighting,
        }
    }
}

impl EncoderMethod for G2r {
    const INFO: MethodInfo = MethodInfo {
        name: "g2r",
        title: "G2R",
        source: "Han et al. 2022, arXiv 2202.06241",
        kind: MethodKind::Unsupervised,
        checkpoint: Checkpoint::BestValidation,
        stochastic: true,
    };
    const PRESETS: &'static str = include_str!("../../presets/g2r.toml");

    type Init = SizedEncoder;
    type Objective = RateObjective;

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
        ranges::count("hops", self.hops, 1000)?;
        ranges::count("groups_per_step", self.groups_per_step, 1 << 24)?;
        check_rates(&self.loss())
    }

    fn init_encoder(&self, d_output: usize) -> SizedEncoder {
        self.encoder.with_output(d_output)
    }

    fn objective(&self, data: &TrainingData<'_>) -> Result<RateObjective, Error> {
        data.check_edges()?;
        let membership = Membership {
            scaling: self.membership,
            self_loops: self.self_loops,
            hops: self.hops,
            max_group: self.max_group,
            ..Membership::default()
        };
        let fault = |source| Error::Groups { source };
        let groups = membership.groups(data.dataset.graph().adjacency()).map_err(fault)?;
        Ok(RateObjective {
            loss: self.loss().init(groups).map_err(fault)?,
            sampling: self.sampling,
            groups_per_step: self.groups_per_step,
        })
    }
}

/// Checks the settings of rates.
pub(super) fn check_rates(rates: &RateReductionConfig) -> Result<(), Error> {
    match rates.check() {
        Err(g2r_loss::Error::Setting { name, expected, found }) => {
            Err(Error::Setting { name, expected: expected.to_string(), found })
        }
        _ => Ok(()),
    }
}

/// Rate reduction over groups of nodes, some of them drawn for each step.
#[derive(Clone, Debug)]
pub struct RateObjective {
    /// The loss with its groups.
    pub loss: RateReductionLoss,
    /// How a step draws its groups.
    pub sampling: Sampling,
    /// How many groups a step draws; not used where every step takes all.
    pub groups_per_step: usize,
}

impl RateObjective {
    /// The loss of an embedding `[nodes, d_output]`.
    pub(super) fn evaluate(
        &self,
        embedding: Tensor<2>,
        epoch: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<Loss, Error> {
        let groups = self.sampling.draw(self.loss.groups().num_groups(), self.groups_per_step, rng);
        let reduction = self.loss.forward(embedding, &groups);
        let RateReduction { loss, expansion, compression } =
            reduction.map_err(|source| Error::Loss { epoch, source })?;
        Ok(Loss { value: loss, rates: Some(EpochRates { expansion, compression }) })
    }
}

impl<E: Encoder> Objective<E> for RateObjective {
    type Heads = NoHeads;
    type State = ChaCha8Rng;

    fn init(&self, start: Start<'_, E>) -> Result<(NoHeads, ChaCha8Rng), Error> {
        Ok((NoHeads {}, start.rng(Stream::Sampling)))
    }

    fn loss(&self, step: &mut Step<'_, E, NoHeads>, rng: &mut ChaCha8Rng) -> Result<Loss, Error> {
        let epoch = step.progress.epoch;
        self.evaluate(step.embed(), epoch, rng)
    }
}
