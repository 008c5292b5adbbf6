use faer::{Mat, MatRef};
use ndarray::Array2;

use crate::eigen::Eigen;
use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::gram::{gram_of_columns, product_of_rows};
use crate::rows::Rows;

/// Rows projected at one time.
const BLOCK: usize = 1024;

/// The coordinates of the rows along their principal components, the directions of the largest variance about the mean,
/// largest first. O(nodes · d_input · m + m³) with m = min(nodes, d_input).
///
/// # Shapes
/// rows `[nodes, d_input]`, output `[nodes, min(num_components, m)]`
///
/// # Errors
/// A value that is not finite; eigenvalues that the iteration did not find.
pub fn principal_coordinates(rows: &Rows, num_components: usize) -> Result<Array2<f64>, Error> {
    let rows = &FiniteRows::check(rows)?;
    let (n, d) = (rows.num_rows(), rows.d_input());
    let nodes: Vec<usize> = (0..n).collect();
    let mut row = vec![0.0; d];
    let mut mean = vec![0.0; d];
    for &node in &nodes {
        rows.read(node, &mut row);
        mean.iter_mut().zip(&row).for_each(|(mean, value)| *mean += value / n as f64);
    }
    let num_components = num_components.min(n).min(d);
    let mut coordinates = Array2::zeros((n, num_components));
    if d > n {
        // The other side: the coordinates are the eigenvectors of the centered rows' Gram matrix, times √λ.
        let mut centered = vec![0.0; n * d];
        rows.read_all(nodes, &mut centered);
        center(&mut centered, &mean);
        let x = MatRef::from_row_major_slice(&centered, n, d);
        let Eigen { values, vectors } = Eigen::of(&product_of_rows(x, x))?;
        for ((node, component), place) in coordinates.indexed_iter_mut() {
            *place = vectors[(node, component)] * values[component].max(0.0).sqrt();
        }
        return Ok(coordinates);
    }
    let mut scatter = gram_of_columns(rows, &nodes);
    for column in 0..d {
        for row in 0..d {
            scatter[(row, column)] -= n as f64 * mean[row] * mean[column];
        }
    }
    let components: Mat<f64> = Eigen::of(&scatter)?.vectors.subcols(0, num_components).to_owned();
    let mut block = vec![0.0; BLOCK.min(n) * d];
    for first in (0..n).step_by(BLOCK) {
        let height = BLOCK.min(n - first);
        let block = &mut block[..height * d];
        rows.read_all(first..first + height, block);
        center(block, &mean);
        let projected =
            product_of_rows(MatRef::from_row_major_slice(&*block, height, d), components.transpose());
        for row in 0..height {
            (0..num_components).for_each(|c| coordinates[[first + row, c]] = projected[(row, c)]);
        }
    }
    Ok(coordinates)
}

fn center(rows: &mut [f64], mean: &[f64]) {
    for row in rows.chunks_exact_mut(mean.len().max(1)) {
        row.iter_mut().zip(mean).for_each(|(value, mean)| *value -= mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_stay_and_variances_fall_on_both_sides() {
        for (n, d) in [(40, 6), (6, 40)] {
            let matrix = Array2::from_shape_fn((n, d), |(i, j)| ((i * d + j) as f32 * 0.71).sin() + 3.0);
            let coordinates = principal_coordinates(&Rows::dense(matrix.view()), 100).unwrap();
            assert_eq!(coordinates.dim(), (n, 6));
            let variances: Vec<f64> = coordinates.columns().into_iter().map(|c| c.dot(&c)).collect();
            assert!(variances.is_sorted_by(|a, b| a >= b));
            for (a, b) in [(0, 1), (2, 5)] {
                let (x, y) = (matrix.row(a).mapv(f64::from), matrix.row(b).mapv(f64::from));
                let before = (&x - &y).mapv(|value| value * value).sum();
                let difference = &coordinates.row(a) - &coordinates.row(b);
                approx::assert_relative_eq!(difference.dot(&difference), before, max_relative = 1e-9);
            }
        }
    }
}
