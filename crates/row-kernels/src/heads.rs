//! Weighted sums and dot products of rows that hold several heads, `[heads, d]` side by side.

use crate::multiversion::multiversion;

multiversion! {
    /// Weighted sum by heads, `out[h, :] += Σₑ weights[e, h] · source[rows[e], h, :]`.
    ///
    /// `out` and each row of `source` are `[heads, d]`, `weights` is `[rows, heads]`. The sum is taken in the order of
    /// `rows`, from zero, and then added to what is there: so a long sum can be cut into blocks of its own precision.
    ///
    /// # Panics
    /// If lengths do not fit each other or a row lies outside `source`.
    pub fn add_head_weighted_rows(
        out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32], heads: usize,
    ) = add_weighted
}

multiversion! {
    /// Dot products by heads, `out[e, h] = Σ_d a[h, d] · source[rows[e], h, d]`.
    ///
    /// `a` and each row of `source` are `[heads, d]`, `out` is `[rows, heads]`.
    ///
    /// # Panics
    /// If lengths do not fit each other or a row lies outside `source`.
    pub fn head_dots(out: &mut [f32], a: &[f32], rows: &[u32], source: &[f32], heads: usize) = dots
}

multiversion! {
    /// Scales by heads, `values[h, :] *= factors[h]`.
    ///
    /// # Panics
    /// If the length of `values` is no multiple of that of `factors`.
    pub fn scale_heads(values: &mut [f32], factors: &[f32]) = scale
}

/// The largest `$lanes` that fits, again and again: runs `$step` on each part of `$range`.
macro_rules! in_lanes {
    ($range:expr, $column:ident, $lanes:ident => $step:expr) => {{
        let std::ops::Range { start: mut $column, end } = $range;
        macro_rules! take {
            ($width:literal) => {{
                const $lanes: usize = $width;
                $step;
                $column += $width;
            }};
        }
        while end - $column >= 64 {
            take!(64);
        }
        while end - $column >= 16 {
            take!(16);
        }
        if end - $column >= 8 {
            take!(8);
        }
        if end - $column >= 4 {
            take!(4);
        }
        if end - $column >= 2 {
            take!(2);
        }
        if end - $column >= 1 {
            take!(1);
        }
        let _ = $column;
    }};
}
pub(crate) use in_lanes;

/// Width of a row of heads, `[heads, d]`.
#[inline(always)]
pub(crate) fn check_heads(width: usize, weights: usize, rows: usize, heads: usize) {
    assert!(heads > 0 && width.is_multiple_of(heads), "heads: {width} numbers for {heads} heads");
    assert_eq!(weights, rows * heads, "heads: {weights} weights for {rows} rows and {heads} heads");
}

#[inline(always)]
fn add_weighted(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32], heads: usize) {
    let width = out.len();
    check_heads(width, weights.len(), rows.len(), heads);
    let d = width / heads;
    if (heads, d) == (8, 8) {
        return add_eight_by_eight(out, weights, rows, source);
    }
    for head in 0..heads {
        in_lanes!(head * d..(head + 1) * d, column, LANES => {
            let mut sums = [0.0f32; LANES];
            for (weights, row) in weights.chunks_exact(heads).zip(rows) {
                let start = *row as usize * width + column;
                let row = &source[start..start + LANES];
                for lane in 0..LANES {
                    sums[lane] = weights[head].mul_add(row[lane], sums[lane]);
                }
            }
            for (out, sum) in out[column..column + LANES].iter_mut().zip(sums) {
                *out += sum;
            }
        });
    }
}

/// The same bits as the loop over heads, whose sums of eight numbers each would be walked eight times.
#[inline(always)]
fn add_eight_by_eight(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32]) {
    let (weights, _) = weights.as_chunks::<8>();
    let mut sums = [[0.0f32; 8]; 8];
    for (weights, row) in weights.iter().zip(rows) {
        let start = *row as usize * 64;
        let (row, _) = source[start..start + 64].as_chunks::<8>();
        for head in 0..8 {
            for lane in 0..8 {
                sums[head][lane] = weights[head].mul_add(row[head][lane], sums[head][lane]);
            }
        }
    }
    for (out, sum) in out.iter_mut().zip(sums.as_flattened()) {
        *out += sum;
    }
}

/// Runs `$body::<D, LANES>`, compiled for `$d` numbers a head where that is a usual number (D = 0 where not), in `$widest`
/// lanes for 64 and more.
macro_rules! by_width {
    ($d:expr, $widest:literal, $body:ident($($arg:expr),*)) => {
        match $d {
            1 => $body::<1, 1>($($arg),*),
            2 => $body::<2, 2>($($arg),*),
            3 => $body::<3, 4>($($arg),*),
            4 => $body::<4, 4>($($arg),*),
            5 => $body::<5, 8>($($arg),*),
            6 => $body::<6, 8>($($arg),*),
            7 => $body::<7, 8>($($arg),*),
            8 => $body::<8, 8>($($arg),*),
            16 => $body::<16, 16>($($arg),*),
            32 => $body::<32, 32>($($arg),*),
            64 => $body::<64, $widest>($($arg),*),
            65.. => $body::<0, $widest>($($arg),*),
            _ => $body::<0, 16>($($arg),*),
        }
    };
}
pub(crate) use by_width;

#[inline(always)]
fn dots(out: &mut [f32], a: &[f32], rows: &[u32], source: &[f32], heads: usize) {
    check_heads(a.len(), out.len(), rows.len(), heads);
    by_width!(a.len() / heads, 64, dots_of(out, a, rows, source, heads));
}

/// Each dot product in `LANES` partial sums that are then added pairwise.
#[inline(always)]
fn dots_of<const D: usize, const LANES: usize>(
    out: &mut [f32],
    a: &[f32],
    rows: &[u32],
    source: &[f32],
    heads: usize,
) {
    let d = if D > 0 { D } else { a.len() / heads };
    let width = heads * d;
    for (out, row) in out.chunks_exact_mut(heads).zip(rows) {
        let row = &source[*row as usize * width..][..width];
        for ((out, a), row) in out.iter_mut().zip(a.chunks_exact(d)).zip(row.chunks_exact(d)) {
            let (a, a_rest) = a.as_chunks::<LANES>();
            let (row, row_rest) = row.as_chunks::<LANES>();
            let mut sums = [0.0f32; LANES];
            for (a, row) in a.iter().zip(row) {
                for lane in 0..LANES {
                    sums[lane] = a[lane].mul_add(row[lane], sums[lane]);
                }
            }
            for (lane, (a, row)) in a_rest.iter().zip(row_rest).enumerate() {
                sums[lane] = a.mul_add(*row, sums[lane]);
            }
            *out = pairwise(sums);
        }
    }
}

/// The sum of a power of two of numbers, 64 at most: the upper half is added to the lower until one is left.
///
/// Written out, for a loop over halves would keep the numbers in memory.
#[inline(always)]
pub(crate) fn pairwise<const LANES: usize>(sums: [f32; LANES]) -> f32 {
    let mut all = [0.0f32; 64];
    all[..LANES].copy_from_slice(&sums);
    if LANES > 32 {
        add_upper::<32>(&mut all);
    }
    if LANES > 16 {
        add_upper::<16>(&mut all);
    }
    if LANES > 8 {
        add_upper::<8>(&mut all);
    }
    if LANES > 4 {
        add_upper::<4>(&mut all);
    }
    if LANES > 2 {
        add_upper::<2>(&mut all);
    }
    if LANES > 1 {
        add_upper::<1>(&mut all);
    }
    all[0]
}

#[inline(always)]
fn add_upper<const HALF: usize>(numbers: &mut [f32; 64]) {
    for lane in 0..HALF {
        numbers[lane] += numbers[lane + HALF];
    }
}

#[inline(always)]
fn scale(values: &mut [f32], factors: &[f32]) {
    let heads = factors.len();
    assert!(heads > 0 && values.len().is_multiple_of(heads), "heads: {} for {heads} factors", values.len());
    let d = values.len() / heads;
    if d == 8 {
        let (values, _) = values.as_chunks_mut::<8>();
        for (values, factor) in values.iter_mut().zip(factors) {
            for value in values {
                *value *= factor;
            }
        }
        return;
    }
    for (values, factor) in values.chunks_exact_mut(d.max(1)).zip(factors) {
        for value in values {
            *value *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: [[usize; 2]; 11] =
        [[1, 1], [8, 1], [3, 5], [2, 7], [5, 4], [8, 8], [3, 8], [4, 16], [3, 31], [8, 64], [1, 200]];

    fn wavy(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    fn rows() -> [u32; 5] {
        [4, 0, 4, 2, 1]
    }

    #[test]
    fn sums_agree_with_plain_loops_and_add_to_what_is_there() {
        for [heads, d] in SHAPES {
            let (source, weights) = (wavy(5 * heads * d, 0.37), wavy(5 * heads, 1.1));
            let mut out = vec![2.0; heads * d];
            add_head_weighted_rows(&mut out, &weights, &rows(), &source, heads);
            for (c, out) in out.iter().enumerate() {
                let sum: f64 = rows()
                    .iter()
                    .enumerate()
                    .map(|(e, row)| {
                        f64::from(weights[e * heads + c / d])
                            * f64::from(source[*row as usize * heads * d + c])
                    })
                    .sum();
                assert!((f64::from(*out) - 2.0 - sum).abs() < 1e-5, "{heads} heads of {d}, column {c}");
            }
        }
    }

    #[test]
    fn dots_agree_with_plain_loops() {
        for [heads, d] in SHAPES {
            let (source, a) = (wavy(5 * heads * d, 0.37), wavy(heads * d, 1.1));
            let mut out = vec![7.0; 5 * heads];
            head_dots(&mut out, &a, &rows(), &source, heads);
            for (place, out) in out.iter().enumerate() {
                let (row, head) = (rows()[place / heads] as usize, place % heads);
                let expected: f64 = (0..d)
                    .map(|c| f64::from(a[head * d + c]) * f64::from(source[(row * heads + head) * d + c]))
                    .sum();
                assert!((f64::from(*out) - expected).abs() < 1e-5, "{heads} heads of {d}, place {place}");
            }
        }
    }

    #[test]
    fn heads_are_scaled_each_by_its_factor() {
        let mut values = vec![1.0; 24];
        scale_heads(&mut values, &[1.0, 2.0, 3.0]);
        assert_eq!(values, [[1.0; 8], [2.0; 8], [3.0; 8]].concat());
        scale_heads(&mut values[..2], &[0.5, 0.25]);
        assert_eq!(values[..3], [0.5, 0.25, 1.0]);
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        for [heads, d] in SHAPES {
            let (source, a, weights) =
                (wavy(5 * heads * d, 0.37), wavy(heads * d, 1.1), wavy(5 * heads, 0.9));
            let (mut chosen, mut baseline) = (a.clone(), a.clone());
            add_head_weighted_rows(&mut chosen, &weights, &rows(), &source, heads);
            add_weighted(&mut baseline, &weights, &rows(), &source, heads);
            assert_eq!(chosen, baseline, "sum, {heads} heads of {d}");
            let (mut chosen, mut baseline) = (weights.clone(), weights);
            head_dots(&mut chosen, &a, &rows(), &source, heads);
            dots(&mut baseline, &a, &rows(), &source, heads);
            assert_eq!(chosen, baseline, "dots, {heads} heads of {d}");
        }
    }

    #[test]
    #[should_panic(expected = "heads: 3 weights for 2 rows and 2 heads")]
    fn refuses_weights_that_do_not_fit() {
        add_head_weighted_rows(&mut [0.0; 4], &[1.0; 3], &[0, 0], &[0.0; 4], 2);
    }
}
