//! The sparse product on the CPU: rows in parallel, each row's sum in a fixed order.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use row_kernels::weighted_row_sums;

use super::{CsrTensors, SparseMatmulBackend};
use crate::ops::flex::{floats, indices, tensor, written_in_tasks};

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

        // SAFETY: `weighted_row_sums` writes whole rows, and there are only such.
        let output = unsafe {
            written_in_tasks(rows * width, ROWS_PER_TASK * width, |task, output| {
                weighted_row_sums(output, width, row_ptr, task * ROWS_PER_TASK, values, columns, source);
            })
        };
        tensor(output, [rows, width])
    }
}
