//! Samples that are checked and lie on the sphere.

use ndarray::{Array, ArrayView, Dimension, RemoveAxis};
use rayon::prelude::*;

use crate::error::Error;

/// Shorter samples are not stretched to length 1, as in the authors' code.
pub(crate) const MIN_LENGTH: f64 = 1e-8;

/// The samples, each divided by its L2 norm over all entries; norms count as 10⁻⁸ at least.
///
/// # Errors
/// No number in the samples; NaN or infinity.
pub(crate) fn on_the_sphere<D: RemoveAxis>(samples: ArrayView<'_, f64, D>) -> Result<Array<f64, D>, Error> {
    if samples.is_empty() {
        return Err(Error::Empty { found: samples.shape().to_vec() });
    }
    let mut samples = samples.as_standard_layout().into_owned();
    let width = samples.len() / samples.shape()[0];
    let values = samples.as_slice_mut().expect("just made row-major");
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        return Err(Error::NotFinite { sample: place / width, entry: place % width, value: values[place] });
    }
    values.par_chunks_mut(width).for_each(project);
    Ok(samples)
}

/// Divides a finite sample by its L2 norm.
pub(crate) fn project(sample: &mut [f64]) {
    let mut length = sample.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length.is_infinite() {
        // The squares overflow, not the sample.
        let largest = sample.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        sample.iter_mut().for_each(|value| *value /= largest);
        length = sample.iter().map(|value| value * value).sum::<f64>().sqrt();
    }
    let length = length.max(MIN_LENGTH);
    sample.iter_mut().for_each(|value| *value /= length);
}

/// Checks that samples have the shape of those of the construction.
pub(crate) fn check_shape<D: Dimension>(
    samples: &ArrayView<'_, f64, D>,
    expected: &[usize],
) -> Result<(), Error> {
    let found = &samples.shape()[1..];
    if found == expected {
        return Ok(());
    }
    Err(Error::SampleShape { expected: expected.to_vec(), found: found.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn samples_get_length_one_but_for_those_of_almost_none() {
        let samples = array![[3.0, -4.0], [1e200, 1e200], [0.0, 0.0], [1e-10, 0.0]];
        let half = 0.5f64.sqrt();
        let expected = array![[0.6, -0.8], [half, half], [0.0, 0.0], [0.01, 0.0]];
        approx::assert_relative_eq!(on_the_sphere(samples.view()).unwrap(), expected, max_relative = 1e-15);
    }

    #[test]
    fn what_is_no_sample_is_refused() {
        let message = |samples: Array2<f64>| on_the_sphere(samples.view()).unwrap_err().to_string();
        assert_eq!(
            message(Array2::zeros((0, 3))),
            "samples: expected no side of length 0, found the shape [0, 3]"
        );
        assert_eq!(
            message(array![[1.0, 2.0], [3.0, f64::NAN]]),
            "sample 1, entry 1: expected a finite number, found NaN"
        );
    }
}
