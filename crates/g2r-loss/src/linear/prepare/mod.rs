//! Preparation of features: what is computed from the training matrix and applied to any other with the same columns.

mod column_weights;
mod standardize;
mod unit_rows;
mod whiten;

pub use column_weights::{ColumnWeighting, ColumnWeights};
pub use standardize::Standardizer;
pub use unit_rows::{RowNorm, scale_dense_rows, scale_sparse_rows};
pub use whiten::whiten;
