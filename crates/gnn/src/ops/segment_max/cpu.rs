//! The largest neighbor on the CPU: rows in parallel forward, columns in parallel backward.

use burn::backend::Flex;
use burn::backend::tensor::{FloatTensor, IntTensor};
use rayon::prelude::*;
use row_kernels::{largest_of_rows, sum_where_won};

use super::{SegmentMaxBackend, SegmentMaxima};
use crate::ops::flex::{entries, floats, indices, int_tensor, ints, tensor};
use crate::sparse::PatternTensors;

/// Rows of the output that one task computes.
const ROWS_PER_TASK: usize = 16;

impl SegmentMaxBackend for Flex {
    fn segment_max(pattern: PatternTensors<Self>, x: FloatTensor<Self>) -> SegmentMaxima<Self> {
        let (row_ptr, columns) = (indices(&pattern.row_ptr), indices(&pattern.columns));
        let x = x.to_contiguous();
        let source = floats(&x);
        let (rows, width) = (row_ptr.len() - 1, x.layout().shape()[1]);

        let (mut values, mut argmax) = (vec![0.0f32; rows * width], vec![0i32; rows * width]);
        let task = (ROWS_PER_TASK * width).max(1);
        let tasks = values.par_chunks_mut(task).zip(argmax.par_chunks_mut(task));
        tasks.enumerate().for_each(|(task, (values, argmax))| {
            let pairs = values.chunks_mut(width).zip(argmax.chunks_mut(width));
            for (offset, (values, argmax)) in pairs.enumerate() {
                let row = entries(row_ptr, task * ROWS_PER_TASK + offset);
                largest_of_rows(values, argmax, &columns[row], source);
            }
        });
        SegmentMaxima { values: tensor(values, [rows, width]), argmax: int_tensor(argmax, [rows, width]) }
    }

    fn segment_max_backward(
        pattern: PatternTensors<Self>,
        argmax: IntTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (column_ptr, rows) = (indices(&pattern.column_ptr), indices(&pattern.rows));
        let grad = grad.to_contiguous();
        let (source, argmax) = (floats(&grad), ints(&argmax));
        let (columns, width) = (column_ptr.len() - 1, grad.layout().shape()[1]);

        let mut output = vec![0.0f32; columns * width];
        output.par_chunks_mut((ROWS_PER_TASK * width).max(1)).enumerate().for_each(|(task, output)| {
            for (offset, output) in output.chunks_mut(width).enumerate() {
                let column = task * ROWS_PER_TASK + offset;
                sum_where_won(output, column as i32, &rows[entries(column_ptr, column)], argmax, source);
            }
        });
        tensor(output, [columns, width])
    }
}
