//! Masks that are computed anew wherever they are needed, in place of being stored.

use crate::multiversion::multiversion;

/// A mask over the entries of a matrix and their heads: a hash of seed, row, column and head, in `u32` arithmetic, so that every
/// device and every order of walking sees the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DropoutMask {
    /// [`mix`] of the seed.
    pub key: u32,
    /// Hashes below it are dropped.
    pub threshold: u32,
    /// What an entry that is kept is multiplied by.
    pub scale: f32,
}

impl DropoutMask {
    /// A mask that drops each head of each entry with a probability, and scales what it keeps to have the same expectation.
    ///
    /// # Panics
    /// If `prob` is not in [0, 1).
    pub fn new(prob: f64, seed: u32) -> Self {
        assert!((0.0..1.0).contains(&prob), "dropout: probability {prob} is not in [0, 1)");
        // A cast saturates: a probability next to 1 drops all hashes but one.
        let threshold = (prob * 2.0f64.powi(32)).round() as u32;
        Self { key: mix(seed), threshold, scale: (1.0 / (1.0 - prob)) as f32 }
    }

    /// What an entry's head is multiplied by: 0, or `scale` where it is kept.
    #[inline(always)]
    pub fn factor(&self, row: u32, column: u32, head: u32) -> f32 {
        self.factor_of(mix(mix(self.key ^ row) ^ column), head)
    }

    #[inline(always)]
    fn factor_of(&self, entry: u32, head: u32) -> f32 {
        if mix(entry ^ head) < self.threshold { 0.0 } else { self.scale }
    }
}

/// A permutation of the 32-bit integers in which every bit of the outcome depends on every bit of the input
/// (`lowbias32`, C. Wellons 2018).
#[inline(always)]
pub const fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

multiversion! {
    /// Factors of a row's entries, `out[e, h] = mask.factor(row, columns[e], h)`; `out` is `[columns, heads]`.
    ///
    /// # Panics
    /// If lengths do not fit each other.
    pub fn dropout_factors_of_row(out: &mut [f32], mask: &DropoutMask, row: u32, columns: &[u32]) = of_row
}

multiversion! {
    /// Factors of a column's entries, `out[e, h] = mask.factor(rows[e], column, h)`; `out` is `[rows, heads]`.
    ///
    /// # Panics
    /// If lengths do not fit each other.
    pub fn dropout_factors_of_column(out: &mut [f32], mask: &DropoutMask, rows: &[u32], column: u32) = of_column
}

multiversion! {
    /// Products `values[i] *= factors[i]`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn multiply(values: &mut [f32], factors: &[f32]) = multiply_body
}

#[inline(always)]
fn of_row(out: &mut [f32], mask: &DropoutMask, row: u32, columns: &[u32]) {
    let row = mix(mask.key ^ row);
    factors(out, mask, columns, |column| mix(row ^ column));
}

#[inline(always)]
fn of_column(out: &mut [f32], mask: &DropoutMask, rows: &[u32], column: u32) {
    factors(out, mask, rows, |row| mix(mix(mask.key ^ row) ^ column));
}

#[inline(always)]
fn factors(out: &mut [f32], mask: &DropoutMask, others: &[u32], entry: impl Fn(u32) -> u32) {
    let Some(heads) = out.len().checked_div(others.len()) else { return };
    assert_eq!(out.len(), others.len() * heads, "dropout: {} factors for {}", out.len(), others.len());
    if heads == 8 {
        let (out, _) = out.as_chunks_mut::<8>();
        for (out, other) in out.iter_mut().zip(others) {
            let entry = entry(*other);
            for (head, out) in out.iter_mut().enumerate() {
                *out = mask.factor_of(entry, head as u32);
            }
        }
        return;
    }
    for (out, other) in out.chunks_exact_mut(heads).zip(others) {
        let entry = entry(*other);
        for (head, out) in out.iter_mut().enumerate() {
            *out = mask.factor_of(entry, head as u32);
        }
    }
}

#[inline(always)]
fn multiply_body(values: &mut [f32], factors: &[f32]) {
    assert_eq!(values.len(), factors.len(), "multiply: rows of different lengths");
    for (value, factor) in values.iter_mut().zip(factors) {
        *value *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_entries_is_dropped_whatever_the_walk() {
        for prob in [0.1, 0.6] {
            let mask = DropoutMask::new(prob, 7);
            let others: Vec<u32> = (0..1000).collect();
            let (mut of_row, mut of_column) = (vec![9.0; 8000], vec![9.0; 8000]);
            dropout_factors_of_row(&mut of_row, &mask, 3, &others);
            dropout_factors_of_column(&mut of_column, &mask, &others, 3);
            for (place, factor) in of_row.iter().enumerate() {
                assert_eq!(*factor, mask.factor(3, place as u32 / 8, place as u32 % 8));
                assert_eq!(of_column[place], mask.factor(place as u32 / 8, 3, place as u32 % 8));
            }
            for factors in [of_row, of_column] {
                let dropped = factors.iter().filter(|factor| **factor == 0.0).count() as f64 / 8000.0;
                // Five standard deviations of 8000 independent draws.
                assert!((dropped - prob).abs() < 5.0 * (prob * (1.0 - prob) / 8000.0).sqrt(), "{dropped}");
            }
        }
    }

    #[test]
    fn heads_seeds_rows_and_columns_are_dropped_independently() {
        let factor =
            |[seed, row, column, head]: [u32; 4]| DropoutMask::new(0.5, seed).factor(row, column, head);
        type Pair = fn(u32) -> [[u32; 4]; 2];
        let pairs: [Pair; 4] = [
            |i| [[1, i, 5, 0], [2, i, 5, 0]],
            |i| [[1, i, 5, 0], [1, i, 5, 1]],
            |i| [[1, 5, i, 0], [1, 6, i, 0]],
            |i| [[1, i, 5, 0], [1, 5, i, 0]],
        ];
        for pair in pairs {
            let agree = |i: &u32| pair(*i).map(factor);
            let equal = (100..4100).filter(|i| agree(i)[0] == agree(i)[1]).count();
            assert!(
                (1842..2158).contains(&equal),
                "{equal} of 4000 agree, more than five deviations off half"
            );
        }
    }

    #[test]
    fn nothing_is_dropped_with_probability_zero() {
        let mask = DropoutMask::new(0.0, 1);
        assert!((0..1000).all(|column| mask.factor(0, column, 0) == 1.0));
    }

    #[test]
    #[should_panic(expected = "dropout: probability 1 is not in [0, 1)")]
    fn refuses_to_drop_everything() {
        DropoutMask::new(1.0, 0);
    }
}
