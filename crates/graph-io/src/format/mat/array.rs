//! A variable of a MAT-file.

use super::elements::{Element, Elements, MATRIX, Numbers};
use crate::error::Error;

/// A matrix of numbers, as far as it is of use here; its bytes are where they were.
pub(super) struct Array<'a> {
    pub(super) shape: [usize; 2],
    pub(super) at: usize,
    stored: Stored<'a>,
}

enum Stored<'a> {
    /// Column by column.
    Full(Numbers<'a>),
    /// The row of each entry, where each column starts, the value of each entry.
    Sparse { rows: Numbers<'a>, starts: Numbers<'a>, values: Numbers<'a> },
}

/// What a variable is.
pub(super) enum Content<'a> {
    Array(Array<'a>),
    /// The fields of a structure, each with its name, and the elements that hold it.
    Fields(Vec<(String, Element<'a>)>),
    /// Texts, cells, objects, and arrays of more dimensions.
    Other,
}

const STRUCTURE: u32 = 2;
const SPARSE: u32 = 5;
const NUMERIC: std::ops::RangeInclusive<u32> = 6..=15;

/// Reads a matrix: its name and what it is.
pub(super) fn read_matrix<'a>(
    outer: &Elements<'a>,
    matrix: &Element<'a>,
) -> Result<(String, Content<'a>), Error> {
    if matrix.kind != MATRIX {
        return Ok((String::new(), Content::Other));
    }
    let mut parts = outer.inside(matrix);
    // What is empty may have no parts at all.
    if matrix.bytes.is_empty() {
        return Ok((String::new(), Content::Other));
    }
    let flags = numbers(&mut parts, "the flags of an array")?;
    let flags = if flags.len() > 0 { flags.get(0) as u32 } else { 0 };
    let class = flags & 0xff;
    let is_complex = flags & 0x800 != 0;
    let dimensions = numbers(&mut parts, "the dimensions of an array")?;
    let name = parts.required("the name of an array")?;
    let name = String::from_utf8_lossy(&name.bytes[..name.bytes.len().min(64)]).into_owned();
    if is_complex || dimensions.len() != 2 {
        return Ok((name, Content::Other));
    }
    let [Some(num_rows), Some(num_columns)] = [0, 1].map(|axis| whole(dimensions.get(axis))) else {
        return Err(parts.malformed("dimensions of an array", "a negative one"));
    };
    let shape = [num_rows, num_columns];
    let content = match class {
        STRUCTURE if shape == [1, 1] => fields(&mut parts)?,
        SPARSE => {
            let rows = numbers(&mut parts, "the rows of a sparse array")?;
            let starts = numbers(&mut parts, "the columns of a sparse array")?;
            let values = numbers(&mut parts, "the values of a sparse array")?;
            let array = Array { shape, at: matrix.at, stored: Stored::Sparse { rows, starts, values } };
            array.check_sparse(outer)?;
            Content::Array(array)
        }
        class if NUMERIC.contains(&class) => {
            let values = numbers(&mut parts, "the values of an array")?;
            if num_rows.checked_mul(num_columns) != Some(values.len()) {
                let expected = format!("{num_rows} × {num_columns} values of {name}");
                return Err(parts.malformed(expected, values.len().to_string()));
            }
            Content::Array(Array { shape, at: matrix.at, stored: Stored::Full(values) })
        }
        _ => Content::Other,
    };
    Ok((name, content))
}

fn numbers<'a>(parts: &mut Elements<'a>, what: &str) -> Result<Numbers<'a>, Error> {
    let at = *parts;
    let element = parts.required(what)?;
    element.numbers().ok_or_else(|| at.malformed(what, format!("an element of type {}", element.kind)))
}

fn whole(number: f64) -> Option<usize> {
    (number >= 0.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX)).then_some(number as usize)
}

fn fields<'a>(parts: &mut Elements<'a>) -> Result<Content<'a>, Error> {
    let len = numbers(parts, "the length of the names of fields")?;
    let len = if len.len() == 1 { whole(len.get(0)).filter(|&len| len > 0) } else { None };
    let Some(len) = len else { return Err(parts.malformed("the length of the names of fields", "none")) };
    let names = parts.required("the names of fields")?;
    let mut fields = Vec::new();
    for name in names.bytes.chunks_exact(len) {
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        fields.push((String::from_utf8_lossy(name).into_owned(), parts.required("a field")?));
    }
    Ok(Content::Fields(fields))
}

impl Array<'_> {
    pub(super) fn is_square(&self) -> bool {
        self.shape[0] == self.shape[1]
    }

    fn check_sparse(&self, elements: &Elements<'_>) -> Result<(), Error> {
        let Stored::Sparse { rows, starts, values } = &self.stored else { return Ok(()) };
        let [num_rows, num_columns] = self.shape;
        if starts.len() != num_columns + 1 {
            let expected = format!("{} starts of columns", num_columns + 1);
            return Err(elements.malformed(expected, starts.len().to_string()));
        }
        let num_entries = whole(starts.get(num_columns)).unwrap_or(usize::MAX);
        // There may be room for more entries than there are.
        if num_entries > rows.len().min(values.len()) {
            let found = format!("{} rows and {} values", rows.len(), values.len());
            return Err(elements.malformed(format!("{num_entries} entries of a sparse array"), found));
        }
        if starts.get(0) != 0.0 || (0..num_columns).any(|column| starts.get(column) > starts.get(column + 1))
        {
            return Err(elements.malformed("starts of columns that ascend from 0", "others"));
        }
        match (0..num_entries).map(|entry| rows.get(entry)).find(|row| !(0.0..num_rows as f64).contains(row))
        {
            Some(row) => Err(elements.malformed(format!("rows below {num_rows}"), row.to_string())),
            None => Ok(()),
        }
    }

    /// Calls `visit` with row, column and value of each value that is not zero, column by column.
    pub(super) fn for_each_nonzero(&self, mut visit: impl FnMut(u32, u32, f32)) {
        let [num_rows, num_columns] = self.shape;
        match &self.stored {
            Stored::Full(values) => {
                for (index, value) in values.iter().enumerate().filter(|(_, value)| *value != 0.0) {
                    visit((index % num_rows) as u32, (index / num_rows) as u32, value as f32);
                }
            }
            Stored::Sparse { rows, starts, values } => {
                for column in 0..num_columns {
                    for entry in starts.get(column) as usize..starts.get(column + 1) as usize {
                        let value = values.get(entry);
                        if value != 0.0 {
                            visit(rows.get(entry) as u32, column as u32, value as f32);
                        }
                    }
                }
            }
        }
    }

    /// Whether most values are zero, or it is stored so.
    pub(super) fn is_sparse(&self) -> bool {
        match &self.stored {
            Stored::Sparse { .. } => true,
            Stored::Full(values) => 10 * values.iter().filter(|&value| value != 0.0).count() < values.len(),
        }
    }

    /// The numbers of a full row or column of numbers; none of a matrix.
    pub(super) fn vector(&self) -> Option<Numbers<'_>> {
        match self.stored {
            Stored::Full(values) if self.shape.contains(&1) => Some(values),
            _ => None,
        }
    }
}
