//! Products of tall matrices: `f32` in memory, `f64` in the sums, the same bits on any number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

/// Rows that one product reads at a time.
const ROWS: usize = 256;
/// Columns of Aᵀ B that one task computes.
const COLUMNS: usize = 128;
/// Aᵀ B of at most this many entries is computed in parts, each over a range of rows.
const SMALL: usize = 1 << 18;
/// Number of these parts. Not the number of threads: the parts fix the order of the sum.
const PARTS: usize = 16;

/// Numbers that one task changes where each is changed for itself.
const NUMBERS: usize = 1 << 14;

/// Aᵀ B. O(rows · p · q).
///
/// # Shapes
/// a `[rows, p]`, b `[rows, q]`, output `[p, q]`
pub(crate) fn transposed_product(a: ArrayView2<f32>, b: ArrayView2<f32>) -> Mat<f64> {
    assert_eq!(a.nrows(), b.nrows(), "transposed product: {} and {} rows", a.nrows(), b.nrows());
    sum_of_parts(a, b, Triangle::Whole)
}

/// AᵀA, of which the lower triangle is computed and mirrored. O(rows · p² / 2).
///
/// # Shapes
/// a `[rows, p]`, output `[p, p]`
pub(crate) fn gram(a: ArrayView2<f32>) -> Mat<f64> {
    let mut gram = sum_of_parts(a, a, Triangle::Lower);
    mirror(&mut gram);
    gram
}

/// Copies the lower triangle of a matrix over its upper one.
pub(crate) fn mirror(matrix: &mut Mat<f64>) {
    for column in 1..matrix.ncols() {
        for row in 0..column {
            matrix[(row, column)] = matrix[(column, row)];
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Triangle {
    Whole,
    Lower,
}

fn sum_of_parts(a: ArrayView2<f32>, b: ArrayView2<f32>, triangle: Triangle) -> Mat<f64> {
    let (n, p, q) = (a.nrows(), a.ncols(), b.ncols());
    if p == 0 || q == 0 {
        return Mat::zeros(p, q);
    }
    let (a, b) = (slice(a), slice(b));
    let num_parts = if p * q <= SMALL { n.div_ceil(ROWS).clamp(1, PARTS) } else { 1 };
    let rows_of_part = n.div_ceil(num_parts).next_multiple_of(ROWS);
    let mut parts = vec![0.0; num_parts * p * q];
    parts.par_chunks_mut(p * q).enumerate().for_each(|(part, sum)| {
        let (begin, end) = ((part * rows_of_part).min(n), ((part + 1) * rows_of_part).min(n));
        sum.par_chunks_mut(COLUMNS * p).enumerate().for_each(|(stripe, sum)| {
            let (first, width) = (stripe * COLUMNS, sum.len() / p);
            let skipped = if triangle == Triangle::Lower { first } else { 0 };
            let mut sum =
                MatMut::from_column_major_slice_mut(sum, p, width).subrows_mut(skipped, p - skipped);
            let (mut left, mut right) = (vec![0.0; ROWS * (p - skipped)], vec![0.0; ROWS * width]);
            for begin in (begin..end).step_by(ROWS) {
                let rows = ROWS.min(end - begin);
                let left = widened(&mut left, &a[begin * p..], p, skipped..p, rows);
                let right = widened(&mut right, &b[begin * q..], q, first..first + width, rows);
                matmul(sum.as_mut(), Accum::Add, left.transpose(), right, 1.0, Par::Seq);
            }
        });
    });
    let (total, others) = parts.split_at_mut(p * q);
    for other in others.chunks_exact(p * q) {
        for (total, other) in total.iter_mut().zip(other) {
            *total += other;
        }
    }
    MatRef::from_column_major_slice(total, p, q).to_owned()
}

/// A W. O(rows · k · q).
///
/// # Shapes
/// a `[rows, k]`, w `[k, q]`, output `[rows, q]`
pub(crate) fn product(a: ArrayView2<f32>, w: MatRef<f64>) -> Array2<f32> {
    let mut out = Array2::zeros((a.nrows(), w.ncols()));
    add_product(&mut out, a, w, 1.0);
    out
}

/// Adds `factor` · A W. O(rows · k · q).
///
/// # Shapes
/// out `[rows, q]`, a `[rows, k]`, w `[k, q]`
pub(crate) fn add_product(out: &mut Array2<f32>, a: ArrayView2<f32>, w: MatRef<f64>, factor: f64) {
    let (k, q) = (a.ncols(), w.ncols());
    assert_eq!(k, w.nrows(), "product: {k} columns and {} rows", w.nrows());
    assert_eq!(out.dim(), (a.nrows(), q), "product: the output has another shape");
    if k == 0 || q == 0 {
        return;
    }
    let a = slice(a);
    let out = out.as_slice_mut().expect("a block is row-major");
    out.par_chunks_mut(ROWS * q).zip(a.par_chunks(ROWS * k)).for_each(|(out, a)| {
        let rows = out.len() / q;
        let (mut left, mut sums) = (vec![0.0; rows * k], vec![0.0; rows * q]);
        let left = widened(&mut left, a, k, 0..k, rows);
        let target = MatMut::from_row_major_slice_mut(&mut sums, rows, q);
        matmul(target, Accum::Replace, left, w, factor, Par::Seq);
        for (out, sum) in out.iter_mut().zip(&sums) {
            *out += *sum as f32;
        }
    });
}

/// Dot products of the columns of two matrices of one shape. O(rows · columns).
pub(crate) fn column_dots(a: &Array2<f32>, b: &Array2<f32>) -> Vec<f64> {
    assert_eq!(a.dim(), b.dim(), "column dots: matrices of different shapes");
    sums_over_rows(
        a.ncols(),
        slice(a.view()).par_chunks(ROWS * a.ncols().max(1)).enumerate(),
        |sums, (chunk, a)| {
            let b = &slice(b.view())[chunk * ROWS * sums.len()..][..a.len()];
            for (a, b) in a.chunks_exact(sums.len()).zip(b.chunks_exact(sums.len())) {
                for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                    *sum += f64::from(*a) * f64::from(*b);
                }
            }
        },
    )
}

/// Means of the columns. O(rows · columns).
pub(crate) fn column_means(a: ArrayView2<f32>) -> Vec<f64> {
    let mut sums = sums_over_rows(a.ncols(), slice(a).par_chunks(ROWS * a.ncols().max(1)), |sums, a| {
        for row in a.chunks_exact(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += f64::from(*value);
            }
        }
    });
    sums.iter_mut().for_each(|sum| *sum /= a.nrows().max(1) as f64);
    sums
}

/// Subtracts a row from every row.
pub(crate) fn subtract_row(block: &mut Array2<f32>, row: &[f64]) {
    assert_eq!(block.ncols(), row.len(), "subtract row: {} columns and {} numbers", block.ncols(), row.len());
    if row.is_empty() {
        return;
    }
    let values = block.as_slice_mut().expect("a block is row-major");
    values.par_chunks_mut(ROWS * row.len()).for_each(|rows| {
        for values in rows.chunks_exact_mut(row.len()) {
            for (value, shift) in values.iter_mut().zip(row) {
                *value -= *shift as f32;
            }
        }
    });
}

/// Multiplies every number by a factor.
pub(crate) fn scale(block: &mut Array2<f32>, factor: f32) {
    let values = block.as_slice_mut().expect("a block is row-major");
    values.par_chunks_mut(NUMBERS).for_each(|values| values.iter_mut().for_each(|value| *value *= factor));
}

/// Adds `factor` times another block.
pub(crate) fn add_scaled(block: &mut Array2<f32>, factor: f32, other: ArrayView2<f32>) {
    assert_eq!(block.dim(), other.dim(), "sum of blocks: two shapes");
    let values = block.as_slice_mut().expect("a block is row-major");
    values.par_chunks_mut(NUMBERS).zip(slice(other).par_chunks(NUMBERS)).for_each(|(values, others)| {
        for (value, other) in values.iter_mut().zip(others) {
            *value = factor.mul_add(*other, *value);
        }
    });
}

/// Adds up what `add` finds in each chunk of rows; the chunks' sums are added in their order.
fn sums_over_rows<T: Send>(
    width: usize,
    chunks: impl IndexedParallelIterator<Item = T>,
    add: impl Fn(&mut [f64], T) + Sync,
) -> Vec<f64> {
    let mut total = vec![0.0; width];
    if width == 0 {
        return total;
    }
    let parts: Vec<Vec<f64>> = chunks
        .map(|chunk| {
            let mut sums = vec![0.0; width];
            add(&mut sums, chunk);
            sums
        })
        .collect();
    for part in parts {
        total.iter_mut().zip(part).for_each(|(total, part)| *total += part);
    }
    total
}

/// Some columns of the first rows of a row-major matrix, in `f64`.
fn widened<'a>(
    buffer: &'a mut [f64],
    source: &[f32],
    source_width: usize,
    columns: std::ops::Range<usize>,
    rows: usize,
) -> MatRef<'a, f64> {
    let width = columns.len();
    let buffer = &mut buffer[..rows * width];
    for (target, row) in buffer.chunks_exact_mut(width).zip(source.chunks_exact(source_width)) {
        for (target, value) in target.iter_mut().zip(&row[columns.clone()]) {
            *target = f64::from(*value);
        }
    }
    MatRef::from_row_major_slice(buffer, rows, width)
}

fn slice(block: ArrayView2<'_, f32>) -> &[f32] {
    block.to_slice().expect("a block is row-major")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(rows: usize, columns: usize, phase: f64) -> Array2<f32> {
        Array2::from_shape_vec((rows, columns), testkit::numbers::wavy(rows * columns, phase)).unwrap()
    }

    fn dot(a: &Array2<f32>, i: usize, b: &Array2<f32>, j: usize) -> f64 {
        a.column(i).iter().zip(b.column(j)).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    #[test]
    fn transposed_products_agree_with_plain_sums_below_and_above_the_size_of_parts() {
        for (rows, p, q) in [(5000, 3, 130), (300, 600, 500), (1, 2, 2), (0, 2, 3)] {
            let (a, b) = (block(rows, p, 0.1), block(rows, q, 0.2));
            let found = transposed_product(a.view(), b.view());
            for (i, j) in [(0, 0), (p - 1, q - 1), (p / 2, q / 3)] {
                assert!((found[(i, j)] - dot(&a, i, &b, j)).abs() < 1e-10, "{rows} {p} {q}");
            }
        }
    }

    #[test]
    fn the_gram_matrix_is_whole_and_symmetric() {
        for (rows, p) in [(700, 300), (200, 700)] {
            let a = block(rows, p, 0.4);
            let found = gram(a.view());
            for (i, j) in [(0, 0), (p - 1, 0), (130, 129), (5, p - 2)] {
                assert!((found[(i, j)] - dot(&a, i, &a, j)).abs() < 1e-10);
                assert_eq!(found[(i, j)], found[(j, i)]);
            }
        }
    }

    #[test]
    fn products_agree_with_plain_sums() {
        let (a, w) = (block(600, 7, 0.3), Mat::from_fn(7, 5, |i, j| (i as f64 - 2.0 * j as f64) / 7.0));
        let found = product(a.view(), w.as_ref());
        for (i, j) in [(0, 0), (599, 4), (256, 2)] {
            let expected: f64 = (0..7).map(|k| f64::from(a[[i, k]]) * w[(k, j)]).sum();
            assert!((f64::from(found[[i, j]]) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn a_matrix_less_its_means_has_means_of_zero() {
        let mut a = block(1000, 3, 0.9);
        let means = column_means(a.view());
        assert!((means[1] - a.column(1).iter().map(|v| f64::from(*v)).sum::<f64>() / 1000.0).abs() < 1e-12);
        subtract_row(&mut a, &means);
        assert!(column_means(a.view()).iter().all(|mean| mean.abs() < 1e-8));
        assert!((column_dots(&a, &a)[2] - dot(&a, 2, &a, 2)).abs() < 1e-10);
    }

    #[test]
    fn one_thread_and_three_give_the_same_bits() {
        let (a, b) = (block(3000, 40, 0.1), block(3000, 33, 0.2));
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| (transposed_product(a.view(), b.view()), column_dots(&a, &a)))
        };
        assert_eq!(on(1), on(3));
    }
}
