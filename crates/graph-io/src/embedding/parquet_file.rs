//! Reading and writing Parquet where it is built in.

use std::fs::File;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, Float32Array, ListArray, RecordBatch, StringArray, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};
use ndarray::Array2;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterProperties;

use super::columns::NodeColumn;
use super::matrix::Embedding;
use crate::error::{Error, Place};
use crate::node_ids::NodeIds;

const ID: &str = "id";
const EMBEDDING: &str = "embedding";
/// Rows of a group that is written at once.
const ROWS_AT_ONCE: usize = 1 << 14;

pub(super) fn recognizes(path: &Path) -> bool {
    let columns = unpanicked(path, || Ok(column_types(open(path)?.schema()).is_ok()));
    columns.unwrap_or(false)
}

pub(super) fn read(path: &Path) -> Result<Embedding, Error> {
    unpanicked(path, || read_columns(path))
}

/// The library checks most of what a file says and panics on the rest: that is an error of the file as well.
fn unpanicked<T>(path: &Path, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Error::malformed(
            Place::whole(path),
            "a file of Apache Parquet",
            "one on which its library breaks down",
        ))
    })
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
    let file = File::open(path).map_err(|source| Error::io(path, source))?;
    // What the file says of itself in Arrow's words adds nothing to these columns.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|error| Error::malformed(Place::whole(path), "a file of Apache Parquet", error.to_string()))
}

/// Checks the types of the two columns; what there is instead, where they are others.
fn column_types(schema: &Schema) -> Result<(), (String, String)> {
    let type_of = |name: &str| schema.field_with_name(name).ok().map(Field::data_type);
    let wrong = |expected: &str, found: Option<&DataType>| {
        let found = found.map_or_else(|| "no such column".to_string(), |found| format!("the type {found}"));
        Err((expected.to_string(), found))
    };
    let id = type_of(ID);
    if !matches!(
        id,
        Some(DataType::Utf8 | DataType::UInt64 | DataType::Int64 | DataType::UInt32 | DataType::Int32)
    ) {
        return wrong("a column id of words or whole numbers", id);
    }
    let embedding = type_of(EMBEDDING);
    let is_list = matches!(embedding, Some(DataType::List(item))
        if matches!(item.data_type(), DataType::Float32 | DataType::Float64));
    if is_list { Ok(()) } else { wrong("a column embedding of lists of 32 or 64 bit floats", embedding) }
}

fn read_columns(path: &Path) -> Result<Embedding, Error> {
    let whole = || Place::whole(path);
    let builder = open(path)?;
    column_types(builder.schema()).map_err(|(expected, found)| Error::malformed(whole(), expected, found))?;
    let file_len = std::fs::metadata(path).map_err(|source| Error::io(path, source))?.len();
    // A value that is repeated takes no bytes in the file: what it unpacks to is bounded before.
    let max_bytes = (16 << 20) + 8 * file_len;
    let declared = Declared::of(builder.metadata(), file_len)
        .ok_or_else(|| Error::malformed(whole(), "columns within the file", "another place or length"))?;
    let Declared { num_rows, num_values, id_bytes } = declared;
    if num_values.saturating_mul(4).max(num_rows.saturating_mul(8)).max(id_bytes) > max_bytes {
        let what = format!(
            "{num_rows} rows with {num_values} numbers and {id_bytes} bytes of ids in a file of {file_len} bytes"
        );
        return Err(Error::refused(whole(), what));
    }
    let rows_at_once = (max_bytes / id_bytes.max(1)).clamp(1, ROWS_AT_ONCE as u64) as usize;
    let columns = ProjectionMask::columns(builder.parquet_schema(), [ID, EMBEDDING]);
    let fault = |error: String| Error::malformed(whole(), "readable pages of Apache Parquet", error);
    let reader = builder.with_projection(columns).with_batch_size(rows_at_once).build();
    let mut rows = Rows::default();
    for batch in reader.map_err(|error| fault(error.to_string()))? {
        let batch = batch.map_err(|error| fault(error.to_string()))?;
        rows.append(&batch).map_err(|(expected, found)| Error::malformed(whole(), expected, found))?;
        if rows.ids.len() as u64 > max_bytes {
            return Err(Error::refused(
                whole(),
                format!("more than {max_bytes} bytes of ids in a file of {file_len}"),
            ));
        }
    }
    let Rows { ids, ends, values, width } = rows;
    let matrix =
        Array2::from_shape_vec((ends.len(), width), values).expect("each list is as long as the first");
    Embedding::from_rows(NodeIds::from_text(ids, ends), matrix).map_err(|error| error.in_file(path))
}

/// How much a file says that it holds.
struct Declared {
    num_rows: u64,
    num_values: u64,
    /// Bytes of the ids of its largest group of rows.
    id_bytes: u64,
}

impl Declared {
    /// What the footer says; `None` where it says what cannot be, on which the library would panic.
    fn of(metadata: &ParquetMetaData, file_len: u64) -> Option<Self> {
        let count = |number: i64| u64::try_from(number).unwrap_or(u64::MAX);
        for column in metadata.row_groups().iter().flat_map(|group| group.columns()) {
            let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
            let end = count(start).checked_add(count(column.compressed_size()))?;
            if end > file_len || column.num_values() < 0 || column.data_page_offset() < 0 {
                return None;
            }
        }
        let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
        let of = |name: &'static str| {
            columns
                .clone()
                .filter(move |column| column.column_path().parts().first().is_some_and(|part| part == name))
        };
        Some(Self {
            num_rows: count(metadata.file_metadata().num_rows()),
            num_values: of(EMBEDDING)
                .fold(0, |sum: u64, column| sum.saturating_add(count(column.num_values()))),
            id_bytes: of(ID).map(|column| count(column.uncompressed_size())).max().unwrap_or(0),
        })
    }
}

/// The rows read so far.
#[derive(Default)]
struct Rows {
    ids: String,
    ends: Vec<usize>,
    values: Vec<f32>,
    width: usize,
}

impl Rows {
    /// Adds the rows of a batch; what was expected and what was found, where they do not fit.
    fn append(&mut self, batch: &RecordBatch) -> Result<(), (String, String)> {
        let column = |name: &str| {
            let column = batch.column_by_name(name);
            column.ok_or_else(|| (format!("a column {name}"), "none".to_string()))
        };
        let (ids, lists) = (column(ID)?, column(EMBEDDING)?);
        let lists: &ListArray = lists.as_list_opt().ok_or_else(|| other("lists"))?;
        if ids.null_count() + lists.null_count() + lists.values().null_count() > 0 {
            return Err(("values everywhere".to_string(), "nulls".to_string()));
        }
        for row in 0..batch.num_rows() {
            self.push_id(ids, row)?;
            let list = lists.value(row);
            if self.ends.len() == 1 {
                self.width = list.len();
            }
            if list.len() != self.width {
                let expected =
                    format!("{} numbers in row {}, as in the first", self.width, self.ends.len() - 1);
                return Err((expected, list.len().to_string()));
            }
            match (list.as_primitive_opt::<Float32Type>(), list.as_primitive_opt::<Float64Type>()) {
                (Some(values), _) => self.values.extend_from_slice(values.values()),
                (_, Some(values)) => self.values.extend(values.values().iter().map(|&value| value as f32)),
                _ => return Err(other("floats")),
            }
        }
        Ok(())
    }

    fn push_id(&mut self, ids: &ArrayRef, row: usize) -> Result<(), (String, String)> {
        let number = match ids.data_type() {
            DataType::UInt64 => ids.as_primitive::<UInt64Type>().value(row).to_string(),
            DataType::Int64 => ids.as_primitive::<Int64Type>().value(row).to_string(),
            DataType::UInt32 => ids.as_primitive::<UInt32Type>().value(row).to_string(),
            DataType::Int32 => ids.as_primitive::<Int32Type>().value(row).to_string(),
            _ => String::new(),
        };
        let word = ids.as_string_opt::<i32>().map_or(number.as_str(), |words| words.value(row));
        self.ids.push_str(word);
        self.ends.push(self.ids.len());
        Ok(())
    }
}

fn other(expected: &str) -> (String, String) {
    (expected.to_string(), "another type".to_string())
}

pub(super) fn check(_: &NodeIds, _: &[NodeColumn<'_>]) -> Result<(), Error> {
    Ok(())
}

pub(super) fn write(embedding: &Embedding, _: &[NodeColumn<'_>], path: &Path) -> Result<(), Error> {
    crate::format::output::write_file(path, |out| {
        let width = embedding.rows().ncols();
        let width_of_list = i32::try_from(width).map_err(io::Error::other)?;
        let item = Arc::new(Field::new("item", DataType::Float32, false));
        let numbered = embedding.ids().numbers().is_some();
        let schema = Arc::new(Schema::new(vec![
            Field::new(ID, if numbered { DataType::UInt64 } else { DataType::Utf8 }, false),
            Field::new(EMBEDDING, DataType::FixedSizeList(item.clone(), width_of_list), false),
        ]));
        // Numbers of an embedding hardly repeat.
        let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
        let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
        let num_rows = embedding.ids().len();
        let values = embedding.rows().as_slice().expect("rows stand one after the other since `from_rows`");
        for start in (0..num_rows).step_by(ROWS_AT_ONCE) {
            let end = num_rows.min(start + ROWS_AT_ONCE);
            let names = || (start as u32..end as u32).map(|row| embedding.ids().get(row));
            let ids: ArrayRef = match embedding.ids().numbers() {
                Some(numbers) => {
                    Arc::new(UInt64Array::from_iter_values(numbers.skip(start).take(end - start)))
                }
                None => Arc::new(StringArray::from_iter_values(names())),
            };
            let values =
                Arc::new(Float32Array::from_iter_values(values[start * width..end * width].iter().copied()));
            let lists = FixedSizeListArray::try_new(item.clone(), width_of_list, values, None)
                .map_err(io::Error::other)?;
            let batch = RecordBatch::try_new(schema.clone(), vec![ids, Arc::new(lists)]);
            writer.write(&batch.map_err(io::Error::other)?)?;
        }
        writer.close()?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Float64Array;
    use arrow_array::builder::{Float64Builder, ListBuilder};
    use ndarray::array;
    use std::path::PathBuf;

    fn file(folder: &Path, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
        let path = folder.join("z.parquet");
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        path
    }

    fn lists(rows: &[&[f64]]) -> ArrayRef {
        let mut lists = ListBuilder::new(Float64Builder::new());
        for row in rows {
            lists.values().append_slice(row);
            lists.append(true);
        }
        Arc::new(lists.finish())
    }

    #[test]
    fn lists_of_64_bits_and_ids_of_words_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        let more: ArrayRef = Arc::new(Float64Array::from(vec![7.0, 8.0]));
        let path = file(
            folder.path(),
            vec![("more", more), ("embedding", lists(&[&[0.5, 1.0], &[2.0, -3.0]])), ("id", ids)],
        );
        let read = super::super::read(&path).unwrap();
        assert_eq!(read.ids(), &NodeIds::from_names(["a", "b"]));
        assert_eq!(read.rows(), array![[0.5, 1.0], [2.0, -3.0]]);
    }

    #[test]
    fn rows_beyond_one_batch_keep_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("z.parquet");
        let num_rows = ROWS_AT_ONCE + 3;
        let rows = Array2::from_shape_fn((num_rows, 2), |(row, column)| (2 * row + column) as f32);
        for ids in [NodeIds::counted(num_rows), (0..num_rows).map(|row| format!("n{row}")).collect()] {
            let embedding = Embedding::from_rows(ids, rows.clone()).unwrap();
            write(&embedding, &[], &path).unwrap();
            assert_eq!(read(&path).unwrap(), embedding);
        }
    }

    #[test]
    fn other_columns_and_ragged_lists_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message =
            |columns: Vec<(&str, ArrayRef)>| read(&file(folder.path(), columns)).unwrap_err().to_string();
        let ids = || Arc::new(UInt64Array::from(vec![4, 5])) as ArrayRef;
        assert_eq!(
            message(vec![("id", ids()), ("embedding", lists(&[&[1.0, 2.0], &[3.0]]))]),
            "z.parquet: expected 2 numbers in row 1, as in the first, found 1"
        );
        assert_eq!(
            message(vec![("id", ids()), ("x", ids())]),
            "z.parquet: expected a column embedding of lists of 32 or 64 bit floats, found no such column"
        );
        assert_eq!(
            message(vec![("id", lists(&[&[1.0]]))]),
            "z.parquet: expected a column id of words or whole numbers, found the type List(Float64)"
        );
        assert_eq!(
            message(vec![("id", ids()), ("embedding", lists(&[&[1.0], &[f64::MAX]]))]),
            "z.parquet: expected a finite number (embedding, row 1, column 0), found inf"
        );
        let nulls: ArrayRef = Arc::new(UInt64Array::from(vec![Some(1), None]));
        assert_eq!(
            message(vec![("id", nulls), ("embedding", lists(&[&[1.0], &[2.0]]))]),
            "z.parquet: expected values everywhere, found nulls"
        );
    }

    #[test]
    fn a_panic_of_the_library_is_an_error_of_the_file() {
        let broken =
            unpanicked(Path::new("z.parquet"), || -> Result<(), Error> { panic!("shifted too far") });
        assert_eq!(
            broken.unwrap_err().to_string(),
            "z.parquet: expected a file of Apache Parquet, found one on which its library breaks down"
        );
    }

    #[test]
    fn a_file_that_breaks_off_or_unpacks_to_far_more_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let num_rows = 4 << 20;
        let ids: ArrayRef = Arc::new(UInt64Array::from(vec![7; num_rows]));
        let row: &[f64] = &[0.5];
        let path = file(folder.path(), vec![("id", ids), ("embedding", lists(&vec![row; num_rows]))]);
        let message = || read(&path).unwrap_err().to_string();
        let expected = "z.parquet: refused 4194304 rows with 4194304 numbers and ";
        assert!(message().starts_with(expected), "{}", message());
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        assert!(
            message().starts_with("z.parquet: expected a file of Apache Parquet, found "),
            "{}",
            message()
        );
    }
}
