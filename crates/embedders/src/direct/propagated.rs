//! Features propagated over the graph, without any training.

use std::path::Path;

use gnn::gcn_normalized;
use graph_io::{CsrMatrix, Features, Graph};
use ndarray::Array2;
use row_kernels::weighted_row_sum;
use serde::{Deserialize, Serialize};

use super::{computed, fixed};
use crate::fit::Fit;
use crate::model::{EmbedNodes, ModelShape};
use crate::{Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, TrainingData, ranges};

/// Settings of [`propagated`] features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Propagated {
    /// K, how often features are propagated; from 0, which leaves them as they are, to 10 000.
    pub hops: usize,
}

impl Default for Propagated {
    fn default() -> Self {
        Self { hops: 2 }
    }
}

impl MethodSettings for Propagated {
    const INFO: MethodInfo = MethodInfo {
        name: "propagated",
        title: "propagated features",
        source: "Wu et al. 2019, arXiv 1902.07153",
        kind: MethodKind::Baseline,
        checkpoint: Checkpoint::Last,
        stochastic: false,
    };

    fn check(&self) -> Result<(), Error> {
        if self.hops > 10_000 {
            return ranges::outside("hops", "at most 10000", self.hops as f64);
        }
        Ok(())
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        let hops = self.hops;
        Ok(fixed(data, move |dataset, features| propagated(dataset.graph(), features, hops)))
    }

    fn restore(&self, _shape: &ModelShape, _weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        let hops = self.hops;
        Ok(computed(move |dataset, features| propagated(dataset.graph(), features, hops)))
    }
}

/// Propagated features ÂᴷX, with Â the adjacency matrix of graph convolution.
///
/// The baseline that shows what the graph alone is worth: the input of SGC (Wu et al. 2019, arXiv 1902.07153). Zero
/// hops give X. Sparse features stay sparse.
pub fn propagated(graph: &Graph, features: Features, hops: usize) -> Features {
    propagate(&gcn_normalized(graph.adjacency()), features, hops)
}

fn propagate(adjacency: &CsrMatrix, features: Features, hops: usize) -> Features {
    (0..hops).fold(features, |features, _| match features {
        Features::Sparse(matrix) => Features::Sparse(adjacency * &matrix),
        Features::Dense(array) => Features::Dense(propagate_dense(adjacency, &array)),
    })
}

fn propagate_dense(adjacency: &CsrMatrix, features: &Array2<f32>) -> Array2<f32> {
    let source = features.as_standard_layout();
    let source = source.as_slice().expect("made contiguous");
    let mut output = Array2::zeros(features.dim());
    for (row, mut output) in adjacency.outer_iterator().zip(output.outer_iter_mut()) {
        let output = output.as_slice_mut().expect("a new array is contiguous");
        weighted_row_sum(output, row.data(), row.indices(), source);
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use testkit::graphs::two_blocks;

    #[test]
    fn sparse_and_dense_features_propagate_alike_and_zero_hops_change_nothing() {
        let dataset = two_blocks();
        let features = || dataset.features().row_normalized();
        let Features::Sparse(unchanged) = propagated(dataset.graph(), features(), 0) else {
            panic!("binary features are sparse")
        };
        assert_eq!(Features::Sparse(unchanged.clone()), features());

        let Features::Sparse(sparse) = propagated(dataset.graph(), features(), 1) else {
            panic!("binary features are sparse")
        };
        let adjacency = gcn_normalized(dataset.graph().adjacency());
        let dense = propagate_dense(&adjacency, &unchanged.to_dense());
        for (a, b) in sparse.to_dense().iter().zip(&dense) {
            assert!((a - b).abs() < 1e-6);
        }
        assert!(sparse.nnz() > unchanged.nnz());
    }

    #[test]
    fn the_method_gives_the_same_and_refuses_too_many_hops() {
        let dataset = two_blocks();
        let fitted = Settings::new(Propagated { hops: 3 }).unwrap().fit(&dataset, 0).unwrap();
        assert_eq!(fitted.rows, propagated(dataset.graph(), dataset.features().row_normalized(), 3));
        let error = Propagated { hops: 10_001 }.check().unwrap_err();
        assert_eq!(error.to_string(), "`hops` must be at most 10000, got 10001");
    }
}
