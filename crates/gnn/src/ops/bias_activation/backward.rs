//! The gradient of bias and activation, for any backend.

use burn::backend::Autodiff;
use burn::backend::AutodiffBackend;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;

use super::{Activation, BiasActivationBackend, BiasActivationGradients};

#[derive(Debug)]
struct BiasActivation;

impl<B: BiasActivationBackend> Backward<B, 2> for BiasActivation {
    /// The output, which the next layer holds anyway; none where the derivative is 1.
    type State = (Option<FloatTensor<B>>, Activation);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let (output, activation) = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let output = output.unwrap_or_else(|| grad.clone());
        let gradients = B::bias_activation_backward(output, grad, activation);
        for (parent, gradient) in ops.parents.into_iter().zip([gradients.x, gradients.bias]) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: BiasActivationBackend, C: CheckpointStrategy> BiasActivationBackend for Autodiff<B, C> {
    fn bias_activation(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        let ((x, x_node), (bias, bias_node)) = (x.into_parts(), bias.into_parts());
        let output = B::bias_activation(x, bias, activation);
        match BiasActivation.prepare::<C>([x_node, bias_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let kept = (activation != Activation::Identity).then(|| output.clone());
                prep.finish((kept, activation), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(output),
        }
    }

    /// A constant: there are no gradients of gradients.
    fn bias_activation_backward(
        output: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> BiasActivationGradients<Self> {
        let gradients =
            B::bias_activation_backward(output.into_primitive(), grad.into_primitive(), activation);
        BiasActivationGradients { x: Self::from_inner(gradients.x), bias: Self::from_inner(gradients.bias) }
    }
}
