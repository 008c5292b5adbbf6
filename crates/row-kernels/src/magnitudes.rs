//! The sum of a row's magnitudes.

use crate::lanes::add_pairwise;
use crate::multiversion::multiversion;

const LANES: usize = 64;

multiversion! {
    /// Sum of magnitudes Σ |aᵢ|, in 64 partial sums that are then added pairwise.
    pub fn sum_of_magnitudes(a: &[f32]) -> f32 = sum_of_magnitudes_body
}

#[inline(always)]
fn sum_of_magnitudes_body(a: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    let (blocks, tail) = a.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            sums[lane] += block[lane].abs();
        }
    }
    for (sum, a) in sums.iter_mut().zip(tail) {
        *sum += a.abs();
    }
    add_pairwise(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_sum_in_f64_for_every_length_and_has_the_bits_of_the_baseline() {
        for len in 0..200 {
            let row: Vec<f32> = (0..len).map(|i| (i as f32 * 0.7).sin()).collect();
            let expected: f64 = row.iter().map(|a| f64::from(a.abs())).sum();
            let found = sum_of_magnitudes(&row);
            assert!((f64::from(found) - expected).abs() < 1e-5, "length {len}");
            assert_eq!(found.to_bits(), sum_of_magnitudes_body(&row).to_bits(), "length {len}");
        }
    }
}
