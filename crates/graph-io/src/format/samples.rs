//! Samples without a graph: a table or an array with a row a sample.

use std::path::Path;

use super::file::name_of;
use super::matrix_file::read_features_within;
use super::node_table::{KnownOfNodes, is_parquet, read_table};
use super::registry::ReadConfig;
use super::text_table::kind_of;
use crate::error::Error;
use crate::raw_dataset::{NodeTable, RawDataset};

/// Reads a table of samples (CSV, TSV, Parquet: ids, labels, splits, features) or an array of their features (`.npy`, scipy's
/// `.npz`) as a data set whose graph has no edges.
///
/// # Errors
/// A file that is missing, malformed, or of another kind.
pub(crate) fn read_samples(path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
    let is_table = kind_of(path).is_some() || is_parquet(path);
    let table = match is_table {
        true => read_table(path, config, KnownOfNodes::default())?,
        false => NodeTable::from_features(read_features_within(path, config.max_memory)?),
    };
    Ok(RawDataset::from_nodes(&name_of(path), table))
}
