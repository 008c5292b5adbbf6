//! The softmax over entries on the CPU: rows in parallel.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use row_kernels::{softmax, softmax_gradient};

use super::EdgeSoftmaxBackend;
use crate::ops::flex::{entries, floats, indices, tensor};
use crate::ops::row_tasks::for_rows_of_entries;
use crate::sparse::PatternTensors;

impl EdgeSoftmaxBackend for Flex {
    fn edge_softmax(pattern: PatternTensors<Self>, scores: FloatTensor<Self>) -> FloatTensor<Self> {
        let scores = scores.to_contiguous();
        let heads = scores.layout().shape()[1];
        let row_ptr = indices(&pattern.row_ptr);
        let mut output = floats(&scores).to_vec();
        let room = || (vec![0.0; heads], vec![0.0; heads]);
        for_rows_of_entries(&mut output, row_ptr, heads, room, |(maxima, sums), _, output| {
            softmax(output, maxima, sums);
        });
        tensor(output, [scores.layout().shape()[0], heads])
    }

    fn edge_softmax_backward(
        pattern: PatternTensors<Self>,
        output: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (output, grad) = (output.to_contiguous(), grad.to_contiguous());
        let heads = output.layout().shape()[1];
        let row_ptr = indices(&pattern.row_ptr);
        let y = floats(&output);
        let mut gradient = floats(&grad).to_vec();
        for_rows_of_entries(
            &mut gradient,
            row_ptr,
            heads,
            || vec![0.0; heads],
            |sums, row, gradient| {
                let row = entries(row_ptr, row);
                softmax_gradient(gradient, &y[row.start * heads..row.end * heads], sums);
            },
        );
        tensor(gradient, [output.layout().shape()[0], heads])
    }
}
