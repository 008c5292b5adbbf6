//! What a pickle is made of: values, each in four bytes.

use std::num::NonZeroU32;

/// A value, as the place it is read from: the byte of the file where its opcode stands, or the index of a container.
///
/// A file can hold a value in every second byte, so what one takes in memory decides what a hostile file costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Value(NonZeroU32);

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string: where it starts in the file, and its bytes.
    Bytes(usize, &'a [u8]),
    Global(Global),
    /// The index of a container.
    Held(usize),
}

const HELD: u32 = 1 << 31;

impl Value {
    /// Longer files have bytes that a value cannot point to.
    pub(super) const MAX_FILE: usize = HELD as usize - 1;

    /// The value that the opcode at this byte pushes; the byte is not 0, where the protocol stands.
    pub(super) fn at(opcode_at: usize) -> Self {
        Self(NonZeroU32::new(opcode_at as u32).expect("opcodes stand behind the protocol"))
    }

    /// The container of this index.
    pub(super) fn held(index: usize) -> Self {
        Self(NonZeroU32::new(HELD | index as u32).expect("the highest bit is set"))
    }

    /// The index of a container, where it is one.
    pub(super) fn index(self) -> Option<usize> {
        let place = self.0.get();
        (place & HELD != 0).then_some((place ^ HELD) as usize)
    }

    /// Reads the value from its file, which the stack machine has walked through.
    pub(super) fn content(self, file: &[u8]) -> Content<'_> {
        if let Some(index) = self.index() {
            return Content::Held(index);
        }
        let at = self.0.get() as usize + 1;
        let operand = &file[at..];
        match file[at - 1] {
            0x88 => Content::Bool(true),
            0x89 => Content::Bool(false),
            b'K' => Content::Int(operand[0].into()),
            b'M' => Content::Int(u16::from_le_bytes(first(operand)).into()),
            b'J' => Content::Int(i32::from_le_bytes(first(operand)).into()),
            0x8a => Content::Int(long(&operand[1..][..operand[0].into()])),
            b'G' => Content::Float(f64::from_be_bytes(first(operand))),
            b'U' => Content::Bytes(at + 1, &operand[1..][..operand[0].into()]),
            b'T' | b'X' => {
                let len = u32::from_le_bytes(first(operand));
                Content::Bytes(at + 4, &operand[4..][..len as usize])
            }
            b'c' => Global::of_lines(operand).map_or(Content::None, Content::Global),
            _ => Content::None,
        }
    }
}

fn first<const LEN: usize>(bytes: &[u8]) -> [u8; LEN] {
    let mut out = [0; LEN];
    out.copy_from_slice(&bytes[..LEN]);
    out
}

/// A whole number of at most eight bytes, least significant first, with its sign in the last bit.
fn long(bytes: &[u8]) -> i64 {
    let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(wide)
}

impl Content<'_> {
    /// What the value is, in a word, for messages.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a truth value",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a fraction",
            Self::Bytes(..) => "a string",
            Self::Global(_) => "a name",
            Self::Held(_) => "a container",
        }
    }
}

/// The names a pickle may hold; none is looked up or called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    CsrMatrix,
    Reconstruct,
    NdArray,
    Dtype,
    DefaultDict,
    List,
}

impl Global {
    const ALL: [(Self, &'static str); 6] = [
        (Self::CsrMatrix, "scipy.sparse.csr.csr_matrix"),
        (Self::Reconstruct, "numpy.core.multiarray._reconstruct"),
        (Self::NdArray, "numpy.ndarray"),
        (Self::Dtype, "numpy.dtype"),
        (Self::DefaultDict, "collections.defaultdict"),
        (Self::List, "__builtin__.list"),
    ];

    /// The name of a module and a name in it.
    pub(super) fn named(module: &[u8], name: &[u8]) -> Option<Self> {
        let is = |known: &str| {
            known.rsplit_once('.').is_some_and(|(m, n)| m.as_bytes() == module && n.as_bytes() == name)
        };
        Self::ALL.iter().find(|(_, known)| is(known)).map(|(global, _)| *global)
    }

    /// The name in the two lines that bytes begin with.
    fn of_lines(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes.splitn(3, |&byte| byte == b'\n');
        Self::named(lines.next()?, lines.next()?)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(global, _)| *global == self).map_or("", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_four_bytes_and_so_does_one_that_may_be_missing() {
        assert_eq!((size_of::<Value>(), size_of::<Option<Value>>()), (4, 4));
    }

    #[test]
    fn values_are_read_from_where_they_stand() {
        let content = |bytes: &'static [u8]| Value::at(1).content(bytes);
        assert_eq!(content(b".N"), Content::None);
        assert_eq!((content(b".\x88"), content(b".\x89")), (Content::Bool(true), Content::Bool(false)));
        assert_eq!((content(b".K\xff"), content(b".M\x00\x01")), (Content::Int(255), Content::Int(256)));
        assert_eq!(content(b".J\xff\xff\xff\xff"), Content::Int(-1));
        assert_eq!((content(b".\x8a\x01\xfe"), content(b".\x8a\x00")), (Content::Int(-2), Content::Int(0)));
        assert_eq!(content(b".G\x3f\xe0\0\0\0\0\0\0"), Content::Float(0.5));
        assert_eq!(content(b".U\x01abc"), Content::Bytes(3, b"a"));
        assert_eq!(content(b".T\x02\0\0\0abc"), Content::Bytes(6, b"ab"));
        assert_eq!(content(b".cnumpy\ndtype\n"), Content::Global(Global::Dtype));
        assert_eq!(Value::held(7).content(b""), Content::Held(7));
    }
}
