//! From a data set and a seed to a model.

use std::cell::OnceCell;
use std::sync::OnceLock;
use std::time::Instant;

use burn::tensor::Device;
use g2r_loss::linear::Spectrum;
use graph_io::{DataFingerprint, Features, NodeDataset};
use ndarray::Array2;

use crate::Error;
use crate::batch::Batch;
use crate::callback::{Callback, EpochLog};
use crate::model::{EmbedNodes, Model, ModelParts, Provenance};
use crate::preparation::{Preparation, PreparationSettings};
use crate::registry::Settings;
use crate::trainer::Checkpoint;

/// Options of a training.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FitOptions {
    /// Seed of all random numbers.
    pub seed: u64,
    /// Which epoch's weights are kept; `None` takes the method's default.
    pub checkpoint: Option<Checkpoint>,
    /// What a supervised method learns from; others never read it.
    pub labels: Option<TrainingLabels>,
    /// What becomes of a training that the callback interrupts.
    pub on_interrupt: OnInterrupt,
}

/// What becomes of a training that [`Callback::progress`] ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInterrupt {
    /// It ends with [`Error::Interrupted`].
    #[default]
    Drop,
    /// What was trained by then is the result, as if the epochs that were finished were all: the weights that the callback or the
    /// [`Checkpoint`] has kept, else the last. Without a finished epoch, and of methods without epochs, as [`Drop`](Self::Drop).
    Keep,
}

impl FitOptions {
    /// A seed, and the method's defaults for the rest.
    pub fn seed(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }
}

/// Nodes whose class may be learned from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingLabels {
    /// The nodes.
    pub nodes: Vec<u32>,
    /// The class of each of them, below `num_classes`.
    pub classes: Vec<u32>,
    /// How many classes there are.
    pub num_classes: usize,
}

/// A training graph with its features prepared, as methods take it.
pub struct TrainingData<'a> {
    /// The data set; features as the source has them.
    pub dataset: &'a NodeDataset,
    /// Its features with their scale.
    pub features: Features,
    /// Device.
    pub device: Device,
    batch: OnceLock<Batch>,
}

impl<'a> TrainingData<'a> {
    /// A data set with prepared features.
    ///
    /// # Panics
    /// If there is not one row of features a node.
    pub fn new(dataset: &'a NodeDataset, features: Features, device: &Device) -> Self {
        let (rows, nodes) = (features.num_nodes(), dataset.graph().num_nodes());
        assert_eq!(rows, nodes, "TrainingData: {rows} rows of features for {nodes} nodes");
        Self { dataset, features, device: device.clone(), batch: OnceLock::new() }
    }

    /// A data set on the CPU, with feature scaling `auto`.
    pub fn of(dataset: &'a NodeDataset) -> Self {
        let prepared = Preparation::fit_and_apply(&PreparationSettings::default(), dataset);
        let (_, features) = prepared.expect("by default nothing is solved");
        Self::new(dataset, features, &Device::flex())
    }

    /// Refuses a graph without edges, for a method that learns from them.
    ///
    /// # Errors
    /// [`Error::NoEdges`].
    pub fn check_edges(&self) -> Result<(), Error> {
        match self.dataset.graph().num_edges() {
            0 => Err(Error::NoEdges),
            _ => Ok(()),
        }
    }

    /// The whole graph on the device; made when it is first asked for.
    pub fn batch(&self) -> &Batch {
        self.batch.get_or_init(|| Batch::whole(&self.features, self.dataset.graph(), &self.device))
    }
}

/// A method bound to a training graph, ready to train with any seed.
pub trait Fit {
    /// Trains and embeds every node of the training graph.
    ///
    /// On the CPU the same seed gives the same bits, whatever the number of threads.
    ///
    /// # Errors
    /// A training that breaks down, such as by numbers that are not finite; [`Error::Interrupted`] and [`Error::Callback`] by the
    /// callback; [`Error::NoTrainingLabels`] where a supervised method is given none.
    fn fit(&self, options: &FitOptions, callback: &mut dyn Callback) -> Result<Fitted, Error>;

    /// The embedding that training with this seed starts from, `[nodes, d_output]`, of methods with an encoder.
    fn random_init(&self, _seed: u64) -> Option<Array2<f32>> {
        None
    }
}

/// Result of a training.
pub struct Fitted {
    /// The embedding of the training graph, `[nodes, d_output]`; of a supervised method the logits, `[nodes, classes]`.
    pub rows: Features,
    /// What embeds other graphs.
    pub embedder: Box<dyn EmbedNodes>,
    /// The epoch that was kept, from 1; 0 where nothing was trained.
    pub epoch: usize,
    /// What each epoch did.
    pub history: Vec<EpochLog>,
    /// Wall-clock seconds of all steps, without the callbacks'.
    pub seconds: f64,
    /// The spectrum of the problem, of closed forms that solve one.
    pub spectrum: Option<Spectrum>,
}

impl Fitted {
    /// The result of a method that has no epochs, whose work began at `start`.
    pub fn without_epochs(rows: Features, embedder: Box<dyn EmbedNodes>, start: Instant) -> Self {
        let seconds = start.elapsed().as_secs_f64();
        Self { rows, embedder, epoch: 0, history: Vec::new(), seconds, spectrum: None }
    }
}

/// Result of a training, as a model.
#[derive(Clone, Debug)]
pub struct FitResult {
    /// What embeds this graph or others.
    pub model: Model,
    /// The embedding of the training graph, `[nodes, d_output]`; of a supervised method the logits, `[nodes, classes]`.
    pub rows: Features,
    /// The epoch that was kept, from 1; 0 where nothing was trained.
    pub epoch: usize,
    /// Which rule chose the epoch.
    pub checkpoint: Checkpoint,
    /// What each epoch did.
    pub history: Vec<EpochLog>,
    /// Wall-clock seconds of all steps, without the callbacks'.
    pub seconds: f64,
    /// The spectrum of the problem, of closed forms that solve one.
    pub spectrum: Option<Spectrum>,
}

/// A method with its settings, bound to a data set: features prepared once, graph operators made once, for all seeds.
pub struct Estimator<'a> {
    settings: Settings,
    preparation: Preparation,
    dataset: &'a NodeDataset,
    device: Device,
    method: Box<dyn Fit>,
    /// Made for the first model, for all seeds.
    data: OnceCell<DataFingerprint>,
}

impl<'a> Estimator<'a> {
    pub(crate) fn new(
        settings: Settings,
        dataset: &'a NodeDataset,
        preparation: &PreparationSettings,
        device: &Device,
    ) -> Result<Self, Error> {
        let (preparation, features) = Preparation::fit_and_apply(preparation, dataset)?;
        let method = settings.bind(&TrainingData::new(dataset, features, device))?;
        Ok(Self { settings, preparation, dataset, device: device.clone(), method, data: OnceCell::new() })
    }

    /// The settings of the method.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How features are prepared.
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// The embedding that training with this seed starts from, `[nodes, d_output]`, of methods with an encoder.
    pub fn random_init(&self, seed: u64) -> Option<Array2<f32>> {
        self.method.random_init(seed)
    }

    /// Trains with a seed and embeds every node of the training graph.
    ///
    /// # Errors
    /// As [`Fit::fit`].
    pub fn fit(&self, options: &FitOptions, callback: &mut dyn Callback) -> Result<FitResult, Error> {
        let checkpoint = options.checkpoint.unwrap_or(self.settings.info().checkpoint);
        let options = FitOptions { checkpoint: Some(checkpoint), ..options.clone() };
        let Fitted { rows, embedder, epoch, history, seconds, spectrum } =
            self.method.fit(&options, callback)?;
        let graph = self.dataset.graph();
        let model = Model::from_parts(ModelParts {
            settings: self.settings.clone(),
            preparation: self.preparation.clone(),
            d_output: rows.d_input(),
            provenance: Provenance {
                program: concat!("g2r ", env!("CARGO_PKG_VERSION")).to_string(),
                dataset: self.dataset.name().to_string(),
                num_nodes: graph.num_nodes(),
                num_edges: graph.num_edges(),
                data: Some(self.data.get_or_init(|| DataFingerprint::of(self.dataset)).clone()),
                seed: options.seed,
                epoch,
                checkpoint,
            },
            embedder: embedder.into(),
            device: self.device.clone(),
        });
        Ok(FitResult { model, rows, epoch, checkpoint, history, seconds, spectrum })
    }
}
