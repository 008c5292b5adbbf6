//! Bias and activation on a GPU, in the backend's own operations: each is one pass over memory there too, and none of
//! them is what a step waits for.

use burn::backend::TensorMetadata;
use burn::backend::ops::{ActivationOps, FloatTensorOps};
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::{Activation, BiasActivationBackend, BiasActivationGradients};

impl BiasActivationBackend for CubeBackend {
    fn bias_activation(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        let width = x.shape()[1];
        let sum = Self::float_add(x, Self::float_reshape(bias, [1, width].into()));
        match activation {
            Activation::Identity => sum,
            Activation::Relu => Self::relu(sum),
            Activation::Elu => {
                let negative = Self::float_clamp_max(sum.clone(), 0.0f32.into());
                let below = Self::float_add_scalar(Self::float_exp(negative), (-1.0f32).into());
                // eˣ − 1 is 0 where x was cut to 0, and max(x, 0) where it was not.
                Self::float_add(below, Self::relu(sum))
            }
        }
    }

    fn bias_activation_backward(
        output: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> BiasActivationGradients<Self> {
        let width = output.shape()[1];
        let x = match activation {
            Activation::Identity => grad,
            Activation::Relu => Self::relu_backward(output, grad),
            Activation::Elu => {
                let negative = Self::float_clamp_max(output, 0.0f32.into());
                Self::float_mul(grad, Self::float_add_scalar(negative, 1.0f32.into()))
            }
        };
        let bias = Self::float_reshape(Self::float_sum_dim(x.clone(), 0), [width].into());
        BiasActivationGradients { x, bias }
    }
}
