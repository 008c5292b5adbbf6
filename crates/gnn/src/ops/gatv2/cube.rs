//! Graph attention of the second kind as CubeCL kernels: one unit a head of a row or column, which alone writes that part of
//! a row; sums in the order of the row or column.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use cubecl::prelude::*;

use super::{Gatv2Backend, Gatv2Gradients, Gatv2State};
use crate::ops::attention::AttentionSettings;
use crate::ops::attention::cube::{LOWEST, Mask, dot, dropout_factor, leaky, leaky_slope, weight_of};
use crate::ops::cube::{Launch, empty, operand};
use crate::ops::gat::Attended;
use crate::sparse::PatternTensors;

/// `Σ_c att[head, c] · leaky(target[of_target + c] + source[of_source + c])`.
#[cube]
fn score_of(
    target: &[f32],
    of_target: u32,
    source: &[f32],
    of_source: u32,
    att: &[f32],
    head: u32,
    d: u32,
    slope: f32,
) -> f32 {
    let mut sum = f32::new(0.0);
    for c in 0..d {
        let before = target[(of_target + c) as usize] + source[(of_source + c) as usize];
        sum += att[(head * d + c) as usize] * leaky(before, slope);
    }
    sum
}

#[cube(launch_unchecked)]
fn gatv2_kernel(
    row_ptr: &[i32],
    columns: &[i32],
    target: &[f32],
    source: &[f32],
    att: &[f32],
    statistics: &mut [f32],
    output: &mut [f32],
    width: u32,
    heads: u32,
    slope: f32,
    key: u32,
    threshold: u32,
    scale: f32,
    total: u32,
    stride: u32,
    #[comptime] drops: bool,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / heads;
        let head = position % heads;
        let d = width / heads;
        let own = row * width + head * d;
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let mut largest = f32::new(LOWEST);
        for entry in begin..end {
            let other = columns[entry as usize] as u32 * width + head * d;
            let score = score_of(target, own, source, other, att, head, d, slope);
            largest = select(score > largest, score, largest);
        }
        for c in 0..d {
            output[(own + c) as usize] = f32::new(0.0);
        }
        let mut sum = f32::new(0.0);
        for entry in begin..end {
            let column = columns[entry as usize] as u32;
            let other = column * width + head * d;
            let score = score_of(target, own, source, other, att, head, d, slope);
            let mut weight = (score - largest).exp();
            sum += weight;
            if comptime!(drops) {
                weight *= dropout_factor(row, column, head, key, threshold, scale);
            }
            for c in 0..d {
                output[(own + c) as usize] += weight * source[(other + c) as usize];
            }
        }
        let inverse_sum = f32::new(1.0) / sum;
        if end > begin {
            for c in 0..d {
                output[(own + c) as usize] *= inverse_sum;
            }
        }
        let of_row = row * 2 * heads + head;
        statistics[of_row as usize] = largest;
        statistics[(of_row + heads) as usize] = inverse_sum;
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn gatv2_back_to_rows_kernel(
    row_ptr: &[i32],
    columns: &[i32],
    target: &[f32],
    source: &[f32],
    att: &[f32],
    statistics: &[f32],
    grad: &[f32],
    means: &mut [f32],
    of_target: &mut [f32],
    of_att: &mut [f32],
    width: u32,
    heads: u32,
    slope: f32,
    key: u32,
    threshold: u32,
    scale: f32,
    total: u32,
    stride: u32,
    #[comptime] drops: bool,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / heads;
        let head = position % heads;
        let d = width / heads;
        let own = row * width + head * d;
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let mut mean = f32::new(0.0);
        for entry in begin..end {
            let column = columns[entry as usize] as u32;
            let other = column * width + head * d;
            let score = score_of(target, own, source, other, att, head, d, slope);
            let mut of_weight = dot(grad, own, source, other, d);
            if comptime!(drops) {
                of_weight *= dropout_factor(row, column, head, key, threshold, scale);
            }
            mean += weight_of(score, statistics, row, head, heads) * of_weight;
        }
        means[position as usize] = mean;
        for c in 0..d {
            of_target[(own + c) as usize] = f32::new(0.0);
            of_att[(own + c) as usize] = f32::new(0.0);
        }
        for entry in begin..end {
            let column = columns[entry as usize] as u32;
            let other = column * width + head * d;
            let score = score_of(target, own, source, other, att, head, d, slope);
            let mut of_weight = dot(grad, own, source, other, d);
            if comptime!(drops) {
                of_weight *= dropout_factor(row, column, head, key, threshold, scale);
            }
            let of_score = weight_of(score, statistics, row, head, heads) * (of_weight - mean);
            for c in 0..d {
                let before = target[(own + c) as usize] + source[(other + c) as usize];
                let a = att[(head * d + c) as usize];
                of_target[(own + c) as usize] += of_score * a * leaky_slope(before, slope);
                of_att[(own + c) as usize] += of_score * leaky(before, slope);
            }
        }
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn gatv2_back_to_columns_kernel(
    column_ptr: &[i32],
    rows: &[i32],
    target: &[f32],
    source: &[f32],
    att: &[f32],
    statistics: &[f32],
    means: &[f32],
    grad: &[f32],
    of_source: &mut [f32],
    width: u32,
    heads: u32,
    slope: f32,
    key: u32,
    threshold: u32,
    scale: f32,
    total: u32,
    stride: u32,
    #[comptime] drops: bool,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let column = position / heads;
        let head = position % heads;
        let d = width / heads;
        let own = column * width + head * d;
        let begin = column_ptr[column as usize] as u32;
        let end = column_ptr[column as usize + 1] as u32;
        for c in 0..d {
            of_source[(own + c) as usize] = f32::new(0.0);
        }
        for place in begin..end {
            let row = rows[place as usize] as u32;
            let other = row * width + head * d;
            let score = score_of(target, other, source, own, att, head, d, slope);
            let weight = weight_of(score, statistics, row, head, heads);
            let mut kept = weight;
            let mut of_weight = dot(grad, other, source, own, d);
            if comptime!(drops) {
                let factor = dropout_factor(row, column, head, key, threshold, scale);
                kept *= factor;
                of_weight *= factor;
            }
            let of_score = weight * (of_weight - means[(row * heads + head) as usize]);
            for c in 0..d {
                let before = target[(other + c) as usize] + source[(own + c) as usize];
                let a = att[(head * d + c) as usize];
                of_source[(own + c) as usize] +=
                    kept * grad[(other + c) as usize] + of_score * a * leaky_slope(before, slope);
            }
        }
        position += stride;
    }
}

impl Gatv2Backend for CubeBackend {
    fn gatv2(
        pattern: PatternTensors<Self>,
        target: FloatTensor<Self>,
        source: FloatTensor<Self>,
        att: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Attended<Self> {
        let (target, source, att) = (operand(target), operand(source), operand(att));
        let (rows, width, heads) = (target.shape()[0], target.shape()[1], att.shape()[0]);
        let Mask { drops, key, threshold, scale } = Mask::new(&settings.dropout);
        let (output, statistics) = (empty(&target, [rows, width]), empty(&target, [rows, 2 * heads]));
        let launch = Launch::over(rows * heads);
        // SAFETY: every index was checked when the pattern was built, and no unit passes `total`.
        unsafe {
            gatv2_kernel::launch_unchecked(
                &output.client,
                launch.count,
                launch.dim,
                pattern.row_ptr.into_buffer_arg(),
                pattern.columns.into_buffer_arg(),
                target.into_buffer_arg(),
                source.into_buffer_arg(),
                att.into_buffer_arg(),
                statistics.clone().into_buffer_arg(),
                output.clone().into_buffer_arg(),
                width as u32,
                heads as u32,
                settings.negative_slope as f32,
                key,
                threshold,
                scale,
                launch.total,
                launch.stride,
                drops,
            );
        }
        Attended { output, statistics }
    }

    fn gatv2_backward(
        pattern: PatternTensors<Self>,
        state: Gatv2State<Self>,
        grad: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Gatv2Gradients<Self> {
        let (target, source) = (operand(state.target), operand(state.source));
        let (att, grad, statistics) = (operand(state.att), operand(grad), state.statistics);
        let (rows, columns) = (target.shape()[0], source.shape()[0]);
        let (width, heads) = (target.shape()[1], att.shape()[0]);
        let slope = settings.negative_slope as f32;
        let Mask { drops, key, threshold, scale } = Mask::new(&settings.dropout);

        let means = empty(&target, [rows, heads]);
        let (of_target, of_att) = (empty(&target, [rows, width]), empty(&target, [rows, width]));
        let launch = Launch::over(rows * heads);
        // SAFETY: every index was checked when the pattern was built, and no unit passes `total`.
        unsafe {
            gatv2_back_to_rows_kernel::launch_unchecked(
                &target.client,
                launch.count,
                launch.dim,
                pattern.row_ptr.into_buffer_arg(),
                pattern.columns.into_buffer_arg(),
                target.clone().into_buffer_arg(),
                source.clone().into_buffer_arg(),
                att.clone().into_buffer_arg(),
                statistics.clone().into_buffer_arg(),
                grad.clone().into_buffer_arg(),
                means.clone().into_buffer_arg(),
                of_target.clone().into_buffer_arg(),
                of_att.clone().into_buffer_arg(),
                width as u32,
                heads as u32,
                slope,
                key,
                threshold,
                scale,
                launch.total,
                launch.stride,
                drops,
            );
        }
        let of_source = empty(&source, [columns, width]);
        let launch = Launch::over(columns * heads);
        // SAFETY: as above.
        unsafe {
            gatv2_back_to_columns_kernel::launch_unchecked(
                &of_source.client,
                launch.count,
                launch.dim,
                pattern.column_ptr.into_buffer_arg(),
                pattern.rows.into_buffer_arg(),
                target.into_buffer_arg(),
                source.into_buffer_arg(),
                att.into_buffer_arg(),
                statistics.into_buffer_arg(),
                means.into_buffer_arg(),
                grad.into_buffer_arg(),
                of_source.clone().into_buffer_arg(),
                width as u32,
                heads as u32,
                slope,
                key,
                threshold,
                scale,
                launch.total,
                launch.stride,
                drops,
            );
        }
        let of_att = Self::float_reshape(Self::float_sum_dim(of_att, 0), [heads, width / heads].into());
        Gatv2Gradients { target: of_target, source: of_source, att: of_att }
    }
}
