//! Apache Parquet, its sizes held to the bytes that are there before anything is read by them.

mod arrays;
mod guard;
mod pages;
mod write;

pub(crate) use arrays::{is_number, is_text, numbers, text};
pub(crate) use write::{list_array, list_field, write};

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::reader::ChunkReader;

use self::guard::{Sizes, check_footer, check_pages};
use super::quoted::cut;
use crate::error::{Error, Place};
use crate::memory_limit::MemoryLimit;

/// About how many cells a batch of rows has.
const BATCH_CELLS: usize = 1 << 18;
const MAX_BATCH_ROWS: usize = 1 << 13;

/// A file in memory whose sizes are checked.
pub(crate) struct ParquetFile<B> {
    bytes: B,
    metadata: ArrowReaderMetadata,
    sizes: Sizes,
    path: PathBuf,
}

/// Opens a file and checks its footer and the headers of all its pages.
///
/// # Errors
/// A path that cannot be read; no Parquet file; sizes that its bytes do not bear out.
pub(crate) fn open(
    path: &Path,
    limit: MemoryLimit,
) -> Result<ParquetFile<impl ChunkReader + Clone + use<>>, Error> {
    let source = File::open(path).map_err(|error| Error::io(path, error))?;
    let len = source.metadata().map_err(|error| Error::io(path, error))?.len();
    // As one piece of memory: by the file itself every page of every column would open it again.
    let bytes = source.get_bytes(0, len as usize).map_err(|error| malformed(error, path))?;
    let metadata = metadata(&bytes, path)?;
    let sizes = check_pages(&bytes, metadata.metadata(), path, limit)?;
    Ok(ParquetFile { bytes, metadata, sizes, path: path.to_path_buf() })
}

/// The columns of a file, of which nothing else is read.
///
/// # Errors
/// As [`open`], but for what the pages say.
pub(crate) fn schema(path: &Path) -> Result<SchemaRef, Error> {
    let source = File::open(path).map_err(|error| Error::io(path, error))?;
    Ok(metadata(&source, path)?.schema().clone())
}

fn metadata(source: &impl ChunkReader, path: &Path) -> Result<ArrowReaderMetadata, Error> {
    check_footer(source, path)?;
    // The schema is that of Parquet itself: Arrow's own, stored beside it, could claim lists of any length.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(source, options).map_err(|error| malformed(error, path))?;
    // Text as views of its page: a long entry of a dictionary, named by every row, is there once.
    let fields: Vec<Field> = metadata.schema().fields().iter().map(|field| with_views(field)).collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).map_err(|error| malformed(error, path))
}

fn with_views(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => field.clone().with_data_type(DataType::Utf8View),
        _ => field.clone(),
    }
}

impl<B: ChunkReader + Clone + 'static> ParquetFile<B> {
    /// The columns; text is of the type `Utf8View`.
    pub(crate) fn schema(&self) -> &Schema {
        self.metadata.schema()
    }

    /// How many bytes the file has.
    pub(crate) fn len(&self) -> u64 {
        self.bytes.len()
    }

    /// How many rows there are.
    pub(crate) fn num_rows(&self) -> usize {
        self.sizes.num_rows
    }

    /// How many values there are at most in all columns of lists.
    pub(crate) fn num_listed(&self) -> usize {
        self.sizes.num_values
    }

    /// The rows of some columns, in the order of the file, so many at a time that they are few bytes.
    pub(crate) fn batches(
        &self,
        columns: impl IntoIterator<Item = usize>,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, Error>>, Error> {
        let row_cells = self.schema().fields().len() + self.num_listed() / self.num_rows().max(1);
        let batch_rows = (BATCH_CELLS / row_cells.max(1)).clamp(1, MAX_BATCH_ROWS);
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone());
        let columns = ProjectionMask::roots(builder.parquet_schema(), columns);
        let reader = builder.with_batch_size(batch_rows).with_projection(columns).build();
        let reader = reader.map_err(|error| malformed(error, &self.path))?;
        Ok(reader.map(|batch| batch.map_err(|error| malformed(error, &self.path))))
    }
}

/// Runs what reads a file.
///
/// Sizes are checked before the parquet crate reads by them. What is left are its own slips on bytes that lie, which are
/// panics: the last resort is to catch them here. Nothing outlives the call that a panic could leave half done.
pub(crate) fn unpanicked<T>(path: &Path, read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(malformed(said.unwrap_or("no reason given"), path))
    })
}

fn malformed(said: impl ToString, path: &Path) -> Error {
    let said = said.to_string();
    let found = cut(said.lines().next().unwrap_or_default(), 120);
    Error::malformed(Place::whole(path), "Parquet data that its own reader accepts", found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_library_is_an_error_of_the_file() {
        let broken =
            unpanicked(Path::new("z.parquet"), || -> Result<(), Error> { panic!("shifted too far\nby 9") });
        assert_eq!(
            broken.unwrap_err().to_string(),
            "z.parquet: expected Parquet data that its own reader accepts, found shifted too far"
        );
    }
}
