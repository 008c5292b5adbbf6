//! Bias and activation in one pass.

mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// A function of each number by itself, whose derivative can be told from its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// y = x.
    #[default]
    Identity,
    /// y = max(x, 0).
    Relu,
    /// y = x where x > 0, else eˣ − 1 (Clevert et al. 2016, arXiv 1511.07289).
    Elu,
}

impl Activation {
    /// y = f(x), without a bias.
    ///
    /// # Shapes
    /// `x` and the output are `[nodes, width]`.
    pub fn apply(self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Identity => x,
            Self::Relu | Self::Elu => {
                let zero = Tensor::zeros([x.dims()[1]], &x.device().inner());
                bias_activation(x, zero, self)
            }
        }
    }
}

/// Activation of a sum, y = f(x + b), with b added to each row. O(nodes · width), one pass forward and one backward.
///
/// The CPU works in the memory of `x` where nobody else holds it.
///
/// # Shapes
/// `x` and the output are `[nodes, width]`, `bias` is `[width]`.
///
/// # Panics
/// If `bias` has another length than the rows of `x`.
pub fn bias_activation(x: Tensor<2>, bias: Tensor<1>, activation: Activation) -> Tensor<2> {
    let (dims, [length]) = (x.dims(), bias.dims());
    assert_eq!(dims[1], length, "bias_activation: a bias of {length} for {dims:?}");
    let output = <Dispatch as BiasActivationBackend>::bias_activation(
        x.into_dispatch(),
        bias.into_dispatch(),
        activation,
    );
    Tensor::from_dispatch(output)
}

/// A backend that activates sums; [`bias_activation`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait BiasActivationBackend: Backend {
    /// y = f(x + b); `x` is `[nodes, width]`, `bias` `[width]`.
    fn bias_activation(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;

    /// The gradients at `output`, into which `grad` flows; both are `[nodes, width]`. For the identity any tensor of that
    /// shape serves as the output.
    fn bias_activation_backward(
        output: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> BiasActivationGradients<Self>;
}

/// Gradients of [`bias_activation`].
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct BiasActivationGradients<B: Backend> {
    /// With respect to x, `[nodes, width]`.
    pub(crate) x: FloatTensor<B>,
    /// With respect to the bias, `[width]`.
    pub(crate) bias: FloatTensor<B>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};

    #[test]
    fn activations_worked_by_hand() {
        let device = Device::flex();
        let x = Tensor::<2>::from_floats([[1.0, -1.0], [-3.0, 2.0]], &device);
        let bias = Tensor::from_floats([1.0, 0.5], &device);
        for (activation, expected) in [
            (Activation::Identity, [[2.0, -0.5], [-2.0, 2.5]]),
            (Activation::Relu, [[2.0, 0.0], [0.0, 2.5]]),
            (Activation::Elu, [[2.0, (-0.5f32).exp_m1()], [(-2.0f32).exp_m1(), 2.5]]),
        ] {
            let found = bias_activation(x.clone(), bias.clone(), activation).into_data();
            let expected = Tensor::<2>::from_floats(expected, &device).into_data();
            found.assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-6));
        }
        let unchanged: Vec<f32> = x.into_data().iter().collect();
        assert_eq!(unchanged, [1.0, -1.0, -3.0, 2.0], "what others hold is not written");
    }

    #[test]
    #[should_panic(expected = "bias_activation: a bias of 3 for [2, 4]")]
    fn refuses_a_bias_of_another_length() {
        let device = Device::flex();
        bias_activation(Tensor::zeros([2, 4], &device), Tensor::zeros([3], &device), Activation::Relu);
    }
}
