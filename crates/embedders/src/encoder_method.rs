//! Methods that train an encoder: what each must define, and what follows from it.

use std::fmt;
use std::path::Path;

use burn::module::Module;
use graph_io::Features;
use ndarray::Array2;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::callback::Callback;
use crate::encoder::InitEncoder;
use crate::fit::{Fit, FitOptions, Fitted, TrainingData};
use crate::memory::DataSize;
use crate::model::{EmbedNodes, ModelShape, TrainedEncoder};
use crate::objective::Objective;
use crate::optimizer::{Optimizer, OptimizerSettings};
use crate::registry::{MethodInfo, MethodSettings};
use crate::sampler::FullGraph;
use crate::settings::EncoderSettings;
use crate::trainer::{Schedule, Trained, Trainer};
use crate::{Error, ranges};

/// The settings of a method that trains an encoder by an objective.
///
/// Everything else follows from this: the loop, the model and its files, the baseline with random weights, the checks of what
/// methods have in common.
pub trait EncoderMethod:
    Clone + fmt::Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Name, source and kind of the method.
    const INFO: MethodInfo;

    /// Its presets as TOML; see the folder `presets`. Without any, every data set gets the default.
    const PRESETS: &'static str = "";

    /// What makes its encoder.
    type Init: InitEncoder<Encoder: 'static> + 'static;

    /// What it minimises.
    type Objective: Objective<<Self::Init as InitEncoder>::Encoder> + 'static;

    /// The table `encoder`.
    fn encoder(&self) -> &EncoderSettings;

    /// The same, to be changed.
    fn encoder_mut(&mut self) -> &mut EncoderSettings;

    /// The table `optimizer`.
    fn optimizer(&self) -> &OptimizerSettings;

    /// Width of the embedding; `None` for a method whose rows are logits, one column a class.
    fn d_output(&self) -> Option<usize>;

    /// How many times a step keeps the outputs of all layers for its gradients: once for each view.
    fn passes(&self) -> u64 {
        1
    }

    /// How long it trains.
    fn schedule(&self) -> Schedule;

    /// Checks the settings that only this method has; those of its tables are checked for all methods.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not in its range.
    fn check_own(&self) -> Result<(), Error> {
        Ok(())
    }

    /// What makes encoders of the settings with a width.
    fn init_encoder(&self, d_output: usize) -> Self::Init;

    /// The objective of a training graph.
    ///
    /// # Errors
    /// A graph that the method cannot use.
    fn objective(&self, data: &TrainingData<'_>) -> Result<Self::Objective, Error>;

    /// The optimiser of an encoder that no step was taken with: Adam with an L2 penalty, unless the method has another.
    fn init_optimizer(&self, _encoder: &<Self::Init as InitEncoder>::Encoder) -> Optimizer {
        self.optimizer().adam()
    }
}

impl<M: EncoderMethod> MethodSettings for M {
    const INFO: MethodInfo = M::INFO;
    const PRESETS: &'static str = M::PRESETS;

    fn check(&self) -> Result<(), Error> {
        EncoderMethod::encoder(self).check()?;
        if let Some(width) = EncoderMethod::d_output(self) {
            ranges::width("d_output", width)?;
        }
        ranges::epochs(self.schedule().epochs)?;
        self.optimizer().check()?;
        self.check_own()
    }

    fn encoder(&self) -> Option<&EncoderSettings> {
        Some(EncoderMethod::encoder(self))
    }

    fn encoder_mut(&mut self) -> Option<&mut EncoderSettings> {
        Some(EncoderMethod::encoder_mut(self))
    }

    fn epochs(&self) -> Option<usize> {
        Some(self.schedule().epochs)
    }

    fn d_output(&self) -> Option<usize> {
        EncoderMethod::d_output(self)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        let d_output = EncoderMethod::d_output(self).map_or(size.num_classes, |width| width as u64);
        EncoderMethod::encoder(self).training(size, d_output, self.passes())
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        Ok(Box::new(BoundEncoder { trainer: trainer(self, data)? }))
    }

    fn restore(&self, shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        let init = self.init_encoder(shape.d_output);
        Ok(Box::new(TrainedEncoder::read(&init, shape, weights)?))
    }
}

/// The trainer of a method on a training graph, for a caller that takes its epochs one by one.
///
/// # Errors
/// A graph that the method cannot use; [`Error::NoTrainingLabels`] for a supervised method and a data set without classes.
pub fn trainer<M: EncoderMethod>(
    settings: &M,
    data: &TrainingData<'_>,
) -> Result<Trainer<M::Init, M::Objective, FullGraph>, Error> {
    let classes = || data.dataset.labels().map(graph_io::Labels::num_classes).ok_or(Error::NoTrainingLabels);
    let d_output = EncoderMethod::d_output(settings).map_or_else(classes, Ok)?;
    let objective = settings.objective(data)?;
    let batch = data.batch().clone();
    let sampler = FullGraph::new(batch.clone());
    let own = settings.clone();
    Ok(Trainer::new(
        batch,
        &data.device,
        settings.init_encoder(d_output),
        objective,
        sampler,
        move |encoder| own.init_optimizer(encoder),
        settings.schedule(),
    ))
}

struct BoundEncoder<I: InitEncoder, O> {
    trainer: Trainer<I, O, FullGraph>,
}

impl<I, O> Fit for BoundEncoder<I, O>
where
    I: InitEncoder<Encoder: 'static>,
    O: Objective<I::Encoder>,
{
    fn fit(&self, options: &FitOptions, callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let Trained { encoder, epoch, history, seconds } = self.trainer.train(options, callback)?;
        let rows = Features::Dense(self.trainer.embed(&encoder));
        let device = self.trainer.device().clone().inner();
        let embedder = Box::new(TrainedEncoder { encoder: encoder.valid(), device });
        Ok(Fitted { rows, embedder, epoch, history, seconds, spectrum: None })
    }

    fn random_init(&self, seed: u64) -> Option<Array2<f32>> {
        Some(self.trainer.embed(&self.trainer.init(seed)))
    }
}
