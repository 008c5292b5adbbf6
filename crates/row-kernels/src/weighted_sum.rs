//! Weighted sums of the rows of a matrix.

use crate::multiversion::multiversion;

multiversion! {
    /// Weighted sum `out = Σₑ weights[e] · source[rows[e]]`, in the order of `rows`; zero for no rows.
    ///
    /// `source` is row-major with rows as long as `out`.
    ///
    /// # Panics
    /// If `weights` and `rows` differ in length or a row lies outside `source`.
    pub fn weighted_row_sum(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32]) = replace_body
}

multiversion! {
    /// Weighted sum added to what is there: `out += Σₑ weights[e] · source[rows[e]]`, in the order of `rows`.
    ///
    /// # Panics
    /// As [`weighted_row_sum`].
    pub fn add_weighted_rows(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32]) = add_body
}

#[inline(always)]
fn replace_body(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32]) {
    sum_rows::<false>(out, weights, rows, source);
}

#[inline(always)]
fn add_body(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32]) {
    sum_rows::<true>(out, weights, rows, source);
}

/// Each element of `out` is one chain of multiply-adds in the order of `rows`, so cutting the columns into
/// blocks, which keeps the running sums in registers, cannot change a bit.
#[inline(always)]
fn sum_rows<const ADD: bool>(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32]) {
    assert_eq!(weights.len(), rows.len(), "weighted sum: {} weights for {} rows", weights.len(), rows.len());
    let width = out.len();
    let mut column = 0;
    while width - column >= 64 {
        sum_block::<ADD, 64>(out, column, weights, rows, source);
        column += 64;
    }
    while width - column >= 8 {
        sum_block::<ADD, 8>(out, column, weights, rows, source);
        column += 8;
    }
    while column < width {
        sum_block::<ADD, 1>(out, column, weights, rows, source);
        column += 1;
    }
}

#[inline(always)]
fn sum_block<const ADD: bool, const LANES: usize>(
    out: &mut [f32],
    column: usize,
    weights: &[f32],
    rows: &[u32],
    source: &[f32],
) {
    let width = out.len();
    let out = &mut out[column..column + LANES];
    let mut sums = [0.0f32; LANES];
    if ADD {
        sums.copy_from_slice(out);
    }
    for (weight, row) in weights.iter().zip(rows) {
        let start = *row as usize * width + column;
        let row = &source[start..start + LANES];
        for lane in 0..LANES {
            sums[lane] = weight.mul_add(row[lane], sums[lane]);
        }
    }
    out.copy_from_slice(&sums);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, width: usize) -> Vec<f32> {
        (0..rows * width).map(|i| (i as f32 * 0.37).cos()).collect()
    }

    #[test]
    fn agrees_with_plain_loops_for_every_width() {
        let (weights, rows) = ([0.5f32, -2.0, 3.0], [4u32, 0, 4]);
        for width in 1..150 {
            let source = matrix(5, width);
            let mut out = vec![7.0; width];
            weighted_row_sum(&mut out, &weights, &rows, &source);
            for (c, out) in out.iter().enumerate() {
                let expected: f64 = weights
                    .iter()
                    .zip(rows)
                    .map(|(w, r)| f64::from(*w) * f64::from(source[r as usize * width + c]))
                    .sum();
                assert!((f64::from(*out) - expected).abs() < 1e-5, "width {width}, column {c}");
            }
        }
    }

    #[test]
    fn adding_starts_from_what_is_there() {
        let source = matrix(3, 100);
        let mut out = vec![1.0; 100];
        add_weighted_rows(&mut out, &[2.0], &[1], &source);
        for (c, out) in out.iter().enumerate() {
            assert_eq!(*out, 2.0f32.mul_add(source[100 + c], 1.0));
        }
    }

    #[test]
    fn no_rows_give_zero_or_leave_what_is_there() {
        let mut out = vec![3.0; 70];
        add_weighted_rows(&mut out, &[], &[], &[]);
        assert_eq!(out, vec![3.0; 70]);
        weighted_row_sum(&mut out, &[], &[], &[]);
        assert_eq!(out, vec![0.0; 70]);
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        let (source, weights, rows) = (matrix(9, 203), [0.1f32, 0.7, -1.3, 2.9], [8u32, 1, 3, 3]);
        let (mut chosen, mut baseline) = (vec![0.0; 203], vec![0.0; 203]);
        weighted_row_sum(&mut chosen, &weights, &rows, &source);
        replace_body(&mut baseline, &weights, &rows, &source);
        assert_eq!(chosen, baseline);
    }

    #[test]
    #[should_panic(expected = "out of range for slice of length 8")]
    fn refuses_a_row_outside_the_source() {
        weighted_row_sum(&mut [0.0; 4], &[1.0], &[2], &[0.0; 8]);
    }
}
