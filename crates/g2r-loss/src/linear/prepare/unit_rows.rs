//! Rows scaled to norm 1.

use ndarray::Array2;
use rayon::prelude::*;

use crate::linear::CsrMatrix;

/// Which norm of a row becomes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowNorm {
    /// Σ |x|.
    L1,
    /// √(Σ x²).
    L2,
}

impl RowNorm {
    /// Scales a row; one of zeros stays as it is.
    fn scale(self, row: &mut [f32]) {
        let norm = match self {
            Self::L1 => row.iter().map(|value| f64::from(value.abs())).sum::<f64>(),
            Self::L2 => row.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt(),
        };
        if norm > 0.0 {
            row.iter_mut().for_each(|value| *value = (f64::from(*value) / norm) as f32);
        }
    }
}

/// Scales the rows of a sparse matrix to norm 1; rows of zeros stay as they are.
///
/// # Panics
/// If the matrix is not in compressed sparse rows.
pub fn scale_sparse_rows(mut matrix: CsrMatrix, norm: RowNorm) -> CsrMatrix {
    assert!(matrix.is_csr(), "scale rows: the matrix is not in compressed sparse rows");
    let ends: Vec<usize> = matrix.proper_indptr().to_vec();
    let mut values = matrix.data_mut();
    for ends in ends.windows(2) {
        let (row, rest) = values.split_at_mut(ends[1] - ends[0]);
        norm.scale(row);
        values = rest;
    }
    matrix
}

/// Scales the rows of a dense matrix to norm 1; rows of zeros stay as they are.
///
/// # Panics
/// If the matrix is not row-major.
pub fn scale_dense_rows(mut matrix: Array2<f32>, norm: RowNorm) -> Array2<f32> {
    let width = matrix.ncols().max(1);
    let values = matrix.as_slice_mut().expect("scale rows: the matrix is row-major");
    values.par_chunks_mut(width).with_min_len(64).for_each(|row| norm.scale(row));
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn rows_have_norm_one_and_zeros_stay() {
        let dense = array![[3.0f32, -4.0], [0.0, 0.0], [0.0, 2.0]];
        let sparse = CsrMatrix::csr_from_dense(dense.view(), 0.0);
        for (norm, expected) in [
            (RowNorm::L1, array![[3.0 / 7.0, -4.0 / 7.0], [0.0, 0.0], [0.0, 1.0]]),
            (RowNorm::L2, array![[0.6, -0.8], [0.0, 0.0], [0.0, 1.0]]),
        ] {
            assert_eq!(scale_dense_rows(dense.clone(), norm), expected);
            assert_eq!(scale_sparse_rows(sparse.clone(), norm).to_dense(), expected);
        }
    }
}
