//! The optimum by a Cholesky factor: F × F matrices, exact.

use std::ops::Range;

use faer::Mat;
use ndarray::{Array2, s};

use super::blocks::{column_means, gram, subtract_row};
use super::cholesky::Cholesky;
use super::eigen::eigen;
use super::features::FeatureMatrix;
use super::monitor::Steps;
use super::pairs::{Pairs, ridge_of_trace};
use super::propagation::Propagation;
use super::spectrum::Spectrum;
use crate::error::{Block, Error};

/// Numbers of a block of columns of X that is propagated at one time (128 MB), within the bounds on its width.
const NUMBERS: usize = 1 << 25;
const WIDTHS: std::ops::RangeInclusive<usize> = 32..=256;

/// S_w + τ s I with s = tr S_w / F, `[features, features]`. O(arcs · features + entries · features).
///
/// # Errors
/// [`Error::NoScatter`] if the trace is not positive; [`Error::Interrupted`].
pub(crate) fn ridged_scatter(
    x: &dyn FeatureMatrix,
    pairs: &Pairs,
    means: &[f64],
    ridge: f64,
    steps: &mut Steps<'_>,
) -> Result<Mat<f64>, Error> {
    let num_features = x.num_features();
    let mut scatter = Mat::zeros(num_features, num_features);
    for range in column_ranges(x) {
        steps.begin()?;
        // Centering changes nothing but the rounding: large means would cost digits in the differences.
        let mut columns = x.dense_columns(range.clone());
        subtract_row(&mut columns, &means[range.clone()]);
        let columns = x.multiply_transposed(pairs.laplacian(columns).view());
        for (place, column) in range.enumerate() {
            for feature in 0..num_features {
                scatter[(feature, column)] = f64::from(columns[[feature, place]]);
            }
        }
    }
    let trace: f64 = (0..num_features).map(|feature| scatter[(feature, feature)]).sum();
    let added = ridge_of_trace(trace, ridge, means)?;
    (0..num_features).for_each(|feature| scatter[(feature, feature)] += added);
    Ok(scatter)
}

/// W = L⁻ᵀ of the full width. O(features³ / 3).
///
/// # Errors
/// [`Error::NotPositiveDefinite`] if the scatter is so near to singular that rounding makes it indefinite; [`Error::Interrupted`].
pub(crate) fn full_weights(scatter: Mat<f64>, steps: &mut Steps<'_>) -> Result<Array2<f32>, Error> {
    steps.begin()?;
    Ok(Cholesky::of(scatter, Block::Scatter)?.inverse_transposed())
}

/// W of `d_output` directions, with the spectrum. O(nodes · features² + features³).
///
/// # Errors
/// As [`full_weights`], or [`Error::Eigen`].
pub(crate) fn reduced_weights(
    scatter: Mat<f64>,
    x: &dyn FeatureMatrix,
    propagation: &dyn Propagation,
    means: &[f64],
    d_output: usize,
    steps: &mut Steps<'_>,
) -> Result<(Array2<f32>, Spectrum), Error> {
    let num_features = x.num_features();
    let cholesky = Cholesky::of(scatter, Block::Scatter)?;
    let covariance = propagated_covariance(x, propagation, means, steps)?;
    steps.begin()?;
    let eigen = eigen(cholesky.congruent(covariance).as_ref())?;
    let mut eigenvalues = eigen.values;
    eigenvalues.truncate(d_output + 1);
    let water_level = eigenvalues.get(d_output).map_or(0.0, |value| value.max(0.0));
    let spectrum = Spectrum { eigenvalues, water_level };
    let powers = spectrum.powers(d_output);
    let scaled = Mat::from_fn(num_features, d_output, |i, k| eigen.vectors[(i, k)] * powers[k].sqrt());
    let weights = cholesky.solve_transposed(scaled);
    Ok((Array2::from_shape_fn((num_features, d_output), |(i, k)| weights[(i, k)] as f32), spectrum))
}

/// cov(P X) with the features centered before and after.
fn propagated_covariance(
    x: &dyn FeatureMatrix,
    propagation: &dyn Propagation,
    means: &[f64],
    steps: &mut Steps<'_>,
) -> Result<Mat<f64>, Error> {
    let (num_nodes, num_features) = (x.num_nodes(), x.num_features());
    let mut propagated = Array2::zeros((num_nodes, num_features));
    for range in column_ranges(x) {
        steps.begin()?;
        let mut columns = x.dense_columns(range.clone());
        subtract_row(&mut columns, &means[range.clone()]);
        let mut columns = propagation.apply(columns);
        let center = column_means(columns.view());
        subtract_row(&mut columns, &center);
        if range.len() == num_features {
            propagated = columns;
        } else {
            propagated.slice_mut(s![.., range]).assign(&columns);
        }
    }
    let mut covariance = gram(propagated.view());
    covariance *= faer::Scale(1.0 / num_nodes as f64);
    Ok(covariance)
}

/// How many blocks the columns of X are taken in.
pub(crate) fn num_blocks(x: &dyn FeatureMatrix) -> usize {
    column_ranges(x).count()
}

/// The columns of X, a block at a time.
fn column_ranges(x: &dyn FeatureMatrix) -> impl Iterator<Item = Range<usize>> + use<> {
    let num_features = x.num_features();
    let width = (NUMBERS / x.num_nodes().max(1)).clamp(*WIDTHS.start(), *WIDTHS.end());
    (0..num_features).step_by(width).map(move |first| first..(first + width).min(num_features))
}
