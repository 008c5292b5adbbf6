/// More steps than halvings need for the digits of f64.
const MAX_STEPS: usize = 200;
/// How near the entropy comes to log perplexity, in nats.
const ENTROPY_TOL: f64 = 1e-10;
/// Below e to this power nothing adds to a sum that is at least 1.
const LEAST_POWER: f64 = -80.0;

/// exp(−β d²) / Σ exp(−β d²) with the β at which the entropy is log perplexity, or as near as it comes: equal distances are
/// equally probable, however many they are.
pub(crate) fn probabilities(distances_sq: &[f64], perplexity: f64) -> Vec<f64> {
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
        let (mut total, mut sum, mut sum_sq) = (0.0, 0.0, 0.0);
        for (found, distance) in found.iter_mut().zip(&distances) {
            let power = -beta * distance;
            *found = if power < LEAST_POWER { 0.0 } else { power.exp() };
            total += *found;
            sum += *found * distance;
            sum_sq += *found * distance * distance;
        }
        found.iter_mut().for_each(|found| *found /= total);
        let (mean, mean_sq) = (sum / total, sum_sq / total);
        let excess = total.ln() + beta * mean - perplexity.ln();
        // The nearest alone are more than the perplexity: no width makes them fewer.
        if excess.abs() <= ENTROPY_TOL || (sum == 0.0 && excess > 0.0) {
            break;
        }
        if excess > 0.0 {
            low = beta;
        } else {
            high = beta;
        }
        // Newton's step for log β, at which the entropy falls by β² times the variance of the distances; a halving or a doubling where
        // that leaves the bracket.
        let step = (excess / (beta * beta * (mean_sq - mean * mean))).exp();
        let next = beta * step;
        beta = match (next > low && next < high, high.is_finite()) {
            (true, _) if step < 16.0 => next,
            (_, true) => f64::midpoint(low, high),
            _ => 2.0 * beta,
        };
        if beta == low || beta == high {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entropy_of_each_row_is_that_of_the_perplexity() {
        let distances: Vec<f64> = (0..60).map(|i| 1e6 + 3e4 * (f64::from(i) * 0.3).sin()).collect();
        for perplexity in [2.0, 20.0, 50.0] {
            let found = probabilities(&distances, perplexity);
            let entropy: f64 = -found.iter().map(|p| p * p.max(f64::MIN_POSITIVE).ln()).sum::<f64>();
            approx::assert_abs_diff_eq!(entropy, perplexity.ln(), epsilon = 1e-9);
        }
        assert_eq!(probabilities(&[7.0; 4], 3.0), [0.25; 4]);
    }

    #[test]
    fn a_perplexity_below_the_number_of_nearest_gives_all_of_them_the_same() {
        let many = [vec![1.0; 50], vec![4.0; 30]].concat();
        for (place, found) in probabilities(&many, 40.0).into_iter().enumerate() {
            approx::assert_abs_diff_eq!(found, if place < 50 { 0.02 } else { 0.0 }, epsilon = 1e-12);
        }
        let found = probabilities(&[1.0, 1.0, 1.0, 1.0, 4.0, 9.0], 2.0);
        for (found, expected) in found.iter().zip([0.25, 0.25, 0.25, 0.25, 0.0, 0.0]) {
            approx::assert_abs_diff_eq!(*found, expected, epsilon = 1e-12);
        }
        assert!(probabilities(&[0.0, 1.0], 1e-300).iter().all(|p| p.is_finite()));
    }
}
