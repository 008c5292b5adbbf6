//! Embeddings as files.

use std::path::PathBuf;

use graph_io::embedding::{EmbeddingFormat, formats};
use graph_io::{Embedding, NodeIds};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::arrays::f32_table;
use crate::exceptions::exception;

/// Writes an embedding with its ids, in a format of a name, or in that which the path ends as.
#[pyfunction]
pub(crate) fn write_embedding(
    py: Python<'_>,
    embedding: &Bound<'_, PyAny>,
    ids: Vec<String>,
    path: PathBuf,
    format: Option<&str>,
) -> PyResult<()> {
    let rows = f32_table("embedding", embedding)?.as_array().to_owned();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let found = match format {
        Some(format) => EmbeddingFormat::named(format),
        None => formats().iter().find(|format| format.has_ending_of(&name)),
    };
    let found = found.ok_or_else(|| {
        let known: Vec<&str> = formats().iter().map(|format| format.name).collect();
        let found = format.unwrap_or(&name);
        PyValueError::new_err(format!("format: expected one of {}, found {found:?}", known.join(", ")))
    })?;
    py.detach(|| {
        let embedding = Embedding::from_rows(NodeIds::from_names(ids), rows)?;
        found.write(&embedding, &path)
    })
    .map_err(exception)
}
