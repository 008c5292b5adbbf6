//! Bias and activation on the CPU: in place where the tensor is nobody else's.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use rayon::prelude::*;
use row_kernels::add_and_elu;

use super::{Activation, BiasActivationBackend, BiasActivationGradients};
use crate::ops::flex::{contiguous, floats, floats_mut, tensor};

/// Rows that one task takes, and that a partial sum of the bias's gradient is over: it depends on nothing, so that the bits
/// are the same with any number of threads, and is small, so that a sum over millions of rows keeps its digits.
const ROWS_PER_TASK: usize = 128;

impl BiasActivationBackend for Flex {
    fn bias_activation(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        let (mut x, bias) = (contiguous(x), contiguous(bias));
        let width = x.layout().shape()[1];
        if width == 0 {
            return x;
        }
        let bias = floats(&bias);
        floats_mut(&mut x).par_chunks_mut(ROWS_PER_TASK * width).for_each(|rows| {
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
        let (output, mut grad) = (contiguous(output), contiguous(grad));
        let width = output.layout().shape()[1];
        let part = (ROWS_PER_TASK * width).max(1);
        let sums: Vec<Vec<f32>> = if activation == Activation::Identity {
            floats(&grad).par_chunks(part).map(|grads| column_sums(grads, width)).collect()
        } else {
            let parts = floats_mut(&mut grad).par_chunks_mut(part).zip(floats(&output).par_chunks(part));
            parts
                .map(|(grads, outputs)| {
                    scale_gradient(grads, outputs, activation);
                    column_sums(grads, width)
                })
                .collect()
        };
        let mut bias = vec![0.0f32; width];
        for sums in sums {
            bias.iter_mut().zip(sums).for_each(|(bias, sum)| *bias += sum);
        }
        BiasActivationGradients { x: grad, bias: tensor(bias, [width]) }
    }
}

fn column_sums(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f32; width];
    for row in rows.chunks_exact(width.max(1)) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    sums
}

fn activate(row: &mut [f32], bias: &[f32], activation: Activation) {
    let sums = row.iter_mut().zip(bias);
    match activation {
        Activation::Identity => sums.for_each(|(x, b)| *x += b),
        // Not `max`, which would make NaN zero and hide it.
        Activation::Relu => sums.for_each(|(x, b)| *x = if *x + b < 0.0 { 0.0 } else { *x + b }),
        Activation::Elu => add_and_elu(row, bias),
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
