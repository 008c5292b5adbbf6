//! The softmax over entries as CubeCL kernels: one unit a head of a row, each sum in the order of the row.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use cubecl::prelude::*;

use super::EdgeSoftmaxBackend;
use crate::ops::attention::cube::LOWEST;
use crate::ops::cube::{Launch, empty, operand};
use crate::sparse::PatternTensors;

#[cube(launch_unchecked)]
fn edge_softmax_kernel(
    row_ptr: &[i32],
    scores: &[f32],
    output: &mut [f32],
    heads: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / heads;
        let head = position % heads;
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let mut largest = f32::new(LOWEST);
        for entry in begin..end {
            let score = scores[(entry * heads + head) as usize];
            largest = select(score > largest, score, largest);
        }
        let mut sum = f32::new(0.0);
        for entry in begin..end {
            let weight = (scores[(entry * heads + head) as usize] - largest).exp();
            sum += weight;
            output[(entry * heads + head) as usize] = weight;
        }
        for entry in begin..end {
            output[(entry * heads + head) as usize] /= sum;
        }
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn edge_softmax_backward_kernel(
    row_ptr: &[i32],
    output: &[f32],
    grad: &[f32],
    gradient: &mut [f32],
    heads: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / heads;
        let head = position % heads;
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let mut mean = f32::new(0.0);
        for entry in begin..end {
            let place = (entry * heads + head) as usize;
            mean += output[place] * grad[place];
        }
        for entry in begin..end {
            let place = (entry * heads + head) as usize;
            gradient[place] = output[place] * (grad[place] - mean);
        }
        position += stride;
    }
}

impl EdgeSoftmaxBackend for CubeBackend {
    fn edge_softmax(pattern: PatternTensors<Self>, scores: FloatTensor<Self>) -> FloatTensor<Self> {
        let scores = operand(scores);
        let (rows, nonzeros, heads) = (pattern.row_ptr.shape()[0] - 1, scores.shape()[0], scores.shape()[1]);
        let output = empty(&scores, [nonzeros, heads]);
        let Launch { count, dim, total, stride } = Launch::over(rows * heads);
        // SAFETY: row pointers were checked when the pattern was built, and no unit passes `total`.
        unsafe {
            edge_softmax_kernel::launch_unchecked(
                &output.client,
                count,
                dim,
                pattern.row_ptr.into_buffer_arg(),
                scores.into_buffer_arg(),
                output.clone().into_buffer_arg(),
                heads as u32,
                total,
                stride,
            );
        }
        output
    }

    fn edge_softmax_backward(
        pattern: PatternTensors<Self>,
        output: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (output, grad) = (operand(output), operand(grad));
        let (rows, nonzeros, heads) = (pattern.row_ptr.shape()[0] - 1, output.shape()[0], output.shape()[1]);
        let gradient = empty(&output, [nonzeros, heads]);
        let Launch { count, dim, total, stride } = Launch::over(rows * heads);
        // SAFETY: row pointers were checked when the pattern was built, and no unit passes `total`.
        unsafe {
            edge_softmax_backward_kernel::launch_unchecked(
                &gradient.client,
                count,
                dim,
                pattern.row_ptr.into_buffer_arg(),
                output.into_buffer_arg(),
                grad.into_buffer_arg(),
                gradient.clone().into_buffer_arg(),
                heads as u32,
                total,
                stride,
            );
        }
        gradient
    }
}
