//! One line of a list of edges: its fields and what they say.

use std::borrow::Cow;

use memchr::memchr;

use super::attributes;
use crate::format::quoted::quoted_bytes;

/// An id longer than this is taken for a file of another kind.
pub(super) const MAX_ID_LEN: usize = 4096;

/// What stands between the fields of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separator {
    /// Spaces and tabs, any number of them.
    Blanks,
    /// One such byte, with blanks around it: a tab, a comma, a semicolon or a bar.
    Byte(u8),
}

/// What a line with a single field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Single {
    /// A node, whatever it is.
    Node,
    /// A node, unless something in it could stand between two ids.
    OneWord,
    /// A node, if it is of letters, digits, underscores and points: no line has shown yet what stands between two ids.
    Letters,
    /// A fault.
    Fault,
}

/// How lines are to be read.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::format) struct Layout {
    pub(in crate::format) separator: Separator,
    /// What a line of comment starts with.
    pub(in crate::format) comment_signs: &'static [&'static str],
    /// The column of the first id, counted from 0.
    pub(in crate::format) from: usize,
    /// The column of the second id.
    pub(in crate::format) to: usize,
    /// The column of the weight, where there is one.
    pub(in crate::format) weight: Option<usize>,
    /// How many fields each line has.
    pub(in crate::format) num_fields: usize,
    pub(in crate::format) single: Single,
    /// What stands between the two ids of every line, such as `->`.
    pub(in crate::format) arrow: Option<Box<[u8]>>,
    /// Whether attributes in braces stand behind the two ids, as NetworkX writes them; the weight is one of them.
    pub(in crate::format) has_attributes: bool,
    /// The name of the attribute that is the weight; without it none is.
    pub(in crate::format) attribute: Option<Box<str>>,
    /// What each line has, for messages.
    pub(in crate::format) expected: Cow<'static, str>,
}

/// What a line says.
#[derive(Debug, PartialEq)]
pub(in crate::format) struct Record<'a> {
    pub(in crate::format) from: Cow<'a, [u8]>,
    /// None on a line that only names a node.
    pub(in crate::format) to: Option<Cow<'a, [u8]>>,
    /// 1 where the layout has no weights.
    pub(in crate::format) weight: f32,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq)]
pub(in crate::format) struct Fault {
    pub(in crate::format) expected: String,
    pub(in crate::format) found: String,
}

impl Fault {
    pub(super) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }
}

impl Layout {
    /// Whether a line is empty or a comment.
    ///
    /// `#x,#y` is an edge: both of its ids start with the sign, and neither has a blank.
    pub(in crate::format) fn is_silent(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii_start();
        if line.is_empty() {
            return true;
        }
        let Some(sign) = self.comment_signs.iter().find(|sign| line.starts_with(sign.as_bytes())) else {
            return false;
        };
        let Separator::Byte(separator) = self.separator else { return true };
        let is_id = |field: &[u8]| {
            field.strip_prefix(sign.as_bytes()).is_some_and(|name| !name.is_empty())
                && !field.iter().any(u8::is_ascii_whitespace)
        };
        let fields = line.split(|&byte| byte == separator);
        !(fields.clone().count() >= 2 && fields.take(2).all(is_id))
    }

    /// What a line says that is not silent.
    pub(in crate::format) fn record<'a>(&self, line: &'a [u8]) -> Result<Record<'a>, Fault> {
        if self.has_attributes {
            return self.record_with_attributes(line);
        }
        let [mut first, mut second, mut from, mut to, mut weight] =
            [const { Cow::Borrowed(b"".as_slice()) }; 5];
        let (mut num_fields, mut num_to_last) = (0, 0);
        for field in Fields::of(line, self.separator) {
            let field = field?;
            let column = num_fields;
            num_fields += 1;
            match column {
                0 => first = field.clone(),
                1 if self.arrow.is_some() => second = field.clone(),
                _ => {}
            }
            if !field.is_empty() || column < 2 {
                num_to_last = num_fields;
            }
            match column {
                _ if column == self.from => from = field,
                _ if column == self.to => to = field,
                _ if Some(column) == self.weight => weight = field,
                _ => {}
            }
        }
        if num_fields == 1 && self.single != Single::Fault {
            self.check_single(line, &first)?;
            return Ok(Record { from: checked_id(first)?, to: None, weight: 1.0 });
        }
        // Where no header says how many fields there are, empty ones at the end are none.
        let fits = num_fields == self.num_fields || num_to_last == self.num_fields;
        if !fits {
            let fields =
                if num_to_last == 1 { "1 field".to_string() } else { format!("{num_to_last} fields") };
            return Err(Fault::new(self.expected.as_ref(), fields));
        }
        if let Some(arrow) = self.arrow.as_deref().filter(|arrow| **arrow != *second) {
            let expected = format!("{} between two ids, as in the first edge", quoted_bytes(arrow));
            return Err(Fault::new(expected, quoted_bytes(&second)));
        }
        let (from, to) = (checked_id(from)?, checked_id(to)?);
        let weight = if self.weight.is_some() { number(&weight)? } else { 1.0 };
        Ok(Record { from, to: Some(to), weight })
    }

    /// Two ids, and what stands in braces behind them.
    fn record_with_attributes<'a>(&self, line: &'a [u8]) -> Result<Record<'a>, Fault> {
        let fault = || Fault::new(self.expected.as_ref(), quoted_bytes(line));
        let (ids, attributes) = attributes::split(line).ok_or_else(fault)?;
        let mut fields = Fields::of(ids, self.separator);
        let (Some(from), Some(to)) = (fields.next(), fields.next()) else { return Err(fault()) };
        if fields.any(|field| field.is_ok_and(|field| !field.is_empty())) {
            return Err(fault());
        }
        let (from, to) = (checked_id(from?)?, checked_id(to?)?);
        let weight =
            self.attribute.as_deref().map(|name| attributes::weight(attributes, name)).transpose()?;
        let weight = match (weight.flatten(), self.weight) {
            (Some(weight), Some(_)) => weight,
            (None, None) => 1.0,
            _ => return Err(fault()),
        };
        Ok(Record { from, to: Some(to), weight })
    }

    /// A line of one field is a node only if it cannot be an edge that is written in another way.
    fn check_single(&self, line: &[u8], field: &[u8]) -> Result<(), Fault> {
        let is_in_quotes = line.trim_ascii_start().starts_with(b"\"");
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte) || *byte >= 0x80;
        let is_node = match self.single {
            Single::OneWord => is_in_quotes || !field.iter().any(|byte| b" \t,;|".contains(byte)),
            Single::Letters => is_in_quotes || field.iter().all(is_plain),
            Single::Node | Single::Fault => true,
        };
        if is_node {
            return Ok(());
        }
        let expected = format!("{} (`--lone-ids node` takes such a line for a node)", self.expected);
        Err(Fault::new(expected, format!("1 field, {}", quoted_bytes(field))))
    }
}

/// A finite number.
pub(in crate::format) fn number(field: &[u8]) -> Result<f32, Fault> {
    let number = std::str::from_utf8(field).ok().and_then(|text| text.parse::<f32>().ok());
    number
        .filter(|number| number.is_finite())
        .ok_or_else(|| Fault::new("a finite number as weight", quoted_bytes(field)))
}

fn checked_id(id: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>, Fault> {
    if id.is_empty() {
        return Err(Fault::new("an id", "an empty field"));
    }
    if id.len() > MAX_ID_LEN {
        return Err(Fault::new(
            format!("an id of at most {MAX_ID_LEN} bytes"),
            format!("{} bytes", id.len()),
        ));
    }
    if let Err(error) = std::str::from_utf8(&id) {
        return Err(Fault::new("UTF-8 text", format!("the byte 0x{:02x}", id[error.valid_up_to()])));
    }
    Ok(id)
}

/// The line that starts at a byte, without its end, and where the next one starts.
pub(in crate::format) fn line_at(bytes: &[u8], start: usize) -> (&[u8], usize) {
    let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |len| start + len);
    let line = &bytes[start..end];
    (line.strip_suffix(b"\r").unwrap_or(line), bytes.len().min(end + 1))
}

/// The fields of a line.
pub(super) struct Fields<'a> {
    // None at the end of the line.
    rest: Option<&'a [u8]>,
    separator: Separator,
}

impl<'a> Fields<'a> {
    pub(super) fn of(line: &'a [u8], separator: Separator) -> Self {
        let mut fields = Self { rest: None, separator };
        fields.rest = Some(fields.trim(line));
        fields
    }

    fn is_blank(&self, byte: u8) -> bool {
        byte == b' ' || (byte == b'\t' && self.separator != Separator::Byte(b'\t'))
    }

    fn trim_start<'b>(&self, text: &'b [u8]) -> &'b [u8] {
        let start = text.iter().position(|&byte| !self.is_blank(byte)).unwrap_or(text.len());
        &text[start..]
    }

    fn trim<'b>(&self, text: &'b [u8]) -> &'b [u8] {
        let end = text.iter().rposition(|&byte| !self.is_blank(byte)).map_or(0, |last| last + 1);
        self.trim_start(&text[..end])
    }

    /// A field in quotes, in which two quotes stand for one, from behind its first quote.
    fn quoted(&mut self, text: &'a [u8]) -> Result<Cow<'a, [u8]>, Fault> {
        let mut field = Cow::Borrowed(&b""[..]);
        let mut rest = text;
        loop {
            let Some(len) = memchr(b'"', rest) else {
                return Err(Fault::new("a quote at the end of the field", quoted_bytes(text)));
            };
            let is_double = rest.get(len + 1) == Some(&b'"');
            let part = &rest[..len + usize::from(is_double)];
            match field.is_empty() {
                true => field = Cow::Borrowed(part),
                false => field.to_mut().extend_from_slice(part),
            }
            rest = &rest[len + 1 + usize::from(is_double)..];
            if !is_double {
                break;
            }
        }
        let behind = self.trim_start(rest);
        self.rest = match (self.separator, behind.first()) {
            (_, None) => None,
            (Separator::Byte(byte), Some(&next)) if byte == next => Some(&behind[1..]),
            (Separator::Blanks, Some(_)) if behind.len() < rest.len() => Some(behind),
            _ => return Err(Fault::new("a separator behind the quote", quoted_bytes(behind))),
        };
        Ok(field)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Cow<'a, [u8]>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let rest = self.trim_start(rest);
        if let Some(text) = rest.strip_prefix(b"\"") {
            return Some(self.quoted(text));
        }
        let end = match self.separator {
            Separator::Byte(byte) => memchr(byte, rest),
            Separator::Blanks => rest.iter().position(|&byte| self.is_blank(byte)),
        };
        let field = match end {
            None => rest,
            Some(end) => {
                self.rest = Some(&rest[end + 1..]);
                self.trim(&rest[..end])
            }
        };
        Some(Ok(Cow::Borrowed(field)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str, separator: Separator) -> Vec<String> {
        let text =
            |field: Result<Cow<'_, [u8]>, Fault>| String::from_utf8(field.unwrap().into_owned()).unwrap();
        Fields::of(line.as_bytes(), separator).map(text).collect()
    }

    #[test]
    fn fields_stand_between_blanks_or_single_separators() {
        assert_eq!(fields(" a \t b  ", Separator::Blanks), ["a", "b"]);
        assert_eq!(fields("a b\t c", Separator::Byte(b'\t')), ["a b", "c"]);
        assert_eq!(fields("\ta", Separator::Byte(b'\t')), ["", "a"]);
        assert_eq!(fields("a , b,,c,", Separator::Byte(b',')), ["a", "b", "", "c", ""]);
    }

    #[test]
    fn quotes_hold_separators_and_quotes() {
        assert_eq!(
            fields("\"a, b\" ,\"\"\"c\"\"\",\"\",\" \"", Separator::Byte(b',')),
            ["a, b", "\"c\"", "", " "]
        );
        assert_eq!(fields("\"a b\" c", Separator::Blanks), ["a b", "c"]);
        let fault =
            |line: &str| Fields::of(line.as_bytes(), Separator::Byte(b',')).next().unwrap().unwrap_err();
        assert_eq!(fault("\"a"), Fault::new("a quote at the end of the field", "\"a\""));
        assert_eq!(fault("\"a\"b,c"), Fault::new("a separator behind the quote", "\"b,c\""));
    }

    #[test]
    fn lines_end_in_any_way() {
        assert_eq!(line_at(b"a\r\nb", 0), (&b"a"[..], 3));
        assert_eq!(line_at(b"a\r\nb", 3), (&b"b"[..], 4));
        assert_eq!(line_at(b"a\n", 2), (&b""[..], 2));
    }
}
