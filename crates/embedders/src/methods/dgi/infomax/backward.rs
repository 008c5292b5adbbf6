//! The gradient of the loss of DGI, which came with its value, for any backend.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, read_sync};

use super::{Infomax, InfomaxBackend};

#[derive(Debug)]
struct InfomaxLoss;

impl<B: Backend> Backward<B, 5> for InfomaxLoss {
    type State = [FloatTensor<B>; 5];

    fn backward(self, ops: Ops<Self::State, 5>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let upstream = read_sync(B::float_into_data(grads.consume::<B>(&ops.node)));
        let upstream = upstream.expect("a device that computed a tensor can hand it over");
        let upstream = upstream.iter::<f32>().next().expect("a loss is one number");
        for (parent, gradient) in ops.parents.into_iter().zip(ops.state) {
            if let Some(node) = parent {
                // A loss that is trained on by itself has 1 here: then the largest tensors are not gone through again.
                let gradient =
                    if upstream == 1.0 { gradient } else { B::float_mul_scalar(gradient, upstream.into()) };
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: InfomaxBackend, C: CheckpointStrategy> InfomaxBackend for Autodiff<B, C> {
    fn infomax(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        slope: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        score_bias: FloatTensor<Self>,
    ) -> Infomax<Self> {
        let (x, x_node) = x.into_parts();
        let (bias, bias_node) = bias.into_parts();
        let (slope, slope_node) = slope.into_parts();
        let (weight, weight_node) = weight.into_parts();
        let (score_bias, score_bias_node) = score_bias.into_parts();
        let Infomax { loss, x, bias, slope, weight, score_bias } =
            B::infomax(x, bias, slope, weight, score_bias);
        let nodes = [x_node, bias_node, slope_node, weight_node, score_bias_node];
        let loss = match InfomaxLoss.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let gradients = [x.clone(), bias.clone(), slope.clone(), weight.clone(), score_bias.clone()];
                prep.finish(gradients, loss)
            }
            OpsKind::UnTracked(prep) => prep.finish(loss),
        };
        Infomax {
            loss,
            x: Self::from_inner(x),
            bias: Self::from_inner(bias),
            slope: Self::from_inner(slope),
            weight: Self::from_inner(weight),
            score_bias: Self::from_inner(score_bias),
        }
    }
}
