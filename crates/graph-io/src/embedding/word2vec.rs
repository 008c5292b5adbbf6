//! The text form of word2vec, as gensim and many others load it: `rows width`, then a line `id number number …` each.

use std::path::Path;

use ndarray::Array2;

use super::columns::NodeColumn;
use super::matrix::Embedding;
use super::numbers::{self, Shortest};
use super::registry::EmbeddingFormat;
use crate::error::{Error, Place};
use crate::format::{Sample, output, quoted, read_unpacked_text};
use crate::memory_limit::MemoryLimit;
use crate::node_ids::NodeIds;

pub(super) const FORMAT: EmbeddingFormat = EmbeddingFormat {
    name: "word2vec",
    title: "text of word2vec, as gensim loads it: a line with the shape, then an id and its numbers a line",
    endings: &[".vec", ".w2v", ".emb", ".embeddings", ".txt"],
    is_text: true,
    recognizes,
    read,
    check,
    write,
};

/// A header of two numbers; under an ending that edge lists have too, also a second line that only an embedding has.
fn recognizes(sample: &Sample) -> bool {
    let Some((_, width)) =
        sample.first_line().and_then(header).filter(|_| FORMAT.has_ending_of(&sample.name))
    else {
        return false;
    };
    if !sample.name.ends_with(".txt") {
        return true;
    }
    // An edge has two ends and a weight; a node of METIS has fewer neighbors than there are edges.
    let mut lines = sample.head.split(|&byte| byte == b'\n').skip(1);
    let (second, is_whole) = (lines.next().unwrap_or_default(), lines.next().is_some());
    let words = second.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
    // An id of several words starts with one that is no number.
    let is_number = |word: &[u8]| std::str::from_utf8(word).is_ok_and(|word| word.parse::<f32>().is_ok());
    let starts_with_word = words.clone().next().is_some_and(|word| !is_number(word));
    let fields = words.count();
    let fits = fields == width + 1 || starts_with_word && fields > width + 1;
    width > 1 && if is_whole || sample.head.len() < 4096 { fits } else { fields > 4 }
}

fn header(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_ascii_whitespace();
    let shape = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    if fields.next().is_some() { None } else { Some(shape) }
}

fn read(path: &Path) -> Result<Embedding, Error> {
    let text = read_unpacked_text(path, MemoryLimit::default())?;
    let mut lines = text.lines().enumerate().map(|(number, line)| (Place::line(path, number + 1), line));
    let (first, line) = lines.next().unwrap_or((Place::line(path, 1), ""));
    let Some((num_rows, width)) = header(line) else {
        return Err(Error::malformed(first, "the number of rows and of columns", quoted(line)));
    };
    // A row has an id, and for each number a blank and a digit.
    let least = width.checked_mul(2).and_then(|row| num_rows.checked_mul(row.checked_add(1)?));
    if least.is_none_or(|least| least > text.len()) {
        let expected = format!("a number of rows and of columns that {} bytes can hold", text.len());
        return Err(Error::malformed(first, expected, quoted(line)));
    }
    let (mut ids, mut ends) = (String::new(), Vec::with_capacity(num_rows));
    let mut values = Vec::with_capacity(num_rows * width);
    for (place, line) in lines {
        if ends.len() == num_rows {
            if line.is_empty() {
                continue;
            }
            let expected = format!("the end of the file after {num_rows} rows");
            return Err(Error::malformed(place, expected, quoted(line)));
        }
        let line = line.trim_matches([' ', '\t']);
        if line.is_empty() {
            return Err(Error::malformed(place, "an id", "an empty line"));
        }
        // From the end, as an id may have blanks in it.
        let (mut id, before) = (line, values.len());
        for found in 0..width {
            let Some((rest, field)) = id.rsplit_once([' ', '\t']) else {
                let expected = format!("{width} numbers after the id");
                return Err(Error::malformed(place, expected, found.to_string()));
            };
            values.push(numbers::parse(field, || place.clone())?);
            id = rest.trim_end_matches([' ', '\t']);
        }
        values[before..].reverse();
        if id.rsplit_once([' ', '\t']).is_some_and(|(_, word)| word.parse::<f32>().is_ok()) {
            return Err(Error::malformed(place, format!("{width} numbers after the id"), "more"));
        }
        ids.push_str(id);
        ends.push(ids.len());
    }
    if ends.len() < num_rows {
        let expected = format!("{num_rows} rows, as its first line says");
        return Err(Error::malformed(Place::whole(path), expected, ends.len().to_string()));
    }
    let rows = Array2::from_shape_vec((num_rows, width), values).expect("each row was counted");
    Embedding::from_rows(NodeIds::from_text(ids, ends), rows).map_err(|error| error.in_file(path))
}

fn check(ids: &NodeIds, _: &[NodeColumn<'_>]) -> Result<(), Error> {
    if ids.are_counted() {
        return Ok(());
    }
    match ids.iter().find(|id| id.is_empty() || id.contains(char::is_whitespace)) {
        Some(id) => Err(Error::invalid("embedding format word2vec", "node ids without blanks", quoted(&id))),
        None => Ok(()),
    }
}

fn write(embedding: &Embedding, _: &[NodeColumn<'_>], path: &Path) -> Result<(), Error> {
    output::write_text_file(path, |out| {
        let (num_rows, width) = embedding.rows().dim();
        writeln!(out, "{num_rows} {width}")?;
        for (id, values) in embedding.iter() {
            write!(out, "{id}")?;
            for &value in values {
                write!(out, " {}", Shortest(value))?;
            }
            writeln!(out)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn read_text(text: &str) -> Result<Embedding, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("z.vec");
        std::fs::write(&path, text).unwrap();
        super::super::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn blanks_at_the_end_of_lines_and_tabs_are_read() {
        let read = read_text("2 2\r\nking 1.5 -2 \r\n</s>\t0 1e-7\r\n\r\n").unwrap();
        assert_eq!(read.ids(), &NodeIds::from_names(["king", "</s>"]));
        assert_eq!(read.rows(), array![[1.5, -2.0], [0.0, 1e-7]]);
    }

    #[test]
    fn a_header_or_a_row_that_lies_is_told_with_its_line() {
        for (text, expected) in [
            ("2 2\na 1 2\n", "z.vec: expected 2 rows, as its first line says, found 1"),
            ("1 2\na 1 2\nb 3 4\n", "z.vec:3: expected the end of the file after 1 rows, found \"b 3 4\""),
            ("1 2\na 1\n", "z.vec:2: expected 2 numbers after the id, found 1"),
            ("1 2\na 1 2 3\n", "z.vec:2: expected 2 numbers after the id, found more"),
            ("2 1\na 1\n\nb 2\n", "z.vec:3: expected an id, found an empty line"),
            ("1 2\na 1 nan\n", "z.vec:2: expected a finite number, found \"nan\""),
            ("2 1\na 1\na 2\n", "z.vec: expected different ids (node ids), found \"a\" twice"),
            ("1 0\na\n", "z.vec: expected at least one column (embedding), found none"),
            ("0 2\n", "z.vec: expected at least one row (embedding), found none"),
            (
                "1000000000000 1000\na 1\n",
                "z.vec:1: expected a number of rows and of columns that 23 bytes can hold, found \"1000000000000 1000\"",
            ),
            (
                "18446744073709551615 18446744073709551615\n",
                "z.vec:1: expected a number of rows and of columns that 42 bytes can hold, \
                 found \"18446744073709551615 1844674407370955161\"…",
            ),
        ] {
            assert_eq!(read_text(text).unwrap_err(), expected);
        }
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        std::fs::write(&path, "-1 2\n").unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(
            message.ends_with(":1: expected the number of rows and of columns, found \"-1 2\""),
            "{message}"
        );
    }

    #[test]
    fn ids_with_blanks_have_no_place() {
        for id in ["New York", "", "a\u{a0}b"] {
            let embedding = Embedding::from_rows(NodeIds::from_names([id]), array![[1.0]]).unwrap();
            assert_eq!(
                FORMAT.write(&embedding, Path::new("missing/z.vec")).unwrap_err().to_string(),
                format!("embedding format word2vec: expected node ids without blanks, found {id:?}")
            );
        }
    }

    #[test]
    fn under_the_ending_of_edge_lists_only_what_is_no_edge_list_is_recognized() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("z.txt");
        let recognized = |text: &str| {
            std::fs::write(&path, text).unwrap();
            super::super::is_embedding(&path).unwrap()
        };
        assert!(recognized("2 2\na 0 1\nb 1 0\n"));
        assert!(recognized(&format!("1 5000\na{}\n", " 0.5".repeat(5000))));
        for edges in
            ["2 1\n1 0\n0 2\n", "3 3\n2 3\n1 3\n1 2\n", "5 7\n1 2\n", "5 2 1\n0 1 1\n", "# a\n0 1\n", ""]
        {
            assert!(!recognized(edges), "{edges}");
        }
    }
}
