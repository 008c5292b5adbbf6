use ndarray::{Array3, Array4, ArrayView2, ArrayView3, Axis};
use rand::Rng;
use rayon::prelude::*;

use crate::error::Error;
use crate::normal::standard_normal;

/// Channels for signals and images that have one: x ↦ ReLU(x ⋆ k_c) for each of some fixed Gaussian kernels k_c.
///
/// ```text
/// y[c, h, w] = max(0, Σ_ab k[c, a, b] · x[(h + a) mod height, (w + b) mod width])
/// ```
///
/// A shift of x shifts y. The kernels have independent entries of mean 0 and standard deviation 1; the authors take 35 to 55 of
/// side 9 for MNIST. Source: Chan et al. 2021, arXiv 2105.10446, and the authors' code, which pads at the end as here.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomLift {
    /// `[channels, height, width]` of the kernels; height 1 for signals.
    kernels: Array3<f64>,
}

impl RandomLift {
    /// Draws kernels for signals.
    ///
    /// # Errors
    /// No channels, or kernels of size 0.
    pub fn init_1d(channels: usize, kernel_size: usize, rng: &mut impl Rng) -> Result<Self, Error> {
        Self::init(channels, [1, kernel_size], rng)
    }

    /// Draws square kernels for images.
    ///
    /// # Errors
    /// No channels, or kernels of size 0.
    pub fn init_2d(channels: usize, kernel_size: usize, rng: &mut impl Rng) -> Result<Self, Error> {
        Self::init(channels, [kernel_size; 2], rng)
    }

    fn init(channels: usize, [height, width]: [usize; 2], rng: &mut impl Rng) -> Result<Self, Error> {
        for (name, found) in [("channels", channels), ("kernel_size", width)] {
            if found == 0 {
                return Err(Error::Setting { name, expected: "at least 1", found: 0.0 });
            }
        }
        let kernels = Array3::from_shape_simple_fn((channels, height, width), || standard_normal(rng));
        Ok(Self { kernels })
    }

    /// A lift of given kernels, such as those of [`kernels`](Self::kernels).
    ///
    /// # Shapes
    /// kernels `[channels, height, width]`, height 1 for signals
    pub fn new(kernels: Array3<f64>) -> Self {
        Self { kernels }
    }

    /// The kernels, `[channels, height, width]`, height 1 for signals.
    pub fn kernels(&self) -> ArrayView3<'_, f64> {
        self.kernels.view()
    }

    /// Lifts signals. O(samples · channels · length · kernel size).
    ///
    /// # Shapes
    /// samples `[samples, length]`, output `[samples, channels, length]`
    ///
    /// # Panics
    /// If the kernels are for images.
    pub fn apply_1d(&self, samples: ArrayView2<'_, f64>) -> Array3<f64> {
        let height = self.kernels.len_of(Axis(1));
        assert_eq!(height, 1, "RandomLift::apply_1d: expected kernels of signals, of height 1");
        self.apply_2d(samples.insert_axis(Axis(1))).remove_axis(Axis(2))
    }

    /// Lifts images. O(samples · channels · pixels · kernel pixels).
    ///
    /// # Shapes
    /// samples `[samples, height, width]`, output `[samples, channels, height, width]`
    pub fn apply_2d(&self, samples: ArrayView3<'_, f64>) -> Array4<f64> {
        let (num_samples, height, width) = samples.dim();
        let channels = self.kernels.len_of(Axis(0));
        let mut lifted = Array4::zeros((num_samples, channels, height, width));
        let images: &mut [f64] = lifted.as_slice_mut().expect("a new array is row-major");
        images.par_chunks_mut((height * width).max(1)).enumerate().for_each(|(place, image)| {
            let sample = samples.index_axis(Axis(0), place / channels);
            let kernel = self.kernels.index_axis(Axis(0), place % channels);
            for (pixel, out) in image.iter_mut().enumerate() {
                let (row, column) = (pixel / width, pixel % width);
                let at = |(a, b): (usize, usize)| sample[[(row + a) % height, (column + b) % width]];
                let sum: f64 = kernel.indexed_iter().map(|(place, weight)| weight * at(place)).sum();
                *out = sum.max(0.0);
            }
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
    fn a_signal_worked_by_hand_wraps_around_and_loses_what_is_negative() {
        let lift = RandomLift::new(array![[[1.0, -2.0]], [[0.0, 1.0]]]);
        let lifted = lift.apply_1d(array![[1.0, 0.5, 4.0]].view());
        // 1 − 1, 0.5 − 8, 4 − 2; and a shift by one.
        assert_eq!(lifted, array![[[0.0, 0.0, 2.0], [0.5, 4.0, 1.0]]]);
    }

    #[test]
    fn a_shifted_image_has_a_shifted_lift() {
        let lift = RandomLift::init_2d(2, 3, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        let image = |dh: usize, dw: usize| {
            Array3::from_shape_fn((1, 4, 5), |(_, h, w)| ((h + dh) % 4 * 7 + (w + dw) % 5 * 3) as f64 % 11.0)
        };
        let (lifted, shifted) = (lift.apply_2d(image(0, 0).view()), lift.apply_2d(image(1, 2).view()));
        assert!(lifted.iter().any(|value| *value > 0.0));
        for ((_, c, h, w), value) in shifted.indexed_iter() {
            assert_eq!(*value, lifted[[0, c, (h + 1) % 4, (w + 2) % 5]]);
        }
    }

    #[test]
    fn the_seed_decides_and_sizes_are_checked() {
        let init =
            |seed, channels, size| RandomLift::init_1d(channels, size, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(init(1, 3, 9), init(1, 3, 9));
        assert_ne!(init(1, 3, 9), init(2, 3, 9));
        assert_eq!(init(1, 0, 9).unwrap_err().to_string(), "`channels` must be at least 1, got 0");
        assert_eq!(init(1, 3, 0).unwrap_err().to_string(), "`kernel_size` must be at least 1, got 0");
    }
}
