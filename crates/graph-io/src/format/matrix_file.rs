//! Matrices that come in a file of their own: features, and embeddings from anywhere.

use std::io::{self, Write};
use std::path::Path;

use ndarray::Array2;

use super::file::read_unpacked;
use super::npy::{Element, Kind, NpyArray, write_array};
use super::npz::read_sparse_features;
use super::output::write_file;
use super::registry::Sample;
use crate::error::Error;
use crate::features::Features;
use crate::memory_limit::MemoryLimit;

/// Reads features, a row a node: a NumPy array of floats or whole numbers as a full matrix, or a matrix that
/// `scipy.sparse.save_npz` wrote as a sparse one.
///
/// # Errors
/// A file that cannot be read, or is neither; no columns; a number that is infinite, as f64 beyond f32 become. NaN stands
/// for a missing value.
pub fn read_features(path: &Path) -> Result<Features, Error> {
    read_features_within(path, MemoryLimit::default())
}

/// As [`read_features`], with a limit for what the file unpacks to.
pub(super) fn read_features_within(path: &Path, limit: MemoryLimit) -> Result<Features, Error> {
    if Sample::of(path)?.head.starts_with(b"PK") {
        return read_sparse_features(path, limit);
    }
    let bytes = read_unpacked(path, limit)?;
    let matrix = NpyArray::parse(&bytes, path)?.to_matrix()?;
    Features::Dense(matrix).with_missing().map_err(|error| error.in_file(path))
}

/// Writes a matrix as NumPy does: under another name first, then moved to its place.
///
/// # Errors
/// A path that cannot be written.
pub fn write_matrix(matrix: &Array2<f32>, path: &Path) -> Result<(), Error> {
    write_file(path, |out| write_rows(matrix, out))
}

/// Writes the array of a matrix.
pub(crate) fn write_rows(matrix: &Array2<f32>, out: &mut impl Write) -> io::Result<()> {
    let matrix = matrix.as_standard_layout();
    write_array(out, matrix.shape(), matrix.as_slice().expect("a standard layout is one slice"))
}

/// Reads a matrix of floats of 32 or 64 bits as NumPy writes it, in C or in Fortran order; f64 is rounded to f32, and
/// what is not finite is left to the caller to judge.
///
/// ```
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("z.npy");
/// graph_io::format::write_matrix(&ndarray::array![[1.0, -0.5]], &path)?;
/// assert_eq!(graph_io::format::read_matrix(&path)?, ndarray::array![[1.0, -0.5]]);
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A file that cannot be read, or that is not such a matrix from its first to its last byte.
pub fn read_matrix(path: &Path) -> Result<Array2<f32>, Error> {
    let bytes = read_unpacked(path, MemoryLimit::default())?;
    to_rows(&NpyArray::parse(&bytes, path)?)
}

/// The matrix of floats of 32 or 64 bits that an array is.
pub(crate) fn to_rows(array: &NpyArray) -> Result<Array2<f32>, Error> {
    match array.element() {
        Element { kind: Kind::Float, size: 4 | 8, .. } if array.shape().len() == 2 => array.to_matrix(),
        _ => Err(array.wrong("a matrix of 32 or 64 bit floats")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use std::path::PathBuf;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/numpy").join(name)
    }

    #[test]
    fn features_of_any_width_order_and_storage_are_read() {
        let expected = array![[1.0, 0.0, 0.5], [0.0; 3], [0.0, 2.0, 0.0], [3.0, 0.0, 0.0]];
        for name in ["features_fortran.npy", "features_half.npy"] {
            assert_eq!(read_features(&fixture(name)).unwrap(), Features::Dense(expected.clone()), "{name}");
        }
        let Features::Sparse(sparse) = read_features(&fixture("features_coo.npz")).unwrap() else {
            panic!("sparse features stay sparse")
        };
        assert_eq!(sparse.to_dense(), expected);
        let whole = Features::Dense(array![[1.0, -2.0], [3.0, 0.0]]);
        assert_eq!(read_features(&fixture("features_int.npy")).unwrap(), whole);
    }

    #[test]
    fn features_that_are_not_finite_or_have_no_columns_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let message = |shape: &[usize], values: &[f64]| {
            let mut bytes = Vec::new();
            write_array(&mut bytes, shape, values).unwrap();
            std::fs::write(&path, bytes).unwrap();
            read_features(&path).unwrap_err().to_string()
        };
        assert_eq!(
            message(&[2, 2], &[0.0, 1.0, 2.0, 1e39]),
            "x.npy: expected a finite number (features, row 1, column 1), found inf"
        );
        assert_eq!(message(&[2, 0], &[]), "x.npy: expected at least one column (features), found none");
        assert_eq!(message(&[2], &[0.0, 1.0]), "x.npy: expected a matrix, found float64 of shape (2,)");
    }

    #[test]
    fn a_matrix_is_of_floats_from_the_first_byte_to_the_last() {
        let matrix = read_matrix(&fixture("features_fortran.npy")).unwrap();
        assert!(matrix.is_standard_layout());
        assert_eq!(matrix.row(0).to_vec(), [1.0, 0.0, 0.5]);
        for (name, found) in [
            ("features_int.npy", "int8 of shape (2, 2)"),
            ("features_half.npy", "float16 of shape (4, 3)"),
            ("five.npy", "uint8 of shape (1,)"),
        ] {
            let expected = format!("{name}: expected a matrix of 32 or 64 bit floats, found {found}");
            assert_eq!(read_matrix(&fixture(name)).unwrap_err().to_string(), expected);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("z.npy");
        let whole = std::fs::read(fixture("features_fortran.npy")).unwrap();
        for bytes in [&whole[..whole.len() - 1], &[&whole[..], &[0]].concat()] {
            std::fs::write(&path, bytes).unwrap();
            assert!(
                read_matrix(&path).unwrap_err().to_string().starts_with("z.npy, byte 128: expected 96 bytes")
            );
        }
    }
}
