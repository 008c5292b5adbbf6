//! Scaled rows on the CPU: in place where the tensor is nobody else's.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use rayon::prelude::*;
use row_kernels::{dot, sum_of_magnitudes};

use super::{Norm, RowNormBackend, SMALLEST_NORM, ScaledRows};
use crate::ops::flex::{contiguous, floats, floats_mut, tensor};

/// Rows that one task scales, at least.
const ROWS_PER_TASK: usize = 32;

impl RowNormBackend for Flex {
    fn scale_rows(x: FloatTensor<Self>, norm: Norm) -> ScaledRows<Self> {
        let mut x = contiguous(x);
        let [nodes, d] = [0, 1].map(|axis| x.layout().shape()[axis]);
        let mut norms = vec![SMALLEST_NORM; nodes];
        if d > 0 {
            let rows = floats_mut(&mut x).par_chunks_exact_mut(d).with_min_len(ROWS_PER_TASK);
            rows.zip(&mut norms).for_each(|(row, found)| {
                let length = match norm {
                    Norm::L1 => sum_of_magnitudes(row),
                    Norm::L2 => dot(row, row).sqrt(),
                };
                // Not `max`, which would make NaN the bound and hide it.
                *found = if length < SMALLEST_NORM { SMALLEST_NORM } else { length };
                let factor = 1.0 / *found;
                row.iter_mut().for_each(|x| *x *= factor);
            });
        }
        ScaledRows { rows: x, norms: tensor(norms, [nodes, 1]) }
    }

    fn scale_rows_backward(
        scaled: ScaledRows<Self>,
        grad: FloatTensor<Self>,
        norm: Norm,
    ) -> FloatTensor<Self> {
        let mut grad = contiguous(grad);
        let d = grad.layout().shape()[1];
        if d == 0 {
            return grad;
        }
        let rows = floats(&scaled.rows).par_chunks_exact(d).zip(floats(&scaled.norms));
        let grads = floats_mut(&mut grad).par_chunks_exact_mut(d).with_min_len(ROWS_PER_TASK);
        grads.zip(rows).for_each(|(grad, (row, length))| {
            let along = dot(grad, row);
            let factor = 1.0 / length;
            // A row whose norm was cut to the bound was multiplied by a constant.
            let along = if *length > SMALLEST_NORM { along } else { 0.0 };
            let pairs = grad.iter_mut().zip(row);
            match norm {
                Norm::L1 => pairs.for_each(|(g, y)| *g = factor * (*g - along * sign(*y))),
                Norm::L2 => pairs.for_each(|(g, y)| *g = factor * (*g - along * y)),
            }
        });
        grad
    }
}

/// −1, 0 or 1.
fn sign(value: f32) -> f32 {
    f32::from(i8::from(value > 0.0)) - f32::from(i8::from(value < 0.0))
}
