//! The largest of some rows of a matrix, column by column, and the sum over what was largest.

use crate::multiversion::multiversion;

multiversion! {
    /// Largest `out[c] = maxₑ source[rows[e], c]`, with the row it stands in as `winners[c]`; 0 and −1 for no rows.
    ///
    /// Of equal numbers the first wins; the first NaN wins over every number. `source` is row-major with rows as long as `out`.
    ///
    /// # Panics
    /// If `out` and `winners` differ in length or a row lies outside `source`.
    pub fn largest_of_rows(out: &mut [f32], winners: &mut [i32], rows: &[u32], source: &[f32]) = largest_body
}

multiversion! {
    /// Sum `out[c] = Σₑ source[rows[e], c]` over the e with `winners[rows[e], c] = winner`, in the order of `rows`.
    ///
    /// `winners` and `source` are row-major with rows as long as `out`.
    ///
    /// # Panics
    /// If a row lies outside `source` or `winners`.
    pub fn sum_where_won(out: &mut [f32], winner: i32, rows: &[u32], winners: &[i32], source: &[f32]) = sum_body
}

#[inline(always)]
fn largest_body(out: &mut [f32], winners: &mut [i32], rows: &[u32], source: &[f32]) {
    let width = out.len();
    assert_eq!(width, winners.len(), "largest of rows: {width} numbers, {} winners", winners.len());
    let mut column = 0;
    while width - column >= 32 {
        largest_block::<32>(out, winners, column, rows, source);
        column += 32;
    }
    while width - column >= 8 {
        largest_block::<8>(out, winners, column, rows, source);
        column += 8;
    }
    while column < width {
        largest_block::<1>(out, winners, column, rows, source);
        column += 1;
    }
}

#[inline(always)]
fn largest_block<const LANES: usize>(
    out: &mut [f32],
    winners: &mut [i32],
    column: usize,
    rows: &[u32],
    source: &[f32],
) {
    let width = out.len();
    let (mut largest, mut winner) = ([0.0f32; LANES], [-1i32; LANES]);
    for (place, row) in rows.iter().enumerate() {
        let start = *row as usize * width + column;
        let values = &source[start..start + LANES];
        if place == 0 {
            largest.copy_from_slice(values);
            winner = [*row as i32; LANES];
            continue;
        }
        for lane in 0..LANES {
            let (value, best) = (values[lane], largest[lane]);
            let wins = (value > best) | (value.is_nan() & !best.is_nan());
            largest[lane] = if wins { value } else { best };
            winner[lane] = if wins { *row as i32 } else { winner[lane] };
        }
    }
    out[column..column + LANES].copy_from_slice(&largest);
    winners[column..column + LANES].copy_from_slice(&winner);
}

#[inline(always)]
fn sum_body(out: &mut [f32], winner: i32, rows: &[u32], winners: &[i32], source: &[f32]) {
    let width = out.len();
    let mut column = 0;
    while width - column >= 32 {
        sum_block::<32>(out, column, winner, rows, winners, source);
        column += 32;
    }
    while width - column >= 8 {
        sum_block::<8>(out, column, winner, rows, winners, source);
        column += 8;
    }
    while column < width {
        sum_block::<1>(out, column, winner, rows, winners, source);
        column += 1;
    }
}

#[inline(always)]
fn sum_block<const LANES: usize>(
    out: &mut [f32],
    column: usize,
    winner: i32,
    rows: &[u32],
    winners: &[i32],
    source: &[f32],
) {
    let width = out.len();
    let mut sums = [0.0f32; LANES];
    for row in rows {
        let start = *row as usize * width + column;
        let (values, won_by) = (&source[start..start + LANES], &winners[start..start + LANES]);
        for lane in 0..LANES {
            sums[lane] += if won_by[lane] == winner { values[lane] } else { 0.0 };
        }
    }
    out[column..column + LANES].copy_from_slice(&sums);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, width: usize) -> Vec<f32> {
        (0..rows * width).map(|i| (i as f32 * 0.37).cos()).collect()
    }

    #[test]
    fn agrees_with_plain_loops_for_every_width_and_with_the_bits_of_the_baseline() {
        let rows = [4u32, 0, 4, 2];
        for width in 1..110 {
            let source = matrix(5, width);
            let (mut out, mut winners) = (vec![7.0; width], vec![7; width]);
            largest_of_rows(&mut out, &mut winners, &rows, &source);
            for c in 0..width {
                let values = rows.map(|row| source[row as usize * width + c]);
                let expected = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let first = rows[values.iter().position(|value| *value == expected).unwrap()] as i32;
                assert_eq!((out[c], winners[c]), (expected, first), "width {width}, column {c}");
            }
            let mut baseline = (vec![0.0; width], vec![0; width]);
            largest_body(&mut baseline.0, &mut baseline.1, &rows, &source);
            assert_eq!((out, winners), baseline);
        }
    }

    #[test]
    fn what_was_won_is_summed_and_nothing_else() {
        for width in 1..110 {
            let source = matrix(5, width);
            let winners: Vec<i32> = (0..5 * width as i32).map(|i| i % 3).collect();
            let rows = [0u32, 3, 4];
            let mut out = vec![7.0; width];
            sum_where_won(&mut out, 1, &rows, &winners, &source);
            for (c, out) in out.iter().enumerate() {
                let places = rows.map(|row| row as usize * width + c);
                let won = places.iter().filter(|place| winners[**place] == 1);
                assert_eq!(*out, won.fold(0.0, |sum, place| sum + source[*place]), "width {width}");
            }
            let mut baseline = vec![7.0; width];
            sum_body(&mut baseline, 1, &rows, &winners, &source);
            assert_eq!(out, baseline);
        }
    }

    #[test]
    fn the_first_of_equals_wins_nan_wins_and_no_rows_give_zero() {
        let source = [1.0, f32::NAN, 1.0, 5.0, 1.0, f32::NAN];
        let (mut out, mut winners) = ([0.0; 2], [0; 2]);
        largest_of_rows(&mut out, &mut winners, &[0, 1, 2], &source);
        assert!(out[0] == 1.0 && out[1].is_nan());
        assert_eq!(winners, [0, 0]);
        largest_of_rows(&mut out, &mut winners, &[1, 2, 0], &source);
        assert!(out[1].is_nan());
        assert_eq!(winners, [1, 2]);
        largest_of_rows(&mut out, &mut winners, &[], &source);
        assert_eq!((out, winners), ([0.0; 2], [-1; 2]));
    }

    #[test]
    #[should_panic(expected = "out of range for slice of length 8")]
    fn refuses_a_row_outside_the_source() {
        largest_of_rows(&mut [0.0; 4], &mut [0; 4], &[2], &[0.0; 8]);
    }
}
