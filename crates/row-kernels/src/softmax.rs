//! Softmax over the entries of a row, head by head: numbers `[entries, heads]`.

use crate::exp::exp_all;
use crate::multiversion::multiversion;

/// Entries whose sum is taken by itself before it is added: what keeps sums over long rows accurate.
pub const BLOCK: usize = 256;

multiversion! {
    /// Softmax of each head over a row's entries, `values[e, h] = exp(values[e, h] − m_h) / Σₑ exp(values[e, h] − m_h)`,
    /// with m the largest of them.
    ///
    /// `maxima` and `sums` are room for a number a head; afterwards they hold m and the sum.
    ///
    /// # Panics
    /// If the length of `values` is no multiple of the number of heads.
    pub fn softmax(values: &mut [f32], maxima: &mut [f32], sums: &mut [f32]) = softmax_row
}

multiversion! {
    /// Gradient of [`softmax`] y, `gradient[e, h] = y[e, h] · (gradient[e, h] − Σₑ y[e, h] · gradient[e, h])`, in place.
    ///
    /// `sums` is room for a number a head.
    ///
    /// # Panics
    /// If the lengths of `gradient` and `y` differ, or are no multiple of the number of heads.
    pub fn softmax_gradient(gradient: &mut [f32], y: &[f32], sums: &mut [f32]) = softmax_row_gradient
}

multiversion! {
    /// One block of a softmax that meets a row's scores block by block.
    ///
    /// Raises `maxima` to the block's, replaces each score by exp(score − maximum), and adds these to `sums`; what was
    /// summed before is to be multiplied by `rescale` = exp(old maximum − new), as `sums` is. One number a head each;
    /// the first block is met with maxima −∞ and sums 0.
    ///
    /// # Panics
    /// If lengths do not fit each other.
    pub fn softmax_block(
        scores: &mut [f32], maxima: &mut [f32], sums: &mut [f32], rescale: &mut [f32],
    ) = next_block
}

multiversion! {
    /// Softmax of a row from its scores, `exp(scores[e, h] − maxima[h]) · inverse_sums[h]`, in place.
    ///
    /// # Panics
    /// If lengths do not fit each other.
    pub fn attention_of_row(scores: &mut [f32], maxima: &[f32], inverse_sums: &[f32]) = of_row
}

multiversion! {
    /// The same for entries of several rows: entry e belongs to row `rows[e]` of `statistics`, `[rows, 2, heads]`, which
    /// holds maxima and inverse sums.
    ///
    /// # Panics
    /// If lengths do not fit each other or a row lies outside `statistics`.
    pub fn attention_of_column(scores: &mut [f32], rows: &[u32], statistics: &[f32], heads: usize) = of_column
}

multiversion! {
    /// Products by heads, `sums[h] += Σₑ a[e, h] · b[e, h]`, the sum taken from zero and then added.
    ///
    /// # Panics
    /// If lengths do not fit each other.
    pub fn add_head_products(sums: &mut [f32], a: &[f32], b: &[f32]) = add_products
}

multiversion! {
    /// From the attention's gradient to the scores', in a row: `gradient[e, h] = attention[e, h] · (gradient[e, h] − means[h])`.
    ///
    /// # Panics
    /// If lengths do not fit each other.
    pub fn score_gradient_of_row(gradient: &mut [f32], attention: &[f32], means: &[f32]) = gradient_of_row
}

multiversion! {
    /// The same for entries of several rows: entry e belongs to row `rows[e]` of `means`, `[rows, heads]`.
    ///
    /// # Panics
    /// If lengths do not fit each other or a row lies outside `means`.
    pub fn score_gradient_of_column(
        gradient: &mut [f32], attention: &[f32], rows: &[u32], means: &[f32], heads: usize,
    ) = gradient_of_column
}

/// Runs `$step` for groups of 8, 4, 2 and 1 heads that together are all of them: `$first` is a group's first head and `$lanes` its
/// size, a constant, so that a group's numbers stay in registers.
macro_rules! in_groups {
    ($heads:expr, $first:ident, $lanes:ident => $step:expr) => {{
        let heads: usize = $heads;
        let mut $first = 0;
        macro_rules! take {
            ($width:literal) => {{
                const $lanes: usize = $width;
                $step;
                $first += $width;
            }};
        }
        while heads - $first >= 8 {
            take!(8);
        }
        if heads - $first >= 4 {
            take!(4);
        }
        if heads - $first >= 2 {
            take!(2);
        }
        if heads - $first >= 1 {
            take!(1);
        }
        let _ = $first;
    }};
}
pub(crate) use in_groups;

/// The numbers of a group of heads.
#[inline(always)]
pub(crate) fn group<const LANES: usize>(numbers: &[f32], first: usize) -> [f32; LANES] {
    numbers[first..first + LANES].try_into().expect("LANES numbers")
}

#[inline(always)]
fn check(numbers: usize, heads: usize) {
    assert!(heads > 0 && numbers.is_multiple_of(heads), "heads: {numbers} numbers for {heads} heads");
}

#[inline(always)]
fn softmax_row(values: &mut [f32], maxima: &mut [f32], sums: &mut [f32]) {
    let heads = maxima.len();
    check(values.len(), heads);
    maxima.fill(f32::NEG_INFINITY);
    sums.fill(0.0);
    raise_maxima(values, maxima);
    for block in values.chunks_mut(BLOCK * heads) {
        exp_and_sum(block, maxima, sums);
    }
    in_groups!(heads, first, LANES => {
        let sums: [f32; LANES] = group(sums, first);
        for values in values.chunks_exact_mut(heads) {
            for lane in 0..LANES {
                values[first + lane] /= sums[lane];
            }
        }
    });
}

#[inline(always)]
fn raise_maxima(scores: &[f32], maxima: &mut [f32]) {
    let heads = maxima.len();
    in_groups!(heads, first, LANES => {
        let mut largest: [f32; LANES] = group(maxima, first);
        for scores in scores.chunks_exact(heads) {
            let scores = &scores[first..first + LANES];
            for lane in 0..LANES {
                largest[lane] = if scores[lane] > largest[lane] { scores[lane] } else { largest[lane] };
            }
        }
        maxima[first..first + LANES].copy_from_slice(&largest);
    });
}

#[inline(always)]
fn exp_and_sum(scores: &mut [f32], maxima: &[f32], sums: &mut [f32]) {
    let heads = maxima.len();
    subtract(scores, maxima);
    exp_all(scores);
    in_groups!(heads, first, LANES => {
        let mut block = [0.0f32; LANES];
        for scores in scores.chunks_exact(heads) {
            let scores = &scores[first..first + LANES];
            for lane in 0..LANES {
                block[lane] += scores[lane];
            }
        }
        for lane in 0..LANES {
            sums[first + lane] += block[lane];
        }
    });
}

#[inline(always)]
fn subtract(scores: &mut [f32], maxima: &[f32]) {
    let heads = maxima.len();
    in_groups!(heads, first, LANES => {
        let maxima: [f32; LANES] = group(maxima, first);
        for scores in scores.chunks_exact_mut(heads) {
            let scores = &mut scores[first..first + LANES];
            for lane in 0..LANES {
                scores[lane] -= maxima[lane];
            }
        }
    });
}

#[inline(always)]
fn softmax_row_gradient(gradient: &mut [f32], y: &[f32], sums: &mut [f32]) {
    let heads = sums.len();
    check(gradient.len(), heads);
    sums.fill(0.0);
    for (gradient, y) in gradient.chunks(BLOCK * heads).zip(y.chunks(BLOCK * heads)) {
        add_products(sums, gradient, y);
    }
    gradient_of_row(gradient, y, sums);
}

#[inline(always)]
fn next_block(scores: &mut [f32], maxima: &mut [f32], sums: &mut [f32], rescale: &mut [f32]) {
    let heads = maxima.len();
    check(scores.len(), heads);
    rescale.copy_from_slice(maxima);
    raise_maxima(scores, maxima);
    subtract(rescale, maxima);
    exp_all(rescale);
    for (sum, rescale) in sums.iter_mut().zip(rescale) {
        *sum *= *rescale;
    }
    exp_and_sum(scores, maxima, sums);
}

#[inline(always)]
fn of_row(scores: &mut [f32], maxima: &[f32], inverse_sums: &[f32]) {
    let heads = maxima.len();
    check(scores.len(), heads);
    subtract(scores, maxima);
    exp_all(scores);
    in_groups!(heads, first, LANES => {
        let inverse_sums: [f32; LANES] = group(inverse_sums, first);
        for scores in scores.chunks_exact_mut(heads) {
            let scores = &mut scores[first..first + LANES];
            for lane in 0..LANES {
                scores[lane] *= inverse_sums[lane];
            }
        }
    });
}

#[inline(always)]
fn of_column(scores: &mut [f32], rows: &[u32], statistics: &[f32], heads: usize) {
    assert_eq!(scores.len(), rows.len() * heads, "heads: as many scores as rows times heads");
    in_groups!(heads, first, LANES => {
        for (scores, row) in scores.chunks_exact_mut(heads).zip(rows) {
            let maxima: [f32; LANES] = group(statistics, *row as usize * 2 * heads + first);
            let scores = &mut scores[first..first + LANES];
            for lane in 0..LANES {
                scores[lane] -= maxima[lane];
            }
        }
    });
    exp_all(scores);
    in_groups!(heads, first, LANES => {
        for (scores, row) in scores.chunks_exact_mut(heads).zip(rows) {
            let inverse_sums: [f32; LANES] = group(statistics, (*row as usize * 2 + 1) * heads + first);
            let scores = &mut scores[first..first + LANES];
            for lane in 0..LANES {
                scores[lane] *= inverse_sums[lane];
            }
        }
    });
}

#[inline(always)]
fn add_products(sums: &mut [f32], a: &[f32], b: &[f32]) {
    let heads = sums.len();
    check(a.len(), heads);
    assert_eq!(a.len(), b.len(), "heads: rows of different lengths");
    in_groups!(heads, first, LANES => {
        let mut block = [0.0f32; LANES];
        for (a, b) in a.chunks_exact(heads).zip(b.chunks_exact(heads)) {
            let (a, b) = (&a[first..first + LANES], &b[first..first + LANES]);
            for lane in 0..LANES {
                block[lane] = a[lane].mul_add(b[lane], block[lane]);
            }
        }
        for lane in 0..LANES {
            sums[first + lane] += block[lane];
        }
    });
}

#[inline(always)]
fn gradient_of_row(gradient: &mut [f32], attention: &[f32], means: &[f32]) {
    let heads = means.len();
    check(gradient.len(), heads);
    assert_eq!(gradient.len(), attention.len(), "heads: rows of different lengths");
    in_groups!(heads, first, LANES => {
        let means: [f32; LANES] = group(means, first);
        for (gradient, attention) in gradient.chunks_exact_mut(heads).zip(attention.chunks_exact(heads)) {
            let (gradient, attention) = (&mut gradient[first..first + LANES], &attention[first..first + LANES]);
            for lane in 0..LANES {
                gradient[lane] = attention[lane] * (gradient[lane] - means[lane]);
            }
        }
    });
}

#[inline(always)]
fn gradient_of_column(gradient: &mut [f32], attention: &[f32], rows: &[u32], means: &[f32], heads: usize) {
    assert_eq!(gradient.len(), attention.len(), "heads: rows of different lengths");
    assert_eq!(gradient.len(), rows.len() * heads, "heads: as many numbers as rows times heads");
    in_groups!(heads, first, LANES => {
        for ((gradient, attention), row) in
            gradient.chunks_exact_mut(heads).zip(attention.chunks_exact(heads)).zip(rows)
        {
            let means: [f32; LANES] = group(means, *row as usize * heads + first);
            let (gradient, attention) = (&mut gradient[first..first + LANES], &attention[first..first + LANES]);
            for lane in 0..LANES {
                gradient[lane] = attention[lane] * (gradient[lane] - means[lane]);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wavy(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| 3.0 * (i as f32 * step).sin()).collect()
    }

    /// Softmax of each head in f64.
    fn expected(scores: &[f32], heads: usize) -> Vec<f64> {
        let exp = |score: &f32| f64::from(*score).exp();
        let mut sums = vec![0.0; heads];
        for (place, score) in scores.iter().enumerate() {
            sums[place % heads] += exp(score);
        }
        scores.iter().enumerate().map(|(place, score)| exp(score) / sums[place % heads]).collect()
    }

    fn assert_close(found: &[f32], expected: &[f64], what: &str) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{what}: {found}, expected {expected}");
        }
    }

    #[test]
    fn rows_sum_to_one_as_in_f64_whole_and_block_by_block() {
        for heads in [1, 2, 3, 7, 8, 19] {
            let scores = wavy(600 * heads, 0.37);
            let (mut maxima, mut sums) = (vec![0.0; heads], vec![0.0; heads]);
            let mut whole = scores.clone();
            softmax(&mut whole, &mut maxima, &mut sums);
            assert_close(&whole, &expected(&scores, heads), "whole");

            let (mut blockwise_maxima, mut blockwise_sums) =
                (vec![f32::NEG_INFINITY; heads], vec![0.0; heads]);
            let mut rescale = vec![0.0; heads];
            for block in scores.chunks(100 * heads) {
                softmax_block(&mut block.to_vec(), &mut blockwise_maxima, &mut blockwise_sums, &mut rescale);
            }
            assert_eq!(maxima, blockwise_maxima);
            let inverse_sums: Vec<f32> = blockwise_sums.iter().map(|sum| 1.0 / sum).collect();
            let mut blockwise = scores.clone();
            attention_of_row(&mut blockwise, &maxima, &inverse_sums);
            assert_close(&blockwise, &expected(&scores, heads), "block by block");

            let statistics = [vec![9.0; 2 * heads], maxima, inverse_sums].concat();
            let mut by_column = scores;
            attention_of_column(&mut by_column, &[1; 600], &statistics, heads);
            assert_eq!(by_column, blockwise);
        }
    }

    #[test]
    fn scores_of_any_size_give_no_nan() {
        let mut values = [1e4f32, -1e4, 1e4, 3.0];
        softmax(&mut values, &mut [0.0; 2], &mut [0.0; 2]);
        assert_eq!(values, [0.5, 0.0, 0.5, 1.0]);
    }

    #[test]
    fn the_gradient_agrees_with_f64() {
        for heads in [1, 3, 8] {
            let y: Vec<f32> = wavy(300 * heads, 0.7).iter().map(|y| y.abs() / 300.0).collect();
            let gradient = wavy(300 * heads, 1.3);
            let means: Vec<f64> = (0..heads)
                .map(|h| {
                    (0..300).map(|e| f64::from(y[e * heads + h]) * f64::from(gradient[e * heads + h])).sum()
                })
                .collect();
            let expected: Vec<f64> = y
                .iter()
                .zip(&gradient)
                .enumerate()
                .map(|(place, (y, g))| f64::from(*y) * (f64::from(*g) - means[place % heads]))
                .collect();
            let mut found = gradient.clone();
            softmax_gradient(&mut found, &y, &mut vec![0.0; heads]);
            assert_close(&found, &expected, "whole");
            let mut found = gradient;
            let means: Vec<f32> = means.iter().map(|mean| *mean as f32).collect();
            let rows: Vec<u32> = vec![0; 300];
            score_gradient_of_column(&mut found, &y, &rows, &means, heads);
            assert_close(&found, &expected, "by column");
        }
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        for heads in [1, 3, 8] {
            let (mut chosen, mut baseline) = (wavy(70 * heads, 0.37), wavy(70 * heads, 0.37));
            let room = || (vec![0.0; heads], vec![0.0; heads]);
            let ((mut maxima, mut sums), (mut maxima2, mut sums2)) = (room(), room());
            softmax(&mut chosen, &mut maxima, &mut sums);
            softmax_row(&mut baseline, &mut maxima2, &mut sums2);
            assert_eq!((&chosen, &sums), (&baseline, &sums2));
            let y = chosen.clone();
            softmax_gradient(&mut chosen, &y, &mut sums);
            softmax_row_gradient(&mut baseline, &y, &mut sums2);
            assert_eq!((chosen, sums), (baseline, sums2));
        }
    }

    #[test]
    #[should_panic(expected = "heads: 5 numbers for 2 heads")]
    fn refuses_numbers_that_are_no_multiple_of_the_heads() {
        softmax(&mut [0.0; 5], &mut [0.0; 2], &mut [0.0; 2]);
    }
}
