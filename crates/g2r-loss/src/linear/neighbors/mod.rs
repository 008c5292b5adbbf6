//! Nearest neighbors by features, as pairs beside those of the graph.

mod exact;
mod inverted_file;
mod masked;
mod nearest;
mod views;

pub use nearest::{CosineNeighbors, ExactCosine, InvertedFile};
pub use views::{FeatureNeighborsConfig, add_neighbors, feature_neighbors, feature_neighbors_monitored};
