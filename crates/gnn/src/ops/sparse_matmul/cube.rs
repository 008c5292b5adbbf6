//! The sparse product as a CubeCL kernel: one unit an element of the output, each sum in a fixed order.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use cubecl::prelude::*;

use super::{CsrTensors, SparseMatmulBackend};
use crate::ops::cube::{Launch, empty, operand};

/// Entries of a partial sum.
const RUN: u32 = 256;
/// Entries of one round of the inner loop. Besides the speed: Mesa's software Vulkan ends every loop after 65 535 rounds.
const UNROLLED: u32 = 8;

#[cube(launch_unchecked)]
fn sparse_matmul_kernel(
    row_ptr: &[i32],
    columns: &[i32],
    values: &[f32],
    dense: &[f32],
    output: &mut [f32],
    width: u32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / width;
        let column = position % width;
        // Partial sums, as on the CPU: a node with many neighbors loses no digits.
        let mut total_sum = f32::new(0.0);
        let mut entry = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        while entry < end {
            let stop = u32::min(entry + RUN, end);
            let mut sum = f32::new(0.0);
            while entry + UNROLLED <= stop {
                #[unroll]
                for step in 0..UNROLLED {
                    let source = columns[(entry + step) as usize] as u32;
                    sum += values[(entry + step) as usize] * dense[(source * width + column) as usize];
                }
                entry += UNROLLED;
            }
            while entry < stop {
                let source = columns[entry as usize] as u32;
                sum += values[entry as usize] * dense[(source * width + column) as usize];
                entry += 1u32;
            }
            total_sum += sum;
        }
        output[position as usize] = total_sum;
        position += stride;
    }
}

impl SparseMatmulBackend for CubeBackend {
    fn sparse_matmul(
        matrix: CsrTensors<Self>,
        _transposed: CsrTensors<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let dense = operand(dense);
        let (rows, width) = (matrix.row_ptr.shape()[0] - 1, dense.shape()[1]);
        let output = empty(&dense, [rows, width]);
        let Launch { count, dim, total, stride } = Launch::over(rows * width);
        // SAFETY: every index was checked when the matrix was built, and no unit passes `total`.
        unsafe {
            sparse_matmul_kernel::launch_unchecked(
                &output.client,
                count,
                dim,
                matrix.row_ptr.into_buffer_arg(),
                matrix.columns.into_buffer_arg(),
                matrix.values.into_buffer_arg(),
                dense.into_buffer_arg(),
                output.clone().into_buffer_arg(),
                width as u32,
                total,
                stride,
            );
        }
        output
    }
}
