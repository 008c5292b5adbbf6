//! The gradient of batch norm and PReLU, for any backend.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::{BatchNormPreluBackend, Normed, NormedGradients, NormedInputs};

#[derive(Debug)]
struct BatchNormPrelu;

impl<B: BatchNormPreluBackend> Backward<B, 4> for BatchNormPrelu {
    type State = NormedInputs<B>;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = grads.consume::<B>(&ops.node);
        let gradients = B::batch_norm_prelu_backward(ops.state, grad);
        let gradients = [gradients.x, gradients.scale, gradients.shift, gradients.slope];
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: BatchNormPreluBackend, C: CheckpointStrategy> BatchNormPreluBackend for Autodiff<B, C> {
    fn batch_norm_prelu(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        slope: FloatTensor<Self>,
    ) -> Normed<Self> {
        let (x, x_node) = x.into_parts();
        let (scale, scale_node) = scale.into_parts();
        let (shift, shift_node) = shift.into_parts();
        let (slope, slope_node) = slope.into_parts();
        let Normed { output, mean, inverse_deviation } =
            B::batch_norm_prelu(x.clone(), scale.clone(), shift.clone(), slope.clone());
        let moments = [mean.clone(), inverse_deviation.clone()].map(Self::from_inner);
        let nodes = [x_node, scale_node, shift_node, slope_node];
        let output = match BatchNormPrelu.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                prep.finish(NormedInputs { x, scale, shift, slope, mean, inverse_deviation }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(output),
        };
        let [mean, inverse_deviation] = moments;
        Normed { output, mean, inverse_deviation }
    }

    /// A constant: there are no gradients of gradients.
    fn batch_norm_prelu_backward(
        inputs: NormedInputs<Self>,
        grad: FloatTensor<Self>,
    ) -> NormedGradients<Self> {
        let inputs = NormedInputs {
            x: inputs.x.into_primitive(),
            scale: inputs.scale.into_primitive(),
            shift: inputs.shift.into_primitive(),
            slope: inputs.slope.into_primitive(),
            mean: inputs.mean.into_primitive(),
            inverse_deviation: inputs.inverse_deviation.into_primitive(),
        };
        let gradients = B::batch_norm_prelu_backward(inputs, grad.into_primitive());
        NormedGradients {
            x: Self::from_inner(gradients.x),
            scale: Self::from_inner(gradients.scale),
            shift: Self::from_inner(gradients.shift),
            slope: Self::from_inner(gradients.slope),
        }
    }
}
