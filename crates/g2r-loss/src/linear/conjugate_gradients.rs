//! Conjugate gradients for several right-hand sides at once.

use ndarray::Array2;
use rayon::prelude::*;

use super::blocks::column_dots;
use super::operators::Metric;

/// Steps after which the solution is good enough, whatever is left: `f32` gains no more.
const MAX_STEPS: usize = 60;

/// An approximate solution Y of M Y = B by conjugate gradients from zero, with the diagonal of M as preconditioner; each column has step lengths of its own. It ends once the
/// energy of every column's residual, rᵀ diag(M)⁻¹ r, is at most the share `energy_left` of what it was.
///
/// O(steps · products with M).
///
/// # Shapes
/// b `[features, width]`
pub(crate) fn solve(metric: &Metric, b: Array2<f32>, energy_left: f64) -> Array2<f32> {
    let mut residual = b;
    let mut y = Array2::zeros(residual.dim());
    let mut scaled = divided(&residual, &metric.diagonal);
    let mut direction = scaled.clone();
    let mut energy = column_dots(&residual, &scaled);
    let limits: Vec<f64> = energy.iter().map(|energy| energy_left * energy).collect();
    for _ in 0..MAX_STEPS {
        let image = metric.apply(direction.view());
        let curvature = column_dots(&direction, &image);
        let lengths: Vec<f32> = energy.iter().zip(&curvature).map(|(a, b)| ratio(*a, *b)).collect();
        add_scaled(&mut y, &lengths, &direction, 1.0);
        add_scaled(&mut residual, &lengths, &image, -1.0);
        scaled = divided(&residual, &metric.diagonal);
        let before = std::mem::replace(&mut energy, column_dots(&residual, &scaled));
        if energy.iter().zip(&limits).all(|(energy, limit)| energy <= limit) {
            break;
        }
        let factors: Vec<f32> = energy.iter().zip(&before).map(|(a, b)| ratio(*a, *b)).collect();
        add_onto(&mut direction, &factors, &scaled);
    }
    y
}

/// a / b, and 0 for a column that is solved: there both are 0.
fn ratio(a: f64, b: f64) -> f32 {
    if b > 0.0 { (a / b) as f32 } else { 0.0 }
}

/// Rows divided by the diagonal.
fn divided(block: &Array2<f32>, diagonal: &[f32]) -> Array2<f32> {
    let mut out = block.clone();
    let width = block.ncols().max(1);
    let values = out.as_slice_mut().expect("a block is row-major");
    values.par_chunks_mut(width).zip(diagonal).with_min_len(256).for_each(|(row, entry)| {
        let inverse = 1.0 / entry;
        row.iter_mut().for_each(|value| *value *= inverse);
    });
    out
}

/// target += sign · source · diag(factors).
fn add_scaled(target: &mut Array2<f32>, factors: &[f32], source: &Array2<f32>, sign: f32) {
    by_rows(target, source, factors.len(), |target, source| {
        for ((target, source), factor) in target.iter_mut().zip(source).zip(factors) {
            *target = (sign * factor).mul_add(*source, *target);
        }
    });
}

/// target = target · diag(factors) + source.
fn add_onto(target: &mut Array2<f32>, factors: &[f32], source: &Array2<f32>) {
    by_rows(target, source, factors.len(), |target, source| {
        for ((target, source), factor) in target.iter_mut().zip(source).zip(factors) {
            *target = factor.mul_add(*target, *source);
        }
    });
}

fn by_rows(
    target: &mut Array2<f32>,
    source: &Array2<f32>,
    width: usize,
    each: impl Fn(&mut [f32], &[f32]) + Sync,
) {
    let source = source.as_slice().expect("a block is row-major");
    let target = target.as_slice_mut().expect("a block is row-major");
    let width = width.max(1);
    target
        .par_chunks_mut(width)
        .zip(source.par_chunks(width))
        .with_min_len(256)
        .for_each(|(target, source)| each(target, source));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::{DenseFeatures, Pairs};
    use ndarray::Array2;

    #[test]
    fn what_is_left_of_the_system_is_as_small_as_was_wanted() {
        let x = Array2::from_shape_vec((20, 6), testkit::numbers::wavy(120, 0.3)).unwrap();
        let features = DenseFeatures::from_array(x.view()).unwrap();
        let pairs = Pairs::all(20);
        let diagonal = pairs.scatter_diagonal(&features).iter().map(|entry| (entry + 0.5) as f32).collect();
        let metric = Metric { x: &features, pairs: &pairs, ridge: 0.5, diagonal };
        let mut b = Array2::from_shape_vec((6, 3), testkit::numbers::wavy(18, 0.8)).unwrap();
        b.column_mut(1).fill(0.0);
        for energy_left in [1e-1, 1e-4, 1e-9] {
            let y = solve(&metric, b.clone(), energy_left);
            let left = &b - &metric.apply(y.view());
            for column in [0, 2] {
                let energy = |block: &Array2<f32>| {
                    block
                        .column(column)
                        .iter()
                        .zip(&metric.diagonal)
                        .map(|(r, m)| f64::from(r * r / m))
                        .sum::<f64>()
                };
                assert!(energy(&left) <= 1.01 * energy_left * energy(&b), "column {column}: {left}");
            }
            assert!(y.column(1).iter().all(|entry| *entry == 0.0));
        }
    }
}
