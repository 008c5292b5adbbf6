//! Weights of the columns of word counts.

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::linear::CsrMatrix;

/// What an entry of a column of counts becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnWeighting {
    /// 1 for every entry that is not 0.
    Binary,
    /// The entry times idf = ln(n / df), with df the number of the n rows in which the column is not 0.
    TfIdf,
    /// √idf for every entry that is not 0.
    IdfSqrt,
}

/// Column weights of a training matrix, `[features]`.
///
/// A column that is 0 in every training row has weight 0 under [`TfIdf`](ColumnWeighting::TfIdf) and
/// [`IdfSqrt`](ColumnWeighting::IdfSqrt), and so has one that is 0 in none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnWeights {
    weighting: ColumnWeighting,
    weights: Vec<f32>,
}

impl ColumnWeights {
    /// Counts the entries of the columns of a sparse matrix. O(entries).
    pub fn from_sparse(weighting: ColumnWeighting, matrix: &CsrMatrix) -> Self {
        let mut counts = vec![0; matrix.cols()];
        for (value, column) in matrix.data().iter().zip(matrix.indices()) {
            counts[*column as usize] += usize::from(*value != 0.0);
        }
        Self::from_counts(weighting, &counts, matrix.rows())
    }

    /// Counts the entries of the columns of a dense matrix. O(entries).
    pub fn from_dense(weighting: ColumnWeighting, matrix: &Array2<f32>) -> Self {
        let mut counts = vec![0; matrix.ncols()];
        for row in matrix.rows() {
            for (count, value) in counts.iter_mut().zip(row) {
                *count += usize::from(*value != 0.0);
            }
        }
        Self::from_counts(weighting, &counts, matrix.nrows())
    }

    fn from_counts(weighting: ColumnWeighting, counts: &[usize], num_rows: usize) -> Self {
        let idf = |count: usize| if count > 0 { (num_rows as f64 / count as f64).ln() } else { 0.0 };
        let weight = |count: &usize| match weighting {
            ColumnWeighting::Binary => 1.0,
            ColumnWeighting::TfIdf => idf(*count) as f32,
            ColumnWeighting::IdfSqrt => idf(*count).sqrt() as f32,
        };
        Self { weighting, weights: counts.iter().map(weight).collect() }
    }

    /// What an entry becomes.
    pub fn weighting(&self) -> ColumnWeighting {
        self.weighting
    }

    /// Weights of the columns.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Weighs the entries of a sparse matrix.
    ///
    /// # Panics
    /// If the matrix has another number of columns.
    pub fn apply_to_sparse(&self, mut matrix: CsrMatrix) -> CsrMatrix {
        assert_eq!(matrix.cols(), self.weights.len(), "column weights: another number of columns");
        let weights: Vec<f32> = matrix
            .data()
            .par_iter()
            .zip(matrix.indices())
            .map(|(value, column)| self.weighed(*value, *column as usize))
            .collect();
        matrix.data_mut().copy_from_slice(&weights);
        matrix
    }

    /// Weighs the entries of a dense matrix.
    ///
    /// # Panics
    /// As [`apply_to_sparse`](Self::apply_to_sparse).
    pub fn apply_to_dense(&self, mut matrix: Array2<f32>) -> Array2<f32> {
        assert_eq!(matrix.ncols(), self.weights.len(), "column weights: another number of columns");
        for mut row in matrix.rows_mut() {
            row.iter_mut().enumerate().for_each(|(column, value)| *value = self.weighed(*value, column));
        }
        matrix
    }

    fn weighed(&self, value: f32, column: usize) -> f32 {
        let count = match self.weighting {
            ColumnWeighting::TfIdf => value,
            ColumnWeighting::Binary | ColumnWeighting::IdfSqrt => f32::from(u8::from(value != 0.0)),
        };
        count * self.weights[column]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn weights_match_two_rows_worked_by_hand_sparse_and_dense() {
        let dense = array![[3.0f32, 0.0, 2.0], [1.0, 0.0, 0.0]];
        let sparse = CsrMatrix::csr_from_dense(dense.view(), 0.0);
        let two = std::f32::consts::LN_2;
        for (weighting, expected) in [
            (ColumnWeighting::Binary, array![[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
            (ColumnWeighting::TfIdf, array![[0.0, 0.0, 2.0 * two], [0.0, 0.0, 0.0]]),
            (ColumnWeighting::IdfSqrt, array![[0.0, 0.0, two.sqrt()], [0.0, 0.0, 0.0]]),
        ] {
            let weights = ColumnWeights::from_sparse(weighting, &sparse);
            assert_eq!(weights, ColumnWeights::from_dense(weighting, &dense));
            assert_eq!(weights.apply_to_sparse(sparse.clone()).to_dense(), expected);
            assert_eq!(weights.apply_to_dense(dense.clone()), expected);
        }
    }

    #[test]
    fn weights_of_the_training_rows_are_applied_to_others() {
        let train = CsrMatrix::csr_from_dense(array![[1.0f32, 1.0], [0.0, 1.0]].view(), 0.0);
        let weights = ColumnWeights::from_sparse(ColumnWeighting::TfIdf, &train);
        let other = weights.apply_to_dense(array![[5.0, 5.0]]);
        assert_eq!(other, array![[5.0 * std::f32::consts::LN_2, 0.0]]);
    }
}
