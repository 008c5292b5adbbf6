//! The columns of features, and how those of another graph are brought into their order.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use graph_io::{Features, MissingFeatures, NodeDataset};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The columns of the features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Columns {
    /// Known by their names, in whatever order they come.
    Named(Vec<String>),
    /// Without names: known by their number.
    Counted(usize),
    /// A column a node, made for a graph without features: known by the ids of the nodes.
    Nodes(Vec<String>),
    /// Bins of degrees, made for a graph without features.
    Degrees(usize),
}

impl Columns {
    /// The columns of a data set.
    pub(super) fn of(dataset: &NodeDataset) -> Self {
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

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Named(names) | Self::Nodes(names) => names.len(),
            Self::Counted(count) | Self::Degrees(count) => *count,
        }
    }

    /// The features with these columns in this order.
    pub(super) fn align<'a>(&self, dataset: &'a NodeDataset) -> Result<Cow<'a, Features>, Error> {
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
