use rayon::prelude::*;

use crate::finite_rows::FiniteRows;
use crate::nearest::k_largest;

/// Halvings of the search for a width: more than the digits of f64.
const MAX_STEPS: usize = 200;
/// How near the entropy comes to log perplexity, in nats.
const ENTROPY_TOL: f64 = 1e-5;

/// The joint probabilities P of t-SNE, symmetric and sparse: node i has `columns[starts[i]..starts[i + 1]]`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Affinities {
    pub(crate) starts: Vec<usize>,
    pub(crate) columns: Vec<u32>,
    /// Add up to 1.
    pub(crate) values: Vec<f64>,
}

impl Affinities {
    /// p_ij = (p_j|i + p_i|j) / 2n, with Gaussians about each row over its nearest 3 · perplexity rows, as wide as makes
    /// their entropy log perplexity (van der Maaten 2014, arXiv 1301.3342, equations 3 and 4). The nearest are found
    /// exactly: O(nodes² · d_input).
    pub(crate) fn of(rows: &FiniteRows, perplexity: f64) -> Self {
        let n = rows.num_rows();
        let num_neighbors = ((3.0 * perplexity) as usize).min(n.saturating_sub(1));
        let nodes: Vec<usize> = (0..n).collect();
        // ‖x − y‖² = ‖x‖² − 2 (x·y − ‖y‖²/2): the nearest y has the largest bracket.
        let lengths_sq = rows.lengths_sq();
        let shifts: Vec<f64> = lengths_sq.iter().map(|length_sq| length_sq / 2.0).collect();
        let nearest = k_largest(rows, &shifts, &nodes, num_neighbors);
        let conditional: Vec<Vec<(u32, f64)>> = nearest
            .par_iter()
            .zip(&lengths_sq)
            .map(|(nearest, length_sq)| {
                let distances_sq: Vec<f64> =
                    nearest.iter().map(|(_, score)| (length_sq - 2.0 * score).max(0.0)).collect();
                let probabilities = probabilities(&distances_sq, perplexity);
                nearest.iter().zip(probabilities).map(|((node, _), p)| (*node as u32, p)).collect()
            })
            .collect();
        Self::symmetric(&conditional)
    }

    fn symmetric(conditional: &[Vec<(u32, f64)>]) -> Self {
        let n = conditional.len();
        let mut both: Vec<Vec<(u32, f64)>> = conditional.to_vec();
        for (node, nearest) in (0u32..).zip(conditional) {
            for &(other, probability) in nearest {
                both[other as usize].push((node, probability));
            }
        }
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for entries in &mut both {
            entries.sort_by_key(|(other, _)| *other);
            for same in entries.chunk_by(|a, b| a.0 == b.0) {
                columns.push(same[0].0);
                values.push(same.iter().map(|(_, probability)| probability).sum::<f64>() / (2 * n) as f64);
            }
            starts.push(columns.len());
        }
        Self { starts, columns, values }
    }
}

/// exp(−β d²) / Σ exp(−β d²) with the β at which the entropy is log perplexity, or as near as it comes.
fn probabilities(distances_sq: &[f64], perplexity: f64) -> Vec<f64> {
    let least = distances_sq.iter().copied().fold(f64::INFINITY, f64::min);
    let mean =
        distances_sq.iter().map(|distance_sq| distance_sq - least).sum::<f64>() / distances_sq.len() as f64;
    if mean == 0.0 || distances_sq.is_empty() {
        return vec![1.0 / distances_sq.len() as f64; distances_sq.len()];
    }
    // In units of the mean, above the least: no exponential overflows, and one of them is 1.
    let distances: Vec<f64> = distances_sq.iter().map(|distance_sq| (distance_sq - least) / mean).collect();
    let (mut low, mut high, mut beta) = (0.0, f64::INFINITY, 1.0);
    let mut found = vec![0.0; distances.len()];
    for _ in 0..MAX_STEPS {
        found.iter_mut().zip(&distances).for_each(|(found, distance)| *found = (-beta * distance).exp());
        let total: f64 = found.iter().sum();
        let mean =
            found.iter().zip(&distances).map(|(found, distance)| found * distance).sum::<f64>() / total;
        found.iter_mut().for_each(|found| *found /= total);
        let excess = total.ln() + beta * mean - perplexity.ln();
        if excess.abs() <= ENTROPY_TOL {
            break;
        }
        if excess > 0.0 {
            low = beta;
            beta = if high.is_finite() { (low + high) / 2.0 } else { 2.0 * beta };
        } else {
            high = beta;
            beta = (low + high) / 2.0;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Rows;
    use ndarray::Array2;

    #[test]
    fn the_entropy_of_each_row_is_that_of_the_perplexity() {
        let distances: Vec<f64> = (0..60).map(|i| 1e6 + 3e4 * (f64::from(i) * 0.3).sin()).collect();
        for perplexity in [2.0, 20.0, 50.0] {
            let found = probabilities(&distances, perplexity);
            let entropy: f64 = -found.iter().map(|p| p * p.max(f64::MIN_POSITIVE).ln()).sum::<f64>();
            approx::assert_abs_diff_eq!(entropy, perplexity.ln(), epsilon = 2e-5);
        }
        assert_eq!(probabilities(&[7.0; 4], 3.0), [0.25; 4]);
    }

    #[test]
    fn the_joint_probabilities_are_symmetric_and_add_up_to_one() {
        let matrix = Array2::from_shape_fn((200, 5), |(i, j)| ((i * 5 + j) as f32 * 0.61).sin());
        let affinities = Affinities::of(&FiniteRows::check(&Rows::dense(matrix.view())).unwrap(), 10.0);
        approx::assert_relative_eq!(affinities.values.iter().sum::<f64>(), 1.0, max_relative = 1e-12);
        let mut dense = Array2::zeros((200, 200));
        for i in 0..200 {
            for place in affinities.starts[i]..affinities.starts[i + 1] {
                dense[[i, affinities.columns[place] as usize]] = affinities.values[place];
            }
        }
        assert_eq!(dense, dense.t());
        assert!(dense.diag().iter().all(|p| *p == 0.0));
    }
}
