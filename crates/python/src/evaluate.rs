//! Evaluating embeddings from anywhere.

use evaluation::Rows;
use harness::{Evaluation, Evaluator, Protocol};
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::json;

use crate::arrays::f32_table;
use crate::dataset::Dataset;
use crate::exceptions::exception;
use crate::threads::in_pool;

/// Scores as JSON, and the class predicted for each node.
#[pyfunction]
pub(crate) fn evaluate<'py>(
    py: Python<'py>,
    embedding: &Bound<'py, PyAny>,
    dataset: &Dataset,
    protocol: Option<&str>,
    seed: u64,
) -> PyResult<(String, Bound<'py, PyArray1<i64>>)> {
    let array = f32_table("embedding", embedding)?;
    let rows = array.as_array();
    let data = &dataset.data;
    let protocol = match protocol {
        None => Protocol::default_for(data),
        Some(name) => Protocol::named(name).ok_or_else(|| {
            let known: Vec<&str> = Protocol::ALL.iter().map(|protocol| protocol.name()).collect();
            PyValueError::new_err(format!("protocol: expected one of {}, found {name:?}", known.join(", ")))
        })?,
    };
    let num_nodes = data.graph().num_nodes();
    if rows.nrows() != num_nodes {
        let expected = format!("{num_nodes} rows, one for each node");
        return Err(PyValueError::new_err(format!("embedding: expected {expected}, found {}", rows.nrows())));
    }
    let evaluate = || {
        let split = protocol.split(data, seed)?;
        let evaluator = Evaluator::new(data, &split, &protocol.probe())?;
        Ok::<_, harness::Error>(evaluator.evaluate_in_full(&Rows::dense(rows))?)
    };
    let found = py.detach(|| in_pool(0, evaluate)).map_err(exception)?.map_err(exception)?;
    let Evaluation { scores, probe, predicted, confusion } = found;
    let text = json!({
        "protocol": protocol,
        "seed": seed,
        "val_acc": scores.val_acc,
        "test_acc": scores.test_acc,
        "test_macro_f1": scores.test_macro_f1,
        "probe": probe,
        "confusion": confusion,
    });
    let predicted = predicted.into_iter().map(|class| class as i64).collect();
    Ok((text.to_string(), PyArray1::from_vec(py, predicted)))
}
