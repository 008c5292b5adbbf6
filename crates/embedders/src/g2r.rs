//! G2R: an encoder trained so that all embeddings together take many nats to code and each neighborhood few.

use std::path::Path;

use burn::module::Module;
use burn::store::{ModuleSnapshot, SafetensorsStore};
use burn::tensor::{Device, Tensor};
use g2r_loss::{Membership, MembershipScaling, RateReductionConfig, RateReductionLoss, Sampling, Weighting};
use gnn::encoder::{Encoder, EncoderConfig, EncoderKind, RowNorm};
use gnn::{GraphForms, NodeFeatures};
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
    /// What the encoder is made of. No key of the table that is read and written: an experiment names it once, at its top.
    #[serde(skip)]
    pub encoder: EncoderKind,
    /// Width of each hidden layer, first to last; none gives a single convolution.
    pub d_hidden: Vec<usize>,
    /// Width of the embedding.
    pub d_output: usize,
    /// Attention heads of each layer, at least 1, where the encoder has them; each hidden width is a multiple of it.
    pub heads: usize,
    /// Probability that training drops an attention weight, from 0 to below 1.
    pub attention_dropout_prob: f64,
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
            encoder: EncoderKind::Gcn,
            d_hidden: vec![1024],
            d_output: 512,
            heads: 8,
            attention_dropout_prob: 0.0,
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
        let setting =
            |name, expected: &str, found| Err(Error::Setting { name, expected: expected.to_string(), found });
        if self.d_hidden.contains(&0) {
            return setting("d_hidden", "a list of widths of at least 1", 0.0);
        }
        for (name, found) in [
            ("d_output", self.d_output),
            ("heads", self.heads),
            ("hops", self.hops),
            ("groups_per_step", self.groups_per_step),
            ("epochs", self.epochs),
        ] {
            if found == 0 {
                return setting(name, "at least 1", 0.0);
            }
        }
        let uneven = self.d_hidden.iter().find(|width| !width.is_multiple_of(self.heads));
        if let Some(width) = uneven.filter(|_| self.encoder.has_attention()) {
            let expected = format!("a list of multiples of `heads`, which is {}", self.heads);
            return setting("d_hidden", &expected, *width as f64);
        }
        if !(0.0..1.0).contains(&self.attention_dropout_prob) {
            return setting("attention_dropout_prob", "from 0 to below 1", self.attention_dropout_prob);
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

    fn encoder(&self, d_input: usize) -> EncoderConfig {
        EncoderConfig {
            kind: self.encoder,
            d_input,
            d_hidden: self.d_hidden.clone(),
            d_output: self.d_output,
            row_norm: self.row_norm,
            heads: self.heads,
            attention_dropout_prob: self.attention_dropout_prob,
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
    graph: GraphForms,
    features: NodeFeatures,
    loss: RateReductionLoss,
}

impl G2r {
    /// Normalises the features and copies them to a device; the graph follows in the form that the encoder asks for.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range, [`Error::Groups`] for an edge weight that is no weight.
    pub fn new(config: G2rConfig, dataset: &NodeDataset, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let groups = |source| Error::Groups { source };
        let neighborhoods = config.membership().groups(dataset.graph().adjacency()).map_err(groups)?;
        Ok(Self {
            device: device.clone().autodiff(),
            graph: GraphForms::new(dataset.graph().clone(), device),
            features: NodeFeatures::new(&dataset.features().row_normalized(), device),
            loss: config.loss().init(neighborhoods).map_err(groups)?,
            config,
        })
    }

    /// The encoder that training starts from: the baseline with random weights.
    pub fn init(&self, seed: u64) -> Encoder {
        let config = self.config.encoder(self.features.dims()[1]);
        config.init(&self.device, &mut generator(seed, Stream::Parameters))
    }

    /// The embedding of every node, `[nodes, d_output]`.
    pub fn embed(&self, encoder: &Encoder) -> Array2<f32> {
        trainer::to_host(encoder.valid().forward(&self.features, &self.graph))
    }

    /// Trains an encoder from [`init`](Self::init) with the same seed.
    ///
    /// On the CPU the same seed gives the same bits, whatever the number of threads.
    ///
    /// # Errors
    /// [`Error::Loss`] where the embedding is no longer finite, [`Error::Observer`] where the observer fails.
    pub fn train(&self, seed: u64, observer: &mut dyn Observer) -> Result<Trained<Encoder>, Error> {
        let mut objective = RateObjective {
            g2r: self,
            sampling: generator(seed, Stream::Sampling),
            dropout: generator(seed, Stream::Dropout),
        };
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
    pub fn save(&self, encoder: &Encoder, path: &Path) -> Result<(), Error> {
        let error = |source: Box<dyn std::error::Error + Send + Sync>| Error::Weights {
            path: path.to_owned(),
            action: "written",
            source,
        };
        // Burn's own metadata comes in another order in every process: the same weights must give the same bytes.
        let store = SafetensorsStore::from_bytes(None).clear_metadata().metadata("format", "safetensors");
        let mut store = store.skip_enum_variants(true);
        encoder.valid().save_into(&mut store).map_err(|source| error(source.into()))?;
        let bytes = store.get_bytes().map_err(|source| error(source.into()))?;
        std::fs::write(path, bytes).map_err(|source| error(source.into()))
    }

    /// Reads weights that [`save`](Self::save) wrote, for an encoder of this configuration.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be read, or holds tensors of other names or shapes.
    pub fn load(&self, path: &Path) -> Result<Encoder, Error> {
        let error = |source: Box<dyn std::error::Error + Send + Sync>| Error::Weights {
            path: path.to_owned(),
            action: "read",
            source,
        };
        let bytes = std::fs::read(path).map_err(|source| error(source.into()))?;
        let mut encoder = self.init(0);
        let mut store = SafetensorsStore::from_bytes(Some(bytes)).skip_enum_variants(true);
        encoder.load_from(&mut store).map_err(|source| error(source.into()))?;
        Ok(encoder)
    }
}

struct RateObjective<'a> {
    g2r: &'a G2r,
    sampling: ChaCha8Rng,
    dropout: ChaCha8Rng,
}

impl Objective<Encoder> for RateObjective<'_> {
    fn embed(&self, encoder: &Encoder) -> Tensor<2> {
        encoder.forward(&self.g2r.features, &self.g2r.graph)
    }

    fn embed_for_step(&mut self, encoder: &Encoder, embedding: Tensor<2>) -> Tensor<2> {
        let G2r { config, graph, features, .. } = self.g2r;
        if config.encoder(features.dims()[1]).has_dropout() {
            encoder.forward_training(features, graph, &mut self.dropout)
        } else {
            embedding
        }
    }

    fn loss(&mut self, embedding: Tensor<2>) -> Result<StepLoss, g2r_loss::Error> {
        let G2r { config, loss, .. } = self.g2r;
        let batch =
            config.sampling.draw(loss.groups().num_groups(), config.groups_per_step, &mut self.sampling);
        let reduction = loss.forward(embedding, &batch)?;
        Ok(StepLoss {
            loss: reduction.loss,
            expansion: reduction.expansion,
            compression: reduction.compression,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decision, EpochReport, KeepLast};
    use ndarray::ArrayView2;
    use testkit::graphs::two_blocks;

    fn small() -> G2rConfig {
        G2rConfig { d_hidden: vec![12], d_output: 8, groups_per_step: 20, epochs: 4, ..G2rConfig::default() }
    }

    #[test]
    fn training_lowers_the_loss() {
        let config = G2rConfig { epochs: 40, learning_rate: 0.01, sampling: Sampling::All, ..small() };
        let trained =
            G2r::new(config, &two_blocks(), &Device::flex()).unwrap().train(0, &mut KeepLast).unwrap();
        let (first, last) = (&trained.history[0], &trained.history[39]);
        assert!(last.loss < 0.9 * first.loss, "{first:?} and {last:?}");
    }

    #[test]
    fn every_kind_of_encoder_trains_and_the_same_seed_gives_the_same_bits() {
        let dataset = two_blocks();
        for &encoder in EncoderKind::ALL {
            let config = G2rConfig { encoder, heads: 2, attention_dropout_prob: 0.3, epochs: 2, ..small() };
            let g2r = G2r::new(config, &dataset, &Device::flex()).unwrap();
            let train = |seed| {
                let trained = g2r.train(seed, &mut KeepLast).unwrap();
                assert!(trained.history.iter().all(|epoch| epoch.loss.is_finite()), "{encoder}");
                g2r.embed(&trained.encoder)
            };
            let embedding = train(0);
            assert!(embedding.iter().all(|value| value.is_finite()), "{encoder}");
            assert_ne!(embedding, g2r.embed(&g2r.init(0)), "{encoder}: training changes the embedding");
            assert_eq!(embedding, train(0), "{encoder}");
            assert_ne!(embedding, train(1), "{encoder}");
        }
    }

    #[test]
    fn the_kept_epoch_is_the_one_that_comes_back() {
        struct KeepSecond(Option<Array2<f32>>);
        impl Observer for KeepSecond {
            fn epoch(
                &mut self,
                report: &EpochReport,
                embedding: ArrayView2<'_, f32>,
            ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
                if report.epoch == 2 {
                    self.0 = Some(embedding.to_owned());
                    return Ok(Decision::Keep);
                }
                Ok(Decision::Discard)
            }
        }
        let g2r = G2r::new(small(), &two_blocks(), &Device::flex()).unwrap();
        let mut observer = KeepSecond(None);
        let trained = g2r.train(0, &mut observer).unwrap();
        assert_eq!((trained.epoch, trained.history.len()), (2, 4));
        assert_eq!(Some(g2r.embed(&trained.encoder)), observer.0);
    }

    #[test]
    fn an_observer_stops_a_training_and_its_failure_is_told_with_the_epoch() {
        struct Stop(Option<&'static str>);
        impl Observer for Stop {
            fn epoch(
                &mut self,
                _: &EpochReport,
                _: ArrayView2<'_, f32>,
            ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
                self.0.map_or(Ok(Decision::Stop), |failure| Err(failure.into()))
            }
        }
        let g2r = G2r::new(small(), &two_blocks(), &Device::flex()).unwrap();
        assert_eq!(g2r.train(0, &mut Stop(None)).unwrap().epoch, 1);
        let error = g2r.train(0, &mut Stop(Some("no"))).unwrap_err();
        assert_eq!(error.to_string(), "epoch 1: the embedding could not be judged");
    }

    #[test]
    fn weights_come_back_from_their_file_and_the_bytes_repeat() {
        let g2r = G2r::new(small(), &two_blocks(), &Device::flex()).unwrap();
        let encoder = g2r.init(3);
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| g2r.save(&encoder, path).unwrap());
        assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
        assert_eq!(g2r.embed(&g2r.load(&paths[0]).unwrap()), g2r.embed(&encoder));
        assert_ne!(g2r.embed(&g2r.init(4)), g2r.embed(&encoder));
    }

    #[test]
    fn weights_of_another_shape_and_truncated_files_are_errors_that_name_the_file() {
        let (dataset, device) = (two_blocks(), Device::flex());
        let g2r = G2r::new(small(), &dataset, &device).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        g2r.save(&g2r.init(0), &path).unwrap();
        let wider = G2r::new(G2rConfig { d_output: 9, ..small() }, &dataset, &device).unwrap();
        let expected = format!("{}: the weights could not be read", path.display());
        assert_eq!(wider.load(&path).unwrap_err().to_string(), expected);
        let bytes = std::fs::read(&path).unwrap();
        for length in [0, 7, 8, 100, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert_eq!(g2r.load(&path).unwrap_err().to_string(), expected, "{length} bytes");
        }
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let message = |config: G2rConfig| config.check().unwrap_err().to_string();
        let base = G2rConfig::default;
        assert_eq!(message(G2rConfig { eps_sq: 0.0, ..base() }), "`eps_sq` must be positive, got 0");
        assert_eq!(message(G2rConfig { epochs: 0, ..base() }), "`epochs` must be at least 1, got 0");
        assert_eq!(
            message(G2rConfig { learning_rate: -1.0, ..base() }),
            "`learning_rate` must be positive, got -1"
        );
        assert_eq!(
            message(G2rConfig { d_hidden: vec![8, 0], ..base() }),
            "`d_hidden` must be a list of widths of at least 1, got 0"
        );
        assert_eq!(
            message(G2rConfig { encoder: EncoderKind::Gat, d_hidden: vec![8, 12], ..base() }),
            "`d_hidden` must be a list of multiples of `heads`, which is 8, got 12"
        );
        assert_eq!(message(G2rConfig { heads: 0, ..base() }), "`heads` must be at least 1, got 0");
        assert_eq!(
            message(G2rConfig { attention_dropout_prob: 1.0, ..base() }),
            "`attention_dropout_prob` must be from 0 to below 1, got 1"
        );
    }

    #[test]
    fn every_preset_is_in_range_and_other_names_have_none() {
        for preset in &PRESETS {
            G2rConfig::preset(preset.dataset).unwrap().check().unwrap();
        }
        assert_eq!(G2rConfig::preset("cora"), Some(G2rConfig::default()));
        assert_eq!(G2rConfig::preset("mine"), None);
    }
}
