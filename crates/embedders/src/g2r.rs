//! G2R: an encoder trained so that all embeddings together take many nats to code and each neighborhood few.

use std::path::Path;

use burn::module::Module;
use burn::store::{ModuleSnapshot, SafetensorsStore};
use burn::tensor::{Device, Tensor};
use g2r_loss::{Membership, MembershipScaling, RateReductionConfig, RateReductionLoss, Sampling, Weighting};
use gnn::encoder::{GcnEncoder, GcnEncoderConfig, RowNorm};
use gnn::{GcnAdjacency, NodeFeatures};
use graph_io::NodeDataset;
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::seeds::{Stream, generator};
use crate::trainer::{self, Objective, Observer, Schedule, StepLoss, Trained};

/// Settings of [`G2r`]; the default is the authors' recipe for Cora.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct G2rConfig {
    /// Width of each hidden layer, first to last; none gives a single convolution.
    pub d_hidden: Vec<usize>,
    /// Width of the embedding.
    pub d_output: usize,
    /// How the embedding's rows are scaled.
    pub row_norm: RowNorm,
    /// How the matrix Π of neighborhoods is scaled.
    pub membership: MembershipScaling,
    /// Whether each node belongs to its own group.
    pub self_loops: bool,
    /// How many edges away the members of a group may be, at least 1.
    pub hops: usize,
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
    /// Learning rate of Adam, above 0.
    pub learning_rate: f64,
    /// L2 penalty that Adam adds to the gradient, at least 0.
    pub weight_decay: f64,
}

impl Default for G2rConfig {
    fn default() -> Self {
        Self {
            d_hidden: vec![1024],
            d_output: 512,
            row_norm: RowNorm::L1,
            membership: MembershipScaling::Column,
            self_loops: false,
            hops: 1,
            eps_sq: 0.05,
            gamma1: 0.5,
            gamma2: 0.5,
            weighting: Weighting::G2r,
            sampling: Sampling::WithReplacement,
            groups_per_step: 768,
            epochs: 20,
            learning_rate: 1e-3,
            weight_decay: 1e-4,
        }
    }
}

/// The authors' settings that differ from data set to data set (github ahxt/G2R).
struct Preset {
    dataset: &'static str,
    eps_sq: f64,
    groups_per_step: usize,
    epochs: usize,
}

const PRESETS: [Preset; 3] = [
    Preset { dataset: "cora", eps_sq: 0.05, groups_per_step: 768, epochs: 20 },
    Preset { dataset: "citeseer", eps_sq: 0.1, groups_per_step: 512, epochs: 20 },
    Preset { dataset: "pubmed", eps_sq: 0.05, groups_per_step: 200, epochs: 40 },
];

impl G2rConfig {
    /// The authors' recipe for a data set, by its name; `None` where they have none.
    pub fn preset(dataset: &str) -> Option<Self> {
        PRESETS.iter().find(|preset| preset.dataset == dataset).map(|preset| Self {
            eps_sq: preset.eps_sq,
            groups_per_step: preset.groups_per_step,
            epochs: preset.epochs,
            ..Self::default()
        })
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        let setting = |name, expected, found| Err(Error::Setting { name, expected, found });
        if self.d_hidden.contains(&0) {
            return setting("d_hidden", "a list of widths of at least 1", 0.0);
        }
        for (name, found) in [
            ("d_output", self.d_output),
            ("hops", self.hops),
            ("groups_per_step", self.groups_per_step),
            ("epochs", self.epochs),
        ] {
            if found == 0 {
                return setting(name, "at least 1", 0.0);
            }
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return setting("learning_rate", "positive", self.learning_rate);
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            return setting("weight_decay", "at least 0", self.weight_decay);
        }
        match self.loss().check() {
            Err(g2r_loss::Error::Setting { name, expected, found }) => setting(name, expected, found),
            _ => Ok(()),
        }
    }

    fn loss(&self) -> RateReductionConfig {
        RateReductionConfig {
            eps_sq: self.eps_sq,
            gamma1: self.gamma1,
            gamma2: self.gamma2,
            weighting: self.weighting,
        }
    }

    fn membership(&self) -> Membership {
        Membership { scaling: self.membership, self_loops: self.self_loops, hops: self.hops }
    }
}

/// G2R on one data set: its graph and features on a device, ready to train with any seed.
///
/// Han et al. 2022, arXiv 2202.06241. Features are scaled to row sum 1; labels are never looked at.
#[derive(Clone, Debug)]
pub struct G2r {
    config: G2rConfig,
    device: Device,
    adjacency: GcnAdjacency,
    features: NodeFeatures,
    loss: RateReductionLoss,
}

impl G2r {
    /// Normalises graph and features and copies them to a device.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range, [`Error::Groups`] for an edge weight that is no weight.
    pub fn new(config: G2rConfig, dataset: &NodeDataset, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let groups = |source| Error::Groups { source };
        let neighborhoods = config.membership().groups(dataset.graph().adjacency()).map_err(groups)?;
        Ok(Self {
            device: device.clone().autodiff(),
            adjacency: GcnAdjacency::new(dataset.graph(), device),
            features: NodeFeatures::new(&dataset.features().row_normalized(), device),
            loss: config.loss().init(neighborhoods).map_err(groups)?,
            config,
        })
    }

    /// The encoder that training starts from: the baseline with random weights.
    pub fn init(&self, seed: u64) -> GcnEncoder {
        let config = GcnEncoderConfig {
            d_input: self.features.dims()[1],
            d_hidden: self.config.d_hidden.clone(),
            d_output: self.config.d_output,
            row_norm: self.config.row_norm,
        };
        config.init(&self.device, &mut generator(seed, Stream::Parameters))
    }

    /// The embedding of every node, `[nodes, d_output]`.
    pub fn embed(&self, encoder: &GcnEncoder) -> Array2<f32> {
        trainer::to_host(encoder.valid().forward(&self.features, &self.adjacency))
    }

    /// Trains an encoder from [`init`](Self::init) with the same seed.
    ///
    /// On the CPU the same seed gives the same bits, whatever the number of threads.
    ///
    /// # Errors
    /// [`Error::Loss`] where the embedding is no longer finite, [`Error::Observer`] where the observer fails.
    pub fn train(&self, seed: u64, observer: &mut dyn Observer) -> Result<Trained<GcnEncoder>, Error> {
        let mut objective = RateObjective { g2r: self, rng: generator(seed, Stream::Sampling) };
        let schedule = Schedule {
            epochs: self.config.epochs,
            learning_rate: self.config.learning_rate,
            weight_decay: self.config.weight_decay,
        };
        trainer::train(self.init(seed), &mut objective, &schedule, observer)
    }

    /// Writes an encoder's weights as safetensors to exactly this path.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be written.
    pub fn save(&self, encoder: &GcnEncoder, path: &Path) -> Result<(), Error> {
        let error = |source: Box<dyn std::error::Error + Send + Sync>| Error::Weights {
            path: path.to_owned(),
            action: "written",
            source,
        };
        // Burn's own metadata comes in another order in every process: the same weights must give the same bytes.
        let mut store = SafetensorsStore::from_bytes(None).clear_metadata().metadata("format", "safetensors");
        encoder.valid().save_into(&mut store).map_err(|source| error(source.into()))?;
        let bytes = store.get_bytes().map_err(|source| error(source.into()))?;
        std::fs::write(path, bytes).map_err(|source| error(source.into()))
    }

    /// Reads weights that [`save`](Self::save) wrote, for an encoder of this configuration.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be read, or holds tensors of other names or shapes.
    pub fn load(&self, path: &Path) -> Result<GcnEncoder, Error> {
        let error = |source: Box<dyn std::error::Error + Send + Sync>| Error::Weights {
            path: path.to_owned(),
            action: "read",
            source,
        };
        let bytes = std::fs::read(path).map_err(|source| error(source.into()))?;
        let mut encoder = self.init(0);
        let mut store = SafetensorsStore::from_bytes(Some(bytes));
        encoder.load_from(&mut store).map_err(|source| error(source.into()))?;
        Ok(encoder)
    }
}

struct RateObjective<'a> {
    g2r: &'a G2r,
    rng: ChaCha8Rng,
}

impl Objective<GcnEncoder> for RateObjective<'_> {
    fn embed(&self, encoder: &GcnEncoder) -> Tensor<2> {
        encoder.forward(&self.g2r.features, &self.g2r.adjacency)
    }

    fn loss(&mut self, embedding: Tensor<2>) -> Result<StepLoss, g2r_loss::Error> {
        let G2r { config, loss, .. } = self.g2r;
        let batch = config.sampling.draw(loss.groups().num_groups(), config.groups_per_step, &mut self.rng);
        let reduction = loss.forward(embedding, &batch)?;
        Ok(StepLoss {
            loss: reduction.loss,
            expansion: reduction.expansion,
            compression: reduction.compression,
        })
    }
}
