//! Rows of text between commas or tabs, below a header line.

use std::path::{Path, PathBuf};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use super::columns::{MAX_COLUMNS, too_many};
use crate::error::{Error, Place};
use crate::format::file::read_unpacked_text;
use crate::format::quoted::quoted;
use crate::memory_limit::MemoryLimit;

/// A text file with a header line and rows of as many cells. Cells with a delimiter, a quote or a line break in them
/// stand in quotes; empty lines count for nothing.
pub(crate) struct Delimited {
    text: String,
    delimiter: u8,
    file: PathBuf,
}

impl Delimited {
    /// The content of a file, unpacked if it is gzip. Tabs are between the cells of a .tsv file; elsewhere what is most
    /// often in the first line: commas, tabs or semicolons.
    pub(crate) fn read(file: &Path) -> Result<Self, Error> {
        let text = read_unpacked_text(file, MemoryLimit::default())?;
        let delimiter = if kind_of(file) == Some(b'\t') { b'\t' } else { sniff(&text) };
        let header_end = memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len());
        if memchr::memchr_iter(delimiter, &text.as_bytes()[..header_end]).count() >= MAX_COLUMNS {
            return Err(too_many(file));
        }
        let table = Self { text, delimiter, file: file.to_path_buf() };
        table.check_widths()?;
        Ok(table)
    }

    /// Refuses a row that is much wider than the header: the csv crate holds many bytes for each cell of a row before it
    /// says how many there are, and a row may be the whole file.
    fn check_widths(&self) -> Result<(), Error> {
        const MANY: usize = 1 << 10;
        let is_narrow = |line: &[u8]| memchr::memchr_iter(self.delimiter, line).count() <= MANY;
        let bytes = self.text.as_bytes();
        let (num_columns, mut start) = row_at(bytes, 0, self.delimiter);
        // Without quotes, few delimiters in a line are few cells.
        let has_quotes = memchr::memchr(b'"', bytes).is_some();
        if !has_quotes && bytes[start..].split(|&byte| byte == b'\n').all(is_narrow) {
            return Ok(());
        }
        while start < bytes.len() {
            let (num_cells, end) = row_at(bytes, start, self.delimiter);
            if num_cells > num_columns + MANY {
                let line = self.line_of((0, 1), start as u64).1;
                let expected = format!("{num_columns} cells, as in the header");
                return Err(Error::malformed(Place::line(&self.file, line), expected, num_cells.to_string()));
            }
            start = end;
        }
        Ok(())
    }

    /// How many bytes of text.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// A line of the file.
    pub(super) fn place(&self, line: usize) -> Place {
        Place::line(&self.file, line)
    }

    /// About how many rows there are at most.
    pub(super) fn num_lines(&self) -> usize {
        let count = |end: u8| memchr::memchr_iter(end, self.text.as_bytes()).count();
        count(b'\n').max(count(b'\r')) + 1
    }

    fn reader(&self) -> Reader<&[u8]> {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(self.delimiter).has_headers(false).from_reader(self.text.as_bytes())
    }

    fn error(&self, error: &csv::Error) -> Error {
        match error.kind() {
            ErrorKind::UnequalLengths { pos, expected_len, len } => {
                let line = pos.as_ref().map_or(1, |pos| self.line_of((0, 1), pos.byte()).1);
                let expected = format!("{expected_len} cells, as in the header");
                Error::malformed(Place::line(&self.file, line), expected, len.to_string())
            }
            _ => Error::malformed(Place::whole(&self.file), "rows of text", error.to_string()),
        }
    }

    /// The names of the columns.
    pub(crate) fn header(&self) -> Result<StringRecord, Error> {
        let mut header = StringRecord::new();
        match self.reader().read_record(&mut header) {
            Ok(true) => Ok(header),
            Ok(false) => Err(Error::malformed(Place::whole(&self.file), "a header line", "an empty file")),
            Err(error) => Err(self.error(&error)),
        }
    }

    /// Hands over each row below the header, with its line.
    pub(crate) fn for_each_row(
        &self,
        mut row: impl FnMut(usize, &StringRecord) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut reader = self.reader();
        let mut record = StringRecord::new();
        let (mut line, mut byte, mut is_header, mut ends_in_break) = (1, 0, true, false);
        while reader.read_record(&mut record).map_err(|error| self.error(&error))? {
            if let Some(position) = record.position() {
                (byte, line) = self.line_of((byte, line), position.byte());
            }
            if is_header && record.len() == 1 {
                self.check_single_cells()?;
            }
            if !is_header {
                row(line, &record)?;
            }
            is_header = false;
            ends_in_break = record.iter().next_back().is_some_and(|cell| cell.contains('\n'));
        }
        // A quote that nothing closes takes the rest of the file for one cell.
        let last = self.text.as_bytes().get(byte..).unwrap_or_default();
        if ends_in_break && memchr::memchr_iter(b'"', last).count() % 2 == 1 {
            let place = Place::line(&self.file, line);
            return Err(Error::malformed(place, "a quote that closes the cell", "the end of the file"));
        }
        Ok(())
    }

    /// Where the record that the csv crate begins at a byte starts, and in which line: the crate's own count of lines is
    /// of where it stopped before, which may be before line ends that belong to no record.
    fn line_of(&self, (counted, line): (usize, usize), byte: u64) -> (usize, usize) {
        let rest = self.text.as_bytes().get(byte as usize..).unwrap_or_default();
        let ends = rest.iter().take_while(|&&byte| byte == b'\n' || byte == b'\r').count();
        let start = byte as usize + ends;
        let skipped = self.text.as_bytes().get(counted..start).unwrap_or_default();
        (start, line + memchr::memchr_iter(b'\n', skipped).count())
    }

    /// In a table of one column an empty line may be an empty cell: it would be passed over without a word.
    fn check_single_cells(&self) -> Result<(), Error> {
        let is_empty = |line: &str| line.trim_end_matches('\r').is_empty();
        let content = self.text.trim_end_matches(['\r', '\n']);
        match content.split('\n').position(is_empty) {
            Some(line) if !content.is_empty() => {
                let place = Place::line(&self.file, line + 1);
                Err(Error::malformed(place, "a cell, in quotes where it is empty", "an empty line"))
            }
            _ => Ok(()),
        }
    }
}

/// How many cells the row at a byte has, and where the next one starts, as the csv crate sees them.
fn row_at(bytes: &[u8], start: usize, delimiter: u8) -> (usize, usize) {
    let is_end = |byte: &u8| *byte == b'\n' || *byte == b'\r';
    let mut at = start + bytes[start..].iter().take_while(|byte| is_end(byte)).count();
    let (mut num_cells, mut is_first_byte, mut in_quotes) = (1, true, false);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if in_quotes {
            // Two quotes are one in the cell: closed here, opened by the next.
            in_quotes = byte != b'"';
            is_first_byte = !in_quotes && bytes.get(at) == Some(&b'"');
        } else if byte == b'"' && is_first_byte {
            in_quotes = true;
        } else if byte == delimiter {
            (num_cells, is_first_byte) = (num_cells + 1, true);
        } else if is_end(&byte) {
            break;
        } else {
            is_first_byte = false;
        }
    }
    (num_cells, at)
}

/// The delimiter that a file's name stands for, without ".gz"; none for a name of another kind of file.
pub(crate) fn kind_of(file: &Path) -> Option<u8> {
    let name = file.file_name()?.to_str()?.to_ascii_lowercase();
    match name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.')?.1 {
        "tsv" => Some(b'\t'),
        "csv" | "txt" => Some(b','),
        _ => None,
    }
}

/// What stands most often in the first line; a comma where nothing does.
fn sniff(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default().as_bytes();
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, line).count();
    let most = b";\t,".iter().copied().max_by_key(|&delimiter| count(delimiter));
    most.unwrap_or(b',')
}

/// A cell of a row, which has one for every column.
pub(crate) fn cell(record: &StringRecord, column: usize) -> &str {
    record.get(column).unwrap_or_default()
}

/// A header for a message.
pub(crate) fn shown_header(header: &StringRecord) -> String {
    // A name may be the whole file.
    let starts = header.iter().take(40).map(|name| name.chars().take(41).collect());
    let names: Vec<String> = starts.collect();
    quoted(&names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(name: &str, content: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let mut rows = Vec::new();
        let table = Delimited::read(&path).map_err(|error| error.to_string())?;
        table.header().map_err(|error| error.to_string())?;
        let read = table.for_each_row(|line, record| {
            rows.push((line, record.iter().map(String::from).collect()));
            Ok(())
        });
        assert!(rows.len() <= table.num_lines());
        read.map(|()| rows).map_err(|error| error.to_string())
    }

    fn row(line: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (line, cells.iter().map(|cell| cell.to_string()).collect())
    }

    #[test]
    fn delimiters_are_found_in_the_first_line() {
        for (name, content) in [
            ("a.csv", "x,y\n1,2\n"),
            ("a.txt", "x\ty\n1\t2\n"),
            ("a.csv", "x;y\r\n1;2"),
            ("a.tsv.gz", "x\ty\n1\t2"),
        ] {
            assert_eq!(rows(name, content), Ok(vec![row(2, &["1", "2"])]), "{content:?}");
        }
        assert_eq!(rows("a.tsv", "x,\ty\n1,\t2"), Ok(vec![row(2, &["1,", "2"])]));
    }

    #[test]
    fn lines_are_counted_through_quotes_empty_lines_and_a_byte_order_mark() {
        assert_eq!(
            rows("a.csv", "\u{feff}x,y\n\"a\nb\",\"c \"\"d\"\"\"\n\n3,4\n"),
            Ok(vec![row(2, &["a\nb", "c \"d\""]), row(5, &["3", "4"])])
        );
    }

    #[test]
    fn rows_of_another_width_are_named() {
        assert_eq!(
            rows("a.csv", "x,y\n1,2\n1\n"),
            Err("a.csv:3: expected 2 cells, as in the header, found 1".into())
        );
        assert_eq!(
            rows("a.csv", "x\n1\n1,2\n"),
            Err("a.csv:3: expected 1 cells, as in the header, found 2".into())
        );
        assert_eq!(rows("a.csv", ""), Err("a.csv: expected a header line, found an empty file".into()));
        let wide = ",".repeat(MAX_COLUMNS);
        assert_eq!(rows("a.csv", &wide), Err("a.csv:1: refused more than 262144 columns".into()));
    }

    #[test]
    fn a_row_much_wider_than_the_header_is_refused_but_not_for_what_is_in_its_quotes() {
        let wide = ",".repeat(5000);
        let message = "a.csv:4: expected 2 cells, as in the header, found 5002";
        assert_eq!(rows("a.csv", &format!("x,y\n1,2\n\n\"a\"\"\",{wide}\n")), Err(message.into()));
        let lines = "\"\n\",".repeat(5000);
        let message = "a.csv:2: expected 2 cells, as in the header, found 5001";
        assert_eq!(rows("a.csv", &format!("x,y\n{lines}\n")), Err(message.into()));
        let quoted = format!("x,y\n\"a\"\"{wide}\",b\"\"c\r\n3,4\n");
        let cell = format!("a\"{wide}");
        assert_eq!(rows("a.csv", &quoted), Ok(vec![row(2, &[&cell, "b\"\"c"]), row(3, &["3", "4"])]));
    }

    #[test]
    fn cells_are_counted_as_the_csv_crate_counts_them() {
        let pieces = ["a", "\"", "\"\"", ",", "\n", "\r\n"];
        for number in 0..6usize.pow(6) {
            let text: String = (0..6).map(|place| pieces[number / 6usize.pow(place) % 6]).collect();
            let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let expected: Vec<usize> = reader.into_records().map(|record| record.unwrap().len()).collect();
            let (mut counted, mut start) = (Vec::new(), 0);
            while text[start..].contains(|sign| sign != '\r' && sign != '\n') {
                let (num_cells, end) = row_at(text.as_bytes(), start, b',');
                counted.push(num_cells);
                start = end;
            }
            assert_eq!(counted, expected, "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_nothing_closes_does_not_swallow_rows() {
        let message = "a.csv:3: expected a quote that closes the cell, found the end of the file";
        assert_eq!(rows("a.csv", "x,y\n1,2\n3,\"4\n5,6\n"), Err(message.into()));
        assert_eq!(rows("a.csv", "x,y\n1,2\n3,\"4\n"), Err(message.into()));
        assert_eq!(rows("a.csv", "x,y\n3,4\"\n"), Ok(vec![row(2, &["3", "4\""])]));
    }

    #[test]
    fn an_empty_line_in_a_single_column_is_not_passed_over() {
        let message = "a.csv:3: expected a cell, in quotes where it is empty, found an empty line";
        assert_eq!(rows("a.csv", "y\n1\n\n2\n"), Err(message.into()));
        assert_eq!(
            rows("a.csv", "y\n1\n\"\"\n2\n\n"),
            Ok(vec![row(2, &["1"]), row(3, &[""]), row(4, &["2"])])
        );
    }
}
