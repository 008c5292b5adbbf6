//! The fields of a table of text, one after the other: a row of any length takes no memory.

use std::borrow::Cow;
use std::path::Path;

use memchr::memchr2;

use crate::error::{Error, Place};
use crate::format::quoted;

/// Walks over the fields of a table as RFC 4180 has it: a field may stand in quotes, in which a quote is doubled.
/// Empty lines are skipped.
pub(super) struct Fields<'a> {
    rest: &'a str,
    delimiter: u8,
    path: &'a Path,
    line: usize,
}

/// A field of a row.
pub(super) struct Field<'a> {
    pub(super) text: Cow<'a, str>,
    /// Whether it is the last of its row.
    pub(super) is_last: bool,
}

impl<'a> Fields<'a> {
    pub(super) fn new(text: &'a str, delimiter: u8, path: &'a Path) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), delimiter, path, line: 1 }
    }

    /// Goes to the next row; whether there is one. To be asked after the last field of a row.
    pub(super) fn next_row(&mut self) -> bool {
        while let Some(rest) = self.rest.strip_prefix('\n').or_else(|| self.rest.strip_prefix("\r\n")) {
            self.rest = rest;
            self.line += 1;
        }
        !self.rest.is_empty()
    }

    /// The line at hand.
    pub(super) fn place(&self) -> Place {
        Place::line(self.path, self.line)
    }

    /// The next field of the row at hand.
    ///
    /// # Errors
    /// Quotes that are not closed, or closed within a field.
    pub(super) fn next(&mut self) -> Result<Field<'a>, Error> {
        let text = match self.rest.strip_prefix('"') {
            Some(quoted) => self.quoted(quoted)?,
            None => {
                let end = memchr2(self.delimiter, b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                let ends_line = !rest.starts_with(char::from(self.delimiter));
                Cow::Borrowed(if ends_line { text.strip_suffix('\r').unwrap_or(text) } else { text })
            }
        };
        if let Some(rest) = self.rest.strip_prefix(char::from(self.delimiter)) {
            self.rest = rest;
            return Ok(Field { text, is_last: false });
        }
        // The line's end stays, so that a delimiter before it is seen to be followed by an empty field.
        Ok(Field { text, is_last: true })
    }

    fn quoted(&mut self, mut rest: &'a str) -> Result<Cow<'a, str>, Error> {
        let opened = self.place();
        let mut text = Cow::Borrowed("");
        loop {
            let Some((part, after)) = rest.split_once('"') else {
                return Err(Error::malformed(opened, "a closing quote", "the end of the file"));
            };
            self.line += part.bytes().filter(|&byte| byte == b'\n').count();
            match text.is_empty() {
                true => text = Cow::Borrowed(part),
                false => text.to_mut().push_str(part),
            }
            rest = match after.strip_prefix('"') {
                Some(after) => {
                    text.to_mut().push('"');
                    after
                }
                None => {
                    self.rest = after;
                    break;
                }
            };
        }
        let goes_on = [char::from(self.delimiter), '\n'];
        let ends = self.rest.is_empty() || self.rest.starts_with(goes_on) || self.rest.starts_with("\r\n");
        if ends { Ok(text) } else { Err(self.after_quotes()) }
    }

    fn after_quotes(&self) -> Error {
        let found = self.rest.lines().next().unwrap_or_default();
        Error::malformed(self.place(), "the field's end after a closing quote", quoted(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut fields = Fields::new(text, b',', Path::new("z.csv"));
        let mut rows = Vec::new();
        while fields.next_row() {
            let mut row = Vec::new();
            loop {
                let field = fields.next().map_err(|error| error.to_string())?;
                row.push(field.text.into_owned());
                if field.is_last {
                    break;
                }
            }
            rows.push(row);
        }
        Ok(rows)
    }

    #[test]
    fn quotes_line_ends_and_empty_fields_are_as_they_should() {
        for (text, expected) in [
            ("a,b\n1,2\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("\u{feff}a,b\r\n\r\n1,\r\n", vec![vec!["a", "b"], vec!["1", ""]]),
            ("\"a,\"\"x\"\"\ny\",\"\"\n,z", vec![vec!["a,\"x\"\ny", ""], vec!["", "z"]]),
            ("\"\"\"\"", vec![vec!["\""]]),
            ("\"a\"\"\",\"\"\"b\"\r\n", vec![vec!["a\"", "\"b"]]),
            ("", vec![]),
        ] {
            assert_eq!(rows(text).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn broken_quotes_are_told_with_their_line() {
        assert_eq!(
            rows("a\n\"b\n\nc").unwrap_err(),
            "z.csv:2: expected a closing quote, found the end of the file"
        );
        assert_eq!(
            rows("\"a\nb\"c,d\n").unwrap_err(),
            "z.csv:2: expected the field's end after a closing quote, found \"c,d\""
        );
    }
}
