//! Embeddings from anywhere, as NumPy writes them.

use std::path::Path;

use graph_io::NodeDataset;
use ndarray::{Array2, ArrayView2};
use ndarray_npy::{ViewNpyError, ViewNpyExt};

use crate::error::Error;

/// Reads a NumPy file of a matrix, f32 or f64, in C or in Fortran order; f64 is rounded to f32.
///
/// # Errors
/// A file that cannot be read, or that is not such a matrix from its first to its last byte.
pub fn read_embedding(path: &Path) -> Result<Array2<f32>, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let wrong = |found: String| {
        Error::invalid(
            path.display().to_string(),
            "a matrix of 32 or 64 bit floats as NumPy writes it",
            found,
        )
    };
    check_header(&bytes).map_err(|found| wrong(found.to_string()))?;
    // A view is checked against the bytes that are there, so no header makes it allocate; its values must be
    // aligned, as a vector of bytes need not be.
    let mut aligned = vec![0u64; bytes.len().div_ceil(8)];
    let copy: &mut [u8] = bytemuck::cast_slice_mut(&mut aligned);
    let copy = &mut copy[..bytes.len()];
    copy.copy_from_slice(&bytes);
    let bytes = &*copy;
    match ArrayView2::<f32>::view_npy(bytes) {
        Ok(view) => Ok(view.as_standard_layout().into_owned()),
        Err(ViewNpyError::WrongDescriptor(_)) => match ArrayView2::<f64>::view_npy(bytes) {
            Ok(view) => Ok(view.as_standard_layout().mapv(|value| value as f32)),
            Err(error) => Err(wrong(error.to_string())),
        },
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// Refuses what is no NumPy file, and a header so long that it is none of a matrix: reading one is recursive.
fn check_header(bytes: &[u8]) -> Result<(), &'static str> {
    const LONGEST: u32 = 1024;
    let length = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, low, high, ..] => {
            u32::from(u16::from_le_bytes([*low, *high]))
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', _, _, a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => return Err("another kind of file"),
    };
    if length > LONGEST { Err("a header of more than 1024 bytes") } else { Ok(()) }
}

/// Checks that an embedding has one row a node and nothing but finite numbers.
///
/// # Errors
/// Another number of rows; no columns; a value that is NaN or infinite.
pub fn check_embedding(embedding: &Array2<f32>, dataset: &NodeDataset) -> Result<(), Error> {
    let num_nodes = dataset.graph().num_nodes();
    if embedding.nrows() != num_nodes {
        let expected = format!("{num_nodes} rows, one for each node of {}", dataset.name());
        return Err(Error::invalid("embedding", expected, embedding.nrows().to_string()));
    }
    if embedding.ncols() == 0 {
        return Err(Error::invalid("embedding", "at least one column", "none"));
    }
    let not_finite = embedding.indexed_iter().find(|(_, value)| !value.is_finite());
    not_finite.map_or(Ok(()), |((row, column), value)| {
        let what = format!("embedding, row {row}, column {column}");
        Err(Error::invalid(what, "a finite number", value.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, ShapeBuilder, array};
    use ndarray_npy::{WritableElement, WriteNpyExt};
    use std::path::PathBuf;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self, bytes: &[u8]) -> PathBuf {
            let path = self.0.path().join("z.npy");
            std::fs::write(&path, bytes).unwrap();
            path
        }

        fn message(&self, bytes: &[u8]) -> String {
            let message = read_embedding(&self.file(bytes)).unwrap_err().to_string();
            let expected = "/z.npy: expected a matrix of 32 or 64 bit floats as NumPy writes it, found ";
            message.split_once(expected).expect(&message).1.to_string()
        }
    }

    fn npy<T: WritableElement + Clone>(matrix: &Array2<T>) -> Vec<u8> {
        let mut bytes = Vec::new();
        matrix.write_npy(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn both_widths_and_both_orders_are_read() {
        let matrix = array![[1.0f32, 2.0, 3.0], [-4.0, 5.5, 0.25]];
        let mut fortran = Array2::zeros((2, 3).f());
        fortran.assign(&matrix);
        let folder = Folder::new();
        for bytes in
            [npy(&matrix), npy(&fortran), npy(&matrix.mapv(f64::from)), npy(&fortran.mapv(f64::from))]
        {
            let read = read_embedding(&folder.file(&bytes)).unwrap();
            assert_eq!(read, matrix);
            assert!(read.is_standard_layout());
        }
        let fortran = npy(&fortran);
        assert!(String::from_utf8_lossy(&fortran[..80]).contains("'fortran_order': True"));
    }

    #[test]
    fn files_that_are_no_such_matrix_are_refused() {
        let folder = Folder::new();
        let whole = npy(&array![[1.0f32, 2.0], [3.0, 4.0]]);
        assert_eq!(folder.message(b"PK\x03\x04"), "another kind of file");
        assert_eq!(folder.message(b""), "another kind of file");
        for length in [7, 20, whole.len() - 1] {
            assert!(!folder.message(&whole[..length]).is_empty());
        }
        let truncated = folder.message(&whole[..whole.len() - 3]);
        assert!(truncated.contains("missing 3 bytes"), "{truncated}");
        assert!(folder.message(&[&whole[..], &[0]].concat()).contains("extra"), "one byte too many");
        assert!(folder.message(&npy(&array![[1u8, 2]])).contains("descriptor"), "bytes");
        let mut vector = Vec::new();
        Array1::<f32>::zeros(4).write_npy(&mut vector).unwrap();
        assert!(folder.message(&vector).contains("ndim"), "a vector");
    }

    #[test]
    fn a_header_that_lies_about_its_length_or_shape_allocates_nothing() {
        let folder = Folder::new();
        let header = |text: &str| {
            let length = (text.len() as u32).to_le_bytes();
            [b"\x93NUMPY\x02\x00".as_slice(), &length, text.as_bytes()].concat()
        };
        let huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 1000), }\n";
        assert!(folder.message(&header(huge)).contains("missing"), "a shape of terabytes");
        let nested = "(".repeat(1024);
        assert!(!folder.message(&header(&nested)).is_empty());
        assert_eq!(folder.message(&header(&"(".repeat(1025))), "a header of more than 1024 bytes");
        assert_eq!(folder.message(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), "a header of more than 1024 bytes");
    }

    #[test]
    fn an_embedding_that_does_not_fit_its_data_set_is_refused() {
        let cora = graph_io::load("cora", None).unwrap();
        let message = |embedding: Array2<f32>| check_embedding(&embedding, &cora).unwrap_err().to_string();
        assert_eq!(
            message(Array2::zeros((3, 4))),
            "embedding: expected 2708 rows, one for each node of cora, found 3"
        );
        assert_eq!(message(Array2::zeros((2708, 0))), "embedding: expected at least one column, found none");
        let mut embedding = Array2::zeros((2708, 4));
        embedding[[7, 2]] = f32::NAN;
        assert_eq!(message(embedding), "embedding, row 7, column 2: expected a finite number, found NaN");
    }
}
