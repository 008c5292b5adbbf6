//! The gradients of products over entries, each of which is another of them.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, binary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, TensorMetadata};

use super::EdgeProductBackend;
use crate::ops::pattern::inner;
use crate::sparse::PatternTensors;

#[derive(Debug)]
struct WeightedMatmul;

impl<B: EdgeProductBackend> Backward<B, 2> for WeightedMatmul {
    type State = (PatternTensors<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (pattern, values, dense) = ops.state;
        let heads = values.shape()[1];
        let pattern_of_dense = pattern.clone();
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            grads,
            |grad| B::sampled_matmul(pattern, grad, dense, heads),
            |grad| B::transposed_weighted_matmul(pattern_of_dense, values, grad),
        );
    }
}

#[derive(Debug)]
struct SampledMatmul;

impl<B: EdgeProductBackend> Backward<B, 2> for SampledMatmul {
    type State = (PatternTensors<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (pattern, a, b) = ops.state;
        let pattern_of_b = pattern.clone();
        binary::<B, _, _>(
            ops.parents,
            ops.node,
            grads,
            |grad| B::weighted_matmul(pattern, grad, b),
            |grad| B::transposed_weighted_matmul(pattern_of_b, grad, a),
        );
    }
}

impl<B: EdgeProductBackend, C: CheckpointStrategy> EdgeProductBackend for Autodiff<B, C> {
    fn weighted_matmul(
        pattern: PatternTensors<Self>,
        values: FloatTensor<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let pattern = inner(pattern);
        let ((values, values_node), (dense, dense_node)) = (values.into_parts(), dense.into_parts());
        let output = B::weighted_matmul(pattern.clone(), values.clone(), dense.clone());
        match WeightedMatmul.prepare::<C>([values_node, dense_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((pattern, values, dense), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    /// A constant: there are no gradients of gradients.
    fn transposed_weighted_matmul(
        pattern: PatternTensors<Self>,
        values: FloatTensor<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::transposed_weighted_matmul(
            inner(pattern),
            values.into_primitive(),
            dense.into_primitive(),
        ))
    }

    fn sampled_matmul(
        pattern: PatternTensors<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self> {
        let pattern = inner(pattern);
        let ((a, a_node), (b, b_node)) = (a.into_parts(), b.into_parts());
        let output = B::sampled_matmul(pattern.clone(), a.clone(), b.clone(), heads);
        match SampledMatmul.prepare::<C>([a_node, b_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((pattern, a, b), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }
}
