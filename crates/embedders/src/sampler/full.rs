//! The whole graph in every step.

use super::Sampler;
use crate::batch::Batch;

/// One step an epoch, over the whole graph.
#[derive(Clone, Debug)]
pub struct FullGraph {
    batch: Batch,
}

impl FullGraph {
    /// Every step sees this batch.
    pub fn new(batch: Batch) -> Self {
        Self { batch }
    }
}

impl Sampler for FullGraph {
    fn epoch(&self, _seed: u64, _epoch: usize) -> Box<dyn Iterator<Item = Batch> + '_> {
        Box::new(std::iter::once(self.batch.clone()))
    }

    fn steps_per_epoch(&self) -> usize {
        1
    }

    fn is_whole_graph(&self) -> bool {
        true
    }
}
