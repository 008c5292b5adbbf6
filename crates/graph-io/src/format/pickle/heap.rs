//! The containers of a pickle, and all their items in one list.
//!
//! A file of n bytes is held to n/2 values, n/6 containers, n/64 pieces and n/8 remembered values (and some constants),
//! which is more than any file these readers are for has. At worst n/2 values were on the stack (4 bytes each, 2n) and
//! are items now (2n), and the last containers are just being added, when the old and the new list of them are there
//! (12 bytes each, 2 × 2n, and one for their depths, 0.3n): with what is remembered (0.5n) and the file itself that is
//! 9.8n. The stack is gone before arrays, rows and arcs are made.

use std::path::Path;

use super::value::{Content, Value};
use crate::format::growth::{push_within, reserve_within};

/// A stretch of the items of all containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

/// What other values are put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Tuple(Span),
    /// The first piece of a list.
    List(Span),
    /// The first piece of a dict: its keys, each with its value behind it.
    Dict(Span),
    /// A dtype: its code, and the flag of its byte order, which is not known until it is built.
    Dtype(Value, Option<Value>),
    /// An array, as the tuple it is built from; nothing until then.
    Array(Option<Value>),
    /// A sparse matrix, as the dict it is built from; nothing until then.
    CsrMatrix(Option<Value>),
}

impl Container {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Tuple(_) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Dtype(..) => "a dtype",
            Self::Array(None) => "an array without content",
            Self::Array(Some(_)) => "an array",
            Self::CsrMatrix(None) => "a sparse matrix without content",
            Self::CsrMatrix(Some(_)) => "a sparse matrix",
        }
    }
}

/// A later piece of a list or dict that was filled in several steps.
#[derive(Clone, Copy, Debug)]
struct Piece {
    owner: u32,
    span: Span,
}

/// The containers of a pickle, and the file that its other values lie in.
#[derive(Debug)]
pub(super) struct Heap<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) file: &'a Path,
    containers: Vec<Container>,
    items: Vec<Value>,
    pieces: Vec<Piece>,
}

/// More of something than a file of this size has use for.
#[derive(Clone, Copy, Debug)]
pub(super) struct TooMany(pub(super) &'static str);

impl<'a> Heap<'a> {
    pub(super) fn new(bytes: &'a [u8], file: &'a Path) -> Self {
        Self { bytes, file, containers: Vec::new(), items: Vec::new(), pieces: Vec::new() }
    }

    /// The values a file of this size may push: two bytes each.
    pub(super) fn max_values(&self) -> usize {
        self.bytes.len() / 2 + 1024
    }

    /// The containers a file of this size may have: six bytes each.
    pub(super) fn max_containers(&self) -> usize {
        self.bytes.len() / 6 + 256
    }

    pub(super) fn content(&self, value: Value) -> Content<'a> {
        value.content(self.bytes)
    }

    pub(super) fn container(&self, value: Value) -> Option<Container> {
        value.index().and_then(|index| self.containers.get(index).copied())
    }

    /// What a value is, in a word, for messages.
    pub(super) fn kind(&self, value: Value) -> &'static str {
        self.container(value).map_or_else(|| self.content(value).kind(), |container| container.kind())
    }

    /// The items of a tuple, or of a list or dict that was filled at once.
    pub(super) fn slice(&self, span: Span) -> &[Value] {
        &self.items[span.start as usize..][..span.len as usize]
    }

    /// The items of a list or dict in their order, after [`finish`](Self::finish).
    pub(super) fn items_of(&self, value: Value) -> impl Iterator<Item = Value> + '_ {
        let first = match self.container(value) {
            Some(Container::List(span) | Container::Dict(span)) => span,
            _ => Span::default(),
        };
        let owner = value.index().map_or(u32::MAX, |index| index as u32);
        let pieces = &self.pieces[self.pieces.partition_point(|piece| piece.owner < owner)..];
        let later = pieces.iter().take_while(move |piece| piece.owner == owner);
        std::iter::once(first).chain(later.map(|piece| piece.span)).flat_map(|span| self.slice(span)).copied()
    }

    /// How many items there are in all containers that are no containers themselves.
    pub(super) fn max_plain_items(&self) -> usize {
        self.items.len().saturating_sub(self.containers.len())
    }

    pub(super) fn add(&mut self, container: Container) -> Result<Value, TooMany> {
        let max = self.max_containers();
        if self.containers.len() >= max {
            return Err(TooMany("containers"));
        }
        push_within(&mut self.containers, container, max);
        Ok(Value::held(self.containers.len() - 1))
    }

    pub(super) fn set(&mut self, index: usize, container: Container) {
        self.containers[index] = container;
    }

    /// Keeps the items of a tuple.
    pub(super) fn keep(&mut self, values: &[Value]) -> Span {
        let start = self.items.len();
        let max = self.max_values();
        reserve_within(&mut self.items, values.len(), max);
        self.items.extend_from_slice(values);
        Span { start: start as u32, len: values.len() as u32 }
    }

    /// Puts items behind those of a list or dict.
    pub(super) fn append(&mut self, index: usize, values: &[Value]) -> Result<(), TooMany> {
        if values.is_empty() {
            return Ok(());
        }
        let added = self.keep(values);
        let owner = index as u32;
        let (Container::List(first) | Container::Dict(first)) = &mut self.containers[index] else {
            unreachable!("the caller looked what it is");
        };
        if first.len == 0 {
            *first = added;
        } else if first.start + first.len == added.start {
            first.len += added.len;
        } else if let Some(last) = self.pieces.last_mut()
            && last.owner == owner
            && last.span.start + last.span.len == added.start
        {
            last.span.len += added.len;
        } else {
            let max = self.bytes.len() / 64 + 256;
            if self.pieces.len() >= max {
                return Err(TooMany("interleaved lists"));
            }
            push_within(&mut self.pieces, Piece { owner, span: added }, max);
        }
        Ok(())
    }

    /// Brings the pieces of each list together, once nothing is added any more.
    pub(super) fn finish(&mut self) {
        self.pieces.sort_unstable_by_key(|piece| (piece.owner, piece.span.start));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_grow_in_turns_keep_their_order() {
        let bytes = [0; 100];
        let mut heap = Heap::new(&bytes, Path::new("x"));
        let values: Vec<Value> = (1..=7).map(Value::at).collect();
        let (a, b) = (heap.add(Container::List(Span::default())).unwrap(), 1);
        heap.add(Container::List(Span::default())).unwrap();
        for (owner, from, to) in [(0, 0, 2), (b, 2, 3), (0, 3, 4), (0, 4, 5), (b, 5, 6), (0, 6, 7)] {
            heap.append(owner, &values[from..to]).unwrap();
        }
        heap.finish();
        let at = |places: &[usize]| places.iter().map(|&place| values[place]).collect::<Vec<_>>();
        assert_eq!(heap.items_of(a).collect::<Vec<_>>(), at(&[0, 1, 3, 4, 6]));
        assert_eq!(heap.items_of(Value::held(b)).collect::<Vec<_>>(), at(&[2, 5]));
        assert_eq!(heap.pieces.len(), 3);
    }

    #[test]
    fn a_container_takes_twelve_bytes() {
        assert_eq!(size_of::<Container>(), 12);
    }
}
