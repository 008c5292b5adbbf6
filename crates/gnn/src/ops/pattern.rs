//! Patterns as they cross from autodiff to the backend below.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::{Autodiff, Backend};

use crate::sparse::PatternTensors;

/// The same pattern below autodiff: indices have no gradient.
pub(super) fn inner<B: Backend, C: CheckpointStrategy>(
    pattern: PatternTensors<Autodiff<B, C>>,
) -> PatternTensors<B> {
    PatternTensors {
        row_ptr: pattern.row_ptr,
        columns: pattern.columns,
        column_ptr: pattern.column_ptr,
        rows: pattern.rows,
        entries: pattern.entries,
    }
}
