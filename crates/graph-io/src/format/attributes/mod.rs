//! Graphs whose nodes and edges carry named values: what the formats of such files share.
//!
//! A reader hands over what a file lists, in its order; which value is a weight, a class, a split or a feature is decided
//! here, for every format alike.

mod column;
mod columns;
mod feature_matrix;
mod graph_builder;
mod ids;
mod roles;
mod value;
mod write;

pub(super) use graph_builder::{Conventions, GraphBuilder, Source};
pub(super) use ids::Ids;
pub(super) use roles::LAYOUT;
pub(super) use value::{Kind, Value};
pub(super) use write::NodeRecords;
