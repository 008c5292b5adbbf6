//! The scale of features.

use std::borrow::Cow;

use graph_io::Features;
use ndarray::Axis;
use serde::{Deserialize, Serialize};

/// How features are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureScaling {
    /// By what the columns hold: see [`Preparation::fit`](crate::Preparation::fit).
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

/// A scale with what it has learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scale {
    None,
    RowL1,
    RowL2,
    Standardize { mean: Vec<f64>, deviation: Vec<f64> },
}

impl Scale {
    /// Features on this scale.
    pub(super) fn apply(&self, features: Cow<'_, Features>) -> Features {
        match self {
            Self::None => features.into_owned(),
            Self::RowL1 => features.row_normalized(),
            Self::RowL2 => features.into_owned().row_l2_normalized(),
            Self::Standardize { mean, deviation } => standardized(features.into_owned(), mean, deviation),
        }
    }
}

/// Features less the means of their columns.
pub(super) fn centered(features: Features, center: Option<&[f64]>) -> Features {
    match center {
        Some(mean) => standardized(features, mean, &vec![1.0; mean.len()]),
        None => features,
    }
}

/// The largest quotient of two columns' largest magnitudes that dense features of one scale have.
const ONE_SCALE: f64 = 100.0;
/// The same of sparse features, where the counts of rare and of common words lie far apart.
const ONE_SCALE_OF_COUNTS: f64 = 10_000.0;

/// The scale that `auto` takes, and why.
pub(super) fn chosen(features: &Features) -> (FeatureScaling, String) {
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
pub(super) fn moments(features: &Features) -> (Vec<f64>, Vec<f64>) {
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

/// Whether features are like counts of words: sparse, not negative, of one scale.
pub(crate) fn are_counts(features: &Features) -> bool {
    matches!(features, Features::Sparse(_)) && chosen(features).0 == FeatureScaling::RowL1
}
