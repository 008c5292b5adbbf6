use rayon::prelude::*;
use row_kernels::multiversion;

/// Partial sums side by side.
const LANES: usize = 8;
/// Where a point that is not there lies: the square of its distance is infinite, so its force is 0.
const FAR: f64 = 1.3e154;
/// Below this square of a distance points coincide: no force, in place of 0/0.
const LEAST_SQ: f64 = 1e-300;

/// Evaluates `of_point` for each point and the coordinates of all points, filled up with such points to a multiple of
/// [`LANES`].
pub(crate) fn map<T: Send>(
    points: &[[f64; 2]],
    of_point: impl Fn([f64; 2], &[f64], &[f64]) -> T + Sync,
) -> Vec<T> {
    let (mut x, mut y): (Vec<f64>, Vec<f64>) = points.iter().map(|[x, y]| (*x, *y)).unzip();
    x.resize(points.len().next_multiple_of(LANES), FAR);
    y.resize(x.len(), FAR);
    points.par_iter().with_min_len(16).map(|point| of_point(*point, &x, &y)).collect()
}

multiversion! {
    /// Σ w² (p − q) in both axes and Σ w over all points q, whose number is a multiple of [`LANES`].
    pub(crate) fn repulse(point: [f64; 2], x: &[f64], y: &[f64]) -> [f64; 3] = repulse_body
}

#[inline(always)]
fn repulse_body(point: [f64; 2], x: &[f64], y: &[f64]) -> [f64; 3] {
    let mut sums = [[0.0; LANES]; 3];
    for (x, y) in x.as_chunks::<LANES>().0.iter().zip(y.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            let (dx, dy) = (point[0] - x[lane], point[1] - y[lane]);
            let w = 1.0 / dx.mul_add(dx, dy.mul_add(dy, 1.0));
            let force = w * w;
            sums[0][lane] = force.mul_add(dx, sums[0][lane]);
            sums[1][lane] = force.mul_add(dy, sums[1][lane]);
            sums[2][lane] += w;
        }
    }
    sums.map(total)
}

multiversion! {
    /// Σ (p − q) / (d (d + eps)) in both axes over all points q, whose number is a multiple of [`LANES`].
    pub(crate) fn repulse_by_log(point: [f64; 2], x: &[f64], y: &[f64], eps: f64) -> [f64; 2] = repulse_by_log_body
}

#[inline(always)]
fn repulse_by_log_body(point: [f64; 2], x: &[f64], y: &[f64], eps: f64) -> [f64; 2] {
    let mut sums = [[0.0; LANES]; 2];
    for (x, y) in x.as_chunks::<LANES>().0.iter().zip(y.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            let (dx, dy) = (point[0] - x[lane], point[1] - y[lane]);
            let distance_sq = dx.mul_add(dx, dy.mul_add(dy, LEAST_SQ));
            let force = 1.0 / eps.mul_add(distance_sq.sqrt(), distance_sq);
            sums[0][lane] = force.mul_add(dx, sums[0][lane]);
            sums[1][lane] = force.mul_add(dy, sums[1][lane]);
        }
    }
    sums.map(total)
}

#[inline(always)]
fn total(sums: [f64; LANES]) -> f64 {
    ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        for n in [8, 64] {
            let x: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.7).sin()).collect();
            let y: Vec<f64> = (0..n).map(|i| (f64::from(i) * 1.3).cos()).collect();
            assert_eq!(repulse([0.3, 0.4], &x, &y), repulse_body([0.3, 0.4], &x, &y));
            assert_eq!(
                repulse_by_log([0.3, 0.4], &x, &y, 0.05),
                repulse_by_log_body([0.3, 0.4], &x, &y, 0.05)
            );
        }
    }
}
