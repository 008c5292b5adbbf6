//! The sparse product on the CPU: rows in parallel, each row's sum in a fixed order.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Bytes, DType};
use burn_flex::{FlexTensor, Layout};
use rayon::prelude::*;
use row_kernels::weighted_row_sum;

use super::backend::{CsrTensors, SparseBackend};

/// Rows of the output that one task computes.
const ROWS_PER_TASK: usize = 16;

impl SparseBackend for Flex {
    fn sparse_matmul(
        matrix: CsrTensors<Self>,
        _transposed: CsrTensors<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let row_ptr: &[i32] = matrix.row_ptr.as_slice().expect("a matrix's tensors are contiguous");
        let columns: &[i32] = matrix.columns.as_slice().expect("a matrix's tensors are contiguous");
        let columns: &[u32] = bytemuck::cast_slice(columns);
        let values: &[f32] = matrix.values.as_slice().expect("a matrix's tensors are contiguous");
        let dense = dense.to_contiguous();
        let source: &[f32] = dense.as_slice().expect("made contiguous");
        let (rows, width) = (row_ptr.len() - 1, dense.layout().shape()[1]);

        let mut output = vec![0.0f32; rows * width];
        output.par_chunks_mut((ROWS_PER_TASK * width).max(1)).enumerate().for_each(|(task, output)| {
            for (offset, output) in output.chunks_mut(width).enumerate() {
                let row = task * ROWS_PER_TASK + offset;
                let entries = row_ptr[row] as usize..row_ptr[row + 1] as usize;
                weighted_row_sum(output, &values[entries.clone()], &columns[entries], source);
            }
        });
        FlexTensor::new(Bytes::from_elems(output), Layout::contiguous([rows, width].into()), DType::F32)
    }
}
