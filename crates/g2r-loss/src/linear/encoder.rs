//! The linear encoder Z = P X W.

use faer::Mat;
use ndarray::{Array2, ArrayView2};

use super::blocks::{column_means, product, subtract_row};
use super::features::FeatureMatrix;
use super::propagation::Propagation;

/// A linear encoder: weights W, and the shifts that center the training features and the training embedding.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearEncoder {
    weights: Array2<f32>,
    feature_shift: Vec<f32>,
    center: Vec<f32>,
}

impl LinearEncoder {
    /// An encoder of its parts: weights W, feature shift meanᵀ W, and the mean of the training embedding.
    ///
    /// # Shapes
    /// weights `[features, d_output]`, feature_shift and center `[d_output]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn new(weights: Array2<f32>, feature_shift: Vec<f32>, center: Vec<f32>) -> Self {
        let d_output = weights.ncols();
        assert_eq!(feature_shift.len(), d_output, "linear encoder: a feature shift for each output");
        assert_eq!(center.len(), d_output, "linear encoder: a center for each output");
        Self { weights: weights.as_standard_layout().into_owned(), feature_shift, center }
    }

    /// The encoder of weights and of feature means, with the embedding that it gives the training nodes.
    pub(crate) fn fit(
        weights: Array2<f32>,
        x: &dyn FeatureMatrix,
        propagation: &dyn Propagation,
        means: &[f64],
    ) -> (Self, Array2<f32>) {
        let row = Array2::from_shape_fn((1, means.len()), |(_, feature)| means[feature] as f32);
        let feature_shift = product(row.view(), wide(weights.view()).as_ref()).into_raw_vec_and_offset().0;
        let mut encoder = Self { center: vec![0.0; weights.ncols()], weights, feature_shift };
        let embedding = propagation.apply(encoder.project(x));
        let embedding = encoder.centered(embedding);
        (encoder, embedding)
    }

    /// Takes the mean of an embedding as center; returns the centered embedding.
    fn centered(&mut self, mut embedding: Array2<f32>) -> Array2<f32> {
        let means = column_means(embedding.view());
        subtract_row(&mut embedding, &means);
        self.center = means.iter().map(|mean| *mean as f32).collect();
        embedding
    }

    /// W, `[features, d_output]`.
    pub fn weights(&self) -> ArrayView2<'_, f32> {
        self.weights.view()
    }

    /// meanᵀ W, `[d_output]`, with the mean of the training features.
    pub fn feature_shift(&self) -> &[f32] {
        &self.feature_shift
    }

    /// Mean of the training embedding, `[d_output]`.
    pub fn center(&self) -> &[f32] {
        &self.center
    }

    /// (X − 1 meanᵀ) W: each node from its own features.
    ///
    /// # Shapes
    /// x `[nodes, features]`, output `[nodes, d_output]`
    ///
    /// # Panics
    /// If X has another number of columns than W has rows.
    pub fn project(&self, x: &dyn FeatureMatrix) -> Array2<f32> {
        assert_eq!(x.num_features(), self.weights.nrows(), "linear encoder: another number of features");
        let mut y = x.multiply(self.weights.view());
        let shift: Vec<f64> = self.feature_shift.iter().map(|value| f64::from(*value)).collect();
        subtract_row(&mut y, &shift);
        y
    }

    /// The embedding P (X − 1 meanᵀ) W − center, of nodes seen in training or not.
    ///
    /// # Shapes
    /// x `[nodes, features]`, output `[nodes, d_output]`
    ///
    /// # Panics
    /// As [`project`](Self::project), or if P has another number of nodes.
    pub fn embed(&self, x: &dyn FeatureMatrix, propagation: &dyn Propagation) -> Array2<f32> {
        assert_eq!(x.num_nodes(), propagation.num_nodes(), "linear encoder: another number of nodes");
        let mut z = propagation.apply(self.project(x));
        let center: Vec<f64> = self.center.iter().map(|value| f64::from(*value)).collect();
        subtract_row(&mut z, &center);
        z
    }
}

fn wide(block: ArrayView2<f32>) -> Mat<f64> {
    Mat::from_fn(block.nrows(), block.ncols(), |i, j| f64::from(block[[i, j]]))
}
