//! Products over entries on the CPU: rows, or columns, in parallel.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use rayon::prelude::*;
use row_kernels::{BLOCK, add_head_weighted_rows, head_dots};

use super::EdgeProductBackend;
use crate::ops::flex::{entries, floats, indices, tensor};
use crate::ops::row_tasks::{for_rows_of_entries, rows_per_task};
use crate::sparse::PatternTensors;

impl EdgeProductBackend for Flex {
    fn weighted_matmul(
        pattern: PatternTensors<Self>,
        values: FloatTensor<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (row_ptr, columns) = (indices(&pattern.row_ptr), indices(&pattern.columns));
        let (values, dense) = (values.to_contiguous(), dense.to_contiguous());
        let ([_, heads], [_, width]) = (dims(&values), dims(&dense));
        let (values, source) = (floats(&values), floats(&dense));
        let rows = row_ptr.len() - 1;

        let mut output = vec![0.0f32; rows * width];
        let task_rows = rows_per_task(rows);
        output.par_chunks_mut(task_rows * width).enumerate().for_each(|(task, output)| {
            for (offset, output) in output.chunks_exact_mut(width).enumerate() {
                let row = entries(row_ptr, task * task_rows + offset);
                let values = values[row.start * heads..row.end * heads].chunks(BLOCK * heads);
                for (values, columns) in values.zip(columns[row].chunks(BLOCK)) {
                    add_head_weighted_rows(output, values, columns, source, heads);
                }
            }
        });
        tensor(output, [rows, width])
    }

    fn transposed_weighted_matmul(
        pattern: PatternTensors<Self>,
        values: FloatTensor<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (column_ptr, rows) = (indices(&pattern.column_ptr), indices(&pattern.rows));
        let places = indices(&pattern.entries);
        let (values, dense) = (values.to_contiguous(), dense.to_contiguous());
        let ([_, heads], [_, width]) = (dims(&values), dims(&dense));
        let (values, source) = (floats(&values), floats(&dense));
        let columns = column_ptr.len() - 1;

        let mut output = vec![0.0f32; columns * width];
        let task_columns = rows_per_task(columns);
        output.par_chunks_mut(task_columns * width).enumerate().for_each_init(
            || Vec::with_capacity(BLOCK * heads),
            |weights, (task, output)| {
                for (offset, output) in output.chunks_exact_mut(width).enumerate() {
                    let column = entries(column_ptr, task * task_columns + offset);
                    let blocks = places[column.clone()].chunks(BLOCK).zip(rows[column].chunks(BLOCK));
                    for (places, rows) in blocks {
                        weights.clear();
                        for place in places {
                            weights.extend_from_slice(&values[*place as usize * heads..][..heads]);
                        }
                        add_head_weighted_rows(output, weights, rows, source, heads);
                    }
                }
            },
        );
        tensor(output, [columns, width])
    }

    fn sampled_matmul(
        pattern: PatternTensors<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        heads: usize,
    ) -> FloatTensor<Self> {
        let (row_ptr, columns) = (indices(&pattern.row_ptr), indices(&pattern.columns));
        let (a, b) = (a.to_contiguous(), b.to_contiguous());
        let [_, width] = dims(&a);
        let (a, b) = (floats(&a), floats(&b));

        let mut output = vec![0.0f32; columns.len() * heads];
        for_rows_of_entries(
            &mut output,
            row_ptr,
            heads,
            || (),
            |(), row, output| {
                let columns = &columns[entries(row_ptr, row)];
                head_dots(output, &a[row * width..(row + 1) * width], columns, b, heads);
            },
        );
        tensor(output, [columns.len(), heads])
    }
}

fn dims(tensor: &FloatTensor<Flex>) -> [usize; 2] {
    [tensor.layout().shape()[0], tensor.layout().shape()[1]]
}
