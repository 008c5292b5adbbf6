use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::Groups;
use crate::error::Error;
use crate::samples::Samples;

/// Rows multiplied at one time.
const ROWS: usize = 256;

/// The rows along their leading principal components, about the mean for affine groups and about the origin for linear ones, scaled
/// to a mean squared length of 1. O(samples · width · m + m³), m = min(samples, width).
///
/// # Shapes
/// output `[samples, min(num_components, m)]`
pub(super) fn project(samples: &Samples, groups: Groups, num_components: usize) -> Result<Samples, Error> {
    let (n, width) = (samples.num_rows(), samples.width());
    let count = num_components.min(n).min(width);
    let mean = match groups {
        Groups::Affine => mean(samples),
        Groups::Linear => vec![0.0; width],
    };
    let mut values =
        if n < width { of_rows(samples, &mean, count)? } else { of_columns(samples, &mean, count)? };
    let mean_sq = values.iter().map(|value| value * value).sum::<f64>() / n as f64;
    // Rows that are all equal have no components: what rounding left of them is taken for zero.
    let scale = if mean_sq > 1e-20 { mean_sq.sqrt().recip() } else { 0.0 };
    values.iter_mut().for_each(|value| *value *= scale);
    Ok(Samples::new(values, count))
}

fn mean(samples: &Samples) -> Vec<f64> {
    let mut mean = vec![0.0; samples.width()];
    for row in samples.values().chunks_exact(samples.width()) {
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value);
    }
    mean.iter_mut().for_each(|mean| *mean /= samples.num_rows() as f64);
    mean
}

/// By the scatter matrix of the columns.
fn of_columns(samples: &Samples, mean: &[f64], count: usize) -> Result<Vec<f64>, Error> {
    let (n, width) = (samples.num_rows(), samples.width());
    let gram = samples.gram_of_columns();
    let scatter = Mat::from_fn(width, width, |i, j| gram[i * width + j] - n as f64 * mean[i] * mean[j]);
    let (_, vectors) =
        sparse_eigen::symmetric_eigenvectors(&scatter).ok_or(Error::NotFactorised { size: width })?;
    let axes = vectors.subcols(0, count);
    let offsets: Vec<f64> =
        (0..count).map(|axis| (0..width).map(|column| mean[column] * axes[(column, axis)]).sum()).collect();
    let mut out = vec![0.0; n * count];
    let pieces = out.par_chunks_mut(ROWS * count).zip(samples.values().par_chunks(ROWS * width));
    pieces.for_each(|(out, rows)| {
        let height = rows.len() / width;
        matmul(
            MatMut::from_row_major_slice_mut(out, height, count),
            Accum::Replace,
            MatRef::from_row_major_slice(rows, height, width),
            axes,
            1.0,
            Par::Seq,
        );
        for row in out.chunks_exact_mut(count) {
            row.iter_mut().zip(&offsets).for_each(|(value, offset)| *value -= offset);
        }
    });
    Ok(out)
}

/// By the Gram matrix of the rows: its eigenvectors times √λ are the coordinates.
fn of_rows(samples: &Samples, mean: &[f64], count: usize) -> Result<Vec<f64>, Error> {
    let n = samples.num_rows();
    let centered = samples.values().chunks_exact(samples.width());
    let centered = centered.flat_map(|row| row.iter().zip(mean).map(|(value, mean)| value - mean)).collect();
    let gram = Samples::new(centered, samples.width()).gram_of_rows();
    let gram = Mat::from_fn(n, n, |i, j| gram[i * n + j]);
    let (values, vectors) =
        sparse_eigen::symmetric_eigenvectors(&gram).ok_or(Error::NotFactorised { size: n })?;
    let coordinate = |place: usize| {
        let (row, component) = (place / count, place % count);
        vectors[(row, component)] * values[component].max(0.0).sqrt()
    };
    Ok((0..n * count).map(coordinate).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::dot;
    use ndarray::Array2;

    #[test]
    fn all_components_keep_the_products_of_the_rows_up_to_one_scale() {
        for (n, d) in [(20, 6), (6, 20)] {
            let rows = Array2::from_shape_fn((n, d), |(i, j)| ((i * d + j) as f32 * 0.9).cos());
            let samples = Samples::unit(rows.view()).unwrap();
            let found = project(&samples, Groups::Linear, usize::MAX).unwrap();
            assert_eq!((found.num_rows(), found.width()), (n, n.min(d)));
            for i in 0..n {
                for j in 0..n {
                    let (a, b) = (dot(samples.row(i), samples.row(j)), dot(found.row(i), found.row(j)));
                    assert!((a - b).abs() < 1e-9, "{n}: ({i}, {j})");
                }
            }
            let found = project(&samples, Groups::Affine, 2).unwrap();
            for column in 0..2 {
                let sum: f64 = (0..n).map(|row| found.row(row)[column]).sum();
                assert!(sum.abs() < 1e-9);
            }
        }
    }
}
