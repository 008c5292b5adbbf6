//! The gradient of scaled rows, for any backend.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::{Norm, RowNormBackend, ScaledRows};

#[derive(Debug)]
struct ScaleRows;

impl<B: RowNormBackend> Backward<B, 1> for ScaleRows {
    type State = (ScaledRows<B>, Norm);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (scaled, norm) = ops.state;
        unary::<B, _>(ops.parents, ops.node, grads, |grad| B::scale_rows_backward(scaled, grad, norm));
    }
}

impl<B: RowNormBackend, C: CheckpointStrategy> RowNormBackend for Autodiff<B, C> {
    fn scale_rows(x: FloatTensor<Self>, norm: Norm) -> ScaledRows<Self> {
        let (x, node) = x.into_parts();
        let scaled = B::scale_rows(x, norm);
        let norms = Self::from_inner(scaled.norms.clone());
        let rows = match ScaleRows.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((scaled.clone(), norm), scaled.rows),
            OpsKind::UnTracked(prep) => prep.finish(scaled.rows),
        };
        ScaledRows { rows, norms }
    }

    /// A constant: there are no gradients of gradients.
    fn scale_rows_backward(
        scaled: ScaledRows<Self>,
        grad: FloatTensor<Self>,
        norm: Norm,
    ) -> FloatTensor<Self> {
        let scaled = ScaledRows { rows: scaled.rows.into_primitive(), norms: scaled.norms.into_primitive() };
        Self::from_inner(B::scale_rows_backward(scaled, grad.into_primitive(), norm))
    }
}
