//! Features propagated over the graph, without any training.

use burn::tensor::Device;
use gnn::encoder::EncoderKind;
use gnn::gcn_normalized;
use graph_io::{CsrMatrix, Features, NodeDataset};
use ndarray::Array2;
use row_kernels::weighted_row_sum;
use serde::{Deserialize, Serialize};

use crate::fixed::Fixed;
use crate::method::{MethodConfig, MethodInfo, MethodKind};
use crate::{Embedder, Error, ranges};

/// Settings of [`propagated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PropagatedConfig {
    /// K, how often features are propagated; from 0, which leaves them as they are, to 10 000.
    pub hops: usize,
}

impl Default for PropagatedConfig {
    fn default() -> Self {
        Self { hops: 2 }
    }
}

impl MethodConfig for PropagatedConfig {
    const INFO: MethodInfo = MethodInfo {
        name: "propagated",
        title: "propagated features",
        source: "Wu et al. 2019, arXiv 1902.07153",
        kind: MethodKind::Baseline,
        encoder: None,
        judge_every: 0,
        by_chance: false,
    };

    fn recipe(_dataset: &str, _encoder: EncoderKind) -> Self {
        Self::default()
    }

    fn check(&self) -> Result<(), Error> {
        if self.hops > 10_000 {
            return ranges::outside("hops", "at most 10000", self.hops as f64);
        }
        Ok(())
    }

    fn init(&self, dataset: &NodeDataset, _device: &Device) -> Result<Box<dyn Embedder>, Error> {
        MethodConfig::check(self)?;
        let adjacency = gcn_normalized(dataset.graph().adjacency());
        let features = dataset.features().clone();
        let hops = self.hops;
        Ok(Box::new(Fixed::new(move || propagate(&adjacency, features.row_normalized(), hops))))
    }
}

/// Propagated features ÂᴷX, with Â the adjacency matrix of graph convolution and X the features scaled to row sum 1.
///
/// The baseline that shows what the graph alone is worth: the input of SGC (Wu et al. 2019, arXiv 1902.07153). Zero
/// hops give X. Sparse features stay sparse.
pub fn propagated(dataset: &NodeDataset, hops: usize) -> Features {
    propagate(&gcn_normalized(dataset.graph().adjacency()), dataset.features().row_normalized(), hops)
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
    use crate::{KeepLast, Task};
    use testkit::graphs::two_blocks;

    #[test]
    fn sparse_and_dense_features_propagate_alike_and_zero_hops_change_nothing() {
        let dataset = two_blocks();
        let Features::Sparse(unchanged) = propagated(&dataset, 0) else {
            panic!("binary features are sparse")
        };
        assert_eq!(Features::Sparse(unchanged.clone()), dataset.features().row_normalized());

        let Features::Sparse(sparse) = propagated(&dataset, 1) else { panic!("binary features are sparse") };
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
        let method = PropagatedConfig { hops: 3 }.init(&dataset, &Device::flex()).unwrap();
        assert_eq!(method.embed(&Task::default(), &mut KeepLast).unwrap().rows, propagated(&dataset, 3));
        let error = PropagatedConfig { hops: 10_001 }.check().unwrap_err();
        assert_eq!(error.to_string(), "`hops` must be at most 10000, got 10001");
    }
}
