//! The header of an array: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.

use std::path::Path;

use super::element::Element;
use crate::error::{Error, Place};

const MAGIC: &[u8] = b"\x93NUMPY";

/// A header this long is none of an array; NumPy asks for leave beyond 10 000 bytes.
const MAX_LEN: usize = 1 << 16;

/// Magic, version and length of a header.
const PREFIX_LEN: usize = 12;

/// NumPy's own bound.
const MAX_DIMENSIONS: usize = 64;

/// What a header says of its array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The type of the elements.
    pub(crate) element: Element,
    /// Whether the first index moves fastest.
    pub(crate) is_fortran: bool,
    /// How long each axis is.
    pub(crate) shape: Vec<usize>,
    /// At which byte of the file the elements start.
    pub(crate) data_start: usize,
}

impl Header {
    /// The longest header with all that stands before it.
    pub(crate) const MAX_BYTES: u64 = (PREFIX_LEN + MAX_LEN) as u64;

    /// Reads the header at the start of a file of versions 1 to 3.
    ///
    /// # Errors
    /// Another kind of file; a header that is cut, longer than 64 KiB, or of another grammar; elements that are objects,
    /// records, complex or dates.
    pub(crate) fn parse(bytes: &[u8], file: &Path) -> Result<Self, Error> {
        let wrong = |at: usize, expected: &str, found: String| {
            Err(Error::malformed(Place::byte(file, at), expected, found))
        };
        if !bytes.starts_with(MAGIC) {
            return wrong(0, "an array as NumPy writes it", "another kind of file".into());
        }
        let (text_start, text_len) = match bytes.get(MAGIC.len()..) {
            Some(&[1, _, a, b, ..]) => (10, usize::from(u16::from_le_bytes([a, b]))),
            Some(&[2 | 3, _, a, b, c, d, ..]) => (12, u32::from_le_bytes([a, b, c, d]) as usize),
            Some(&[version @ (0 | 4..), ..]) => {
                return wrong(MAGIC.len(), "version 1, 2 or 3", version.to_string());
            }
            _ => return wrong(bytes.len(), "a header", "the end of the file".into()),
        };
        if text_len > MAX_LEN {
            return wrong(8, "a header of at most 65536 bytes", text_len.to_string());
        }
        let data_start = text_start + text_len;
        let Some(text) = bytes.get(text_start..data_start) else {
            let expected = format!("a header of {text_len} bytes");
            return wrong(bytes.len(), &expected, "the end of the file".into());
        };
        let mut parser = Parser { text, at: 0, start: text_start, file };
        let (element, is_fortran, shape) = parser.dictionary()?;
        Ok(Self { element, is_fortran, shape, data_start })
    }

    /// How many bytes the whole file has, if they can be counted.
    pub(crate) fn file_len(&self) -> Option<u64> {
        let len = self.num_elements()? as u64 * self.element.size as u64;
        len.checked_add(self.data_start as u64)
    }

    /// How many elements, if the memory of a machine could count their bytes.
    pub(super) fn num_elements(&self) -> Option<usize> {
        let len = self.shape.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis))?;
        len.checked_mul(self.element.size)?;
        Some(len)
    }
}

/// A shape as Python writes it.
pub(super) fn shape_text(shape: &[usize]) -> String {
    match shape {
        [len] => format!("({len},)"),
        _ => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Reads the one dictionary that a header may be; nothing in it is nested deeper than the shape.
struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    start: usize,
    file: &'a Path,
}

impl<'a> Parser<'a> {
    fn dictionary(&mut self) -> Result<(Element, bool, Vec<usize>), Error> {
        let (mut element, mut is_fortran, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while !self.take(b'}') {
            let key_at = self.at;
            let key = self.string()?;
            self.expect(b':')?;
            let is_new = match key {
                "descr" => element.replace(self.element()?).is_none(),
                "fortran_order" => is_fortran.replace(self.boolean()?).is_none(),
                "shape" => shape.replace(self.tuple()?).is_none(),
                _ => false,
            };
            if !is_new {
                self.at = key_at;
                return Err(self.wrong("descr, fortran_order and shape, each once"));
            }
            if !self.take(b',') {
                self.expect(b'}')?;
                break;
            }
        }
        self.skip_spaces();
        if self.at != self.text.len() {
            return Err(self.wrong("nothing behind the dictionary"));
        }
        match (element, is_fortran, shape) {
            (Some(element), Some(is_fortran), Some(shape)) => Ok((element, is_fortran, shape)),
            _ => Err(self.wrong("descr, fortran_order and shape, each once")),
        }
    }

    fn element(&mut self) -> Result<Element, Error> {
        self.skip_spaces();
        let at = self.at;
        if self.text.get(at) == Some(&b'[') {
            return Err(self.wrong("elements of one type"));
        }
        let descr = self.string()?;
        if descr.trim_start_matches(['|', '<', '>', '=']).starts_with('O') {
            return Err(Error::refused(Place::byte(self.file, self.start + at), "pickled objects"));
        }
        Element::parse(descr).ok_or_else(|| {
            self.at = at;
            self.wrong("the type of numbers or text")
        })
    }

    fn boolean(&mut self) -> Result<bool, Error> {
        self.skip_spaces();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("True or False"))
    }

    fn tuple(&mut self) -> Result<Vec<usize>, Error> {
        self.expect(b'(')?;
        let mut axes = Vec::new();
        while !self.take(b')') {
            if axes.len() == MAX_DIMENSIONS {
                return Err(self.wrong("at most 64 axes"));
            }
            self.skip_spaces();
            let digits = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let axis = std::str::from_utf8(&self.text[self.at..self.at + digits]).ok();
            let Some(axis) = axis.and_then(|axis| axis.parse().ok()) else {
                return Err(self.wrong("the length of an axis"));
            };
            self.at += digits;
            axes.push(axis);
            // Python 2 wrote long integers as 3L.
            self.take(b'L');
            if !self.take(b',') {
                // A number in brackets alone is no tuple.
                if axes.len() == 1 {
                    return Err(self.wrong("\",\""));
                }
                self.expect(b')')?;
                break;
            }
        }
        Ok(axes)
    }

    /// A text between quotes, without escapes: nothing that belongs in a header needs one.
    fn string(&mut self) -> Result<&'a str, Error> {
        self.skip_spaces();
        let quote = match self.text.get(self.at) {
            Some(&quote @ (b'\'' | b'"')) => quote,
            _ => return Err(self.wrong("a text between quotes")),
        };
        let rest = &self.text[self.at + 1..];
        let end =
            rest.iter().position(|&byte| byte == quote || !(b' '..=b'~').contains(&byte) || byte == b'\\');
        match end.filter(|&end| rest[end] == quote).map(|end| std::str::from_utf8(&rest[..end])) {
            Some(Ok(string)) => {
                self.at += string.len() + 2;
                Ok(string)
            }
            _ => Err(self.wrong("a text between quotes")),
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.take(byte) { Ok(()) } else { Err(self.wrong(&format!("{:?}", char::from(byte).to_string()))) }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_spaces();
        let is_next = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn skip_spaces(&mut self) {
        let spaces = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += spaces;
    }

    fn wrong(&mut self, expected: &str) -> Error {
        self.skip_spaces();
        let found = match &self.text[self.at..] {
            [] => "the end of the header".to_string(),
            rest => format!("{:?}", String::from_utf8_lossy(&rest[..rest.len().min(24)]).trim_end()),
        };
        Error::malformed(Place::byte(self.file, self.start + self.at), expected, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u8, text: &str) -> Vec<u8> {
        let len = (text.len() as u32).to_le_bytes();
        let len = if version == 1 { &len[..2] } else { &len[..] };
        [MAGIC, &[version, 0], len, text.as_bytes()].concat()
    }

    fn parse(bytes: &[u8]) -> Result<Header, Error> {
        Header::parse(bytes, Path::new("a.npy"))
    }

    fn message(text: &str) -> String {
        parse(&file(1, text)).unwrap_err().to_string()
    }

    #[test]
    fn headers_of_all_versions_and_any_order_are_read() {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   \n";
        let header = parse(&file(1, text)).unwrap();
        assert_eq!((header.shape.as_slice(), header.is_fortran), (&[3, 4][..], false));
        assert_eq!(header.data_start, 10 + text.len());
        assert_eq!(parse(&file(3, text)).unwrap().data_start, 12 + text.len());
        let python2 = "{\"shape\":(5L,),\"fortran_order\":True,\"descr\":\"|S3\"}";
        let header = parse(&file(2, python2)).unwrap();
        assert_eq!((header.shape.as_slice(), header.is_fortran), (&[5][..], true));
        assert!(parse(&file(1, &text.replace("(3, 4)", "()"))).unwrap().shape.is_empty());
    }

    #[test]
    fn what_is_no_header_is_named_with_its_byte() {
        let message_of = |bytes: &[u8]| parse(bytes).unwrap_err().to_string();
        assert_eq!(
            message_of(b"PK\x03\x04"),
            "a.npy, byte 0: expected an array as NumPy writes it, found another kind of file"
        );
        assert_eq!(message_of(b"\x93NUMPY\x09\0\0\0"), "a.npy, byte 6: expected version 1, 2 or 3, found 9");
        assert_eq!(
            message_of(b"\x93NUMPY\x01\0"),
            "a.npy, byte 8: expected a header, found the end of the file"
        );
        assert_eq!(
            message_of(b"\x93NUMPY\x02\0\xff\xff\xff\xff"),
            "a.npy, byte 8: expected a header of at most 65536 bytes, found 4294967295"
        );
        assert_eq!(
            message_of(&file(1, "{'descr'")[..12]),
            "a.npy, byte 12: expected a header of 8 bytes, found the end of the file"
        );
    }

    #[test]
    fn headers_of_another_grammar_are_refused() {
        assert_eq!(message("[]"), "a.npy, byte 10: expected \"{\", found \"[]\"");
        assert_eq!(
            message("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
            "a.npy, byte 20: refused pickled objects"
        );
        assert_eq!(
            message("{'descr': [('x', '<f4')], }"),
            "a.npy, byte 20: expected elements of one type, found \"[('x', '<f4')], }\""
        );
        assert_eq!(
            message("{'descr': '<c8', }"),
            "a.npy, byte 20: expected the type of numbers or text, found \"'<c8', }\""
        );
        assert_eq!(message("{'shape': (3), }"), "a.npy, byte 22: expected \",\", found \"), }\"");
        assert_eq!(
            message("{'shape': (-3,), }"),
            "a.npy, byte 21: expected the length of an axis, found \"-3,), }\""
        );
        let each_once = "expected descr, fortran_order and shape, each once, found";
        assert_eq!(
            message("{'shape': (), 'shape': ()}"),
            format!("a.npy, byte 24: {each_once} \"'shape': ()}}\"")
        );
        assert_eq!(message("{'shape': (), }"), format!("a.npy, byte 25: {each_once} the end of the header"));
        assert_eq!(message("{'fortran_order': 1}"), "a.npy, byte 28: expected True or False, found \"1}\"");
        let nested = "(".repeat(1 << 15);
        assert!(message(&format!("{{'shape': {nested}")).contains("expected the length of an axis"));
        let axes = "1,".repeat(65);
        assert!(message(&format!("{{'shape': ({axes})}}")).contains("expected at most 64 axes"));
    }
}
