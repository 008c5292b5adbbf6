//! Deep Graph Infomax: an encoder trained so that a node's embedding tells the graph from a corrupted copy of it.

mod encoder;
mod infomax;
mod training;

use std::ops::ControlFlow;

use burn::module::Module;
use burn::tensor::Device;
use gnn::{GcnAdjacency, NodeFeatures, PermutedStack, gcn_normalized};
use graph_io::NodeDataset;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

pub use self::encoder::DgiEncoder;
pub use self::training::{DgiEpoch, DgiTraining, TrainedDgi};

use self::encoder::DgiModel;
use crate::Error;
use crate::seeds::{Stream, generator};
use crate::trainer::to_host;

/// Settings of [`Dgi`]; the default is the authors' recipe for Cora and CiteSeer, with a bound on the epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DgiConfig {
    /// Width of the embedding.
    pub d_output: usize,
    /// Learning rate of Adam, above 0.
    pub learning_rate: f64,
    /// L2 penalty that Adam adds to the gradient, at least 0.
    pub weight_decay: f64,
    /// Largest number of epochs, of one step each, at least 1.
    pub epochs: usize,
    /// For how many epochs the loss may fail to fall below its lowest before training stops, at least 1.
    pub patience: usize,
}

impl Default for DgiConfig {
    fn default() -> Self {
        Self { d_output: 512, learning_rate: 1e-3, weight_decay: 0.0, epochs: 1000, patience: 20 }
    }
}

impl DgiConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        let setting =
            |name, expected: &str, found| Err(Error::Setting { name, expected: expected.to_string(), found });
        let counts = [("d_output", self.d_output), ("epochs", self.epochs), ("patience", self.patience)];
        for (name, found) in counts {
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
        Ok(())
    }
}

/// Deep Graph Infomax on one data set: its graph and features on a device, ready to train with any seed.
///
/// Veličković et al. 2019, arXiv 1809.10341: one graph convolution with PReLU; the corruption shuffles the rows of the
/// features; the summary of the graph is s = σ(mean of the nodes' embeddings); the discriminator scores hᵀ W s. Features
/// are scaled to row sum 1; labels are never looked at. The loss is the authors' without their factor of ½, as in
/// PyTorch Geometric.
#[derive(Clone, Debug)]
pub struct Dgi {
    config: DgiConfig,
    device: Device,
    adjacency: GcnAdjacency,
    stack: PermutedStack,
    features: NodeFeatures,
}

impl Dgi {
    /// Normalises graph and features and copies them to a device.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range.
    pub fn new(config: DgiConfig, dataset: &NodeDataset, device: &Device) -> Result<Self, Error> {
        config.check()?;
        Ok(Self {
            config,
            device: device.clone().autodiff(),
            adjacency: GcnAdjacency::new(dataset.graph(), device),
            stack: PermutedStack::new(&gcn_normalized(dataset.graph().adjacency()), device),
            features: NodeFeatures::new(&dataset.features().row_normalized(), device),
        })
    }

    /// The encoder that training starts from: the baseline with random weights.
    pub fn init(&self, seed: u64) -> DgiEncoder {
        self.init_model(seed).encoder
    }

    fn init_model(&self, seed: u64) -> DgiModel {
        let d_input = self.features.dims()[1];
        let mut rng = generator(seed, Stream::Parameters);
        DgiModel::init(d_input, self.config.d_output, &self.device, &mut rng)
    }

    /// The embedding of every node, `[nodes, d_output]`.
    pub fn embed(&self, encoder: &DgiEncoder) -> Array2<f32> {
        to_host(encoder.valid().forward(&self.features, &self.adjacency))
    }

    /// A training from [`init`](Self::init) with the same seed, to be taken step by step.
    pub fn start(&self, seed: u64) -> DgiTraining<'_> {
        DgiTraining::new(self, seed)
    }

    /// Trains an encoder until the loss has not fallen for `patience` epochs; the encoder with the lowest loss is kept.
    ///
    /// `watch` sees every epoch and may end the training after it. On the CPU the same seed gives the same bits, whatever
    /// the number of threads.
    ///
    /// # Errors
    /// [`Error::LossNotFinite`] where the loss is no longer a finite number.
    pub fn train(
        &self,
        seed: u64,
        watch: impl FnMut(&DgiEpoch) -> ControlFlow<()>,
    ) -> Result<TrainedDgi, Error> {
        self.start(seed).run(watch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::graphs::two_blocks;

    fn small() -> DgiConfig {
        DgiConfig { d_output: 8, epochs: 4, ..DgiConfig::default() }
    }

    fn all_epochs(_: &DgiEpoch) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn training_lowers_the_loss_and_keeps_the_lowest() {
        let config = DgiConfig { epochs: 60, learning_rate: 0.02, patience: 60, ..small() };
        let dgi = Dgi::new(config, &two_blocks(), &Device::flex()).unwrap();
        let trained = dgi.train(0, all_epochs).unwrap();
        let (first, lowest) = (trained.history[0].loss, trained.history[trained.epoch - 1].loss);
        assert!(lowest < 0.7 * first, "{first} and {lowest}");
        assert!(trained.history.iter().all(|epoch| epoch.loss >= lowest));
    }

    #[test]
    fn the_kept_encoder_is_the_one_whose_loss_was_lowest() {
        let dgi = Dgi::new(DgiConfig { epochs: 9, ..small() }, &two_blocks(), &Device::flex()).unwrap();
        let trained = dgi.train(3, all_epochs).unwrap();
        let mut training = dgi.start(3);
        for report in &trained.history[..trained.epoch - 1] {
            assert_eq!(training.step().unwrap(), report.loss);
        }
        assert_eq!(dgi.embed(training.encoder()), dgi.embed(&trained.encoder));
    }

    #[test]
    fn training_stops_when_patience_or_the_watcher_ends() {
        // Steps of this length throw the loss up and down.
        let config = DgiConfig { learning_rate: 5.0, epochs: 500, patience: 3, ..small() };
        let dgi = Dgi::new(config, &two_blocks(), &Device::flex()).unwrap();
        let trained = dgi.train(0, all_epochs).unwrap();
        assert_eq!(trained.history.len(), trained.epoch + 3);
        let watched = dgi.train(0, |_| ControlFlow::Break(())).unwrap();
        assert_eq!((watched.epoch, watched.history.len()), (1, 1));
        assert_eq!(dgi.embed(&watched.encoder), dgi.embed(&dgi.init(0)));
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_with_one_and_two_threads() {
        let dataset = graph_io::load("cora", None).unwrap();
        let run = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                let dgi = Dgi::new(DgiConfig { d_output: 24, ..small() }, &dataset, &Device::flex()).unwrap();
                let mut training = dgi.start(5);
                let losses: Vec<f64> = (0..3).map(|_| training.step().unwrap()).collect();
                (losses, dgi.embed(training.encoder()))
            })
        };
        let (one, two) = (run(1), run(2));
        assert_eq!(one, two);
        assert!(
            (one.0[0] - 2.0 * 2.0f64.ln()).abs() < 0.05,
            "an untrained discriminator guesses: {:?}",
            one.0
        );
    }

    #[test]
    fn a_loss_that_is_not_finite_is_told_with_its_epoch() {
        let config = DgiConfig { learning_rate: 1e38, ..small() };
        let error =
            Dgi::new(config, &two_blocks(), &Device::flex()).unwrap().train(0, all_epochs).unwrap_err();
        assert_eq!(error.to_string(), "epoch 2: expected a finite loss, found NaN");
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let message = |config: DgiConfig| config.check().unwrap_err().to_string();
        assert_eq!(message(DgiConfig { d_output: 0, ..small() }), "`d_output` must be at least 1, got 0");
        assert_eq!(message(DgiConfig { epochs: 0, ..small() }), "`epochs` must be at least 1, got 0");
        assert_eq!(message(DgiConfig { patience: 0, ..small() }), "`patience` must be at least 1, got 0");
        assert_eq!(
            message(DgiConfig { learning_rate: f64::NAN, ..small() }),
            "`learning_rate` must be positive, got NaN"
        );
        assert_eq!(
            message(DgiConfig { weight_decay: -1.0, ..small() }),
            "`weight_decay` must be at least 0, got -1"
        );
    }
}
