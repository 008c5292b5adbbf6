//! The two matrices of the problem, [features, features], as products with blocks of columns.

use ndarray::{Array2, ArrayView2};

use super::blocks::{add_scaled, column_means, product, scale, subtract_row};
use super::features::FeatureMatrix;
use super::pairs::Pairs;
use super::propagation::Propagation;

/// C = cov(P X), the covariance of the propagated, centered features.
pub(crate) struct Covariance<'a> {
    pub(crate) x: &'a dyn FeatureMatrix,
    pub(crate) propagation: &'a dyn Propagation,
    /// Means of the columns of X.
    pub(crate) means: &'a [f64],
}

impl Covariance<'_> {
    /// C V, without C: V → X V, P, center, Pᵀ, Xᵀ.
    ///
    /// # Shapes
    /// v and output `[features, width]`
    pub(crate) fn apply(&self, v: ArrayView2<f32>) -> Array2<f32> {
        let mut z = self.propagated(v);
        let center = column_means(z.view());
        subtract_row(&mut z, &center);
        let back = self.propagation.apply_transposed(z);
        let n = self.x.num_nodes() as f32;
        let back_means = column_means(back.view());
        let mut out = self.x.multiply_transposed(back.view());
        scale(&mut out, 1.0 / n);
        // The mean of X is never subtracted from X itself, which would make it dense: 1 meanᵀ has rank one.
        for (mut row, mean) in out.rows_mut().into_iter().zip(self.means) {
            for (value, back_mean) in row.iter_mut().zip(&back_means) {
                *value -= (mean * back_mean) as f32;
            }
        }
        out
    }

    /// P (X − 1 meanᵀ) V.
    pub(crate) fn propagated(&self, v: ArrayView2<f32>) -> Array2<f32> {
        let mut y = self.x.multiply(v);
        let means = Array2::from_shape_fn((1, self.means.len()), |(_, feature)| self.means[feature] as f32);
        let v = faer::Mat::from_fn(v.nrows(), v.ncols(), |i, j| f64::from(v[[i, j]]));
        let shift: Vec<f64> =
            product(means.view(), v.as_ref()).iter().map(|value| f64::from(*value)).collect();
        subtract_row(&mut y, &shift);
        self.propagation.apply(y)
    }
}

/// M = S_w + r I, the scatter within pairs with its ridge.
pub(crate) struct Metric<'a> {
    pub(crate) x: &'a dyn FeatureMatrix,
    pub(crate) pairs: &'a Pairs<'a>,
    /// r = τ tr S_w / F.
    pub(crate) ridge: f64,
    /// The diagonal of M.
    pub(crate) diagonal: Vec<f32>,
}

impl Metric<'_> {
    /// M V, without M.
    ///
    /// # Shapes
    /// v and output `[features, width]`
    pub(crate) fn apply(&self, v: ArrayView2<f32>) -> Array2<f32> {
        let y = self.pairs.laplacian(self.x.multiply(v));
        let mut out = self.x.multiply_transposed(y.view());
        add_scaled(&mut out, self.ridge as f32, v);
        out
    }
}
