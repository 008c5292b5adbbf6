//! The product of a sparse matrix with a block of columns, cut by rows.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;
use row_kernels::weighted_row_sums;
use sprs::CsMatI;

/// A sparse matrix in compressed rows, `f32` with `u32` columns.
pub type CsrMatrix = CsMatI<f32, u32, usize>;

/// Numbers that one task writes: they are still in the nearest cache when the rows are finished.
const NUMBERS_OF_TASK: usize = 1 << 13;

/// A sparse matrix that shares the structure of a [`CsrMatrix`] and may have other weights.
#[derive(Clone, Debug)]
pub(crate) struct SparseProduct<'a> {
    row_ptr: Vec<u32>,
    columns: Cow<'a, [u32]>,
    weights: Cow<'a, [f32]>,
    num_columns: usize,
}

impl<'a> SparseProduct<'a> {
    /// The matrix itself.
    ///
    /// # Panics
    /// If it is not in compressed sparse rows or has 2³² entries.
    pub(crate) fn borrowed(matrix: &'a CsrMatrix) -> Self {
        Self::new(
            row_ptr_of(matrix),
            Cow::Borrowed(matrix.indices()),
            Cow::Borrowed(matrix.data()),
            matrix.cols(),
        )
    }

    /// The matrix with the entries replaced by these, one for each stored entry.
    ///
    /// # Panics
    /// As [`borrowed`](Self::borrowed), or if `weights` has another length.
    pub(crate) fn with_weights(matrix: &'a CsrMatrix, weights: Vec<f32>) -> Self {
        Self::new(row_ptr_of(matrix), Cow::Borrowed(matrix.indices()), Cow::Owned(weights), matrix.cols())
    }

    /// The transpose of a matrix. O(entries).
    ///
    /// # Panics
    /// As [`borrowed`](Self::borrowed).
    pub(crate) fn transposed(matrix: &CsrMatrix) -> Self {
        let row_ptr = row_ptr_of(matrix);
        let mut begins = vec![0u32; matrix.cols() + 1];
        for column in matrix.indices() {
            begins[*column as usize + 1] += 1;
        }
        for column in 0..matrix.cols() {
            begins[column + 1] += begins[column];
        }
        let mut next = begins.clone();
        let (mut rows, mut weights) = (vec![0u32; matrix.nnz()], vec![0.0f32; matrix.nnz()]);
        for (row, ends) in row_ptr.windows(2).enumerate() {
            for entry in ends[0] as usize..ends[1] as usize {
                let place = &mut next[matrix.indices()[entry] as usize];
                rows[*place as usize] = row as u32;
                weights[*place as usize] = matrix.data()[entry];
                *place += 1;
            }
        }
        Self::new(begins, Cow::Owned(rows), Cow::Owned(weights), matrix.rows())
    }

    fn new(row_ptr: Vec<u32>, columns: Cow<'a, [u32]>, weights: Cow<'a, [f32]>, num_columns: usize) -> Self {
        assert_eq!(columns.len(), weights.len(), "sparse product: a weight for each entry");
        Self { row_ptr, columns, weights, num_columns }
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.row_ptr.len() - 1
    }

    pub(crate) fn num_columns(&self) -> usize {
        self.num_columns
    }

    pub(crate) fn num_entries(&self) -> usize {
        self.columns.len()
    }

    /// Columns and weights of one row.
    pub(crate) fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let entries = self.row_ptr[row] as usize..self.row_ptr[row + 1] as usize;
        (&self.columns[entries.clone()], &self.weights[entries])
    }

    /// Writes A Y to `out`, then hands each row's index and numbers to `finish`. O(entries · width).
    ///
    /// # Shapes
    /// source `[num_columns, width]`, out `[num_rows, width]`
    pub(crate) fn multiply_into(
        &self,
        source: ArrayView2<f32>,
        out: &mut Array2<f32>,
        finish: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        let width = source.ncols();
        assert_eq!(source.nrows(), self.num_columns, "sparse product: rows of the block");
        assert_eq!(out.dim(), (self.num_rows(), width), "sparse product: shape of the output");
        if width == 0 {
            return;
        }
        let source = source.as_slice().expect("a block is row-major");
        let out = out.as_slice_mut().expect("a block is row-major");
        let rows_of_task = NUMBERS_OF_TASK.div_ceil(width);
        out.par_chunks_mut(rows_of_task * width).enumerate().for_each(|(task, out)| {
            let first = task * rows_of_task;
            let (row_ptr, columns, weights) = (&self.row_ptr, &self.columns, &self.weights);
            weighted_row_sums(as_unwritten(out), width, row_ptr, first, weights, columns, source);
            for (row, out) in out.chunks_exact_mut(width).enumerate() {
                finish(first + row, out);
            }
        });
    }

    /// A Y. O(entries · width).
    ///
    /// # Shapes
    /// source `[num_columns, width]`, output `[num_rows, width]`
    pub(crate) fn multiply(&self, source: ArrayView2<f32>) -> Array2<f32> {
        let mut out = Array2::zeros((self.num_rows(), source.ncols()));
        self.multiply_into(source, &mut out, |_, _| {});
        out
    }
}

/// Numbers, seen as what the kernel overwrites.
fn as_unwritten(out: &mut [f32]) -> &mut [MaybeUninit<f32>] {
    // SAFETY: the layout is the same, and the kernel writes only numbers.
    unsafe { &mut *(std::ptr::from_mut(out) as *mut [MaybeUninit<f32>]) }
}

fn row_ptr_of(matrix: &CsrMatrix) -> Vec<u32> {
    assert!(matrix.is_csr(), "the matrix is not in compressed sparse rows");
    let fit = |end: &usize| u32::try_from(*end).expect("a sparse matrix has fewer than 2³² entries");
    matrix.proper_indptr().iter().map(fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn matrix() -> CsrMatrix {
        CsMatI::new((3, 2), vec![0, 2, 2, 3], vec![0, 1, 1], vec![1.0, 2.0, -3.0])
    }

    #[test]
    fn a_matrix_and_its_transpose_multiply_as_worked_by_hand() {
        let matrix = matrix();
        let y = array![[1.0, 10.0], [2.0, 20.0]];
        assert_eq!(
            SparseProduct::borrowed(&matrix).multiply(y.view()),
            array![[5.0, 50.0], [0.0, 0.0], [-6.0, -60.0]]
        );
        let z = array![[1.0], [5.0], [2.0]];
        assert_eq!(SparseProduct::transposed(&matrix).multiply(z.view()), array![[1.0], [-4.0]]);
    }

    #[test]
    fn rows_are_finished_with_their_index() {
        let matrix = matrix();
        let product = SparseProduct::with_weights(&matrix, vec![1.0, 1.0, 1.0]);
        let mut out = Array2::from_elem((3, 1), f32::NAN);
        product.multiply_into(array![[1.0], [2.0]].view(), &mut out, |row, out| out[0] += 10.0 * row as f32);
        assert_eq!(out, array![[3.0], [10.0], [22.0]]);
    }
}
