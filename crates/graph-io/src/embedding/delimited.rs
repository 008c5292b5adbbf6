//! Tables with a row a node: CSV and TSV under the header `id,e0,e1,…`.

use std::io;
use std::path::Path;

use ndarray::Array2;

use super::columns::NodeColumn;
use super::fields::Fields;
use super::matrix::Embedding;
use super::numbers::{self, Shortest};
use super::registry::{EmbeddingFormat, takes_all};
use crate::error::{Error, Place};
use crate::format::{Sample, output, quoted, read_unpacked_text};
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;

pub(super) const CSV: EmbeddingFormat = EmbeddingFormat {
    name: "csv",
    title: "a table with commas, under the header id,e0,e1,…",
    endings: &[".csv"],
    is_text: true,
    recognizes: |sample| recognizes(sample, &CSV, ','),
    read: |path| read(path, b','),
    check: takes_all,
    write: |embedding, columns, path| write(embedding, columns, path, b','),
};

pub(super) const TSV: EmbeddingFormat = EmbeddingFormat {
    name: "tsv",
    title: "a table with tabs, under the header id, e0, e1, …",
    endings: &[".tsv"],
    is_text: true,
    recognizes: |sample| recognizes(sample, &TSV, '\t'),
    read: |path| read(path, b'\t'),
    check: takes_all,
    write: |embedding, columns, path| write(embedding, columns, path, b'\t'),
};

fn recognizes(sample: &Sample, format: &EmbeddingFormat, delimiter: char) -> bool {
    let Some(line) = sample.first_line().filter(|_| format.has_ending_of(&sample.name)) else {
        return false;
    };
    let mut fields =
        line.trim_start_matches('\u{feff}').split(delimiter).map(|field| field.trim_matches('"'));
    (fields.next(), fields.next()) == (Some("id"), Some("e0"))
}

fn read(path: &Path, delimiter: u8) -> Result<Embedding, Error> {
    let text = read_unpacked_text(path, MemoryLimit::default())?;
    let mut fields = Fields::new(&text, delimiter, path);
    let width = read_header(&mut fields, &text)?;
    let (mut ids, mut ends, mut values) = (String::new(), Vec::new(), Vec::new());
    while fields.next_row() {
        let id = fields.next()?;
        ids.push_str(&id.text);
        ends.push(ids.len());
        let place = fields.place();
        let wrong = |found: String| {
            Err(Error::malformed(place.clone(), format!("{width} numbers after the id"), found))
        };
        let mut ended = id.is_last;
        for column in 0..width {
            if ended {
                return wrong(column.to_string());
            }
            let field = fields.next()?;
            values.push(numbers::parse(&field.text, || fields.place())?);
            ended = field.is_last;
        }
        if !ended {
            return wrong("more".to_string());
        }
    }
    let shape = (ends.len(), width);
    let rows =
        Array2::from_shape_vec(shape, values).expect("each row has as many numbers as the header names");
    Embedding::from_rows(NodeIds::from_text(ids, ends), rows).map_err(|error| error.in_file(path))
}

/// How many numbers a row has.
fn read_header(fields: &mut Fields<'_>, text: &str) -> Result<usize, Error> {
    let wrong = |place: Place| {
        let found = text.lines().next().map_or_else(|| "an empty file".to_string(), quoted);
        Err(Error::malformed(place, "the header id,e0,e1,…", found))
    };
    if !fields.next_row() {
        return wrong(fields.place());
    }
    let id = fields.next()?;
    let mut ended = id.is_last;
    if id.text != "id" || ended {
        return wrong(fields.place());
    }
    let mut width = 0;
    while !ended {
        let field = fields.next()?;
        if field.text.strip_prefix('e').and_then(|number| number.parse().ok()) != Some(width) {
            return wrong(fields.place());
        }
        width += 1;
        ended = field.is_last;
    }
    Ok(width)
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
            ("id,e0,e2\n", "z.csv:1: expected the header id,e0,e1,…, found \"id,e0,e2\""),
            ("id,e0,e1\na,1,2\nb,1\n", "z.csv:3: expected 2 numbers after the id, found 1"),
            ("id,e0,e1\na\n", "z.csv:2: expected 2 numbers after the id, found 0"),
            ("id,e0,e1\na,1,2,3\n", "z.csv:2: expected 2 numbers after the id, found more"),
            ("id,e0\na,1\nb,NaN\n", "z.csv:3: expected a finite number, found \"NaN\""),
            ("id,e0\na,1\nb,1e39\n", "z.csv:3: expected a finite number, found \"1e39\""),
            ("id,e0\na,1\nb,\n", "z.csv:3: expected a finite number, found \"\""),
            ("id,e0\n\"a\nb,1\n", "z.csv:2: expected a closing quote, found the end of the file"),
            ("id,e0\na,1\na,2\n", "z.csv: expected different ids (node ids), found \"a\" twice"),
            ("id,e0\n", "z.csv: expected at least one row (embedding), found none"),
        ] {
            assert_eq!(message(text), expected);
        }
        let header = read_header(&mut Fields::new("", b',', Path::new("z.csv")), "").unwrap_err().to_string();
        assert_eq!(header, "z.csv:1: expected the header id,e0,e1,…, found an empty file");
    }
}
