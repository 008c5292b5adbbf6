//! Lines of numbers between commas, parsed on every core.

use std::path::Path;
use std::str::FromStr;

use rayon::prelude::*;

use crate::error::{Error, Place};
use crate::format::file::read_unpacked_text;
use crate::format::quoted::quoted;
use crate::memory_limit::MemoryLimit;

/// About how many bytes one task parses.
const CHUNK_LEN: usize = 1 << 20;

/// Rows of equal width, one after the other.
pub(super) struct NumberRows<T> {
    pub(super) values: Vec<T>,
    pub(super) num_rows: usize,
}

/// The numbers in a text of lines of `width` cells; an empty line ends it or is a fault.
pub(super) fn read_rows<T>(
    text: &str,
    width: usize,
    expected: &str,
    file: &Path,
) -> Result<NumberRows<T>, Error>
where
    T: FromStr + PartialEq + Copy + Default + Send + Number,
{
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Ok(NumberRows { values: Vec::new(), num_rows: 0 });
    }
    let chunks = chunks(text);
    let num_lines: Vec<usize> =
        chunks.par_iter().map(|chunk| memchr::memchr_iter(b'\n', chunk.as_bytes()).count() + 1).collect();
    let num_rows: usize = num_lines.iter().sum();
    // A cell takes two bytes, itself and what ends it, but for the last.
    let max_values = text.len() / 2 + 1;
    let num_values = num_rows.checked_mul(width).filter(|&num_values| num_values <= max_values);
    // A text too short for its lines has a line that is too short: it is found without room for the values.
    let mut values = vec![T::default(); num_values.unwrap_or(0)];
    let mut tasks = Vec::with_capacity(chunks.len());
    let (mut rest, mut first_line) = (&mut values[..], 1);
    for (chunk, num_lines) in chunks.into_iter().zip(num_lines) {
        let len = if num_values.is_some() { num_lines * width } else { 0 };
        let (own, others) = std::mem::take(&mut rest).split_at_mut(len);
        rest = others;
        tasks.push((chunk, first_line, own));
        first_line += num_lines;
    }
    // The first of all faults, whichever task is the first to find one.
    let fault = tasks.into_par_iter().filter_map(|(chunk, first_line, out)| {
        parse_lines(chunk, width, out).err().map(|fault| (first_line + fault.line, fault))
    });
    if let Some((line, fault)) = fault.min_by_key(|(line, _)| *line) {
        let place = Place::line(file, line);
        return Err(match fault.cell {
            Some(cell) => Error::malformed(place, expected, quoted(cell)),
            None => Error::malformed(place, format!("{width} cells"), fault.num_cells.to_string()),
        });
    }
    Ok(NumberRows { values, num_rows })
}

/// What a parsed number must be beyond its syntax.
pub(super) trait Number {
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

/// A line of another width, or with a cell that is no such number.
struct Fault<'a> {
    line: usize,
    num_cells: usize,
    cell: Option<&'a str>,
}

fn parse_lines<'a, T: FromStr + Copy + Number>(
    text: &'a str,
    width: usize,
    out: &mut [T],
) -> Result<(), Fault<'a>> {
    let mut rows = out.chunks_exact_mut(width);
    for (line, content) in text.split('\n').enumerate() {
        let content = content.strip_suffix('\r').unwrap_or(content);
        let width_fault = || Fault { line, num_cells: content.split(',').count(), cell: None };
        let mut cells = content.split(',');
        // Without room only the widths are wanted.
        let Some(row) = rows.next() else {
            if cells.count() != width {
                return Err(width_fault());
            }
            continue;
        };
        for value in row {
            let cell = cells.next().ok_or_else(width_fault)?;
            let parsed = cell.trim().parse::<T>().ok().filter(|parsed| parsed.is_valid());
            *value = parsed.ok_or(Fault { line, num_cells: width, cell: Some(cell) })?;
        }
        if cells.next().is_some() {
            return Err(width_fault());
        }
    }
    Ok(())
}

/// The text cut at line ends, which belong to no chunk.
fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while rest.len() > CHUNK_LEN
        && let Some(end) = memchr::memchr(b'\n', &rest.as_bytes()[CHUNK_LEN..])
    {
        chunks.push(&rest[..CHUNK_LEN + end]);
        rest = &rest[CHUNK_LEN + end + 1..];
    }
    chunks.push(rest);
    chunks
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
    fn several_tasks_give_the_lines_in_order_and_the_first_fault() {
        let mut lines: Vec<String> = (0..400_000).map(|line| format!("{line},0.5")).collect();
        let values = read(&lines.join("\n"), 2).unwrap();
        assert!(values.chunks_exact(2).enumerate().all(|(line, row)| *row == [line as f32, 0.5]));
        lines[399_999] = "x,1".into();
        assert_eq!(read(&lines.join("\n"), 2), Err("x.csv:400000: expected a number, found \"x\"".into()));
        lines[300_000] = "1,2,3".into();
        assert_eq!(read(&lines.join("\n"), 2), Err("x.csv:300001: expected 2 cells, found 3".into()));
    }

    #[test]
    fn a_first_line_wider_than_the_rest_asks_for_no_room() {
        let text = format!("{}1\n{}", "0,".repeat(9999), "1\n".repeat(9999));
        assert_eq!(read(&text, 10_000), Err("x.csv:2: expected 10000 cells, found 1".into()));
    }
}
