//! Named matrices as a file of safetensors, for what is no module of Burn.

use std::collections::BTreeMap;
use std::fmt;

use g2r_loss::linear::LinearEncoder;
use ndarray::Array2;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Matrices of `f32` by their names; a vector is a matrix of one row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tensors {
    matrices: BTreeMap<String, Array2<f32>>,
}

/// A matrix that is missing, or has another shape.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TensorsError(String);

impl fmt::Display for TensorsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for TensorsError {}

impl Tensors {
    /// Adds a matrix.
    pub(crate) fn insert(&mut self, name: impl Into<String>, matrix: Array2<f32>) {
        self.matrices.insert(name.into(), matrix.as_standard_layout().into_owned());
    }

    /// Adds a vector.
    pub(crate) fn insert_vector(&mut self, name: impl Into<String>, vector: &[f32]) {
        let row = Array2::from_shape_fn((1, vector.len()), |(_, place)| vector[place]);
        self.insert(name, row);
    }

    /// Adds a linear encoder, its parts by names that begin with `prefix`.
    pub(crate) fn insert_encoder(&mut self, prefix: &str, encoder: &LinearEncoder) {
        self.insert(format!("{prefix}weights"), encoder.weights().to_owned());
        self.insert_vector(format!("{prefix}feature_shift"), encoder.feature_shift());
        self.insert_vector(format!("{prefix}center"), encoder.center());
    }

    /// The matrix of a name.
    ///
    /// # Errors
    /// [`TensorsError`] if there is none.
    pub(crate) fn matrix(&self, name: &str) -> Result<&Array2<f32>, TensorsError> {
        self.matrices.get(name).ok_or_else(|| TensorsError(format!("expected the tensor {name}, found none")))
    }

    /// The vector of a name, of a length.
    ///
    /// # Errors
    /// [`TensorsError`] if there is none of that length.
    pub(crate) fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, TensorsError> {
        let matrix = self.matrix(name)?;
        match matrix.dim() {
            (1, found) if found == length => Ok(matrix.iter().copied().collect()),
            (rows, columns) => Err(TensorsError(format!(
                "expected the tensor {name} of shape [1, {length}], found [{rows}, {columns}]"
            ))),
        }
    }

    /// The encoder whose parts have names that begin with `prefix`.
    ///
    /// # Errors
    /// [`TensorsError`] for a part that is missing or does not fit the others.
    pub(crate) fn encoder(&self, prefix: &str) -> Result<LinearEncoder, TensorsError> {
        let weights = self.matrix(&format!("{prefix}weights"))?.clone();
        let part = |name: &str| self.vector(&format!("{prefix}{name}"), weights.ncols());
        let (feature_shift, center) = (part("feature_shift")?, part("center")?);
        Ok(LinearEncoder::new(weights, feature_shift, center))
    }

    /// The bytes of a file; the same matrices give the same bytes.
    ///
    /// # Errors
    /// What cannot be put into the form.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Source> {
        let bytes = |matrix: &Array2<f32>| matrix.iter().flat_map(|value| value.to_le_bytes()).collect();
        let stored: Vec<(&String, &Array2<f32>, Vec<u8>)> =
            self.matrices.iter().map(|(name, matrix)| (name, matrix, bytes(matrix))).collect();
        let views = stored
            .iter()
            .map(|(name, matrix, bytes)| {
                Ok((*name, TensorView::new(Dtype::F32, matrix.shape().to_vec(), bytes)?))
            })
            .collect::<Result<Vec<_>, Source>>()?;
        Ok(safetensors::serialize(views, None)?)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// Bytes that are not of the form; a tensor that is no matrix of finite `f32`.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Source> {
        let mut tensors = Self::default();
        for (name, view) in SafeTensors::deserialize(bytes)?.iter() {
            let (Dtype::F32, &[rows, columns]) = (view.dtype(), view.shape()) else {
                let found = format!("{:?} of shape {:?}", view.dtype(), view.shape());
                return Err(format!("expected the tensor {name} as a matrix of F32, found {found}").into());
            };
            let numbers = view
                .data()
                .chunks_exact(4)
                .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks of four")));
            let values: Vec<f32> = numbers.collect();
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Err(format!("expected finite numbers in the tensor {name}, found {value}").into());
            }
            tensors.insert(name, Array2::from_shape_vec((rows, columns), values)?);
        }
        Ok(tensors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn what_was_written_is_read_and_what_does_not_fit_is_named() {
        let encoder =
            LinearEncoder::new(array![[1.0, 2.0], [3.0, -0.5], [0.0, 9.0]], vec![0.5, 1.5], vec![0.0, 2.0]);
        let mut tensors = Tensors::default();
        tensors.insert_encoder("scale.0.", &encoder);
        let bytes = tensors.to_bytes().unwrap();
        assert_eq!(bytes, tensors.clone().to_bytes().unwrap());
        let mut read = Tensors::from_bytes(&bytes).unwrap();
        assert_eq!(read.encoder("scale.0.").unwrap(), encoder);
        let message = read.encoder("scale.1.").unwrap_err().to_string();
        assert_eq!(message, "expected the tensor scale.1.weights, found none");
        read.insert_vector("scale.0.center", &[1.0]);
        let message = read.encoder("scale.0.").unwrap_err().to_string();
        assert_eq!(message, "expected the tensor scale.0.center of shape [1, 2], found [1, 1]");
    }

    #[test]
    fn bytes_that_are_no_matrices_are_refused() {
        assert!(Tensors::from_bytes(b"no tensors").is_err());
        let mut tensors = Tensors::default();
        tensors.insert("a", array![[f32::NAN]]);
        let message = Tensors::from_bytes(&tensors.to_bytes().unwrap()).unwrap_err().to_string();
        assert_eq!(message, "expected finite numbers in the tensor a, found NaN");
    }
}
