//! The largest neighbor as CubeCL kernels: one unit an element, of the output forward and of the gradient backward.

use burn::backend::TensorMetadata;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_cubecl::CubeBackend;
use cubecl::prelude::*;

use super::{SegmentMaxBackend, SegmentMaxima};
use crate::ops::cube::{Launch, empty, empty_int, operand};
use crate::sparse::PatternTensors;

#[cube(launch_unchecked)]
fn segment_max_kernel(
    row_ptr: &[i32],
    columns: &[i32],
    x: &[f32],
    values: &mut [f32],
    argmax: &mut [i32],
    width: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / width;
        let channel = position % width;
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let mut largest = f32::new(0.0);
        let mut winner = i32::new(-1);
        for entry in begin..end {
            let column = columns[entry as usize];
            let value = x[(column as u32 * width + channel) as usize];
            // Comparisons alone may be compiled as if there were no NaN.
            if entry == begin || value > largest || (value.is_nan() && !largest.is_nan()) {
                largest = value;
                winner = column;
            }
        }
        values[position as usize] = largest;
        argmax[position as usize] = winner;
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn segment_max_backward_kernel(
    column_ptr: &[i32],
    rows: &[i32],
    argmax: &[i32],
    grad: &[f32],
    output: &mut [f32],
    width: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let column = position / width;
        let channel = position % width;
        let begin = column_ptr[column as usize] as u32;
        let end = column_ptr[column as usize + 1] as u32;
        let mut sum = f32::new(0.0);
        for entry in begin..end {
            let source = rows[entry as usize] as u32 * width + channel;
            if argmax[source as usize] == column as i32 {
                sum += grad[source as usize];
            }
        }
        output[position as usize] = sum;
        position += stride;
    }
}

impl SegmentMaxBackend for CubeBackend {
    fn segment_max(pattern: PatternTensors<Self>, x: FloatTensor<Self>) -> SegmentMaxima<Self> {
        let x = operand(x);
        let (rows, width) = (pattern.row_ptr.shape()[0] - 1, x.shape()[1]);
        let (values, argmax) = (empty(&x, [rows, width]), empty_int(&x, [rows, width]));
        let Launch { count, dim, total, stride } = Launch::over(rows * width);
        // SAFETY: every index was checked when the pattern was built, and no unit passes `total`.
        unsafe {
            segment_max_kernel::launch_unchecked(
                &values.client,
                count,
                dim,
                pattern.row_ptr.into_buffer_arg(),
                pattern.columns.into_buffer_arg(),
                x.into_buffer_arg(),
                values.clone().into_buffer_arg(),
                argmax.clone().into_buffer_arg(),
                width as u32,
                total,
                stride,
            );
        }
        SegmentMaxima { values, argmax }
    }

    fn segment_max_backward(
        pattern: PatternTensors<Self>,
        argmax: IntTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let grad = operand(grad);
        let (columns, width) = (pattern.column_ptr.shape()[0] - 1, grad.shape()[1]);
        let output = empty(&grad, [columns, width]);
        let Launch { count, dim, total, stride } = Launch::over(columns * width);
        // SAFETY: as above.
        unsafe {
            segment_max_backward_kernel::launch_unchecked(
                &output.client,
                count,
                dim,
                pattern.column_ptr.into_buffer_arg(),
                pattern.rows.into_buffer_arg(),
                argmax.into_buffer_arg(),
                grad.into_buffer_arg(),
                output.clone().into_buffer_arg(),
                width as u32,
                total,
                stride,
            );
        }
        output
    }
}
