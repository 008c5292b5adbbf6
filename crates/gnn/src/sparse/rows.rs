//! Checks of a matrix before it is copied to a device.

use std::borrow::Cow;

use graph_io::CsrMatrix;

/// The matrix in compressed sparse rows: a matrix in compressed sparse columns has the same type, and its rows would be read as
/// those of its transpose. O(1), or O(non-zeros) for one in columns.
pub(crate) fn in_rows(matrix: &CsrMatrix) -> Cow<'_, CsrMatrix> {
    if matrix.is_csr() { Cow::Borrowed(matrix) } else { Cow::Owned(matrix.to_csr()) }
}

/// # Panics
/// If a matrix `[targets, sources]` has more targets than sources, so that not every target can be a source.
pub(super) fn assert_bipartite(matrix: &CsrMatrix) {
    let [targets, sources] = [matrix.rows(), matrix.cols()];
    assert!(targets <= sources, "an operator of {targets} targets among {sources} sources");
}
