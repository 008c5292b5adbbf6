//! NumPy's arrays as the library's numbers, and back.

use graph_io::CsrMatrix;
use ndarray::Array2;
use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// Whole numbers in one of the types that Python's libraries keep indices in.
#[derive(FromPyObject)]
pub(crate) enum Integers<'py> {
    #[pyo3(transparent)]
    I32(PyReadonlyArray1<'py, i32>),
    #[pyo3(transparent)]
    I64(PyReadonlyArray1<'py, i64>),
    #[pyo3(transparent)]
    U32(PyReadonlyArray1<'py, u32>),
}

/// Contiguous whole numbers that need no Python.
#[derive(Clone, Copy)]
pub(crate) enum IntegerSlice<'a> {
    I32(&'a [i32]),
    I64(&'a [i64]),
    U32(&'a [u32]),
}

impl Integers<'_> {
    /// The numbers without a copy.
    ///
    /// # Errors
    /// `ValueError` for an array with gaps.
    pub(crate) fn slice(&self) -> PyResult<IntegerSlice<'_>> {
        Ok(match self {
            Self::I32(array) => IntegerSlice::I32(array.as_slice().map_err(gaps)?),
            Self::I64(array) => IntegerSlice::I64(array.as_slice().map_err(gaps)?),
            Self::U32(array) => IntegerSlice::U32(array.as_slice().map_err(gaps)?),
        })
    }
}

fn gaps(_: impl std::fmt::Debug) -> PyErr {
    PyValueError::new_err("expected an array whose numbers stand one after the other, found one with gaps")
}

impl IntegerSlice<'_> {
    /// The numbers as node indices, in one copy.
    ///
    /// # Errors
    /// The place and the value of the first that is not in `0..limit`.
    pub(crate) fn to_indices(self, limit: usize) -> Result<Vec<u32>, (usize, i64)> {
        // A block is checked as a whole, so that both loops are vector code.
        fn convert<T: Copy + PartialOrd>(
            values: &[T],
            is_fine: impl Fn(T) -> bool,
            index: impl Fn(T) -> u32,
            found: impl Fn(T) -> i64,
        ) -> Result<Vec<u32>, (usize, i64)> {
            let mut indices = Vec::with_capacity(values.len());
            for (block, chunk) in values.chunks(4096).enumerate() {
                if !chunk.iter().fold(true, |fine, value| fine & is_fine(*value)) {
                    let place = chunk.iter().position(|value| !is_fine(*value)).expect("one is not fine");
                    return Err((4096 * block + place, found(chunk[place])));
                }
                indices.extend(chunk.iter().map(|value| index(*value)));
            }
            Ok(indices)
        }
        let limit = limit.min(1 << 31) as u32;
        match self {
            // A negative number is a large one without its sign.
            Self::I32(values) => {
                convert(values, |value| (value as u32) < limit, |value| value as u32, |value| value.into())
            }
            Self::I64(values) => convert(
                values,
                |value| (value as u64) < u64::from(limit),
                |value| value as u32,
                |value| value,
            ),
            Self::U32(values) => convert(values, |value| value < limit, |value| value, |value| value.into()),
        }
    }

    /// The numbers as sizes.
    ///
    /// # Errors
    /// The place and the value of the first that is negative.
    pub(crate) fn to_sizes(self) -> Result<Vec<usize>, (usize, i64)> {
        let number = |(place, value): (usize, i64)| usize::try_from(value).map_err(|_| (place, value));
        match self {
            Self::I32(values) => {
                values.iter().map(|value| i64::from(*value)).enumerate().map(number).collect()
            }
            Self::I64(values) => values.iter().copied().enumerate().map(number).collect(),
            Self::U32(values) => {
                values.iter().map(|value| i64::from(*value)).enumerate().map(number).collect()
            }
        }
    }

    /// The numbers as they are.
    pub(crate) fn to_i64(self) -> Vec<i64> {
        match self {
            Self::I32(values) => values.iter().map(|value| i64::from(*value)).collect(),
            Self::I64(values) => values.to_vec(),
            Self::U32(values) => values.iter().map(|value| i64::from(*value)).collect(),
        }
    }
}

/// Numbers of 32 or 64 bits.
#[derive(FromPyObject)]
pub(crate) enum Floats<'py> {
    #[pyo3(transparent)]
    F32(PyReadonlyArray1<'py, f32>),
    #[pyo3(transparent)]
    F64(PyReadonlyArray1<'py, f64>),
}

impl Floats<'_> {
    /// The numbers in 32 bits, in one copy.
    pub(crate) fn to_f32(&self) -> Vec<f32> {
        match self {
            Self::F32(array) => array.as_array().to_vec(),
            Self::F64(array) => array.as_array().iter().map(|value| *value as f32).collect(),
        }
    }
}

/// A table of numbers of 32 or 64 bits.
#[derive(FromPyObject)]
pub(crate) enum FloatTable<'py> {
    #[pyo3(transparent)]
    F32(PyReadonlyArray2<'py, f32>),
    #[pyo3(transparent)]
    F64(PyReadonlyArray2<'py, f64>),
}

impl FloatTable<'_> {
    /// The numbers in 32 bits, row after row, in one copy.
    pub(crate) fn to_f32(&self) -> Array2<f32> {
        match self {
            Self::F32(array) => array.as_array().as_standard_layout().into_owned(),
            Self::F64(array) => array.as_array().map(|value| *value as f32).as_standard_layout().into_owned(),
        }
    }
}

/// A table of 32-bit numbers.
///
/// # Errors
/// `TypeError` for another array.
pub(crate) fn f32_table<'py>(what: &str, array: &Bound<'py, PyAny>) -> PyResult<PyReadonlyArray2<'py, f32>> {
    array.extract().map_err(|_| {
        let found = match array.cast::<PyUntypedArray>() {
            Ok(array) => format!("{} dimensions of {}", array.ndim(), array.dtype()),
            Err(_) => array.get_type().to_string(),
        };
        PyTypeError::new_err(format!("{what}: expected an array [nodes, width] of float32, found {found}"))
    })
}

/// Row pointers, columns and values, as `scipy.sparse.csr_array` takes them.
pub(crate) type CsrArrays<'py> =
    (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<f32>>);

/// A matrix as arrays of NumPy.
pub(crate) fn csr_arrays<'py>(py: Python<'py>, matrix: &CsrMatrix) -> CsrArrays<'py> {
    let pointers = matrix.indptr().raw_storage().iter().map(|pointer| *pointer as i64).collect();
    // Indices are below 2³¹, as a data set is checked for.
    let columns = matrix.indices().iter().map(|column| *column as i32).collect();
    let values = matrix.data().to_vec();
    (PyArray1::from_vec(py, pointers), PyArray1::from_vec(py, columns), PyArray1::from_vec(py, values))
}
