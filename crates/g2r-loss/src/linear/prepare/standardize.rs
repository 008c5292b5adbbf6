//! Columns of mean 0 and variance 1.

use ndarray::Array2;

use crate::linear::FeatureMatrix;
use crate::linear::blocks::{column_means, subtract_row};

/// Columns of X standardized at one time.
const COLUMNS: usize = 256;

/// Means and standard deviations of the columns of a training matrix.
///
/// A column that is constant in training is only centered.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer {
    means: Vec<f64>,
    inverse_deviations: Vec<f32>,
}

impl Standardizer {
    /// Measures the columns. O(nodes · features).
    pub fn from_training(x: &dyn FeatureMatrix) -> Self {
        let (means, num_features) = (x.column_means(), x.num_features());
        let mut inverse_deviations = Vec::with_capacity(num_features);
        for first in (0..num_features).step_by(COLUMNS) {
            let range = first..(first + COLUMNS).min(num_features);
            let mut columns = x.dense_columns(range.clone());
            subtract_row(&mut columns, &means[range]);
            columns.mapv_inplace(|value| value * value);
            let inverse = |variance: f64| if variance > 0.0 { 1.0 / variance.sqrt() } else { 1.0 };
            inverse_deviations.extend(column_means(columns.view()).into_iter().map(|v| inverse(v) as f32));
        }
        Self { means, inverse_deviations }
    }

    /// (X − 1 meanᵀ) diag(1 / deviation).
    ///
    /// # Panics
    /// If the matrix has another number of columns.
    pub fn apply(&self, mut matrix: Array2<f32>) -> Array2<f32> {
        assert_eq!(matrix.ncols(), self.means.len(), "standardize: another number of columns");
        subtract_row(&mut matrix, &self.means);
        for mut row in matrix.rows_mut() {
            row.iter_mut().zip(&self.inverse_deviations).for_each(|(value, factor)| *value *= factor);
        }
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::DenseFeatures;
    use ndarray::array;

    #[test]
    fn columns_have_mean_zero_and_variance_one_and_constants_are_centered() {
        let train = array![[1.0f32, 5.0], [3.0, 5.0], [5.0, 5.0], [7.0, 5.0]];
        let standardizer = Standardizer::from_training(&DenseFeatures::from_array(train.view()).unwrap());
        let scale = 1.0 / 5.0f32.sqrt();
        assert_eq!(standardizer.apply(array![[4.0, 5.0], [5.0, 6.0]]), array![[0.0, 0.0], [scale, 1.0]]);
    }
}
