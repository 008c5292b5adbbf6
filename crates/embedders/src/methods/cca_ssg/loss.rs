//! The loss of CCA-SSG.

use burn::tensor::Tensor;
use rayon::prelude::*;
use row_kernels::multiversion;

use crate::pair_loss::{PairGradients, PairLoss, pair_loss};
use crate::products::{add_product, gram_of_columns};

/// Rows that one task takes, and that a partial sum is over.
const ROWS_PER_TASK: usize = 128;

/// Loss of CCA-SSG of two embeddings of the same n nodes: −tr(Z₁ᵀZ₂ / n) + λ (‖Z₁ᵀZ₁ / n − I‖² + ‖Z₂ᵀZ₂ / n − I‖²).
///
/// Z₁ and Z₂ are the embeddings with each column standardised: its mean taken off and divided by its standard deviation, with
/// n − 1 below the root, as torch has it. Lower is better; two embeddings that are alike, with uncorrelated columns, have
/// −d (n − 1) / n + 2 λ d / n². Zhang et al. 2021, arXiv 2106.12484, eq. 4, as the authors' code scales it: their ‖Z₁ − Z₂‖² / n is,
/// for standardised columns, −2 tr(Z₁ᵀZ₂ / n) and a constant, and λ is the weight beside half of it.
///
/// A column that is the same for all nodes has no scale; it counts as zero (the authors' code gives NaN). O(n d²).
///
/// # Shapes
/// Both embeddings are `[n, d]`, the loss `[1]`.
///
/// # Panics
/// If their shapes differ, or there are fewer than two nodes.
pub(super) fn cca_loss(first: Tensor<2>, second: Tensor<2>, decorrelation: f64) -> Tensor<1> {
    let [nodes, _] = first.dims();
    assert!(nodes > 1, "cca_loss: {nodes} nodes have no deviation");
    pair_loss(first, second, CcaLoss { decorrelation })
}

#[derive(Debug)]
struct CcaLoss {
    decorrelation: f64,
}

impl PairLoss for CcaLoss {
    fn evaluate(&self, first: &[f32], second: &[f32], dims: [usize; 2]) -> PairGradients {
        let [nodes, width] = dims;
        let per_node = 1.0 / nodes as f32;
        let [first, second] = [first, second].map(|rows| Standardized::of(rows, dims));

        let dots: Vec<f64> = first
            .rows
            .par_chunks(ROWS_PER_TASK * width)
            .zip(second.rows.par_chunks(ROWS_PER_TASK * width))
            .map(|(a, b)| f64::from(row_kernels::dot(a, b)))
            .collect();
        let mut value = -dots.iter().sum::<f64>() / nodes as f64;
        let gradients = [(&first, &second), (&second, &first)].map(|(own, other)| {
            let mut excess = gram_of_columns(&own.rows, dims, per_node);
            excess.iter_mut().step_by(width + 1).for_each(|entry| *entry -= 1.0);
            value += self.decorrelation * excess.iter().map(|entry| f64::from(*entry).powi(2)).sum::<f64>();
            let mut gradient: Vec<f32> = other.rows.iter().map(|z| -per_node * z).collect();
            add_product(&mut gradient, &own.rows, &excess, width, 4.0 * self.decorrelation as f32 * per_node);
            own.through_standardization(&mut gradient);
            gradient
        });
        let [first, second] = gradients;
        PairGradients { value, first, second }
    }
}

/// A matrix with standardised columns, and what each was divided by.
struct Standardized {
    rows: Vec<f32>,
    /// 1 / standard deviation; 0 for a column without any.
    inverse: Vec<f32>,
}

impl Standardized {
    fn of(rows: &[f32], [nodes, width]: [usize; 2]) -> Self {
        let part = ROWS_PER_TASK * width;
        let sums = |add: &(dyn Fn(&mut [f32], &[f32]) + Sync)| -> Vec<f64> {
            let sums: Vec<Vec<f32>> = rows
                .par_chunks(part)
                .map(|rows| {
                    let mut sums = vec![0.0; width];
                    add(&mut sums, rows);
                    sums
                })
                .collect();
            total(&sums, width)
        };
        let mean: Vec<f32> = sums(&|sums, rows| add_rows(sums, rows))
            .into_iter()
            .map(|sum| (sum / nodes as f64) as f32)
            .collect();
        let inverse: Vec<f32> = sums(&|sums, rows| add_squares(sums, rows, &mean))
            .into_iter()
            .map(|sum| if sum > 0.0 { (1.0 / (sum / (nodes - 1) as f64).sqrt()) as f32 } else { 0.0 })
            .collect();
        let mut standardized = rows.to_vec();
        standardized.par_chunks_mut(part).for_each(|rows| standardize(rows, &mean, &inverse));
        Self { rows: standardized, inverse }
    }

    /// Takes a gradient back through (h − mean) / deviation, in place.
    fn through_standardization(&self, gradient: &mut [f32]) {
        let width = self.inverse.len();
        let (nodes, part) = (self.rows.len() / width, ROWS_PER_TASK * width);
        let sums: Vec<[Vec<f32>; 2]> = gradient
            .par_chunks(part)
            .zip(self.rows.par_chunks(part))
            .map(|(grads, rows)| {
                let mut sums = [vec![0.0; width], vec![0.0; width]];
                let [own, along] = &mut sums;
                add_rows(own, grads);
                add_products(along, grads, rows);
                sums
            })
            .collect();
        let mean = |place: usize, count: usize| -> Vec<f32> {
            let sums: Vec<&Vec<f32>> = sums.iter().map(|sums| &sums[place]).collect();
            total(&sums, width).into_iter().map(|sum| (sum / count as f64) as f32).collect()
        };
        let (own, along) = (mean(0, nodes), mean(1, nodes - 1));
        gradient
            .par_chunks_mut(part)
            .zip(self.rows.par_chunks(part))
            .for_each(|(grads, rows)| center(grads, rows, &own, &along, &self.inverse));
    }
}

/// The sum of partial sums, in their order.
fn total(parts: &[impl AsRef<[f32]>], width: usize) -> Vec<f64> {
    let mut total = vec![0.0f64; width];
    for part in parts {
        total.iter_mut().zip(part.as_ref()).for_each(|(total, part)| *total += f64::from(*part));
    }
    total
}

multiversion! {
    /// Adds rows to a sum, row after row.
    fn add_rows(sums: &mut [f32], rows: &[f32]) = add_rows_body
}

multiversion! {
    /// Adds the squared distances of rows from one row.
    fn add_squares(sums: &mut [f32], rows: &[f32], mean: &[f32]) = add_squares_body
}

multiversion! {
    /// Adds the products of rows, entry by entry.
    fn add_products(sums: &mut [f32], a: &[f32], b: &[f32]) = add_products_body
}

multiversion! {
    /// Takes the mean off each row and scales its entries.
    fn standardize(rows: &mut [f32], mean: &[f32], inverse: &[f32]) = standardize_body
}

multiversion! {
    /// Replaces each gradient g at z by (g − own − z along) inverse.
    fn center(grads: &mut [f32], rows: &[f32], own: &[f32], along: &[f32], inverse: &[f32]) = center_body
}

#[inline(always)]
fn add_rows_body(sums: &mut [f32], rows: &[f32]) {
    for row in rows.chunks_exact(sums.len()) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
}

#[inline(always)]
fn add_squares_body(sums: &mut [f32], rows: &[f32], mean: &[f32]) {
    let width = sums.len();
    for row in rows.chunks_exact(width) {
        for c in 0..width {
            let centered = row[c] - mean[c];
            sums[c] = centered.mul_add(centered, sums[c]);
        }
    }
}

#[inline(always)]
fn add_products_body(sums: &mut [f32], a: &[f32], b: &[f32]) {
    let width = sums.len();
    for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
        for c in 0..width {
            sums[c] = a[c].mul_add(b[c], sums[c]);
        }
    }
}

#[inline(always)]
fn standardize_body(rows: &mut [f32], mean: &[f32], inverse: &[f32]) {
    let width = mean.len();
    for row in rows.chunks_exact_mut(width) {
        for c in 0..width {
            row[c] = (row[c] - mean[c]) * inverse[c];
        }
    }
}

#[inline(always)]
fn center_body(grads: &mut [f32], rows: &[f32], own: &[f32], along: &[f32], inverse: &[f32]) {
    let width = own.len();
    for (grad, z) in grads.chunks_exact_mut(width).zip(rows.chunks_exact(width)) {
        for c in 0..width {
            grad[c] = (grad[c] - own[c] - z[c] * along[c]) * inverse[c];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use testkit::operators::{Input, assert_operator};

    fn reference(h: [&[f64]; 2], width: usize, decorrelation: f64) -> f64 {
        let nodes = h[0].len() / width;
        let z = h.map(|h| {
            let mut z = h.to_vec();
            for c in 0..width {
                let column: Vec<f64> = h.iter().skip(c).step_by(width).copied().collect();
                let mean = column.iter().sum::<f64>() / nodes as f64;
                let variance = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (nodes - 1) as f64;
                z.iter_mut().skip(c).step_by(width).for_each(|z| *z = (*z - mean) / variance.sqrt());
            }
            z
        });
        let product = |a: &[f64], b: &[f64], i: usize, j: usize| -> f64 {
            (0..nodes).map(|node| a[node * width + i] * b[node * width + j]).sum::<f64>() / nodes as f64
        };
        let invariance: f64 = (0..width).map(|c| product(&z[0], &z[1], c, c)).sum();
        let excess: f64 = z
            .iter()
            .flat_map(|z| (0..width * width).map(move |entry| (z, entry / width, entry % width)))
            .map(|(z, i, j)| (product(z, z, i, j) - f64::from(i == j)).powi(2))
            .sum();
        -invariance + decorrelation * excess
    }

    #[test]
    fn the_value_and_both_gradients_agree_with_f64_loops() {
        // Once with fewer nodes than a task takes, once with more.
        for (nodes, width) in [(6, 3), (140, 4)] {
            assert_operator(
                &format!("loss of CCA-SSG, {nodes} nodes, width {width}"),
                &Device::flex(),
                &[Input::wavy([nodes, width], 0.1), Input::wavy([nodes, width], 0.7)],
                |inputs| cca_loss(inputs[0].clone(), inputs[1].clone(), 0.25).reshape([1, 1]),
                |inputs| vec![reference([&inputs[0], &inputs[1]], width, 0.25)],
            );
        }
    }

    #[test]
    fn embeddings_that_are_alike_with_uncorrelated_columns_have_the_closed_form() {
        // (1, 1), (1, −1), (−1, 1), (−1, −1) have columns of mean 0 that are orthogonal to each other.
        let device = Device::flex();
        let h = Tensor::<2>::from_floats([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], &device);
        for scale in [1.0, 30.0] {
            let found = cca_loss(h.clone() * scale, h.clone() + 5.0, 0.5).into_scalar::<f32>();
            let expected = -2.0 * 3.0 / 4.0 + 0.5 * 2.0 * 2.0 / 16.0;
            assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
        }
        let apart = cca_loss(h.clone(), -h, 0.0).into_scalar::<f32>();
        assert!((apart - 1.5).abs() < 1e-6, "{apart}");
    }

    #[test]
    fn a_column_without_deviation_counts_as_zero() {
        let device = Device::flex().autodiff();
        let h = Tensor::<2>::from_floats([[1.0, 2.0], [-1.0, 2.0]], &device).require_grad();
        let loss = cca_loss(h.clone(), h.clone(), 1.0);
        let gradients = loss.backward();
        // Columns (½, 0): −½ and twice ((½ − 1)² + (0 − 1)²).
        assert!((loss.into_scalar::<f32>() - 2.0).abs() < 1e-6);
        assert!(h.grad(&gradients).unwrap().into_data().iter::<f32>().all(|g| g.is_finite()));
    }

    #[test]
    #[should_panic(expected = "cca_loss: 1 nodes have no deviation")]
    fn refuses_a_single_node() {
        let device = Device::flex();
        cca_loss(Tensor::zeros([1, 2], &device), Tensor::zeros([1, 2], &device), 1.0);
    }
}
