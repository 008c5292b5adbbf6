//! Matrices that come in a file of their own: features, and embeddings from anywhere.

use std::path::Path;

use ndarray::Array2;

use super::file::read_unpacked;
use super::npy::{Element, Kind, NpyArray};
use super::npz::read_sparse_features;
use super::registry::Sample;
use crate::error::Error;
use crate::features::Features;

/// Reads features, a row a node: a NumPy array of floats or whole numbers as a full matrix, or a matrix that
/// `scipy.sparse.save_npz` wrote as a sparse one.
///
/// # Errors
/// A file that cannot be read, or is neither; no columns; a number that is NaN or infinite, as f64 beyond f32 become.
pub fn read_features(path: &Path) -> Result<Features, Error> {
    if Sample::of(path)?.head.starts_with(b"PK") {
        return read_sparse_features(path);
    }
    let bytes = read_unpacked(path)?;
    let matrix = NpyArray::parse(&bytes, path)?.to_matrix()?;
    Features::from_dense(matrix).map_err(|error| error.in_file(path))
}

/// Reads a matrix of floats of 32 or 64 bits as NumPy writes it, in C or in Fortran order; f64 is rounded to f32, and
/// what is not finite is left to the caller to judge.
///
/// ```
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("z.npy");
/// let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n";
/// let values = [1.0f32, -0.5].map(f32::to_le_bytes).concat();
/// let file = [b"\x93NUMPY\x01\x00", &[header.len() as u8, 0][..], header.as_bytes(), &values].concat();
/// std::fs::write(&path, file).unwrap();
///
/// assert_eq!(graph_io::format::read_matrix(&path)?, ndarray::array![[1.0, -0.5]]);
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, or that is not such a matrix from its first to its last byte.
pub fn read_matrix(path: &Path) -> Result<Array2<f32>, Error> {
    let bytes = read_unpacked(path)?;
    let array = NpyArray::parse(&bytes, path)?;
    match array.element() {
        Element { kind: Kind::Float, size: 4 | 8, .. } if array.shape().len() == 2 => array.to_matrix(),
        _ => Err(array.wrong("a matrix of 32 or 64 bit floats")),
    }
}
