use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::coefficients::{Row, SelfExpression};
use crate::error::{Error, at_least, within};
use crate::method::{Clustering, ClusteringMethod};
use crate::samples::{QUERIES, Samples, dot};
use crate::spectral_step::SpectralStep;

/// A row that differs by less than this from what the chosen rows span adds nothing.
const SMALLEST_REMAINDER: f64 = 1e-10;

/// Sparse subspace clustering by orthogonal matching pursuit (You, Robinson & Vidal 2016, arXiv 1507.01238, algorithm 1): each row,
/// scaled to length 1, is written by a few others, chosen one after another by their product with what is left of it.
///
/// O(non-zeros · rows² · d_input) time; memory O(rows · (d_input + non-zeros)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SscOmp {
    /// The most rows that one is written by; at least 1. Near the dimension of the subspaces.
    pub num_nonzeros: usize,
    /// A row is done when the length of what is left is at most this; from 0 to 1.
    pub residual_tolerance: f64,
    /// Neighbors of each row in the graph of nearest rows of coefficients, which takes the place of the affinity; 0 for the affinity.
    /// The authors use 3 for MNIST.
    pub num_neighbors: usize,
    /// Runs of k-means on the eigenvectors; at least 1.
    pub num_starts: usize,
}

impl Default for SscOmp {
    /// The authors' settings for images of digits.
    fn default() -> Self {
        Self { num_nonzeros: 5, residual_tolerance: 1e-6, num_neighbors: 0, num_starts: 20 }
    }
}

impl SscOmp {
    /// The coefficients of each row.
    ///
    /// # Shapes
    /// rows `[samples, d_input]`
    ///
    /// # Errors
    /// A setting out of range, a row of zeros, a value that is not finite.
    pub fn express(&self, rows: ArrayView2<f32>) -> Result<SelfExpression, Error> {
        self.check()?;
        Ok(self.express_samples(&Samples::unit(rows)?))
    }

    fn express_samples(&self, samples: &Samples) -> SelfExpression {
        let rows: Vec<u32> = (0..samples.num_rows() as u32).collect();
        let rows = rows.par_chunks(QUERIES).flat_map_iter(|block| self.pursue(samples, block)).collect();
        SelfExpression::from_rows(rows, self.num_nonzeros)
    }

    /// The pursuits of a block of rows, step by step together: their products with all rows are one matrix product.
    fn pursue(&self, samples: &Samples, block: &[u32]) -> Vec<Row> {
        let mut pursuits: Vec<Pursuit> =
            block.iter().map(|&row| Pursuit::new(samples.row(row as usize))).collect();
        for _ in 0..self.num_nonzeros {
            let open: Vec<usize> = (0..block.len()).filter(|&place| !pursuits[place].done).collect();
            let residuals: Vec<f64> =
                open.iter().flat_map(|&place| &pursuits[place].residual).copied().collect();
            let mut best = vec![(u32::MAX, 0.0); open.len()];
            samples.products(&residuals, |query, first, products| {
                let (own, chosen) = (block[open[query]], &pursuits[open[query]].chosen);
                for (row, product) in (first as u32..).zip(products) {
                    if product.abs() > best[query].1 && row != own && !chosen.contains(&row) {
                        best[query] = (row, product.abs());
                    }
                }
            });
            for (&place, &(row, _)) in open.iter().zip(&best) {
                pursuits[place].choose(row, samples, self.residual_tolerance);
            }
        }
        pursuits.into_iter().map(Pursuit::coefficients).collect()
    }
}

impl ClusteringMethod for SscOmp {
    fn check(&self) -> Result<(), Error> {
        at_least("num_nonzeros", 1, "at least 1", self.num_nonzeros)?;
        within("residual_tolerance", 0.0..=1.0, "from 0 to 1", self.residual_tolerance)?;
        at_least("num_starts", 1, "at least 1", self.num_starts)
    }

    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error> {
        self.check()?;
        let step = SpectralStep::new(num_clusters, self.num_starts, seed, rows.nrows())?;
        let samples = Samples::unit(rows)?;
        step.clusters_of_expression(&samples, self.express_samples(&samples), self.num_neighbors)
    }
}

/// The least-squares approximation of a row, with the rows chosen for it as Q R.
struct Pursuit {
    residual: Vec<f64>,
    chosen: Vec<u32>,
    /// Q: orthonormal directions.
    directions: Vec<Vec<f64>>,
    /// R: a column for each chosen row.
    columns: Vec<Vec<f64>>,
    /// Products of the row with the directions.
    products: Vec<f64>,
    done: bool,
}

impl Pursuit {
    fn new(row: &[f64]) -> Self {
        Self {
            residual: row.to_vec(),
            chosen: Vec::new(),
            directions: Vec::new(),
            columns: Vec::new(),
            products: Vec::new(),
            done: false,
        }
    }

    /// Adds a row; `u32::MAX` stands for none that is not orthogonal to the residual.
    fn choose(&mut self, row: u32, samples: &Samples, tolerance: f64) {
        if row == u32::MAX {
            self.done = true;
            return;
        }
        let mut direction = samples.row(row as usize).to_vec();
        let mut column = vec![0.0; self.directions.len() + 1];
        // Twice: the second pass removes what rounding left in the first.
        for _ in 0..2 {
            for (known, entry) in self.directions.iter().zip(&mut column) {
                let product = dot(known, &direction);
                *entry += product;
                direction.iter_mut().zip(known).for_each(|(value, known)| *value -= product * known);
            }
        }
        let length = dot(&direction, &direction).sqrt();
        if length < SMALLEST_REMAINDER {
            self.done = true;
            return;
        }
        direction.iter_mut().for_each(|value| *value /= length);
        column[self.directions.len()] = length;
        let product = dot(&direction, &self.residual);
        self.residual.iter_mut().zip(&direction).for_each(|(value, known)| *value -= product * known);
        self.chosen.push(row);
        self.directions.push(direction);
        self.columns.push(column);
        self.products.push(product);
        self.done = dot(&self.residual, &self.residual).sqrt() <= tolerance;
    }

    /// Solves R c = Qᵀ x from the last row up.
    fn coefficients(self) -> Row {
        let mut right = self.products;
        for last in (0..right.len()).rev() {
            right[last] /= self.columns[last][last];
            for above in 0..last {
                right[above] -= self.columns[last][above] * right[last];
            }
        }
        Row { entries: self.chosen.into_iter().zip(right).collect(), unfinished: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn a_row_in_the_span_of_two_others_is_written_by_them() {
        let rows = array![[1.0f32, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 5.0]];
        let found = SscOmp::default().express(rows.view()).unwrap();
        let dense = found.coefficients.to_dense();
        // [1, 1, 0]/√2 = √½ · row 0 + √½ · row 2, both as near: the first is chosen first.
        for (column, expected) in [0.5f64.sqrt(), 0.0, 0.5f64.sqrt(), 0.0].iter().enumerate() {
            assert!((dense[[1, column]] - expected).abs() < 1e-7, "{dense}");
        }
        assert!(dense.row(3).iter().all(|value| *value == 0.0), "orthogonal to all others");
        assert_eq!(found.num_unfinished, 0);
    }

    #[test]
    fn equal_rows_are_written_by_one_another() {
        let found = SscOmp::default().express(Array2::ones((5, 3)).view()).unwrap();
        for row in found.coefficients.outer_iterator() {
            assert_eq!(row.nnz(), 1);
            assert!((row.data()[0] - 1.0).abs() < 1e-12);
        }
    }
}
