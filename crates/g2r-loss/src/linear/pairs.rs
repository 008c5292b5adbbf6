//! Pairs of nodes as groups, and the scatter within them.

use ndarray::Array2;
use rayon::prelude::*;

use super::blocks::{column_means, scale, subtract_row};
use super::features::FeatureMatrix;
use super::propagation::{degrees, weights_without_loops};
use super::sparse_product::{CsrMatrix, SparseProduct};
use crate::error::Error;

/// Less scatter than this share of the squared means is rounding.
const NEGLIGIBLE: f64 = 1e-12;

/// Parts over which the diagonal of the scatter is summed; they fix the order of the sum.
const PARTS: usize = 8;

/// Weighted groups of two nodes {i, j} with weights a_ij.
///
/// The scatter within them is S_w = ½ Σ a_ij (x_i − x_j)(x_i − x_j)ᵀ / Σ a_ij = Xᵀ (diag(b) − B) X / Σ b, with B the matrix of
/// the a_ij and b its row sums. It does not change if a row is added to every row of X: centering cancels.
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    kind: Kind<'a>,
    num_nodes: usize,
}

#[derive(Clone, Debug)]
enum Kind<'a> {
    /// −B, b and Σ b.
    Sparse { negated: SparseProduct<'a>, row_sums: Vec<f32>, total: f64 },
    /// Each pair of nodes with the same weight, never stored.
    All,
}

impl<'a> Pairs<'a> {
    /// Neighbors in a graph, a_ij = w_ij / √(d_i d_j) with degrees d. O(arcs).
    ///
    /// Loops count for nothing. The structure of the matrix is borrowed.
    ///
    /// # Errors
    /// [`Error::Weight`] for a weight that is negative, NaN or infinite; [`Error::NoPairs`] if all are zero.
    ///
    /// # Panics
    /// If the matrix is not square, not in compressed sparse rows, or has 2³² entries.
    pub fn degree_normalized(adjacency: &'a CsrMatrix) -> Result<Self, Error> {
        let inverse_root: Vec<f64> = degrees(adjacency)?
            .iter()
            .map(|degree| if *degree > 0.0 { 1.0 / degree.sqrt() } else { 0.0 })
            .collect();
        Self::of(adjacency, weights_without_loops(adjacency, |i, j, w| inverse_root[i] * w * inverse_root[j]))
    }

    /// Pairs with the weights of a symmetric matrix. O(entries).
    ///
    /// # Errors
    /// As [`degree_normalized`](Self::degree_normalized).
    ///
    /// # Panics
    /// As [`degree_normalized`](Self::degree_normalized).
    pub fn from_symmetric(weights: &'a CsrMatrix) -> Result<Self, Error> {
        degrees(weights)?;
        Self::of(weights, weights_without_loops(weights, |_, _, weight| weight))
    }

    /// All pairs of nodes with the same weight: the scatter within them is the covariance of the rows of X.
    pub fn all(num_nodes: usize) -> Self {
        Self { kind: Kind::All, num_nodes }
    }

    fn of(adjacency: &'a CsrMatrix, mut weights: Vec<f32>) -> Result<Self, Error> {
        weights.iter_mut().for_each(|weight| *weight = -*weight);
        let negated = SparseProduct::with_weights(adjacency, weights);
        let sum = |node| -negated.row(node).1.iter().map(|weight| f64::from(*weight)).sum::<f64>();
        let sums: Vec<f64> = (0..adjacency.rows()).into_par_iter().map(sum).collect();
        let total: f64 = sums.iter().sum();
        if total <= 0.0 {
            return Err(Error::NoPairs { num_nodes: adjacency.rows() });
        }
        let row_sums = sums.into_iter().map(|sum| sum as f32).collect();
        Ok(Self { kind: Kind::Sparse { negated, row_sums, total }, num_nodes: adjacency.rows() })
    }

    /// Number of nodes that the pairs are drawn from.
    pub fn num_nodes(&self) -> usize {
        self.num_nodes
    }

    /// Number of arcs that a product with the Laplacian reads.
    pub(crate) fn num_arcs(&self) -> usize {
        match &self.kind {
            Kind::Sparse { negated, .. } => negated.num_entries(),
            Kind::All => 0,
        }
    }

    /// (diag(b) − B) Y / Σ b.
    ///
    /// # Shapes
    /// y and output `[nodes, width]`
    pub(crate) fn laplacian(&self, mut y: Array2<f32>) -> Array2<f32> {
        match &self.kind {
            Kind::Sparse { negated, row_sums, total } => {
                let (width, inverse) = (y.ncols(), (1.0 / total) as f32);
                let mut out = Array2::zeros(y.dim());
                let values = y.as_slice().expect("a block is row-major");
                negated.multiply_into(y.view(), &mut out, |node, out| {
                    let row_sum = row_sums[node];
                    for (out, own) in out.iter_mut().zip(&values[node * width..][..width]) {
                        *out = row_sum.mul_add(*own, *out) * inverse;
                    }
                });
                out
            }
            Kind::All => {
                let means = column_means(y.view());
                subtract_row(&mut y, &means);
                scale(&mut y, 1.0 / self.num_nodes.max(1) as f32);
                y
            }
        }
    }

    /// The diagonal of S_w. O(Σ over arcs of the entries of both rows).
    pub(crate) fn scatter_diagonal(&self, x: &dyn FeatureMatrix) -> Vec<f64> {
        let rows_of_part = self.num_nodes.div_ceil(PARTS).max(1);
        let parts: Vec<Vec<f64>> = (0..PARTS)
            .into_par_iter()
            .map(|part| {
                let (mut sums, mut own) = (vec![0.0; x.num_features()], vec![0.0; x.num_features()]);
                for node in part * rows_of_part..((part + 1) * rows_of_part).min(self.num_nodes) {
                    self.add_scatter_of_row(x, node, &mut own, &mut sums);
                }
                sums
            })
            .collect();
        let mut diagonal = vec![0.0; x.num_features()];
        for part in parts {
            diagonal.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        if let Kind::All = self.kind {
            let means = x.column_means();
            diagonal
                .iter_mut()
                .zip(means)
                .for_each(|(square, mean)| *square = (*square - mean * mean).max(0.0));
        }
        diagonal
    }

    /// Adds x_if Σ_j (Laplacian)_ij x_jf for each feature f of node i. `own` is zero before and after.
    fn add_scatter_of_row(&self, x: &dyn FeatureMatrix, node: usize, own: &mut [f64], sums: &mut [f64]) {
        match &self.kind {
            Kind::Sparse { negated, total, .. } => {
                let (neighbors, weights) = negated.row(node);
                if neighbors.is_empty() {
                    return;
                }
                // In f64, not the rounded one: equal rows then have a scatter of 0.
                let row_sum = -weights.iter().map(|weight| f64::from(*weight)).sum::<f64>() / total;
                x.visit_row(node, &mut |feature, value| {
                    let value = f64::from(value);
                    sums[feature] += row_sum * value * value;
                    own[feature] = value / total;
                });
                for (neighbor, weight) in neighbors.iter().zip(weights) {
                    let weight = f64::from(*weight);
                    x.visit_row(*neighbor as usize, &mut |feature, value| {
                        sums[feature] += weight * own[feature] * f64::from(value);
                    });
                }
                x.visit_row(node, &mut |feature, _| own[feature] = 0.0);
            }
            Kind::All => {
                let n = self.num_nodes as f64;
                x.visit_row(node, &mut |feature, value| {
                    sums[feature] += f64::from(value) * f64::from(value) / n;
                });
            }
        }
    }
}

/// The ridge τ tr S_w / F that is added to the diagonal of S_w.
///
/// # Errors
/// [`Error::NoScatter`] if the trace is 0 but for rounding.
pub(crate) fn ridge_of_trace(trace: f64, ridge: f64, means: &[f64]) -> Result<f64, Error> {
    let rounding = NEGLIGIBLE * means.iter().map(|mean| mean * mean).sum::<f64>();
    // Not `trace <= rounding`, which NaN would pass.
    if trace > rounding {
        Ok(ridge * trace / means.len() as f64)
    } else {
        Err(Error::NoScatter { num_features: means.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::DenseFeatures;
    use ndarray::{Array2, array};
    use sprs::CsMatI;

    /// Node 1 joined to 0 and 2, and a loop at 2 that counts for nothing.
    fn path() -> CsrMatrix {
        CsMatI::new((3, 3), vec![0, 1, 3, 5], vec![1, 0, 2, 1, 2], vec![1.0, 1.0, 1.0, 1.0, 9.0])
    }

    /// S_w by the sum over pairs.
    fn scatter(x: &Array2<f32>, weight: impl Fn(usize, usize) -> f64) -> Array2<f64> {
        let (n, d) = x.dim();
        let (mut sum, mut total) = (Array2::zeros((d, d)), 0.0);
        for i in 0..n {
            for j in 0..n {
                let difference: Vec<f64> =
                    (0..d).map(|f| f64::from(x[[i, f]]) - f64::from(x[[j, f]])).collect();
                total += weight(i, j);
                for (entry, value) in sum.indexed_iter_mut() {
                    let (f, g): (usize, usize) = entry;
                    *value += 0.5 * weight(i, j) * difference[f] * difference[g];
                }
            }
        }
        sum / total
    }

    fn assert_scatter(pairs: &Pairs, x: &Array2<f32>, expected: &Array2<f64>) {
        let features = DenseFeatures::from_array(x.view()).unwrap();
        let found = features.multiply_transposed(pairs.laplacian(x.clone()).view());
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} and {expected}");
        }
        for (found, expected) in pairs.scatter_diagonal(&features).iter().zip(expected.diag()) {
            assert!((found - expected).abs() < 1e-7, "{found} and {expected}");
        }
    }

    #[test]
    fn the_scatter_is_the_sum_over_pairs_that_its_definition_says() {
        let (path, x) = (path(), array![[1.0f32, 2.0], [0.5, -1.0], [3.0, 0.0]]);
        let joined = |i: usize, j: usize| i.abs_diff(j) == 1;
        let weight = |i, j| if joined(i, j) { 0.5f64.sqrt() } else { 0.0 };
        assert_scatter(&Pairs::degree_normalized(&path).unwrap(), &x, &scatter(&x, weight));
        let weight = |i, j| f64::from(u8::from(joined(i, j)));
        assert_scatter(&Pairs::from_symmetric(&path).unwrap(), &x, &scatter(&x, weight));
        assert_scatter(&Pairs::all(3), &x, &scatter(&x, |_, _| 1.0));
    }

    #[test]
    fn a_graph_without_edges_is_an_error() {
        let empty = CsMatI::zero((4, 4));
        let error = Pairs::degree_normalized(&empty).unwrap_err();
        assert_eq!(error.to_string(), "expected at least one pair of neighbors among 4 nodes, found none");
    }
}
