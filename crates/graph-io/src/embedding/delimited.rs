//! Tables with a row a node: CSV and TSV under the header `id,e0,e1,…`.

use std::io;
use std::path::Path;

use ndarray::Array2;

use super::columns::NodeColumn;
use super::matrix::Embedding;
use super::numbers::{self, Shortest};
use super::registry::{EmbeddingFormat, takes_all};
use crate::column_config::Header;
use crate::error::{Error, Place};
use crate::format::{HeaderHints, Sample, TextTable, output};
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;

pub(super) const CSV: EmbeddingFormat = EmbeddingFormat {
    name: "csv",
    title: "a table with commas, under the header id,e0,e1,…",
    endings: &[".csv"],
    is_text: true,
    recognizes: |sample| recognizes(sample, &CSV, ','),
    read,
    check: takes_all,
    write: |embedding, columns, path| write(embedding, columns, path, b','),
};

pub(super) const TSV: EmbeddingFormat = EmbeddingFormat {
    name: "tsv",
    title: "a table with tabs, under the header id, e0, e1, …",
    endings: &[".tsv"],
    is_text: true,
    recognizes: |sample| recognizes(sample, &TSV, '\t'),
    read,
    check: takes_all,
    write: |embedding, columns, path| write(embedding, columns, path, b'\t'),
};

/// Names of a column of ids, in lower case; pandas writes its index without a name.
const IDS: [&str; 8] = ["id", "node_id", "node", "name", "word", "token", "key", ""];

/// A header of ids and of numbers that count: `id,e0,e1`, `node,x_1,x_2`, `,0,1`. A list of edges has no such header.
fn recognizes(sample: &Sample, format: &EmbeddingFormat, delimiter: char) -> bool {
    let Some(line) = sample.first_line().filter(|_| format.has_ending_of(&sample.name)) else {
        return false;
    };
    let names = line.trim_start_matches('\u{feff}').split(delimiter);
    let names: Vec<&str> = names.map(|name| name.trim().trim_matches('"')).take(MAX_SHOWN_NAMES).collect();
    names.len() > 1 && is_id_name(names[0]) && counts(&names[1..])
}

/// The header of a table of any width counts in its first columns.
const MAX_SHOWN_NAMES: usize = 64;

fn is_id_name(name: &str) -> bool {
    IDS.contains(&name.to_ascii_lowercase().as_str())
}

/// Whether names are one word with the numbers 0, 1, … or 1, 2, … behind it.
fn counts(names: &[impl AsRef<str>]) -> bool {
    let parts = |name: &str| {
        let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        Some((stem.to_string(), name[stem.len()..].parse::<usize>().ok()?))
    };
    let mut parts = names.iter().map(|name| parts(name.as_ref()));
    let Some(Some((stem, first))) = parts.next() else { return false };
    first <= 1 && parts.zip(first + 1..).all(|(part, number)| part == Some((stem.clone(), number)))
}

/// Reads a table with a row a node: the ids are in the first column if it is called so, has words in it, or has whole
/// numbers where the others have fractions; else rows are counted. `label` and `split` are passed over.
///
/// # Errors
/// A file that cannot be read; a first row that may name the columns or not; rows of other lengths; what is no finite number.
pub(super) fn read(path: &Path) -> Result<Embedding, Error> {
    let is_name = |word: &str| is_id_name(word) && !word.is_empty();
    // The programs that write files of other endings name no columns.
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let may_have_header = [&CSV, &TSV].iter().any(|format| format.has_ending_of(&name));
    let header = if may_have_header { Header::Auto } else { Header::No };
    let hints = HeaderHints { header, ids: None, is_name: &is_name, limit: MemoryLimit::default() };
    let table = TextTable::read(path, &hints)?;
    let names = table.header();
    let has_ids = match names {
        Some(names) if is_id_name(names[0].trim()) => true,
        Some(names) if counts(names) => false,
        Some(names) if counts(&names[1..]) => true,
        None if !may_have_header => true,
        _ => starts_with_ids(&table)?,
    };
    let is_passed_over = |column: usize| {
        names.is_some_and(|names| {
            ["label", "split"].contains(&names[column].trim().to_ascii_lowercase().as_str())
        })
    };
    let columns: Vec<usize> =
        (usize::from(has_ids)..table.num_columns()).filter(|&column| !is_passed_over(column)).collect();
    let (mut ids, mut ends, mut values, mut num_rows) = (String::new(), Vec::new(), Vec::new(), 0);
    table.for_each_row(|line, row| {
        if has_ids {
            ids.push_str(&row[0]);
            ends.push(ids.len());
        }
        for &column in &columns {
            values.push(numbers::parse(&row[column], || Place::line(path, line))?);
        }
        num_rows += 1;
        Ok(())
    })?;
    let rows = Array2::from_shape_vec((num_rows, columns.len()), values).expect("each row has every column");
    let ids = if has_ids { NodeIds::from_text(ids, ends) } else { NodeIds::counted(num_rows) };
    Embedding::from_rows(ids, rows).map_err(|error| error.in_file(path))
}

/// Whether the first column is of words, or of whole numbers beside fractions.
fn starts_with_ids(table: &TextTable) -> Result<bool, Error> {
    let (mut has_words, mut is_whole, mut others_are_whole) = (false, true, true);
    table.for_each_row(|_, row| {
        has_words |= row[0].parse::<f32>().is_err();
        is_whole &= row[0].parse::<u64>().is_ok();
        others_are_whole &= row[1..].iter().all(|cell| cell.parse::<i64>().is_ok());
        Ok(())
    })?;
    Ok(has_words || is_whole && !others_are_whole)
}

fn write(embedding: &Embedding, _: &[NodeColumn<'_>], path: &Path, delimiter: u8) -> Result<(), Error> {
    output::write_text_file(path, |out| {
        let mut table = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
        table.write_field("id")?;
        for column in 0..embedding.rows().ncols() {
            table.write_field(format!("e{column}"))?;
        }
        table.write_record(None::<&[u8]>)?;
        let mut text = String::new();
        for (id, values) in embedding.iter() {
            table.write_field(id.as_ref())?;
            for &value in values {
                use std::fmt::Write;
                text.clear();
                write!(text, "{}", Shortest(value)).map_err(io::Error::other)?;
                table.write_field(&text)?;
            }
            table.write_record(None::<&[u8]>)?;
        }
        table.flush()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn message(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("z.csv");
        std::fs::write(&path, text).unwrap();
        super::super::read(&path).unwrap_err().to_string()
    }

    #[test]
    fn quoted_fields_and_foreign_line_ends_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("z.tsv");
        std::fs::write(&path, "\"id\"\t\"e0\"\te1\r\n\"a\tb\"\t 1e-3\t\"2\"\r\n\r\nc\t-0.5\t+4.\r\n")
            .unwrap();
        let read = super::super::read(&path).unwrap();
        assert_eq!(read.ids(), &NodeIds::from_names(["a\tb", "c"]));
        assert_eq!(read.rows(), array![[1e-3, 2.0], [-0.5, 4.0]]);
    }

    #[test]
    fn each_malformed_line_is_told_with_its_number() {
        for (text, expected) in [
            ("id,e0,e1\na,1,2\nb,1\n", "z.csv:3: expected 3 cells, as in the header, found 2"),
            ("id,e0,e1\na\n", "z.csv:2: expected 3 cells, as in the header, found 1"),
            ("id,e0,e1\na,1,2,3\n", "z.csv:2: expected 3 cells, as in the header, found 4"),
            ("id,e0\na,1\nb,NaN\n", "z.csv:3: expected a finite number, found \"NaN\""),
            ("id,e0\na,1\nb,1e39\n", "z.csv:3: expected a finite number, found \"1e39\""),
            ("id,e0\na,1\nb,\n", "z.csv:3: expected a finite number, found \"\""),
            ("id,e0\n\"a\nb,1\n", "z.csv:2: expected a closing quote, found the end of the file"),
            ("id,e0\na,1\na,2\n", "z.csv: expected different ids (node ids), found \"a\" twice"),
            ("id,e0\n", "z.csv: expected at least one row (embedding), found none"),
        ] {
            assert_eq!(message(text), expected);
        }
    }

    #[test]
    fn tables_of_other_programs_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            super::super::read(&path).map_err(|error| error.to_string())
        };
        let rows = array![[0.5, 1.0], [2.0, -3.0]];
        let with = |ids: NodeIds| Ok(Embedding::from_rows(ids, rows.clone()).unwrap());
        for (name, text, ids) in [
            ("x.csv", "id,x_0,x_1\na,0.5,1\nb,2,-3\n", NodeIds::from_names(["a", "b"])),
            ("x.csv", ",0,1\n7,0.5,1\n3,2,-3\n", NodeIds::from_numbers(vec![7, 3])),
            ("x.csv", "0,1\n0.5,1\n2,-3\n", NodeIds::counted(2)),
            ("x.csv", "7,0.5,1\n3,2,-3\n", NodeIds::from_numbers(vec![7, 3])),
            ("x.csv", "a,0.5,1\nb,2,-3\n", NodeIds::from_names(["a", "b"])),
            ("x.csv", "paper;dim1;dim2\na;0.5;1\nb;2;-3\n", NodeIds::from_names(["a", "b"])),
            (
                "x.tsv",
                "node\tlabel\te1\te2\na\tred\t0.5\t1\nb\tblue\t2\t-3\n",
                NodeIds::from_names(["a", "b"]),
            ),
            ("x.emb", "a 0.5 1\nb 2 -3\n", NodeIds::from_names(["a", "b"])),
            ("x.emb", "2 2\na 0.5 1\nb 2 -3\n", NodeIds::from_names(["a", "b"])),
            ("x.embeddings", "2 2\nNew York 0.5 1\nb 2 -3\n", NodeIds::from_names(["New York", "b"])),
        ] {
            assert_eq!(read(name, text), with(ids), "{text}");
        }
        assert!(read("x.csv", "0,1\n1,2\n").unwrap_err().contains("`--header"));
        let edges = folder.path().join("edges.csv");
        std::fs::write(&edges, "source,target\na,b\n").unwrap();
        assert!(!super::super::is_embedding(&edges).unwrap());
    }
}
