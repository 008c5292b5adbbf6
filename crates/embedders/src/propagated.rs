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
}
