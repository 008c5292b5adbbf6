//! Scores through a leaky ReLU, f(x) = x for x > 0, else slope · x: what graph attention compares nodes with.

use crate::heads::{by_width, check_heads, in_lanes, pairwise};
use crate::multiversion::multiversion;
use crate::softmax::{group, in_groups};

multiversion! {
    /// Scores `out[e, h] = f(fixed[h] + source[rows[e], h])`; `out` is `[rows, heads]`.
    ///
    /// # Panics
    /// If lengths do not fit each other or a row lies outside `source`.
    pub fn leaky_sums(out: &mut [f32], fixed: &[f32], rows: &[u32], source: &[f32], slope: f32) = sums
}

multiversion! {
    /// Back through [`leaky_sums`]: `out[h] += Σₑ weights[e, h] · f′`, with f′ told from the sign of `scores`, both `[rows, heads]`;
    /// the sum is taken from zero and then added.
    ///
    /// # Panics
    /// If lengths do not fit each other.
    pub fn add_leaky_slopes(out: &mut [f32], weights: &[f32], scores: &[f32], slope: f32) = add_slopes
}

/// A node that is compared with others, by heads: the score of a row x is `Σ_d a[h, d] · f(fixed[h, d] + x[h, d])`.
#[derive(Clone, Copy, Debug)]
pub struct LeakyScore<'a> {
    /// What weighs the columns, `[heads, d]`.
    pub a: &'a [f32],
    /// The node's own row, `[heads, d]`.
    pub fixed: &'a [f32],
    /// f's slope below zero.
    pub slope: f32,
    /// Number of heads.
    pub heads: usize,
}

multiversion! {
    /// Scores `out[e, h]` of the rows `source[rows[e]]`, each `[heads, d]`; `out` is `[rows, heads]`.
    ///
    /// # Panics
    /// If lengths do not fit each other or a row lies outside `source`.
    pub fn leaky_dots(out: &mut [f32], score: &LeakyScore<'_>, rows: &[u32], source: &[f32]) = dots
}

multiversion! {
    /// Back through [`leaky_dots`] to either row: `out[h, :] += a[h, :] · Σₑ weights[e, h] · f′(fixed[h, :] + source[rows[e], h, :])`.
    ///
    /// `out` is `[heads, d]`, `weights` `[rows, heads]`; the sum is taken from zero and then added.
    ///
    /// # Panics
    /// If lengths do not fit each other or a row lies outside `source`.
    pub fn add_leaky_slope_rows(
        out: &mut [f32], weights: &[f32], score: &LeakyScore<'_>, rows: &[u32], source: &[f32],
    ) = add_slope_rows
}

multiversion! {
    /// Back through [`leaky_dots`] to a: `out[h, :] += Σₑ weights[e, h] · f(fixed[h, :] + source[rows[e], h, :])`.
    ///
    /// `out` is `[heads, d]`, `weights` `[rows, heads]`; the sum is taken from zero and then added.
    ///
    /// # Panics
    /// If lengths do not fit each other or a row lies outside `source`.
    pub fn add_leaky_rows(
        out: &mut [f32], weights: &[f32], score: &LeakyScore<'_>, rows: &[u32], source: &[f32],
    ) = add_rows
}

#[inline(always)]
fn derivative(x: f32, slope: f32) -> f32 {
    if x > 0.0 { 1.0 } else { slope }
}

#[inline(always)]
fn leaky(x: f32, slope: f32) -> f32 {
    x * derivative(x, slope)
}

#[inline(always)]
fn sums(out: &mut [f32], fixed: &[f32], rows: &[u32], source: &[f32], slope: f32) {
    let heads = fixed.len();
    check_heads(heads, out.len(), rows.len(), heads);
    in_groups!(heads, first, LANES => {
        let fixed: [f32; LANES] = group(fixed, first);
        for (out, row) in out.chunks_exact_mut(heads).zip(rows) {
            let source: [f32; LANES] = group(source, *row as usize * heads + first);
            let out = &mut out[first..first + LANES];
            for lane in 0..LANES {
                out[lane] = leaky(fixed[lane] + source[lane], slope);
            }
        }
    });
}

#[inline(always)]
fn add_slopes(out: &mut [f32], weights: &[f32], scores: &[f32], slope: f32) {
    let heads = out.len();
    assert_eq!(weights.len(), scores.len(), "leaky ReLU: as many weights as scores");
    in_groups!(heads, first, LANES => {
        let mut sums = [0.0f32; LANES];
        for (weights, scores) in weights.chunks_exact(heads).zip(scores.chunks_exact(heads)) {
            let (weights, scores): ([f32; LANES], [f32; LANES]) = (group(weights, first), group(scores, first));
            for lane in 0..LANES {
                sums[lane] = weights[lane].mul_add(derivative(scores[lane], slope), sums[lane]);
            }
        }
        for lane in 0..LANES {
            out[first + lane] += sums[lane];
        }
    });
}

#[inline(always)]
fn dots(out: &mut [f32], score: &LeakyScore<'_>, rows: &[u32], source: &[f32]) {
    check_heads(score.a.len(), out.len(), rows.len(), score.heads);
    assert_eq!(score.a.len(), score.fixed.len(), "leaky ReLU: rows of different lengths");
    by_width!(score.a.len() / score.heads, 32, dots_of(out, score, rows, source));
}

/// Each dot product in `LANES` partial sums that are then added pairwise.
#[inline(always)]
fn dots_of<const D: usize, const LANES: usize>(
    out: &mut [f32],
    score: &LeakyScore<'_>,
    rows: &[u32],
    source: &[f32],
) {
    let &LeakyScore { a, fixed, slope, heads } = score;
    let d = if D > 0 { D } else { a.len() / heads };
    let width = heads * d;
    for (out, row) in out.chunks_exact_mut(heads).zip(rows) {
        let row = &source[*row as usize * width..][..width];
        let of_heads = a.chunks_exact(d).zip(fixed.chunks_exact(d)).zip(row.chunks_exact(d));
        for (out, ((a, fixed), row)) in out.iter_mut().zip(of_heads) {
            let (a, a_rest) = a.as_chunks::<LANES>();
            let (fixed, fixed_rest) = fixed.as_chunks::<LANES>();
            let (row, row_rest) = row.as_chunks::<LANES>();
            let mut sums = [0.0f32; LANES];
            for ((a, fixed), row) in a.iter().zip(fixed).zip(row) {
                for lane in 0..LANES {
                    sums[lane] = a[lane].mul_add(leaky(fixed[lane] + row[lane], slope), sums[lane]);
                }
            }
            for (lane, ((a, fixed), row)) in a_rest.iter().zip(fixed_rest).zip(row_rest).enumerate() {
                sums[lane] = a.mul_add(leaky(fixed + row, slope), sums[lane]);
            }
            *out = pairwise(sums);
        }
    }
}

#[inline(always)]
fn add_slope_rows(out: &mut [f32], weights: &[f32], score: &LeakyScore<'_>, rows: &[u32], source: &[f32]) {
    let slope = score.slope;
    let add = |out: &mut f32, a: f32, sum: f32| *out = a.mul_add(sum, *out);
    add_each(out, weights, score, rows, source, |x| derivative(x, slope), add);
}

#[inline(always)]
fn add_rows(out: &mut [f32], weights: &[f32], score: &LeakyScore<'_>, rows: &[u32], source: &[f32]) {
    let slope = score.slope;
    let add = |out: &mut f32, _: f32, sum: f32| *out += sum;
    add_each(out, weights, score, rows, source, |x| leaky(x, slope), add);
}

/// Sums f of each column, and hands each sum to `add` with the column's `a`.
#[inline(always)]
fn add_each(
    out: &mut [f32],
    weights: &[f32],
    score: &LeakyScore<'_>,
    rows: &[u32],
    source: &[f32],
    f: impl Fn(f32) -> f32,
    add: impl Fn(&mut f32, f32, f32),
) {
    let &LeakyScore { a, fixed, heads, .. } = score;
    let width = out.len();
    check_heads(width, weights.len(), rows.len(), heads);
    assert!(width == fixed.len() && width == a.len(), "leaky ReLU: rows of different lengths");
    let d = width / heads;
    if (heads, d) == (8, 8) {
        let sums = sum_eight_by_eight(weights, fixed, rows, source, f);
        for ((out, a), sum) in out.iter_mut().zip(a).zip(sums.as_flattened()) {
            add(out, *a, *sum);
        }
        return;
    }
    for head in 0..heads {
        in_lanes!(head * d..(head + 1) * d, column, LANES => {
            let fixed: [f32; LANES] = group(fixed, column);
            let mut sums = [0.0f32; LANES];
            for (weights, row) in weights.chunks_exact(heads).zip(rows) {
                let row: [f32; LANES] = group(source, *row as usize * width + column);
                for lane in 0..LANES {
                    sums[lane] = weights[head].mul_add(f(fixed[lane] + row[lane]), sums[lane]);
                }
            }
            for (lane, sum) in sums.into_iter().enumerate() {
                add(&mut out[column + lane], a[column + lane], sum);
            }
        });
    }
}

/// The same bits as the loop over heads, whose sums of eight numbers each would be walked eight times.
#[inline(always)]
fn sum_eight_by_eight(
    weights: &[f32],
    fixed: &[f32],
    rows: &[u32],
    source: &[f32],
    f: impl Fn(f32) -> f32,
) -> [[f32; 8]; 8] {
    let (weights, _) = weights.as_chunks::<8>();
    let (fixed, _) = fixed.as_chunks::<8>();
    let mut sums = [[0.0f32; 8]; 8];
    for (weights, row) in weights.iter().zip(rows) {
        let (row, _) = source[*row as usize * 64..][..64].as_chunks::<8>();
        for head in 0..8 {
            for lane in 0..8 {
                sums[head][lane] =
                    weights[head].mul_add(f(fixed[head][lane] + row[head][lane]), sums[head][lane]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOPE: f32 = 0.25;
    const SHAPES: [[usize; 2]; 8] = [[1, 1], [3, 5], [5, 4], [8, 8], [3, 8], [4, 16], [2, 100], [8, 64]];

    fn wavy(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    fn rows() -> [u32; 5] {
        [4, 0, 4, 2, 1]
    }

    fn f(x: f64) -> f64 {
        if x > 0.0 { x } else { 0.25 * x }
    }

    fn assert_close(found: &[f32], expected: impl Fn(usize) -> f64, what: &str) {
        for (place, found) in found.iter().enumerate() {
            let expected = expected(place);
            assert!(
                (f64::from(*found) - expected).abs() < 1e-5,
                "{what}, place {place}: {found}, {expected}"
            );
        }
    }

    #[test]
    fn scores_of_sums_and_their_slopes_agree_with_plain_loops() {
        for heads in [1, 3, 8, 13] {
            let (fixed, source, weights) = (wavy(heads, 0.9), wavy(5 * heads, 0.37), wavy(5 * heads, 1.3));
            let mut scores = vec![7.0; 5 * heads];
            leaky_sums(&mut scores, &fixed, &rows(), &source, SLOPE);
            let sum = |place: usize| {
                let (row, head) = (rows()[place / heads] as usize, place % heads);
                f64::from(fixed[head]) + f64::from(source[row * heads + head])
            };
            assert_close(&scores, |place| f(sum(place)), "scores");
            let mut out = vec![1.0; heads];
            add_leaky_slopes(&mut out, &weights, &scores, SLOPE);
            let expected = |head: usize| -> f64 {
                (0..5)
                    .map(|e| e * heads + head)
                    .map(|place| f64::from(weights[place]) * if sum(place) > 0.0 { 1.0 } else { 0.25 })
                    .sum()
            };
            assert_close(&out, |head| 1.0 + expected(head), "slopes");
        }
    }

    #[test]
    fn scores_of_rows_and_their_sums_agree_with_plain_loops() {
        for [heads, d] in SHAPES {
            let width = heads * d;
            let (a, fixed) = (wavy(width, 0.9), wavy(width, 1.7));
            let (source, weights) = (wavy(5 * width, 0.37), wavy(5 * heads, 1.3));
            let sum =
                |e: usize, c: usize| f64::from(fixed[c]) + f64::from(source[rows()[e] as usize * width + c]);
            let mut scores = vec![7.0; 5 * heads];
            let node = LeakyScore { a: &a, fixed: &fixed, slope: SLOPE, heads };
            leaky_dots(&mut scores, &node, &rows(), &source);
            let score = |place: usize| -> f64 {
                let head = place % heads;
                (head * d..(head + 1) * d).map(|c| f64::from(a[c]) * f(sum(place / heads, c))).sum()
            };
            assert_close(&scores, score, &format!("scores, {heads} heads of {d}"));

            let (mut slopes, mut values) = (vec![1.0; width], vec![2.0; width]);
            add_leaky_slope_rows(&mut slopes, &weights, &node, &rows(), &source);
            add_leaky_rows(&mut values, &weights, &node, &rows(), &source);
            let weighted = |c: usize, f: fn(f64) -> f64| -> f64 {
                (0..5).map(|e| f64::from(weights[e * heads + c / d]) * f(sum(e, c))).sum()
            };
            let slope = |x: f64| if x > 0.0 { 1.0 } else { 0.25 };
            assert_close(
                &slopes,
                |c| 1.0 + f64::from(a[c]) * weighted(c, slope),
                &format!("slopes, {heads} heads of {d}"),
            );
            assert_close(&values, |c| 2.0 + weighted(c, f), &format!("values, {heads} heads of {d}"));
        }
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        for [heads, d] in SHAPES {
            let width = heads * d;
            let (a, fixed, source) = (wavy(width, 0.9), wavy(width, 1.7), wavy(5 * width, 0.37));
            let node = LeakyScore { a: &a, fixed: &fixed, slope: SLOPE, heads };
            let (mut chosen, mut baseline) = (vec![0.0; 5 * heads], vec![0.0; 5 * heads]);
            leaky_dots(&mut chosen, &node, &rows(), &source);
            dots(&mut baseline, &node, &rows(), &source);
            assert_eq!(chosen, baseline, "{heads} heads of {d}");
            let (mut chosen_sum, mut baseline_sum) = (vec![0.0; width], vec![0.0; width]);
            add_leaky_rows(&mut chosen_sum, &chosen, &node, &rows(), &source);
            add_rows(&mut baseline_sum, &chosen, &node, &rows(), &source);
            assert_eq!(chosen_sum, baseline_sum, "{heads} heads of {d}");
        }
    }
}
