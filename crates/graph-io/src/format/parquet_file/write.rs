//! Tables of ids and further columns, written as Parquet.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::error::Error;
use crate::format::output::write_file;
use crate::node_ids::NodeIds;

/// About how many values are made at a time.
const BATCH_VALUES: usize = 1 << 20;
const MAX_BATCH_ROWS: usize = 1 << 16;

/// Writes the column `id`, then the columns of `fields`, whose arrays `columns` makes for a range of rows with about
/// `row_len` values each.
///
/// # Errors
/// A path that cannot be written.
pub(crate) fn write(
    path: &Path,
    properties: WriterProperties,
    ids: &NodeIds,
    fields: Vec<Field>,
    row_len: usize,
    columns: impl Fn(Range<usize>) -> Vec<ArrayRef>,
) -> Result<(), Error> {
    let mut numbers = ids.numbers();
    let id_type = if numbers.is_some() { DataType::UInt64 } else { DataType::Utf8 };
    let mut all_fields = vec![Field::new("id", id_type, false)];
    all_fields.extend(fields);
    let schema = Arc::new(Schema::new(all_fields));
    let batch_rows = (BATCH_VALUES / row_len.max(1)).clamp(1, MAX_BATCH_ROWS);
    write_file(path, |out| {
        let mut writer =
            ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(io::Error::other)?;
        for start in (0..ids.len()).step_by(batch_rows) {
            let rows = start..(start + batch_rows).min(ids.len());
            let names = rows.clone().map(|row| ids.get(row as u32));
            let own: ArrayRef = match &mut numbers {
                Some(numbers) => Arc::new(UInt64Array::from_iter_values(numbers.take(rows.len()))),
                None => Arc::new(StringArray::from_iter_values(names)),
            };
            let mut arrays = vec![own];
            arrays.extend(columns(rows));
            let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(io::Error::other)?;
            writer.write(&batch).map_err(io::Error::other)?;
        }
        writer.close().map(drop).map_err(io::Error::other)
    })
}

/// A column of lists of so many f32.
///
/// # Errors
/// More than a list can have.
pub(crate) fn list_field(name: &str, list_len: usize) -> Result<Field, Error> {
    match i32::try_from(list_len) {
        Ok(list_len) => Ok(Field::new(name, DataType::FixedSizeList(item(), list_len), false)),
        Err(_) => Err(Error::invalid(name, "fewer than 2^31 columns", list_len.to_string())),
    }
}

/// Lists of the length that [`list_field`] took, one after the other.
pub(crate) fn list_array(values: Vec<f32>, list_len: usize) -> ArrayRef {
    Arc::new(FixedSizeListArray::new(item(), list_len as i32, Arc::new(Float32Array::from(values)), None))
}

fn item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, false))
}
