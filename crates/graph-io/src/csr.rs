//! Compressed sparse rows.

/// A sparse matrix in compressed rows: values `f32`, column indices `u32`, row pointers `usize`.
pub type CsrMatrix = sprs::CsMatI<f32, u32, usize>;

/// The column indices and the values of one row.
pub(crate) fn row(matrix: &CsrMatrix, index: usize) -> (&[u32], &[f32]) {
    let range = matrix.indptr().outer_inds_sz(index);
    (&matrix.indices()[range.clone()], &matrix.data()[range])
}
