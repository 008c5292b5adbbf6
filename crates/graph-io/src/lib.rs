//! Graphs, features, labels, splits and data sets, read from files and checked once.
//!
//! [`load()`] takes the name of a data set or a path and gives a [`NodeDataset`]: an undirected [`Graph`], its
//! [`Features`], and where they are known its [`Labels`] and a [`Split`]. Whatever comes from a file is checked
//! while it is read; an [`Error`] says where, what was expected, and what was found. Nothing is repaired in
//! silence: [`EdgeReport`] counts what was merged, dropped and added.
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

mod chance;
mod csr;
pub mod datasets;
mod error;
mod features;
mod format;
mod graph;
mod labels;
mod load;
mod node_dataset;
mod petgraph;
mod split;
mod summary;
pub mod synthetic;

pub use crate::csr::CsrMatrix;
pub use crate::error::{Error, Place, Position};
pub use crate::features::Features;
pub use crate::format::{Compact, Linqs, LinqsConfig, Planetoid, UnknownIds};
pub use crate::graph::{EdgePolicy, EdgeReport, Graph, Loops};
pub use crate::labels::Labels;
pub use crate::load::load;
pub use crate::node_dataset::{NodeDataset, NodeDatasetParts};
pub use crate::split::{Split, SplitFractions, SplitSizes};
pub use crate::summary::{
    ClassCount, DegreeSummary, FeatureSummary, GraphSummary, LabelSummary, SplitSummary,
};
