//! How layers end.

use burn::module::Param;
use burn::tensor::Tensor;

use crate::ops::bias_activation::{Activation, bias_activation};

/// f(x + b), or f(x) for a layer that was made without a bias.
pub(super) fn biased(x: Tensor<2>, bias: &Option<Param<Tensor<1>>>, activation: Activation) -> Tensor<2> {
    match bias {
        Some(bias) => bias_activation(x, bias.val(), activation),
        None => activation.apply(x),
    }
}
