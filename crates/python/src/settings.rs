//! Python's dictionaries as the tables of a config file.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use toml::{Table, Value};

/// The table of a dictionary; a key whose value is `None` is left out.
///
/// # Errors
/// `TypeError` for a key that is not a string, or a value that no config file can hold.
pub(crate) fn table(dictionary: &Bound<'_, PyDict>) -> PyResult<Table> {
    let mut table = Table::new();
    for (key, value) in dictionary {
        let key: String = key.extract()?;
        if !value.is_none() {
            table.insert(key.clone(), value_of(&key, &value)?);
        }
    }
    Ok(table)
}

fn value_of(key: &str, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    if value.is_instance_of::<PyBool>() {
        return Ok(Value::Boolean(value.extract()?));
    }
    if value.is_instance_of::<PyInt>() {
        let number: i64 = value.extract().map_err(|_| {
            PyValueError::new_err(format!("{key}: expected a whole number below 2⁶³, found {value}"))
        })?;
        return Ok(Value::Integer(number));
    }
    if value.is_instance_of::<PyFloat>() {
        return Ok(Value::Float(value.extract()?));
    }
    if value.is_instance_of::<PyString>() {
        return Ok(Value::String(value.extract()?));
    }
    if let Ok(dictionary) = value.cast::<PyDict>() {
        return Ok(Value::Table(table(dictionary)?));
    }
    // Numbers of NumPy are none of Python's own.
    if value.hasattr("__index__")? {
        return Ok(Value::Integer(value.call_method0("__index__")?.extract()?));
    }
    if let Ok(items) = value.try_iter() {
        let items = items.map(|item| value_of(key, &item?)).collect::<PyResult<Vec<Value>>>()?;
        return Ok(Value::Array(items));
    }
    if value.hasattr("__float__")? {
        return Ok(Value::Float(value.extract()?));
    }
    if value.hasattr("__fspath__")? {
        return Ok(Value::String(value.call_method0("__fspath__")?.extract()?));
    }
    let found = value.get_type().qualname()?;
    Err(PyTypeError::new_err(format!(
        "{key}: expected a number, a word, a list or a dictionary, found {found}"
    )))
}

/// A table of a config file as a dictionary.
pub(crate) fn dictionary<'py>(py: Python<'py>, table: &Table) -> PyResult<Bound<'py, PyAny>> {
    let dictionary = PyDict::new(py);
    for (key, value) in table {
        dictionary.set_item(key, object(py, value)?)?;
    }
    Ok(dictionary.into_any())
}

fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Boolean(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Integer(value) => value.into_pyobject(py)?.into_any(),
        Value::Float(value) => value.into_pyobject(py)?.into_any(),
        Value::String(value) => PyString::new(py, value).into_any(),
        Value::Datetime(value) => PyString::new(py, &value.to_string()).into_any(),
        Value::Table(table) => dictionary(py, table)?,
        Value::Array(items) => {
            let items = items.iter().map(|item| object(py, item)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, items)?.into_any()
        }
    })
}
