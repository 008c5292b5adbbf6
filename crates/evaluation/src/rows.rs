use ndarray::ArrayView2;
use sprs::CsMatViewI;

/// The input of a model, one row a node: a view of a dense or of a sparse matrix, never copied as a whole.
///
/// # Shapes
/// `[nodes, d_input]`
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub(crate) storage: Storage<'a>,
    pub(crate) scaling: Scaling,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Storage<'a> {
    Dense(ArrayView2<'a, f32>),
    Sparse(CsMatViewI<'a, f32, u32, usize>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scaling {
    AsGiven,
    UnitLength,
}

impl<'a> Rows<'a> {
    /// The rows of a dense matrix, such as an embedding.
    pub fn dense(matrix: ArrayView2<'a, f32>) -> Self {
        Self { storage: Storage::Dense(matrix), scaling: Scaling::AsGiven }
    }

    /// The rows of a sparse matrix, such as a bag of words.
    ///
    /// # Panics
    /// When the matrix is not stored by rows (CSR).
    pub fn sparse(matrix: CsMatViewI<'a, f32, u32, usize>) -> Self {
        assert!(matrix.is_csr(), "a sparse matrix of rows must be stored by rows (CSR), found CSC");
        Self { storage: Storage::Sparse(matrix), scaling: Scaling::AsGiven }
    }

    /// The same rows, each divided by its Euclidean length as it is read; rows of zeros stay zero.
    pub fn scaled_to_unit_length(self) -> Self {
        Self { scaling: Scaling::UnitLength, ..self }
    }

    /// The number of rows.
    pub fn num_rows(&self) -> usize {
        match &self.storage {
            Storage::Dense(matrix) => matrix.nrows(),
            Storage::Sparse(matrix) => matrix.rows(),
        }
    }

    /// The number of columns.
    pub fn d_input(&self) -> usize {
        match &self.storage {
            Storage::Dense(matrix) => matrix.ncols(),
            Storage::Sparse(matrix) => matrix.cols(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sprs::{CsMatI, TriMatI};

    #[test]
    #[should_panic(expected = "must be stored by rows (CSR), found CSC")]
    fn refuses_a_matrix_stored_by_columns() {
        let matrix: CsMatI<f32, u32, usize> = TriMatI::<f32, u32>::new((2, 3)).to_csc();
        Rows::sparse(matrix.view());
    }

    #[test]
    fn knows_its_shape_in_both_storages() {
        let sparse: CsMatI<f32, u32, usize> = TriMatI::<f32, u32>::new((2, 3)).to_csr();
        let dense = ndarray::Array2::<f32>::zeros((2, 3));
        for rows in [Rows::sparse(sparse.view()), Rows::dense(dense.view())] {
            assert_eq!((rows.num_rows(), rows.d_input()), (2, 3));
        }
    }
}
