//! How entries are weighed.

use std::borrow::Cow;

use g2r_loss::linear::prepare::{ColumnWeighting, ColumnWeights};
use graph_io::Features;
use serde::{Deserialize, Serialize};

/// How the entries of a column are weighed, before they are scaled; zeros stay zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureWeighting {
    /// Not at all.
    #[default]
    None,
    /// 1 for every entry that is not 0.
    Binary,
    /// The entry times idf = ln(n / df), with df the number of the n nodes of the training graph in which the column is not 0.
    TfIdf,
    /// √idf for every entry that is not 0.
    IdfSqrt,
}

impl FeatureWeighting {
    /// Every weighting.
    pub const ALL: &[Self] = &[Self::None, Self::Binary, Self::TfIdf, Self::IdfSqrt];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Binary => "binary",
            Self::TfIdf => "tf-idf",
            Self::IdfSqrt => "idf-sqrt",
        }
    }

    /// As the closed form names it.
    pub(super) fn kind(self) -> Option<ColumnWeighting> {
        match self {
            Self::None => None,
            Self::Binary => Some(ColumnWeighting::Binary),
            Self::TfIdf => Some(ColumnWeighting::TfIdf),
            Self::IdfSqrt => Some(ColumnWeighting::IdfSqrt),
        }
    }
}

/// Features whose entries are weighed.
pub(super) fn weighed<'a>(features: Cow<'a, Features>, weights: Option<&ColumnWeights>) -> Cow<'a, Features> {
    let Some(weights) = weights else { return features };
    Cow::Owned(match features.into_owned() {
        Features::Sparse(matrix) => Features::Sparse(weights.apply_to_sparse(matrix)),
        Features::Dense(matrix) => Features::Dense(weights.apply_to_dense(matrix)),
    })
}

/// The name of a weighting.
pub(super) fn weighting_name(weighting: ColumnWeighting) -> &'static str {
    let known = FeatureWeighting::ALL.iter().find(|known| known.kind() == Some(weighting));
    known.expect("each kind has a name").name()
}
