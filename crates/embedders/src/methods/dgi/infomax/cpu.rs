//! The loss of DGI on the CPU: three passes over the nodes, two over their copies, the gradient written in place.
//!
//! What is summed over nodes is summed over parts of a fixed number of rows, whose sums are then added in order: the same bits
//! for any number of threads.

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{Bytes, DType};
use burn_flex::{FlexTensor, Layout};
use rayon::prelude::*;
use row_kernels::{add_pairwise, dot, multiversion, weighted_row_sum};

use super::{Infomax, InfomaxBackend};

/// Rows that one task takes, and that a partial sum is over.
const ROWS_PER_TASK: usize = 128;

const LANES: usize = 64;

impl InfomaxBackend for Flex {
    fn infomax(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        slope: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        score_bias: FloatTensor<Self>,
    ) -> Infomax<Self> {
        let [mut x, bias, slope, weight, score_bias] = [x, bias, slope, weight, score_bias].map(contiguous);
        let (rows, width) = (x.layout().shape()[0], x.layout().shape()[1]);
        let nodes = rows / 2;
        let [bias, slope, weight, score_bias] = [&bias, &slope, &weight, &score_bias].map(floats);
        let (start, end) = x.layout().contiguous_offsets().expect("made contiguous");
        let (true_rows, copies) = x.storage_mut::<f32>()[start..end].split_at_mut(nodes * width);
        let part = ROWS_PER_TASK * width;

        let unit = Unit { bias, slope };
        let summary = summary_of(true_rows, unit);
        let direction: Vec<f32> = weight.chunks_exact(width).map(|row| dot(row, &summary)).collect();
        let scorer = Scorer { direction: &direction, bias: score_bias[0] };

        let scored = |rows: &[f32], source| {
            let mut scored =
                Scored { terms: 0.0, grads: vec![0.0; rows.len() / width], sum: vec![0.0; width] };
            score(&mut scored, rows, unit, scorer, source, nodes);
            scored
        };
        let no_mean = vec![0.0f32; width];
        let of_nodes: Vec<Scored> =
            true_rows.par_chunks(part).map(|rows| scored(rows, Source::Node)).collect();
        let of_copies: Vec<(Scored, UnitGradient)> = copies
            .par_chunks_mut(part)
            .map(|rows| {
                let scored = scored(rows, Source::Copy);
                let flow = Flow { direction: &direction, mean: &no_mean };
                let gradient = replaced(rows, &scored.grads, unit, flow);
                (scored, gradient)
            })
            .collect();
        let (of_copies, gradients_of_copies): (Vec<_>, Vec<_>) = of_copies.into_iter().unzip();

        // u = Σ gᵢ hᵢ carries all that flows into W and s.
        let every = || of_nodes.iter().chain(&of_copies);
        let loss = every().map(|scored| scored.terms).sum::<f64>() / nodes as f64;
        let grad_score_bias: f64 =
            every().flat_map(|scored| &scored.grads).map(|grad| f64::from(*grad)).sum();
        let u = total(every().map(|scored| &scored.sum), width);
        let through_mean = through_mean(&u, weight, &summary, nodes);
        let flow = Flow { direction: &direction, mean: &through_mean };
        let gradients: Vec<UnitGradient> = true_rows
            .par_chunks_mut(part)
            .zip(&of_nodes)
            .map(|(rows, scored)| replaced(rows, &scored.grads, unit, flow))
            .collect();
        let every = || gradients.iter().chain(&gradients_of_copies);
        let grad_bias = total(every().map(|gradient| &gradient.bias), width);
        let grad_slope = total(every().map(|gradient| &gradient.slope), width);
        Infomax {
            loss: tensor(vec![loss as f32], &[1]),
            x,
            bias: tensor(grad_bias, &[width]),
            slope: tensor(grad_slope, &[width]),
            weight: tensor(outer_product(&u, &summary), &[width, width]),
            score_bias: tensor(vec![grad_score_bias as f32], &[1]),
        }
    }
}

/// By value, so that the copy that may be made is the only holder of its memory.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    tensor.to_contiguous()
}

fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("made contiguous, and parameters are f32")
}

fn tensor(values: Vec<f32>, dims: &[usize]) -> FlexTensor {
    FlexTensor::new(Bytes::from_elems(values), Layout::contiguous(dims.to_vec().into()), DType::F32)
}

/// The sum of partial sums, in their order.
fn total<T: AsRef<[f32]>>(parts: impl IntoIterator<Item = T>, width: usize) -> Vec<f32> {
    let mut total = vec![0.0f64; width];
    for part in parts {
        total.iter_mut().zip(part.as_ref()).for_each(|(total, part)| *total += f64::from(*part));
    }
    total.into_iter().map(|total| total as f32).collect()
}

/// s = σ(mean of h) over some rows of x.
fn summary_of(rows: &[f32], unit: Unit<'_>) -> Vec<f32> {
    let width = unit.bias.len();
    let nodes = (rows.len() / width) as f32;
    let sums: Vec<Vec<f32>> = rows
        .par_chunks(ROWS_PER_TASK * width)
        .map(|rows| {
            let mut sum = vec![0.0; width];
            add_activated(&mut sum, rows, unit);
            sum
        })
        .collect();
    total(sums, width).into_iter().map(|sum| 1.0 / (1.0 + (-sum / nodes).exp())).collect()
}

/// The gradient that flows into each node's h through the mean: Wᵀ u through σ, divided by the number of nodes.
fn through_mean(u: &[f32], weight: &[f32], summary: &[f32], nodes: usize) -> Vec<f32> {
    let rows: Vec<u32> = (0..u.len() as u32).collect();
    let mut grad_summary = vec![0.0; summary.len()];
    weighted_row_sum(&mut grad_summary, u, &rows, weight);
    let pairs = grad_summary.iter().zip(summary);
    pairs.map(|(grad, s)| grad * s * (1.0 - s) / nodes as f32).collect()
}

fn outer_product(u: &[f32], summary: &[f32]) -> Vec<f32> {
    let mut product = Vec::with_capacity(u.len() * summary.len());
    for u in u {
        product.extend(summary.iter().map(|s| u * s));
    }
    product
}

/// What makes h = PReLU(x + b) of x.
#[derive(Clone, Copy)]
struct Unit<'a> {
    bias: &'a [f32],
    slope: &'a [f32],
}

/// What makes a score h · W s + bias of h.
#[derive(Clone, Copy)]
struct Scorer<'a> {
    /// W s.
    direction: &'a [f32],
    bias: f32,
}

/// What some rows are: the discriminator says yes to nodes and no to corrupted copies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Node,
    Copy,
}

/// What the scores of some rows give: the sum of their terms of n times the loss, the gradient with respect to each score,
/// and Σ gᵢ hᵢ.
struct Scored {
    terms: f64,
    grads: Vec<f32>,
    sum: Vec<f32>,
}

/// What flows into each h: gᵢ times the direction W s, and the same through the mean for every row.
#[derive(Clone, Copy)]
struct Flow<'a> {
    direction: &'a [f32],
    mean: &'a [f32],
}

/// Some rows' part of the gradient with respect to bias and slope.
struct UnitGradient {
    bias: Vec<f32>,
    slope: Vec<f32>,
}

fn replaced(rows: &mut [f32], grads: &[f32], unit: Unit<'_>, flow: Flow<'_>) -> UnitGradient {
    let width = unit.bias.len();
    let mut gradient = UnitGradient { bias: vec![0.0; width], slope: vec![0.0; width] };
    replace_by_gradient(&mut gradient, rows, grads, unit, flow);
    gradient
}

multiversion! {
    /// Adds the activations of rows to a sum, row after row.
    fn add_activated(sum: &mut [f32], rows: &[f32], unit: Unit<'_>) = add_activated_body
}

multiversion! {
    /// Scores rows.
    fn score(scored: &mut Scored, rows: &[f32], unit: Unit<'_>, scorer: Scorer<'_>, source: Source, nodes: usize) = score_body
}

multiversion! {
    /// Writes the gradient with respect to each x in its place.
    fn replace_by_gradient(gradient: &mut UnitGradient, rows: &mut [f32], grads: &[f32], unit: Unit<'_>, flow: Flow<'_>) = replace_body
}

#[inline(always)]
fn activated(x: f32, bias: f32, slope: f32) -> f32 {
    let z = x + bias;
    // So NaN stays NaN.
    if z < 0.0 { slope * z } else { z }
}

#[inline(always)]
fn add_activated_body(sum: &mut [f32], rows: &[f32], unit: Unit<'_>) {
    let width = sum.len();
    let (bias, slope) = (&unit.bias[..width], &unit.slope[..width]);
    for row in rows.chunks_exact(width) {
        for c in 0..width {
            sum[c] += activated(row[c], bias[c], slope[c]);
        }
    }
}

#[inline(always)]
fn score_body(
    scored: &mut Scored,
    rows: &[f32],
    unit: Unit<'_>,
    scorer: Scorer<'_>,
    source: Source,
    nodes: usize,
) {
    let width = scorer.direction.len();
    let (bias, slope) = (&unit.bias[..width], &unit.slope[..width]);
    let sum = &mut scored.sum[..width];
    for (row, grad) in rows.chunks_exact(width).zip(&mut scored.grads) {
        let score = f64::from(activated_dot(row, unit, scorer.direction)) + f64::from(scorer.bias);
        // A term is log(1 + exp(signed)), its derivative σ(signed).
        let signed = if source == Source::Node { -score } else { score };
        let far = (-signed.abs()).exp();
        scored.terms += signed.max(0.0) + far.ln_1p();
        let derivative = if signed > 0.0 { 1.0 } else { far } / (1.0 + far) / nodes as f64;
        *grad = (if source == Source::Node { -derivative } else { derivative }) as f32;
        for c in 0..width {
            sum[c] = grad.mul_add(activated(row[c], bias[c], slope[c]), sum[c]);
        }
    }
}

/// h · v in 64 partial sums that are then added pairwise.
#[inline(always)]
fn activated_dot(row: &[f32], unit: Unit<'_>, direction: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (rows, row_tail) = row.as_chunks::<LANES>();
    let (biases, bias_tail) = unit.bias.as_chunks::<LANES>();
    let (slopes, slope_tail) = unit.slope.as_chunks::<LANES>();
    let (directions, direction_tail) = direction.as_chunks::<LANES>();
    for (((row, bias), slope), direction) in rows.iter().zip(biases).zip(slopes).zip(directions) {
        for lane in 0..LANES {
            sums[lane] = activated(row[lane], bias[lane], slope[lane]).mul_add(direction[lane], sums[lane]);
        }
    }
    for (lane, x) in row_tail.iter().enumerate() {
        sums[lane] =
            activated(*x, bias_tail[lane], slope_tail[lane]).mul_add(direction_tail[lane], sums[lane]);
    }
    add_pairwise(sums)
}

#[inline(always)]
fn replace_body(
    gradient: &mut UnitGradient,
    rows: &mut [f32],
    grads: &[f32],
    unit: Unit<'_>,
    flow: Flow<'_>,
) {
    let width = unit.bias.len();
    let (bias, slope) = (unit.bias, &unit.slope[..width]);
    let (direction, mean) = (&flow.direction[..width], &flow.mean[..width]);
    let (grad_bias, grad_slope) = (&mut gradient.bias[..width], &mut gradient.slope[..width]);
    for (row, grad) in rows.chunks_exact_mut(width).zip(grads) {
        for c in 0..width {
            let z = row[c] + bias[c];
            let flow = grad.mul_add(direction[c], mean[c]);
            let (derivative, negative) = if z < 0.0 { (slope[c], z) } else { (1.0, 0.0) };
            row[c] = flow * derivative;
            grad_bias[c] += row[c];
            grad_slope[c] = flow.mul_add(negative, grad_slope[c]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::numbers::wavy;

    #[test]
    fn the_chosen_versions_and_the_baseline_give_the_same_bits() {
        let width = 203;
        let [bias, slope, direction, mean] = [0.1, 0.2, 0.3, 0.4].map(|phase| wavy(width, phase));
        let unit = Unit { bias: &bias, slope: &slope };
        let flow = Flow { direction: &direction, mean: &mean };
        let scorer = Scorer { direction: &direction, bias: 0.3 };
        let rows = wavy(7 * width, 0.5);

        let (mut chosen, mut baseline) = (vec![0.0; width], vec![0.0; width]);
        add_activated(&mut chosen, &rows, unit);
        add_activated_body(&mut baseline, &rows, unit);
        assert_eq!(chosen, baseline);

        let empty = || Scored { terms: 0.0, grads: vec![0.0; 7], sum: vec![0.0; width] };
        let (mut chosen, mut baseline) = (empty(), empty());
        score(&mut chosen, &rows, unit, scorer, Source::Node, 9);
        score_body(&mut baseline, &rows, unit, scorer, Source::Node, 9);
        assert_eq!(
            (chosen.terms, &chosen.grads, chosen.sum),
            (baseline.terms, &baseline.grads, baseline.sum)
        );

        let grads = chosen.grads;
        let (mut chosen_rows, mut baseline_rows) = (rows.clone(), rows);
        let chosen = replaced(&mut chosen_rows, &grads, unit, flow);
        let mut baseline = UnitGradient { bias: vec![0.0; width], slope: vec![0.0; width] };
        replace_body(&mut baseline, &mut baseline_rows, &grads, unit, flow);
        assert_eq!(chosen_rows, baseline_rows);
        assert_eq!((chosen.bias, chosen.slope), (baseline.bias, baseline.slope));
    }
}
