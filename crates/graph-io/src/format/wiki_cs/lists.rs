//! Lists of JSON, taken in item by item without a tree of values.

use std::fmt;

use serde::Deserialize;
use serde::de::{Error, SeqAccess, Visitor};

use crate::format::json::seed;
use crate::format::node_table::ClassColumn;

/// What takes in the items of lists. A refusal is what was expected.
pub(super) trait Sink {
    type Item: for<'de> Deserialize<'de>;
    fn item(&mut self, item: Self::Item) -> Result<(), String>;
    fn end_list(&mut self) -> Result<(), String>;
}

/// A list of items.
pub(super) struct List<'a, S>(pub(super) &'a mut S);

/// A list of lists of items.
pub(super) struct ListOfLists<'a, S>(pub(super) &'a mut S);

seed!(List<'_, S> => (), deserialize_seq, S: Sink);

impl<'de, S: Sink> Visitor<'de> for List<'_, S> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            self.0.item(item).map_err(refused)?;
        }
        self.0.end_list().map_err(refused)
    }
}

seed!(ListOfLists<'_, S> => (), deserialize_seq, S: Sink);

impl<'de, S: Sink> Visitor<'de> for ListOfLists<'_, S> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of lists")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut lists: A) -> Result<(), A::Error> {
        while lists.next_element_seed(List(self.0))?.is_some() {}
        Ok(())
    }
}

/// In the form of serde's own complaints, which end in what was expected.
fn refused<E: Error>(expected: String) -> E {
    E::custom(format_args!("another, expected {expected}"))
}

/// Rows of numbers.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) values: Vec<f32>,
    pub(super) num_rows: usize,
    pub(super) width: usize,
    /// Numbers in the row so far.
    len: usize,
}

impl Sink for Rows {
    type Item = f32;

    fn item(&mut self, item: f32) -> Result<(), String> {
        if !item.is_finite() {
            return Err("a number that fits into 32 bits".to_string());
        }
        self.values.push(item);
        self.len += 1;
        Ok(())
    }

    fn end_list(&mut self) -> Result<(), String> {
        if self.num_rows == 0 {
            self.width = self.len;
        }
        if self.len != self.width || self.width == 0 {
            return Err(format!("rows of {} numbers", self.width.max(1)));
        }
        self.len = 0;
        self.num_rows += 1;
        Ok(())
    }
}

/// Rows of nodes.
#[derive(Default)]
pub(super) struct Neighbors {
    pub(super) to: Vec<u32>,
    pub(super) row_ends: Vec<usize>,
}

impl Sink for Neighbors {
    type Item = u32;

    fn item(&mut self, item: u32) -> Result<(), String> {
        self.to.push(item);
        Ok(())
    }

    fn end_list(&mut self) -> Result<(), String> {
        self.row_ends.push(self.to.len());
        Ok(())
    }
}

/// The nodes that are set in each of several masks of equal length.
#[derive(Default)]
pub(super) struct Masks {
    pub(super) sets: Vec<Vec<u32>>,
    pub(super) num_nodes: usize,
    set: Vec<u32>,
    len: usize,
}

impl Sink for Masks {
    type Item = bool;

    fn item(&mut self, item: bool) -> Result<(), String> {
        if item {
            self.set.push(u32::try_from(self.len).map_err(|_| "fewer than 2^32 nodes")?);
        }
        self.len += 1;
        Ok(())
    }

    fn end_list(&mut self) -> Result<(), String> {
        if self.sets.is_empty() {
            self.num_nodes = self.len;
        }
        if self.len != self.num_nodes {
            return Err(format!("masks of {} nodes", self.num_nodes));
        }
        self.len = 0;
        self.sets.push(std::mem::take(&mut self.set));
        Ok(())
    }
}

/// A class a node.
pub(super) struct Classes(pub(super) ClassColumn);

impl Default for Classes {
    fn default() -> Self {
        Self(ClassColumn::with_room(0))
    }
}

impl Sink for Classes {
    type Item = i64;

    fn item(&mut self, item: i64) -> Result<(), String> {
        self.0.push(&item.to_string()).map_err(|fault| fault.expected)
    }

    fn end_list(&mut self) -> Result<(), String> {
        Ok(())
    }
}
