//! G2R: an encoder trained so that all embeddings together take many nats to code and each neighborhood few.

use std::path::Path;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use g2r_loss::{Membership, MembershipScaling, RateReductionConfig, RateReductionLoss, Sampling, Weighting};
use gnn::encoder::{Encoder, EncoderConfig, EncoderKind, RowNorm};
use gnn::{GraphForms, NodeFeatures};
use graph_io::{Features, NodeDataset};
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::adam::Adam;
use crate::method::{MethodConfig, MethodInfo, MethodKind};
use crate::seeds::{Stream, generator};
use crate::trainer::{self, EpochRates, Observer, OwnChoice, Step, Trained, Training};
use crate::{Embedded, Embedder, Error, Task, ranges, weights};

/// Settings of [`G2r`]; the default is the authors' recipe for Cora.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct G2rConfig {
    /// What the encoder is made of.
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

/// Settings of ours, for data sets that the authors' recipe is weak on: found by validation accuracy under the protocol
/// 20-30-rest with seeds from 100 on. Rows of length 1, a coarser code, γ₁ = γ₂ = 1.
const FOUND: [Preset; 4] = [
    Preset { dataset: "amazon-computers", eps_sq: 2.0, groups_per_step: 200, epochs: 40 },
    Preset { dataset: "amazon-photo", eps_sq: 8.0, groups_per_step: 200, epochs: 30 },
    Preset { dataset: "coauthor-cs", eps_sq: 8.0, groups_per_step: 200, epochs: 12 },
    Preset { dataset: "coauthor-physics", eps_sq: 8.0, groups_per_step: 200, epochs: 10 },
];

impl G2rConfig {
    /// The authors' recipe for a data set, by its name, or one that was found here; `None` where there is neither.
    pub fn preset(dataset: &str) -> Option<Self> {
        let named = |preset: &&Preset| preset.dataset == dataset;
        let of = |preset: &Preset| Self {
            eps_sq: preset.eps_sq,
            groups_per_step: preset.groups_per_step,
            epochs: preset.epochs,
            ..Self::default()
        };
        let found = |preset: &Preset| Self { row_norm: RowNorm::L2, gamma1: 1.0, gamma2: 1.0, ..of(preset) };
        PRESETS.iter().find(named).map(of).or_else(|| FOUND.iter().find(named).map(found))
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        for &width in &self.d_hidden {
            ranges::width("d_hidden", width)?;
        }
        ranges::width("d_output", self.d_output)?;
        ranges::width("heads", self.heads)?;
        ranges::count("hops", self.hops, 1000)?;
        ranges::count("groups_per_step", self.groups_per_step, 1 << 24)?;
        ranges::epochs(self.epochs)?;
        let uneven = self.d_hidden.iter().find(|width| !width.is_multiple_of(self.heads));
        if let Some(&width) = uneven.filter(|_| self.encoder.has_attention()) {
            let expected = format!("a list of multiples of `heads`, which is {}", self.heads);
            return Err(Error::Setting { name: "d_hidden", expected, found: width as f64 });
        }
        ranges::dropout("attention_dropout_prob", self.attention_dropout_prob)?;
        ranges::positive("learning_rate", self.learning_rate)?;
        ranges::not_negative("weight_decay", self.weight_decay)?;
        match self.loss().check() {
            Err(g2r_loss::Error::Setting { name, expected, found }) => {
                Err(Error::Setting { name, expected: expected.to_string(), found })
            }
            _ => Ok(()),
        }
    }

    fn encoder(&self, d_input: usize) -> EncoderConfig {
        let (d_hidden, d_output) = (self.d_hidden.clone(), self.d_output);
        EncoderConfig::new(self.encoder, d_input, d_hidden, d_output, self.row_norm)
            .with_heads(self.heads)
            .with_attention_dropout_prob(self.attention_dropout_prob)
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
        Membership {
            scaling: self.membership,
            self_loops: self.self_loops,
            hops: self.hops,
            ..Membership::default()
        }
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
        let encoder = self.init(seed);
        let training = RateTraining {
            g2r: self,
            embedding: encoder.forward(&self.features, &self.graph),
            encoder: Some(encoder),
            adam: Adam::new(self.config.learning_rate, self.config.weight_decay),
            sampling: generator(seed, Stream::Sampling),
            dropout: generator(seed, Stream::Dropout),
        };
        trainer::train(training, self.config.epochs, OwnChoice::Last, observer)
    }

    /// Writes an encoder's weights as safetensors to exactly this path.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be written.
    pub fn save(&self, encoder: &Encoder, path: &Path) -> Result<(), Error> {
        weights::save(&encoder.valid(), path)
    }

    /// Reads weights that [`save`](Self::save) wrote, for an encoder of this configuration.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be read, or holds tensors of other names or shapes.
    pub fn load(&self, path: &Path) -> Result<Encoder, Error> {
        weights::load(self.init(0), path)
    }
}

impl Embedder for G2r {
    fn embed(&self, task: &Task, observer: &mut dyn Observer) -> Result<Embedded, Error> {
        let Trained { encoder, epoch, history, seconds } = self.train(task.seed, observer)?;
        let rows = Features::Dense(G2r::embed(self, &encoder));
        let weights = Some(weights::to_bytes(&encoder.valid())?);
        Ok(Embedded { rows, epoch, history, seconds, weights })
    }

    fn untrained(&self, seed: u64) -> Option<Array2<f32>> {
        Some(G2r::embed(self, &self.init(seed)))
    }

    fn restore(&self, weights: &Path) -> Result<Array2<f32>, Error> {
        Ok(G2r::embed(self, &self.load(weights)?))
    }
}

impl MethodConfig for G2rConfig {
    const INFO: MethodInfo = MethodInfo {
        name: "g2r",
        title: "G2R",
        source: "Han et al. 2022, arXiv 2202.06241",
        kind: MethodKind::Unsupervised,
        encoder: Some(EncoderKind::Gcn),
        judge_every: 1,
        by_chance: true,
    };

    fn recipe(dataset: &str, encoder: EncoderKind) -> Self {
        Self { encoder, ..Self::preset(dataset).unwrap_or_default() }
    }

    fn check(&self) -> Result<(), Error> {
        G2rConfig::check(self)
    }

    fn init(&self, dataset: &NodeDataset, device: &Device) -> Result<Box<dyn Embedder>, Error> {
        Ok(Box::new(G2r::new(self.clone(), dataset, device)?))
    }
}

/// The embedding that an update leads to is the one that the next step starts from, so each is made once where there is
/// no dropout.
struct RateTraining<'a> {
    g2r: &'a G2r,
    /// Always there between steps.
    encoder: Option<Encoder>,
    embedding: Tensor<2>,
    adam: Adam,
    sampling: ChaCha8Rng,
    dropout: ChaCha8Rng,
}

impl Training for RateTraining<'_> {
    type Model = Encoder;

    fn step(&mut self, epoch: usize) -> Result<Step, Error> {
        let G2r { config, graph, features, loss, .. } = self.g2r;
        let batch =
            config.sampling.draw(loss.groups().num_groups(), config.groups_per_step, &mut self.sampling);
        let embedding = if config.encoder(features.dims()[1]).has_dropout() {
            let encoder = self.encoder.as_ref().expect("a step puts the encoder back");
            encoder.forward_training(features, graph, &mut self.dropout)
        } else {
            self.embedding.clone()
        };
        let reduction = loss.forward(embedding, &batch).map_err(|source| Error::Loss { epoch, source })?;
        let found = f64::from(reduction.loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(reduction.loss.backward(), self.model());
        // Taken out, so that nobody else holds the parameters and Adam writes them in their own memory.
        self.encoder = self.encoder.take().map(|encoder| self.adam.step(encoder, gradients));
        self.embedding = self.model().forward(features, graph);
        let rates = EpochRates { expansion: reduction.expansion, compression: reduction.compression };
        Ok(Step { loss: found, rates: Some(rates) })
    }

    fn model(&self) -> &Encoder {
        self.encoder.as_ref().expect("a step puts the encoder back")
    }

    fn embedding(&self) -> Array2<f32> {
        trainer::to_host(self.embedding.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decision, EpochReport, KeepLast};
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
                embedding: &mut dyn FnMut() -> Array2<f32>,
            ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
                if report.epoch == 2 {
                    self.0 = Some(embedding());
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
                _: &mut dyn FnMut() -> Array2<f32>,
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
        assert_eq!(message(G2rConfig { epochs: 0, ..base() }), "`epochs` must be from 1 to 1000000, got 0");
        assert_eq!(
            message(G2rConfig { learning_rate: -1.0, ..base() }),
            "`learning_rate` must be positive, got -1"
        );
        assert_eq!(
            message(G2rConfig { d_hidden: vec![8, 0], ..base() }),
            "`d_hidden` must be from 1 to 65536, got 0"
        );
        assert_eq!(
            message(G2rConfig { encoder: EncoderKind::Gat, d_hidden: vec![8, 12], ..base() }),
            "`d_hidden` must be a list of multiples of `heads`, which is 8, got 12"
        );
        assert_eq!(message(G2rConfig { heads: 0, ..base() }), "`heads` must be from 1 to 65536, got 0");
        assert_eq!(
            message(G2rConfig { attention_dropout_prob: 1.0, ..base() }),
            "`attention_dropout_prob` must be from 0 to below 1, got 1"
        );
    }

    #[test]
    fn every_preset_is_in_range_and_other_names_have_none() {
        for preset in PRESETS.iter().chain(&FOUND) {
            G2rConfig::preset(preset.dataset).unwrap().check().unwrap();
        }
        assert_eq!(G2rConfig::preset("cora"), Some(G2rConfig::default()));
        assert_eq!(G2rConfig::preset("mine"), None);
    }
}
