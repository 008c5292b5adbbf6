//! What every embedder does: with a seed, train and embed every node.

use std::path::Path;

use graph_io::Features;
use ndarray::Array2;

use crate::Error;
use crate::trainer::{EpochReport, Observer};

/// A way to embed the nodes of one data set, ready to run with any seed.
pub trait Embedder {
    /// Trains and embeds every node.
    ///
    /// On the CPU the same task gives the same bits, whatever the number of threads.
    ///
    /// # Errors
    /// A training that breaks down, such as by numbers that are not finite; [`Error::Observer`] where the observer fails;
    /// [`Error::NoTrainingLabels`] where a supervised method is given none.
    fn embed(&self, task: &Task, observer: &mut dyn Observer) -> Result<Embedded, Error>;

    /// The embedding that training with this seed starts from, `[nodes, d_output]`: the baseline with random weights.
    fn untrained(&self, _seed: u64) -> Option<Array2<f32>> {
        None
    }

    /// The embedding that weights make, `[nodes, d_output]`, from the file that [`Embedded::weights`] were written to.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be read, or holds tensors of other names or shapes; [`Error::NoWeights`] where
    /// the method has none.
    fn restore(&self, _weights: &Path) -> Result<Array2<f32>, Error> {
        Err(Error::NoWeights)
    }
}

/// What a training is given beside its data set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// All chance comes from it.
    pub seed: u64,
    /// What a supervised method learns from; others never look at it.
    pub labels: Option<TrainingLabels>,
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

/// What came of a training.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// The embedding, `[nodes, d_output]`; of a supervised method the logits, `[nodes, classes]`.
    pub rows: Features,
    /// The epoch that was kept, from 1; 0 where nothing was trained.
    pub epoch: usize,
    /// What each epoch did.
    pub history: Vec<EpochReport>,
    /// Wall-clock seconds of all steps, without the observer's.
    pub seconds: f64,
    /// The kept weights as a file of safetensors, where the method has any.
    pub weights: Option<Vec<u8>>,
}
