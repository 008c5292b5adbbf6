//! Any number of classes for each node.

use std::collections::HashSet;

use crate::error::Error;
use crate::labels::Labels;

/// The classes of each node, of which a node may have none, one or several.
///
/// A source in which no node has more than one class has [`Labels`] instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiLabels {
    /// Where the classes of each node end.
    ends: Vec<usize>,
    /// The classes of all nodes, ascending within a node.
    classes: Vec<u32>,
    class_names: Vec<String>,
}

impl MultiLabels {
    /// Labels from the class indices of each node and the name of each class.
    ///
    /// # Errors
    /// No class names; two classes of one name; a class index that has no name, or is there twice for one node.
    pub fn from_lists<L: AsRef<[u32]>>(
        lists: impl IntoIterator<Item = L>,
        class_names: Vec<String>,
    ) -> Result<Self, Error> {
        if class_names.is_empty() {
            return Err(Error::invalid("labels", "at least one class", "none"));
        }
        let mut seen = HashSet::new();
        if let Some(name) = class_names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::invalid("class names", "different names", format!("{name:?} twice")));
        }
        let (mut ends, mut classes) = (Vec::new(), Vec::new());
        for (node, list) in lists.into_iter().enumerate() {
            let start = classes.len();
            classes.extend_from_slice(list.as_ref());
            let of_node: &mut [u32] = &mut classes[start..];
            of_node.sort_unstable();
            let what = || format!("labels of node {node}");
            if let Some(&class) = of_node.last().filter(|&&class| class as usize >= class_names.len()) {
                let expected = format!("classes below {}", class_names.len());
                return Err(Error::invalid(what(), expected, class.to_string()));
            }
            if let Some(pair) = of_node.windows(2).find(|pair| pair[0] == pair[1]) {
                let name = &class_names[pair[0] as usize];
                return Err(Error::invalid(what(), "different classes", format!("{name:?} twice")));
            }
            ends.push(classes.len());
        }
        Ok(Self { ends, classes, class_names })
    }

    /// How many nodes, labelled or not.
    pub fn num_nodes(&self) -> usize {
        self.ends.len()
    }

    /// How many classes, with or without nodes.
    pub fn num_classes(&self) -> usize {
        self.class_names.len()
    }

    /// The name of each class.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The classes of a node, ascending.
    ///
    /// # Panics
    /// When `node` is not below [`num_nodes`](Self::num_nodes).
    pub fn of_node(&self, node: u32) -> &[u32] {
        let node = node as usize;
        let start = if node == 0 { 0 } else { self.ends[node - 1] };
        &self.classes[start..self.ends[node]]
    }

    /// How many nodes have a class.
    pub fn num_labelled(&self) -> usize {
        (0..self.num_nodes() as u32).filter(|&node| !self.of_node(node).is_empty()).count()
    }

    /// How many nodes each class has.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.num_classes()];
        self.classes.iter().for_each(|&class| counts[class as usize] += 1);
        counts
    }

    /// The labels of some nodes, in the order asked for; the classes stay.
    ///
    /// # Panics
    /// When a node is not below [`num_nodes`](Self::num_nodes).
    #[must_use]
    pub fn select(&self, nodes: &[u32]) -> Self {
        let (mut ends, mut classes) = (Vec::with_capacity(nodes.len()), Vec::new());
        for &node in nodes {
            classes.extend_from_slice(self.of_node(node));
            ends.push(classes.len());
        }
        Self { ends, classes, class_names: self.class_names.clone() }
    }

    /// One class a node, where no node has more.
    pub(crate) fn to_labels(&self) -> Option<Result<Labels, Error>> {
        let nodes = 0..self.num_nodes() as u32;
        let classes = nodes.map(|node| match self.of_node(node) {
            [] => Some(None),
            [class] => Some(Some(*class)),
            _ => None,
        });
        let classes = classes.collect::<Option<Vec<_>>>()?;
        Some(Labels::from_classes(classes, self.class_names.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn nodes_have_any_number_of_classes() {
        let lists: [&[u32]; 3] = [&[2, 0], &[], &[0]];
        let labels = MultiLabels::from_lists(lists, names(&["a", "b", "c"])).unwrap();
        assert_eq!(
            (labels.of_node(0), labels.of_node(1), labels.of_node(2)),
            (&[0, 2][..], &[][..], &[0][..])
        );
        assert_eq!((labels.num_nodes(), labels.num_labelled(), labels.counts()), (3, 2, vec![2, 0, 1]));
        let selected = labels.select(&[2, 0]);
        assert_eq!((selected.of_node(0), selected.of_node(1)), (&[0][..], &[0, 2][..]));
        assert!(labels.to_labels().is_none());
        let single = labels.select(&[2, 1]).to_labels().unwrap().unwrap();
        assert_eq!(single.classes(), [Some(0), None]);
    }

    #[test]
    fn classes_that_are_not_there_or_twice_are_refused() {
        let message =
            |list: &[u32], of: &[&str]| MultiLabels::from_lists([list], names(of)).unwrap_err().to_string();
        assert_eq!(message(&[], &[]), "labels: expected at least one class, found none");
        assert_eq!(message(&[], &["a", "a"]), "class names: expected different names, found \"a\" twice");
        assert_eq!(message(&[0, 2], &["a", "b"]), "labels of node 0: expected classes below 2, found 2");
        assert_eq!(
            message(&[1, 0, 1], &["a", "b"]),
            "labels of node 0: expected different classes, found \"b\" twice"
        );
    }
}
