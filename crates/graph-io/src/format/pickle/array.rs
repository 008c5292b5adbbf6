//! numpy arrays as they lie in the file.

use std::fmt;
use std::ops::Range;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Bool,
    I8,
    U8,
    I32,
    I64,
    F32,
    F64,
}

impl Element {
    /// The element type numpy writes with this code.
    pub(super) fn of_code(code: &[u8]) -> Option<Self> {
        Some(match code {
            b"b1" => Self::Bool,
            b"i1" => Self::I8,
            b"u1" => Self::U8,
            b"i4" => Self::I32,
            b"i8" => Self::I64,
            b"f4" => Self::F32,
            b"f8" => Self::F64,
            _ => return None,
        })
    }

    pub(super) fn size(self) -> usize {
        match self {
            Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I32 | Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// The order of a dtype's flag; `|` marks single bytes, which have none.
    pub(super) fn of_flag(flag: &[u8], element: Element) -> Option<Self> {
        match flag {
            b"<" => Some(Self::Little),
            b">" => Some(Self::Big),
            b"|" if element.size() == 1 => Some(Self::Little),
            _ => None,
        }
    }
}

/// The element type and, once it is built, the byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dtype {
    pub(super) element: Element,
    pub(super) order: Option<ByteOrder>,
}

/// The length of each axis; there are one or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Vector(usize),
    /// Rows and columns.
    Table(usize, usize),
}

impl Shape {
    /// The bytes of an array of this shape, where they can be counted.
    pub(super) fn num_bytes(self, element: Element) -> Option<usize> {
        match self {
            Self::Vector(len) => len.checked_mul(element.size()),
            Self::Table(rows, cols) => rows.checked_mul(cols)?.checked_mul(element.size()),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector(len) => write!(out, "[{len}]"),
            Self::Table(rows, cols) => write!(out, "[{rows}, {cols}]"),
        }
    }
}

/// An array in row order; its content is `data` of the file and has just the length its shape asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Array {
    pub(super) shape: Shape,
    pub(super) element: Element,
    pub(super) order: ByteOrder,
    pub(super) data: Range<usize>,
}

impl Array {
    pub(super) fn len(&self) -> usize {
        self.data.len() / self.element.size()
    }

    /// The element at `index` as a whole number; fractions lose their fraction.
    pub(super) fn whole(&self, file: &[u8], index: usize) -> i64 {
        match self.element {
            Element::Bool | Element::U8 => i64::from(self.raw::<1>(file, index)[0]),
            Element::I8 => i64::from(self.raw::<1>(file, index)[0] as i8),
            Element::I32 => i64::from(i32::from_le_bytes(self.raw(file, index))),
            Element::I64 => i64::from_le_bytes(self.raw(file, index)),
            Element::F32 => f32::from_le_bytes(self.raw(file, index)) as i64,
            Element::F64 => f64::from_le_bytes(self.raw(file, index)) as i64,
        }
    }

    /// The element at `index`, rounded to the nearest `f32`.
    pub(super) fn real(&self, file: &[u8], index: usize) -> f32 {
        match self.element {
            Element::F32 => f32::from_le_bytes(self.raw(file, index)),
            Element::F64 => f64::from_le_bytes(self.raw(file, index)) as f32,
            _ => self.whole(file, index) as f32,
        }
    }

    /// The bytes of one element, least significant first.
    fn raw<const SIZE: usize>(&self, file: &[u8], index: usize) -> [u8; SIZE] {
        let start = self.data.start + index * SIZE;
        let mut raw = [0; SIZE];
        raw.copy_from_slice(&file[start..start + SIZE]);
        if self.order == ByteOrder::Big {
            raw.reverse();
        }
        raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(code: &[u8], flag: &[u8], len: usize) -> Array {
        let element = Element::of_code(code).unwrap();
        let order = ByteOrder::of_flag(flag, element).unwrap();
        Array { shape: Shape::Vector(len / element.size()), element, order, data: 1..1 + len }
    }

    #[test]
    fn elements_are_read_in_either_byte_order() {
        let little = [0xff, 0xfe, 0xff, 0xff, 0xff];
        let big = [0xff, 0xff, 0xff, 0xff, 0xfe];
        assert_eq!(array(b"i4", b"<", 4).whole(&little, 0), -2);
        assert_eq!(array(b"i4", b">", 4).whole(&big, 0), -2);
        let half = [0, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0];
        assert_eq!(array(b"f8", b">", 8).real(&half, 0), 0.5);
    }

    #[test]
    fn single_bytes_have_no_order_and_other_elements_need_one() {
        assert_eq!(array(b"i1", b"|", 2).whole(&[0, 1, 0x80], 1), -128);
        assert_eq!(array(b"u1", b"|", 2).whole(&[0, 1, 0x80], 1), 128);
        assert_eq!(ByteOrder::of_flag(b"|", Element::I32), None);
        assert_eq!(Element::of_code(b"O8"), None);
    }
}
