//! The gradient of the largest neighbor, for any backend.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, AutodiffBackend};

use super::{SegmentMaxBackend, SegmentMaxima};
use crate::ops::pattern::inner;
use crate::sparse::PatternTensors;

#[derive(Debug)]
struct SegmentMax;

impl<B: SegmentMaxBackend> Backward<B, 1> for SegmentMax {
    type State = (PatternTensors<B>, IntTensor<B>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (pattern, argmax) = ops.state;
        unary::<B, _>(ops.parents, ops.node, grads, |grad| B::segment_max_backward(pattern, argmax, grad));
    }
}

impl<B: SegmentMaxBackend, C: CheckpointStrategy> SegmentMaxBackend for Autodiff<B, C> {
    fn segment_max(pattern: PatternTensors<Self>, x: FloatTensor<Self>) -> SegmentMaxima<Self> {
        let pattern = inner(pattern);
        let (x, node) = x.into_parts();
        let SegmentMaxima { values, argmax } = B::segment_max(pattern.clone(), x);
        let values = match SegmentMax.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((pattern, argmax.clone()), values),
            OpsKind::UnTracked(prep) => prep.finish(values),
        };
        SegmentMaxima { values, argmax }
    }

    /// A constant: there are no gradients of gradients.
    fn segment_max_backward(
        pattern: PatternTensors<Self>,
        argmax: IntTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::segment_max_backward(inner(pattern), argmax, grad.into_primitive()))
    }
}
