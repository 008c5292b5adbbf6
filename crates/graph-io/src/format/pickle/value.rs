//! What a pickle is made of: values the size of a number, and containers they point to.

use std::ops::Range;

use super::array::{Array, Dtype};

/// A number, a stretch of the file, a name, or the index of a container.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string: `start` and `len` in the file.
    Bytes(u32, u32),
    Global(Global),
    /// The index of a [`Container`].
    Held(u32),
}

impl Value {
    pub(super) fn bytes(range: &Range<usize>) -> Self {
        // Files are capped far below 4 GiB.
        Self::Bytes(range.start as u32, range.len() as u32)
    }

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

/// What other values are put into.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Container {
    Tuple(Box<[Value]>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// A dtype; its byte order is not known until it is built.
    Dtype(Dtype),
    /// An array; nothing until it is built.
    Array(Option<Box<Array>>),
    /// A sparse matrix; no state until it is built.
    CsrMatrix(Option<Value>),
}

impl Container {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Tuple(_) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Dtype(_) => "a dtype",
            Self::Array(None) => "an array without content",
            Self::Array(Some(_)) => "an array",
            Self::CsrMatrix(None) => "a sparse matrix without content",
            Self::CsrMatrix(Some(_)) => "a sparse matrix",
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

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(global, _)| *global)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(global, _)| *global == self).map_or("", |(_, name)| name)
    }
}
