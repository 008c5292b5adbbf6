//! Gram matrices of tall matrices, on all cores, the same bits on any number of threads.

use faer::linalg::matmul::matmul_with_conj;
use faer::{Accum, Conj, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::scalar::Scalar;

/// Columns of the product that one task computes.
const COLUMNS: usize = 128;
/// Rows of a part at least.
const ROWS: usize = 512;
/// A product of at most this many entries is computed in parts, each over a range of rows.
const SMALL: usize = 1 << 18;
/// Number of these parts at most. Not the number of threads: the parts fix the order of the sum.
const PARTS: usize = 16;

/// The lower triangle of ZᴴZ; what is above the diagonal is not specified. O(rows · width² / 2).
///
/// # Shapes
/// rows `[rows, width]`, output `[width, width]`
pub(crate) fn gram<T: Scalar>(rows: MatRef<'_, T>) -> Mat<T> {
    let (n, d) = (rows.nrows(), rows.ncols());
    if d == 0 {
        return Mat::zeros(0, 0);
    }
    let num_parts = if d * d <= SMALL { n.div_ceil(ROWS).clamp(1, PARTS) } else { 1 };
    let length = n.div_ceil(num_parts);
    let mut parts = vec![T::ZERO; num_parts * d * d];
    parts.par_chunks_mut(d * d).enumerate().for_each(|(part, sum)| {
        let first = (part * length).min(n);
        let rows = rows.subrows(first, length.min(n - first));
        sum.par_chunks_mut(COLUMNS * d).enumerate().for_each(|(stripe, sum)| {
            let (first, width) = (stripe * COLUMNS, sum.len() / d);
            let sum = MatMut::from_column_major_slice_mut(sum, d, width).subrows_mut(first, d - first);
            let left = rows.subcols(first, d - first).transpose();
            let right = rows.subcols(first, width);
            let one = T::from_real(1.0);
            matmul_with_conj(sum, Accum::Replace, left, Conj::Yes, right, Conj::No, one, Par::Seq);
        });
    });
    let (total, others) = parts.split_at_mut(d * d);
    for other in others.chunks_exact(d * d) {
        total.iter_mut().zip(other).for_each(|(total, other)| *total = total.plus_scaled(1.0, *other));
    }
    MatRef::from_column_major_slice(total, d, d).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use faer::c64;

    fn rows(n: usize, d: usize) -> Mat<c64> {
        Mat::from_fn(n, d, |i, j| {
            c64::new(((i * d + j) as f64 * 0.7).sin(), ((i + 3 * j) as f64 * 0.3).cos())
        })
    }

    #[test]
    fn entries_are_the_sums_on_both_sides_of_a_stripe_and_in_many_parts() {
        for (n, d) in [(1, 1), (1300, 5), (40, 300), (20, 600)] {
            let rows = rows(n, d);
            let gram = gram(rows.as_ref());
            for (i, j) in [(0, 0), (d - 1, 0), (d - 1, d / 2), (d - 1, d - 1)] {
                let sum: c64 = (0..n).map(|k| rows[(k, i)].conj() * rows[(k, j)]).sum();
                assert!((gram[(i, j)] - sum).norm() < 1e-10, "{n} × {d}, entry ({i}, {j})");
            }
        }
    }

    #[test]
    fn one_thread_and_three_give_the_same_bits() {
        let rows = rows(3000, 140);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| gram(rows.as_ref()))
        };
        assert_eq!(on(1), on(3));
    }
}
