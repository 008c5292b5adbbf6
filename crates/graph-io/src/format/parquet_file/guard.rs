//! What a Parquet file says of its sizes, held to its length before anything is read by it.
//!
//! The reader below asks for memory by the numbers in a file: sizes of pages, values in a dictionary, lengths of rows. Each
//! of them is checked here first.

use std::io;
use std::path::Path;

use parquet::basic::{Compression, Type};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::ChunkReader;

use super::pages::PageHeader;
use crate::error::{Error, Place};
use crate::memory_limit::MemoryLimit;

/// What a footer may take in any file.
const MIN_MAX_FOOTER: u64 = 1 << 20;
/// PLAIN, PLAIN_DICTIONARY, RLE, DELTA_BINARY_PACKED, RLE_DICTIONARY, BYTE_STREAM_SPLIT. In the two others for text the
/// lengths of values stand in the packed page, out of sight here.
const ENCODINGS: [i64; 6] = [0, 2, 3, 5, 8, 9];

/// The footer is there and not most of the file: it takes many times its length in memory.
pub(super) fn check_footer(source: &impl ChunkReader, file: &Path) -> Result<(), Error> {
    let file_len = source.len();
    let malformed = |found: String| {
        Err(Error::malformed(Place::whole(file), "a Parquet file, which ends in its footer and PAR1", found))
    };
    let piece = |start: u64, len: usize| {
        source.get_bytes(start, len).map_err(|error| Error::io(file, io::Error::other(error)))
    };
    let end = if file_len < 12 { None } else { Some(piece(file_len - 8, 8)?) };
    let Some(&[l0, l1, l2, l3, b'P', b'A', b'R', b'1']) = end.as_deref() else {
        return malformed("another end".to_string());
    };
    let len = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    if *piece(0, 4)? != *b"PAR1" || len > file_len - 12 {
        return malformed(format!("{file_len} bytes with a footer of {len}"));
    }
    if len > MIN_MAX_FOOTER + file_len / 2 {
        return Err(Error::refused(Place::whole(file), format!("a footer of {len} bytes in {file_len}")));
    }
    Ok(())
}

/// What helps where a file is honest and still too large.
pub(super) const RAISE: &str = "`--max-memory` raises the limit";

/// How many rows there are, and how many values at most in a column of lists.
pub(super) struct Sizes {
    pub(super) num_rows: usize,
    pub(super) num_values: usize,
}

/// Every page of every column is within the file, in a form that can be read, and no larger than the file bears out.
pub(super) fn check_pages(
    bytes: &[u8],
    metadata: &ParquetMetaData,
    file: &Path,
    limit: MemoryLimit,
) -> Result<Sizes, Error> {
    let max_bytes = limit.max_unpacked(bytes.len() as u64);
    // A column of one value takes no space a row in the file, but 8 bytes in memory.
    let max_rows = max_bytes / 8;
    let refused = |what: String| Err(Error::refused(Place::whole(file), what));
    let (mut num_rows, mut num_values) = (0u64, 0u64);
    for group in metadata.row_groups() {
        let group_rows = u64::try_from(group.num_rows()).unwrap_or(u64::MAX);
        num_rows = num_rows.saturating_add(group_rows);
        if num_rows > max_rows {
            return refused(format!("more than {max_rows} rows in {} bytes; {RAISE}", bytes.len()));
        }
        // One page of each column and its dictionary are in memory at a time.
        let mut page_bytes = 0u64;
        for column in group.columns() {
            let pages = check_column(bytes, column, file)?;
            page_bytes += pages.largest + pages.dictionary;
            if page_bytes > max_bytes {
                return refused(format!("pages of more than {max_bytes} bytes in {}; {RAISE}", bytes.len()));
            }
            if column.column_descr().max_rep_level() == 0 {
                if pages.num_values != group_rows {
                    let expected = format!("{group_rows} values in every column, one a row");
                    return Err(Error::malformed(Place::whole(file), expected, pages.num_values.to_string()));
                }
                continue;
            }
            num_values = num_values.saturating_add(pages.num_values);
            if num_values.saturating_mul(4) > max_bytes {
                return refused(format!(
                    "lists of more than {} values in {} bytes; {RAISE}",
                    max_bytes / 4,
                    bytes.len()
                ));
            }
        }
    }
    Ok(Sizes { num_rows: num_rows as usize, num_values: num_values as usize })
}

/// What the pages of a column add up to.
#[derive(Default)]
struct Pages {
    largest: u64,
    dictionary: u64,
    num_values: u64,
}

fn check_column(bytes: &[u8], column: &ColumnChunkMetaData, file: &Path) -> Result<Pages, Error> {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let range = usize::try_from(start).ok().zip(usize::try_from(column.compressed_size()).ok());
    let end = range.and_then(|(start, len)| start.checked_add(len)).filter(|&end| end <= bytes.len());
    let (Some((mut next, _)), Some(end)) = (range, end) else {
        let found = format!("{} bytes at {start}", column.compressed_size());
        return Err(Error::malformed(Place::whole(file), "a column within the file", found));
    };
    let codec = column.compression();
    if !matches!(
        codec,
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_) | Compression::LZ4_RAW
    ) {
        let expected = "columns packed by snappy, zstd or lz4_raw, or not at all";
        return Err(Error::malformed(Place::whole(file), expected, codec.to_string()));
    }
    let min_value_len = match column.column_type() {
        Type::INT64 | Type::DOUBLE => 8,
        Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
        _ => 2,
    };
    let mut pages = Pages::default();
    while next < end {
        let place = || Place::byte(file, next);
        let Some(header) = PageHeader::of(&bytes[next..end]) else {
            return Err(Error::malformed(place(), "the header of a page", "something else"));
        };
        let sizes = [header.packed_len, header.len, header.num_values].map(u64::try_from);
        let [Ok(packed_len), Ok(len), Ok(num_values)] = sizes else {
            let found = format!("{header:?}");
            return Err(Error::malformed(place(), "a page with its sizes", found));
        };
        let left = (end - next - header.header_len) as u64;
        if packed_len > left {
            let expected = format!("a page of at most {left} bytes");
            return Err(Error::malformed(place(), expected, packed_len.to_string()));
        }
        if !ENCODINGS.contains(&header.encoding) {
            let expected = "values in PLAIN, a dictionary, RLE, DELTA_BINARY_PACKED or BYTE_STREAM_SPLIT";
            let found = match header.encoding {
                6 => "DELTA_LENGTH_BYTE_ARRAY".to_string(),
                7 => "DELTA_BYTE_ARRAY".to_string(),
                other => format!("encoding {other}"),
            };
            return Err(Error::malformed(place(), expected, found));
        }
        if header.is_dictionary {
            if num_values > len / min_value_len {
                let expected = format!("a dictionary of at most {} values", len / min_value_len);
                return Err(Error::malformed(place(), expected, num_values.to_string()));
            }
            pages.dictionary = pages.dictionary.saturating_add(len);
        } else {
            pages.largest = pages.largest.max(len);
            pages.num_values = pages.num_values.saturating_add(num_values);
        }
        next += header.header_len + packed_len as usize;
    }
    Ok(pages)
}
