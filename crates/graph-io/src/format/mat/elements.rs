//! The elements that a MAT-file is made of: a type, a length, and so many bytes.

use std::io::Read;
use std::path::Path;

use flate2::read::ZlibDecoder;

use crate::error::{Error, Place};

/// A matrix is one of these; everything in it is one of the others.
pub(super) const MATRIX: u32 = 14;
const PACKED: u32 = 15;

/// Elements that follow each other.
#[derive(Clone, Copy)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
    pub(super) file: &'a Path,
    pub(super) is_big_endian: bool,
    /// The byte where they start in what they were unpacked from.
    at: usize,
}

/// A type and its bytes.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) kind: u32,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) is_big_endian: bool,
}

impl<'a> Elements<'a> {
    pub(super) fn new(bytes: &'a [u8], file: &'a Path, is_big_endian: bool, at: usize) -> Self {
        Self { rest: bytes, file, is_big_endian, at }
    }

    pub(super) fn malformed(&self, expected: impl Into<String>, found: impl Into<String>) -> Error {
        Error::malformed(Place::byte(self.file, self.at), expected, found)
    }

    /// The elements inside of one.
    pub(super) fn inside(&self, element: &Element<'a>) -> Self {
        Self { rest: element.bytes, at: element.at, ..*self }
    }

    /// The next element; none behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Element<'a>>, Error> {
        // Some writers leave a few zeros at the end.
        if self.rest.len() < 8 {
            return Ok(None);
        }
        let word = |at: usize| {
            let bytes = [self.rest[at], self.rest[at + 1], self.rest[at + 2], self.rest[at + 3]];
            if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
        };
        let (first, is_big_endian) = (word(0), self.is_big_endian);
        // Four bytes at most stand in the place of the length, which is in the upper half of the type.
        let (kind, len, start) = match first >> 16 {
            0 => (first, word(4) as usize, 8),
            len => (first & 0xffff, len as usize, 4),
        };
        let is_too_long = if start == 4 { len > 4 } else { len > self.rest.len() - 8 };
        if is_too_long {
            let found = format!("{} bytes", self.rest.len() - start);
            return Err(self.malformed(format!("an element of {len} bytes"), found));
        }
        let element =
            Element { kind, bytes: &self.rest[start..start + len], at: self.at + start, is_big_endian };
        // What is packed is not padded.
        let whole =
            if start == 4 { 8 } else { 8 + if kind == PACKED { len } else { len.next_multiple_of(8) } };
        let whole = whole.min(self.rest.len());
        self.rest = &self.rest[whole..];
        self.at += whole;
        Ok(Some(element))
    }

    /// The next element, which must be there.
    pub(super) fn required(&mut self, what: &str) -> Result<Element<'a>, Error> {
        let at = *self;
        self.next()?.ok_or_else(|| at.malformed(what, "the end of the element"))
    }
}

impl<'a> Element<'a> {
    /// The element that is packed in this one, at most `max_bytes` long; none where nothing is packed.
    pub(super) fn unpacked(&self, elements: &Elements<'_>, max_bytes: u64) -> Result<Option<Vec<u8>>, Error> {
        if self.kind != PACKED {
            return Ok(None);
        }
        let place = || Place::byte(elements.file, self.at);
        let mut bytes = Vec::new();
        let unpacked = ZlibDecoder::new(self.bytes).take(max_bytes.saturating_add(1)).read_to_end(&mut bytes);
        unpacked.map_err(|error| Error::malformed(place(), "zlib data", error.to_string()))?;
        if bytes.len() as u64 > max_bytes {
            let what = format!(
                "more than {max_bytes} bytes unpacked from {}; `--max-memory` raises the limit",
                self.bytes.len()
            );
            return Err(Error::refused(place(), what));
        }
        Ok(Some(bytes))
    }

    /// The numbers of an element of whole or real numbers; none of another type, or with a part of a number at the end.
    pub(super) fn numbers(&self) -> Option<Numbers<'a>> {
        let size = match self.kind {
            1 | 2 | 16 => 1,
            3 | 4 | 17 => 2,
            5..=7 | 18 => 4,
            9 | 12 | 13 => 8,
            _ => return None,
        };
        let is_whole = self.bytes.len().is_multiple_of(size);
        is_whole.then_some(Numbers {
            kind: self.kind,
            size,
            bytes: self.bytes,
            is_big_endian: self.is_big_endian,
        })
    }
}

/// Numbers as they are stored.
#[derive(Clone, Copy)]
pub(super) struct Numbers<'a> {
    kind: u32,
    size: usize,
    bytes: &'a [u8],
    is_big_endian: bool,
}

impl Numbers<'_> {
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.size
    }

    /// The number at an index below [`len`](Self::len).
    pub(super) fn get(&self, index: usize) -> f64 {
        let mut bytes = [0u8; 8];
        let stored = &self.bytes[index * self.size..][..self.size];
        bytes[..self.size].copy_from_slice(stored);
        if self.is_big_endian {
            bytes[..self.size].reverse();
        }
        let low = u64::from_le_bytes(bytes);
        match self.kind {
            1 => f64::from(low as i8),
            3 => f64::from(low as i16),
            5 => f64::from(low as i32),
            7 => f64::from(f32::from_bits(low as u32)),
            9 => f64::from_bits(low),
            12 => low as i64 as f64,
            _ => low as f64,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.len()).map(|index| self.get(index))
    }
}
