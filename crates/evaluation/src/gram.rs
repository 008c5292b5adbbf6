use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::finite_rows::FiniteRows;

/// Rows added at one time, in their order.
const ROWS: usize = 1024;
/// Columns of a product that one task makes.
const COLUMNS: usize = 64;

/// XᵀX of the rows of `nodes`, with the same bits on any number of threads. O(nodes · d_input²); memory beyond the
/// output is O(d_input).
///
/// # Shapes
/// output `[d_input, d_input]`
pub(crate) fn gram_of_columns(rows: &FiniteRows, nodes: &[usize]) -> Mat<f64> {
    let d = rows.d_input();
    let mut gram = vec![0.0; d * d];
    let mut block = vec![0.0; ROWS.min(nodes.len()) * d];
    for nodes in nodes.chunks(ROWS) {
        let block = &mut block[..nodes.len() * d];
        rows.read_all(nodes.iter().copied(), block);
        let x = MatRef::from_row_major_slice(&*block, nodes.len(), d);
        add_product(&mut gram, x.transpose(), x);
    }
    Mat::from_fn(d, d, |row, column| gram[column * d + row])
}

/// X Yᵀ, or with the same rows twice the Gram matrix of X. O(rows · others · d_input).
///
/// # Shapes
/// x `[rows, d_input]`, y `[others, d_input]`, both row-major; output `[rows, others]`
pub(crate) fn product_of_rows(x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = vec![0.0; x.nrows() * y.nrows()];
    add_product(&mut product, x, y.transpose());
    Mat::from_fn(x.nrows(), y.nrows(), |row, column| product[column * x.nrows() + row])
}

/// C ← C + A B for a column-major C.
fn add_product(product: &mut [f64], a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    let height = a.nrows();
    if height == 0 {
        return;
    }
    product.par_chunks_mut(COLUMNS * height).enumerate().for_each(|(stripe, product)| {
        let width = product.len() / height;
        matmul(
            MatMut::from_column_major_slice_mut(product, height, width),
            Accum::Add,
            a,
            b.subcols(stripe * COLUMNS, width),
            1.0,
            Par::Seq,
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Rows;
    use ndarray::Array2;

    #[test]
    fn agrees_with_plain_sums_beyond_one_block_and_one_stripe() {
        let matrix = Array2::from_shape_fn((2500, 70), |(i, j)| ((i * 70 + j) as f32 * 0.31).sin());
        let rows = FiniteRows::check(&Rows::dense(matrix.view())).unwrap();
        let nodes: Vec<usize> = (0..2500).filter(|node| node % 3 > 0).collect();
        let gram = gram_of_columns(&rows, &nodes);
        for (i, j) in [(0, 0), (3, 69), (69, 3), (64, 1)] {
            let entry = |node: usize, column: usize| f64::from(matrix[[node, column]]);
            let sum: f64 = nodes.iter().map(|&node| entry(node, i) * entry(node, j)).sum();
            approx::assert_relative_eq!(gram[(i, j)], sum, epsilon = 1e-10);
        }
    }

    #[test]
    fn a_product_of_rows_holds_all_dots() {
        let x = Mat::from_fn(3, 2, |i, j| (i + 2 * j) as f64);
        let y = Mat::from_fn(70, 2, |i, j| i as f64 - j as f64);
        let product = product_of_rows(x.as_ref(), y.as_ref());
        assert_eq!((product.nrows(), product.ncols()), (3, 70));
        // Row 2 of x is (2, 4), row 69 of y (69, 68).
        assert_eq!(product[(2, 69)], 2.0 * 69.0 + 4.0 * 68.0);
    }
}
