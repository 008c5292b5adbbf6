//! Tall matrices: a row a node, a few hundred columns.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par, Spec};
use rayon::prelude::*;

/// Into how many blocks of rows a product over all rows is cut: a fixed number, so that threads change no bit.
const BLOCKS: usize = 16;

/// A matrix `[nodes, width]`, row-major.
#[derive(Clone, Debug)]
pub struct Tall {
    values: Vec<f64>,
    width: usize,
}

impl Tall {
    /// # Panics
    /// If `width` is 0 or the values are not of whole rows.
    pub(crate) fn new(values: Vec<f64>, width: usize) -> Self {
        assert!(values.len().is_multiple_of(width), "{} values are no rows of {width}", values.len());
        Self { values, width }
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A row, `[width]`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, node: usize) -> &[f64] {
        &self.values[node * self.width..][..self.width]
    }

    /// A column from the top down.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f64> + Clone {
        self.values.iter().skip(column).step_by(self.width).copied()
    }

    /// Every number, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// The product selfᵀ · other, `[width, width]`.
    pub(crate) fn inner(&self, other: &Self) -> Mat<f64> {
        let width = self.width;
        let chunk = width * (self.values.len() / width).div_ceil(BLOCKS).max(1);
        let blocks: Vec<Mat<f64>> = self
            .values
            .par_chunks(chunk)
            .zip(other.values.par_chunks(chunk))
            .map(|(a, b)| {
                let rows = a.len() / width;
                let mut product = Mat::zeros(width, width);
                matmul(
                    product.as_mut(),
                    Accum::Replace,
                    MatRef::from_row_major_slice(a, rows, width).transpose(),
                    MatRef::from_row_major_slice(b, rows, width),
                    1.0,
                    Par::Seq,
                );
                product
            })
            .collect();
        blocks.into_iter().fold(Mat::zeros(width, width), |sum, block| sum + block)
    }

    /// The product self · matrix with a matrix `[width, width]`.
    pub(crate) fn times(&self, matrix: &Mat<f64>) -> Self {
        let width = self.width;
        let mut values = vec![0.0; self.values.len()];
        let chunk = 64 * width;
        values.par_chunks_mut(chunk).zip(self.values.par_chunks(chunk)).for_each(|(out, rows)| {
            let count = rows.len() / width;
            matmul(
                MatMut::from_row_major_slice_mut(out, count, width),
                Accum::Replace,
                MatRef::from_row_major_slice(rows, count, width),
                matrix.as_ref(),
                1.0,
                Par::Seq,
            );
        });
        Self { values, width }
    }
}

/// Eigenvalues of a symmetric matrix, descending, with their eigenvectors as columns; `None` where the matrix is not finite.
pub fn symmetric_eigenvectors(matrix: &Mat<f64>) -> Option<(Vec<f64>, Mat<f64>)> {
    let size = matrix.nrows();
    let mut values = Diag::zeros(size);
    let mut vectors = Mat::zeros(size, size);
    let requirement =
        self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
    let mut memory = MemBuffer::new(requirement);
    self_adjoint_evd(
        matrix.as_ref(),
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut memory),
        Spec::default(),
    )
    .ok()?;
    // They come ascending.
    let values: Vec<f64> = (0..size).rev().map(|i| values[i]).collect();
    let vectors = Mat::from_fn(size, size, |i, j| vectors[(i, size - 1 - j)]);
    values.iter().all(|value| value.is_finite()).then_some((values, vectors))
}
