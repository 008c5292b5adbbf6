//! The gradient of the softmax over entries, for any backend.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::EdgeSoftmaxBackend;
use crate::ops::pattern::inner;
use crate::sparse::PatternTensors;

#[derive(Debug)]
struct EdgeSoftmax;

impl<B: EdgeSoftmaxBackend> Backward<B, 1> for EdgeSoftmax {
    type State = (PatternTensors<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (pattern, output) = ops.state;
        unary::<B, _>(ops.parents, ops.node, grads, |grad| B::edge_softmax_backward(pattern, output, grad));
    }
}

impl<B: EdgeSoftmaxBackend, C: CheckpointStrategy> EdgeSoftmaxBackend for Autodiff<B, C> {
    fn edge_softmax(pattern: PatternTensors<Self>, scores: FloatTensor<Self>) -> FloatTensor<Self> {
        let pattern = inner(pattern);
        let (scores, node) = scores.into_parts();
        let output = B::edge_softmax(pattern.clone(), scores);
        match EdgeSoftmax.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((pattern, output.clone()), output),
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    /// A constant: there are no gradients of gradients.
    fn edge_softmax_backward(
        pattern: PatternTensors<Self>,
        output: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::edge_softmax_backward(
            inner(pattern),
            output.into_primitive(),
            grad.into_primitive(),
        ))
    }
}
