//! Reading and writing Parquet where it is built in.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use ndarray::Array2;
use parquet::file::properties::WriterProperties;

use super::columns::NodeColumn;
use super::matrix::Embedding;
use crate::error::{Error, Place};
use crate::format::parquet_file::{self, list_array, list_field, numbers, open, text, unpanicked};
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;

const ID: &str = "id";
const EMBEDDING: &str = "embedding";

pub(super) use super::registry::takes_all as check;

pub(super) fn recognizes(path: &Path) -> bool {
    unpanicked(path, || Ok(columns(&*parquet_file::schema(path)?).is_ok())).unwrap_or(false)
}

pub(super) fn read(path: &Path) -> Result<Embedding, Error> {
    unpanicked(path, || read_columns(path, MemoryLimit::default()))
}

/// What was expected, and what was found.
type Fault = (String, String);

/// The places of the two columns; what there is instead, where they are of other types.
fn columns(schema: &Schema) -> Result<[usize; 2], Fault> {
    let wrong = |expected: &str, found: Option<(usize, &Field)>| {
        let found = found.map_or_else(
            || "no such column".to_string(),
            |(_, field)| format!("the type {}", field.data_type()),
        );
        Err((expected.to_string(), found))
    };
    let id = schema.column_with_name(ID);
    let Some((id, _)) = id.filter(|(_, field)| {
        let kind = field.data_type();
        kind == &DataType::Utf8View || kind.is_integer()
    }) else {
        return wrong("a column id of words or whole numbers", id);
    };
    let embedding = schema.column_with_name(EMBEDDING);
    let Some((embedding, _)) = embedding.filter(|(_, field)| {
        matches!(field.data_type(), DataType::List(item)
            if matches!(item.data_type(), DataType::Float32 | DataType::Float64))
    }) else {
        return wrong("a column embedding of lists of 32 or 64 bit floats", embedding);
    };
    Ok([id, embedding])
}

fn read_columns(path: &Path, limit: MemoryLimit) -> Result<Embedding, Error> {
    let malformed = |(expected, found): Fault| Error::malformed(Place::whole(path), expected, found);
    let file = open(path, limit)?;
    let columns = columns(file.schema()).map_err(malformed)?;
    // A value that is repeated takes no bytes in the file: what it unpacks to is bounded.
    let max_bytes = limit.max_unpacked(file.len());
    let mut rows = Rows::default();
    for batch in file.batches(columns)? {
        let batch = batch?;
        let (ids, lists) = arrays(&batch).map_err(malformed)?;
        for place in 0..batch.num_rows() {
            rows.push(ids, lists, place).map_err(malformed)?;
            if rows.num_bytes() > max_bytes {
                let what =
                    format!("more than {max_bytes} bytes of ids or numbers in a file of {}", file.len());
                return Err(Error::refused(Place::whole(path), what));
            }
        }
    }
    let Rows { ids, ends, values, width } = rows;
    let matrix =
        Array2::from_shape_vec((ends.len(), width), values).expect("each list is as long as the first");
    Embedding::from_rows(NodeIds::from_text(ids, ends), matrix).map_err(|error| error.in_file(path))
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
    /// Adds a row of a batch.
    fn push(&mut self, ids: &ArrayRef, lists: &ListArray, place: usize) -> Result<(), Fault> {
        let row = self.ends.len();
        self.ids.push_str(&text(ids, place));
        self.ends.push(self.ids.len());
        let list = lists.value(place);
        if row == 0 {
            self.width = list.len();
        }
        if list.len() != self.width {
            let expected = format!("{} numbers in row {row}, as in the first", self.width);
            return Err((expected, list.len().to_string()));
        }
        let values = numbers(&list).map_err(|(column, fault)| {
            (format!("{} in row {row}, column {column}", fault.expected), fault.found)
        })?;
        self.values.extend(values);
        Ok(())
    }

    fn num_bytes(&self) -> u64 {
        self.ids.len().max(4 * self.values.len()) as u64
    }
}

/// The two columns of a batch.
fn arrays(batch: &RecordBatch) -> Result<(&ArrayRef, &ListArray), Fault> {
    let of_name = |name: &str| {
        let column = batch.column_by_name(name);
        column.ok_or_else(|| (format!("a column {name}"), "none".to_string()))
    };
    let (ids, lists) = (of_name(ID)?, of_name(EMBEDDING)?);
    let lists: &ListArray = lists.as_list_opt().ok_or_else(|| ("lists".into(), "another type".into()))?;
    if ids.null_count() + lists.null_count() + lists.values().null_count() > 0 {
        return Err(("values everywhere".to_string(), "nulls".to_string()));
    }
    Ok((ids, lists))
}

pub(super) fn write(embedding: &Embedding, _: &[NodeColumn<'_>], path: &Path) -> Result<(), Error> {
    let width = embedding.rows().ncols();
    let values = embedding.rows().as_slice().expect("rows stand one after the other since `from_rows`");
    // Numbers of an embedding hardly repeat.
    let properties = WriterProperties::builder().set_dictionary_enabled(false).build();
    let fields = vec![list_field(EMBEDDING, width)?];
    parquet_file::write(path, properties, embedding.ids(), fields, width, |rows| {
        vec![list_array(values[rows.start * width..rows.end * width].to_vec(), width)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::builder::{Float64Builder, ListBuilder};
    use arrow_array::{Float64Array, StringArray, UInt64Array};
    use ndarray::array;
    use parquet::arrow::ArrowWriter;
    use std::fs::File;
    use std::path::PathBuf;
    use std::sync::Arc;

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
        let num_rows = (1 << 16) + 3;
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
            "z.parquet: expected a finite number in row 1, column 0, found inf"
        );
        let nulls: ArrayRef = Arc::new(UInt64Array::from(vec![Some(1), None]));
        assert_eq!(
            message(vec![("id", nulls), ("embedding", lists(&[&[1.0], &[2.0]]))]),
            "z.parquet: expected values everywhere, found nulls"
        );
    }

    #[test]
    fn a_file_that_breaks_off_or_unpacks_to_far_more_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let num_rows = 4 << 20;
        let ids: ArrayRef = Arc::new(UInt64Array::from(vec![7; num_rows]));
        let row: &[f64] = &[0.5];
        let path = file(folder.path(), vec![("id", ids), ("embedding", lists(&vec![row; num_rows]))]);
        let message = || read_columns(&path, MemoryLimit::bytes(0)).unwrap_err().to_string();
        assert!(message().starts_with("z.parquet: refused more than "), "{}", message());
        assert!(message().ends_with("; `--max-memory` raises the limit"), "{}", message());
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        assert!(
            message().starts_with(
                "z.parquet: expected a Parquet file, which ends in its footer and PAR1, found another end"
            ),
            "{}",
            message()
        );
    }

    #[test]
    fn a_page_that_claims_more_than_it_holds_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c"]));
        let path = file(folder.path(), vec![("id", ids), ("embedding", lists(&[&[0.5], &[1.0], &[2.0]]))]);
        let mut bytes = std::fs::read(&path).unwrap();
        // The first page is the dictionary of ids: type, len, packed_len, then its values, 3, as a zigzag number.
        let values = bytes.windows(4).position(|window| window == [0x4c, 0x15, 0x06, 0x15]).unwrap() + 2;
        bytes[values] = 0x7e;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(
            read(&path).unwrap_err().to_string(),
            "z.parquet, byte 4: expected a dictionary of at most 3 values, found 63"
        );
    }

    #[test]
    fn one_long_id_named_by_every_row_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(1 << 16);
        let ids: ArrayRef = Arc::new(StringArray::from(vec![long.as_str(); 1000]));
        let row: &[f64] = &[0.5];
        let path = file(folder.path(), vec![("id", ids), ("embedding", lists(&[row; 1000]))]);
        let message = read_columns(&path, MemoryLimit::bytes(0)).unwrap_err().to_string();
        assert!(message.starts_with("z.parquet: refused more than "), "{message}");
        assert!(message.contains(" bytes of ids or numbers in a file of "), "{message}");
    }
}
