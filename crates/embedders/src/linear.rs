//! A layer that looks at each node by itself.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use gnn::ops::bias_activation::{Activation, bias_activation};
use rand::{Rng, RngExt};

/// A linear layer f(X W + b).
#[derive(Module, Debug)]
pub(crate) struct Linear {
    /// W, `[d_input, d_output]`.
    pub(crate) weight: Param<Tensor<2>>,
    /// b, `[d_output]`.
    pub(crate) bias: Param<Tensor<1>>,
}

impl Linear {
    /// Makes the parameters, uniform in ±1 / √d_input as torch has them: W row by row, then b.
    pub(crate) fn init(d_input: usize, d_output: usize, device: &Device, rng: &mut impl Rng) -> Self {
        let bound = 1.0 / (d_input as f64).sqrt();
        let mut drawn = |count: usize| -> Vec<f32> {
            (0..count).map(|_| (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32).collect()
        };
        let (weight, bias) = (drawn(d_input * d_output), drawn(d_output));
        Self {
            weight: Param::from_data(TensorData::new(weight, [d_input, d_output]), device),
            bias: Param::from_data(TensorData::new(bias, [d_output]), device),
        }
    }

    /// The rows of `x`, `[nodes, d_input]`, through the layer: `[nodes, d_output]`.
    pub(crate) fn forward(&self, x: Tensor<2>, activation: Activation) -> Tensor<2> {
        bias_activation(x.matmul(self.weight.val()), self.bias.val(), activation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds::{Stream, generator};

    #[test]
    fn matches_a_row_worked_by_hand() {
        let device = Device::flex();
        let mut linear = Linear::init(2, 2, &device, &mut generator(0, Stream::Parameters));
        linear.weight = Param::from_tensor(Tensor::from_floats([[1.0, 2.0], [3.0, -1.0]], &device));
        linear.bias = Param::from_tensor(Tensor::from_floats([0.5, -4.0], &device));
        let x = Tensor::from_floats([[1.0, 1.0]], &device);
        let output: Vec<f32> = linear.forward(x, Activation::Relu).into_data().iter().collect();
        assert_eq!(output, [4.5, 0.0]);
    }

    #[test]
    fn parameters_stay_within_the_bound_and_fill_it() {
        let linear = Linear::init(25, 40, &Device::flex(), &mut generator(0, Stream::Parameters));
        let largest: f32 = linear.weight.val().abs().max().into_scalar();
        assert!(largest <= 0.2 && largest > 0.19, "{largest}");
        let largest: f32 = linear.bias.val().abs().max().into_scalar();
        assert!(largest <= 0.2 && largest > 0.1, "{largest}");
    }
}
