use ndarray::ArrayView2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::coefficients::{Row, SelfExpression};
use crate::error::{Error, at_least, within};
use crate::method::{Clustering, ClusteringMethod};
use crate::samples::{QUERIES, Samples, Scored, cholesky, dot, inverse_of_lower, keep_if_large};
use crate::spectral_step::SpectralStep;

/// Rows multiplied at one time.
const ROWS: usize = 256;

/// Least-squares regression (Lu et al. 2012, arXiv 1404.6736): min ‖C‖² + γ‖X − CX‖² over the rows of X, scaled to length 1, in closed
/// form. With D = (XXᵀ + I/γ)⁻¹ that is C = I − D/γ, and C = −D/diag(D) off the diagonal if the diagonal is to be zero (its rows divided).
///
/// D is never formed where the rows are more than the columns: it is γ (I − BBᵀ) with B = X L⁻ᵀ and L Lᵀ = XᵀX + I/γ. O(rows² · m + m³) time,
/// m = min(rows, d_input); memory O(rows · (d_input + kept)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lsr {
    /// γ: how strongly each row is to be written exactly; from 1e-6 to 1e6.
    pub gamma: f64,
    /// Whether a row may be written by itself.
    pub diagonal: Diagonal,
    /// Coefficients to keep of each row, the largest; at least 1.
    pub num_kept: usize,
    /// Neighbors of each row in the graph of nearest rows of coefficients, which takes the place of the affinity; 0 for the affinity.
    /// The authors use 3 for MNIST.
    pub num_neighbors: usize,
    /// Runs of k-means on the eigenvectors; at least 1.
    pub num_starts: usize,
}

/// Whether a row may be written by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Diagonal {
    /// c_jj = 0.
    Zero,
    /// c_jj as it comes; the affinity leaves it out.
    Free,
}

impl Default for Lsr {
    fn default() -> Self {
        Self { gamma: 10.0, diagonal: Diagonal::Zero, num_kept: 50, num_neighbors: 0, num_starts: 20 }
    }
}

impl Lsr {
    /// The coefficients of each row.
    ///
    /// # Shapes
    /// rows `[samples, d_input]`
    ///
    /// # Errors
    /// A setting out of range, a row of zeros, a value that is not finite.
    pub fn express(&self, rows: ArrayView2<f32>) -> Result<SelfExpression, Error> {
        self.check()?;
        self.express_samples(&Samples::unit(rows)?)
    }

    fn express_samples(&self, samples: &Samples) -> Result<SelfExpression, Error> {
        let factor = Factor::of(samples, self.gamma)?;
        let rows: Vec<u32> = (0..samples.num_rows() as u32).collect();
        let rows = rows.par_chunks(QUERIES).flat_map_iter(|block| self.rows_of_block(&factor, block));
        Ok(SelfExpression::from_rows(rows.collect(), self.num_kept))
    }

    fn rows_of_block(&self, factor: &Factor, block: &[u32]) -> Vec<Row> {
        let vectors = &factor.vectors;
        let queries: Vec<f64> = block.iter().flat_map(|&row| vectors.row(row as usize)).copied().collect();
        let mut largest: Vec<Vec<Scored>> = vec![Vec::new(); block.len()];
        let free = self.diagonal == Diagonal::Free;
        let diagonals: Vec<f64> = block
            .iter()
            .map(|&row| factor.diagonal(dot(vectors.row(row as usize), vectors.row(row as usize))))
            .collect();
        // Off the diagonal every coefficient of a row is its product times the same factor.
        let scales: Vec<f64> = diagonals
            .iter()
            .map(|diagonal| factor.sign * if free { factor.scale } else { 1.0 / diagonal })
            .collect();
        vectors.products(&queries, |query, first, products| {
            for (row, product) in (first as u32..).zip(products) {
                let found = if row != block[query] {
                    (scales[query] * product).abs()
                } else if free {
                    (1.0 - factor.scale * diagonals[query]).abs()
                } else {
                    continue;
                };
                keep_if_large(&mut largest[query], self.num_kept, (row, found));
            }
        });
        let signed = |(place, largest): (usize, Vec<Scored>)| {
            let own = block[place];
            let entry = |(row, _)| {
                if row == own {
                    return (row, 1.0 - factor.scale * diagonals[place]);
                }
                (row, scales[place] * dot(vectors.row(own as usize), vectors.row(row as usize)))
            };
            Row { entries: largest.into_iter().map(entry).collect(), unfinished: false }
        };
        largest.into_iter().enumerate().map(signed).collect()
    }
}

impl ClusteringMethod for Lsr {
    fn check(&self) -> Result<(), Error> {
        within("gamma", 1e-6..=1e6, "from 1e-6 to 1e6", self.gamma)?;
        at_least("num_kept", 1, "at least 1", self.num_kept)?;
        at_least("num_starts", 1, "at least 1", self.num_starts)
    }

    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error> {
        self.check()?;
        let step = SpectralStep::new(num_clusters, self.num_starts, seed, rows.nrows())?;
        let samples = Samples::unit(rows)?;
        step.clusters_of_expression(&samples, self.express_samples(&samples)?, self.num_neighbors)
    }
}

/// D up to its scale, by the products of vectors: −sign · v_i·v_j off the diagonal.
struct Factor {
    vectors: Samples,
    /// What an off-diagonal product is multiplied with to be an entry of −D up to its scale.
    sign: f64,
    /// D/γ is `scale` times what [`diagonal`](Self::diagonal) and the products say.
    scale: f64,
}

impl Factor {
    fn of(samples: &Samples, gamma: f64) -> Result<Self, Error> {
        let (n, width) = (samples.num_rows(), samples.width());
        if n > width {
            // I − BBᵀ = D/γ.
            let inverse = inverse_of_regularized(samples.gram_of_columns(), width, gamma)?;
            let mut vectors = vec![0.0; n * width];
            let inverse = MatRef::from_row_major_slice(&inverse, width, width);
            vectors.par_chunks_mut(ROWS * width).zip(samples.values().par_chunks(ROWS * width)).for_each(
                |(out, rows)| {
                    let height = rows.len() / width;
                    matmul(
                        MatMut::from_row_major_slice_mut(out, height, width),
                        Accum::Replace,
                        MatRef::from_row_major_slice(rows, height, width),
                        inverse.transpose(),
                        1.0,
                        Par::Seq,
                    );
                },
            );
            return Ok(Self { vectors: Samples::new(vectors, width), sign: 1.0, scale: 1.0 });
        }
        // D = L⁻ᵀ L⁻¹: its entries are the products of the columns of L⁻¹.
        let inverse = inverse_of_regularized(samples.gram_of_rows(), n, gamma)?;
        let columns = (0..n * n).map(|place| inverse[place % n * n + place / n]).collect();
        Ok(Self { vectors: Samples::new(columns, n), sign: -1.0, scale: 1.0 / gamma })
    }

    /// A diagonal entry of D up to the scale, of a vector's squared length.
    fn diagonal(&self, length_sq: f64) -> f64 {
        if self.sign > 0.0 { 1.0 - length_sq } else { length_sq }
    }
}

/// L⁻¹ of L Lᵀ = G + I/γ, row-major.
fn inverse_of_regularized(mut gram: Vec<f64>, size: usize, gamma: f64) -> Result<Vec<f64>, Error> {
    (0..size).for_each(|i| gram[i * size + i] += 1.0 / gamma);
    let inverse = inverse_of_lower(&cholesky(&gram, size)?);
    Ok((0..size * size).map(|place| inverse[(place / size, place % size)]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn both_sides_solve_the_normal_equations_of_each_row() {
        for (n, d) in [(30, 5), (12, 40)] {
            let rows = Array2::from_shape_fn((n, d), |(i, j)| ((i * d + j) as f32 * 0.73).sin());
            let samples = Samples::unit(rows.view()).unwrap();
            for diagonal in [Diagonal::Zero, Diagonal::Free] {
                let lsr = Lsr { gamma: 7.0, diagonal, num_kept: n, ..Lsr::default() };
                let c = lsr.express(rows.view()).unwrap().coefficients.to_dense();
                for j in 0..n {
                    let rest: Vec<f64> = (0..d)
                        .map(|k| {
                            samples.row(j)[k] - (0..n).map(|i| c[[j, i]] * samples.row(i)[k]).sum::<f64>()
                        })
                        .collect();
                    for i in (0..n).filter(|&i| i != j || diagonal == Diagonal::Free) {
                        let gradient = c[[j, i]] - 7.0 * dot(samples.row(i), &rest);
                        assert!(gradient.abs() < 1e-10, "{n}, {diagonal:?}, ({j}, {i}): {gradient}");
                    }
                    assert!(diagonal == Diagonal::Free || c[[j, j]] == 0.0);
                }
            }
        }
    }
}
