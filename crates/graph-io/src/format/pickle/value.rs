//! What a pickle is made of.

/// A value of the stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string: where it starts in the file, and how long it is.
    Bytes(u32, u32),
    Global(Global),
    /// The number of an object that other values are in.
    Object(u32),
}

/// A whole number of at most eight bytes, least significant first, with its sign in the last bit.
pub(super) fn long(bytes: &[u8]) -> i64 {
    let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(wide)
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

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(global, _)| *global == self).map_or("", |(_, name)| name)
    }
}
