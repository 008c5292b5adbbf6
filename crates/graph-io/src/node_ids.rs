//! What the source calls each node.

use std::borrow::Cow;
use std::fmt;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::error::Error;
use crate::format::quoted;

/// The id of every node, in the order of the nodes: any text, all different.
///
/// Ids that are whole numbers as a computer writes them, without signs or leading zeros, are kept as numbers, and
/// 0, 1, 2, … as their count alone: ten million such nodes cost nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct NodeIds(Kept);

/// One set of ids has one form, so that equal ids are equal here.
#[derive(Clone, PartialEq, Eq)]
enum Kept {
    /// "0", "1", … up to a count.
    Counted(usize),
    /// Whole numbers that are not just counted.
    Numbers(Vec<u64>),
    /// Where each name ends in the text of all.
    Names { text: String, ends: Vec<usize> },
}

impl NodeIds {
    /// The ids "0", "1", … of nodes that the source does not name.
    pub fn counted(num_nodes: usize) -> Self {
        Self(Kept::Counted(num_nodes))
    }

    /// Ids that are whole numbers.
    pub fn from_numbers(numbers: Vec<u64>) -> Self {
        if numbers.iter().enumerate().all(|(node, &number)| number == node as u64) {
            return Self::counted(numbers.len());
        }
        Self(Kept::Numbers(numbers))
    }

    /// Ids of any text.
    pub fn from_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for name in names {
            text.push_str(name.as_ref());
            ends.push(text.len());
        }
        Self::from_text(text, ends)
    }

    /// Ids that stand in one text without anything between them; name i ends before byte `ends[i]`.
    ///
    /// # Panics
    /// When the ends do not ascend to the length of the text, or cut a character.
    pub(crate) fn from_text(text: String, ends: Vec<usize>) -> Self {
        assert_eq!(ends.last().copied().unwrap_or(0), text.len(), "the last name ends with the text");
        let names = Names { text: &text, ends: &ends };
        if !names.iter().all(|name| whole_number(name).is_some()) {
            return Self(Kept::Names { text, ends });
        }
        // As much memory as is needed, not what a list takes that grows without knowing how far.
        let mut numbers = Vec::with_capacity(ends.len());
        numbers.extend(names.iter().filter_map(whole_number));
        Self::from_numbers(numbers)
    }

    /// How many nodes.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Counted(num_nodes) => *num_nodes,
            Kept::Numbers(numbers) => numbers.len(),
            Kept::Names { ends, .. } => ends.len(),
        }
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a node.
    ///
    /// # Panics
    /// When `node` is not below [`len`](Self::len).
    pub fn get(&self, node: u32) -> Cow<'_, str> {
        let node = node as usize;
        match &self.0 {
            Kept::Counted(num_nodes) => {
                assert!(node < *num_nodes, "node {node} of {num_nodes}");
                Cow::Owned(node.to_string())
            }
            Kept::Numbers(numbers) => Cow::Owned(numbers[node].to_string()),
            Kept::Names { text, ends } => Cow::Borrowed(Names { text, ends }.get(node)),
        }
    }

    /// The ids in the order of the nodes.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.len()).map(|node| self.get(node as u32))
    }

    /// Whether the ids are "0", "1", …: rows of an array that has no names.
    pub fn are_counted(&self) -> bool {
        matches!(self.0, Kept::Counted(_))
    }

    /// The ids as numbers, where all are whole numbers below 2⁶⁴.
    pub fn numbers(&self) -> Option<impl Iterator<Item = u64> + '_> {
        if matches!(self.0, Kept::Names { .. }) {
            return None;
        }
        Some((0..self.len()).map(|node| match &self.0 {
            Kept::Numbers(numbers) => numbers[node],
            _ => node as u64,
        }))
    }

    /// The ids of some nodes, in the order asked for.
    ///
    /// # Panics
    /// When a node is not below [`len`](Self::len).
    pub fn select(&self, nodes: &[u32]) -> Self {
        match &self.0 {
            Kept::Names { .. } => Self::from_names(nodes.iter().map(|&node| self.get(node))),
            Kept::Numbers(numbers) => {
                Self::from_numbers(nodes.iter().map(|&node| numbers[node as usize]).collect())
            }
            Kept::Counted(num_nodes) => {
                assert!(nodes.iter().all(|&node| (node as usize) < *num_nodes), "nodes below {num_nodes}");
                Self::from_numbers(nodes.iter().map(|&node| node.into()).collect())
            }
        }
    }

    /// What finds a node by its id. O(nodes).
    ///
    /// # Errors
    /// Two nodes of one id.
    pub fn index(&self) -> Result<NodeIndex<'_>, Error> {
        let mut index =
            NodeIndex { ids: self, hasher: DefaultHashBuilder::default(), nodes: HashTable::new() };
        if self.are_counted() {
            return Ok(index);
        }
        let ascending = self.numbers().is_some_and(|numbers| numbers.is_sorted_by(|a, b| a < b));
        if !ascending {
            index.fill()?;
        }
        Ok(index)
    }
}

impl fmt::Debug for NodeIds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Counted(num_nodes) => write!(out, "0..{num_nodes}"),
            _ => out.debug_list().entries(self.iter()).finish(),
        }
    }
}

impl<S: AsRef<str>> FromIterator<S> for NodeIds {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self::from_names(names)
    }
}

/// Finds a node by its id.
pub struct NodeIndex<'a> {
    ids: &'a NodeIds,
    hasher: DefaultHashBuilder,
    // Empty where the form of the ids finds a node by itself.
    nodes: HashTable<u32>,
}

impl NodeIndex<'_> {
    fn fill(&mut self) -> Result<(), Error> {
        let Self { ids, hasher, nodes } = self;
        nodes.reserve(ids.len(), |_| unreachable!("an empty table has nothing to hash again"));
        for node in 0..ids.len() as u32 {
            let id = ids.get(node);
            let hash = hasher.hash_one(id.as_ref());
            if nodes.find(hash, |&other| ids.get(other) == id).is_some() {
                return Err(Error::invalid("node ids", "different ids", format!("{} twice", quoted(&id))));
            }
            nodes.insert_unique(hash, node, |&node| hasher.hash_one(ids.get(node).as_ref()));
        }
        Ok(())
    }

    /// The node of an id.
    pub fn get(&self, id: &str) -> Option<u32> {
        if !self.nodes.is_empty() {
            let hash = self.hasher.hash_one(id);
            return self.nodes.find(hash, |&node| self.ids.get(node) == id).copied();
        }
        let number = whole_number(id)?;
        match &self.ids.0 {
            Kept::Counted(num_nodes) => (number < *num_nodes as u64).then_some(number as u32),
            Kept::Numbers(numbers) => numbers.binary_search(&number).ok().map(|node| node as u32),
            Kept::Names { .. } => None,
        }
    }
}

#[derive(Clone, Copy)]
struct Names<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Names<'a> {
    fn get(self, node: usize) -> &'a str {
        let start = if node == 0 { 0 } else { self.ends[node - 1] };
        &self.text[start..self.ends[node]]
    }

    fn iter(self) -> impl Iterator<Item = &'a str> {
        (0..self.ends.len()).map(move |node| self.get(node))
    }
}

/// The number of an id that is written as a computer writes it: "7", not "07" or "+7".
pub(crate) fn whole_number(id: &str) -> Option<u64> {
    let canonical = id == "0" || (id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0'));
    if canonical { id.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> NodeIds {
        NodeIds::from_names(names)
    }

    #[test]
    fn equal_ids_are_equal_however_they_came() {
        assert_eq!(names(&["0", "1", "2"]), NodeIds::counted(3));
        assert_eq!(NodeIds::from_numbers(vec![0, 1]), NodeIds::counted(2));
        assert_eq!(names(&["7", "3"]), NodeIds::from_numbers(vec![7, 3]));
        assert_ne!(names(&["07", "3"]), NodeIds::from_numbers(vec![7, 3]));
        assert_eq!(names(&[]), NodeIds::counted(0));
    }

    #[test]
    fn every_form_gives_back_its_ids_and_finds_them() {
        for (ids, expected) in [
            (names(&["b", "", "ä c"]), vec!["b", "", "ä c"]),
            (NodeIds::from_numbers(vec![9, 2, u64::MAX]), vec!["9", "2", "18446744073709551615"]),
            (NodeIds::from_numbers(vec![2, 9, 11]), vec!["2", "9", "11"]),
            (NodeIds::counted(3), vec!["0", "1", "2"]),
        ] {
            assert_eq!(ids.iter().collect::<Vec<_>>(), expected);
            let index = ids.index().unwrap();
            for (node, id) in expected.iter().enumerate() {
                assert_eq!(index.get(id), Some(node as u32), "{id}");
            }
            assert_eq!((index.get("3"), index.get("02"), index.get("x")), (None, None, None));
            let selected = ids.select(&[2, 0]);
            assert_eq!(selected.iter().collect::<Vec<_>>(), [expected[2], expected[0]]);
        }
    }

    #[test]
    fn an_id_given_twice_is_named() {
        let message = |ids: NodeIds| ids.index().err().unwrap().to_string();
        assert_eq!(message(names(&["x", "y", "x"])), "node ids: expected different ids, found \"x\" twice");
        assert!(message(NodeIds::from_numbers(vec![5, 5])).ends_with("found \"5\" twice"));
    }

    #[test]
    fn only_canonical_numbers_are_numbers() {
        assert_eq!((whole_number("0"), whole_number("10")), (Some(0), Some(10)));
        for id in ["", "01", "+1", "-1", "1.0", "18446744073709551616", "١"] {
            assert_eq!(whole_number(id), None, "{id}");
        }
    }
}
