//! GML as keys, values, and the ends of lists.

use std::borrow::Cow;
use std::path::Path;

use crate::error::{Error, Place};
use crate::format::attributes::Kind;
use crate::format::quoted::quoted;

/// What follows a key.
pub(super) enum Item<'a> {
    /// A number as it is written, or a text without its quotes.
    Scalar(Kind, Cow<'a, str>),
    /// The start of a list.
    Open,
}

/// A text, walked through from its start.
pub(super) struct Tokens<'a> {
    text: &'a str,
    file: &'a Path,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str, file: &'a Path) -> Self {
        Self { text: text.strip_prefix('\u{feff}').unwrap_or(text), file, at: 0 }
    }

    /// The byte to be read next.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The line of a byte. O(bytes before it), for errors alone.
    pub(super) fn place(&self, at: usize) -> Place {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        Place::line(self.file, 1 + memchr::memchr_iter(b'\n', before).count())
    }

    pub(super) fn malformed(
        &self,
        at: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Error {
        Error::malformed(self.place(at), expected, found)
    }

    /// The next key of the list, none at its end: at a closing bracket, or outside of all lists at the end of the text.
    pub(super) fn key(&mut self, is_outside: bool) -> Result<Option<&'a str>, Error> {
        self.skip_blanks();
        let start = self.at;
        match self.text.as_bytes().get(start) {
            None if is_outside => return Ok(None),
            None => return Err(self.malformed(start, "a key or ]", "the end of the file")),
            Some(b']') if !is_outside => {
                self.at += 1;
                return Ok(None);
            }
            Some(_) => {}
        }
        let word = self.word();
        if word.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return Ok(Some(word));
        }
        // A bracket or a quote is no word.
        let found = if word.is_empty() { &self.text[start..] } else { word };
        Err(self.malformed(start, "a key", quoted(found.lines().next().unwrap_or_default())))
    }

    /// What follows the key that was just read.
    pub(super) fn value(&mut self) -> Result<Item<'a>, Error> {
        self.skip_blanks();
        let start = self.at;
        match self.text.as_bytes().get(start) {
            Some(b'[') => {
                self.at += 1;
                Ok(Item::Open)
            }
            Some(b'"') => {
                let rest = &self.text[start + 1..];
                let Some(len) = memchr::memchr(b'"', rest.as_bytes()) else {
                    return Err(self.malformed(start, "a quote that closes the text", "the end of the file"));
                };
                self.at = start + len + 2;
                Ok(Item::Scalar(Kind::Text, unescaped(&rest[..len])))
            }
            _ => {
                let word = self.word();
                let is_number =
                    word.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
                let kind = match word {
                    _ if is_number
                        && word.trim_start_matches(['+', '-']).bytes().all(|c| c.is_ascii_digit()) =>
                    {
                        Kind::Whole
                    }
                    "NAN" | "INF" => Kind::Real,
                    _ if is_number => Kind::Real,
                    _ => {
                        let found = if word.is_empty() { "none".to_string() } else { quoted(word) };
                        return Err(self.malformed(start, "a number, a text in quotes or a list", found));
                    }
                };
                Ok(Item::Scalar(kind, Cow::Borrowed(word)))
            }
        }
    }

    /// Passes over the rest of the list that was just opened.
    pub(super) fn skip_list(&mut self) -> Result<(), Error> {
        let mut depth = 1usize;
        while depth > 0 {
            match self.key(false)? {
                None => depth -= 1,
                Some(_) => depth += usize::from(matches!(self.value()?, Item::Open)),
            }
        }
        Ok(())
    }

    /// Blanks, and comments to the end of their line.
    fn skip_blanks(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                _ if byte.is_ascii_whitespace() => self.at += 1,
                b'#' => {
                    let rest = &bytes[self.at..];
                    self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
    }

    /// What stands before the next blank, bracket or quote.
    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"[]\"".contains(byte);
        let len = rest.bytes().position(|byte| is_end(&byte)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }
}

/// A text with its entities resolved: by number, and the five of XML; others stay as they are.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        // No entity is longer.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        match end.and_then(|end| Some((character(&rest[1..end])?, end))) {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn character(entity: &str) -> Option<char> {
    match entity.strip_prefix('#') {
        Some(number) => {
            let hexadecimal =
                number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16).ok());
            char::from_u32(hexadecimal.unwrap_or_else(|| number.parse().ok())?)
        }
        None => quick_xml::escape::resolve_predefined_entity(entity)?.chars().next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_resolved_and_what_is_none_stays() {
        assert_eq!(unescaped("a&amp;b&#228;&#xe4;&quot;"), "a&bää\"");
        assert_eq!(unescaped("&, &nosuch; &#99999999; &"), "&, &nosuch; &#99999999; &");
    }
}
