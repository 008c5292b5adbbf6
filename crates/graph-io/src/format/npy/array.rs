//! An array in bytes, and its elements as what they are wanted for.

use std::path::{Path, PathBuf};

use ndarray::{Array2, ShapeBuilder};

use super::element::{Element, Kind, Number, half};
use super::header::{Header, shape_text};
use crate::error::{Error, Place};
use crate::node_ids::NodeIds;

/// An array as NumPy writes it: its header read, its elements still bytes, exactly as many as the header says.
#[derive(Clone, Debug)]
pub(crate) struct NpyArray<'a> {
    header: Header,
    data: &'a [u8],
    file: PathBuf,
}

impl<'a> NpyArray<'a> {
    /// The array that is a whole file, named so in messages.
    ///
    /// # Errors
    /// A header as [`Header::parse`] refuses it; more or fewer bytes behind it than its shape needs.
    pub(crate) fn parse(bytes: &'a [u8], file: &Path) -> Result<Self, Error> {
        let header = Header::parse(bytes, file)?;
        let data = &bytes[header.data_start..];
        Self::of(header, data, file)
    }

    /// The array of a header and its elements, which need not stand in a file behind each other.
    ///
    /// # Errors
    /// More or fewer bytes than the shape needs.
    pub(crate) fn of(header: Header, data: &'a [u8], file: &Path) -> Result<Self, Error> {
        let needed = header.num_elements().map(|len| len * header.element.size);
        // Empty texts take no bytes, so any number of them would be there.
        let is_empty_text = header.element.size == 0 && header.num_elements() != Some(0);
        if needed != Some(data.len()) || is_empty_text {
            let needed = needed.map_or("more than 2^64".to_string(), |needed| needed.to_string());
            let (shape, element) = (shape_text(&header.shape), header.element);
            let expected = format!("{needed} bytes for {element} of shape {shape}");
            return Err(Error::malformed(
                Place::byte(file, header.data_start),
                expected,
                data.len().to_string(),
            ));
        }
        Ok(Self { header, data, file: file.to_path_buf() })
    }

    /// How long each axis is.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// The type of the elements.
    pub(crate) fn element(&self) -> Element {
        self.header.element
    }

    /// Whether the first index moves fastest.
    pub(crate) fn is_fortran(&self) -> bool {
        self.header.is_fortran
    }

    /// At which byte of the file the elements start.
    pub(crate) fn data_start(&self) -> usize {
        self.header.data_start
    }

    /// A complaint about the array as a whole.
    pub(crate) fn wrong(&self, expected: impl Into<String>) -> Error {
        let found = format!("{} of shape {}", self.element(), shape_text(self.shape()));
        Error::malformed(Place::whole(&self.file), expected, found)
    }

    /// The elements of a vector as numbers; f64 is rounded to f32.
    ///
    /// # Errors
    /// Another shape; text, or floats where whole numbers are wanted; a number that the type has no place for.
    pub(crate) fn to_vector<T: Number>(&self) -> Result<Vec<T>, Error> {
        match self.shape() {
            [_] => self.numbers(),
            _ => Err(self.wrong("a vector")),
        }
    }

    /// The elements of a matrix as numbers, row by row whichever the order of the file.
    ///
    /// # Errors
    /// As [`to_vector`](Self::to_vector).
    pub(crate) fn to_matrix<T: Number>(&self) -> Result<Array2<T>, Error> {
        let &[rows, columns] = self.shape() else { return Err(self.wrong("a matrix")) };
        let values = self.numbers()?;
        let shape = (rows, columns).set_f(self.header.is_fortran);
        // Only an axis of length 0 beside one that no memory could hold is left to go wrong.
        let matrix = Array2::from_shape_vec(shape, values).map_err(|_| self.wrong("a matrix"))?;
        Ok(if matrix.is_standard_layout() { matrix } else { matrix.as_standard_layout().into_owned() })
    }

    /// The one text of an array without axes.
    ///
    /// # Errors
    /// Another shape; no text.
    pub(crate) fn to_text(&self) -> Result<String, Error> {
        match self.shape() {
            [] if self.element().is_text() => Ok(self.texts()?.0),
            _ => Err(self.wrong("one text")),
        }
    }

    /// The texts of a vector.
    ///
    /// # Errors
    /// Another shape; no text; a character that is none, or bytes that are not UTF-8.
    pub(crate) fn to_texts(&self) -> Result<Vec<String>, Error> {
        let (text, ends) = self.text_vector()?;
        let mut start = 0;
        Ok(ends.into_iter().map(|end| text[std::mem::replace(&mut start, end)..end].to_string()).collect())
    }

    /// The ids of nodes: a vector of texts, or of whole numbers.
    ///
    /// # Errors
    /// As [`to_texts`](Self::to_texts) and [`to_vector`](Self::to_vector).
    pub(crate) fn to_node_ids(&self) -> Result<NodeIds, Error> {
        if self.element().is_integer() {
            return match self.to_vector() {
                Err(_) if self.element().kind == Kind::Signed => {
                    Ok(self.to_vector::<i64>()?.iter().map(i64::to_string).collect())
                }
                numbers => numbers.map(NodeIds::from_numbers),
            };
        }
        let (text, ends) = self.text_vector()?;
        Ok(NodeIds::from_text(text, ends))
    }

    fn text_vector(&self) -> Result<(String, Vec<usize>), Error> {
        match self.shape() {
            [_] if self.element().is_text() => self.texts(),
            _ => Err(self.wrong("a vector of texts")),
        }
    }

    /// All texts one after the other, and where each ends.
    fn texts(&self) -> Result<(String, Vec<usize>), Error> {
        let Element { kind, size, is_big_endian } = self.element();
        let (mut text, mut ends) = (String::new(), Vec::new());
        // Elements of no bytes are none at all: `parse` saw to that.
        for (index, bytes) in self.data.chunks_exact(size.max(1)).enumerate() {
            let wrong = |at: usize, expected: &str, found: String| {
                let byte = self.data_start() + index * size + at;
                Err(Error::malformed(Place::byte(&self.file, byte), expected, found))
            };
            if kind == Kind::Bytes {
                let filled = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
                match std::str::from_utf8(&bytes[..filled]) {
                    Ok(one) => text.push_str(one),
                    Err(error) => {
                        let at = error.valid_up_to();
                        return wrong(at, "UTF-8 text", format!("the byte 0x{:02x}", bytes[at]));
                    }
                }
            } else {
                let (characters, _) = bytes.as_chunks::<4>();
                let code = |bytes: &[u8; 4]| {
                    if is_big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) }
                };
                let filled = characters.iter().rposition(|bytes| code(bytes) != 0).map_or(0, |last| last + 1);
                for (place, bytes) in characters[..filled].iter().enumerate() {
                    let Some(character) = char::from_u32(code(bytes)) else {
                        return wrong(4 * place, "a character", format!("0x{:x}", code(bytes)));
                    };
                    text.push(character);
                }
            }
            ends.push(text.len());
        }
        Ok((text, ends))
    }

    /// The elements in the order of the file.
    fn numbers<T: Number>(&self) -> Result<Vec<T>, Error> {
        let Element { kind, size, is_big_endian } = self.element();
        if kind == Kind::Float && !T::TAKES_FLOATS {
            return Err(self.wrong("whole numbers"));
        }
        macro_rules! numbers {
            ($type:ty) => {
                numbers!($type, |value| value)
            };
            ($type:ty, $value:expr) => {{
                let (elements, _) = self.data.as_chunks::<{ size_of::<$type>() }>();
                if is_big_endian {
                    self.converted(elements, |bytes| num_traits::cast($value(<$type>::from_be_bytes(bytes))))
                } else {
                    self.converted(elements, |bytes| num_traits::cast($value(<$type>::from_le_bytes(bytes))))
                }
            }};
        }
        match (kind, size) {
            (Kind::Bool | Kind::Unsigned, 1) => numbers!(u8),
            (Kind::Unsigned, 2) => numbers!(u16),
            (Kind::Unsigned, 4) => numbers!(u32),
            (Kind::Unsigned, 8) => numbers!(u64),
            (Kind::Signed, 1) => numbers!(i8),
            (Kind::Signed, 2) => numbers!(i16),
            (Kind::Signed, 4) => numbers!(i32),
            (Kind::Signed, 8) => numbers!(i64),
            (Kind::Float, 2) => numbers!(u16, half),
            (Kind::Float, 4) => numbers!(f32),
            (Kind::Float, 8) => numbers!(f64),
            _ => Err(self.wrong("numbers")),
        }
    }

    fn converted<T: Number, const N: usize>(
        &self,
        elements: &[[u8; N]],
        convert: impl Fn([u8; N]) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let mut values: Vec<T> = Vec::with_capacity(elements.len());
        values.extend(elements.iter().map_while(|&bytes| convert(bytes)));
        match elements.get(values.len()) {
            None => Ok(values),
            Some(bytes) => {
                let byte = self.data_start() + values.len() * N;
                let found = shown(self.element(), bytes);
                Err(Error::malformed(Place::byte(&self.file, byte), T::EXPECTED, found))
            }
        }
    }
}

/// A whole number in words.
fn shown(element: Element, bytes: &[u8]) -> String {
    let is_signed = element.kind == Kind::Signed;
    let most_significant = if element.is_big_endian { bytes.first() } else { bytes.last() };
    let fill = if is_signed && most_significant.is_some_and(|&byte| byte > 127) { 0xff } else { 0 };
    let mut wide = [fill; 16];
    for (place, &byte) in bytes.iter().enumerate() {
        wide[if element.is_big_endian { bytes.len() - 1 - place } else { place }] = byte;
    }
    i128::from_le_bytes(wide).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn npy(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let len = (text.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\0", &len[..], text.as_bytes(), data].concat()
    }

    fn array(bytes: &[u8]) -> Result<NpyArray<'_>, Error> {
        NpyArray::parse(bytes, Path::new("a.npy"))
    }

    fn vector<T: Number>(descr: &str, len: usize, data: &[u8]) -> Result<Vec<T>, Error> {
        array(&npy(descr, "False", &format!("({len},)"), data))?.to_vector()
    }

    #[test]
    fn numbers_of_every_width_and_both_byte_orders_are_read() {
        for (descr, data) in [
            ("|i1", &[1u8, 0xfe][..]),
            ("<i2", &[1, 0, 0xfe, 0xff]),
            (">i2", &[0, 1, 0xff, 0xfe]),
            ("<i4", &[1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff]),
            (">i8", &[0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]),
        ] {
            assert_eq!(vector::<i64>(descr, 2, data).unwrap(), [1, -2], "{descr}");
            assert_eq!(vector::<f32>(descr, 2, data).unwrap(), [1.0, -2.0], "{descr}");
        }
        for (descr, data) in [
            ("|b1", &[1u8, 0][..]),
            ("|u1", &[1, 0]),
            (">u2", &[0, 1, 0, 0]),
            ("<u4", &[1, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(vector::<u32>(descr, 2, data).unwrap(), [1, 0], "{descr}");
        }
        for (descr, data) in [
            ("<f2", &[0x00u8, 0x3e][..]),
            (">f2", &[0x3e, 0x00]),
            ("<f4", &1.5f32.to_le_bytes()),
            (">f4", &1.5f32.to_be_bytes()),
            ("<f8", &1.5f64.to_le_bytes()),
        ] {
            assert_eq!(vector::<f32>(descr, 1, data).unwrap(), [1.5], "{descr}");
        }
    }

    #[test]
    fn both_orders_give_the_same_matrix() {
        let rows = npy("|u1", "False", "(2, 3)", &[1, 2, 3, 4, 5, 6]);
        let columns = npy("|u1", "True", "(2, 3)", &[1, 4, 2, 5, 3, 6]);
        for bytes in [rows, columns] {
            let matrix = array(&bytes).unwrap().to_matrix::<u32>().unwrap();
            assert_eq!(matrix, array![[1, 2, 3], [4, 5, 6]]);
            assert!(matrix.is_standard_layout());
        }
    }

    #[test]
    fn texts_lose_what_they_are_filled_up_with() {
        let unicode: Vec<u8> = "ab\0\0ä\0".chars().flat_map(|char| u32::from(char).to_le_bytes()).collect();
        let bytes = npy("<U3", "False", "(2,)", &unicode);
        let names = array(&bytes).unwrap();
        assert_eq!(names.to_texts().unwrap(), ["ab", "\0ä"]);
        let bytes = npy("|S3", "False", "(2,)", b"7\0\0b\0c");
        assert_eq!(array(&bytes).unwrap().to_node_ids().unwrap(), NodeIds::from_names(["7", "b\0c"]));
        let bytes = npy("|S3", "False", "()", b"csr");
        assert_eq!(array(&bytes).unwrap().to_text().unwrap(), "csr");
        let bytes = npy("<i4", "False", "(1,)", &[9, 0, 0, 0]);
        assert_eq!(array(&bytes).unwrap().to_node_ids().unwrap(), NodeIds::from_names(["9"]));
        let bytes = npy("<i4", "False", "(2,)", &[255, 255, 255, 255, 7, 0, 0, 0]);
        assert_eq!(array(&bytes).unwrap().to_node_ids().unwrap(), NodeIds::from_names(["-1", "7"]));
    }

    #[test]
    fn texts_that_are_none_are_named_with_their_byte() {
        let message = |bytes: &[u8]| array(bytes).unwrap().to_texts().unwrap_err().to_string();
        let unicode = npy("<U1", "False", "(2,)", &[b'a', 0, 0, 0, 0, 0xd8, 0, 0]);
        assert_eq!(
            message(&unicode),
            format!("a.npy, byte {}: expected a character, found 0xd800", unicode.len() - 4)
        );
        let bytes = npy("|S2", "False", "(2,)", b"abc\xff");
        assert_eq!(
            message(&bytes),
            format!("a.npy, byte {}: expected UTF-8 text, found the byte 0xff", bytes.len() - 1)
        );
        let numbers = npy("|u1", "False", "(2,)", b"ab");
        assert_eq!(message(&numbers), "a.npy: expected a vector of texts, found uint8 of shape (2,)");
    }

    #[test]
    fn numbers_without_a_place_are_named_with_their_byte() {
        let message = |descr: &str, data: &[u8]| {
            let message = vector::<u32>(descr, 1, data).unwrap_err().to_string();
            message.split_once(": expected ").unwrap().1.to_string()
        };
        let expected = "a whole number from 0 to 4294967295, found";
        assert_eq!(message("|i1", &[0xff]), format!("{expected} -1"));
        assert_eq!(message("<i8", &(1i64 << 32).to_le_bytes()), format!("{expected} 4294967296"));
        assert_eq!(message(">u8", &u64::MAX.to_be_bytes()), format!("{expected} 18446744073709551615"));
        assert_eq!(message("<f4", &[0; 4]), "whole numbers, found float32 of shape (1,)");
        assert_eq!(message("|S1", b"a"), "numbers, found bytes of shape (1,)");
        let third = npy("|i1", "False", "(4,)", &[1, 2, 0x80, 3]);
        let place = format!("a.npy, byte {}: ", third.len() - 2);
        assert!(array(&third).unwrap().to_vector::<usize>().unwrap_err().to_string().starts_with(&place));
    }

    #[test]
    fn a_shape_of_other_bytes_than_there_are_is_refused_before_anything_is_allocated() {
        let message = |descr: &str, shape: &str, data: &[u8]| {
            let message = array(&npy(descr, "False", shape, data)).unwrap_err().to_string();
            message.split_once(": ").unwrap().1.to_string()
        };
        let huge = "(1000000000000, 1000)";
        assert_eq!(
            message("<f4", huge, &[0; 8]),
            "expected 4000000000000000 bytes for float32 of shape (1000000000000, 1000), found 8"
        );
        assert_eq!(
            message("<f4", "(1000000000000, 1000000000)", &[]),
            "expected more than 2^64 bytes for float32 of shape (1000000000000, 1000000000), found 0"
        );
        assert_eq!(message("<f4", "(1,)", &[0; 5]), "expected 4 bytes for float32 of shape (1,), found 5");
        assert_eq!(message("<f4", "(2,)", &[0; 7]), "expected 8 bytes for float32 of shape (2,), found 7");
        assert_eq!(
            message("<U0", "(1000000000000,)", &[]),
            "expected 0 bytes for str of shape (1000000000000,), found 0"
        );
        let wide = npy("<f4", "False", "(0, 9223372036854775807)", &[]);
        // 2^63 columns of nothing: an error or an empty matrix, never an allocation.
        assert!(
            array(&wide).and_then(|array| array.to_matrix::<f32>()).is_ok_and(|matrix| matrix.is_empty())
        );
        assert_eq!(
            array(&npy("|u1", "False", "(1, 1)", &[0])).unwrap().to_vector::<u8>().unwrap_err().to_string(),
            "a.npy: expected a vector, found uint8 of shape (1, 1)"
        );
    }
}
