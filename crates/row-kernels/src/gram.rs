//! The Gram matrix of a few rows.

use crate::lanes::add_pairwise;
use crate::multiversion::multiversion;

/// Partial sums of a dot product: with tiles of 2 × 2 they fill the registers of AVX2 and half of those of AVX-512.
const LANES: usize = 32;

multiversion! {
    /// Gram matrix `out[i, j] = source[rows[i]] · source[rows[j]]`, of which the lower triangle, j ≤ i, is written.
    ///
    /// `source` is row-major with rows of `width` numbers, `out` row-major with as many rows as `rows` has entries. Each
    /// dot product is 32 partial sums that are then added pairwise. Two rows are multiplied with two at a time: each
    /// number that is loaded is used twice.
    ///
    /// # Panics
    /// If `out` is not square with a row for each of `rows`, or a row lies outside `source`.
    pub fn gram_of_rows(out: &mut [f32], rows: &[u32], source: &[f32], width: usize) = gram_body
}

#[inline(always)]
fn gram_body(out: &mut [f32], rows: &[u32], source: &[f32], width: usize) {
    let size = rows.len();
    assert_eq!(out.len(), size * size, "gram of rows: {} numbers for {size} rows", out.len());
    let row = |index: usize| {
        let start = rows[index] as usize * width;
        &source[start..start + width]
    };
    let mut i = 0;
    while i < size {
        let pair = i + 1 < size;
        // The last row may come without a partner; it is then multiplied twice with itself, and written once.
        let next = if pair { i + 1 } else { i };
        let left = [row(i), row(next)];
        for j in (0..=i).step_by(2) {
            let other = if j + 1 < size { j + 1 } else { j };
            let dots = tile(left, [row(j), row(other)]);
            out[i * size + j] = dots[0][0];
            out[i * size + other] = dots[0][1];
            out[next * size + j] = dots[1][0];
            out[next * size + other] = dots[1][1];
        }
        i += 2;
    }
}

/// The four dot products of two rows with two rows.
#[inline(always)]
fn tile(a: [&[f32]; 2], b: [&[f32]; 2]) -> [[f32; 2]; 2] {
    // No closures here: they would not be compiled for the instruction set of the version they are inlined into.
    let a_blocks = [a[0].as_chunks().0, a[1].as_chunks().0];
    let b_blocks = [b[0].as_chunks().0, b[1].as_chunks().0];
    let blocks = a_blocks[0].len();
    let mut sums = [[[0.0f32; LANES]; 2]; 2];
    for block in 0..blocks {
        let b = [&b_blocks[0][block], &b_blocks[1][block]];
        add_products(&mut sums, [&a_blocks[0][block], &a_blocks[1][block]], b);
    }
    if blocks * LANES < a[0].len() {
        // Filled up with zeros: the sums must be indexed by constants only, or they would not stay in registers.
        add_products(&mut sums, [&tail(a[0]), &tail(a[1])], [&tail(b[0]), &tail(b[1])]);
    }
    [
        [add_pairwise(sums[0][0]), add_pairwise(sums[0][1])],
        [add_pairwise(sums[1][0]), add_pairwise(sums[1][1])],
    ]
}

/// What is left of a row after its whole blocks, then zeros.
#[inline(always)]
fn tail(row: &[f32]) -> [f32; LANES] {
    let rest = row.as_chunks::<LANES>().1;
    let mut tail = [0.0; LANES];
    tail[..rest.len()].copy_from_slice(rest);
    tail
}

#[inline(always)]
fn add_products(sums: &mut [[[f32; LANES]; 2]; 2], a: [&[f32; LANES]; 2], b: [&[f32; LANES]; 2]) {
    for i in 0..2 {
        for j in 0..2 {
            for lane in 0..LANES {
                sums[i][j][lane] = a[i][lane].mul_add(b[j][lane], sums[i][j][lane]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, width: usize) -> Vec<f32> {
        (0..rows * width).map(|i| (i as f32 * 0.7).sin()).collect()
    }

    #[test]
    fn agrees_with_sums_in_f64_for_every_number_of_rows_and_every_width() {
        for size in 0..8 {
            for width in (0..140).chain([512]) {
                let source = matrix(9, width);
                let rows: Vec<u32> = (0..size).map(|i| (i * 5 + 2) % 9).collect();
                let mut out = vec![f32::NAN; rows.len() * rows.len()];
                gram_of_rows(&mut out, &rows, &source, width);
                for i in 0..rows.len() {
                    for j in 0..=i {
                        let expected: f64 = (0..width)
                            .map(|c| {
                                let entry = |row: u32| f64::from(source[row as usize * width + c]);
                                entry(rows[i]) * entry(rows[j])
                            })
                            .sum();
                        let found = f64::from(out[i * rows.len() + j]);
                        assert!((found - expected).abs() < 1e-4, "{size} rows, width {width}, ({i}, {j})");
                    }
                }
            }
        }
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        let (source, rows) = (matrix(9, 203), [8u32, 1, 3, 3, 0]);
        let (mut chosen, mut baseline) = (vec![0.0; 25], vec![0.0; 25]);
        gram_of_rows(&mut chosen, &rows, &source, 203);
        gram_body(&mut baseline, &rows, &source, 203);
        assert_eq!(chosen, baseline);
    }

    #[test]
    #[should_panic(expected = "gram of rows: 3 numbers for 2 rows")]
    fn refuses_an_output_of_another_size() {
        gram_of_rows(&mut [0.0; 3], &[0, 1], &[0.0; 8], 4);
    }

    #[test]
    #[should_panic(expected = "out of range for slice of length 8")]
    fn refuses_a_row_outside_the_source() {
        gram_of_rows(&mut [0.0; 1], &[2], &[0.0; 8], 4);
    }
}
