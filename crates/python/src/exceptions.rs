//! The library's errors as exceptions of Python.

use std::error::Error as StdError;

use pyo3::PyErr;
use pyo3::exceptions::{
    PyFileNotFoundError, PyKeyboardInterrupt, PyMemoryError, PyOSError, PyRuntimeError, PyValueError,
};

/// The exception that an error is for Python: `MemoryError` for a run that cannot fit, `OSError` for files that cannot be read or
/// written, `RuntimeError` for a training that broke down, `ValueError` for input that is not what it should be.
pub(crate) fn exception(error: impl Into<harness::Error>) -> PyErr {
    let error = error.into();
    let text = message(&error);
    match &error {
        harness::Error::Memory { .. } => PyMemoryError::new_err(text),
        harness::Error::Threads { .. } => PyRuntimeError::new_err(text),
        error if is_interruption(error) => PyKeyboardInterrupt::new_err(text),
        error => match system_error(error) {
            Some(io) if io.kind() == std::io::ErrorKind::NotFound => PyFileNotFoundError::new_err(text),
            Some(_) => PyOSError::new_err(text),
            None if broke_down(error) => PyRuntimeError::new_err(text),
            None => PyValueError::new_err(text),
        },
    }
}

/// An error with its causes in one line.
pub(crate) fn message(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(error.to_string().trim_end());
        cause = error.source();
    }
    text
}

fn is_interruption(error: &harness::Error) -> bool {
    matches!(error, harness::Error::Embedder(embedders::Error::Interrupted))
}

/// What the system said, where a file is at fault.
fn system_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a std::io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// Whether the input is fine and a training ended without a result.
fn broke_down(error: &harness::Error) -> bool {
    use embedders::Error::{Loss, LossNotFinite, NotConverged};
    match error {
        harness::Error::Seed { source, .. } => broke_down(source),
        harness::Error::Embedder(Loss { .. } | LossNotFinite { .. } | NotConverged { .. }) => true,
        _ => false,
    }
}
