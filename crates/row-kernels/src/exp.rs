//! The exponential of many numbers at once.

use crate::multiversion::multiversion;

multiversion! {
    /// Replaces each x ≤ 0 by eˣ, within 2 units in the last place; below −87.3, where `f32` has no normal number left, by 0.
    ///
    /// NaN stays NaN. The same bits on every processor, which the standard library's `exp` does not promise.
    pub fn exp_nonpositive(values: &mut [f32]) = exp_all
}

multiversion! {
    /// Adds a bias b to each x and replaces the sum s by s where it is above 0, else by eˢ − 1. NaN stays NaN.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn add_and_elu(row: &mut [f32], bias: &[f32]) = add_and_elu_body
}

#[inline(always)]
fn add_and_elu_body(row: &mut [f32], bias: &[f32]) {
    assert_eq!(row.len(), bias.len(), "add_and_elu: rows of different lengths");
    for (x, b) in row.iter_mut().zip(bias) {
        let sum = *x + b;
        let below = exp(sum) - 1.0;
        *x = if sum > 0.0 { sum } else { below };
    }
}

#[inline(always)]
pub(crate) fn exp_all(values: &mut [f32]) {
    let (chunks, rest) = values.as_chunks_mut::<16>();
    for chunk in chunks {
        exp_lanes(chunk);
    }
    let (chunks, rest) = rest.as_chunks_mut::<8>();
    for chunk in chunks {
        exp_lanes(chunk);
    }
    for value in rest {
        *value = exp(*value);
    }
}

#[inline(always)]
fn exp_lanes<const LANES: usize>(values: &mut [f32; LANES]) {
    for value in values {
        *value = exp(*value);
    }
}

/// eˣ = 2ⁿ eʳ with n the integer next to x / ln 2 and eʳ a polynomial on |r| ≤ ½ ln 2 (coefficients: Cephes, S. Moshier).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2²³ rounds to an integer and leaves it in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_LOW: f32 = -1.904_654_3e-9;
    const SMALLEST: f32 = -87.336_54;
    let rounded = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN_2_LOW, n.mul_add(-std::f32::consts::LN_2, x));
    let mut p = 1.987_569_1e-4f32;
    p = p.mul_add(r, 1.398_2e-3);
    p = p.mul_add(r, 8.333_452e-3);
    p = p.mul_add(r, 4.166_579_6e-2);
    p = p.mul_add(r, 1.666_666_5e-1);
    p = p.mul_add(r, 0.5);
    let two_to_n = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    let value = (p.mul_add(r * r, r) + 1.0) * two_to_n;
    if x < SMALLEST { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_linear_unit_keeps_what_is_above_zero_and_nan() {
        let mut row: Vec<f32> = (0..100).map(|i| (i as f32 * 0.7).sin() * 20.0).collect();
        let before = row.clone();
        add_and_elu(&mut row, &[0.5; 100]);
        for (found, x) in row.iter().zip(before) {
            let sum = x + 0.5;
            let expected = if sum > 0.0 { sum } else { (f64::from(sum).exp() - 1.0) as f32 };
            assert!((found - expected).abs() < 1e-6, "{sum}: {found} and {expected}");
        }
        let mut nan = [f32::NAN];
        add_and_elu(&mut nan, &[1.0]);
        assert!(nan[0].is_nan());
    }

    fn grid() -> Vec<f32> {
        (0..400_000).map(|i| -87.33 * (i as f32 / 399_999.0)).collect()
    }

    #[test]
    fn agrees_with_f64_within_two_units_in_the_last_place() {
        let mut values = grid();
        exp_nonpositive(&mut values);
        let worst = grid()
            .iter()
            .zip(&values)
            .map(|(x, found)| {
                let expected = f64::from(*x).exp();
                let unit = f64::from(f32::EPSILON) * 2.0f64.powi(expected.log2().floor() as i32);
                (f64::from(*found) - expected).abs() / unit
            })
            .fold(0.0, f64::max);
        assert!(worst < 2.0, "{worst} units");
    }

    #[test]
    fn limits_are_exact() {
        let mut values = [0.0, -0.0, -87.5, -1e4, f32::NEG_INFINITY, f32::NAN];
        exp_nonpositive(&mut values);
        assert_eq!(values[..5], [1.0, 1.0, 0.0, 0.0, 0.0]);
        assert!(values[5].is_nan());
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        for length in [1, 7, 8, 15, 16, 39, 4001] {
            let (mut chosen, mut baseline) = (grid()[..length].to_vec(), grid()[..length].to_vec());
            exp_nonpositive(&mut chosen);
            exp_all(&mut baseline);
            assert_eq!(chosen, baseline, "length {length}");
        }
    }
}
