//! Batch norm and PReLU on the CPU: three passes forward, two backward.
//!
//! Sums over nodes are sums over parts of a fixed number of rows, which are then added in order: the same bits for any number of
//! threads.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use rayon::prelude::*;
use row_kernels::multiversion;

use super::{BatchNormPreluBackend, EPSILON, Normed, NormedGradients, NormedInputs};
use crate::ops::flex::{contiguous, floats, floats_mut, tensor};

/// Rows that one task takes, and that a partial sum is over.
const ROWS_PER_TASK: usize = 128;

impl BatchNormPreluBackend for Flex {
    fn batch_norm_prelu(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        slope: FloatTensor<Self>,
    ) -> Normed<Self> {
        let [mut x, scale, shift, slope] = [x, scale, shift, slope].map(contiguous);
        let (nodes, width) = (x.layout().shape()[0], x.layout().shape()[1]);
        let part = (ROWS_PER_TASK * width).max(1);

        let sums = floats(&x).par_chunks(part).map(|rows| sum_of(rows, width));
        let mean = total(sums.collect::<Vec<_>>(), width, 1.0 / nodes as f64);
        let mean: Vec<f32> = mean.into_iter().map(|mean| mean as f32).collect();
        let squares = floats(&x).par_chunks(part).map(|rows| squares_of(rows, &mean));
        let variance = total(squares.collect::<Vec<_>>(), width, 1.0 / nodes as f64);
        let inverse =
            variance.into_iter().map(|variance| (1.0 / (variance + f64::from(EPSILON)).sqrt()) as f32);
        let inverse: Vec<f32> = inverse.collect();
        let unit = Unit {
            mean: &mean,
            inverse: &inverse,
            scale: floats(&scale),
            shift: floats(&shift),
            slope: floats(&slope)[0],
        };
        // In place where nobody else holds x: no gradient will ask for it then.
        floats_mut(&mut x).par_chunks_mut(part).for_each(|rows| apply(rows, unit));
        Normed { output: x, mean: tensor(mean, [width]), inverse_deviation: tensor(inverse, [width]) }
    }

    fn batch_norm_prelu_backward(
        inputs: NormedInputs<Self>,
        grad: FloatTensor<Self>,
    ) -> NormedGradients<Self> {
        let [x, mut grad] = [inputs.x, grad].map(contiguous);
        let [scale, shift, slope, mean, inverse] =
            [inputs.scale, inputs.shift, inputs.slope, inputs.mean, inputs.inverse_deviation].map(contiguous);
        let (nodes, width) = (x.layout().shape()[0], x.layout().shape()[1]);
        let part = (ROWS_PER_TASK * width).max(1);
        let unit = Unit {
            mean: floats(&mean),
            inverse: floats(&inverse),
            scale: floats(&scale),
            shift: floats(&shift),
            slope: floats(&slope)[0],
        };
        let parts = || floats(&x).par_chunks(part);
        let sums: Vec<Sums> = floats_mut(&mut grad)
            .par_chunks_mut(part)
            .zip(parts())
            .map(|(grads, rows)| {
                let zeros = || vec![0.0; width];
                let mut sums = Sums { scale: zeros(), shift: zeros(), slope: zeros() };
                through_prelu(&mut sums, grads, rows, unit);
                sums
            })
            .collect();
        let of_scale = total(sums.iter().map(|sums| &sums.scale), width, 1.0);
        let of_shift = total(sums.iter().map(|sums| &sums.shift), width, 1.0);
        let of_slope: f64 = total(sums.iter().map(|sums| &sums.slope), width, 1.0).iter().sum();
        let means =
            |sums: &[f64]| -> Vec<f32> { sums.iter().map(|sum| (sum / nodes as f64) as f32).collect() };
        let (along, mean_grad) = (means(&of_scale), means(&of_shift));
        floats_mut(&mut grad)
            .par_chunks_mut(part)
            .zip(parts())
            .for_each(|(grads, rows)| through_norm(grads, rows, unit, &along, &mean_grad));
        let row = |sums: Vec<f64>| tensor(sums.into_iter().map(|sum| sum as f32).collect(), [width]);
        NormedGradients {
            x: grad,
            scale: row(of_scale),
            shift: row(of_shift),
            slope: tensor(vec![of_slope as f32], [1]),
        }
    }
}

/// A factor times the sum of partial sums, in their order.
fn total<T: AsRef<[f32]>>(parts: impl IntoIterator<Item = T>, width: usize, factor: f64) -> Vec<f64> {
    let mut total = vec![0.0f64; width];
    for part in parts {
        total.iter_mut().zip(part.as_ref()).for_each(|(total, part)| *total += f64::from(*part));
    }
    total.iter_mut().for_each(|total| *total *= factor);
    total
}

/// What makes y of x, for each column.
#[derive(Clone, Copy)]
struct Unit<'a> {
    mean: &'a [f32],
    inverse: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    slope: f32,
}

/// Some rows' part of the gradients, for each column.
struct Sums {
    scale: Vec<f32>,
    shift: Vec<f32>,
    slope: Vec<f32>,
}

fn sum_of(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0f32; width];
    for row in rows.chunks_exact(width.max(1)) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    sums
}

fn squares_of(rows: &[f32], mean: &[f32]) -> Vec<f32> {
    let mut sums = vec![0.0f32; mean.len()];
    add_squares(&mut sums, rows, mean);
    sums
}

multiversion! {
    /// Adds the squared distances from the mean, row after row.
    fn add_squares(sums: &mut [f32], rows: &[f32], mean: &[f32]) = add_squares_body
}

multiversion! {
    /// Replaces each x by its y.
    fn apply(rows: &mut [f32], unit: Unit<'_>) = apply_body
}

multiversion! {
    /// Takes the gradient back through PReLU, in place, and adds up what the parameters get of it.
    fn through_prelu(sums: &mut Sums, grads: &mut [f32], rows: &[f32], unit: Unit<'_>) = through_prelu_body
}

multiversion! {
    /// Takes the gradient back through the norm, in place.
    fn through_norm(grads: &mut [f32], rows: &[f32], unit: Unit<'_>, along: &[f32], mean_grad: &[f32]) = through_norm_body
}

#[inline(always)]
fn add_squares_body(sums: &mut [f32], rows: &[f32], mean: &[f32]) {
    let width = sums.len();
    for row in rows.chunks_exact(width.max(1)) {
        for c in 0..width {
            let centered = row[c] - mean[c];
            sums[c] = centered.mul_add(centered, sums[c]);
        }
    }
}

#[inline(always)]
fn apply_body(rows: &mut [f32], unit: Unit<'_>) {
    let width = unit.mean.len();
    let (mean, inverse) = (unit.mean, &unit.inverse[..width]);
    let (scale, shift) = (&unit.scale[..width], &unit.shift[..width]);
    for row in rows.chunks_exact_mut(width.max(1)) {
        for c in 0..width {
            let sum = ((row[c] - mean[c]) * inverse[c]).mul_add(scale[c], shift[c]);
            // So NaN stays NaN.
            row[c] = if sum < 0.0 { unit.slope * sum } else { sum };
        }
    }
}

#[inline(always)]
fn through_prelu_body(sums: &mut Sums, grads: &mut [f32], rows: &[f32], unit: Unit<'_>) {
    let width = unit.mean.len();
    let (mean, inverse) = (unit.mean, &unit.inverse[..width]);
    let (scale, shift) = (&unit.scale[..width], &unit.shift[..width]);
    let (of_scale, of_shift) = (&mut sums.scale[..width], &mut sums.shift[..width]);
    let of_slope = &mut sums.slope[..width];
    for (grad, row) in grads.chunks_exact_mut(width.max(1)).zip(rows.chunks_exact(width.max(1))) {
        for c in 0..width {
            let x = (row[c] - mean[c]) * inverse[c];
            let sum = x.mul_add(scale[c], shift[c]);
            let below = if sum < 0.0 { sum } else { 0.0 };
            of_slope[c] = grad[c].mul_add(below, of_slope[c]);
            let through = grad[c] * if sum < 0.0 { unit.slope } else { 1.0 };
            grad[c] = through;
            of_shift[c] += through;
            of_scale[c] = through.mul_add(x, of_scale[c]);
        }
    }
}

#[inline(always)]
fn through_norm_body(grads: &mut [f32], rows: &[f32], unit: Unit<'_>, along: &[f32], mean_grad: &[f32]) {
    let width = unit.mean.len();
    let (mean, inverse, scale) = (unit.mean, &unit.inverse[..width], &unit.scale[..width]);
    let (along, mean_grad) = (&along[..width], &mean_grad[..width]);
    for (grad, row) in grads.chunks_exact_mut(width.max(1)).zip(rows.chunks_exact(width.max(1))) {
        for c in 0..width {
            let x = (row[c] - mean[c]) * inverse[c];
            let centered = x.mul_add(-along[c], grad[c] - mean_grad[c]);
            grad[c] = centered * (inverse[c] * scale[c]);
        }
    }
}
