//! The fields of a table of text, one after the other: a row of any length takes no memory.

use std::borrow::Cow;
use std::path::Path;

use memchr::{memchr2, memchr3};

use super::edge_list::line::Separator;
use super::quoted::quoted;
use crate::error::{Error, Place};

/// Walks over the fields of a table: blanks around a field are no part of it, unless it stands in quotes, in which a quote
/// is doubled. Empty lines are skipped.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a str,
    separator: Separator,
    path: &'a Path,
    line: usize,
}

/// A field of a row.
pub(crate) struct Field<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Whether it is the last of its row.
    pub(crate) is_last: bool,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(text: &'a str, separator: Separator, path: &'a Path) -> Self {
        Self { rest: text.strip_prefix('\u{feff}').unwrap_or(text), separator, path, line: 1 }
    }

    /// Goes to the next row; whether there is one. To be asked after the last field of a row.
    pub(crate) fn next_row(&mut self) -> bool {
        while let Some(rest) = after_line_end(self.trim_start(self.rest)) {
            self.rest = rest;
            self.line += 1;
        }
        !self.trim_start(self.rest).is_empty()
    }

    /// The line at hand, counted from 1.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// The line at hand.
    pub(crate) fn place(&self) -> Place {
        Place::line(self.path, self.line)
    }

    /// The next field of the row at hand.
    ///
    /// # Errors
    /// Quotes that are not closed, or closed within a field.
    pub(crate) fn next(&mut self) -> Result<Field<'a>, Error> {
        self.rest = self.trim_start(self.rest);
        let text = match self.rest.strip_prefix('"') {
            Some(quoted) => self.quoted(quoted)?,
            None => {
                let bytes = self.rest.as_bytes();
                let end = match self.separator {
                    Separator::Byte(byte) => memchr2(byte, b'\n', bytes),
                    Separator::Blanks => memchr3(b' ', b'\t', b'\n', bytes),
                };
                let (text, rest) = self.rest.split_at(end.unwrap_or(bytes.len()));
                self.rest = rest;
                let ends_line = rest.is_empty() || rest.starts_with('\n');
                let text = if ends_line { text.strip_suffix('\r').unwrap_or(text) } else { text };
                Cow::Borrowed(text.trim_end_matches(|letter| self.is_blank(letter)))
            }
        };
        if let Separator::Byte(byte) = self.separator {
            if let Some(rest) = self.rest.strip_prefix(char::from(byte)) {
                self.rest = rest;
                return Ok(Field { text, is_last: false });
            }
            // The line's end stays, so that a separator before it is seen to be followed by an empty field.
            return Ok(Field { text, is_last: true });
        }
        let rest = self.trim_start(self.rest);
        if !rest.is_empty() && after_line_end(rest).is_none() {
            self.rest = rest;
            return Ok(Field { text, is_last: false });
        }
        Ok(Field { text, is_last: true })
    }

    fn is_blank(&self, letter: char) -> bool {
        letter == ' ' || (letter == '\t' && self.separator != Separator::Byte(b'\t'))
    }

    fn trim_start(&self, text: &'a str) -> &'a str {
        text.trim_start_matches(|letter| self.is_blank(letter))
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
                    self.rest = self.trim_start(after);
                    let is_apart = match self.separator {
                        Separator::Byte(byte) => self.rest.starts_with(char::from(byte)),
                        Separator::Blanks => self.rest.len() < after.len(),
                    };
                    let ends = self.rest.is_empty() || after_line_end(self.rest).is_some();
                    return if is_apart || ends { Ok(text) } else { Err(self.after_quotes()) };
                }
            };
        }
    }

    fn after_quotes(&self) -> Error {
        let found = self.rest.lines().next().unwrap_or_default();
        Error::malformed(self.place(), "the field's end after a closing quote", quoted(found))
    }
}

/// What comes after the end of a line that the text starts with.
fn after_line_end(text: &str) -> Option<&str> {
    text.strip_prefix('\n').or_else(|| text.strip_prefix("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of(text: &str, separator: Separator) -> Result<Vec<Vec<String>>, String> {
        let mut fields = Fields::new(text, separator, Path::new("z.csv"));
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

    fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
        rows_of(text, Separator::Byte(b','))
    }

    #[test]
    fn quotes_line_ends_and_empty_fields_are_as_they_should() {
        for (text, expected) in [
            ("a,b\n1,2\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("\u{feff}a,b\r\n\r\n1,\r\n", vec![vec!["a", "b"], vec!["1", ""]]),
            ("\"a,\"\"x\"\"\ny\",\"\"\n,z", vec![vec!["a,\"x\"\ny", ""], vec!["", "z"]]),
            ("\"\"\"\"", vec![vec!["\""]]),
            ("\"a\"\"\",\"\"\"b\"\r\n", vec![vec!["a\"", "\"b"]]),
            ("b , \" c \" ,a\"b\n  \nx", vec![vec!["b", " c ", "a\"b"], vec!["x"]]),
            ("", vec![]),
        ] {
            assert_eq!(rows(text).unwrap(), expected, "{text:?}");
        }
        let blanks = rows_of(" 1  \"a b\"\t2 \r\n\r\nx\n", Separator::Blanks).unwrap();
        assert_eq!(blanks, vec![vec!["1", "a b", "2"], vec!["x"]]);
        assert_eq!(rows_of("\t a\t\n", Separator::Byte(b'\t')).unwrap(), vec![vec!["", "a", ""]]);
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
        assert!(rows_of("\"a\"b\n", Separator::Blanks).unwrap_err().ends_with("found \"b\""));
    }
}
