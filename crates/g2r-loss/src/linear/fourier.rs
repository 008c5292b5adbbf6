//! Random Fourier features.

use faer::Mat;
use ndarray::{Array2, ArrayView2};
use rand::{Rng, RngExt};
use rayon::prelude::*;

use super::blocks::product;
use super::normal::standard_normal;
use crate::error::Error;

/// The lift z → cos(g zᵀ R + b), with R normal and b uniform in [0, 2π): dot products of lifted rows tend to those of the
/// Gaussian kernel exp(−g² ‖z − z'‖² / 2), times d_output / 2.
///
/// Rahimi and Recht 2007. Their factor √(2 / d_output) is left out: a probe that scales rows does not see it.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomFourierFeatures {
    /// g R, `[d_input, d_output]`.
    directions: Array2<f32>,
    phases: Vec<f32>,
}

impl RandomFourierFeatures {
    /// Draws `d_output` features of rows of `d_input` numbers.
    ///
    /// # Errors
    /// [`Error::Setting`] if the inverse width g of the kernel is not positive.
    pub fn init(
        d_input: usize,
        d_output: usize,
        inverse_width: f64,
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        if !(inverse_width > 0.0 && inverse_width.is_finite()) {
            return Err(Error::Setting { name: "inverse_width", expected: "positive", found: inverse_width });
        }
        let mut directions = standard_normal(d_input, d_output, rng);
        directions.mapv_inplace(|value| (inverse_width * f64::from(value)) as f32);
        let phases = (0..d_output).map(|_| (std::f64::consts::TAU * rng.random::<f64>()) as f32).collect();
        Ok(Self { directions, phases })
    }

    /// A lift of its parts: the directions g R and the phases b.
    ///
    /// # Shapes
    /// directions `[d_input, d_output]`, phases `[d_output]`
    ///
    /// # Panics
    /// If there is not one phase a direction.
    pub fn new(directions: Array2<f32>, phases: Vec<f32>) -> Self {
        assert_eq!(directions.ncols(), phases.len(), "random Fourier features: a phase for each direction");
        Self { directions, phases }
    }

    /// g R, `[d_input, d_output]`.
    pub fn directions(&self) -> ArrayView2<'_, f32> {
        self.directions.view()
    }

    /// b, `[d_output]`.
    pub fn phases(&self) -> &[f32] {
        &self.phases
    }

    /// The lifted rows. O(nodes · d_input · d_output).
    ///
    /// # Shapes
    /// z `[nodes, d_input]`, output `[nodes, d_output]`
    ///
    /// # Panics
    /// If z has another width or is not row-major.
    pub fn apply(&self, z: &Array2<f32>) -> Array2<f32> {
        let directions = Mat::from_fn(self.directions.nrows(), self.directions.ncols(), |i, j| {
            f64::from(self.directions[[i, j]])
        });
        let mut lifted = product(z.view(), directions.as_ref());
        let width = self.phases.len().max(1);
        let values = lifted.as_slice_mut().expect("a product is row-major");
        values.par_chunks_mut(width).for_each(|row| {
            row.iter_mut().zip(&self.phases).for_each(|(value, phase)| *value = (*value + phase).cos());
        });
        lifted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn dot_products_tend_to_the_gaussian_kernel() {
        let lift = RandomFourierFeatures::init(2, 40_000, 0.8, &mut ChaCha8Rng::seed_from_u64(3)).unwrap();
        let z = array![[0.3f32, -0.2], [1.0, 0.9], [-1.5, 0.4]];
        let lifted = lift.apply(&z);
        for i in 0..3 {
            for j in 0..3 {
                let dot: f32 = lifted.row(i).dot(&lifted.row(j)) / 20_000.0;
                let distance_sq = (&z.row(i) - &z.row(j)).mapv(|v| v * v).sum();
                let kernel = (-0.5 * 0.64 * distance_sq).exp();
                // Five standard deviations of the mean of 40 000 terms of variance at most 2.
                assert!(
                    (dot - kernel).abs() < 5.0 * (2.0f32 / 40_000.0).sqrt(),
                    "({i}, {j}): {dot} and {kernel}"
                );
            }
        }
    }

    #[test]
    fn a_width_that_is_not_positive_is_an_error() {
        let error = RandomFourierFeatures::init(2, 3, 0.0, &mut ChaCha8Rng::seed_from_u64(3)).unwrap_err();
        assert_eq!(error.to_string(), "`inverse_width` must be positive, got 0");
    }
}
