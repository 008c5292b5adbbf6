//! The gradient of graph attention of the second kind, for any backend.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::{Gatv2Backend, Gatv2Gradients, Gatv2State};
use crate::ops::attention::AttentionSettings;
use crate::ops::gat::Attended;
use crate::ops::pattern::inner;
use crate::sparse::PatternTensors;

#[derive(Debug)]
struct Gatv2;

impl<B: Gatv2Backend> Backward<B, 3> for Gatv2 {
    type State = (PatternTensors<B>, Gatv2State<B>, AttentionSettings);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (pattern, state, settings) = ops.state;
        let gradients = B::gatv2_backward(pattern, state, grads.consume::<B>(&ops.node), settings);
        let gradients = [gradients.target, gradients.source, gradients.att];
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: Gatv2Backend, C: CheckpointStrategy> Gatv2Backend for Autodiff<B, C> {
    fn gatv2(
        pattern: PatternTensors<Self>,
        target: FloatTensor<Self>,
        source: FloatTensor<Self>,
        att: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Attended<Self> {
        let pattern = inner(pattern);
        let (target, target_node) = target.into_parts();
        let (source, source_node) = source.into_parts();
        let (att, att_node) = att.into_parts();
        let attended = B::gatv2(pattern.clone(), target.clone(), source.clone(), att.clone(), settings);
        let statistics = attended.statistics;
        let output = match Gatv2.prepare::<C>([target_node, source_node, att_node]).compute_bound().stateful()
        {
            OpsKind::Tracked(prep) => {
                let state = Gatv2State { target, source, att, statistics: statistics.clone() };
                prep.finish((pattern, state, settings), attended.output)
            }
            OpsKind::UnTracked(prep) => prep.finish(attended.output),
        };
        Attended { output, statistics: Self::from_inner(statistics) }
    }

    /// A constant: there are no gradients of gradients.
    fn gatv2_backward(
        pattern: PatternTensors<Self>,
        state: Gatv2State<Self>,
        grad: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Gatv2Gradients<Self> {
        let state = Gatv2State {
            target: state.target.into_primitive(),
            source: state.source.into_primitive(),
            att: state.att.into_primitive(),
            statistics: state.statistics.into_primitive(),
        };
        let gradients = B::gatv2_backward(inner(pattern), state, grad.into_primitive(), settings);
        Gatv2Gradients {
            target: Self::from_inner(gradients.target),
            source: Self::from_inner(gradients.source),
            att: Self::from_inner(gradients.att),
        }
    }
}
