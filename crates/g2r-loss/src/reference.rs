//! The rates in `f64`, in the form in which the papers write them: d × d for every group, by plain loops.
//!
//! It shares no code with the fast form and is what tests and benchmarks hold that one to. O(n d² + d³) a group.

use crate::{Batch, Groups, RateReductionConfig, Weighting};

/// A rate reduction and its gradient.
#[derive(Clone, Debug)]
pub struct ReferenceReduction {
    /// −γ₂ R(Z) + R_c(Z).
    pub loss: f64,
    /// R(Z), in nats.
    pub expansion: f64,
    /// R_c(Z), in nats.
    pub compression: f64,
    /// ∂ loss / ∂Z, `[n, d]` row-major.
    pub gradient: Vec<f64>,
}

/// Rate reduction of the rows of `z`, `[n, d]` row-major, over a batch of groups.
///
/// # Panics
/// If `z` is not `[groups.num_nodes(), d]`, or a matrix is not positive definite.
pub fn rate_reduction(
    z: &[f64],
    d: usize,
    groups: &Groups,
    batch: &Batch,
    config: &RateReductionConfig,
) -> ReferenceReduction {
    let n = groups.num_nodes();
    assert_eq!(z.len(), n * d, "reference: z is not [{n}, {d}]");
    let mut gradient = vec![0.0; n * d];
    let (d_f, n_f) = (d as f64, n as f64);

    let all: Vec<(usize, f64)> = (0..n).map(|node| (node, 1.0)).collect();
    let scale = config.gamma1 * d_f / (n_f * config.eps_sq);
    let expansion = 0.5 * add_log_det(z, d, &all, scale, -0.5 * config.gamma2, &mut gradient);

    let total: f64 = batch
        .drawn()
        .iter()
        .map(|(group, count)| f64::from(*count) * groups.group(*group as usize).total)
        .sum();
    let mut compression = 0.0;
    for (group, count) in batch.drawn() {
        let group = groups.group(*group as usize);
        if group.total == 0.0 {
            continue;
        }
        let divisor = match config.weighting {
            Weighting::G2r => total,
            Weighting::Mcr2 => n_f,
        };
        let factor = 0.5 * f64::from(*count) * group.total / divisor;
        let members: Vec<(usize, f64)> = group
            .members
            .iter()
            .zip(group.weights)
            .map(|(node, weight)| (*node as usize, f64::from(*weight)))
            .collect();
        let scale = d_f / (group.total * config.eps_sq);
        compression += factor * add_log_det(z, d, &members, scale, factor, &mut gradient);
    }
    ReferenceReduction { loss: -config.gamma2 * expansion + compression, expansion, compression, gradient }
}

/// log det(I + c Σ π z zᵀ) over weighted rows; adds `factor` times its gradient.
fn add_log_det(
    z: &[f64],
    d: usize,
    members: &[(usize, f64)],
    c: f64,
    factor: f64,
    gradient: &mut [f64],
) -> f64 {
    let mut matrix = vec![0.0; d * d];
    for (node, weight) in members {
        let row = &z[node * d..(node + 1) * d];
        for i in 0..d {
            let scaled = c * weight * row[i];
            for j in 0..=i {
                matrix[i * d + j] += scaled * row[j];
            }
        }
    }
    for i in 0..d {
        matrix[i * d + i] += 1.0;
    }
    cholesky(&mut matrix, d);
    let log_det = 2.0 * (0..d).map(|i| matrix[i * d + i].ln()).sum::<f64>();
    for (node, weight) in members {
        let solution = solve(&matrix, d, &z[node * d..(node + 1) * d]);
        for (gradient, solution) in gradient[node * d..(node + 1) * d].iter_mut().zip(solution) {
            *gradient += factor * 2.0 * c * weight * solution;
        }
    }
    log_det
}

/// Overwrites the lower triangle of S by L with S = L Lᵀ.
fn cholesky(matrix: &mut [f64], d: usize) {
    for i in 0..d {
        for j in 0..=i {
            let (upper, lower) = matrix.split_at(i * d);
            let earlier = if j == i { &lower[..j] } else { &upper[j * d..j * d + j] };
            let rest = lower[j] - lower[..j].iter().zip(earlier).map(|(a, b)| a * b).sum::<f64>();
            matrix[i * d + j] = if i == j {
                assert!(rest > 0.0, "reference: not positive definite at pivot {i}");
                rest.sqrt()
            } else {
                rest / matrix[j * d + j]
            };
        }
    }
}

/// x with L Lᵀ x = b.
fn solve(factor: &[f64], d: usize, b: &[f64]) -> Vec<f64> {
    let mut x = b.to_vec();
    for i in 0..d {
        let rest = x[i] - factor[i * d..i * d + i].iter().zip(&x).map(|(l, x)| l * x).sum::<f64>();
        x[i] = rest / factor[i * d + i];
    }
    for i in (0..d).rev() {
        x[i] /= factor[i * d + i];
        for j in 0..i {
            x[j] -= factor[i * d + j] * x[i];
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_matches_the_closed_form() {
        // n = 1: R = ½ ln(1 + d‖z‖²/ε²), and with the one group of weight 1 R_c is the same.
        let groups = Groups::from_classes(&[Some(0)], 1);
        let config = RateReductionConfig { eps_sq: 0.5, ..RateReductionConfig::default() };
        let rate = rate_reduction(&[0.6, 0.8], 2, &groups, &Batch::all(1), &config);
        assert!((rate.expansion - 0.5 * 5.0f64.ln()).abs() < 1e-14);
        assert!((rate.compression - rate.expansion).abs() < 1e-14);
        assert!(rate.loss.abs() < 1e-14);
        assert!(rate.gradient.iter().all(|entry| entry.abs() < 1e-14));
    }

    #[test]
    fn the_gradient_agrees_with_central_differences() {
        let z: Vec<f64> = testkit::numbers::wavy(5 * 3, 0.7).iter().map(|v| f64::from(*v)).collect();
        let groups = Groups::from_classes(&[Some(0), Some(1), Some(0), Some(1), Some(1)], 2);
        let config = RateReductionConfig { eps_sq: 0.1, gamma1: 0.5, gamma2: 0.7, weighting: Weighting::G2r };
        let loss = |z: &[f64]| rate_reduction(z, 3, &groups, &Batch::of(&[0, 1, 1]), &config);
        let gradient = loss(&z).gradient;
        for entry in 0..z.len() {
            let mut shifted = z.clone();
            shifted[entry] += 1e-6;
            let above = loss(&shifted).loss;
            shifted[entry] -= 2e-6;
            let difference = (above - loss(&shifted).loss) / 2e-6;
            assert!(
                (gradient[entry] - difference).abs() < 1e-7,
                "entry {entry}: {} and {difference}",
                gradient[entry]
            );
        }
    }
}
