//! The gradient of the largest neighbor, for any backend.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, AutodiffBackend};

use super::{Largest, MaxAggregationBackend};
use crate::ops::pattern::inner;
use crate::sparse::PatternTensors;

#[derive(Debug)]
struct MaxAggregation;

impl<B: MaxAggregationBackend> Backward<B, 1> for MaxAggregation {
    type State = (PatternTensors<B>, IntTensor<B>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (pattern, winners) = ops.state;
        unary::<B, _>(ops.parents, ops.node, grads, |grad| {
            B::max_aggregation_backward(pattern, winners, grad)
        });
    }
}

impl<B: MaxAggregationBackend, C: CheckpointStrategy> MaxAggregationBackend for Autodiff<B, C> {
    fn max_aggregation(pattern: PatternTensors<Self>, x: FloatTensor<Self>) -> Largest<Self> {
        let pattern = inner(pattern);
        let (x, node) = x.into_parts();
        let Largest { values, winners } = B::max_aggregation(pattern.clone(), x);
        let values = match MaxAggregation.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((pattern, winners.clone()), values),
            OpsKind::UnTracked(prep) => prep.finish(values),
        };
        Largest { values, winners }
    }

    /// A constant: there are no gradients of gradients.
    fn max_aggregation_backward(
        pattern: PatternTensors<Self>,
        winners: IntTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::from_inner(B::max_aggregation_backward(inner(pattern), winners, grad.into_primitive()))
    }
}
