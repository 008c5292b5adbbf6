use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::Groups;
use crate::error::Error;
use crate::samples::{Samples, cholesky, inverse_of_lower};

/// Rows multiplied at one time.
const ROWS: usize = 256;
/// What an empty cluster is taken to hold, in rows.
const SMALLEST_SIZE: f64 = 1e-9;

/// The derivative of the compression by each membership, times n, and the compression.
pub(super) struct GroupCosts {
    /// `[samples, clusters]`, in nats.
    pub(super) values: Vec<f64>,
    /// R_c(Z, Π), in nats a row.
    pub(super) compression: f64,
    /// t_j / n.
    shares: Vec<f64>,
}

/// One cluster's rate: ½ log det(I + d/(t ε²) S), and what it costs a row to lie in it.
struct Group {
    size: f64,
    rate: f64,
    costs: Vec<f64>,
}

impl GroupCosts {
    pub(super) fn of(
        samples: &Samples,
        memberships: &[f64],
        num_clusters: usize,
        groups: Groups,
        eps_sq: f64,
    ) -> Result<Self, Error> {
        let found: Vec<Result<Group, Error>> = (0..num_clusters)
            .into_par_iter()
            .map(|cluster| {
                let weights = memberships.iter().skip(cluster).step_by(num_clusters).copied().collect();
                Group::of(samples, weights, groups, eps_sq)
            })
            .collect();
        let found: Vec<Group> = found.into_iter().collect::<Result<_, _>>()?;
        let n = samples.num_rows();
        let shares: Vec<f64> = found.iter().map(|group| group.size / n as f64).collect();
        let compression = found.iter().zip(&shares).map(|(group, share)| share * group.rate).sum();
        let mut values = vec![0.0; n * num_clusters];
        for (cluster, group) in found.iter().enumerate() {
            let column = values.iter_mut().skip(cluster).step_by(num_clusters);
            column.zip(&group.costs).for_each(|(value, cost)| *value = *cost);
        }
        Ok(Self { values, compression, shares })
    }

    /// Adds the derivative of c · n H(t/n), up to a constant: −c log(t_j/n).
    pub(super) fn charge_names(&mut self, label_cost: f64) {
        let costs: Vec<f64> = self.shares.iter().map(|share| -label_cost * share.ln()).collect();
        for row in self.values.chunks_exact_mut(costs.len()) {
            row.iter_mut().zip(&costs).for_each(|(value, cost)| *value += cost);
        }
    }

    /// H(t/n), in nats.
    pub(super) fn label_entropy(&self) -> f64 {
        -self.shares.iter().map(|share| share * share.ln()).sum::<f64>()
    }
}

/// R(Z) = ½ log det(I + d/(n ε²) S) of all rows, S about their mean for affine groups.
pub(super) fn log_det_rate(samples: &Samples, groups: Groups, eps_sq: f64) -> Result<f64, Error> {
    Ok(Group::of(samples, vec![1.0; samples.num_rows()], groups, eps_sq)?.rate)
}

impl Group {
    fn of(samples: &Samples, weights: Vec<f64>, groups: Groups, eps_sq: f64) -> Result<Self, Error> {
        let d = samples.width();
        let size = weights.iter().sum::<f64>().max(SMALLEST_SIZE);
        let (mut scatter, mean) = weighted_scatter(samples, &weights, size, groups);
        let factor = d as f64 / (size * eps_sq);
        for (place, value) in scatter.iter_mut().enumerate() {
            *value = factor * *value + f64::from(u8::from(place / d == place % d));
        }
        let lower = cholesky(&scatter, d)?;
        let inverse = inverse_of_lower(&lower);
        let rate = (0..d).map(|i| lower[(i, i)].ln()).sum::<f64>();
        let trace_of_inverse: f64 =
            (0..d).map(|j| (j..d).map(|i| inverse[(i, j)] * inverse[(i, j)]).sum::<f64>()).sum();
        // ∂(t rate)/∂π_i = rate − ½ (d − tr M⁻¹) + d/(2ε²) (z_i − m)ᵀ M⁻¹ (z_i − m); the mean does not matter to first order.
        let constant = rate - 0.5 * (d as f64 - trace_of_inverse);
        let slope = 0.5 * d as f64 / eps_sq;
        let mut costs = vec![0.0; samples.num_rows()];
        let mut centered = Vec::new();
        let mut turned = vec![0.0; ROWS * d];
        for (costs, rows) in costs.chunks_mut(ROWS).zip(samples.values().chunks(ROWS * d)) {
            centered.clear();
            centered.extend(
                rows.chunks_exact(d).flat_map(|row| row.iter().zip(&mean).map(|(value, mean)| value - mean)),
            );
            let turned = &mut turned[..rows.len()];
            matmul(
                MatMut::from_row_major_slice_mut(turned, costs.len(), d),
                Accum::Replace,
                MatRef::from_row_major_slice(&centered, costs.len(), d),
                inverse.transpose(),
                1.0,
                Par::Seq,
            );
            for (cost, turned) in costs.iter_mut().zip(turned.chunks_exact(d)) {
                *cost = constant + slope * turned.iter().map(|value| value * value).sum::<f64>();
            }
        }
        Ok(Self { size, rate, costs })
    }
}

/// S = Σᵢ wᵢ (zᵢ − m)(zᵢ − m)ᵀ, row-major, and m.
fn weighted_scatter(samples: &Samples, weights: &[f64], size: f64, groups: Groups) -> (Vec<f64>, Vec<f64>) {
    let d = samples.width();
    let mut mean = vec![0.0; d];
    if groups == Groups::Affine {
        for (row, weight) in samples.values().chunks_exact(d).zip(weights) {
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += weight * value);
        }
        mean.iter_mut().for_each(|mean| *mean /= size);
    }
    let mut scatter = vec![0.0; d * d];
    let (mut centered, mut weighted) = (Vec::new(), Vec::new());
    for (weights, rows) in weights.chunks(ROWS).zip(samples.values().chunks(ROWS * d)) {
        centered.clear();
        weighted.clear();
        for (row, weight) in rows.chunks_exact(d).zip(weights) {
            centered.extend(row.iter().zip(&mean).map(|(value, mean)| value - mean));
            weighted.extend(row.iter().zip(&mean).map(|(value, mean)| weight * (value - mean)));
        }
        matmul(
            MatMut::from_row_major_slice_mut(&mut scatter, d, d),
            Accum::Add,
            MatRef::from_row_major_slice(&weighted, weights.len(), d).transpose(),
            MatRef::from_row_major_slice(&centered, weights.len(), d),
            1.0,
            Par::Seq,
        );
    }
    (scatter, mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows and memberships of two clusters without any structure.
    fn problem(n: usize, d: usize) -> (Samples, Vec<f64>) {
        let values = (0..n * d).map(|i| (i as f64 * 0.7).sin()).collect();
        let memberships = (0..n).flat_map(|i| {
            let first = 0.5 + 0.4 * (i as f64 * 1.3).cos();
            [first, 1.0 - first]
        });
        (Samples::new(values, d), memberships.collect())
    }

    #[test]
    fn costs_are_the_derivatives_of_the_rate_and_of_the_names() {
        let (samples, memberships) = problem(12, 3);
        for groups in [Groups::Affine, Groups::Linear] {
            let objective = |memberships: &[f64]| {
                let costs = GroupCosts::of(&samples, memberships, 2, groups, 0.3).unwrap();
                // −Σ t_j log(t_j/n) of sizes that need not add up to n: its derivative is −log(t_j/n) − 1.
                12.0 * (costs.compression + costs.label_entropy())
            };
            let mut costs = GroupCosts::of(&samples, &memberships, 2, groups, 0.3).unwrap();
            costs.charge_names(1.0);
            for place in 0..24 {
                let at = |step: f64| {
                    let mut moved = memberships.clone();
                    moved[place] += step;
                    objective(&moved)
                };
                let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((costs.values[place] - 1.0 - difference).abs() < 1e-7, "{groups:?}, {place}");
            }
        }
    }

    #[test]
    fn one_cluster_of_all_rows_has_the_rate_of_all_rows() {
        let (samples, _) = problem(12, 3);
        let costs = GroupCosts::of(&samples, &[1.0; 12], 1, Groups::Linear, 0.3).unwrap();
        let rate = log_det_rate(&samples, Groups::Linear, 0.3).unwrap();
        assert!((costs.compression - rate).abs() < 1e-12 && costs.label_entropy().abs() < 1e-12);
    }
}
