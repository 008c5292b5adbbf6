//! A table for people.

use std::fmt;

/// Rows of cells under a header, drawn with lines.
///
/// ```
/// use harness::{Align, Table};
///
/// let mut table = Table::new([("", Align::Left), ("accuracy", Align::Right)]);
/// table.push(["G2R", "82.8 ± 0.8"]);
/// assert_eq!(table.to_string(), "\
/// ┌─────┬────────────┐
/// │     │   accuracy │
/// ├─────┼────────────┤
/// │ G2R │ 82.8 ± 0.8 │
/// └─────┴────────────┘
/// ");
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

/// On which side of its column a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

impl Table {
    /// A table without rows.
    pub fn new<const COLUMNS: usize>(columns: [(&str, Align); COLUMNS]) -> Self {
        let columns = columns.into_iter().map(|(title, align)| (title.to_string(), align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When the row has not one cell for each column.
    pub fn push<const COLUMNS: usize>(&mut self, cells: [impl Into<String>; COLUMNS]) {
        assert_eq!(COLUMNS, self.columns.len(), "Table: a row needs one cell for each column");
        self.rows.push(cells.map(Into::into).into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header: Vec<String> = self.columns.iter().map(|(title, _)| title.clone()).collect();
        let lines: Vec<&Vec<String>> = [&header].into_iter().chain(&self.rows).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let rule = |out: &mut fmt::Formatter<'_>, [left, middle, right]: [&str; 3]| {
            let parts: Vec<String> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
            writeln!(out, "{left}{}{right}", parts.join(middle))
        };
        let row = |out: &mut fmt::Formatter<'_>, cells: &[String]| {
            for ((cell, width), (_, align)) in cells.iter().zip(&widths).zip(&self.columns) {
                match align {
                    Align::Left => write!(out, "│ {cell:<width$} ")?,
                    Align::Right => write!(out, "│ {cell:>width$} ")?,
                }
            }
            writeln!(out, "│")
        };
        rule(out, ["┌", "┬", "┐"])?;
        row(out, &header)?;
        rule(out, ["├", "┼", "┤"])?;
        for cells in &self.rows {
            row(out, cells)?;
        }
        rule(out, ["└", "┴", "┘"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new([("name", Align::Left), ("n", Align::Right)]);
        table.push(["Â²X", "10"]);
        table.push(["cora", "7"]);
        let expected = "\
┌──────┬────┐
│ name │  n │
├──────┼────┤
│ Â²X  │ 10 │
│ cora │  7 │
└──────┴────┘
";
        assert_eq!(table.to_string(), expected);
    }

    #[test]
    #[should_panic(expected = "one cell for each column")]
    fn refuses_a_row_of_another_length() {
        Table::new([("a", Align::Left)]).push(["1", "2"]);
    }
}
