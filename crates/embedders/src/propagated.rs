//! Features propagated over the graph, without any training.

use gnn::gcn_normalized;
use graph_io::{CsrMatrix, Features, NodeDataset};
use ndarray::Array2;
use row_kernels::weighted_row_sum;

/// Propagated features ÂᴷX, with Â the adjacency matrix of graph convolution and X the features scaled to row sum 1.
///
/// The baseline that shows what the graph alone is worth: the input of SGC (Wu et al. 2019, arXiv 1902.07153). Zero
/// hops give X. Sparse features stay sparse.
pub fn propagated(dataset: &NodeDataset, hops: usize) -> Features {
    let adjacency = gcn_normalized(dataset.graph().adjacency());
    (0..hops).fold(dataset.features().row_normalized(), |features, _| match features {
        Features::Sparse(matrix) => Features::Sparse(&adjacency * &matrix),
        Features::Dense(array) => Features::Dense(propagate_dense(&adjacency, &array)),
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
    use crate::seeds::{Stream, generator};
    use graph_io::SplitSizes;
    use graph_io::synthetic::{BlockFeatures, BlockModelConfig, stochastic_block_model};

    #[test]
    fn sparse_and_dense_features_propagate_alike_and_zero_hops_change_nothing() {
        let config = BlockModelConfig {
            block_sizes: vec![20, 20],
            edge_prob_within: 0.3,
            edge_prob_between: 0.05,
            features: BlockFeatures::Binary { d_input: 12, one_prob_own: 0.5, one_prob_other: 0.1 },
            split: SplitSizes { train_per_class: 5, val: 10, test: 20 },
        };
        let dataset = stochastic_block_model(&config, &mut generator(3, Stream::Synthetic)).unwrap();
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
}
