//! Sparse × dense products, with constant values.

mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;
mod plain;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, ExtensionType, backend_extension};

pub use plain::sparse_matmul_plain;

/// A matrix in compressed sparse rows, as tensors of one device.
///
/// `row_ptr` is `[rows + 1]`, `columns` and `values` are `[nonzeros]`; all are contiguous, and were checked when
/// the matrix was built.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct CsrTensors<B: Backend> {
    /// Where each row begins in `columns` and `values`, and at last the number of non-zeros.
    pub(crate) row_ptr: IntTensor<B>,
    /// Column of each non-zero.
    pub(crate) columns: IntTensor<B>,
    /// Value of each non-zero.
    pub(crate) values: FloatTensor<B>,
}

/// A backend that multiplies sparse matrices; [`SparseMatrix::matmul`](crate::SparseMatrix::matmul) calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait SparseMatmulBackend: Backend {
    /// Product `S · X` of a sparse matrix with a dense one.
    ///
    /// `transposed` is `Sᵀ`, which the gradient `∂/∂X = Sᵀ · ∂/∂(S X)` needs; the matrix itself is a constant.
    ///
    /// # Shapes
    /// `matrix` is `[rows, columns]`, `dense` is `[columns, width]`, the output `[rows, width]`.
    fn sparse_matmul(
        #[extension_type] matrix: CsrTensors<Self>,
        #[extension_type] transposed: CsrTensors<Self>,
        dense: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}
