//! How much memory a run takes.

use burn::tensor::Device;
use embedders::{DataSize, PreparationSettings, Settings};
use graph_io::NodeDataset;

use crate::baselines;

/// Bytes that a run holds beside its data set, as a lower bound: what it is known to need before anything is taken.
///
/// It is the largest of three: the prepared features, the training, and the baselines. The probe and what the allocator cannot use
/// again come on top. On a device with its own memory the training does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryNeed {
    /// Of the training.
    pub training: u64,
    /// Of the baselines that a run evaluates first; 0 where it evaluates none.
    pub baselines: u64,
}

impl MemoryNeed {
    /// Of a training alone, as comparisons have it.
    pub fn of_training(
        dataset: &NodeDataset,
        settings: &Settings,
        preparation: &PreparationSettings,
        device: &Device,
    ) -> Self {
        let size = DataSize::of(dataset, preparation);
        let training = match *device == Device::flex() {
            true => settings.memory(&size),
            false => size.features(),
        };
        Self { training, baselines: 0 }
    }

    /// Of a run whose baselines are evaluated too.
    pub fn with_baselines(self, dataset: &NodeDataset) -> Self {
        Self { baselines: baselines::memory(dataset), ..self }
    }

    /// The most that is held at a time.
    pub fn bytes(&self) -> u64 {
        self.training.max(self.baselines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedders::{G2r, G2rLinear};

    #[test]
    fn the_larger_of_training_and_baselines_counts() {
        let cora = graph_io::load("cora", None).unwrap();
        let need = |settings: Settings| {
            MemoryNeed::of_training(&cora, &settings, &PreparationSettings::default(), &Device::flex())
        };
        let linear = need(Settings::new(G2rLinear::default()).unwrap());
        assert_eq!((linear.baselines, linear.bytes()), (0, linear.training));
        let with_baselines = linear.with_baselines(&cora);
        // Â X, X, its diffusion and two blocks of 256 columns.
        let diffused = 8 * 10_556 + 8 * 49_216 + 4 * 2708 * (1433 + 2 * 256);
        assert_eq!((with_baselines.baselines, with_baselines.bytes()), (diffused, diffused));
        let g2r = need(Settings::new(G2r::default()).unwrap()).with_baselines(&cora);
        assert!(g2r.training > g2r.baselines && g2r.bytes() == g2r.training);
    }
}
