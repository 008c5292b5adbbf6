//! The header of an array: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.

use std::path::Path;

use serde::Deserialize;

use super::element::Element;
use crate::error::{Error, Place};
use crate::format::quoted::{cut, quoted};

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
        let Dictionary { descr, fortran_order, shape } = Dictionary::parse(text).map_err(|error| {
            let expected = "a dictionary of descr, fortran_order and shape";
            Error::malformed(Place::byte(file, text_start), expected, cut(&error.to_string(), 120))
        })?;
        let place = Place::byte(file, text_start);
        if shape.len() > MAX_DIMENSIONS {
            return Err(Error::malformed(place, "at most 64 axes", shape.len().to_string()));
        }
        let descr = descr.as_str().unwrap_or("elements of several parts");
        if descr.trim_start_matches(['|', '<', '>', '=']).starts_with('O') {
            return Err(Error::refused(place, "pickled objects"));
        }
        let Some(element) = Element::parse(descr) else {
            return Err(Error::malformed(place, "elements that are numbers or text", quoted(descr)));
        };
        Ok(Self { element, is_fortran: fortran_order, shape, data_start })
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

/// What stands in a header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dictionary {
    /// The type of the elements; a list where each has several parts.
    descr: serde_json::Value,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Dictionary {
    /// Reads a literal of Python, by the JSON that says the same. In the literals of headers other marks stand for
    /// quotes, lists and truth values, and a comma may follow the last item.
    fn parse(text: &[u8]) -> serde_json::Result<Self> {
        let mut json: Vec<u8> = Vec::with_capacity(text.len());
        for &byte in text {
            match byte {
                b'\'' => json.push(b'"'),
                b'(' => json.push(b'['),
                b'T' | b'F' => json.push(byte.to_ascii_lowercase()),
                // Python 2 wrote long integers as 3L.
                b'L' if json.last().is_some_and(u8::is_ascii_digit) => {}
                b')' | b']' | b'}' => {
                    let end = json.trim_ascii_end().len();
                    json.truncate(end - usize::from(json[..end].ends_with(b",")));
                    json.push(if byte == b')' { b']' } else { byte });
                }
                _ => json.push(byte),
            }
        }
        serde_json::from_slice(&json)
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
        let with = |descr: &str, order: &str, shape: &str| {
            message(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"))
        };
        assert_eq!(with("'|O'", "False", "(1,)"), "a.npy, byte 10: refused pickled objects");
        let types = "a.npy, byte 10: expected elements that are numbers or text, found";
        assert_eq!(with("'<c8'", "False", "(1,)"), format!("{types} \"<c8\""));
        assert_eq!(with("[('x', '<f4')]", "False", "(1,)"), format!("{types} \"elements of several parts\""));
        let dictionary = "a.npy, byte 10: expected a dictionary of descr, fortran_order and shape, found";
        for (text, found) in [
            ("[]", "invalid length 0"),
            ("{'shape': (-3,), }", "invalid value: integer `-3`"),
            ("{'shape': (), 'shape': ()}", "duplicate field `shape`"),
            ("{'shape': (), }", "missing field `descr`"),
            ("{'shape': (), 'x': 1}", "unknown field `x`"),
            ("{'fortran_order': 1}", "invalid type: integer `1`"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} 4", "trailing characters"),
            ("*", "expected value"),
        ] {
            let message = message(text);
            let expected = format!("{dictionary} {found}");
            assert!(message.starts_with(&expected), "{message}");
        }
        let nested = "(".repeat(1 << 15);
        assert!(message(&format!("{{'shape': {nested}")).starts_with(dictionary));
        let nested = "[".repeat(1 << 15);
        assert!(message(&format!("{{'descr': {nested}")).contains("recursion limit exceeded"));
        let axes = "1,".repeat(65);
        assert_eq!(
            with("'<f4'", "False", &format!("({axes})")),
            "a.npy, byte 10: expected at most 64 axes, found 65"
        );
    }
}
