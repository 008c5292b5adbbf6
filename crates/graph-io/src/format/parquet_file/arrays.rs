//! Cells of Arrow arrays, as text and as numbers.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::format::node_table::Fault;

/// Whether a type is a number or true and false.
pub(crate) fn is_number(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64
            | DataType::Float16
            | DataType::Float32
            | DataType::Float64
    )
}

/// Whether a type can be told as text.
pub(crate) fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8View | DataType::Null) || is_number(kind)
}

/// A cell as text, empty where there is nothing.
pub(crate) fn text(array: &dyn Array, row: usize) -> Cow<'_, str> {
    if array.is_null(row) {
        return Cow::Borrowed("");
    }
    Cow::Owned(match array.data_type() {
        DataType::Utf8View => return Cow::Borrowed(array.as_string_view().value(row)),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).to_string(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).to_string(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().value(row).to_string(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().value(row).to_string(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().value(row).to_string(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Float16 => array.as_primitive::<Float16Type>().value(row).to_string(),
        DataType::Float32 => array.as_primitive::<Float32Type>().value(row).to_string(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).to_string(),
        _ => return Cow::Borrowed(""),
    })
}

/// The values of an array of numbers, NaN where there is nothing; a fault with its row for an infinite one.
pub(crate) fn numbers(array: &ArrayRef) -> Result<Vec<f32>, (usize, Fault)> {
    let mut values: Vec<f32> = match array.data_type() {
        DataType::Boolean => (0..array.len()).map(|row| array.as_boolean().value(row).into()).collect(),
        DataType::Int8 => array.as_primitive::<Int8Type>().values().iter().map(|&v| v.into()).collect(),
        DataType::Int16 => array.as_primitive::<Int16Type>().values().iter().map(|&v| v.into()).collect(),
        DataType::Int32 => array.as_primitive::<Int32Type>().values().iter().map(|&v| v as f32).collect(),
        DataType::Int64 => array.as_primitive::<Int64Type>().values().iter().map(|&v| v as f32).collect(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().values().iter().map(|&v| v.into()).collect(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().values().iter().map(|&v| v.into()).collect(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().values().iter().map(|&v| v as f32).collect(),
        DataType::UInt64 => array.as_primitive::<UInt64Type>().values().iter().map(|&v| v as f32).collect(),
        DataType::Float16 => {
            array.as_primitive::<Float16Type>().values().iter().map(|v| v.to_f32()).collect()
        }
        DataType::Float32 => array.as_primitive::<Float32Type>().values().to_vec(),
        DataType::Float64 => array.as_primitive::<Float64Type>().values().iter().map(|&v| v as f32).collect(),
        // Columns of other types are refused by the schema.
        other => return Err((0, Fault::new("a finite number", other.to_string()))),
    };
    if array.null_count() > 0 {
        let nothing = values.iter_mut().enumerate().filter(|(row, _)| array.is_null(*row));
        nothing.for_each(|(_, value)| *value = f32::NAN);
    }
    match values.iter().position(|value| value.is_infinite()) {
        Some(row) => Err((row, Fault::new("a finite number", values[row].to_string()))),
        None => Ok(values),
    }
}
