//! Dense products on the host, cut into tiles that do not depend on the number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Side of a tile of a Gram matrix.
const TILE: usize = 128;
/// Rows that one task multiplies.
const ROWS_PER_TASK: usize = 256;

/// Gram matrix `scale · XᵀX` of the columns of a row-major matrix `[rows, width]`, row-major and whole. O(rows · width² / 2).
pub(crate) fn gram_of_columns(x: &[f32], [rows, width]: [usize; 2], scale: f32) -> Vec<f32> {
    let x = MatRef::from_row_major_slice(x, rows, width);
    let starts = || (0..width).step_by(TILE);
    let lower: Vec<(usize, usize)> = starts()
        .flat_map(|row| starts().filter(move |column| *column <= row).map(move |column| (row, column)))
        .collect();
    let size = |start: usize| TILE.min(width - start);
    let tiles: Vec<Vec<f32>> = lower
        .par_iter()
        .map(|&(row, column)| {
            let mut tile = vec![0.0f32; size(row) * size(column)];
            matmul(
                MatMut::from_row_major_slice_mut(&mut tile, size(row), size(column)),
                Accum::Replace,
                x.subcols(row, size(row)).transpose(),
                x.subcols(column, size(column)),
                scale,
                Par::Seq,
            );
            tile
        })
        .collect();
    let mut gram = vec![0.0f32; width * width];
    for ((row, column), tile) in lower.into_iter().zip(tiles) {
        for (i, entries) in tile.chunks_exact(size(column)).enumerate() {
            for (j, entry) in entries.iter().enumerate() {
                gram[(row + i) * width + column + j] = *entry;
                gram[(column + j) * width + row + i] = *entry;
            }
        }
    }
    gram
}

/// Adds the product `scale · X M` to a matrix, all row-major: X and the output are `[rows, width]`, M is `[width, width]`.
pub(crate) fn add_product(output: &mut [f32], x: &[f32], matrix: &[f32], width: usize, scale: f32) {
    let matrix = MatRef::from_row_major_slice(matrix, width, width);
    let part = ROWS_PER_TASK * width;
    output.par_chunks_mut(part).zip(x.par_chunks(part)).for_each(|(output, x)| {
        let rows = output.len() / width;
        matmul(
            MatMut::from_row_major_slice_mut(output, rows, width),
            Accum::Add,
            MatRef::from_row_major_slice(x, rows, width),
            matrix,
            scale,
            Par::Seq,
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::numbers::wavy;

    #[test]
    fn a_gram_matrix_of_several_tiles_agrees_with_f64_loops() {
        let (rows, width) = (40, 300);
        let x = wavy(rows * width, 0.1);
        let gram = gram_of_columns(&x, [rows, width], 0.5);
        for i in (0..width).step_by(7) {
            for j in (0..width).step_by(5) {
                let dot: f64 = x.chunks(width).map(|row| f64::from(row[i]) * f64::from(row[j])).sum();
                assert!((f64::from(gram[i * width + j]) - 0.5 * dot).abs() < 1e-5, "entry ({i}, {j})");
            }
        }
    }

    #[test]
    fn products_are_added_to_rows_beyond_one_task_too() {
        let (rows, width) = (600, 3);
        let (x, matrix) = (wavy(rows * width, 0.2), wavy(width * width, 0.6));
        let mut output = vec![1.0f32; rows * width];
        add_product(&mut output, &x, &matrix, width, 2.0);
        for row in [0, 255, 256, 599] {
            for c in 0..width {
                let product: f32 = (0..width).map(|i| x[row * width + i] * matrix[i * width + c]).sum();
                assert!((output[row * width + c] - 1.0 - 2.0 * product).abs() < 1e-5, "row {row}");
            }
        }
    }
}
