//! What is known of each node: one row of numbers a node.

use ndarray::Array2;

use crate::csr::{CsrMatrix, row};
use crate::error::Error;

/// The feature matrix X of a graph, sparse where it is mostly zeros.
///
/// # Shapes
/// `[nodes, d_input]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Features {
    /// Compressed rows, for bags of words and the like.
    Sparse(CsrMatrix),
    /// A full array.
    Dense(Array2<f32>),
}

impl Features {
    /// Features in compressed rows.
    ///
    /// # Errors
    /// No columns; storage by columns, or row pointers that do not start at 0; a value that is NaN or infinite.
    pub fn from_sparse(matrix: CsrMatrix) -> Result<Self, Error> {
        let features = Self::Sparse(matrix);
        features.check()?;
        Ok(features)
    }

    /// Features in a full array.
    ///
    /// # Errors
    /// No columns; a value that is NaN or infinite.
    pub fn from_dense(matrix: Array2<f32>) -> Result<Self, Error> {
        let features = Self::Dense(matrix);
        features.check()?;
        Ok(features)
    }

    /// A one in one column of each row.
    ///
    /// # Panics
    /// When a column is not below `d_input`.
    pub(crate) fn one_hot(columns: Vec<u32>, d_input: usize) -> Self {
        let num_nodes = columns.len();
        let ones = vec![1.0; num_nodes];
        let matrix = CsrMatrix::try_new((num_nodes, d_input), (0..=num_nodes).collect(), columns, ones);
        Self::Sparse(matrix.expect("one column a row, below their number"))
    }

    /// Features as a source has them, in which NaN stands for a missing value.
    ///
    /// # Errors
    /// As [`from_sparse`](Self::from_sparse), but for NaN.
    pub(crate) fn with_missing(self) -> Result<Self, Error> {
        self.check_values(|value| !value.is_infinite())?;
        Ok(self)
    }

    /// What `from_sparse` and `from_dense` ask for, asked again of variants that were made by hand.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_values(f32::is_finite)
    }

    fn check_values(&self, is_value: impl Fn(f32) -> bool) -> Result<(), Error> {
        if self.d_input() == 0 {
            return Err(Error::invalid("features", "at least one column", "none"));
        }
        let not_finite = match self {
            Self::Sparse(matrix) if !matrix.is_csr() => {
                return Err(Error::invalid("features", "storage by rows", "storage by columns"));
            }
            Self::Sparse(matrix) if !matrix.indptr().is_proper() => {
                return Err(Error::invalid("features", "row pointers from 0", "a slice of a larger matrix"));
            }
            Self::Sparse(matrix) => (0..matrix.rows()).find_map(|index| {
                let (columns, values) = row(matrix, index);
                let spot = values.iter().position(|&value| !is_value(value))?;
                Some((index, columns[spot] as usize, values[spot]))
            }),
            Self::Dense(matrix) => matrix
                .indexed_iter()
                .find(|(_, value)| !is_value(**value))
                .map(|((index, column), &value)| (index, column, value)),
        };
        not_finite.map_or(Ok(()), |(index, column, value)| {
            let what = format!("features, row {index}, column {column}");
            Err(Error::invalid(what, "a finite number", value.to_string()))
        })
    }

    /// How many rows, one a node.
    pub fn num_nodes(&self) -> usize {
        match self {
            Self::Sparse(matrix) => matrix.rows(),
            Self::Dense(matrix) => matrix.nrows(),
        }
    }

    /// How many columns.
    pub fn d_input(&self) -> usize {
        match self {
            Self::Sparse(matrix) => matrix.cols(),
            Self::Dense(matrix) => matrix.ncols(),
        }
    }

    /// The rows of some nodes, in the order asked for.
    ///
    /// # Panics
    /// When a node is not below [`num_nodes`](Self::num_nodes).
    #[must_use]
    pub fn select(&self, nodes: &[u32]) -> Self {
        let order: Vec<usize> = nodes.iter().map(|&node| node as usize).collect();
        match self {
            Self::Dense(matrix) => Self::Dense(matrix.select(ndarray::Axis(0), &order)),
            Self::Sparse(matrix) => {
                let (mut row_pointers, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
                for index in order {
                    let (row_columns, row_values) = row(matrix, index);
                    columns.extend_from_slice(row_columns);
                    values.extend_from_slice(row_values);
                    row_pointers.push(columns.len());
                }
                let selected =
                    CsrMatrix::try_new((nodes.len(), matrix.cols()), row_pointers, columns, values);
                Self::Sparse(selected.expect("whole rows of a valid matrix make a valid matrix"))
            }
        }
    }

    /// How many values are not zero, stored or not.
    pub fn num_nonzeros(&self) -> usize {
        match self {
            Self::Sparse(matrix) => matrix.data().iter().filter(|&&value| value != 0.0).count(),
            Self::Dense(matrix) => matrix.iter().filter(|&&value| value != 0.0).count(),
        }
    }

    /// How many rows hold nothing but zeros.
    pub fn num_zero_rows(&self) -> usize {
        match self {
            Self::Sparse(matrix) => (0..matrix.rows())
                .filter(|&index| row(matrix, index).1.iter().all(|&value| value == 0.0))
                .count(),
            Self::Dense(matrix) => {
                matrix.rows().into_iter().filter(|row| row.iter().all(|&v| v == 0.0)).count()
            }
        }
    }

    /// Each row divided by the sum of its magnitudes, xᵢⱼ / Σₖ |xᵢₖ|; a row whose sum is zero, or too small for the
    /// quotients to be finite, stays as it is.
    ///
    /// Where nothing is negative, as in bags of words, that is the sum of the row. Sums run in `f64` from the first column to
    /// the last.
    #[must_use]
    pub fn row_normalized(&self) -> Self {
        match self {
            Self::Sparse(matrix) => {
                let mut out = matrix.clone();
                for index in 0..matrix.rows() {
                    let range = matrix.indptr().outer_inds_sz(index);
                    divide_by_sum(out.data_mut()[range].iter_mut());
                }
                Self::Sparse(out)
            }
            Self::Dense(matrix) => {
                let mut out = matrix.clone();
                out.rows_mut().into_iter().for_each(|mut row| divide_by_sum(row.iter_mut()));
                Self::Dense(out)
            }
        }
    }
}

fn divide_by_sum<'a>(row: impl Iterator<Item = &'a mut f32>) {
    let values: Vec<&mut f32> = row.collect();
    let sum: f64 = values.iter().map(|value| f64::from(value.abs())).sum();
    let quotient = |value: f32| (f64::from(value) / sum) as f32;
    if values.iter().all(|value| quotient(**value).is_finite()) {
        values.into_iter().for_each(|value| *value = quotient(*value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn sparse() -> CsrMatrix {
        CsrMatrix::new((3, 4), vec![0, 2, 2, 4], vec![0, 3, 1, 2], vec![1.0, 3.0, 2.0, -2.0])
    }

    #[test]
    fn sparse_and_dense_count_the_same() {
        let (sparse, dense) = (Features::Sparse(sparse()), Features::Dense(sparse().to_dense()));
        for features in [sparse, dense] {
            assert_eq!((features.num_nodes(), features.d_input()), (3, 4));
            assert_eq!((features.num_nonzeros(), features.num_zero_rows()), (4, 1));
        }
    }

    #[test]
    fn rows_are_divided_by_the_sum_of_their_magnitudes_unless_it_is_zero() {
        let expected = array![[0.25, 0.0, 0.0, 0.75], [0.0; 4], [0.0, 0.5, -0.5, 0.0]];
        assert_eq!(Features::Dense(sparse().to_dense()).row_normalized(), Features::Dense(expected.clone()));
        let Features::Sparse(normalized) = Features::Sparse(sparse()).row_normalized() else {
            panic!("sparse features stay sparse")
        };
        assert_eq!(normalized.to_dense(), expected);
    }

    #[test]
    fn rows_of_the_largest_and_the_smallest_numbers_stay_finite() {
        let features =
            Features::Dense(array![[f32::MAX, -f32::MAX], [f32::from_bits(1), 0.0]]).row_normalized();
        assert!(
            Features::from_dense(match features {
                Features::Dense(matrix) => matrix,
                Features::Sparse(_) => panic!("dense features stay dense"),
            })
            .is_ok()
        );
    }

    #[test]
    fn values_that_are_not_finite_are_named_by_row_and_column() {
        let mut matrix = sparse();
        matrix.data_mut()[3] = f32::NAN;
        let dense = matrix.to_dense();
        assert_eq!(
            Features::from_sparse(matrix).unwrap_err().to_string(),
            "features, row 2, column 2: expected a finite number, found NaN"
        );
        assert_eq!(
            Features::from_dense(dense.mapv(|value| if value.is_nan() { f32::INFINITY } else { value }))
                .unwrap_err()
                .to_string(),
            "features, row 2, column 2: expected a finite number, found inf"
        );
    }

    #[test]
    fn features_without_columns_or_stored_by_columns_are_refused() {
        assert_eq!(
            Features::from_dense(Array2::zeros((3, 0))).unwrap_err().to_string(),
            "features: expected at least one column, found none"
        );
        assert_eq!(
            Features::from_sparse(sparse().transpose_into()).unwrap_err().to_string(),
            "features: expected storage by rows, found storage by columns"
        );
    }
}
