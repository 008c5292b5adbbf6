//! Blocks of normal draws.

use ndarray::Array2;
use rand::{Rng, RngExt};

/// Draws from the normal distribution with mean 0 and variance 1, row by row (Box and Muller).
pub(crate) fn standard_normal(rows: usize, columns: usize, rng: &mut impl Rng) -> Array2<f32> {
    Array2::from_shape_simple_fn((rows, columns), || {
        let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
        ((-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()) as f32
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn draws_have_mean_zero_and_variance_one() {
        let draws = standard_normal(100, 200, &mut ChaCha8Rng::seed_from_u64(1)).mapv(f64::from);
        let (mean, variance) = (draws.mean().unwrap(), draws.var(0.0));
        // Five standard deviations of the mean of 20 000 draws, and of their squares.
        assert!(mean.abs() < 5.0 / 20_000f64.sqrt(), "{mean}");
        assert!((variance - 1.0).abs() < 5.0 * (2.0f64 / 20_000.0).sqrt(), "{variance}");
    }
}
