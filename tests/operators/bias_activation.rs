//! Bias and activation.

use burn::tensor::Device;
use gnn::ops::bias_activation::{Activation, bias_activation};
use testkit::operators::{Input, assert_operator};

pub(crate) fn check(device: &Device) {
    // Enough rows for several parts of the bias's gradient.
    let [nodes, width] = [70, 5];
    for activation in [Activation::Identity, Activation::Relu, Activation::Elu] {
        assert_operator(
            &format!("bias and {activation:?}"),
            device,
            &[Input::wavy([nodes, width], 0.4), Input::wavy([1, width], 0.9)],
            |inputs| bias_activation(inputs[0].clone(), inputs[1].clone().reshape([width]), activation),
            |inputs| {
                let sums = inputs[0].iter().enumerate().map(|(at, x)| x + inputs[1][at % width]);
                let f = |x: f64| match activation {
                    Activation::Identity => x,
                    Activation::Relu => x.max(0.0),
                    Activation::Elu => {
                        if x > 0.0 {
                            x
                        } else {
                            x.exp() - 1.0
                        }
                    }
                };
                sums.map(f).collect()
            },
        );
    }
}
