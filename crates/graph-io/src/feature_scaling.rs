//! Features on a common scale.

use ndarray::Axis;
use serde::{Deserialize, Serialize};

use crate::csr::row;
use crate::features::Features;

/// How features are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureScaling {
    /// As they are.
    #[default]
    None,
    /// Each row divided by the sum of its magnitudes.
    RowL1,
    /// Each row divided by its length.
    RowL2,
    /// Each column less its mean and divided by its standard deviation, where that is not zero; sparse features become
    /// dense.
    Standardize,
}

impl FeatureScaling {
    /// The features scaled so. Sums run in `f64`; rows and columns without a scale stay as they are.
    #[must_use]
    pub fn apply(self, features: Features) -> Features {
        match self {
            Self::None => features,
            Self::RowL1 => features.row_normalized(),
            Self::RowL2 => row_l2(features),
            Self::Standardize => standardize(features),
        }
    }
}

fn row_l2(features: Features) -> Features {
    match features {
        Features::Dense(mut matrix) => {
            for mut values in matrix.rows_mut() {
                let scale = length(values.iter());
                values.iter_mut().for_each(|value| *value = (f64::from(*value) / scale) as f32);
            }
            Features::Dense(matrix)
        }
        Features::Sparse(mut matrix) => {
            for index in 0..matrix.rows() {
                let scale = length(row(&matrix, index).1.iter());
                let range = matrix.indptr().outer_inds_sz(index);
                let values = matrix.data_mut()[range].iter_mut();
                values.for_each(|value| *value = (f64::from(*value) / scale) as f32);
            }
            Features::Sparse(matrix)
        }
    }
}

/// The square root of the sum of squares, 1 for zeros.
fn length<'a>(values: impl Iterator<Item = &'a f32>) -> f64 {
    let squares: f64 = values.map(|value| f64::from(*value).powi(2)).sum();
    if squares > 0.0 { squares.sqrt() } else { 1.0 }
}

fn standardize(features: Features) -> Features {
    let mut matrix = match features {
        Features::Dense(matrix) => matrix,
        Features::Sparse(matrix) => matrix.to_dense(),
    };
    let num_rows = matrix.nrows() as f64;
    for mut column in matrix.axis_iter_mut(Axis(1)) {
        let mean = column.iter().map(|value| f64::from(*value)).sum::<f64>() / num_rows;
        let variance = column.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / num_rows;
        let scale = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        column.iter_mut().for_each(|value| *value = ((f64::from(*value) - mean) / scale) as f32);
    }
    Features::Dense(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn both(matrix: Array2<f32>) -> [Features; 2] {
        let sparse = sprs::CsMat::csr_from_dense(matrix.view(), 0.0);
        let (rows, columns) = sparse.shape();
        let (pointers, indices, values) = sparse.into_raw_storage();
        let indices = indices.into_iter().map(|index: usize| index as u32).collect();
        let sparse = crate::csr::CsrMatrix::new((rows, columns), pointers, indices, values);
        [Features::Dense(matrix), Features::Sparse(sparse)]
    }

    fn dense(features: Features) -> Array2<f32> {
        match features {
            Features::Dense(matrix) => matrix,
            Features::Sparse(matrix) => matrix.to_dense(),
        }
    }

    #[test]
    fn rows_get_length_one_unless_they_are_zero() {
        for features in both(array![[3.0, -4.0], [0.0, 0.0]]) {
            assert_eq!(dense(FeatureScaling::RowL2.apply(features)), array![[0.6, -0.8], [0.0, 0.0]]);
        }
    }

    #[test]
    fn columns_get_mean_zero_and_variance_one_unless_they_are_constant() {
        for features in both(array![[1.0, 5.0], [3.0, 5.0]]) {
            let scaled = FeatureScaling::Standardize.apply(features);
            assert_eq!(scaled, Features::Dense(array![[-1.0, 0.0], [1.0, 0.0]]));
        }
    }

    #[test]
    fn none_leaves_them_as_they_are() {
        for features in both(array![[1.0, 0.0]]) {
            assert_eq!(FeatureScaling::None.apply(features.clone()), features);
        }
    }
}
