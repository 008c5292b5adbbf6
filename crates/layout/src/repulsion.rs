use rayon::prelude::*;
use row_kernels::multiversion;

use crate::all_pairs;
use crate::forces::Pairs;
use crate::quadtree::{LANES, Quadtree, Sources};

/// Leaves that one task evaluates.
const LEAVES_PER_TASK: usize = 8;
/// Below this square of a distance points coincide: no force, in place of 0/0.
pub(crate) const LEAST_SQ: f32 = 1e-30;

/// What all pairs of points do to each other, with d = ‖yᵢ − yⱼ‖ and wᵢⱼ = 1 / (1 + d²).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Repulsion {
    /// Σⱼ wᵢⱼ² (yᵢ − yⱼ) for each point.
    pub(crate) forces: Vec<[f64; 2]>,
    /// Z = Σ wᵢⱼ over i ≠ j.
    pub(crate) total: f64,
}

impl Repulsion {
    /// Over all pairs in f64, or by a tree, whose sums of a point are in f32: about O(n log n). Sums are taken in an order that
    /// depends on the points only.
    pub(crate) fn of(points: &[[f64; 2]], pairs: Pairs) -> Self {
        let sums: Vec<[f64; 3]> = match pairs {
            Pairs::All => all_pairs::map(points, all_pairs::repulse),
            Pairs::Tree { theta } => by_tree(points, theta, |point, sources| {
                repulse(point, &sources.x, &sources.y, &sources.mass).map(f64::from)
            }),
        };
        // A point is among its own sources, with w = 1 and no force.
        let total = sums.iter().map(|[_, _, w]| w - 1.0).sum();
        Self { forces: sums.into_iter().map(|[x, y, _]| [x, y]).collect(), total }
    }
}

/// Σⱼ (yᵢ − yⱼ) / (d (d + eps)) for each point, the gradient of Σⱼ log(d + eps).
pub(crate) fn log_forces(points: &[[f64; 2]], eps: f64, pairs: Pairs) -> Vec<[f64; 2]> {
    match pairs {
        Pairs::All => all_pairs::map(points, |point, x, y| all_pairs::repulse_by_log(point, x, y, eps)),
        Pairs::Tree { theta } => by_tree(points, theta, |point, sources| {
            repulse_by_log(point, &sources.x, &sources.y, &sources.mass, eps as f32).map(f64::from)
        }),
    }
}

/// Σ log(d + eps) over i ≠ j.
pub(crate) fn log_sum(points: &[[f64; 2]], eps: f64, pairs: Pairs) -> f64 {
    let sums: Vec<f64> = match pairs {
        Pairs::All => all_pairs::map(points, |[px, py], x, y| {
            x.iter().zip(y).take(points.len()).map(|(x, y)| ((px - x).hypot(py - y) + eps).ln()).sum()
        }),
        Pairs::Tree { theta } => by_tree(points, theta, |[px, py], Sources { x, y, mass }| {
            let sources = x.iter().zip(y).zip(mass).filter(|(_, mass)| **mass > 0.0);
            let log = |x: f32, y: f32| (f64::from((px - x).hypot(py - y)) + eps).ln();
            sources.map(|((x, y), mass)| f64::from(*mass) * log(*x, *y)).sum()
        }),
    };
    // A point is among its own sources, at no distance.
    sums.iter().map(|sum| sum - eps.ln()).sum()
}

/// Evaluates `of_point` for each point and what acts on it; both as seen from the middle of the point's leaf.
fn by_tree<T: Copy + Default + Send>(
    points: &[[f64; 2]],
    theta: f64,
    of_point: impl Fn([f32; 2], &Sources) -> T + Sync,
) -> Vec<T> {
    let tree = Quadtree::build(points);
    let mut sorted = vec![T::default(); points.len()];
    let mut tasks = Vec::new();
    let mut rest = sorted.as_mut_slice();
    for leaves in tree.leaves.chunks(LEAVES_PER_TASK) {
        let size = leaves.iter().map(|&leaf| tree.cells[leaf].len()).sum();
        let (own, others) = rest.split_at_mut(size);
        tasks.push((leaves, own));
        rest = others;
    }
    tasks.into_par_iter().for_each_init(Sources::default, |sources, (leaves, mut results)| {
        for &leaf in leaves {
            let cell = &tree.cells[leaf];
            let (own, others) = results.split_at_mut(cell.len());
            tree.gather(leaf, theta, sources);
            let middle = cell.middle();
            for (result, point) in own.iter_mut().zip(&tree.points[cell.range()]) {
                *result = of_point([0, 1].map(|axis| (point[axis] - middle[axis]) as f32), sources);
            }
            results = others;
        }
    });
    let mut results = vec![T::default(); points.len()];
    for (&point, result) in tree.order.iter().zip(sorted) {
        results[point as usize] = result;
    }
    results
}

multiversion! {
    /// Σ m w² (p − q) in both axes and Σ m w over the sources q, whose number is a multiple of [`LANES`].
    fn repulse(point: [f32; 2], x: &[f32], y: &[f32], mass: &[f32]) -> [f32; 3] = repulse_body
}

#[inline(always)]
fn repulse_body(point: [f32; 2], x: &[f32], y: &[f32], mass: &[f32]) -> [f32; 3] {
    let mut sums = [[0.0; LANES]; 3];
    let (x, y, mass) = (x.as_chunks::<LANES>().0, y.as_chunks::<LANES>().0, mass.as_chunks::<LANES>().0);
    for ((x, y), mass) in x.iter().zip(y).zip(mass) {
        for lane in 0..LANES {
            let (dx, dy) = (point[0] - x[lane], point[1] - y[lane]);
            let w = 1.0 / dx.mul_add(dx, dy.mul_add(dy, 1.0));
            let weight = mass[lane] * w;
            let force = weight * w;
            sums[0][lane] = force.mul_add(dx, sums[0][lane]);
            sums[1][lane] = force.mul_add(dy, sums[1][lane]);
            sums[2][lane] += weight;
        }
    }
    sums.map(total)
}

multiversion! {
    /// Σ m (p − q) / (d (d + eps)) in both axes over the sources q, whose number is a multiple of [`LANES`].
    fn repulse_by_log(point: [f32; 2], x: &[f32], y: &[f32], mass: &[f32], eps: f32) -> [f32; 2] = repulse_by_log_body
}

#[inline(always)]
fn repulse_by_log_body(point: [f32; 2], x: &[f32], y: &[f32], mass: &[f32], eps: f32) -> [f32; 2] {
    let mut sums = [[0.0; LANES]; 2];
    let (x, y, mass) = (x.as_chunks::<LANES>().0, y.as_chunks::<LANES>().0, mass.as_chunks::<LANES>().0);
    for ((x, y), mass) in x.iter().zip(y).zip(mass) {
        for lane in 0..LANES {
            let (dx, dy) = (point[0] - x[lane], point[1] - y[lane]);
            let distance_sq = dx.mul_add(dx, dy.mul_add(dy, LEAST_SQ));
            let force = mass[lane] / eps.mul_add(distance_sq.sqrt(), distance_sq);
            sums[0][lane] = force.mul_add(dx, sums[0][lane]);
            sums[1][lane] = force.mul_add(dy, sums[1][lane]);
        }
    }
    sums.map(total)
}

#[inline(always)]
fn total(mut sums: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREES: [f64; 2] = [0.0, 0.5];
    const EPS: f64 = 0.05;

    fn spiral(n: usize) -> Vec<[f64; 2]> {
        let at = |i: usize| (i as f64 * 0.05, (i as f64 / n as f64).sqrt() * 30.0);
        (0..n).map(at).map(|(angle, radius)| [radius * angle.cos(), radius * (1.3 * angle).sin()]).collect()
    }

    /// Forces, Z, log forces and the sum of logarithms by plain loops.
    fn by_loops(points: &[[f64; 2]]) -> (Vec<[f64; 2]>, f64, Vec<[f64; 2]>, f64) {
        let (mut forces, mut logs) = (vec![[0.0; 2]; points.len()], vec![[0.0; 2]; points.len()]);
        let (mut total, mut log_sum) = (0.0, 0.0);
        for (i, a) in points.iter().enumerate() {
            for (_, b) in points.iter().enumerate().filter(|(j, _)| *j != i) {
                let delta = [a[0] - b[0], a[1] - b[1]];
                let distance = delta[0].hypot(delta[1]);
                let w = 1.0 / (1.0 + distance * distance);
                total += w;
                log_sum += (distance + EPS).ln();
                for axis in 0..2 {
                    forces[i][axis] += w * w * delta[axis];
                    logs[i][axis] +=
                        if distance > 0.0 { delta[axis] / (distance * (distance + EPS)) } else { 0.0 };
                }
            }
        }
        (forces, total, logs, log_sum)
    }

    fn largest_error(found: &[[f64; 2]], exact: &[[f64; 2]]) -> f64 {
        let size = exact.iter().flatten().fold(f64::MIN_POSITIVE, |most, force| most.max(force.abs()));
        let errors = found.iter().flatten().zip(exact.iter().flatten());
        errors.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / size
    }

    fn check(points: &[[f64; 2]], pairs: Pairs, tol: f64) {
        let (forces, total, logs, sum) = by_loops(points);
        let found = Repulsion::of(points, pairs);
        // A point's own 1 is taken off its sum, so digits of one are lost.
        let epsilon = tol * points.len() as f64;
        approx::assert_relative_eq!(found.total, total, max_relative = tol, epsilon = epsilon);
        approx::assert_relative_eq!(log_sum(points, EPS, pairs), sum, max_relative = tol, epsilon = epsilon);
        let error = largest_error(&found.forces, &forces);
        assert!(error < tol, "{error}");
        let error = largest_error(&log_forces(points, EPS, pairs), &logs);
        assert!(error < tol, "{error}");
    }

    #[test]
    fn all_pairs_are_exact_and_cells_are_near() {
        for n in [1, 2, 16, 17, 700] {
            check(&spiral(n), Pairs::All, 1e-12);
            check(&spiral(n), Pairs::Tree { theta: 0.0 }, 3e-6);
        }
        check(&spiral(3000), Pairs::Tree { theta: 0.5 }, 1e-2);
    }

    #[test]
    fn points_on_one_place_are_no_trouble() {
        let points = vec![[2.0, -1.0]; 100];
        for pairs in TREES.map(|theta| Pairs::Tree { theta }).into_iter().chain([Pairs::All]) {
            let expected = Repulsion { forces: vec![[0.0; 2]; 100], total: 9900.0 };
            assert_eq!(Repulsion::of(&points, pairs), expected);
            assert_eq!(log_forces(&points, EPS, pairs), [[0.0; 2]; 100]);
            assert_eq!(Repulsion::of(&[], pairs).total, 0.0);
            assert_eq!(log_sum(&[], EPS, pairs), 0.0);
        }
        let mixed = [points, spiral(50)].concat();
        check(&mixed, Pairs::All, 1e-12);
        check(&mixed, Pairs::Tree { theta: 0.0 }, 3e-6);
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        let (x, y): (Vec<f32>, Vec<f32>) = spiral(64).iter().map(|[x, y]| (*x as f32, *y as f32)).unzip();
        let point = [0.3, 0.4];
        assert_eq!(repulse(point, &x, &y, &y), repulse_body(point, &x, &y, &y));
        assert_eq!(repulse_by_log(point, &x, &y, &y, 0.05), repulse_by_log_body(point, &x, &y, &y, 0.05));
    }
}
