//! The class of each node, for judging an embedding.

use std::collections::HashSet;

use crate::error::Error;

/// A class for each node, or none where it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    classes: Vec<Option<u32>>,
    class_names: Vec<String>,
}

impl Labels {
    /// Labels from the class index of each node and the name of each class.
    ///
    /// # Errors
    /// No class names; two classes of one name; a class index that has no name.
    pub fn from_classes(classes: Vec<Option<u32>>, class_names: Vec<String>) -> Result<Self, Error> {
        if class_names.is_empty() {
            return Err(Error::invalid("labels", "at least one class", "none"));
        }
        // Names in order need no set to tell that they differ; there may be as many as nodes.
        let ascending = class_names.is_sorted_by(|a, b| a < b);
        let mut seen = HashSet::new();
        if let Some(name) = class_names.iter().find(|name| !ascending && !seen.insert(name.as_str())) {
            return Err(Error::invalid("class names", "different names", format!("{name:?} twice")));
        }
        let num_classes = class_names.len();
        let beyond = |class: Option<u32>| class.filter(|&class| class as usize >= num_classes);
        if let Some((node, class)) =
            classes.iter().enumerate().find_map(|(node, &class)| Some((node, beyond(class)?)))
        {
            let expected = format!("a class below {num_classes}");
            return Err(Error::invalid(format!("label of node {node}"), expected, class.to_string()));
        }
        Ok(Self { classes, class_names })
    }

    /// How many nodes, labelled or not.
    pub fn num_nodes(&self) -> usize {
        self.classes.len()
    }

    /// How many classes, with or without nodes.
    pub fn num_classes(&self) -> usize {
        self.class_names.len()
    }

    /// How many nodes have a class.
    pub fn num_labelled(&self) -> usize {
        self.classes.iter().flatten().count()
    }

    /// The name of each class.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The class of each node.
    pub fn classes(&self) -> &[Option<u32>] {
        &self.classes
    }

    /// The class of a node, if it has one.
    ///
    /// # Panics
    /// When `node` is not below [`num_nodes`](Self::num_nodes).
    pub fn class(&self, node: u32) -> Option<u32> {
        self.classes[node as usize]
    }

    /// How many nodes each class has.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.num_classes()];
        self.classes.iter().flatten().for_each(|&class| counts[class as usize] += 1);
        counts
    }

    /// The labels of some nodes, in the order asked for; the classes stay.
    ///
    /// # Panics
    /// When a node is not below [`num_nodes`](Self::num_nodes).
    #[must_use]
    pub fn select(&self, nodes: &[u32]) -> Self {
        let classes = nodes.iter().map(|&node| self.classes[node as usize]).collect();
        Self { classes, class_names: self.class_names.clone() }
    }

    /// The nodes of each class, in ascending order.
    pub(crate) fn nodes_by_class(&self) -> Vec<Vec<u32>> {
        let mut nodes = vec![Vec::new(); self.num_classes()];
        for (node, class) in self.classes.iter().enumerate() {
            if let Some(class) = class {
                nodes[*class as usize].push(node as u32);
            }
        }
        nodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn classes_and_nodes_without_one_are_counted() {
        let classes = vec![Some(1), None, Some(1), Some(0)];
        let labels = Labels::from_classes(classes, names(&["a", "b", "c"])).unwrap();
        assert_eq!((labels.num_nodes(), labels.num_labelled(), labels.num_classes()), (4, 3, 3));
        assert_eq!(labels.counts(), [1, 2, 0]);
        assert_eq!((labels.class(1), labels.class(2)), (None, Some(1)));
    }

    #[test]
    fn classes_without_a_name_of_their_own_are_refused() {
        let message = |classes, class_names: &[&str]| {
            Labels::from_classes(classes, names(class_names)).unwrap_err().to_string()
        };
        assert_eq!(message(vec![None], &[]), "labels: expected at least one class, found none");
        assert_eq!(message(vec![], &["a", "a"]), "class names: expected different names, found \"a\" twice");
        assert_eq!(
            message(vec![Some(0), Some(2)], &["a", "b"]),
            "label of node 1: expected a class below 2, found 2"
        );
    }
}
