//! Where a sparse matrix has its non-zeros.

use burn::backend::tensor::IntTensor;
use burn::backend::{Backend, Dispatch, ExtensionType};
use burn::tensor::{Device, Int, Tensor, TensorData};
use graph_io::CsrMatrix;

use super::rows::{assert_bipartite, in_rows};

/// The places of a matrix's non-zeros, `[rows, columns]`, row by row and column by column: what edge operators run over.
///
/// Row i holds the neighbors that node i listens to; an entry is one of these arcs. Memory is O(non-zeros): 12 bytes each.
#[derive(Clone, Debug)]
pub struct SparsePattern {
    shape: [usize; 2],
    nonzeros: usize,
    row_ptr: Tensor<1, Int>,
    columns: Tensor<1, Int>,
    column_ptr: Tensor<1, Int>,
    rows: Tensor<1, Int>,
    entries: Tensor<1, Int>,
}

/// A [`SparsePattern`] as tensors of one device; all are contiguous, and were checked when the pattern was built.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct PatternTensors<B: Backend> {
    /// Where each row begins in `columns`, `[rows + 1]`.
    pub(crate) row_ptr: IntTensor<B>,
    /// Column of each entry, row by row, ascending in a row, `[nonzeros]`.
    pub(crate) columns: IntTensor<B>,
    /// Where each column begins in `rows` and `entries`, `[columns + 1]`.
    pub(crate) column_ptr: IntTensor<B>,
    /// Row of each entry, column by column, ascending in a column, `[nonzeros]`.
    pub(crate) rows: IntTensor<B>,
    /// The place among `columns` of each entry of `rows`, `[nonzeros]`.
    pub(crate) entries: IntTensor<B>,
}

impl SparsePattern {
    /// Copies the places of a matrix's stored entries to a device.
    ///
    /// A matrix in compressed sparse columns is converted to rows first.
    ///
    /// # Panics
    /// If the matrix has 2³¹ entries, rows or columns or more.
    pub fn new(matrix: &CsrMatrix, device: &Device) -> Self {
        let matrix = in_rows(matrix);
        let largest = matrix.nnz().max(matrix.rows()).max(matrix.cols());
        assert!(
            i32::try_from(largest).is_ok(),
            "SparsePattern: 2³¹ non-zeros, rows or columns and more do not fit the device's integers"
        );
        let (row_ptr, columns) = (matrix.proper_indptr(), matrix.indices());
        let mut column_ptr = vec![0i32; matrix.cols() + 1];
        for column in columns {
            column_ptr[*column as usize + 1] += 1;
        }
        for column in 0..matrix.cols() {
            column_ptr[column + 1] += column_ptr[column];
        }
        let mut next = column_ptr.clone();
        let (mut rows, mut entries) = (vec![0i32; columns.len()], vec![0i32; columns.len()]);
        for row in 0..matrix.rows() {
            for entry in row_ptr[row]..row_ptr[row + 1] {
                let place = &mut next[columns[entry] as usize];
                rows[*place as usize] = row as i32;
                entries[*place as usize] = entry as i32;
                *place += 1;
            }
        }
        let to_device = |values: Vec<i32>| {
            let length = values.len();
            Tensor::from_data(TensorData::new(values, [length]), device)
        };
        Self {
            shape: [matrix.rows(), matrix.cols()],
            nonzeros: columns.len(),
            row_ptr: to_device(row_ptr.iter().map(|start| *start as i32).collect()),
            columns: to_device(columns.iter().map(|column| *column as i32).collect()),
            column_ptr: to_device(column_ptr),
            rows: to_device(rows),
            entries: to_device(entries),
        }
    }

    /// As [`new`](Self::new), of a matrix `[targets, sources]` whose first sources are the targets.
    ///
    /// # Panics
    /// As [`new`](Self::new), and if there are more targets than sources.
    pub(crate) fn bipartite(matrix: &CsrMatrix, device: &Device) -> Self {
        assert_bipartite(matrix);
        Self::new(matrix, device)
    }

    /// Number of rows and of columns.
    pub fn dims(&self) -> [usize; 2] {
        self.shape
    }

    /// Number of entries.
    pub fn nonzeros(&self) -> usize {
        self.nonzeros
    }

    /// Where each row begins among the entries, `[rows + 1]`.
    pub fn row_ptr(&self) -> &Tensor<1, Int> {
        &self.row_ptr
    }

    /// Column of each entry, row by row, `[nonzeros]`.
    pub fn columns(&self) -> &Tensor<1, Int> {
        &self.columns
    }

    pub(crate) fn into_dispatch(self) -> PatternTensors<Dispatch> {
        PatternTensors {
            row_ptr: self.row_ptr.into_dispatch(),
            columns: self.columns.into_dispatch(),
            column_ptr: self.column_ptr.into_dispatch(),
            rows: self.rows.into_dispatch(),
            entries: self.entries.into_dispatch(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compressed_columns_give_the_pattern_of_compressed_rows() {
        let matrix = CsrMatrix::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0]);
        let patterns = [matrix.to_csc(), matrix].map(|matrix| SparsePattern::new(&matrix, &Device::flex()));
        let [columns, rows] = patterns.map(|pattern| {
            let indices =
                [&pattern.row_ptr, &pattern.columns, &pattern.column_ptr, &pattern.rows, &pattern.entries];
            (pattern.dims(), indices.map(|indices| indices.to_data().iter::<i32>().collect::<Vec<_>>()))
        });
        assert_eq!(columns, rows);
    }

    #[test]
    fn columns_list_their_rows_and_where_the_entries_stand() {
        // [[a, 0, b], [0, 0, c]]
        let matrix = CsrMatrix::new((2, 3), vec![0, 2, 3], vec![0, 2, 2], vec![1.0, 2.0, 3.0]);
        let pattern = SparsePattern::new(&matrix, &Device::flex());
        let values = |tensor: &Tensor<1, Int>| tensor.to_data().iter::<i32>().collect::<Vec<_>>();
        assert_eq!((pattern.dims(), pattern.nonzeros()), ([2, 3], 3));
        assert_eq!((values(&pattern.row_ptr), values(&pattern.columns)), (vec![0, 2, 3], vec![0, 2, 2]));
        assert_eq!(values(&pattern.column_ptr), [0, 1, 1, 3]);
        assert_eq!((values(&pattern.rows), values(&pattern.entries)), (vec![0, 0, 1], vec![0, 1, 2]));
    }
}
