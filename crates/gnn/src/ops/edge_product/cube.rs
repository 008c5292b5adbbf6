//! Products over entries as CubeCL kernels: one unit an element of the output, each sum in the order of its row or column.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use cubecl::prelude::*;

use super::EdgeProductBackend;
use crate::ops::cube::{Launch, empty, operand};
use crate::sparse::PatternTensors;

#[cube(launch_unchecked)]
fn weighted_matmul_kernel(
    row_ptr: &[i32],
    columns: &[i32],
    values: &[f32],
    dense: &[f32],
    output: &mut [f32],
    width: u32,
    heads: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / width;
        let column = position % width;
        let head = column / (width / heads);
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let mut sum = f32::new(0.0);
        for entry in begin..end {
            let source = columns[entry as usize] as u32;
            sum += values[(entry * heads + head) as usize] * dense[(source * width + column) as usize];
        }
        output[position as usize] = sum;
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn transposed_weighted_matmul_kernel(
    column_ptr: &[i32],
    rows: &[i32],
    entries: &[i32],
    values: &[f32],
    dense: &[f32],
    output: &mut [f32],
    width: u32,
    heads: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let own = position / width;
        let column = position % width;
        let head = column / (width / heads);
        let begin = column_ptr[own as usize] as u32;
        let end = column_ptr[own as usize + 1] as u32;
        let mut sum = f32::new(0.0);
        for place in begin..end {
            let source = rows[place as usize] as u32;
            let entry = entries[place as usize] as u32;
            sum += values[(entry * heads + head) as usize] * dense[(source * width + column) as usize];
        }
        output[position as usize] = sum;
        position += stride;
    }
}

/// Units walk column by column, where the row of an entry is known too.
#[cube(launch_unchecked)]
fn sampled_matmul_kernel(
    columns: &[i32],
    rows: &[i32],
    entries: &[i32],
    a: &[f32],
    b: &[f32],
    output: &mut [f32],
    width: u32,
    heads: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let place = position / heads;
        let head = position % heads;
        let d = width / heads;
        let entry = entries[place as usize] as u32;
        let of_a = rows[place as usize] as u32 * width + head * d;
        let of_b = columns[entry as usize] as u32 * width + head * d;
        let mut sum = f32::new(0.0);
        for c in 0..d {
            sum += a[(of_a + c) as usize] * b[(of_b + c) as usize];
        }
        output[(entry * heads + head) as usize] = sum;
        position += stride;
    }
}

impl EdgeProductBackend for CubeBackend {
    fn weighted_matmul(
        pattern: PatternTensors<Self>,
        values: FloatTensor<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (values, dense) = (operand(values), operand(dense));
        let (heads, width) = (values.shape()[1], dense.shape()[1]);
        let rows = pattern.row_ptr.shape()[0] - 1;
        let output = empty(&dense, [rows, width]);
        let Launch { count, dim, total, stride } = Launch::over(rows * width);
        // SAFETY: every index was checked when the pattern was built, and no unit passes `total`.
        unsafe {
            weighted_matmul_kernel::launch_unchecked(
                &output.client,
                count,
                dim,
                pattern.row_ptr.into_buffer_arg(),
                pattern.columns.into_buffer_arg(),
                values.into_buffer_arg(),
                dense.into_buffer_arg(),
                output.clone().into_buffer_arg(),
                width as u32,
                heads as u32,
                total,
                stride,
            );
        }
        output
    }

    fn transposed_weighted_matmul(
        pattern: PatternTensors<Self>,
        values: FloatTensor<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (values, dense) = (operand(values), operand(dense));
        let (heads, width) = (values.shape()[1], dense.shape()[1]);
        let columns = pattern.column_ptr.shape()[0] - 1;
        let output = empty(&dense, [columns, width]);
        let Launch { count, dim, total, stride } = Launch::over(columns * width);
        // SAFETY: every index was checked when the pattern was built, and no unit passes `total`.
        unsafe {
            transposed_weighted_matmul_kernel::launch_unchecked(
                &output.client,
                count,
                dim,
                pattern.column_ptr.into_buffer_arg(),
                pattern.rows.into_buffer_arg(),
                pattern.entries.into_buffer_arg(),
                values.into_buffer_arg(),
                dense.into_buffer_arg(),
                output.clone().into_buffer_arg(),
                width as u32,
                heads as u32,
                total,
                stride,
            );
        }
        output
    }

    fn sampled_matmul(
        pattern: PatternTensors<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self> {
        let (a, b) = (operand(a), operand(b));
        let (width, nonzeros) = (a.shape()[1], pattern.columns.shape()[0]);
        let output = empty(&a, [nonzeros, heads]);
        let Launch { count, dim, total, stride } = Launch::over(nonzeros * heads);
        // SAFETY: every index was checked when the pattern was built, and no unit passes `total`.
        unsafe {
            sampled_matmul_kernel::launch_unchecked(
                &output.client,
                count,
                dim,
                pattern.columns.into_buffer_arg(),
                pattern.rows.into_buffer_arg(),
                pattern.entries.into_buffer_arg(),
                a.into_buffer_arg(),
                b.into_buffer_arg(),
                output.clone().into_buffer_arg(),
                width as u32,
                heads as u32,
                total,
                stride,
            );
        }
        output
    }
}
