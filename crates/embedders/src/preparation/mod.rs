//! What is done to features before any method sees them: learned on the training graph, stored with the model.

mod columns;
mod projection;
mod scaling;
mod weighting;

pub use projection::{Projection, ProjectionSettings};
pub use scaling::FeatureScaling;
pub use weighting::FeatureWeighting;

pub(crate) use scaling::are_counts;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use g2r_loss::linear::LinearEncoder;
use g2r_loss::linear::prepare::ColumnWeights;
use graph_io::{Features, NodeDataset};
use serde::{Deserialize, Serialize};

use self::columns::Columns;
use self::projection::projected;
use self::scaling::{Scale, centered, chosen, moments};
use self::weighting::{weighed, weighting_name};
use crate::Error;
use crate::tensors::{Tensors, TensorsError};

/// The table `preparation` of a run: what is done to features, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PreparationSettings {
    /// How entries are weighed.
    pub feature_weighting: FeatureWeighting,
    /// The scale of the features.
    pub feature_scaling: FeatureScaling,
    /// Whether the mean of each column on the training graph is subtracted; sparse features become dense.
    pub center_features: bool,
    /// A linear map of the columns, learned from the training graph.
    pub projection: ProjectionSettings,
}

impl PreparationSettings {
    /// A scale and nothing else.
    pub fn scaled(feature_scaling: FeatureScaling) -> Self {
        Self { feature_scaling, ..Self::default() }
    }

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn check(&self) -> Result<(), Error> {
        self.projection.check()
    }
}

/// What a training graph has taught of features: their columns, and what is done to them.
///
/// [`apply`](Self::apply) does the same to the features of any graph that has those columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    columns: Columns,
    /// Weights of the columns, where they are weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<ColumnWeights>,
    scale: Scale,
    /// Why `auto` chose the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Means of the scaled columns, where they are centered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    center: Option<Vec<f64>>,
    /// Which linear map follows.
    #[serde(default, skip_serializing_if = "ProjectionSettings::is_none")]
    projection: ProjectionSettings,
    /// The map itself, stored in a file of its own.
    #[serde(skip)]
    projector: Option<Arc<LinearEncoder>>,
}

impl Preparation {
    /// Learns columns and scale of a data set.
    ///
    /// [`Auto`](FeatureScaling::Auto) takes `standardize` for features with negative numbers, or with columns of many scales:
    /// whose largest values differ by more than a factor of 100, of 10 000 where features are sparse. Of the others it takes
    /// `row-l1` for sparse features, such as counts of words, and leaves dense ones as they are.
    ///
    /// # Errors
    /// [`Error::ClosedForm`] for features or a graph that the projection cannot be learned from.
    pub fn fit(settings: &PreparationSettings, dataset: &NodeDataset) -> Result<Self, Error> {
        Ok(Self::fit_and_apply(settings, dataset)?.0)
    }

    /// The same, with the prepared features of the data set.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_and_apply(
        settings: &PreparationSettings,
        dataset: &NodeDataset,
    ) -> Result<(Self, Features), Error> {
        let features = dataset.features();
        let weights = settings.feature_weighting.kind().map(|weighting| match features {
            Features::Sparse(matrix) => ColumnWeights::from_sparse(weighting, matrix),
            Features::Dense(matrix) => ColumnWeights::from_dense(weighting, matrix),
        });
        let weighed = weighed(Cow::Borrowed(features), weights.as_ref());
        let (scaling, reason) = match settings.feature_scaling {
            FeatureScaling::Auto => {
                let (scaling, reason) = chosen(&weighed);
                (scaling, Some(reason))
            }
            scaling => (scaling, None),
        };
        let scale = match scaling {
            FeatureScaling::Auto | FeatureScaling::None => Scale::None,
            FeatureScaling::RowL1 => Scale::RowL1,
            FeatureScaling::RowL2 => Scale::RowL2,
            FeatureScaling::Standardize => {
                let (mean, deviation) = moments(&weighed);
                Scale::Standardize { mean, deviation }
            }
        };
        let scaled = scale.apply(weighed);
        let center = settings.center_features.then(|| moments(&scaled).0);
        let centered = centered(scaled, center.as_deref());
        let projection = settings.projection;
        let columns = Columns::of(dataset);
        let projector = projection.fit(&centered, dataset.graph())?.map(Arc::new);
        let prepared = projected(centered, projector.as_deref())?;
        Ok((Self { columns, weights, scale, reason, center, projection, projector }, prepared))
    }

    /// The scale that the features are brought to.
    pub fn scaling(&self) -> FeatureScaling {
        match self.scale {
            Scale::None => FeatureScaling::None,
            Scale::RowL1 => FeatureScaling::RowL1,
            Scale::RowL2 => FeatureScaling::RowL2,
            Scale::Standardize { .. } => FeatureScaling::Standardize,
        }
    }

    /// The same without the projection: features with the columns that they had.
    pub fn without_projection(&self) -> Self {
        Self { projection: ProjectionSettings::default(), projector: None, ..self.clone() }
    }

    /// Number of columns of prepared features.
    pub fn d_input(&self) -> usize {
        match &self.projector {
            Some(projector) => projector.weights().ncols(),
            None => self.columns.len(),
        }
    }

    /// The features of a graph with the columns that this was learned with, in that order and prepared alike.
    ///
    /// # Errors
    /// [`Error::Columns`] for columns that are missing, unknown, or too few or too many.
    pub fn apply(&self, dataset: &NodeDataset) -> Result<Features, Error> {
        let features = weighed(self.columns.align(dataset)?, self.weights.as_ref());
        let centered = centered(self.scale.apply(features), self.center.as_deref());
        projected(centered, self.projector.as_deref())
    }

    /// What is stored in a file of its own.
    pub(crate) fn tensors(&self) -> Option<Tensors> {
        let projector = self.projector.as_deref()?;
        let mut tensors = Tensors::default();
        tensors.insert_encoder("", projector);
        Some(tensors)
    }

    /// Whether [`with_tensors`](Self::with_tensors) has to follow what was read.
    pub(crate) fn has_tensors(&self) -> bool {
        !self.projection.is_none()
    }

    /// The same with what was stored in a file of its own.
    pub(crate) fn with_tensors(self, tensors: &Tensors) -> Result<Self, TensorsError> {
        Ok(Self { projector: Some(Arc::new(tensors.encoder("")?)), ..self })
    }
}

/// What was done, and why, such as `row-l1: sparse, nothing negative`.
impl fmt::Display for Preparation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(weights) = &self.weights {
            write!(out, "{}, ", weighting_name(weights.weighting()))?;
        }
        write!(out, "{}", self.scaling().name())?;
        if let Some(reason) = &self.reason {
            write!(out, ", chosen because {reason}")?;
        }
        if self.center.is_some() {
            write!(out, ", centered")?;
        }
        match &self.projector {
            Some(projector) => {
                write!(out, ", {} to {} columns", self.projection, projector.weights().ncols())
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph_io::{FeatureNames, NodeDatasetParts, NodeIds};
    use ndarray::{Array2, array};
    use testkit::graphs::path;

    fn dataset(features: Features, names: &[&str]) -> NodeDataset {
        let feature_names = (!names.is_empty()).then(|| FeatureNames::from_names(names).unwrap());
        let graph = path(features.num_nodes() as u32);
        NodeDataset::from_parts(NodeDatasetParts { feature_names, ..NodeDatasetParts::new(graph, features) })
            .unwrap()
    }

    fn dense(features: Features) -> Array2<f32> {
        match features {
            Features::Dense(matrix) => matrix,
            Features::Sparse(matrix) => matrix.to_dense(),
        }
    }

    fn auto(features: Features) -> Preparation {
        Preparation::fit(&PreparationSettings::default(), &dataset(features, &[])).unwrap()
    }

    #[test]
    fn auto_looks_at_signs_and_scales_and_says_why() {
        let sparse =
            |matrix: Array2<f32>| Features::Sparse(graph_io::CsrMatrix::csr_from_dense(matrix.view(), 0.0));
        for (features, expected) in [
            (
                sparse(array![[1.0, 0.0], [0.0, 700.0]]),
                "row-l1, chosen because the features are sparse and not negative",
            ),
            (
                Features::Dense(array![[0.5, 1.0], [0.25, 9.0]]),
                "none, chosen because no column is negative and all are of one scale",
            ),
            (
                Features::Dense(array![[0.5, 1e6], [1.0, 2e6]]),
                "standardize, chosen because the columns' largest values differ, from 1 to 2000000",
            ),
            (
                Features::Dense(array![[-0.5, 1.0], [1.0, 2.0]]),
                "standardize, chosen because 1 of 2 columns have negative values",
            ),
            (
                sparse(array![[1.0, 0.0], [0.0, 20_000.0]]),
                "standardize, chosen because the columns' largest values differ, from 1 to 20000",
            ),
        ] {
            assert_eq!(auto(features).to_string(), expected);
        }
    }

    #[test]
    fn moments_are_those_of_the_training_graph() {
        let settings = PreparationSettings::scaled(FeatureScaling::Standardize);
        let sparse = graph_io::CsrMatrix::csr_from_dense(array![[1.0, 5.0], [3.0, 5.0]].view(), 0.0);
        for features in [Features::Dense(sparse.to_dense()), Features::Sparse(sparse)] {
            let training = dataset(features, &[]);
            let preparation = Preparation::fit(&settings, &training).unwrap();
            assert_eq!(dense(preparation.apply(&training).unwrap()), array![[-1.0, 0.0], [1.0, 0.0]]);
            let other = dataset(Features::Dense(array![[2.0, 6.0], [0.0, 0.0], [5.0, 5.0]]), &[]);
            let expected = array![[0.0, 1.0], [-2.0, -5.0], [3.0, 0.0]];
            assert_eq!(dense(preparation.apply(&other).unwrap()), expected);
        }
    }

    #[test]
    fn columns_are_matched_by_name_and_missing_and_unknown_ones_are_named() {
        let settings = PreparationSettings::scaled(FeatureScaling::None);
        let training = dataset(Features::Dense(array![[1.0, 2.0], [3.0, 4.0]]), &["age", "income"]);
        let preparation = Preparation::fit(&settings, &training).unwrap();
        let swapped = dataset(Features::Dense(array![[2.0, 1.0], [4.0, 3.0]]), &["income", "age"]);
        assert_eq!(dense(preparation.apply(&swapped).unwrap()), array![[1.0, 2.0], [3.0, 4.0]]);
        let message = |names: &[&str]| {
            let other = dataset(Features::Dense(Array2::ones((2, 2))), names);
            preparation.apply(&other).unwrap_err().to_string()
        };
        assert_eq!(
            message(&["age", "height"]),
            "features: expected the 2 columns that the model was trained with, in any order, found 2 without \
             income and with the unknown height"
        );
        assert_eq!(message(&[]), "features: expected the columns age, income, found 2 columns without names");
    }

    #[test]
    fn columns_without_names_go_by_their_number() {
        let training = dataset(Features::Dense(Array2::ones((2, 3))), &[]);
        let preparation = Preparation::fit(&PreparationSettings::default(), &training).unwrap();
        assert!(preparation.apply(&dataset(Features::Dense(Array2::ones((4, 3))), &["a", "b", "c"])).is_ok());
        let narrow = dataset(Features::Dense(Array2::ones((4, 2))), &[]);
        assert_eq!(
            preparation.apply(&narrow).unwrap_err().to_string(),
            "features: expected 3 columns without names, found 2 columns without names"
        );
    }

    #[test]
    fn a_graph_without_features_is_known_by_its_nodes() {
        let of = |ids: &[&str]| {
            let raw = graph_io::RawDataset::from_arcs(
                "bare",
                NodeIds::from_names(ids),
                graph_io::Arcs::from_pairs(&[(0, 1)], graph_io::ArcMeaning::Directed),
            );
            raw.clean(&graph_io::CleaningPolicy::default()).unwrap()
        };
        let preparation = Preparation::fit(&PreparationSettings::default(), &of(&["a", "b"])).unwrap();
        assert_eq!(dense(preparation.apply(&of(&["b", "a"])).unwrap()), array![[0.0, 1.0], [1.0, 0.0]]);
        assert_eq!(
            preparation.apply(&of(&["a", "c"])).unwrap_err().to_string(),
            "features: expected the 2 columns that the model was trained with, in any order, found 2 without b \
             and with the unknown c"
        );
    }

    #[test]
    fn what_was_learned_is_written_and_read() {
        let settings = PreparationSettings::scaled(FeatureScaling::Standardize);
        let training = dataset(Features::Dense(array![[0.1, 2.0], [3.0, 1.0 / 3.0]]), &["x", "y"]);
        let preparation = Preparation::fit(&settings, &training).unwrap();
        let text = serde_json::to_string(&preparation).unwrap();
        assert_eq!(serde_json::from_str::<Preparation>(&text).unwrap(), preparation);
    }

    #[test]
    fn entries_are_weighed_then_scaled_then_centered_as_in_training() {
        let settings = PreparationSettings {
            feature_weighting: FeatureWeighting::TfIdf,
            feature_scaling: FeatureScaling::RowL2,
            center_features: true,
            ..PreparationSettings::default()
        };
        // The second column is in every row: its idf is 0.
        let counts = array![[3.0f32, 1.0, 0.0], [0.0, 2.0, 0.0], [0.0, 1.0, 4.0], [0.0, 1.0, 0.0]];
        let sparse = graph_io::CsrMatrix::csr_from_dense(counts.view(), 0.0);
        for features in [Features::Dense(counts), Features::Sparse(sparse)] {
            let training = dataset(features, &[]);
            let (preparation, prepared) = Preparation::fit_and_apply(&settings, &training).unwrap();
            let expected =
                array![[0.75, 0.0, -0.25], [-0.25, 0.0, -0.25], [-0.25, 0.0, 0.75], [-0.25, 0.0, -0.25]];
            assert_eq!(dense(prepared), expected);
            assert_eq!(dense(preparation.apply(&training).unwrap()), expected);
            assert_eq!(preparation.to_string(), "tf-idf, row-l2, centered");
            let other = dataset(Features::Dense(array![[1.0, 9.0, 1.0]]), &[]);
            let half = 0.5f32.sqrt() - 0.25;
            for (found, expected) in dense(preparation.apply(&other).unwrap()).iter().zip([half, 0.0, half]) {
                assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
            }
            let text = serde_json::to_string(&preparation).unwrap();
            assert_eq!(serde_json::from_str::<Preparation>(&text).unwrap(), preparation);
        }
    }

    #[test]
    fn each_projection_is_learned_once_and_stored_in_its_own_file() {
        let blocks = testkit::graphs::two_blocks();
        for (kind, width) in
            [(Projection::Whiten, 16), (Projection::WhitenWithin, 16), (Projection::LinearRate, 3)]
        {
            let projection = ProjectionSettings { kind, d_output: 3, ..ProjectionSettings::default() };
            let settings = PreparationSettings { projection, ..PreparationSettings::default() };
            let (preparation, prepared) = Preparation::fit_and_apply(&settings, &blocks).unwrap();
            assert_eq!((preparation.d_input(), prepared.d_input()), (width, width));
            assert_eq!(preparation.apply(&blocks).unwrap(), prepared);
            assert_eq!(preparation.without_projection().d_input(), 16);
            let text = serde_json::to_string(&preparation).unwrap();
            let read: Preparation = serde_json::from_str(&text).unwrap();
            assert!(read.has_tensors() && read != preparation);
            assert_eq!(read.with_tensors(&preparation.tensors().unwrap()).unwrap(), preparation);
        }
        let bare = dataset(Features::Dense(Array2::ones((3, 2))), &[]);
        let projection =
            ProjectionSettings { kind: Projection::WhitenWithin, ..ProjectionSettings::default() };
        let settings = PreparationSettings { projection, ..PreparationSettings::default() };
        let error = Preparation::fit(&settings, &bare).unwrap_err();
        assert_eq!(error.to_string(), "linear rate reduction has no solution here");
    }
}
