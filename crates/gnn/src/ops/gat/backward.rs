//! The gradient of graph attention, for any backend.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::{Attended, GatBackend, GatGradients, GatState};
use crate::ops::attention::AttentionSettings;
use crate::ops::pattern::inner;
use crate::sparse::PatternTensors;

#[derive(Debug)]
struct Gat;

impl<B: GatBackend> Backward<B, 3> for Gat {
    type State = (PatternTensors<B>, GatState<B>, AttentionSettings);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (pattern, state, settings) = ops.state;
        let gradients = B::gat_backward(pattern, state, grads.consume::<B>(&ops.node), settings);
        let gradients = [gradients.x, gradients.target_scores, gradients.source_scores];
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: GatBackend, C: CheckpointStrategy> GatBackend for Autodiff<B, C> {
    fn gat(
        pattern: PatternTensors<Self>,
        x: FloatTensor<Self>,
        target_scores: FloatTensor<Self>,
        source_scores: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Attended<Self> {
        let pattern = inner(pattern);
        let (x, x_node) = x.into_parts();
        let (target_scores, target_node) = target_scores.into_parts();
        let (source_scores, source_node) = source_scores.into_parts();
        let attended =
            B::gat(pattern.clone(), x.clone(), target_scores.clone(), source_scores.clone(), settings);
        let statistics = attended.statistics;
        let output = match Gat.prepare::<C>([x_node, target_node, source_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = GatState { x, target_scores, source_scores, statistics: statistics.clone() };
                prep.finish((pattern, state, settings), attended.output)
            }
            OpsKind::UnTracked(prep) => prep.finish(attended.output),
        };
        Attended { output, statistics: Self::from_inner(statistics) }
    }

    /// A constant: there are no gradients of gradients.
    fn gat_backward(
        pattern: PatternTensors<Self>,
        state: GatState<Self>,
        grad: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> GatGradients<Self> {
        let state = GatState {
            x: state.x.into_primitive(),
            target_scores: state.target_scores.into_primitive(),
            source_scores: state.source_scores.into_primitive(),
            statistics: state.statistics.into_primitive(),
        };
        let gradients = B::gat_backward(inner(pattern), state, grad.into_primitive(), settings);
        GatGradients {
            x: Self::from_inner(gradients.x),
            target_scores: Self::from_inner(gradients.target_scores),
            source_scores: Self::from_inner(gradients.source_scores),
        }
    }
}
