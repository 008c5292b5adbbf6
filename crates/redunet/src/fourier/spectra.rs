//! The spectra of real images and back, at half of the frequencies: the others are conjugate.

use std::sync::Arc;

use faer::c64;
use ndarray::{Array4, ArrayView4};
use rayon::prelude::*;
use rustfft::{Fft, FftPlanner};

use crate::scalar::Scalar;

/// Orthonormal transforms of images `[height, width]` of real numbers.
pub(crate) struct Fourier2d {
    height: usize,
    width: usize,
    along_rows: [Arc<dyn Fft<f64>>; 2],
    along_columns: [Arc<dyn Fft<f64>>; 2],
}

/// Which of a pair of transforms.
#[derive(Clone, Copy)]
enum Direction {
    Forward = 0,
    Inverse = 1,
}

/// Samples by frequency.
#[derive(Clone, Debug)]
pub(crate) struct Spectra {
    /// `[frequencies, samples, channels]`.
    pub(crate) values: Vec<c64>,
    pub(crate) num_samples: usize,
    pub(crate) channels: usize,
}

impl Spectra {
    /// Numbers of one frequency.
    pub(crate) fn stride(&self) -> usize {
        self.num_samples * self.channels
    }

    /// The samples at a frequency, `[samples, channels]`.
    pub(crate) fn of(&self, frequency: usize) -> &[c64] {
        &self.values[frequency * self.stride()..][..self.stride()]
    }
}

/// Frequencies that are kept of images `[height, width]`, `[height, width / 2 + 1]`.
pub(crate) fn num_frequencies(height: usize, width: usize) -> usize {
    height * (width / 2 + 1)
}

/// For how many frequencies of the whole spectrum one that is kept counts: 2 if its conjugate is left out, else 1.
pub(crate) fn multiplicity(frequency: usize, width: usize) -> f64 {
    let column = frequency % (width / 2 + 1);
    if column == 0 || 2 * column == width { 1.0 } else { 2.0 }
}

impl Fourier2d {
    pub(crate) fn new(height: usize, width: usize) -> Self {
        let mut planner = FftPlanner::new();
        let mut pair = |length| [planner.plan_fft_forward(length), planner.plan_fft_inverse(length)];
        Self { height, width, along_rows: pair(width), along_columns: pair(height) }
    }

    /// O(samples · channels · pixels · log pixels).
    ///
    /// # Shapes
    /// samples `[samples, channels, height, width]`
    pub(crate) fn forward(&self, samples: ArrayView4<'_, f64>) -> Spectra {
        let (num_samples, channels, height, width) = samples.dim();
        assert_eq!((height, width), (self.height, self.width), "Fourier2d: images of another size");
        let frequencies = num_frequencies(height, width);
        // [samples, channels, frequencies] first, so that samples are transformed on all cores.
        let mut by_sample = vec![c64::ZERO; num_samples * channels * frequencies];
        by_sample.par_chunks_mut(channels * frequencies).enumerate().for_each(|(sample, spectra)| {
            let mut image = vec![c64::ZERO; height * width];
            for (channel, spectrum) in spectra.chunks_exact_mut(frequencies).enumerate() {
                for ((row, column), value) in
                    samples.slice(ndarray::s![sample, channel, .., ..]).indexed_iter()
                {
                    image[row * width + column] = c64::from_real(*value);
                }
                self.along_rows[Direction::Forward as usize].process(&mut image);
                let kept = width / 2 + 1;
                for (out, row) in spectrum.chunks_exact_mut(kept).zip(image.chunks_exact(width)) {
                    out.copy_from_slice(&row[..kept]);
                }
                self.transform_columns(spectrum, Direction::Forward);
            }
        });
        let stride = num_samples * channels;
        let mut values = vec![c64::ZERO; frequencies * stride];
        values.par_chunks_mut(stride).enumerate().for_each(|(frequency, values)| {
            for (place, value) in values.iter_mut().enumerate() {
                *value = by_sample[place * frequencies + frequency];
            }
        });
        Spectra { values, num_samples, channels }
    }

    /// The images of spectra.
    ///
    /// # Shapes
    /// output `[samples, channels, height, width]`
    pub(crate) fn inverse(&self, spectra: &Spectra) -> Array4<f64> {
        let (height, width) = (self.height, self.width);
        let mut out = Array4::zeros((spectra.num_samples, spectra.channels, height, width));
        let images = out.as_slice_mut().expect("a new array is row-major");
        images.par_chunks_mut(height * width).enumerate().for_each(|(place, image)| {
            let frequencies = 0..num_frequencies(height, width);
            let mut spectrum: Vec<c64> = frequencies.map(|frequency| spectra.of(frequency)[place]).collect();
            self.transform_columns(&mut spectrum, Direction::Inverse);
            let kept = width / 2 + 1;
            for (image, half) in image.chunks_exact_mut(width).zip(spectrum.chunks_exact(kept)) {
                // A row of an image is real: its spectrum is conjugate to itself.
                let of_column =
                    |column: usize| if column < kept { half[column] } else { half[width - column].conj() };
                let mut row: Vec<c64> = (0..width).map(of_column).collect();
                self.along_rows[Direction::Inverse as usize].process(&mut row);
                image.iter_mut().zip(row).for_each(|(value, found)| *value = found.re);
            }
        });
        let scale = 1.0 / ((height * width) as f64).sqrt();
        out *= scale;
        out
    }

    /// Transforms the columns of half a spectrum `[height, width / 2 + 1]`; forwards it is scaled to be orthonormal too.
    fn transform_columns(&self, spectrum: &mut [c64], direction: Direction) {
        let kept = self.width / 2 + 1;
        let scale = match direction {
            Direction::Forward => 1.0 / ((self.height * self.width) as f64).sqrt(),
            Direction::Inverse => 1.0,
        };
        let mut values = vec![c64::ZERO; self.height];
        for column in 0..kept {
            for (row, value) in values.iter_mut().enumerate() {
                *value = spectrum[row * kept + column];
            }
            self.along_columns[direction as usize].process(&mut values);
            for (row, value) in values.iter().enumerate() {
                spectrum[row * kept + column] = value.scaled(scale);
            }
        }
    }
}

/// The sum over the whole spectrum of the numbers that `of_frequency` makes of each kept frequency: each counts as often as its
/// multiplicity, in the order of frequencies.
pub(crate) fn sum_over_frequencies(
    [height, width]: [usize; 2],
    of_frequency: impl Fn(usize) -> Vec<f64> + Sync,
) -> Vec<f64> {
    /// Frequencies whose numbers are in memory at one time.
    const FREQUENCIES: usize = 32;
    let count = num_frequencies(height, width);
    let mut sums = Vec::new();
    for first in (0..count).step_by(FREQUENCIES) {
        let batch = first..(first + FREQUENCIES).min(count);
        let found: Vec<Vec<f64>> = batch.clone().into_par_iter().map(&of_frequency).collect();
        for (frequency, numbers) in batch.zip(found) {
            sums.resize(numbers.len(), 0.0);
            let factor = multiplicity(frequency, width);
            sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += factor * number);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn images(height: usize, width: usize) -> Array4<f64> {
        Array4::from_shape_fn((2, 3, height, width), |(s, c, h, w)| {
            ((s * 7 + c * 3 + h * 5 + w * w) as f64).sin()
        })
    }

    #[test]
    fn spectra_are_the_orthonormal_sums_and_come_back_for_odd_and_even_sides() {
        for (height, width) in [(1, 1), (1, 6), (4, 5), (3, 4)] {
            let images = images(height, width);
            let fourier = Fourier2d::new(height, width);
            let spectra = fourier.forward(images.view());
            let kept = width / 2 + 1;
            for frequency in 0..num_frequencies(height, width) {
                let (u, v) = ((frequency / kept) as f64, (frequency % kept) as f64);
                let mut sum = c64::ZERO;
                for h in 0..height {
                    for w in 0..width {
                        let angle = -TAU * (u * h as f64 / height as f64 + v * w as f64 / width as f64);
                        sum += c64::from_polar(images[[1, 2, h, w]], angle);
                    }
                }
                let found = spectra.of(frequency)[5];
                assert!((found - sum / ((height * width) as f64).sqrt()).norm() < 1e-12);
            }
            approx::assert_relative_eq!(fourier.inverse(&spectra), images, epsilon = 1e-14);
        }
    }

    #[test]
    fn half_of_the_frequencies_have_the_energy_of_the_image() {
        for (height, width) in [(4, 5), (3, 4)] {
            let images = images(height, width);
            let spectra = Fourier2d::new(height, width).forward(images.view());
            let energy = |frequency| vec![spectra.of(frequency).iter().map(|value| value.norm_sqr()).sum()];
            let found = sum_over_frequencies([height, width], energy);
            approx::assert_relative_eq!(found[0], images.mapv(|v| v * v).sum(), max_relative = 1e-13);
        }
    }
}
