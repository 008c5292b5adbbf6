//! Lines of numbers between commas.

use std::path::Path;
use std::str::FromStr;

use crate::error::{Error, Place};
use crate::format::file::read_unpacked_text;
use crate::format::quoted::quoted;
use crate::memory_limit::MemoryLimit;

/// Rows of equal width, one after the other.
pub(super) struct NumberRows<T> {
    pub(super) values: Vec<T>,
    pub(super) num_rows: usize,
}

/// What a parsed number must be beyond its syntax.
pub(super) trait Number: FromStr {
    fn is_valid(&self) -> bool;
}

impl Number for u32 {
    fn is_valid(&self) -> bool {
        true
    }
}

impl Number for f32 {
    fn is_valid(&self) -> bool {
        self.is_finite()
    }
}

/// The numbers in a text of lines of `width` cells; an empty line ends it or is a fault.
pub(super) fn read_rows<T: Number>(
    text: &str,
    width: usize,
    expected: &str,
    file: &Path,
) -> Result<NumberRows<T>, Error> {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Ok(NumberRows { values: Vec::new(), num_rows: 0 });
    }
    let num_rows = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    // A cell takes two bytes, itself and what ends it, but for the last.
    let mut values = Vec::with_capacity(num_rows.saturating_mul(width).min(text.len() / 2 + 1));
    for (line, content) in (1..).zip(text.lines()) {
        let num_cells = memchr::memchr_iter(b',', content.as_bytes()).count() + 1;
        if num_cells != width {
            let expected = format!("{width} cells");
            return Err(Error::malformed(Place::line(file, line), expected, num_cells.to_string()));
        }
        for cell in content.split(',') {
            let parsed = cell.trim().parse::<T>().ok().filter(T::is_valid);
            let malformed = || Error::malformed(Place::line(file, line), expected, quoted(cell));
            values.push(parsed.ok_or_else(malformed)?);
        }
    }
    Ok(NumberRows { values, num_rows })
}

/// The one count in a file of a count a graph.
pub(super) fn read_count(file: &Path, limit: MemoryLimit) -> Result<usize, Error> {
    let text = read_unpacked_text(file, limit)?;
    let num_graphs = text.lines().count();
    if num_graphs != 1 {
        let found = match num_graphs {
            0 => "none".to_string(),
            _ => format!("{num_graphs} graphs, a set of them"),
        };
        return Err(Error::malformed(Place::whole(file), "the count of one graph", found));
    }
    let word = text.trim();
    match word.parse::<u32>() {
        Ok(count) => Ok(count as usize),
        Err(_) => Err(Error::malformed(Place::line(file, 1), "a count below 2^32", quoted(word))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, width: usize) -> Result<Vec<f32>, String> {
        let rows = read_rows::<f32>(text, width, "a number", Path::new("x.csv"));
        rows.map(|rows| rows.values).map_err(|error| error.to_string())
    }

    #[test]
    fn line_ends_of_both_kinds_are_read() {
        assert_eq!(read("1,2\r\n3,4\r\n", 2), Ok(vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!(read("", 2), Ok(vec![]));
        assert_eq!(read("1,2\n\n3,4\n", 2), Err("x.csv:2: expected 2 cells, found 1".into()));
    }

    #[test]
    fn lines_keep_their_order_and_the_first_fault_is_named() {
        let mut lines: Vec<String> = (0..4000).map(|line| format!("{line},0.5")).collect();
        let values = read(&lines.join("\n"), 2).unwrap();
        assert!(values.chunks_exact(2).enumerate().all(|(line, row)| *row == [line as f32, 0.5]));
        lines[3999] = "x,1".into();
        assert_eq!(read(&lines.join("\n"), 2), Err("x.csv:4000: expected a number, found \"x\"".into()));
        lines[3000] = "1,2,3".into();
        assert_eq!(read(&lines.join("\n"), 2), Err("x.csv:3001: expected 2 cells, found 3".into()));
    }

    #[test]
    fn a_first_line_wider_than_the_rest_asks_for_no_room() {
        let text = format!("{}1\n{}", "0,".repeat(9999), "1\n".repeat(9999));
        assert_eq!(read(&text, 10_000), Err("x.csv:2: expected 10000 cells, found 1".into()));
    }
}
