//! The sparse product on the CPU: rows in parallel, each row's sum in a fixed order.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use rayon::prelude::*;
use row_kernels::weighted_row_sums;

use super::{CsrTensors, SparseMatmulBackend};
use crate::ops::flex::{floats, indices, tensor};

/// Rows of the output that one task computes.
const ROWS_PER_TASK: usize = 16;

impl SparseMatmulBackend for Flex {
    fn sparse_matmul(
        matrix: CsrTensors<Self>,
        _transposed: CsrTensors<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (row_ptr, columns) = (indices(&matrix.row_ptr), indices(&matrix.columns));
        let values = floats(&matrix.values);
        let dense = dense.to_contiguous();
        let source = floats(&dense);
        let (rows, width) = (row_ptr.len() - 1, dense.layout().shape()[1]);

        let mut output = vec![0.0f32; rows * width];
        output.par_chunks_mut((ROWS_PER_TASK * width).max(1)).enumerate().for_each(|(task, output)| {
            let first = task * ROWS_PER_TASK;
            let row_ptr = &row_ptr[first..rows.min(first + ROWS_PER_TASK) + 1];
            weighted_row_sums(output, width, row_ptr, values, columns, source);
        });
        tensor(output, [rows, width])
    }
}
