//! Feature matrices, seen through the products that the method needs.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;

use super::blocks::{column_means, product, transposed_product};
use super::sparse_product::{CsrMatrix, SparseProduct};
use crate::error::Error;

/// A feature matrix X `[nodes, features]`: whatever can multiply a block of columns.
///
/// A block is row-major. An implementation sums in an order that does not depend on the number of threads.
pub trait FeatureMatrix: Sync {
    /// Number of rows.
    fn num_nodes(&self) -> usize;

    /// Number of columns.
    fn num_features(&self) -> usize;

    /// Number of stored entries: a product with a block costs this many multiply-adds for each column.
    fn num_entries(&self) -> usize;

    /// X V.
    ///
    /// # Shapes
    /// v `[features, width]`, output `[nodes, width]`
    fn multiply(&self, v: ArrayView2<f32>) -> Array2<f32>;

    /// Xᵀ Y.
    ///
    /// # Shapes
    /// y `[nodes, width]`, output `[features, width]`
    fn multiply_transposed(&self, y: ArrayView2<f32>) -> Array2<f32>;

    /// Means of the columns, `[features]`.
    fn column_means(&self) -> Vec<f64>;

    /// Some columns as a dense block, `[nodes, range]`.
    fn dense_columns(&self, range: Range<usize>) -> Array2<f32>;

    /// Calls `visit` with feature and value of the entries of a row, features ascending; zeros may be left out.
    fn visit_row(&self, node: usize, visit: &mut dyn FnMut(usize, f32));
}

/// Sparse features with their transpose. Neither product makes them dense.
#[derive(Clone, Debug)]
pub struct SparseFeatures<'a> {
    rows: SparseProduct<'a>,
    columns: SparseProduct<'a>,
}

impl<'a> SparseFeatures<'a> {
    /// Borrows a matrix and makes its transpose. O(entries).
    ///
    /// # Errors
    /// [`Error::NotFinite`] for an entry that is NaN or infinite.
    ///
    /// # Panics
    /// If the matrix is not in compressed sparse rows, or has 2³² entries.
    pub fn from_csr(matrix: &'a CsrMatrix) -> Result<Self, Error> {
        if let Some((value, (row, column))) = matrix.iter().find(|(value, _)| !value.is_finite()) {
            return Err(Error::NotFinite { row: row as usize, column: column as usize, value: *value });
        }
        Ok(Self { rows: SparseProduct::borrowed(matrix), columns: SparseProduct::transposed(matrix) })
    }
}

impl FeatureMatrix for SparseFeatures<'_> {
    fn num_nodes(&self) -> usize {
        self.rows.num_rows()
    }

    fn num_features(&self) -> usize {
        self.rows.num_columns()
    }

    fn num_entries(&self) -> usize {
        self.rows.num_entries()
    }

    fn multiply(&self, v: ArrayView2<f32>) -> Array2<f32> {
        self.rows.multiply(v)
    }

    fn multiply_transposed(&self, y: ArrayView2<f32>) -> Array2<f32> {
        self.columns.multiply(y)
    }

    fn column_means(&self) -> Vec<f64> {
        let n = self.num_nodes().max(1) as f64;
        let sum = |feature| self.columns.row(feature).1.iter().map(|value| f64::from(*value)).sum::<f64>();
        (0..self.num_features()).into_par_iter().map(|feature| sum(feature) / n).collect()
    }

    fn dense_columns(&self, range: Range<usize>) -> Array2<f32> {
        let mut dense = Array2::zeros((self.num_nodes(), range.len()));
        if range.is_empty() {
            return dense;
        }
        let values = dense.as_slice_mut().expect("a new array is row-major");
        values.par_chunks_mut(range.len()).enumerate().for_each(|(node, out)| {
            let (columns, weights) = self.rows.row(node);
            let begin = columns.partition_point(|column| (*column as usize) < range.start);
            for (column, weight) in columns.iter().zip(weights).skip(begin) {
                match out.get_mut(*column as usize - range.start) {
                    Some(out) => *out = *weight,
                    None => break,
                }
            }
        });
        dense
    }

    fn visit_row(&self, node: usize, visit: &mut dyn FnMut(usize, f32)) {
        let (columns, weights) = self.rows.row(node);
        for (column, weight) in columns.iter().zip(weights) {
            visit(*column as usize, *weight);
        }
    }
}

/// Dense features.
#[derive(Clone, Debug)]
pub struct DenseFeatures<'a> {
    matrix: ArrayView2<'a, f32>,
}

impl<'a> DenseFeatures<'a> {
    /// Borrows a matrix.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for an entry that is NaN or infinite.
    ///
    /// # Panics
    /// If the matrix is not row-major.
    pub fn from_array(matrix: ArrayView2<'a, f32>) -> Result<Self, Error> {
        let values = matrix.as_slice().expect("dense features are row-major");
        if let Some(entry) = values.par_iter().position_first(|value| !value.is_finite()) {
            let (row, column) = (entry / matrix.ncols(), entry % matrix.ncols());
            return Err(Error::NotFinite { row, column, value: values[entry] });
        }
        Ok(Self { matrix })
    }
}

impl FeatureMatrix for DenseFeatures<'_> {
    fn num_nodes(&self) -> usize {
        self.matrix.nrows()
    }

    fn num_features(&self) -> usize {
        self.matrix.ncols()
    }

    fn num_entries(&self) -> usize {
        self.matrix.len()
    }

    fn multiply(&self, v: ArrayView2<f32>) -> Array2<f32> {
        let v = faer::Mat::from_fn(v.nrows(), v.ncols(), |i, j| f64::from(v[[i, j]]));
        product(self.matrix, v.as_ref())
    }

    fn multiply_transposed(&self, y: ArrayView2<f32>) -> Array2<f32> {
        let product = transposed_product(self.matrix, y);
        Array2::from_shape_fn((product.nrows(), product.ncols()), |(i, j)| product[(i, j)] as f32)
    }

    fn column_means(&self) -> Vec<f64> {
        column_means(self.matrix)
    }

    fn dense_columns(&self, range: Range<usize>) -> Array2<f32> {
        self.matrix.slice(s![.., range]).to_owned()
    }

    fn visit_row(&self, node: usize, visit: &mut dyn FnMut(usize, f32)) {
        for (feature, value) in self.matrix.row(node).iter().enumerate() {
            visit(feature, *value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use sprs::CsMatI;

    #[test]
    fn sparse_and_dense_features_agree() {
        let dense = array![[1.0f32, 0.0, -2.0], [0.0, 0.5, 3.0]];
        let sparse = CsMatI::new((2, 3), vec![0, 2, 4], vec![0, 2, 1, 2], vec![1.0, -2.0, 0.5, 3.0]);
        let sparse = SparseFeatures::from_csr(&sparse).unwrap();
        let dense = DenseFeatures::from_array(dense.view()).unwrap();
        let (v, y) = (array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], array![[2.0], [4.0]]);
        let of = |x: &dyn FeatureMatrix| {
            let products = (x.multiply(v.view()), x.multiply_transposed(y.view()));
            (products, x.column_means(), x.dense_columns(1..3), (x.num_nodes(), x.num_features()))
        };
        assert_eq!(of(&sparse), of(&dense));
        assert_eq!(dense.multiply(v.view()), array![[-9.0, -10.0], [16.5, 20.0]]);
        assert_eq!(dense.multiply_transposed(y.view()), array![[2.0], [2.0], [8.0]]);
        assert_eq!((dense.num_entries(), sparse.num_entries()), (6, 4));
        assert_eq!(sparse.dense_columns(1..1).dim(), (2, 0));
    }

    #[test]
    fn an_entry_that_is_not_finite_is_named() {
        let error = DenseFeatures::from_array(array![[0.0, 1.0], [f32::NAN, 1.0]].view()).unwrap_err();
        assert_eq!(error.to_string(), "row 1, column 0 of the input: expected a finite number, found NaN");
        let sparse = CsMatI::new((2, 3), vec![0, 0, 1], vec![2], vec![f32::INFINITY]);
        let error = SparseFeatures::from_csr(&sparse).unwrap_err();
        assert_eq!(error.to_string(), "row 1, column 2 of the input: expected a finite number, found inf");
    }
}
