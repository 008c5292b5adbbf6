//! Networks whose groups are given, such as the neighborhoods of a graph.

mod compression;
mod network;
mod sample_groups;

pub use network::{GroupReduNet, GroupReduNetConfig};
pub use sample_groups::SampleGroups;
