//! What is done to features before any method sees them: learned on the training graph, stored with the model.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use graph_io::{Features, MissingFeatures, NodeDataset};
use ndarray::Axis;
use serde::{Deserialize, Serialize};

use crate::Error;

/// How features are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureScaling {
    /// By what the columns hold: see [`Preparation::fit`].
    #[default]
    Auto,
    /// As they are.
    None,
    /// Each row divided by the sum of its magnitudes.
    RowL1,
    /// Each row divided by its length.
    RowL2,
    /// Each column less its mean and divided by its standard deviation on the training graph; sparse features become dense.
    Standardize,
}

impl FeatureScaling {
    /// Every scaling.
    pub const ALL: &[Self] = &[Self::Auto, Self::None, Self::RowL1, Self::RowL2, Self::Standardize];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::None => "none",
            Self::RowL1 => "row-l1",
            Self::RowL2 => "row-l2",
            Self::Standardize => "standardize",
        }
    }
}

/// The table `preparation` of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PreparationSettings {
    /// The scale of the features.
    pub feature_scaling: FeatureScaling,
}

/// What a training graph has taught of features: their columns and their scale.
///
/// [`apply`](Self::apply) does the same to the features of any graph that has those columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    columns: Columns,
    scale: Scale,
    /// Why `auto` chose the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The columns of the features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Columns {
    /// Known by their names, in whatever order they come.
    Named(Vec<String>),
    /// Without names: known by their number.
    Counted(usize),
    /// A column a node, made for a graph without features: known by the ids of the nodes.
    Nodes(Vec<String>),
    /// Bins of degrees, made for a graph without features.
    Degrees(usize),
}

/// A scale with what it has learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Scale {
    None,
    RowL1,
    RowL2,
    Standardize { mean: Vec<f64>, deviation: Vec<f64> },
}

/// The largest quotient of two columns' largest magnitudes that dense features of one scale have.
const ONE_SCALE: f64 = 100.0;
/// The same of sparse features, where the counts of rare and of common words lie far apart.
const ONE_SCALE_OF_COUNTS: f64 = 10_000.0;

impl Preparation {
    /// Learns columns and scale of a data set.
    ///
    /// [`Auto`](FeatureScaling::Auto) takes `standardize` for features with negative numbers, or with columns of many scales:
    /// whose largest values differ by more than a factor of 100, of 10 000 where features are sparse. Of the others it takes
    /// `row-l1` for sparse features, such as counts of words, and leaves dense ones as they are.
    pub fn fit(settings: &PreparationSettings, dataset: &NodeDataset) -> Self {
        let features = dataset.features();
        let columns = Columns::of(dataset);
        let (scaling, reason) = match settings.feature_scaling {
            FeatureScaling::Auto => {
                let (scaling, reason) = chosen(features);
                (scaling, Some(reason))
            }
            scaling => (scaling, None),
        };
        let scale = match scaling {
            FeatureScaling::Auto | FeatureScaling::None => Scale::None,
            FeatureScaling::RowL1 => Scale::RowL1,
            FeatureScaling::RowL2 => Scale::RowL2,
            FeatureScaling::Standardize => {
                let (mean, deviation) = moments(features);
                Scale::Standardize { mean, deviation }
            }
        };
        Self { columns, scale, reason }
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

    /// Number of columns.
    pub fn d_input(&self) -> usize {
        match &self.columns {
            Columns::Named(names) | Columns::Nodes(names) => names.len(),
            Columns::Counted(count) | Columns::Degrees(count) => *count,
        }
    }

    /// The features of a graph with the columns that this was learned with, in that order and on that scale.
    ///
    /// # Errors
    /// [`Error::Columns`] for columns that are missing, unknown, or too few or too many.
    pub fn apply(&self, dataset: &NodeDataset) -> Result<Features, Error> {
        let features = self.columns.align(dataset)?;
        Ok(match &self.scale {
            Scale::None => features.into_owned(),
            Scale::RowL1 => features.row_normalized(),
            Scale::RowL2 => features.into_owned().row_l2_normalized(),
            Scale::Standardize { mean, deviation } => standardized(features.into_owned(), mean, deviation),
        })
    }
}

/// What was done, and why, such as `row-l1: sparse, nothing negative`.
impl fmt::Display for Preparation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.scaling().name())?;
        match &self.reason {
            Some(reason) => write!(out, ", chosen because {reason}"),
            None => Ok(()),
        }
    }
}

impl Columns {
    fn of(dataset: &NodeDataset) -> Self {
        let count = dataset.features().d_input();
        match dataset.report().features_made {
            Some(MissingFeatures::Identity) => {
                Self::Nodes(dataset.node_ids().iter().map(|id| id.into_owned()).collect())
            }
            Some(MissingFeatures::Degree) => Self::Degrees(count),
            _ => match dataset.feature_names() {
                Some(names) => Self::Named(names.iter().map(str::to_string).collect()),
                None => Self::Counted(count),
            },
        }
    }

    /// The features with these columns in this order.
    fn align<'a>(&self, dataset: &'a NodeDataset) -> Result<Cow<'a, Features>, Error> {
        let features = dataset.features();
        let found = Self::of(dataset);
        match (self, &found) {
            (own, found) if own == found => Ok(Cow::Borrowed(features)),
            (Self::Named(own), Self::Named(found)) | (Self::Nodes(own), Self::Nodes(found)) => {
                let order = order_of(own, found)?;
                Ok(Cow::Owned(features.select_columns(&order)))
            }
            // A degree that training never saw falls into the last bin.
            (Self::Degrees(own), Self::Degrees(_)) => {
                let last = own - 1;
                Ok(Cow::Owned(features.map_columns(*own, |column| column.min(last))))
            }
            (Self::Counted(own), Self::Named(found)) if *own == found.len() => Ok(Cow::Borrowed(features)),
            _ => Err(Error::Columns { expected: self.to_string(), found: found.to_string() }),
        }
    }
}

/// In words.
impl fmt::Display for Columns {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(names) => write!(out, "the columns {}", shortened(names)),
            Self::Counted(count) => write!(out, "{count} columns without names"),
            Self::Nodes(ids) => write!(out, "no features, and the nodes {}", shortened(ids)),
            Self::Degrees(count) => write!(out, "no features, and {count} bins of degrees in their place"),
        }
    }
}

/// The first names of a list.
fn shortened(names: &[String]) -> String {
    const MOST: usize = 8;
    let first: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().saturating_sub(MOST) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Where each of the own names stands among those that were found.
fn order_of(own: &[String], found: &[String]) -> Result<Vec<usize>, Error> {
    let place: HashMap<&str, usize> =
        found.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let missing: Vec<String> =
        own.iter().filter(|name| !place.contains_key(name.as_str())).cloned().collect();
    if missing.is_empty() && own.len() == found.len() {
        return Ok(own.iter().map(|name| place[name.as_str()]).collect());
    }
    let known: std::collections::HashSet<&str> = own.iter().map(String::as_str).collect();
    let unknown: Vec<String> = found.iter().filter(|name| !known.contains(name.as_str())).cloned().collect();
    let words = [("without", missing), ("with the unknown", unknown)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("{word} {}", shortened(&names)));
    Err(Error::Columns {
        expected: format!("the {} columns that the model was trained with, in any order", own.len()),
        found: format!("{} {}", found.len(), words.collect::<Vec<_>>().join(" and ")),
    })
}

/// The scale that `auto` takes, and why.
fn chosen(features: &Features) -> (FeatureScaling, String) {
    let ranges = features.column_ranges();
    let negative = ranges.iter().filter(|range| range.least < 0.0).count();
    let sizes = || ranges.iter().map(|range| range.most.abs().max(range.least.abs()));
    let largest = sizes().fold(0.0f32, f32::max);
    let smallest = sizes().filter(|size| *size > 0.0).fold(f32::INFINITY, f32::min);
    let sparse = matches!(features, Features::Sparse(_));
    let one_scale = if sparse { ONE_SCALE_OF_COUNTS } else { ONE_SCALE };
    let apart = f64::from(largest) > one_scale * f64::from(smallest);
    let columns = ranges.len();
    match (sparse, negative, apart) {
        (true, 0, false) => (FeatureScaling::RowL1, "the features are sparse and not negative".to_string()),
        (false, 0, false) => {
            (FeatureScaling::None, "no column is negative and all are of one scale".to_string())
        }
        (_, 0, true) => {
            let reason = format!("the columns' largest values differ, from {smallest} to {largest}");
            (FeatureScaling::Standardize, reason)
        }
        _ => (FeatureScaling::Standardize, format!("{negative} of {columns} columns have negative values")),
    }
}

/// Mean and standard deviation of each column; a deviation of 1 where a column is constant.
fn moments(features: &Features) -> (Vec<f64>, Vec<f64>) {
    let num_rows = features.num_nodes() as f64;
    let d_input = features.d_input();
    let mut mean = vec![0.0f64; d_input];
    features.for_each_entry(|column, value| mean[column] += f64::from(value));
    mean.iter_mut().for_each(|mean| *mean /= num_rows);
    // Entries that are not stored are zeros: each adds the mean squared.
    let mut squares = vec![0.0f64; d_input];
    let mut stored = vec![0usize; d_input];
    features.for_each_entry(|column, value| {
        squares[column] += (f64::from(value) - mean[column]).powi(2);
        stored[column] += 1;
    });
    let deviation = |column: usize| {
        let absent = num_rows - stored[column] as f64;
        let variance = (squares[column] + absent * mean[column].powi(2)) / num_rows;
        if variance > 0.0 { variance.sqrt() } else { 1.0 }
    };
    let deviation = (0..d_input).map(deviation).collect();
    (mean, deviation)
}

fn standardized(features: Features, mean: &[f64], deviation: &[f64]) -> Features {
    let mut matrix = match features {
        Features::Dense(matrix) => matrix,
        Features::Sparse(matrix) => matrix.to_dense(),
    };
    for (column, mut values) in matrix.axis_iter_mut(Axis(1)).enumerate() {
        let (mean, deviation) = (mean[column], deviation[column]);
        values.iter_mut().for_each(|value| *value = ((f64::from(*value) - mean) / deviation) as f32);
    }
    Features::Dense(matrix)
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
        Preparation::fit(&PreparationSettings::default(), &dataset(features, &[]))
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
        let settings = PreparationSettings { feature_scaling: FeatureScaling::Standardize };
        let sparse = graph_io::CsrMatrix::csr_from_dense(array![[1.0, 5.0], [3.0, 5.0]].view(), 0.0);
        for features in [Features::Dense(sparse.to_dense()), Features::Sparse(sparse)] {
            let training = dataset(features, &[]);
            let preparation = Preparation::fit(&settings, &training);
            assert_eq!(dense(preparation.apply(&training).unwrap()), array![[-1.0, 0.0], [1.0, 0.0]]);
            let other = dataset(Features::Dense(array![[2.0, 6.0], [0.0, 0.0], [5.0, 5.0]]), &[]);
            let expected = array![[0.0, 1.0], [-2.0, -5.0], [3.0, 0.0]];
            assert_eq!(dense(preparation.apply(&other).unwrap()), expected);
        }
    }

    #[test]
    fn columns_are_matched_by_name_and_missing_and_unknown_ones_are_named() {
        let settings = PreparationSettings { feature_scaling: FeatureScaling::None };
        let training = dataset(Features::Dense(array![[1.0, 2.0], [3.0, 4.0]]), &["age", "income"]);
        let preparation = Preparation::fit(&settings, &training);
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
        let preparation = Preparation::fit(&PreparationSettings::default(), &training);
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
        let preparation = Preparation::fit(&PreparationSettings::default(), &of(&["a", "b"]));
        assert_eq!(dense(preparation.apply(&of(&["b", "a"])).unwrap()), array![[0.0, 1.0], [1.0, 0.0]]);
        assert_eq!(
            preparation.apply(&of(&["a", "c"])).unwrap_err().to_string(),
            "features: expected the 2 columns that the model was trained with, in any order, found 2 without b \
             and with the unknown c"
        );
    }

    #[test]
    fn what_was_learned_is_written_and_read() {
        let settings = PreparationSettings { feature_scaling: FeatureScaling::Standardize };
        let training = dataset(Features::Dense(array![[0.1, 2.0], [3.0, 1.0 / 3.0]]), &["x", "y"]);
        let preparation = Preparation::fit(&settings, &training);
        let text = serde_json::to_string(&preparation).unwrap();
        assert_eq!(serde_json::from_str::<Preparation>(&text).unwrap(), preparation);
    }
}
