//! Features without the graph: what they are worth alone.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{computed, fixed};
use crate::fit::Fit;
use crate::model::{EmbedNodes, ModelShape};
use crate::{Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, TrainingData};

/// Features as they were prepared; sparse features stay sparse. There is nothing to set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {}

impl MethodSettings for Raw {
    const INFO: MethodInfo = MethodInfo {
        name: "raw",
        title: "raw features",
        source: "",
        kind: MethodKind::Baseline,
        checkpoint: Checkpoint::Last,
        stochastic: false,
    };

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        Ok(fixed(data, |_, features| features))
    }

    fn restore(&self, _shape: &ModelShape, _weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        Ok(computed(|_, features| features))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use graph_io::Features;
    use testkit::graphs::two_blocks;

    #[test]
    fn rows_are_the_prepared_features_and_stay_sparse() {
        let dataset = two_blocks();
        let fitted = Settings::new(Raw {}).unwrap().fit(&dataset, 0).unwrap();
        assert_eq!(fitted.rows, dataset.features().row_normalized());
        assert!(matches!(fitted.rows, Features::Sparse(_)));
        assert_eq!((fitted.epoch, fitted.history.len()), (0, 0));
    }
}
