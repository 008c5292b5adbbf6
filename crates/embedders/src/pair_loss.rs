//! Losses of two embeddings whose gradients come with the value, as an operation of Burn's backends.
//!
//! Such a loss and its gradients share their largest products, so they are computed together, on the host, in the forward
//! pass; the backward pass only scales them.

use std::fmt::Debug;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, AutodiffBackend, Backend, Dispatch, ExtensionType, Flex, TensorMetadata, backend_extension,
    read_sync,
};
use burn::tensor::{Tensor, TensorData};

/// A function from two row-major matrices of one shape to a number.
pub(crate) trait PairLoss: Debug + Send + Sync {
    /// The value and the gradients with respect to both matrices, which are `[nodes, width]`.
    fn evaluate(&self, first: &[f32], second: &[f32], dims: [usize; 2]) -> PairGradients;
}

/// A value and its gradients, row-major in the shape of the matrices.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PairGradients {
    pub(crate) value: f64,
    pub(crate) first: Vec<f32>,
    pub(crate) second: Vec<f32>,
}

/// The loss of two embeddings, `[1]`.
///
/// # Shapes
/// Both embeddings are `[nodes, width]`.
///
/// # Panics
/// If their shapes differ.
pub(crate) fn pair_loss(first: Tensor<2>, second: Tensor<2>, loss: impl PairLoss + 'static) -> Tensor<1> {
    assert_eq!(first.dims(), second.dims(), "pair_loss: embeddings of different shapes");
    let loss = SharedLoss(Arc::new(loss));
    let evaluated =
        <Dispatch as PairLossBackend>::evaluate(first.into_dispatch(), second.into_dispatch(), loss);
    Tensor::from_dispatch(evaluated.value)
}

/// The loss as it crosses the backends.
#[derive(Clone, Debug)]
pub(crate) struct SharedLoss(Arc<dyn PairLoss>);

/// The value `[1]` and the gradients with respect to both embeddings.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Evaluated<B: Backend> {
    pub(crate) value: FloatTensor<B>,
    pub(crate) first: FloatTensor<B>,
    pub(crate) second: FloatTensor<B>,
}

/// A backend that evaluates losses on the host; [`pair_loss`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait PairLossBackend: Backend {
    fn evaluate(first: FloatTensor<Self>, second: FloatTensor<Self>, loss: SharedLoss) -> Evaluated<Self> {
        let dims = [first.shape()[0], first.shape()[1]];
        let device = first.device();
        let [first, second] = [first, second].map(|tensor| -> Vec<f32> {
            let data = read_sync(Self::float_into_data(tensor));
            let data = data.expect("a device that computed a tensor can hand it over");
            data.try_into_vec().expect("embeddings are f32")
        });
        let gradients = loss.0.evaluate(&first, &second, dims);
        let tensor =
            |values, dims: &[usize]| Self::float_from_data(TensorData::new(values, dims.to_vec()), &device);
        Evaluated {
            value: tensor(vec![gradients.value as f32], &[1]),
            first: tensor(gradients.first, &dims),
            second: tensor(gradients.second, &dims),
        }
    }
}

impl PairLossBackend for Flex {}

#[cfg(feature = "cube")]
impl PairLossBackend for burn_cubecl::CubeBackend {}

#[derive(Debug)]
struct KnownGradients;

impl<B: Backend> Backward<B, 2> for KnownGradients {
    type State = [FloatTensor<B>; 2];

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let upstream = B::float_reshape(grads.consume::<B>(&ops.node), [1, 1].into());
        for (parent, gradient) in ops.parents.into_iter().zip(ops.state) {
            if let Some(node) = parent {
                grads.register::<B>(node.id, B::float_mul(gradient, upstream.clone()));
            }
        }
    }
}

impl<B: PairLossBackend, C: CheckpointStrategy> PairLossBackend for Autodiff<B, C> {
    fn evaluate(first: FloatTensor<Self>, second: FloatTensor<Self>, loss: SharedLoss) -> Evaluated<Self> {
        let ((first, first_node), (second, second_node)) = (first.into_parts(), second.into_parts());
        let Evaluated { value, first, second } = B::evaluate(first, second, loss);
        let nodes = [first_node, second_node];
        let value = match KnownGradients.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish([first.clone(), second.clone()], value),
            OpsKind::UnTracked(prep) => prep.finish(value),
        };
        Evaluated { value, first: Self::from_inner(first), second: Self::from_inner(second) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use testkit::operators::{Input, assert_operator};

    /// Σ aᵢ² bᵢ.
    #[derive(Debug)]
    struct Cubic;

    impl PairLoss for Cubic {
        fn evaluate(&self, first: &[f32], second: &[f32], _dims: [usize; 2]) -> PairGradients {
            let pairs = || first.iter().zip(second);
            PairGradients {
                value: pairs().map(|(a, b)| f64::from(a * a * b)).sum(),
                first: pairs().map(|(a, b)| 2.0 * a * b).collect(),
                second: first.iter().map(|a| a * a).collect(),
            }
        }
    }

    #[test]
    fn both_gradients_are_scaled_by_what_flows_in() {
        assert_operator(
            "three times a pair loss",
            &Device::flex(),
            &[Input::wavy([3, 2], 0.1), Input::wavy([3, 2], 0.7)],
            |inputs| pair_loss(inputs[0].clone(), inputs[1].clone(), Cubic).reshape([1, 1]) * 3.0,
            |inputs| vec![3.0 * inputs[0].iter().zip(&inputs[1]).map(|(a, b)| a * a * b).sum::<f64>()],
        );
    }

    #[test]
    fn an_embedding_that_is_read_by_its_strides_is_read_right() {
        let device = Device::flex();
        let [a, b] = [0.1, 0.7].map(|phase| testkit::numbers::wavy_matrix(3, 2, phase, &device));
        let turned = pair_loss(a.clone().transpose(), b.clone().transpose(), Cubic).into_scalar::<f32>();
        let straight = pair_loss(a, b, Cubic).into_scalar::<f32>();
        assert!((turned - straight).abs() < 1e-6, "{turned} and {straight}");
    }

    #[test]
    #[should_panic(expected = "pair_loss: embeddings of different shapes")]
    fn refuses_embeddings_of_different_shapes() {
        let device = Device::flex();
        pair_loss(Tensor::zeros([3, 2], &device), Tensor::zeros([2, 2], &device), Cubic);
    }
}
