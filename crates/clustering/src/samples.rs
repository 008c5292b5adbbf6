use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::error::Error;

/// Rows of one piece of work.
const ROWS: usize = 1024;
/// Rows that a block of queries is multiplied with at one time.
const TILE: usize = 512;
/// Columns of a Gram matrix that one task makes.
const COLUMNS: usize = 64;
/// Queries that are multiplied with all rows together. Fixed, as the shapes of the products are: they decide the bits.
pub(crate) const QUERIES: usize = 64;

/// Rows in `f64`, row-major: `[samples, width]`.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    values: Vec<f64>,
    width: usize,
}

/// A row and its score for a query.
pub(crate) type Scored = (u32, f64);

impl Samples {
    /// # Panics
    /// If `width` is 0 or the values are not of whole rows.
    pub(crate) fn new(values: Vec<f64>, width: usize) -> Self {
        assert!(values.len().is_multiple_of(width), "{} values are no rows of {width}", values.len());
        Self { values, width }
    }

    /// The rows scaled to Euclidean length 1.
    ///
    /// # Errors
    /// A value that is not finite, a row of zeros; of several the first.
    pub(crate) fn unit(rows: ArrayView2<f32>) -> Result<Self, Error> {
        let (n, width) = rows.dim();
        if n > 0 && width == 0 {
            return Err(Error::ZeroRow { row: 0 });
        }
        let mut values = vec![0.0; n * width];
        // Collected in order: the first error is given, whatever the threads.
        let checked: Vec<Result<(), Error>> = values
            .par_chunks_mut(width.max(1))
            .enumerate()
            .with_min_len(ROWS)
            .map(|(row, out)| unit_row(rows, row, out))
            .collect();
        checked.into_iter().collect::<Result<(), Error>>()?;
        Ok(Self { values, width: width.max(1) })
    }

    pub(crate) fn num_rows(&self) -> usize {
        self.values.len() / self.width
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..][..self.width]
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// XᵀX, `[width, width]`, row-major. O(samples · width²).
    pub(crate) fn gram_of_columns(&self) -> Vec<f64> {
        let width = self.width;
        let mut gram = vec![0.0; width * width];
        for rows in self.values.chunks(ROWS * width) {
            let x = MatRef::from_row_major_slice(rows, rows.len() / width, width);
            add_in_stripes(&mut gram, x.transpose(), x);
        }
        gram
    }

    /// X Xᵀ, `[samples, samples]`, row-major: only where the rows are no more than the columns. O(samples² · width).
    pub(crate) fn gram_of_rows(&self) -> Vec<f64> {
        let n = self.num_rows();
        let x = MatRef::from_row_major_slice(&self.values, n, self.width);
        let mut gram = vec![0.0; n * n];
        add_in_stripes(&mut gram, x, x.transpose());
        gram
    }

    /// The products of queries with every row: `visit` gets the place of a query, the first row of a tile, and the query's products
    /// with the rows of the tile. Tiles come in order. O(queries · samples · width) on one thread.
    ///
    /// # Shapes
    /// queries `[queries, width]`, row-major
    pub(crate) fn products(&self, queries: &[f64], mut visit: impl FnMut(usize, usize, &[f64])) {
        let width = self.width;
        let num_queries = queries.len() / width;
        if num_queries == 0 {
            return;
        }
        let mut products = vec![0.0; num_queries * TILE];
        for (tile, rows) in self.values.chunks(TILE * width).enumerate() {
            let height = rows.len() / width;
            let products = &mut products[..num_queries * height];
            matmul(
                MatMut::from_row_major_slice_mut(products, num_queries, height),
                Accum::Replace,
                MatRef::from_row_major_slice(queries, num_queries, width),
                MatRef::from_row_major_slice(rows, height, width).transpose(),
                1.0,
                Par::Seq,
            );
            for (query, products) in products.chunks_exact(height).enumerate() {
                visit(query, tile * TILE, products);
            }
        }
    }

    /// For each of these rows the k other ones with the largest `score(x_i · x_j)` above `floor`, largest first, the lower index
    /// first of equals. O(queries · samples · width) time on every core; memory beyond the output is a block for each thread.
    pub(crate) fn largest_of_each(
        &self,
        queries: &[u32],
        k: usize,
        floor: f64,
        score: fn(f64) -> f64,
    ) -> Vec<Vec<Scored>> {
        let of_block = |queries: &[u32]| self.largest_of_block(queries, k, floor, score);
        queries.par_chunks(QUERIES).flat_map_iter(of_block).collect()
    }

    /// [`largest_of_each`](Self::largest_of_each) on one thread.
    pub(crate) fn largest_of_block(
        &self,
        queries: &[u32],
        k: usize,
        floor: f64,
        score: fn(f64) -> f64,
    ) -> Vec<Vec<Scored>> {
        let mut largest = vec![Vec::new(); queries.len()];
        let block: Vec<f64> = queries.iter().flat_map(|&query| self.row(query as usize)).copied().collect();
        self.products(&block, |query, first, products| {
            for (row, product) in (first as u32..).zip(products) {
                let score = score(*product);
                if score > floor && row != queries[query] {
                    keep_if_large(&mut largest[query], k, (row, score));
                }
            }
        });
        largest
    }
}

/// Keeps the k largest scores of rows that come in ascending order, largest first.
pub(crate) fn keep_if_large(largest: &mut Vec<Scored>, k: usize, found: Scored) {
    if largest.len() >= k && largest.last().is_none_or(|last| found.1 <= last.1) {
        return;
    }
    // After its equals.
    let place = largest.partition_point(|other| other.1 >= found.1);
    largest.insert(place, found);
    largest.truncate(k);
}

/// The dot product of two rows, in their order.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The lower Cholesky factor of a symmetric matrix, row-major; above the diagonal stay zeros. O(size³ / 3).
///
/// # Errors
/// A matrix that is not positive definite.
pub(crate) fn cholesky(matrix: &[f64], size: usize) -> Result<Mat<f64>, Error> {
    use faer::dyn_stack::{MemBuffer, MemStack};
    use faer::linalg::cholesky::llt::factor;
    let mut lower = MatRef::from_row_major_slice(matrix, size, size).to_owned();
    let scratch = factor::cholesky_in_place_scratch::<f64>(size, Par::Seq, Default::default());
    factor::cholesky_in_place(
        lower.as_mut(),
        Default::default(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|_| Error::NotFactorised { size })?;
    // A NaN in the last pivots can pass the factorisation's own comparison.
    if (0..size).any(|i| !lower[(i, i)].is_finite()) {
        return Err(Error::NotFactorised { size });
    }
    for column in 1..size {
        (0..column).for_each(|row| lower[(row, column)] = 0.0);
    }
    Ok(lower)
}

/// The inverse of a lower triangular matrix. O(size³ / 3).
pub(crate) fn inverse_of_lower(lower: &Mat<f64>) -> Mat<f64> {
    let size = lower.nrows();
    let mut inverse = Mat::zeros(size, size);
    faer::linalg::triangular_inverse::invert_lower_triangular(inverse.as_mut(), lower.as_ref(), Par::Seq);
    inverse
}

fn unit_row(rows: ArrayView2<f32>, row: usize, out: &mut [f64]) -> Result<(), Error> {
    let mut largest = 0.0f64;
    for (column, (out, &value)) in out.iter_mut().zip(rows.row(row)).enumerate() {
        if !value.is_finite() {
            return Err(Error::NotFinite { row, column, value });
        }
        *out = f64::from(value);
        largest = largest.max(out.abs());
    }
    if largest == 0.0 {
        return Err(Error::ZeroRow { row });
    }
    let length = dot(out, out).sqrt();
    out.iter_mut().for_each(|out| *out /= length);
    Ok(())
}

/// C ← C + A B for a row-major C, a stripe of its rows a task.
fn add_in_stripes(product: &mut [f64], a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    let width = b.ncols();
    product.par_chunks_mut(COLUMNS * width).enumerate().for_each(|(stripe, product)| {
        let height = product.len() / width;
        matmul(
            MatMut::from_row_major_slice_mut(product, height, width),
            Accum::Add,
            a.subrows(stripe * COLUMNS, height),
            b,
            1.0,
            Par::Seq,
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn samples(n: usize) -> Samples {
        Samples::unit(Array2::from_shape_fn((n, 7), |(i, j)| ((i * 7 + j) as f32 * 0.37).sin()).view())
            .unwrap()
    }

    #[test]
    fn rows_have_length_one_and_bad_ones_are_named() {
        let found = Samples::unit(array![[3.0f32, 4.0], [0.0, 1e-38]].view()).unwrap();
        for (value, expected) in found.values().iter().zip([0.6, 0.8, 0.0, 1.0]) {
            assert!((value - expected).abs() < 1e-15);
        }
        let message = |rows: Array2<f32>| Samples::unit(rows.view()).unwrap_err().to_string();
        assert_eq!(
            message(array![[1.0, 0.0], [0.0, 0.0]]),
            "row 1: expected a number other than zero, found only zeros"
        );
        assert_eq!(
            message(array![[1.0, f32::NAN], [0.0, 0.0]]),
            "row 0, column 1: expected a finite number, found NaN"
        );
        assert_eq!(
            message(Array2::zeros((2, 0))),
            "row 0: expected a number other than zero, found only zeros"
        );
    }

    #[test]
    fn the_largest_are_those_of_a_full_sort() {
        let samples = samples(700);
        let queries: Vec<u32> = vec![0, 699, 511, 512, 3];
        let found = samples.largest_of_each(&queries, 20, f64::NEG_INFINITY, f64::abs);
        for (&query, found) in queries.iter().zip(&found) {
            let mut all: Vec<Scored> = (0..700u32)
                .filter(|row| *row != query)
                .map(|row| (row, dot(samples.row(query as usize), samples.row(row as usize)).abs()))
                .collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1));
            for (found, expected) in found.iter().zip(&all[..20]) {
                assert!((found.1 - expected.1).abs() < 1e-12);
            }
            assert!(found.len() == 20 && found.iter().all(|(row, _)| *row != query));
        }
        assert!(samples.largest_of_each(&[0], 5, 2.0, f64::abs)[0].is_empty());
    }

    #[test]
    fn a_factor_times_its_inverse_and_its_transpose_give_back_what_they_came_from() {
        let samples = samples(90);
        let mut gram = samples.gram_of_columns();
        (0..7).for_each(|i| gram[i * 7 + i] += 0.1);
        let lower = cholesky(&gram, 7).unwrap();
        let inverse = inverse_of_lower(&lower);
        for i in 0..7 {
            for j in 0..7 {
                let back: f64 = (0..7).map(|k| lower[(i, k)] * lower[(j, k)]).sum();
                let one: f64 = (0..7).map(|k| lower[(i, k)] * inverse[(k, j)]).sum();
                assert!((back - gram[i * 7 + j]).abs() < 1e-12);
                assert!((one - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
        assert_eq!(cholesky(&[0.0], 1), Err(Error::NotFactorised { size: 1 }));
    }
}
