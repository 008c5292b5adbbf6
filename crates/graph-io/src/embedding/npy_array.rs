//! One array as NumPy writes it: a header in Python's words, then the numbers.
//!
//! Read where the format is told: `numpy.lib.format`, versions 1 to 3.

use std::io::{self, Write};

use ndarray::{Array2, ShapeBuilder};

use crate::node_ids::NodeIds;

/// The longest header of an array of numbers or words: one of a structured type may be longer.
const LONGEST_HEADER: usize = 1024;
const MAGIC: &[u8] = b"\x93NUMPY";

/// An array whose numbers are where they were.
pub(super) struct NpyArray<'a> {
    descr: &'a str,
    fortran_order: bool,
    shape: Vec<usize>,
    data: &'a [u8],
}

impl<'a> NpyArray<'a> {
    /// Takes a file apart; what else it is, where it is none.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let Some([major, _, rest @ ..]) = bytes.strip_prefix(MAGIC) else {
            return Err("another kind of file".to_string());
        };
        let (length, rest) = match (major, rest) {
            (1, [low, high, rest @ ..]) => (usize::from(u16::from_le_bytes([*low, *high])), rest),
            (2 | 3, [a, b, c, d, rest @ ..]) => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
            (1..=3, _) => return Err("a header that breaks off".to_string()),
            _ => return Err(format!("version {major} of the format")),
        };
        if length > LONGEST_HEADER {
            return Err(format!("a header of more than {LONGEST_HEADER} bytes"));
        }
        let Some((header, data)) = rest.split_at_checked(length) else {
            return Err("a header that breaks off".to_string());
        };
        let header = std::str::from_utf8(header).ok().and_then(parse_header);
        let Some((descr, fortran_order, shape)) = header else {
            return Err("a header that is not as NumPy writes it".to_string());
        };
        Ok(Self { descr, fortran_order, shape, data })
    }

    /// The matrix of f32 or f64 that this is, f64 rounded; what else it is, where it is none.
    pub(super) fn matrix(&self) -> Result<Array2<f32>, String> {
        let &[num_rows, width] = &self.shape[..] else {
            return Err(format!("an array of {} dimensions", self.shape.len()));
        };
        let values: Vec<f32> = match self.descr {
            "<f4" => self.items(4)?.map(|item| f32::from_le_bytes(four(item))).collect(),
            "<f8" => self.items(8)?.map(|item| f64::from_le_bytes(eight(item)) as f32).collect(),
            other => return Err(format!("the type {other:?}")),
        };
        let shape = (num_rows, width).set_f(self.fortran_order);
        let rows = Array2::from_shape_vec(shape, values).map_err(|error| error.to_string())?;
        Ok(if self.fortran_order { rows.as_standard_layout().into_owned() } else { rows })
    }

    /// The ids that this vector of words or whole numbers holds; what else it is, where it is none.
    pub(super) fn ids(&self) -> Result<NodeIds, String> {
        if self.shape.len() != 1 {
            return Err(format!("an array of {} dimensions", self.shape.len()));
        }
        let word_len = self.descr.strip_prefix("<U").and_then(|length| length.parse::<usize>().ok());
        match (self.descr, word_len) {
            (_, Some(0)) => Err(format!("the type {:?}", self.descr)),
            (_, Some(word_len)) => {
                let width = word_len.checked_mul(4).ok_or_else(|| format!("the type {:?}", self.descr))?;
                let (mut text, mut ends) = (String::new(), Vec::new());
                for word in self.items(width)? {
                    // Shorter words end with zeros.
                    let end =
                        word.len() - word.rchunks_exact(4).take_while(|item| *item == [0; 4]).count() * 4;
                    for item in word[..end].chunks_exact(4) {
                        let number = u32::from_le_bytes(four(item));
                        text.push(char::from_u32(number).ok_or(format!("the character 0x{number:x}"))?);
                    }
                    ends.push(text.len());
                }
                Ok(NodeIds::from_text(text, ends))
            }
            ("<u8", _) => Ok(NodeIds::from_numbers(
                self.items(8)?.map(|item| u64::from_le_bytes(eight(item))).collect(),
            )),
            ("<u4", _) => Ok(NodeIds::from_numbers(
                self.items(4)?.map(|item| u32::from_le_bytes(four(item)).into()).collect(),
            )),
            ("<i8", _) => Ok(signed(self.items(8)?.map(|item| i64::from_le_bytes(eight(item))))),
            ("<i4", _) => Ok(signed(self.items(4)?.map(|item| i32::from_le_bytes(four(item)).into()))),
            (other, _) => Err(format!("the type {other:?}")),
        }
    }

    /// The bytes of each item, after they were counted against the shape.
    fn items(&self, width: usize) -> Result<std::slice::ChunksExact<'a, u8>, String> {
        let declared = self.shape.iter().try_fold(width, |product, &length| product.checked_mul(length));
        if declared != Some(self.data.len()) {
            return Err(format!(
                "{} bytes for the shape {:?} of {:?}",
                self.data.len(),
                self.shape,
                self.descr
            ));
        }
        Ok(self.data.chunks_exact(width))
    }
}

fn four(item: &[u8]) -> [u8; 4] {
    item.try_into().expect("items are as wide as they were asked for")
}

fn eight(item: &[u8]) -> [u8; 8] {
    item.try_into().expect("items are as wide as they were asked for")
}

fn signed(numbers: impl Iterator<Item = i64> + Clone) -> NodeIds {
    let unsigned: Result<Vec<u64>, _> = numbers.clone().map(u64::try_from).collect();
    match unsigned {
        Ok(numbers) => NodeIds::from_numbers(numbers),
        Err(_) => numbers.map(|number| number.to_string()).collect(),
    }
}

/// The type, the order and the shape of `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }`.
fn parse_header(text: &str) -> Option<(&str, bool, Vec<usize>)> {
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    while !rest.is_empty() {
        let (key, after) = quoted(rest)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        let after = match key {
            "descr" => {
                let (word, after) = quoted(value)?;
                descr = Some(word);
                after
            }
            "fortran_order" => {
                let (order, after) = match value.strip_prefix("True") {
                    Some(after) => (true, after),
                    None => (false, value.strip_prefix("False")?),
                };
                fortran_order = Some(order);
                after
            }
            "shape" => {
                let (lengths, after) = value.strip_prefix('(')?.split_once(')')?;
                let lengths = lengths.split(',').map(str::trim).filter(|length| !length.is_empty());
                shape = Some(lengths.map(|length| length.parse().ok()).collect::<Option<Vec<usize>>>()?);
                after
            }
            _ => return None,
        };
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some((descr?, fortran_order?, shape?))
}

/// A word in quotes of either kind, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    text[1..].split_once(quote)
}

/// Writes the numbers of a matrix.
pub(super) fn write_matrix(rows: &Array2<f32>, out: &mut impl Write) -> io::Result<()> {
    let (num_rows, width) = rows.dim();
    write_header("<f4", &format!("{num_rows}, {width}"), out)?;
    rows.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
}

/// Writes ids: whole numbers where all are, words as long as the longest else.
pub(super) fn write_ids(ids: &NodeIds, out: &mut impl Write) -> io::Result<()> {
    let shape = format!("{},", ids.len());
    if let Some(mut numbers) = ids.numbers() {
        let are_signed = ids.numbers().is_some_and(|mut all| all.all(|number| i64::try_from(number).is_ok()));
        write_header(if are_signed { "<i8" } else { "<u8" }, &shape, out)?;
        return numbers.try_for_each(|number| out.write_all(&number.to_le_bytes()));
    }
    let longest = longest_word(ids);
    write_header(&format!("<U{longest}"), &shape, out)?;
    for id in ids.iter() {
        let mut written = 0;
        for character in id.chars() {
            out.write_all(&u32::from(character).to_le_bytes())?;
            written += 1;
        }
        for _ in written..longest {
            out.write_all(&[0; 4])?;
        }
    }
    Ok(())
}

/// How many characters the longest id has, at least 1.
pub(super) fn longest_word(ids: &NodeIds) -> usize {
    ids.iter().map(|id| id.chars().count()).max().unwrap_or(0).max(1)
}

fn write_header(descr: &str, shape: &str, out: &mut impl Write) -> io::Result<()> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    // With magic, version, length and the line's end the numbers start at a multiple of 64.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let in_two_bytes = u16::try_from(length).map_err(io::Error::other)?;
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&in_two_bytes.to_le_bytes())?;
    writeln!(out, "{header:<width$}", width = length - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn found(bytes: &[u8]) -> String {
        NpyArray::parse(bytes).and_then(|array| array.matrix()).unwrap_err()
    }

    fn with_header(text: &str, data: &[u8]) -> Vec<u8> {
        let length = (text.len() as u32).to_le_bytes();
        [b"\x93NUMPY\x02\x00".as_slice(), &length, text.as_bytes(), data].concat()
    }

    #[test]
    fn a_matrix_is_written_as_numpy_does() {
        let mut bytes = Vec::new();
        write_matrix(&array![[1.0, -0.0, 0.5]], &mut bytes).unwrap();
        assert_eq!(bytes.len(), 128 + 12);
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00v\x00");
        let header = std::str::from_utf8(&bytes[10..128]).unwrap();
        assert_eq!(header.trim_end(), "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }");
        assert!(header.ends_with(" \n"));
        assert_eq!(bytes[128..], [0, 0, 0x80, 0x3f, 0, 0, 0, 0x80, 0, 0, 0, 0x3f]);
    }

    #[test]
    fn both_widths_and_both_orders_are_read() {
        let (mut narrow, mut wide) = (Vec::new(), Vec::new());
        for value in [1.0f32, 2.0, 3.0, -4.0, 5.5, 0.25] {
            narrow.extend(value.to_le_bytes());
            wide.extend(f64::from(value).to_le_bytes());
        }
        for (descr, data) in [("<f4", narrow), ("<f8", wide)] {
            let read = |order: &str| {
                let header = format!("{{\"descr\": '{descr}', 'fortran_order': {order}, 'shape': (2, 3)}}\n");
                NpyArray::parse(&with_header(&header, &data)).unwrap().matrix().unwrap()
            };
            assert_eq!(read("False"), array![[1.0, 2.0, 3.0], [-4.0, 5.5, 0.25]]);
            assert_eq!(read("True"), array![[1.0, 3.0, 5.5], [2.0, -4.0, 0.25]]);
            assert!(read("True").is_standard_layout());
        }
    }

    #[test]
    fn files_that_are_no_such_matrix_are_refused() {
        let mut whole = Vec::new();
        write_matrix(&array![[1.0, 2.0], [3.0, 4.0]], &mut whole).unwrap();
        for (bytes, expected) in [
            (&b"PK\x03\x04"[..], "another kind of file"),
            (b"", "another kind of file"),
            (&whole[..6], "another kind of file"),
            (&whole[..9], "a header that breaks off"),
            (&whole[..20], "a header that breaks off"),
            (&whole[..whole.len() - 3], "13 bytes for the shape [2, 2] of \"<f4\""),
            (&[&whole[..], &[0]].concat(), "17 bytes for the shape [2, 2] of \"<f4\""),
            (b"\x93NUMPY\x04\x00\x00\x00", "version 4 of the format"),
        ] {
            assert_eq!(found(bytes), expected);
        }
        for (header, expected) in [
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", "an array of 1 dimensions"),
            ("{'descr': '>f4', 'fortran_order': False, 'shape': (1, 1)}", "the type \">f4\""),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1)}", "the type \"|O\""),
            ("{'descr': '<f4', 'shape': (1, 1)}", "a header that is not as NumPy writes it"),
            ("{'descr': ('<f4'), 'fortran_order': False}", "a header that is not as NumPy writes it"),
        ] {
            assert_eq!(found(&with_header(header, &[])), expected);
        }
    }

    #[test]
    fn a_header_that_lies_about_its_length_or_shape_allocates_nothing() {
        let huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 1000), }\n";
        assert_eq!(
            found(&with_header(huge, &[0; 8])),
            "8 bytes for the shape [1000000000000, 1000] of \"<f4\""
        );
        let beyond = huge.replace("1000)", "18446744073709551615)");
        assert!(found(&with_header(&beyond, &[0; 8])).starts_with("8 bytes for the shape"));
        let flat = huge.replace("1000000000000, 1000", "18446744073709551615, 0");
        assert!(!found(&with_header(&flat, &[])).is_empty());
        assert_eq!(found(&with_header(&"(".repeat(1025), &[])), "a header of more than 1024 bytes");
        assert_eq!(found(b"\x93NUMPY\x02\x00\xff\xff\xff\xff"), "a header of more than 1024 bytes");
    }

    #[test]
    fn ids_are_words_or_numbers() {
        for ids in [
            NodeIds::counted(3),
            NodeIds::from_numbers(vec![u64::MAX, 1]),
            NodeIds::from_names(["ä", "", "a\0b", "😀x"]),
        ] {
            let mut bytes = Vec::new();
            write_ids(&ids, &mut bytes).unwrap();
            assert_eq!(NpyArray::parse(&bytes).unwrap().ids().unwrap(), ids);
        }
        let read = |descr: &str, length: usize, data: &[u8]| {
            let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({length},)}}");
            NpyArray::parse(&with_header(&header, data)).unwrap().ids()
        };
        assert_eq!(read("<i4", 2, &[255, 255, 255, 255, 7, 0, 0, 0]), Ok(NodeIds::from_names(["-1", "7"])));
        assert_eq!(read("<u4", 1, &[9, 0, 0, 0]), Ok(NodeIds::from_numbers(vec![9])));
        assert_eq!(read("<U1", 1, &[0, 0xd8, 0, 0]), Err("the character 0xd800".to_string()));
        assert_eq!(read("|O", 1, &[0; 8]), Err("the type \"|O\"".to_string()));
        let lying = read("<U4611686018427387904", 1, &[]);
        assert_eq!(lying, Err("the type \"<U4611686018427387904\"".to_string()));
    }
}
