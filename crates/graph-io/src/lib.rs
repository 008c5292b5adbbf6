//! Graphs, features, labels, splits and data sets, read from files and checked once.
//!
//! [`load()`] takes the name of a data set or a path and gives a [`NodeDataset`]: an undirected [`Graph`], its
//! [`Features`], and where they are known its [`Labels`] and a [`Split`]. Whatever comes from a file is checked
//! while it is read; an [`Error`] says where, what was expected, and what was found. Nothing is repaired in
//! silence: a [`CleaningPolicy`] says what is done with faults, and a [`CleaningReport`] counts what was done.
//!
//! ```
//! let cora = graph_io::load("cora", None)?;
//! assert_eq!(cora.graph().num_nodes(), 2708);
//! assert_eq!(cora.graph().num_edges(), 5278);
//! println!("{}", graph_io::GraphSummary::of(&cora));
//! # Ok::<(), graph_io::Error>(())
//! ```
//!
//! The library reads no environment variable, asks no network, and draws chance only from the generator it is
//! handed.

// What only the rare formats ask for stays where it belongs.
#![cfg_attr(not(feature = "rare-formats"), allow(dead_code, unused_imports, unused_macros))]

mod arcs;
mod assemble;
mod chance;
mod cleaning;
mod column_config;
mod components;
mod csr;
mod data_fingerprint;
pub mod datasets;
mod edge_policy;
pub mod embedding;
mod error;
mod feature_columns;
mod feature_names;
mod features;
#[cfg(test)]
mod fingerprint;
mod folds;
pub mod format;
mod graph;
mod graph_set;
mod graph_set_summary;
mod labels;
mod load;
mod memory_limit;
mod missing_values;
mod multi_labels;
mod node_dataset;
mod node_ids;
mod petgraph;
mod raw_dataset;
mod read_notes;
mod split;
mod summary;
pub mod synthetic;

pub use crate::arcs::{ArcMeaning, Arcs};
pub use crate::cleaning::{CleaningPolicy, CleaningReport, MissingFeatures, Nodes};
pub use crate::column_config::{ColumnConfig, Header, LoneIds};
pub use crate::csr::CsrMatrix;
pub use crate::data_fingerprint::{DataFingerprint, fingerprint_of_rows};
pub use crate::edge_policy::{Direction, Duplicates, EdgePolicy, EdgeReport, Loops, Weights};
pub use crate::embedding::Embedding;
pub use crate::error::{Error, Place, Position};
pub use crate::feature_columns::ColumnRange;
pub use crate::feature_names::FeatureNames;
pub use crate::features::Features;
pub use crate::folds::{Fold, Folds};
pub use crate::format::{
    FeatureRow, GraphMl, Linqs, MappedDataset, Planetoid, is_graph_set, read_graph_set, read_node_table,
    read_split, write_node_table, write_split,
};
pub use crate::graph::Graph;
pub use crate::graph_set::{GraphSet, GraphSetFeatures, GraphSetParts};
pub use crate::graph_set_summary::{GraphClassCount, GraphSetSummary};
pub use crate::labels::Labels;
pub use crate::load::{EdgeSource, LoadConfig, load, load_graph_set, load_with, names_graph_set};
pub use crate::memory_limit::MemoryLimit;
pub use crate::missing_values::{ColumnPolicy, MissingValues, TextColumn, TextColumns};
pub use crate::multi_labels::MultiLabels;
pub use crate::node_dataset::{NodeDataset, NodeDatasetParts};
pub use crate::node_ids::{NodeIds, NodeIndex};
pub use crate::raw_dataset::{NodeTable, RawDataset, UnknownIds};
pub use crate::read_notes::{ReadNotes, UnusedColumn};
pub use crate::split::{EdgeFractions, EdgeSplit, HeldOut, PerClassSizes, Split, SplitFractions, SplitSizes};
pub use crate::summary::{
    ClassCount, DegreeSummary, FeatureSummary, GraphSummary, LabelSummary, SplitSummary, WeightSummary,
};
