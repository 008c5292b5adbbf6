//! Dense products on the host, cut into tiles that do not depend on the number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Side of a tile of a Gram matrix.
const TILE: usize = 128;
/// Rows that one task multiplies.
const ROWS_PER_TASK: usize = 256;

/// Identity plus Gram matrix, `I + scale · X Xᵀ`, of which only the lower triangle is filled. O(rows² · columns / 2).
pub(crate) fn identity_plus_gram(x: MatRef<'_, f32>, scale: f64) -> Mat<f64> {
    let size = x.nrows();
    let starts: Vec<usize> = (0..size).step_by(TILE).collect();
    let lower: Vec<(usize, usize)> = starts
        .iter()
        .flat_map(|row| starts.iter().map(move |column| (*row, *column)))
        .filter(|(r, c)| r >= c)
        .collect();
    let rows_from = |start: usize| x.subrows(start, TILE.min(size - start));
    let tiles: Vec<Mat<f32>> = lower
        .par_iter()
        .map(|(row, column)| product(rows_from(*row), rows_from(*column).transpose()))
        .collect();

    let mut gram = Mat::zeros(size, size);
    for ((row, column), tile) in lower.iter().zip(&tiles) {
        for j in 0..tile.ncols() {
            for i in 0..tile.nrows() {
                gram[(row + i, column + j)] = scale * f64::from(tile[(i, j)]);
            }
        }
    }
    for i in 0..size {
        gram[(i, i)] += 1.0;
    }
    gram
}

/// Product `output = X · M` with X and the output row-major.
pub(crate) fn multiply_rows(output: &mut [f32], x: &[f32], matrix: MatRef<'_, f32>) {
    let (inner, width) = (matrix.nrows(), matrix.ncols());
    output.par_chunks_mut(ROWS_PER_TASK * width).zip(x.par_chunks(ROWS_PER_TASK * inner)).for_each(
        |(output, x)| {
            let rows = output.len() / width;
            matmul(
                MatMut::from_row_major_slice_mut(output, rows, width),
                Accum::Replace,
                MatRef::from_row_major_slice(x, rows, inner),
                matrix,
                1.0,
                Par::Seq,
            );
        },
    );
}

fn product(a: MatRef<'_, f32>, b: MatRef<'_, f32>) -> Mat<f32> {
    let mut output = Mat::zeros(a.nrows(), b.ncols());
    matmul(output.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
    output
}

/// A matrix in single precision, times a factor.
pub(crate) fn scaled_to_f32(matrix: &Mat<f64>, factor: f64) -> Mat<f32> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| (factor * matrix[(i, j)]) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::numbers::wavy;

    #[test]
    fn a_gram_matrix_of_several_tiles_agrees_with_f64_loops() {
        let (rows, columns) = (300, 40);
        let values = wavy(rows * columns, 0.1);
        let gram = identity_plus_gram(MatRef::from_row_major_slice(&values, rows, columns), 0.5);
        for i in (0..rows).step_by(7) {
            for j in (0..=i).step_by(5) {
                let dot: f64 = (0..columns)
                    .map(|c| f64::from(values[i * columns + c]) * f64::from(values[j * columns + c]))
                    .sum();
                let expected = 0.5 * dot + if i == j { 1.0 } else { 0.0 };
                assert!((gram[(i, j)] - expected).abs() < 1e-5, "entry ({i}, {j})");
            }
        }
    }

    #[test]
    fn rows_beyond_one_task_are_multiplied_too() {
        let (rows, inner, width) = (600, 5, 3);
        let x = wavy(rows * inner, 0.2);
        let matrix = Mat::from_fn(inner, width, |i, j| (i * width + j) as f32);
        let mut output = vec![f32::NAN; rows * width];
        multiply_rows(&mut output, &x, matrix.as_ref());
        for row in [0, 255, 256, 599] {
            for c in 0..width {
                let expected: f32 = (0..inner).map(|i| x[row * inner + i] * matrix[(i, c)]).sum();
                assert!((output[row * width + c] - expected).abs() < 1e-4, "row {row}");
            }
        }
    }
}
