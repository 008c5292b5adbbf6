//! CCA-SSG: an encoder trained so that two views of a node embed alike and the columns of an embedding are uncorrelated.

mod loss;

use std::path::Path;

use burn::optim::GradientsParams;
use burn::tensor::Device;
use gnn::encoder::{Encoder, EncoderConfig, EncoderKind, Ending, RowNorm};
use graph_io::NodeDataset;
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use self::loss::cca_loss;
use crate::adam::Adam;
use crate::method::{MethodConfig, MethodInfo, MethodKind};
use crate::seeds::{Stream, generator};
use crate::trainer::{self, Observer, OwnChoice, Step, Training};
use crate::two_views::{TwoViews, check_encoder, finite, omissions};
use crate::{Embedded, Embedder, Error, Task, ranges};

/// Settings of [`CcaSsg`]; the default is the authors' recipe for Cora.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CcaSsgConfig {
    /// What the encoder is made of.
    pub encoder: EncoderKind,
    /// Width of each hidden layer, first to last; none gives a single layer.
    pub d_hidden: Vec<usize>,
    /// Width of the embedding.
    pub d_output: usize,
    /// Attention heads of each layer, at least 1, where the encoder has them; each hidden width is a multiple of it.
    pub heads: usize,
    /// Probability that a view drops an edge, from 0 to below 1.
    pub drop_edge_prob: f64,
    /// Probability that a view masks a column of the features, from 0 to below 1.
    pub mask_feature_prob: f64,
    /// λ, the weight of the columns' correlations in the loss, at least 0.
    pub decorrelation: f64,
    /// Number of epochs, of one step each.
    pub epochs: usize,
    /// Learning rate of Adam, above 0.
    pub learning_rate: f64,
    /// L2 penalty that Adam adds to the gradient, at least 0.
    pub weight_decay: f64,
}

impl Default for CcaSsgConfig {
    fn default() -> Self {
        Self {
            encoder: EncoderKind::Gcn,
            d_hidden: vec![512],
            d_output: 512,
            heads: 8,
            drop_edge_prob: 0.4,
            mask_feature_prob: 0.1,
            decorrelation: 1e-3,
            epochs: 50,
            learning_rate: 1e-3,
            weight_decay: 0.0,
        }
    }
}

/// The authors' settings that differ from data set to data set (github hengruizhang98/CCA-SSG).
struct Preset {
    dataset: &'static str,
    epochs: usize,
    num_layers: usize,
    decorrelation: f64,
    mask_feature_prob: f64,
    drop_edge_prob: f64,
}

#[rustfmt::skip]
const PRESETS: [Preset; 7] = [
    Preset { dataset: "cora", epochs: 50, num_layers: 2, decorrelation: 1e-3, mask_feature_prob: 0.1, drop_edge_prob: 0.4 },
    Preset { dataset: "citeseer", epochs: 20, num_layers: 1, decorrelation: 5e-4, mask_feature_prob: 0.0, drop_edge_prob: 0.4 },
    Preset { dataset: "pubmed", epochs: 100, num_layers: 2, decorrelation: 1e-3, mask_feature_prob: 0.3, drop_edge_prob: 0.5 },
    Preset { dataset: "amazon-computers", epochs: 50, num_layers: 2, decorrelation: 5e-4, mask_feature_prob: 0.1, drop_edge_prob: 0.3 },
    Preset { dataset: "amazon-photo", epochs: 50, num_layers: 2, decorrelation: 1e-3, mask_feature_prob: 0.2, drop_edge_prob: 0.3 },
    // The authors embed it with an MLP; here it has the encoder of the others.
    Preset { dataset: "coauthor-cs", epochs: 50, num_layers: 2, decorrelation: 1e-3, mask_feature_prob: 0.2, drop_edge_prob: 0.2 },
    Preset { dataset: "coauthor-physics", epochs: 100, num_layers: 2, decorrelation: 1e-3, mask_feature_prob: 0.5, drop_edge_prob: 0.5 },
];

impl CcaSsgConfig {
    /// The authors' recipe for a data set, by its name; `None` where they have none.
    pub fn preset(dataset: &str) -> Option<Self> {
        PRESETS.iter().find(|preset| preset.dataset == dataset).map(|preset| Self {
            d_hidden: vec![512; preset.num_layers - 1],
            drop_edge_prob: preset.drop_edge_prob,
            mask_feature_prob: preset.mask_feature_prob,
            decorrelation: preset.decorrelation,
            epochs: preset.epochs,
            ..Self::default()
        })
    }

    fn encoder(&self, d_input: usize) -> EncoderConfig {
        EncoderConfig::new(self.encoder, d_input, self.d_hidden.clone(), self.d_output, RowNorm::None)
            .with_heads(self.heads)
            .with_ending(Ending::OfKind)
    }
}

impl MethodConfig for CcaSsgConfig {
    const INFO: MethodInfo = MethodInfo {
        name: "cca-ssg",
        title: "CCA-SSG",
        source: "Zhang et al. 2021, arXiv 2106.12484",
        kind: MethodKind::Unsupervised,
        encoder: Some(EncoderKind::Gcn),
        judge_every: 0,
        by_chance: true,
    };

    fn recipe(dataset: &str, encoder: EncoderKind) -> Self {
        Self { encoder, ..Self::preset(dataset).unwrap_or_default() }
    }

    fn check(&self) -> Result<(), Error> {
        check_encoder(self.encoder.has_attention(), &self.d_hidden, self.d_output, self.heads)?;
        ranges::dropout("drop_edge_prob", self.drop_edge_prob)?;
        ranges::dropout("mask_feature_prob", self.mask_feature_prob)?;
        ranges::not_negative("decorrelation", self.decorrelation)?;
        ranges::epochs(self.epochs)?;
        ranges::positive("learning_rate", self.learning_rate)?;
        ranges::not_negative("weight_decay", self.weight_decay)
    }

    fn init(&self, dataset: &NodeDataset, device: &Device) -> Result<Box<dyn Embedder>, Error> {
        Ok(Box::new(CcaSsg::new(self.clone(), dataset, device)?))
    }
}

/// CCA-SSG on one data set: its graph and features on a device, ready to train with any seed.
///
/// Zhang et al. 2021, arXiv 2106.12484. The embedding is the encoder's output of the graph as it is, not standardised. Features
/// are scaled to row sum 1; labels are never looked at. Edges are dropped with both arcs (the authors' code drops arcs).
#[derive(Clone, Debug)]
pub struct CcaSsg {
    config: CcaSsgConfig,
    views: TwoViews,
}

impl CcaSsg {
    /// Normalises the features and copies them and the graph to a device.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range, [`Error::TooFewNodes`] for a graph of a single node, whose columns
    /// have no deviation.
    pub fn new(config: CcaSsgConfig, dataset: &NodeDataset, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let omissions = omissions([config.drop_edge_prob; 2], [config.mask_feature_prob; 2]);
        let views = TwoViews::new(dataset, device, omissions, |d_input| config.encoder(d_input));
        if views.num_nodes() < 2 {
            return Err(Error::TooFewNodes { expected: 2, found: views.num_nodes() });
        }
        Ok(Self { config, views })
    }
}

impl Embedder for CcaSsg {
    fn embed(&self, task: &Task, observer: &mut dyn Observer) -> Result<Embedded, Error> {
        let training = CcaTraining {
            method: self,
            encoder: Some(self.views.init(task.seed).0),
            adam: Adam::new(self.config.learning_rate, self.config.weight_decay),
            rng: generator(task.seed, Stream::Augmentation),
        };
        self.views.embedded(trainer::train(training, self.config.epochs, OwnChoice::Last, observer)?)
    }

    fn untrained(&self, seed: u64) -> Option<Array2<f32>> {
        Some(self.views.embed(&self.views.init(seed).0))
    }

    fn restore(&self, weights: &Path) -> Result<Array2<f32>, Error> {
        self.views.restored(weights)
    }
}

struct CcaTraining<'a> {
    method: &'a CcaSsg,
    /// Always there between steps.
    encoder: Option<Encoder>,
    adam: Adam,
    rng: ChaCha8Rng,
}

impl Training for CcaTraining<'_> {
    type Model = Encoder;

    fn step(&mut self, epoch: usize) -> Result<Step, Error> {
        let CcaSsg { config, views } = self.method;
        let [first, second] =
            views.draw(&mut self.rng).map(|view| self.model().forward(&view.features, &view.graph));
        let loss = cca_loss(first, second, config.decorrelation);
        let found = finite(epoch, &loss)?;
        let gradients = GradientsParams::from_grads(loss.backward(), self.model());
        // Taken out, so that nobody else holds the parameters and Adam writes them in their own memory.
        self.encoder = self.encoder.take().map(|encoder| self.adam.step(encoder, gradients));
        Ok(Step { loss: found, rates: None })
    }

    fn model(&self) -> &Encoder {
        self.encoder.as_ref().expect("a step puts the encoder back")
    }

    fn embedding(&self) -> Array2<f32> {
        self.method.views.embed(self.model())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::two_views::checks;

    fn small() -> CcaSsgConfig {
        CcaSsgConfig { d_hidden: vec![12], d_output: 8, heads: 2, epochs: 3, ..CcaSsgConfig::default() }
    }

    #[test]
    fn training_lowers_the_loss() {
        checks::lowers_the_loss(&CcaSsgConfig { epochs: 40, learning_rate: 0.01, ..small() });
    }

    #[test]
    fn every_kind_of_encoder_trains_and_the_same_seed_gives_the_same_bits() {
        checks::every_kind_trains(|encoder| CcaSsgConfig { encoder, ..small() });
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_with_one_and_two_threads() {
        checks::threads_change_no_bit(&CcaSsgConfig { d_hidden: vec![32], d_output: 24, ..small() });
    }

    #[test]
    fn weights_come_back_as_the_same_embedding() {
        checks::weights_come_back(&small());
    }

    #[test]
    fn recipes_are_the_authors() {
        let citeseer = CcaSsgConfig::recipe("citeseer", EncoderKind::Gcn);
        assert_eq!((citeseer.d_hidden.len(), citeseer.epochs, citeseer.decorrelation), (0, 20, 5e-4));
        let pubmed = CcaSsgConfig::recipe("pubmed", EncoderKind::Sage);
        assert_eq!((pubmed.encoder, pubmed.epochs, pubmed.drop_edge_prob), (EncoderKind::Sage, 100, 0.5));
        assert_eq!(CcaSsgConfig::recipe("unheard-of", EncoderKind::Gcn), CcaSsgConfig::default());
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let message = |config: CcaSsgConfig| config.check().unwrap_err().to_string();
        assert_eq!(
            message(CcaSsgConfig { drop_edge_prob: 1.0, ..small() }),
            "`drop_edge_prob` must be from 0 to below 1, got 1"
        );
        assert_eq!(
            message(CcaSsgConfig { mask_feature_prob: -0.5, ..small() }),
            "`mask_feature_prob` must be from 0 to below 1, got -0.5"
        );
        assert_eq!(
            message(CcaSsgConfig { decorrelation: -1.0, ..small() }),
            "`decorrelation` must be at least 0, got -1"
        );
        assert_eq!(
            message(CcaSsgConfig { learning_rate: 0.0, ..small() }),
            "`learning_rate` must be positive, got 0"
        );
        assert_eq!(
            message(CcaSsgConfig { encoder: EncoderKind::Gat, d_hidden: vec![9], ..small() }),
            "`d_hidden` must be a list of multiples of `heads`, which is 2, got 9"
        );
        assert!(message(CcaSsgConfig { d_output: 0, ..small() }).starts_with("`d_output` must be"));
    }
}
