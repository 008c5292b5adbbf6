//! Graph attention as CubeCL kernels: one unit a head of a row or column, or an element of the output; sums in the order of
//! the row or column.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;
use cubecl::prelude::*;

use super::{Attended, GatBackend, GatGradients, GatState};
use crate::ops::attention::AttentionSettings;
use crate::ops::attention::cube::{LOWEST, Mask, dot, dropout_factor, leaky, leaky_slope, weight_of};
use crate::ops::cube::{Launch, empty, operand};
use crate::sparse::PatternTensors;

#[cube(launch_unchecked)]
fn gat_statistics_kernel(
    row_ptr: &[i32],
    columns: &[i32],
    targets: &[f32],
    sources: &[f32],
    statistics: &mut [f32],
    heads: u32,
    slope: f32,
    total: u32,
    stride: u32,
) {
    let mut position = ABSOLUTE_POS as u32;
    while position < total {
        let row = position / heads;
        let head = position % heads;
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let target = targets[position as usize];
        let mut largest = f32::new(LOWEST);
        for entry in begin..end {
            let source = sources[(columns[entry as usize] as u32 * heads + head) as usize];
            let score = leaky(target + source, slope);
            largest = select(score > largest, score, largest);
        }
        let mut sum = f32::new(0.0);
        for entry in begin..end {
            let source = sources[(columns[entry as usize] as u32 * heads + head) as usize];
            sum += (leaky(target + source, slope) - largest).exp();
        }
        let of_row = row * 2 * heads + head;
        statistics[of_row as usize] = largest;
        statistics[(of_row + heads) as usize] = f32::new(1.0) / sum;
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn gat_output_kernel(
    row_ptr: &[i32],
    columns: &[i32],
    x: &[f32],
    targets: &[f32],
    sources: &[f32],
    statistics: &[f32],
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
        let row = position / width;
        let c = position % width;
        let head = c / (width / heads);
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let target = targets[(row * heads + head) as usize];
        let mut sum = f32::new(0.0);
        for entry in begin..end {
            let column = columns[entry as usize] as u32;
            let score = leaky(target + sources[(column * heads + head) as usize], slope);
            let mut weight = weight_of(score, statistics, row, head, heads);
            if comptime!(drops) {
                weight *= dropout_factor(row, column, head, key, threshold, scale);
            }
            sum += weight * x[(column * width + c) as usize];
        }
        output[position as usize] = sum;
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn gat_back_to_rows_kernel(
    row_ptr: &[i32],
    columns: &[i32],
    x: &[f32],
    targets: &[f32],
    sources: &[f32],
    statistics: &[f32],
    grad: &[f32],
    means: &mut [f32],
    gradient: &mut [f32],
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
        let begin = row_ptr[row as usize] as u32;
        let end = row_ptr[row as usize + 1] as u32;
        let target = targets[position as usize];
        let mut mean = f32::new(0.0);
        for entry in begin..end {
            let column = columns[entry as usize] as u32;
            let score = leaky(target + sources[(column * heads + head) as usize], slope);
            let mut of_weight = dot(grad, row * width + head * d, x, column * width + head * d, d);
            if comptime!(drops) {
                of_weight *= dropout_factor(row, column, head, key, threshold, scale);
            }
            mean += weight_of(score, statistics, row, head, heads) * of_weight;
        }
        let mut sum = f32::new(0.0);
        for entry in begin..end {
            let column = columns[entry as usize] as u32;
            let before = target + sources[(column * heads + head) as usize];
            let weight = weight_of(leaky(before, slope), statistics, row, head, heads);
            let mut of_weight = dot(grad, row * width + head * d, x, column * width + head * d, d);
            if comptime!(drops) {
                of_weight *= dropout_factor(row, column, head, key, threshold, scale);
            }
            sum += weight * (of_weight - mean) * leaky_slope(before, slope);
        }
        means[position as usize] = mean;
        gradient[position as usize] = sum;
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn gat_back_to_x_kernel(
    column_ptr: &[i32],
    rows: &[i32],
    targets: &[f32],
    sources: &[f32],
    statistics: &[f32],
    grad: &[f32],
    gradient: &mut [f32],
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
        let column = position / width;
        let c = position % width;
        let head = c / (width / heads);
        let begin = column_ptr[column as usize] as u32;
        let end = column_ptr[column as usize + 1] as u32;
        let source = sources[(column * heads + head) as usize];
        let mut sum = f32::new(0.0);
        for place in begin..end {
            let row = rows[place as usize] as u32;
            let score = leaky(targets[(row * heads + head) as usize] + source, slope);
            let mut weight = weight_of(score, statistics, row, head, heads);
            if comptime!(drops) {
                weight *= dropout_factor(row, column, head, key, threshold, scale);
            }
            sum += weight * grad[(row * width + c) as usize];
        }
        gradient[position as usize] = sum;
        position += stride;
    }
}

#[cube(launch_unchecked)]
fn gat_back_to_sources_kernel(
    column_ptr: &[i32],
    rows: &[i32],
    x: &[f32],
    targets: &[f32],
    sources: &[f32],
    statistics: &[f32],
    means: &[f32],
    grad: &[f32],
    gradient: &mut [f32],
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
        let begin = column_ptr[column as usize] as u32;
        let end = column_ptr[column as usize + 1] as u32;
        let source = sources[position as usize];
        let mut sum = f32::new(0.0);
        for place in begin..end {
            let row = rows[place as usize] as u32;
            let before = targets[(row * heads + head) as usize] + source;
            let weight = weight_of(leaky(before, slope), statistics, row, head, heads);
            let mut of_weight = dot(grad, row * width + head * d, x, column * width + head * d, d);
            if comptime!(drops) {
                of_weight *= dropout_factor(row, column, head, key, threshold, scale);
            }
            let of_score = weight * (of_weight - means[(row * heads + head) as usize]);
            sum += of_score * leaky_slope(before, slope);
        }
        gradient[position as usize] = sum;
        position += stride;
    }
}

impl GatBackend for CubeBackend {
    fn gat(
        pattern: PatternTensors<Self>,
        x: FloatTensor<Self>,
        target_scores: FloatTensor<Self>,
        source_scores: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Attended<Self> {
        let x = operand(x);
        let (targets, sources) = (operand(target_scores), operand(source_scores));
        let (rows, heads, width) = (targets.shape()[0], targets.shape()[1], x.shape()[1]);
        let slope = settings.negative_slope as f32;
        let Mask { drops, key, threshold, scale } = Mask::new(&settings.dropout);

        let statistics = empty(&x, [rows, 2 * heads]);
        let launch = Launch::over(rows * heads);
        // SAFETY: every index was checked when the pattern was built, and no unit passes `total`.
        unsafe {
            gat_statistics_kernel::launch_unchecked(
                &x.client,
                launch.count,
                launch.dim,
                pattern.row_ptr.clone().into_buffer_arg(),
                pattern.columns.clone().into_buffer_arg(),
                targets.clone().into_buffer_arg(),
                sources.clone().into_buffer_arg(),
                statistics.clone().into_buffer_arg(),
                heads as u32,
                slope,
                launch.total,
                launch.stride,
            );
        }
        let output = empty(&x, [rows, width]);
        let launch = Launch::over(rows * width);
        // SAFETY: as above.
        unsafe {
            gat_output_kernel::launch_unchecked(
                &output.client,
                launch.count,
                launch.dim,
                pattern.row_ptr.into_buffer_arg(),
                pattern.columns.into_buffer_arg(),
                x.into_buffer_arg(),
                targets.into_buffer_arg(),
                sources.into_buffer_arg(),
                statistics.clone().into_buffer_arg(),
                output.clone().into_buffer_arg(),
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
        Attended { output, statistics }
    }

    fn gat_backward(
        pattern: PatternTensors<Self>,
        state: GatState<Self>,
        grad: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> GatGradients<Self> {
        let (x, grad, statistics) = (operand(state.x), operand(grad), state.statistics);
        let targets = operand(state.target_scores);
        let sources = operand(state.source_scores);
        let (rows, heads) = (targets.shape()[0], targets.shape()[1]);
        let (columns, width) = (x.shape()[0], x.shape()[1]);
        let slope = settings.negative_slope as f32;
        let Mask { drops, key, threshold, scale } = Mask::new(&settings.dropout);

        let (means, of_targets) = (empty(&x, [rows, heads]), empty(&x, [rows, heads]));
        let launch = Launch::over(rows * heads);
        // SAFETY: every index was checked when the pattern was built, and no unit passes `total`.
        unsafe {
            gat_back_to_rows_kernel::launch_unchecked(
                &x.client,
                launch.count,
                launch.dim,
                pattern.row_ptr.into_buffer_arg(),
                pattern.columns.into_buffer_arg(),
                x.clone().into_buffer_arg(),
                targets.clone().into_buffer_arg(),
                sources.clone().into_buffer_arg(),
                statistics.clone().into_buffer_arg(),
                grad.clone().into_buffer_arg(),
                means.clone().into_buffer_arg(),
                of_targets.clone().into_buffer_arg(),
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
        let of_x = empty(&x, [columns, width]);
        let launch = Launch::over(columns * width);
        // SAFETY: as above.
        unsafe {
            gat_back_to_x_kernel::launch_unchecked(
                &x.client,
                launch.count,
                launch.dim,
                pattern.column_ptr.clone().into_buffer_arg(),
                pattern.rows.clone().into_buffer_arg(),
                targets.clone().into_buffer_arg(),
                sources.clone().into_buffer_arg(),
                statistics.clone().into_buffer_arg(),
                grad.clone().into_buffer_arg(),
                of_x.clone().into_buffer_arg(),
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
        let of_sources = empty(&x, [columns, heads]);
        let launch = Launch::over(columns * heads);
        // SAFETY: as above.
        unsafe {
            gat_back_to_sources_kernel::launch_unchecked(
                &of_x.client,
                launch.count,
                launch.dim,
                pattern.column_ptr.into_buffer_arg(),
                pattern.rows.into_buffer_arg(),
                x.into_buffer_arg(),
                targets.into_buffer_arg(),
                sources.into_buffer_arg(),
                statistics.into_buffer_arg(),
                means.into_buffer_arg(),
                grad.into_buffer_arg(),
                of_sources.clone().into_buffer_arg(),
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
        GatGradients { x: of_x, target_scores: of_targets, source_scores: of_sources }
    }
}
