//! Whitening of features.

use crate::error::Error;
use std::ops::ControlFlow;

use crate::linear::dense_solver::{full_weights, num_blocks, ridged_scatter};
use crate::linear::monitor::Steps;
use crate::linear::{FeatureMatrix, LinearConfig, LinearEncoder, NoPropagation, Pairs, Width};

/// The encoder X → (X − 1 meanᵀ) L⁻ᵀ with L Lᵀ = S_w + τ s I and s = tr S_w / F. O(features³ / 3).
///
/// With [`Pairs::all`] it whitens the total covariance; with the pairs of a graph, the scatter between neighbors.
/// [`LinearEncoder::project`] applies it to any matrix with the same columns.
///
/// # Errors
/// [`Error::Setting`] for a ridge that is not positive; [`Error::NoScatter`] for features that never differ within a pair.
///
/// # Panics
/// If X and the pairs have different numbers of nodes, or there are no nodes or no features.
pub fn whiten(x: &dyn FeatureMatrix, pairs: &Pairs, ridge: f64) -> Result<LinearEncoder, Error> {
    assert!(x.num_nodes() > 0 && x.num_features() > 0, "whiten: a matrix without entries");
    assert_eq!(x.num_nodes(), pairs.num_nodes(), "whiten: nodes of X and of the pairs");
    LinearConfig { ridge, width: Width::Full, ..LinearConfig::default() }.check(x.num_features())?;
    let means = x.column_means();
    let mut monitor = |_| ControlFlow::Continue(());
    let steps = &mut Steps::new(num_blocks(x) + 1, &mut monitor);
    let weights = full_weights(ridged_scatter(x, pairs, &means, ridge, steps)?, steps)?;
    let propagation = NoPropagation { num_nodes: x.num_nodes() };
    Ok(LinearEncoder::fit(weights, x, &propagation, &means).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::DenseFeatures;
    use crate::linear::blocks::gram;
    use ndarray::Array2;

    #[test]
    fn whitened_columns_have_nearly_the_identity_as_covariance() {
        let x = Array2::from_shape_vec((500, 4), testkit::numbers::wavy(2000, 0.4)).unwrap();
        let mixed =
            Array2::from_shape_fn((500, 4), |(i, j)| 3.0 * x[[i, j]] + 2.0 * x[[i, (j + 1) % 4]] + 7.0);
        let features = DenseFeatures::from_array(mixed.view()).unwrap();
        let z = whiten(&features, &Pairs::all(500), 1e-6).unwrap().project(&features);
        let covariance = gram(z.view());
        for i in 0..4 {
            for j in 0..4 {
                let expected = f64::from(u8::from(i == j));
                assert!((covariance[(i, j)] / 500.0 - expected).abs() < 1e-4, "({i}, {j})");
            }
        }
    }
}
