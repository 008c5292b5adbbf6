//! Weighted sums of the rows of a matrix.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::multiversion::multiversion;

/// A sum over more rows than this is a sum of partial sums over this many each, so that a node with 10⁵ neighbors loses no
/// more digits than one with a thousand.
const RUN: usize = 256;

/// A matrix of more numbers than this (16 MB) does not stay in the caches: its rows are fetched ahead of their use.
const FAR: usize = 1 << 22;
/// How many entries ahead.
const ENTRIES_AHEAD: usize = 32;
/// How many rows of the sparse matrix ahead its last entry is fetched: where nodes are numbered by where they are, that
/// one is the next to be new.
const ROWS_AHEAD: usize = 8;

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

multiversion! {
    /// Rows of a sparse product: row i of `out`, of `width` numbers, becomes [`weighted_row_sum`] of the entries of row
    /// `first_row + i` of the sparse matrix whose rows begin at `row_ptr`. The same bits as one row at a time; every number of
    /// `out` is written.
    ///
    /// # Panics
    /// If `out` is not of whole rows that the matrix has, an entry lies outside `weights` and `rows`, or a row outside `source`.
    pub fn weighted_row_sums(
        out: &mut [MaybeUninit<f32>],
        width: usize,
        row_ptr: &[u32],
        first_row: usize,
        weights: &[f32],
        rows: &[u32],
        source: &[f32],
    ) = rows_body
}

#[inline(always)]
fn replace_body(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32]) {
    assert_eq!(weights.len(), rows.len(), "weighted sum: {} weights for {} rows", weights.len(), rows.len());
    sum_rows::<false, false>(as_written(out), weights, rows, 0..rows.len(), source);
}

#[inline(always)]
fn add_body(out: &mut [f32], weights: &[f32], rows: &[u32], source: &[f32]) {
    assert_eq!(weights.len(), rows.len(), "weighted sum: {} weights for {} rows", weights.len(), rows.len());
    sum_rows::<true, false>(as_written(out), weights, rows, 0..rows.len(), source);
}

#[inline(always)]
fn rows_body(
    out: &mut [MaybeUninit<f32>],
    width: usize,
    row_ptr: &[u32],
    first_row: usize,
    weights: &[f32],
    rows: &[u32],
    source: &[f32],
) {
    if width == 0 {
        return;
    }
    let count = out.len() / width;
    assert_eq!(out.len(), width * count, "weighted sums: rows of {width} do not fit the output");
    let far = source.len() > FAR;
    let row_ptr = &row_ptr[first_row..];
    for (row, (out, ends)) in out.chunks_exact_mut(width).zip(row_ptr[..=count].windows(2)).enumerate() {
        let entries = ends[0] as usize..ends[1] as usize;
        if far {
            if let Some([begin, end]) = row_ptr.get(row + ROWS_AHEAD..row + ROWS_AHEAD + 2)
                && begin < end
            {
                fetch(source, rows[*end as usize - 1] as usize * width, width);
            }
            sum_rows::<false, true>(out, weights, rows, entries, source);
        } else {
            sum_rows::<false, false>(out, weights, rows, entries, source);
        }
    }
}

/// What is written, seen as what may not be.
#[inline(always)]
fn as_written(out: &mut [f32]) -> &mut [MaybeUninit<f32>] {
    // SAFETY: the layout is the same, and `sum_rows` writes only numbers.
    unsafe { &mut *(std::ptr::from_mut(out) as *mut [MaybeUninit<f32>]) }
}

/// Each element of `out` is one sum in the order of `rows`, so cutting the columns into blocks, which keeps the running
/// sums in registers, cannot change a bit. Every element is written; with `ADD` every element must have been before.
#[inline(always)]
fn sum_rows<const ADD: bool, const FETCH: bool>(
    out: &mut [MaybeUninit<f32>],
    weights: &[f32],
    rows: &[u32],
    entries: Range<usize>,
    source: &[f32],
) {
    let width = out.len();
    let mut column = 0;
    while width - column >= 128 {
        sum_block::<ADD, FETCH, 128>(out, column, weights, rows, entries.clone(), source);
        column += 128;
    }
    while width - column >= 32 {
        sum_block::<ADD, FETCH, 32>(out, column, weights, rows, entries.clone(), source);
        column += 32;
    }
    while width - column >= 8 {
        sum_block::<ADD, FETCH, 8>(out, column, weights, rows, entries.clone(), source);
        column += 8;
    }
    while column < width {
        sum_block::<ADD, FETCH, 1>(out, column, weights, rows, entries.clone(), source);
        column += 1;
    }
}

#[inline(always)]
fn sum_block<const ADD: bool, const FETCH: bool, const LANES: usize>(
    out: &mut [MaybeUninit<f32>],
    column: usize,
    weights: &[f32],
    rows: &[u32],
    entries: Range<usize>,
    source: &[f32],
) {
    let width = out.len();
    let out = &mut out[column..column + LANES];
    let mut totals = [0.0f32; LANES];
    if ADD {
        // SAFETY: those who add hand over numbers, by `as_written`.
        totals.copy_from_slice(unsafe { out.assume_init_ref() });
    }
    let mut run = entries.start..entries.end.min(entries.start + RUN);
    let mut sums = totals;
    loop {
        let run_weights = &weights[run.clone()];
        for (offset, (weight, row)) in run_weights.iter().zip(&rows[run.clone()]).enumerate() {
            if FETCH && let Some(next) = rows.get(run.start + offset + ENTRIES_AHEAD) {
                fetch(source, *next as usize * width + column, LANES);
            }
            let start = *row as usize * width + column;
            let row = &source[start..start + LANES];
            for lane in 0..LANES {
                sums[lane] = weight.mul_add(row[lane], sums[lane]);
            }
        }
        if run.start > entries.start {
            for lane in 0..LANES {
                totals[lane] += sums[lane];
            }
        } else {
            totals = sums;
        }
        if run.end == entries.end {
            break;
        }
        run = run.end..entries.end.min(run.end + RUN);
        sums = [0.0f32; LANES];
    }
    out.write_copy_of_slice(&totals);
}

/// Asks for the cache lines of a block of numbers, without waiting for them.
#[inline(always)]
fn fetch(source: &[f32], start: usize, length: usize) {
    #[cfg(target_arch = "x86_64")]
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    #[cfg(target_arch = "x86_64")]
    if let Some(block) = source.get(start..start + length) {
        for line in block.chunks(16) {
            // SAFETY: the address is inside a slice; a prefetch reads and writes nothing that a program can see.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (source, start, length);
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
    fn several_rows_have_the_bits_of_one_at_a_time() {
        // Once small, once so large that rows are fetched ahead.
        for (width, source_rows) in [(70, 9), (128, 40_000)] {
            let source = matrix(source_rows, width);
            let rows: Vec<u32> = (0..700).map(|e| (e * 7919) % source_rows as u32).collect();
            let weights: Vec<f32> = rows.iter().map(|row| (*row as f32).sin()).collect();
            let row_ptr = [0u32, 3, 3, 10, 600, 700];
            let mut found = vec![f32::NAN; 4 * width];
            weighted_row_sums(as_written(&mut found), width, &row_ptr, 1, &weights, &rows, &source);
            for (found, ends) in found.chunks(width).zip(row_ptr[1..].windows(2)) {
                let entries = ends[0] as usize..ends[1] as usize;
                let mut expected = vec![0.0; width];
                weighted_row_sum(&mut expected, &weights[entries.clone()], &rows[entries], &source);
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn a_sum_over_a_hundred_thousand_rows_keeps_its_digits() {
        let (width, count) = (3, 100_000u32);
        let source: Vec<f32> = (0..count as usize * width).map(|i| 1.0 + (i as f32 * 0.37).cos()).collect();
        let rows: Vec<u32> = (0..count).collect();
        let weights: Vec<f32> = rows.iter().map(|row| 0.1 + 0.05 * (*row as f32).sin()).collect();
        let mut out = vec![0.0; width];
        weighted_row_sum(&mut out, &weights, &rows, &source);
        for (c, out) in out.iter().enumerate() {
            let terms = rows.iter().zip(&weights);
            let expected: f64 =
                terms.map(|(r, w)| f64::from(*w) * f64::from(source[*r as usize * width + c])).sum();
            assert!((f64::from(*out) / expected - 1.0).abs() < 1e-5, "column {c}: {out} and {expected}");
        }
    }

    #[test]
    #[should_panic(expected = "out of range for slice of length 8")]
    fn refuses_a_row_outside_the_source() {
        weighted_row_sum(&mut [0.0; 4], &[1.0], &[2], &[0.0; 8]);
    }
}
