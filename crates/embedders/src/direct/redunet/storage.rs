//! Networks as files of safetensors, in f64: a model that was read gives the bits of the one that was written.

use ndarray::Array2;
use redunet::NamedMatrices;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::Error;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// The bytes of a file; the same matrices give the same bytes.
///
/// # Errors
/// [`Error::WeightsToBytes`].
pub(super) fn to_bytes(matrices: NamedMatrices) -> Result<Vec<u8>, Error> {
    let stored: Vec<(String, [usize; 2], Vec<u8>)> = matrices
        .into_iter()
        .map(|(name, matrix)| {
            let bytes = matrix.iter().flat_map(|value| value.to_le_bytes()).collect();
            (name, [matrix.nrows(), matrix.ncols()], bytes)
        })
        .collect();
    let serialize = || -> Result<Vec<u8>, Source> {
        let view = |(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F64, shape, bytes)?));
        let views =
            stored.iter().map(|(name, shape, bytes)| view((name.as_str(), shape.to_vec(), bytes.as_slice())));
        Ok(safetensors::serialize(views.collect::<Result<Vec<_>, Source>>()?, None)?)
    };
    serialize().map_err(|source| Error::WeightsToBytes { source })
}

/// Reads the bytes of a file.
///
/// # Errors
/// Bytes that are not of the form; a tensor that is no matrix of F64.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<NamedMatrices, Source> {
    let mut matrices = NamedMatrices::default();
    for (name, view) in SafeTensors::deserialize(bytes)?.iter() {
        let (Dtype::F64, &[rows, columns]) = (view.dtype(), view.shape()) else {
            let found = format!("{:?} of shape {:?}", view.dtype(), view.shape());
            return Err(format!("expected the tensor {name} as a matrix of F64, found {found}").into());
        };
        let number = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("chunks of eight"));
        let values = view.data().chunks_exact(8).map(number).collect();
        matrices.insert(name, Array2::from_shape_vec((rows, columns), values)?);
    }
    Ok(matrices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn what_was_written_is_read_to_the_last_bit_and_other_tensors_are_named() {
        let mut matrices = NamedMatrices::default();
        matrices.insert("a", array![[1.0 / 3.0, -2.0], [1e-300, 0.0]]);
        matrices.insert("b", array![[std::f64::consts::PI]]);
        assert_eq!(from_bytes(&to_bytes(matrices.clone()).unwrap()).unwrap(), matrices);
        assert!(from_bytes(b"no tensors").is_err());
        let view = TensorView::new(Dtype::F32, vec![1, 1], &[0; 4]).unwrap();
        let bytes = safetensors::serialize([("a", view)], None).unwrap();
        let message = from_bytes(&bytes).unwrap_err().to_string();
        assert_eq!(message, "expected the tensor a as a matrix of F64, found F32 of shape [1, 1]");
    }
}
