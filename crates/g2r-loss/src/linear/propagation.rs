//! The propagation P in Z = P X W.

use ndarray::Array2;

use super::sparse_product::{CsrMatrix, SparseProduct};
use crate::error::Error;

/// A linear map P on columns over the nodes, `[nodes, nodes]`.
pub trait Propagation: Sync {
    /// Number of nodes.
    fn num_nodes(&self) -> usize;

    /// P Y.
    ///
    /// # Shapes
    /// y and output `[nodes, width]`
    fn apply(&self, y: Array2<f32>) -> Array2<f32>;

    /// Pᵀ Y.
    ///
    /// # Shapes
    /// y and output `[nodes, width]`
    fn apply_transposed(&self, y: Array2<f32>) -> Array2<f32>;

    /// Multiply-adds of P Y for each column of Y.
    fn cost(&self) -> usize;
}

/// P = I: the features as they are.
#[derive(Clone, Copy, Debug)]
pub struct NoPropagation {
    /// Number of nodes.
    pub num_nodes: usize,
}

impl Propagation for NoPropagation {
    fn num_nodes(&self) -> usize {
        self.num_nodes
    }

    fn apply(&self, y: Array2<f32>) -> Array2<f32> {
        y
    }

    fn apply_transposed(&self, y: Array2<f32>) -> Array2<f32> {
        y
    }

    fn cost(&self) -> usize {
        0
    }
}

/// The normalized adjacency S = D̃^-½ (A + I) D̃^-½ with D̃ = diag((A + I) 1).
///
/// Loops of A are left out: every node has the one of I. The structure of A is borrowed.
#[derive(Clone, Debug)]
pub struct NormalizedAdjacency<'a> {
    arcs: SparseProduct<'a>,
    loops: Vec<f32>,
}

impl<'a> NormalizedAdjacency<'a> {
    /// Normalizes a symmetric matrix of weights. O(arcs).
    ///
    /// # Errors
    /// [`Error::Weight`] for a weight that is negative, NaN or infinite.
    ///
    /// # Panics
    /// If the matrix is not square, not in compressed sparse rows, or has 2³² entries.
    pub fn from_symmetric(adjacency: &'a CsrMatrix) -> Result<Self, Error> {
        let degrees = degrees(adjacency)?;
        let inverse_root: Vec<f64> = degrees.iter().map(|degree| 1.0 / (degree + 1.0).sqrt()).collect();
        let weights =
            weights_without_loops(adjacency, |i, j, weight| inverse_root[i] * weight * inverse_root[j]);
        let loops = degrees.iter().map(|degree| (1.0 / (degree + 1.0)) as f32).collect();
        Ok(Self { arcs: SparseProduct::with_weights(adjacency, weights), loops })
    }

    /// Writes scale · S Y + shift · X to `out`.
    fn step(&self, y: &Array2<f32>, out: &mut Array2<f32>, scale: f32, shift: Option<(f32, &Array2<f32>)>) {
        let width = y.ncols();
        let values = y.as_slice().expect("a block is row-major");
        let shift = shift.map(|(factor, x)| (factor, x.as_slice().expect("a block is row-major")));
        self.arcs.multiply_into(y.view(), out, |node, out| {
            let own = &values[node * width..][..width];
            let loop_weight = self.loops[node];
            match shift {
                Some((factor, x)) => {
                    for ((out, own), x) in out.iter_mut().zip(own).zip(&x[node * width..][..width]) {
                        *out = factor.mul_add(*x, scale * loop_weight.mul_add(*own, *out));
                    }
                }
                None => {
                    for (out, own) in out.iter_mut().zip(own) {
                        *out = scale * loop_weight.mul_add(*own, *out);
                    }
                }
            }
        });
    }
}

/// Truncated personalized PageRank: H₀ = X, H ← (1 − α) S H + α X, some steps of it.
#[derive(Clone, Debug)]
pub struct PersonalizedPageRank<'a> {
    adjacency: &'a NormalizedAdjacency<'a>,
    teleport_prob: f64,
    num_steps: usize,
}

impl<'a> PersonalizedPageRank<'a> {
    /// Propagation with teleport probability α in [0, 1].
    ///
    /// # Errors
    /// [`Error::Setting`] if α is outside of [0, 1].
    pub fn new(
        adjacency: &'a NormalizedAdjacency<'a>,
        teleport_prob: f64,
        num_steps: usize,
    ) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&teleport_prob) {
            return Err(Error::Setting {
                name: "teleport_prob",
                expected: "in [0, 1]",
                found: teleport_prob,
            });
        }
        Ok(Self { adjacency, teleport_prob, num_steps })
    }
}

impl Propagation for PersonalizedPageRank<'_> {
    fn num_nodes(&self) -> usize {
        self.adjacency.loops.len()
    }

    fn apply(&self, y: Array2<f32>) -> Array2<f32> {
        if self.num_steps == 0 {
            return y;
        }
        let (scale, shift) = ((1.0 - self.teleport_prob) as f32, self.teleport_prob as f32);
        let mut current = Array2::zeros(y.dim());
        self.adjacency.step(&y, &mut current, scale, Some((shift, &y)));
        if self.num_steps > 1 {
            let mut next = Array2::zeros(y.dim());
            for _ in 1..self.num_steps {
                self.adjacency.step(&current, &mut next, scale, Some((shift, &y)));
                std::mem::swap(&mut current, &mut next);
            }
        }
        current
    }

    fn apply_transposed(&self, y: Array2<f32>) -> Array2<f32> {
        // A polynomial in S, which is symmetric.
        self.apply(y)
    }

    fn cost(&self) -> usize {
        self.num_steps * (self.adjacency.arcs.num_entries() + 2 * self.num_nodes())
    }
}

/// Some hops: P = Sᵏ.
#[derive(Clone, Debug)]
pub struct Hops<'a> {
    adjacency: &'a NormalizedAdjacency<'a>,
    num_hops: usize,
}

impl<'a> Hops<'a> {
    /// Propagation over `num_hops` hops.
    pub fn new(adjacency: &'a NormalizedAdjacency<'a>, num_hops: usize) -> Self {
        Self { adjacency, num_hops }
    }
}

impl Propagation for Hops<'_> {
    fn num_nodes(&self) -> usize {
        self.adjacency.loops.len()
    }

    fn apply(&self, mut y: Array2<f32>) -> Array2<f32> {
        let mut next = Array2::zeros(if self.num_hops > 0 { y.dim() } else { (0, 0) });
        for _ in 0..self.num_hops {
            self.adjacency.step(&y, &mut next, 1.0, None);
            std::mem::swap(&mut y, &mut next);
        }
        y
    }

    fn apply_transposed(&self, y: Array2<f32>) -> Array2<f32> {
        self.apply(y)
    }

    fn cost(&self) -> usize {
        self.num_hops * (self.adjacency.arcs.num_entries() + self.num_nodes())
    }
}

/// Row sums without loops.
///
/// # Errors
/// [`Error::Weight`] for a weight that is negative, NaN or infinite.
pub(crate) fn degrees(adjacency: &CsrMatrix) -> Result<Vec<f64>, Error> {
    assert_eq!(adjacency.rows(), adjacency.cols(), "an adjacency matrix is square");
    assert!(adjacency.is_csr(), "the adjacency matrix is not in compressed sparse rows");
    let mut degrees = vec![0.0; adjacency.rows()];
    for (weight, (node, other)) in adjacency {
        if !(weight.is_finite() && *weight >= 0.0) {
            return Err(Error::Weight { group: node as usize, node: other as usize, weight: *weight });
        }
        if node != other {
            degrees[node as usize] += f64::from(*weight);
        }
    }
    Ok(degrees)
}

/// A weight for each stored entry: 0 for a loop, else what `weight` makes of node, neighbor and stored weight.
pub(crate) fn weights_without_loops(
    adjacency: &CsrMatrix,
    weight: impl Fn(usize, usize, f64) -> f64,
) -> Vec<f32> {
    let entries = adjacency.iter();
    let of = |(stored, (i, j)): (&f32, (u32, u32))| match i == j {
        true => 0.0,
        false => weight(i as usize, j as usize, f64::from(*stored)) as f32,
    };
    entries.map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use sprs::CsMatI;

    /// The path 0 – 1 – 2, and a loop at 0 that counts for nothing.
    fn path() -> CsrMatrix {
        CsMatI::new((3, 3), vec![0, 2, 4, 5], vec![0, 1, 0, 2, 1], vec![9.0, 1.0, 1.0, 1.0, 1.0])
    }

    fn assert_close(found: &Array2<f32>, expected: &Array2<f64>) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found} and {expected}");
        }
    }

    #[test]
    fn hops_match_the_path_worked_by_hand() {
        let path = path();
        let adjacency = NormalizedAdjacency::from_symmetric(&path).unwrap();
        let one = Hops::new(&adjacency, 1).apply(array![[1.0], [0.0], [0.0]]);
        let sixth = 1.0 / 6.0f64.sqrt();
        assert_close(&one, &array![[0.5], [sixth], [0.0]]);
        let two = Hops::new(&adjacency, 2).apply(array![[1.0], [0.0], [0.0]]);
        assert_close(&two, &array![[0.25 + 1.0 / 6.0], [sixth * (0.5 + 1.0 / 3.0)], [1.0 / 6.0]]);
        assert_eq!(Hops::new(&adjacency, 0).apply(array![[1.0], [2.0], [3.0]]), array![[1.0], [2.0], [3.0]]);
    }

    #[test]
    fn page_rank_is_the_sum_of_hops_that_its_recursion_says() {
        let path = path();
        let adjacency = NormalizedAdjacency::from_symmetric(&path).unwrap();
        let x = array![[1.0f32, 3.0], [-2.0, 0.5], [0.0, 1.0]];
        let hop = |k: usize| Hops::new(&adjacency, k).apply(x.clone()).mapv(f64::from);
        let found = PersonalizedPageRank::new(&adjacency, 0.25, 2).unwrap().apply(x.clone());
        assert_close(&found, &(hop(0) * 0.25 + hop(1) * (0.75 * 0.25) + hop(2) * (0.75 * 0.75)));
        assert_eq!(PersonalizedPageRank::new(&adjacency, 0.25, 0).unwrap().apply(x.clone()), x);
    }

    #[test]
    fn a_teleport_probability_outside_its_range_is_an_error() {
        let path = path();
        let adjacency = NormalizedAdjacency::from_symmetric(&path).unwrap();
        let error = PersonalizedPageRank::new(&adjacency, -0.5, 2).unwrap_err();
        assert_eq!(error.to_string(), "`teleport_prob` must be in [0, 1], got -0.5");
    }
}
