//! The objects of a pickle, and the file that its strings lie in.

use std::path::Path;

use super::value::Value;
use crate::error::{Error, Place};
use crate::format::npy::{Element, Header, NpyArray};

/// What other values are put into.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object {
    Tuple(Vec<Value>),
    List(Vec<Value>),
    /// The keys, each with its value behind it.
    Dict(Vec<Value>),
    /// A dtype: its code, and its type of elements, whose byte order is not known until it is built.
    Dtype(Value, Option<Element>),
    /// An array, as the tuple it is built from; nothing until then.
    Array(Option<Value>),
    /// A sparse matrix, as the dict it is built from; nothing until then.
    CsrMatrix(Option<Value>),
}

/// All objects of a pickle.
#[derive(Debug)]
pub(super) struct Heap<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) file: &'a Path,
    pub(super) objects: Vec<Object>,
}

impl<'a> Heap<'a> {
    pub(super) fn object(&self, value: Value) -> Option<&Object> {
        match value {
            Value::Object(number) => self.objects.get(number as usize),
            _ => None,
        }
    }

    /// What a value is, in a word, for messages.
    pub(super) fn kind(&self, value: Value) -> &'static str {
        match value {
            Value::None => "None",
            Value::Bool(_) => "a truth value",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a fraction",
            Value::Bytes(..) => "a string",
            Value::Global(_) => "a name",
            Value::Object(number) => match self.objects[number as usize] {
                Object::Tuple(_) => "a tuple",
                Object::List(_) => "a list",
                Object::Dict(_) => "a dict",
                Object::Dtype(..) => "a dtype",
                Object::Array(None) => "an array without content",
                Object::Array(Some(_)) => "an array",
                Object::CsrMatrix(None) => "a sparse matrix without content",
                Object::CsrMatrix(Some(_)) => "a sparse matrix",
            },
        }
    }

    /// The bytes of a string.
    pub(super) fn text(&self, value: Value) -> Option<&'a [u8]> {
        match value {
            Value::Bytes(start, len) => Some(&self.bytes[start as usize..][..len as usize]),
            _ => None,
        }
    }

    /// The items of a tuple.
    pub(super) fn tuple(&self, value: Value) -> Option<&[Value]> {
        match self.object(value) {
            Some(Object::Tuple(items)) => Some(items),
            _ => None,
        }
    }

    /// The array that is built from a tuple. It is looked up again at each use instead of being kept: a file can name the
    /// same few bytes as the content of many arrays.
    pub(super) fn array(&self, state: Value, place: &Place) -> Result<NpyArray<'a>, Error> {
        let malformed = |expected: &str, found: &str| Err(Error::malformed(place.clone(), expected, found));
        let Some(items) = self.tuple(state) else {
            return malformed("a tuple as the state of an array", self.kind(state));
        };
        let &[_, shape, dtype, Value::Bool(is_fortran), data @ Value::Bytes(data_start, _)] = items else {
            return malformed("an array's version, shape, dtype, order and bytes", "other things");
        };
        let Some(Object::Dtype(_, Some(element))) = self.object(dtype) else {
            return malformed("a dtype with its byte order", self.kind(dtype));
        };
        let axis = |value: &Value| match value {
            Value::Int(axis) => usize::try_from(*axis).ok(),
            _ => None,
        };
        let axes = self.tuple(shape).filter(|axes| (1..=2).contains(&axes.len()));
        let Some(shape) = axes.and_then(|axes| axes.iter().map(axis).collect()) else {
            return malformed("a shape of one or two axes", "another shape");
        };
        let header = Header { element: *element, is_fortran, shape, data_start: data_start as usize };
        NpyArray::of(header, self.text(data).unwrap_or_default(), self.file)
    }
}
