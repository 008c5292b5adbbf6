use rayon::prelude::*;

/// Rows of one piece of work.
const ROWS: usize = 1024;
/// Rounds of Sinkhorn's scaling.
const ROUNDS: usize = 20;
/// What a cluster is taken to hold at least, in rows, when it is scaled.
const SMALLEST_SIZE: f64 = 1e-9;

/// Memberships from costs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Balance {
    /// The exponent of the scaling of clusters, in [0, 1].
    pub(super) strength: f64,
    /// Nats of cost that make a membership e times smaller.
    pub(super) temperature: f64,
}

impl Balance {
    /// Memberships ∝ v_j exp(−cost/temperature) with rows adding up to 1. The v_j come from Sinkhorn's rounds
    /// v_j ← (v_j n/(k t_j))^strength, t_j the size of cluster j: unbalanced optimal transport to equal sizes (Chizat et al. 2018, Math. Comp. 87),
    /// which at strength 1 makes sizes equal and at strength 0 leaves them.
    ///
    /// The rounds go on from `potentials`, `temperature` · log v of an earlier call, and leave there what they come to.
    pub(super) fn memberships(&self, costs: &[f64], potentials: &mut [f64], memberships: &mut [f64]) {
        let num_clusters = potentials.len();
        let mut log_scales: Vec<f64> = potentials.iter().map(|value| value / self.temperature).collect();
        let even = (costs.len() / num_clusters) as f64 / num_clusters as f64;
        let rounds = if self.strength == 0.0 { 0 } else { ROUNDS };
        for _ in 0..rounds {
            let sizes = self.soften(costs, &log_scales, memberships);
            for (scale, size) in log_scales.iter_mut().zip(sizes) {
                *scale = self.strength * (*scale + (even / size.max(SMALLEST_SIZE)).ln());
            }
        }
        potentials.iter_mut().zip(&log_scales).for_each(|(value, scale)| *value = self.temperature * scale);
        self.soften(costs, &log_scales, memberships);
    }

    /// The memberships by these scales; the sizes of the clusters.
    fn soften(&self, costs: &[f64], log_scales: &[f64], memberships: &mut [f64]) -> Vec<f64> {
        let k = log_scales.len();
        let pieces: Vec<Vec<f64>> = memberships
            .par_chunks_mut(ROWS * k)
            .zip(costs.par_chunks(ROWS * k))
            .map(|(memberships, costs)| {
                let mut sizes = vec![0.0; k];
                for (row, costs) in memberships.chunks_exact_mut(k).zip(costs.chunks_exact(k)) {
                    for ((out, cost), scale) in row.iter_mut().zip(costs).zip(log_scales) {
                        *out = scale - cost / self.temperature;
                    }
                    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    row.iter_mut().for_each(|out| *out = (*out - largest).exp());
                    let sum: f64 = row.iter().sum();
                    row.iter_mut().for_each(|out| *out /= sum);
                    sizes.iter_mut().zip(row).for_each(|(size, value)| *size += *value);
                }
                sizes
            })
            .collect();
        pieces.into_iter().fold(vec![0.0; k], |mut sum, piece| {
            sum.iter_mut().zip(piece).for_each(|(sum, value)| *sum += value);
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_balance_rows_are_a_softmax_and_with_it_clusters_are_equal() {
        // Every row would rather be in the first cluster, the second row least.
        let costs = [0.0, 2.0, 0.0, 1.0, 0.0, 2.5];
        let mut memberships = [0.0; 6];
        Balance { strength: 0.0, temperature: 0.5 }.memberships(&costs, &mut [0.0; 2], &mut memberships);
        assert!((memberships[0] - 1.0 / (1.0 + (-4f64).exp())).abs() < 1e-15);
        Balance { strength: 1.0, temperature: 0.5 }.memberships(&costs, &mut [0.0; 2], &mut memberships);
        let first: f64 = memberships.iter().step_by(2).sum();
        assert!((first - 1.5).abs() < 1e-6, "{memberships:?}");
        assert!(memberships[2] < memberships[0] && memberships[0] < memberships[4]);
    }
}
