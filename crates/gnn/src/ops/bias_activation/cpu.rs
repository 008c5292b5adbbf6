//! Bias and activation on the CPU: in place where the tensor is nobody else's.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use rayon::prelude::*;

use super::{Activation, BiasActivationBackend, BiasActivationGradients};
use crate::ops::flex::{floats, floats_mut, tensor};

/// At most this many partial sums of the bias's gradient: where rows are cut depends on their number only, never on threads.
const MOST_PARTS: usize = 64;
/// Rows of a part, at least.
const LEAST_ROWS: usize = 32;

impl BiasActivationBackend for Flex {
    fn bias_activation(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        let (mut x, bias) = (x.to_contiguous(), bias.to_contiguous());
        let width = x.layout().shape()[1];
        if width == 0 {
            return x;
        }
        let bias = floats(&bias);
        let part = rows_of_a_part(x.layout().shape()[0]) * width;
        floats_mut(&mut x).par_chunks_mut(part).for_each(|rows| {
            for row in rows.chunks_exact_mut(width) {
                activate(row, bias, activation);
            }
        });
        x
    }

    fn bias_activation_backward(
        output: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> BiasActivationGradients<Self> {
        let (output, mut grad) = (output.to_contiguous(), grad.to_contiguous());
        let [rows, width] = [0, 1].map(|axis| output.layout().shape()[axis]);
        let mut bias = vec![0.0f32; width];
        if rows * width > 0 {
            let part = rows_of_a_part(rows) * width;
            let values = floats(&output);
            let parts: Vec<Vec<f32>> = floats_mut(&mut grad)
                .par_chunks_mut(part)
                .zip(values.par_chunks(part))
                .map(|(grads, outputs)| {
                    let mut sum = vec![0.0f32; width];
                    for (grad, output) in grads.chunks_exact_mut(width).zip(outputs.chunks_exact(width)) {
                        scale_gradient(grad, output, activation);
                        sum.iter_mut().zip(&*grad).for_each(|(sum, grad)| *sum += grad);
                    }
                    sum
                })
                .collect();
            for part in parts {
                bias.iter_mut().zip(part).for_each(|(bias, part)| *bias += part);
            }
        }
        BiasActivationGradients { x: grad, bias: tensor(bias, [width]) }
    }
}

fn activate(row: &mut [f32], bias: &[f32], activation: Activation) {
    let sums = row.iter_mut().zip(bias);
    match activation {
        Activation::Identity => sums.for_each(|(x, b)| *x += b),
        // Not `max`, which would make NaN zero and hide it.
        Activation::Relu => sums.for_each(|(x, b)| *x = if *x + b < 0.0 { 0.0 } else { *x + b }),
        Activation::Elu => sums.for_each(|(x, b)| *x = if *x + b > 0.0 { *x + b } else { (*x + b).exp_m1() }),
    }
}

/// Multiplies a gradient by the derivative, told from the output y: 1 where y > 0; else 0 for ReLU, eˣ = y + 1 for ELU.
fn scale_gradient(grad: &mut [f32], output: &[f32], activation: Activation) {
    let pairs = grad.iter_mut().zip(output);
    match activation {
        Activation::Identity => {}
        Activation::Relu => pairs.for_each(|(grad, y)| *grad = if *y > 0.0 { *grad } else { 0.0 }),
        Activation::Elu => pairs.for_each(|(grad, y)| *grad *= if *y > 0.0 { 1.0 } else { y + 1.0 }),
    }
}

fn rows_of_a_part(rows: usize) -> usize {
    rows.div_ceil(MOST_PARTS).max(LEAST_ROWS)
}
