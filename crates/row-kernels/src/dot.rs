//! Dot products of rows.

use crate::lanes::add_pairwise;
use crate::multiversion::multiversion;

const LANES: usize = 64;

multiversion! {
    /// Dot product Σ aᵢ bᵢ, in 64 partial sums that are then added pairwise.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn dot(a: &[f32], b: &[f32]) -> f32 = dot_body
}

multiversion! {
    /// Dot products of one row with several of a matrix, `out[e] = row · source[rows[e]]`; the same bits as [`dot`].
    ///
    /// `source` is row-major with rows as long as `row`.
    ///
    /// # Panics
    /// If `out` and `rows` differ in length or a row lies outside `source`.
    pub fn row_dots(out: &mut [f32], row: &[f32], rows: &[u32], source: &[f32]) = row_dots_body
}

#[inline(always)]
fn row_dots_body(out: &mut [f32], row: &[f32], rows: &[u32], source: &[f32]) {
    assert_eq!(out.len(), rows.len(), "row dots: {} results for {} rows", out.len(), rows.len());
    for (out, other) in out.iter_mut().zip(rows) {
        let start = *other as usize * row.len();
        *out = dot_body(row, &source[start..start + row.len()]);
    }
}

#[inline(always)]
fn dot_body(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "dot: rows of different lengths");
    let mut sums = [0.0f32; LANES];
    let (a_blocks, a_tail) = a.as_chunks::<LANES>();
    let (b_blocks, b_tail) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] = a[lane].mul_add(b[lane], sums[lane]);
        }
    }
    for (lane, (a, b)) in a_tail.iter().zip(b_tail).enumerate() {
        sums[lane] = a.mul_add(*b, sums[lane]);
    }
    add_pairwise(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(len: usize, step: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn agrees_with_a_sum_in_f64_for_every_length() {
        for len in 0..200 {
            let (a, b) = (row(len, 0.7), row(len, 1.3));
            let expected: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            assert!((f64::from(dot(&a, &b)) - expected).abs() < 1e-5, "length {len}");
        }
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        for len in [1, 63, 64, 65, 512, 1000] {
            let (a, b) = (row(len, 0.7), row(len, 1.3));
            assert_eq!(dot(&a, &b).to_bits(), dot_body(&a, &b).to_bits(), "length {len}");
        }
    }

    #[test]
    fn dots_with_several_rows_have_the_bits_of_one_at_a_time() {
        for len in [1, 7, 64, 128, 130] {
            let (own, source, rows) = (row(len, 0.7), row(5 * len, 1.3), [4u32, 0, 4, 2]);
            let mut found = [f32::NAN; 4];
            row_dots(&mut found, &own, &rows, &source);
            for (found, other) in found.iter().zip(rows) {
                let other = &source[other as usize * len..][..len];
                assert_eq!(found.to_bits(), dot(&own, other).to_bits(), "length {len}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "rows of different lengths")]
    fn refuses_rows_of_different_lengths() {
        dot(&[1.0], &[1.0, 2.0]);
    }
}
