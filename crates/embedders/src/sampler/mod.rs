//! What the steps of an epoch see.

mod full;

pub use full::FullGraph;

use crate::batch::Batch;

/// Cuts an epoch into the batches of its steps.
///
/// What is random comes from streams that depend on the seed, the epoch and the place in it alone, so that the batches are the
/// same on any number of threads.
pub trait Sampler {
    /// The batches of an epoch, counted from 1, in their order; at least one.
    fn epoch(&self, seed: u64, epoch: usize) -> Box<dyn Iterator<Item = Batch> + '_>;

    /// How many batches an epoch has.
    fn steps_per_epoch(&self) -> usize;

    /// Whether every batch is the whole graph as it is: then the embedding of a step is that of all nodes.
    fn is_whole_graph(&self) -> bool {
        false
    }
}
