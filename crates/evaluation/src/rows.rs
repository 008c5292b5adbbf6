use ndarray::ArrayView2;
use sprs::CsMatViewI;

use crate::error::Error;

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

    /// The column of the largest entry of each of some rows, the first of equals: the class that logits predict.
    ///
    /// # Errors
    /// An index out of range; a value that is not finite in a row asked for.
    pub fn largest_column(&self, rows: &[usize]) -> Result<Vec<usize>, Error> {
        let largest = |(position, &row): (usize, &usize)| {
            if row >= self.num_rows() {
                return Err(Error::NodeOutOfRange { position, node: row, num_rows: self.num_rows() });
            }
            let mut entries = vec![0.0; self.d_input()];
            match &self.storage {
                Storage::Dense(matrix) => {
                    entries.iter_mut().zip(matrix.row(row)).for_each(|(entry, value)| *entry = *value);
                }
                Storage::Sparse(matrix) => {
                    let stored = matrix.outer_view(row).expect("the row is in range");
                    stored.iter().for_each(|(column, value)| entries[column] = *value);
                }
            }
            let mut best = 0;
            for (column, &value) in entries.iter().enumerate() {
                if !value.is_finite() {
                    return Err(Error::NotFinite { row, column, value });
                }
                if value > entries[best] {
                    best = column;
                }
            }
            Ok(best)
        };
        rows.iter().enumerate().map(largest).collect()
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
    fn finds_the_largest_entry_the_first_of_equals() {
        let mut triplets = TriMatI::<f32, u32>::new((3, 3));
        [(0, 0, -1.0), (1, 1, 2.0), (1, 2, 2.0), (2, 0, -1.0), (2, 1, -3.0), (2, 2, -2.0)]
            .into_iter()
            .for_each(|(row, column, value)| triplets.add_triplet(row, column, value));
        let sparse: CsMatI<f32, u32, usize> = triplets.to_csr();
        let dense = sparse.to_dense();
        for rows in [Rows::sparse(sparse.view()), Rows::dense(dense.view())] {
            assert_eq!(rows.largest_column(&[2, 0, 1]).unwrap(), [0, 1, 1]);
            let message = rows.largest_column(&[0, 3]).unwrap_err().to_string();
            assert_eq!(message, "nodes[1]: expected an index below 3, found 3");
        }
        let broken = ndarray::array![[0.0, f32::NAN]];
        let message = Rows::dense(broken.view()).largest_column(&[0]).unwrap_err().to_string();
        assert_eq!(message, "row 0, column 1: expected a finite number, found NaN");
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
