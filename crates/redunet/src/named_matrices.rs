//! Networks as named matrices, for any file format that holds such.

use std::collections::BTreeMap;

use faer::Mat;
use ndarray::Array2;

use crate::error::Error;
use crate::rate_matrix::RateMatrix;

/// Matrices of f64 by their names: what a network is stored as.
///
/// Each network has `to_matrices` and `from_matrices`. A format that holds matrices of f32 only keeps about 7 digits of them.
///
/// ```
/// use redunet::{NamedMatrices, ReduNet, ReduNetConfig};
/// use ndarray::array;
///
/// let config = ReduNetConfig::new(2);
/// let samples = array![[1.0, 0.2], [0.8, 0.1], [0.3, 0.9]];
/// let network = config.construct(samples.view(), &[0, 0, 1], 2)?.network;
/// let stored: Vec<(String, ndarray::Array2<f64>)> = network.to_matrices().into_iter().collect();
/// let matrices: NamedMatrices = stored.into_iter().collect();
/// assert_eq!(ReduNet::from_matrices(config, &matrices)?, network);
/// # Ok::<(), redunet::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedMatrices {
    matrices: BTreeMap<String, Array2<f64>>,
}

impl NamedMatrices {
    /// Adds a matrix, in place of one of the same name.
    pub fn insert(&mut self, name: impl Into<String>, matrix: Array2<f64>) {
        self.matrices.insert(name.into(), matrix);
    }

    /// The matrix of a name, if there is one.
    pub fn get(&self, name: &str) -> Option<&Array2<f64>> {
        self.matrices.get(name)
    }

    /// A matrix of finite numbers, of any shape.
    pub(crate) fn matrix(&self, name: &str) -> Result<&Array2<f64>, Error> {
        let matrix = self.get(name).ok_or_else(|| Error::MissingMatrix { name: name.to_owned() })?;
        match matrix.iter().find(|value| !value.is_finite()) {
            Some(&value) => {
                Err(Error::MatrixEntry { name: name.to_owned(), expected: "finite numbers", value })
            }
            None => Ok(matrix),
        }
    }

    /// A matrix of finite numbers of a shape.
    pub(crate) fn matrix_of(&self, name: &str, rows: usize, columns: usize) -> Result<&Array2<f64>, Error> {
        let matrix = self.matrix(name)?;
        let (expected, found) = ([rows, columns], [matrix.nrows(), matrix.ncols()]);
        if expected == found {
            return Ok(matrix);
        }
        Err(Error::MatrixShape { name: name.to_owned(), expected, found })
    }

    /// A row of positive numbers of a length, or of any length at least 1.
    pub(crate) fn positive_row(&self, name: &str, length: Option<usize>) -> Result<Vec<f64>, Error> {
        let columns = length.map_or_else(|| self.matrix(name).map(|row| row.ncols().max(1)), Ok)?;
        let row = self.matrix_of(name, 1, columns)?;
        match row.iter().find(|value| **value <= 0.0) {
            Some(&value) => {
                Err(Error::MatrixEntry { name: name.to_owned(), expected: "positive numbers", value })
            }
            None => Ok(row.iter().copied().collect()),
        }
    }

    pub(crate) fn insert_row(&mut self, name: &str, row: &[f64]) {
        self.insert(name, Array2::from_shape_fn((1, row.len()), |(_, column)| row[column]));
    }

    pub(crate) fn insert_rate_matrix(&mut self, name: &str, matrix: &RateMatrix<f64>) {
        match matrix {
            RateMatrix::Dense(matrix) => self.insert(name, to_array(matrix)),
            RateMatrix::LowRank { alpha, factor } => {
                self.insert(format!("{name}.factor"), to_array(factor));
                self.insert_row(&format!("{name}.alpha"), &[*alpha]);
            }
        }
    }

    /// A rate matrix of a width, stored in either form.
    pub(crate) fn rate_matrix(&self, name: &str, width: usize) -> Result<RateMatrix<f64>, Error> {
        let factor_name = format!("{name}.factor");
        let Some(factor) = self.get(&factor_name) else {
            return Ok(RateMatrix::Dense(to_mat(self.matrix_of(name, width, width)?)));
        };
        let factor = to_mat(self.matrix_of(&factor_name, factor.nrows(), width)?);
        let alpha = self.positive_row(&format!("{name}.alpha"), Some(1))?[0];
        Ok(RateMatrix::LowRank { alpha, factor })
    }
}

fn to_array(matrix: &Mat<f64>) -> Array2<f64> {
    Array2::from_shape_fn((matrix.nrows(), matrix.ncols()), |(row, column)| matrix[(row, column)])
}

fn to_mat(matrix: &Array2<f64>) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |row, column| matrix[[row, column]])
}

impl FromIterator<(String, Array2<f64>)> for NamedMatrices {
    fn from_iter<I: IntoIterator<Item = (String, Array2<f64>)>>(matrices: I) -> Self {
        Self { matrices: matrices.into_iter().collect() }
    }
}

impl IntoIterator for NamedMatrices {
    type Item = (String, Array2<f64>);
    type IntoIter = std::collections::btree_map::IntoIter<String, Array2<f64>>;

    fn into_iter(self) -> Self::IntoIter {
        self.matrices.into_iter()
    }
}
