//! Arrays as NumPy itself writes them: version 1, the elements at a multiple of 64 bytes.

use std::borrow::Cow;
use std::io::{self, Write};

use bytemuck::Pod;

use super::header::shape_text;
use crate::error::Error;
use crate::format::quoted::quoted;

/// A type of elements that is written, in the order of bytes of this machine.
pub(crate) trait Written: Pod {
    /// NumPy's letter and size for it.
    const TYPE: &'static str;
}

macro_rules! written {
    ($($type:ty: $name:expr),*) => {
        $(impl Written for $type {
            const TYPE: &'static str = $name;
        })*
    };
}

written!(f32: "f4", f64: "f8", i32: "i4", i64: "i8", u8: "u1", u32: "u4", u64: "u8");

const ORDER: char = if cfg!(target_endian = "big") { '>' } else { '<' };

/// Writes an array whose elements, row by row, are in memory as they are written.
///
/// # Panics
/// When there are more or fewer elements than the shape has.
pub(crate) fn write_array<T: Written>(
    out: &mut impl Write,
    shape: &[usize],
    elements: &[T],
) -> io::Result<()> {
    assert_eq!(elements.len(), shape.iter().product::<usize>(), "as many elements as the shape has");
    write_header(out, &format!("{}{}", order(T::TYPE), T::TYPE), shape)?;
    out.write_all(bytemuck::cast_slice(elements))
}

/// Writes a vector of `len` elements, one by one.
///
/// # Panics
/// When there are more or fewer than `len`.
pub(crate) fn write_vector<T: Written>(
    out: &mut impl Write,
    len: usize,
    elements: impl Iterator<Item = T>,
) -> io::Result<()> {
    write_header(out, &format!("{}{}", order(T::TYPE), T::TYPE), &[len])?;
    let mut num_written = 0;
    for element in elements {
        out.write_all(bytemuck::bytes_of(&element))?;
        num_written += 1;
    }
    assert_eq!(num_written, len, "as many elements as were promised");
    Ok(())
}

/// Writes a vector of texts, each filled up with NUL to the length of the longest, as NumPy's type `str` has it: a text must
/// not end in NUL.
pub(crate) fn write_texts<S: AsRef<str>, I: Iterator<Item = S>>(
    out: &mut impl Write,
    texts: impl Fn() -> I,
) -> io::Result<()> {
    let (len, longest) =
        texts().fold((0, 1), |(len, longest), text| (len + 1, text.as_ref().chars().count().max(longest)));
    write_header(out, &format!("{ORDER}U{longest}"), &[len])?;
    for text in texts() {
        let characters = text.as_ref().chars().map(u32::from);
        for code in characters.chain(std::iter::repeat(0)).take(longest) {
            out.write_all(&code.to_ne_bytes())?;
        }
    }
    Ok(())
}

/// Refuses texts that NumPy's type `str` would not give back, or only in a file far larger than they are.
pub(crate) fn check_texts<'a, I: Iterator<Item = Cow<'a, str>>>(
    what: &str,
    texts: impl Fn() -> I,
) -> Result<(), Error> {
    let (mut num_bytes, mut num_texts, mut longest) = (0, 0, 0);
    for text in texts() {
        if text.ends_with('\0') {
            return Err(Error::invalid(what, "texts that do not end in NUL", quoted(&text)));
        }
        num_bytes += text.len();
        num_texts += 1;
        longest = longest.max(text.chars().count());
    }
    let needed = 4 * longest as u64 * num_texts;
    if needed > (16 << 20) + 16 * num_bytes as u64 {
        let expected = "texts of like lengths; other formats take any";
        return Err(Error::invalid(what, expected, format!("one of {longest} characters")));
    }
    Ok(())
}

fn order(name: &str) -> char {
    if name.ends_with('1') { '|' } else { ORDER }
}

fn write_header(out: &mut impl Write, descr: &str, shape: &[usize]) -> io::Result<()> {
    let dictionary =
        format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {}, }}", shape_text(shape));
    // Magic, version, length and a line end beside the dictionary; few axes keep it far below 2^16.
    let len = (10 + dictionary.len() + 1).next_multiple_of(64) - 10;
    out.write_all(b"\x93NUMPY\x01\0")?;
    out.write_all(&(len as u16).to_le_bytes())?;
    writeln!(out, "{dictionary:<0$}", len - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::npy::NpyArray;
    use ndarray::array;
    use std::path::Path;

    #[test]
    fn arrays_are_read_back_and_start_at_a_multiple_of_64_bytes() {
        let mut bytes = Vec::new();
        write_array(&mut bytes, &[2, 3], &[1.0f32, 2.0, 3.0, 4.0, 5.0, -0.5]).unwrap();
        let read = NpyArray::parse(&bytes, Path::new("a.npy")).unwrap();
        assert_eq!(read.data_start(), 128);
        assert_eq!(read.to_matrix::<f32>().unwrap(), array![[1.0, 2.0, 3.0], [4.0, 5.0, -0.5]]);
        let mut bytes = Vec::new();
        write_vector(&mut bytes, 3, [7u64, 0, u64::MAX].into_iter()).unwrap();
        let read = NpyArray::parse(&bytes, Path::new("a.npy")).unwrap();
        assert_eq!(read.to_vector::<u64>().unwrap(), [7, 0, u64::MAX]);
    }

    #[test]
    fn headers_are_byte_for_byte_those_of_numpy() {
        let mut bytes = Vec::new();
        write_vector(&mut bytes, 1, [5u8].into_iter()).unwrap();
        // numpy.save of numpy.array([5], dtype=numpy.uint8), by tests/scripts/numpy_golden.py.
        assert_eq!(bytes, include_bytes!("../../../tests/fixtures/numpy/five.npy"));
    }

    #[test]
    fn texts_of_any_length_are_read_back() {
        let texts = ["a", "", "äöü"];
        let mut bytes = Vec::new();
        write_texts(&mut bytes, || texts.iter()).unwrap();
        assert_eq!(NpyArray::parse(&bytes, Path::new("a.npy")).unwrap().to_texts().unwrap(), texts);
        let mut bytes = Vec::new();
        write_texts(&mut bytes, std::iter::empty::<&str>).unwrap();
        let none = NpyArray::parse(&bytes, Path::new("a.npy")).unwrap();
        assert_eq!(none.to_texts().unwrap(), Vec::<String>::new());
    }
}
