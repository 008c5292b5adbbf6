//! Features as they are: what they are worth without the graph.

use burn::tensor::Device;
use gnn::encoder::EncoderKind;
use graph_io::NodeDataset;
use serde::{Deserialize, Serialize};

use crate::fixed::Fixed;
use crate::method::{MethodConfig, MethodInfo, MethodKind};
use crate::{Embedder, Error};

/// Features scaled to row sum 1, without the graph; sparse features stay sparse. There is nothing to set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawConfig {}

impl MethodConfig for RawConfig {
    const INFO: MethodInfo = MethodInfo {
        name: "raw",
        title: "raw features",
        source: "",
        kind: MethodKind::Baseline,
        encoder: None,
        judge_every: 0,
        by_chance: false,
    };

    fn recipe(_dataset: &str, _encoder: EncoderKind) -> Self {
        Self::default()
    }

    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    fn init(&self, dataset: &NodeDataset, _device: &Device) -> Result<Box<dyn Embedder>, Error> {
        let features = dataset.features().clone();
        Ok(Box::new(Fixed::new(move || features.row_normalized())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeepLast, Task};
    use graph_io::Features;
    use testkit::graphs::two_blocks;

    #[test]
    fn rows_are_the_features_of_sum_1_and_stay_sparse() {
        let dataset = two_blocks();
        let raw = RawConfig::default().init(&dataset, &Device::flex()).unwrap();
        let embedded = raw.embed(&Task::default(), &mut KeepLast).unwrap();
        assert_eq!(embedded.rows, dataset.features().row_normalized());
        assert!(matches!(embedded.rows, Features::Sparse(_)));
        assert_eq!((embedded.epoch, embedded.history.len()), (0, 0));
    }
}
