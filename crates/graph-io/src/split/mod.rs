//! Which nodes or edges something is learned from, chosen by, and judged on.

mod apportionment;
mod edges;
mod fractions;
mod node_split;
mod non_edges;
mod per_class;

pub use edges::{EdgeFractions, EdgeSplit, HeldOut};
pub use fractions::SplitFractions;
pub use node_split::Split;
pub use per_class::{PerClassSizes, SplitSizes};
