//! Tables of text: rows of as many cells, with or without a line that names the columns.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::edge_list::line::Separator;
use super::fields::Fields;
use super::file::read_unpacked_text;
use super::quoted::quoted;
use crate::column_config::Header;
use crate::error::{Error, Place};
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;

/// More columns than any table of features has; what is kept of a column is longer than its name may be.
pub(crate) const MAX_COLUMNS: usize = 1 << 18;

/// How many rows are looked at to tell names of columns from values.
const NUM_SAMPLES: usize = 100;
const MAX_SAMPLE_WIDTH: usize = 256;

/// A text file of rows of as many cells. Empty lines count for nothing.
pub(crate) struct TextTable {
    text: String,
    separator: Separator,
    file: PathBuf,
    /// The names of the columns, where there are any.
    header: Option<Vec<Box<str>>>,
    num_columns: usize,
}

/// How a table is read, above all what tells whether its first row names the columns.
pub(crate) struct HeaderHints<'a> {
    /// What the user says.
    pub(crate) header: Header,
    /// The nodes of the graph, one of which starts a row of values.
    pub(crate) ids: Option<&'a NodeIds>,
    /// Whether a word is the name of a column.
    pub(crate) is_name: &'a dyn Fn(&str) -> bool,
    /// What reading the file may take, where it is packed.
    pub(crate) limit: MemoryLimit,
}

/// The cells of a row.
type Row<'a> = Vec<Cow<'a, str>>;

impl TextTable {
    /// The content of a file, unpacked if it is gzip. Tabs are between the cells of a .tsv file; elsewhere what is most
    /// often in the first line: commas, tabs, semicolons or bars, else blanks.
    pub(crate) fn read(file: &Path, hints: &HeaderHints<'_>) -> Result<Self, Error> {
        let text = read_unpacked_text(file, hints.limit)?;
        let separator = separator_of(&text, file);
        let mut table = Self { text, separator, file: file.to_path_buf(), header: None, num_columns: 0 };
        let mut fields = Fields::new(&table.text, separator, file);
        if !fields.next_row() {
            return Err(Error::malformed(Place::whole(file), "a header line", "an empty file"));
        }
        let first_place = fields.place();
        let num_columns = next_row(&mut fields, &mut Vec::new(), 0)?;
        if num_columns > MAX_COLUMNS {
            return Err(Error::refused(first_place, format!("more than {MAX_COLUMNS} columns")));
        }
        let mut samples = table.samples(num_columns)?;
        let first = samples.remove(0);
        let names = match is_header(&first, &samples, hints) {
            Some(true) => Some(first.iter().map(|name| Box::from(&**name)).collect()),
            Some(false) => None,
            None => {
                let expected =
                    "names of columns, or a row of values, as `--header yes` or `--header no` says";
                return Err(Error::malformed(first_place, expected, shown(&first)));
            }
        };
        (table.header, table.num_columns) = (names, num_columns);
        Ok(table)
    }

    /// The first rows, cut where they are too long.
    fn samples(&self, num_columns: usize) -> Result<Vec<Row<'_>>, Error> {
        let mut fields = Fields::new(&self.text, self.separator, &self.file);
        let mut rows = Vec::new();
        let mut width = num_columns;
        while rows.len() <= NUM_SAMPLES && fields.next_row() {
            let mut row = Vec::with_capacity(width);
            next_row(&mut fields, &mut row, width)?;
            width = num_columns.min(MAX_SAMPLE_WIDTH);
            rows.push(row);
        }
        Ok(rows)
    }

    /// How many bytes of text.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// About how many rows there are at most.
    pub(crate) fn num_lines(&self) -> usize {
        memchr::memchr_iter(b'\n', self.text.as_bytes()).count() + 1
    }

    /// How many columns.
    pub(crate) fn num_columns(&self) -> usize {
        self.num_columns
    }

    /// The names of the columns, where there are any.
    pub(crate) fn header(&self) -> Option<&[Box<str>]> {
        self.header.as_deref()
    }

    /// The first row of values, where there is one.
    pub(crate) fn first_row(&self) -> Result<Option<Row<'_>>, Error> {
        let mut fields = Fields::new(&self.text, self.separator, &self.file);
        let mut row = Vec::new();
        for _ in 0..1 + usize::from(self.header.is_some()) {
            if !fields.next_row() {
                return Ok(None);
            }
            row.clear();
            next_row(&mut fields, &mut row, self.num_columns)?;
        }
        Ok((row.len() == self.num_columns).then_some(row))
    }

    /// Hands over each row of values, with its line.
    pub(crate) fn for_each_row(
        &self,
        mut take: impl FnMut(usize, &[Cow<'_, str>]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut fields = Fields::new(&self.text, self.separator, &self.file);
        let mut row = Vec::with_capacity(self.num_columns);
        let (mut is_first, mut next_line) = (true, 1);
        while fields.next_row() {
            let line = fields.line();
            if self.num_columns == 1 && line > next_line {
                // It may be an empty cell: it would be passed over without a word.
                let expected = "a cell, in quotes where it is empty";
                return Err(Error::malformed(Place::line(&self.file, next_line), expected, "an empty line"));
            }
            row.clear();
            let num_cells = next_row(&mut fields, &mut row, self.num_columns)?;
            if num_cells != self.num_columns {
                let like = if self.header.is_some() { "as in the header" } else { "as in the first row" };
                let expected = format!("{} cells, {like}", self.num_columns);
                return Err(Error::malformed(Place::line(&self.file, line), expected, num_cells.to_string()));
            }
            if !is_first || self.header.is_none() {
                take(line, &row)?;
            }
            (is_first, next_line) = (false, fields.line() + 1);
        }
        Ok(())
    }
}

/// Reads a row, of which at most so many cells are kept; how many it has.
fn next_row<'a>(fields: &mut Fields<'a>, row: &mut Row<'a>, max_kept: usize) -> Result<usize, Error> {
    let mut num_cells = 0;
    loop {
        let field = fields.next()?;
        if num_cells < max_kept {
            row.push(field.text);
        }
        num_cells += 1;
        if field.is_last {
            return Ok(num_cells);
        }
    }
}

/// Whether the first row names the columns; none where nothing tells.
fn is_header(first: &[Cow<'_, str>], rows: &[Row<'_>], hints: &HeaderHints<'_>) -> Option<bool> {
    match hints.header {
        Header::Yes => return Some(true),
        Header::No => return Some(false),
        Header::Auto => {}
    }
    let index = hints.ids.and_then(|ids| ids.index().ok());
    let is_id = |cell: &Cow<'_, str>| index.as_ref().is_some_and(|index| index.get(cell).is_some());
    let has_names = first.iter().any(|cell| (hints.is_name)(cell));
    // A row of values starts with a node.
    if is_id(&first[0]) {
        return (!has_names).then_some(false);
    }
    if has_names {
        return Some(true);
    }
    let is_number = |cell: &str| cell.parse::<f64>().is_ok();
    let below = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let is_numeric = |column: usize| {
        let mut cells = below(column).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| is_number(cell))
    };
    if first
        .iter()
        .enumerate()
        .any(|(column, cell)| !cell.is_empty() && !is_number(cell) && is_numeric(column))
    {
        return Some(true);
    }
    let counts = |cells: &[Cow<'_, str>]| {
        !cells.is_empty() && cells.iter().enumerate().all(|(count, cell)| **cell == *count.to_string())
    };
    let starts_with_id = rows.iter().any(|row| row.first().is_some_and(is_id));
    if first.iter().all(|cell| cell.is_empty() || is_number(cell)) {
        // As pandas writes columns without names, with and without the index.
        if first[0].is_empty() && counts(&first[1..]) {
            return Some(true);
        }
        if first.len() > 1 && counts(first) {
            let is_whole = |cell: &Cow<'_, str>| cell.parse::<u64>().is_ok();
            return (starts_with_id || !below(0).all(is_whole)).then_some(true);
        }
        return Some(false);
    }
    let has_values = first.iter().enumerate().any(|(column, cell)| is_number(cell) && is_numeric(column));
    if starts_with_id || has_values {
        let may_be_names = !has_values || counts(&first[1..]);
        return if may_be_names { starts_with_id.then_some(true) } else { Some(false) };
    }
    let comes_again = |(column, cell): (usize, &Cow<'_, str>)| below(column).any(|other| other == cell);
    if first.iter().enumerate().any(comes_again) {
        return Some(false);
    }
    rows.is_empty().then_some(true)
}

/// What stands between the cells of a file.
fn separator_of(text: &str, file: &Path) -> Separator {
    let line = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or_default().as_bytes();
    let count = |byte: u8| memchr::memchr_iter(byte, line).count();
    if kind_of(file) == Some(b'\t') && (count(b'\t') > 0 || count(b' ') == 0) {
        return Separator::Byte(b'\t');
    }
    let most = b"|;\t,".iter().copied().max_by_key(|&byte| count(byte)).filter(|&byte| count(byte) > 0);
    match most {
        Some(byte) => Separator::Byte(byte),
        None if line.trim_ascii().contains(&b' ') && !line.contains(&b'"') => Separator::Blanks,
        None => Separator::Byte(b','),
    }
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

/// Cells for a message.
pub(crate) fn shown(cells: &[impl AsRef<str>]) -> String {
    // A cell may be the whole file.
    let starts = cells.iter().take(40).map(|cell| cell.as_ref().chars().take(41).collect());
    quoted(&starts.collect::<Vec<String>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, content: &str, header: Header, ids: &[&str]) -> Result<TextTable, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let ids = NodeIds::from_names(ids);
        let is_name = |word: &str| ["x", "label"].contains(&word);
        let ids = Some(&ids).filter(|ids| !ids.is_empty());
        let hints = HeaderHints { header, ids, is_name: &is_name, limit: MemoryLimit::default() };
        TextTable::read(&path, &hints).map_err(|error| error.to_string())
    }

    fn rows(name: &str, content: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
        let table = table(name, content, Header::Yes, &[])?;
        let mut rows = Vec::new();
        let read = table.for_each_row(|line, row| {
            rows.push((line, row.iter().map(|cell| cell.to_string()).collect()));
            Ok(())
        });
        assert!(rows.len() <= table.num_lines());
        read.map(|()| rows).map_err(|error| error.to_string())
    }

    fn row(line: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (line, cells.iter().map(|cell| cell.to_string()).collect())
    }

    #[test]
    fn separators_are_found_in_the_first_line() {
        for (name, content) in [
            ("a.csv", "x,y\n1,2\n"),
            ("a.txt", "x\ty\n1\t2\n"),
            ("a.csv", "x;y\r\n1;2"),
            ("a.tsv.gz", "x\ty\n1\t2"),
            ("a.csv", "x y\n1  2\n"),
            ("a.tsv", "x y\n1 2\n"),
            ("a.dat", "x|y\n1|2\n"),
            ("a.csv", "x,y\r1,2\r"),
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
        assert_eq!(rows("a.csv", ""), Err("a.csv: expected a header line, found an empty file".into()));
        let wide = ",".repeat(5000);
        let message = "a.csv:4: expected 2 cells, as in the header, found 5002";
        assert_eq!(rows("a.csv", &format!("x,y\n1,2\n\n\"a\"\"\",{wide}\n")), Err(message.into()));
        let wide = ",".repeat(MAX_COLUMNS);
        assert_eq!(rows("a.csv", &wide), Err("a.csv:1: refused more than 262144 columns".into()));
    }

    #[test]
    fn an_empty_line_in_a_single_column_is_not_passed_over() {
        let message = "a.csv:3: expected a cell, in quotes where it is empty, found an empty line";
        assert_eq!(rows("a.csv", "x\n1\n\n2\n"), Err(message.into()));
        assert_eq!(
            rows("a.csv", "x\n1\n\"\"\n2\n\n"),
            Ok(vec![row(2, &["1"]), row(3, &[""]), row(4, &["2"])])
        );
    }

    #[test]
    fn names_of_columns_are_told_from_values() {
        let has_header = |content: &str, ids: &[&str]| {
            table("a.csv", content, Header::Auto, ids).map(|table| table.header().is_some())
        };
        let nodes = ["0", "1", "2", "Ann", "Ben"];
        for (content, expected) in [
            ("7\n5\n6\n9\n", false),
            ("Ann,red\nBen,blue\n", false),
            ("who,color\nBen,blue\n", true),
            ("0,0.5,1\n1,2,3\n", false),
            ("x,color\nCy,blue\n", true),
            ("a,b\nc,1\nd,2\n", true),
            ("who,0,1\nAnn,1,0\n", true),
            ("Cy,1,0\nDora,0,1\n", false),
            (",0,1\n0,0.1,0.2\n", true),
        ] {
            assert_eq!(has_header(content, &nodes), Ok(expected), "{content}");
        }
        assert_eq!(has_header("0,1,2\n0.1,0.2,0.3\n", &[]), Ok(true));
        assert_eq!(has_header("red\nblue\nred\n", &[]), Ok(false));
        let message = |content, ids| has_header(content, ids).unwrap_err();
        for (content, first) in [("Cy,red\nDora,blue\n", "Cy, red"), ("0,1\n1,5\n", "0, 1")] {
            assert_eq!(
                message(content, &[]),
                format!(
                    "a.csv:1: expected names of columns, or a row of values, as `--header yes` or `--header no` \
                     says, found \"{first}\""
                )
            );
        }
        // A node called as a column.
        assert!(message("x,label\nAnn,red\n", &["x", "Ann"]).ends_with("found \"x, label\""));
        for (header, expected) in [(Header::Yes, true), (Header::No, false)] {
            assert_eq!(table("a.csv", "Cy,red\n", header, &[]).unwrap().header().is_some(), expected);
        }
    }
}
