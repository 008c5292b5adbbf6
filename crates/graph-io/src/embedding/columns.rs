//! What can stand beside an embedding.

use crate::format::set_names;
use crate::labels::Labels;
use crate::split::Split;

/// A word for each node, shown beside an embedding by the formats that have a place for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeColumn<'a> {
    /// What the words say, such as "label".
    pub title: &'a str,
    /// A word for each node in the order of the rows; empty where there is none.
    pub words: Vec<&'a str>,
}

impl<'a> NodeColumn<'a> {
    /// The column "label": the name of each node's class.
    pub fn of_labels(labels: &'a Labels) -> Self {
        let name = |class: &Option<u32>| class.map_or("", |class| &labels.class_names()[class as usize]);
        Self { title: "label", words: labels.classes().iter().map(name).collect() }
    }

    /// The column "split": whether each of so many nodes is in "train", "val" or "test".
    ///
    /// # Panics
    /// When a node of the split is not below `num_nodes`.
    pub fn of_split(split: &Split, num_nodes: usize) -> Self {
        Self { title: "split", words: set_names(split, num_nodes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_without_a_class_or_a_set_has_no_word() {
        let classes = vec![Some(1), None, Some(0)];
        let labels = Labels::from_classes(classes, vec!["a".into(), "b".into()]).unwrap();
        assert_eq!(NodeColumn::of_labels(&labels).words, ["b", "", "a"]);
        let split = Split::from_nodes(vec![2], vec![], vec![0], &labels).unwrap();
        assert_eq!(NodeColumn::of_split(&split, 3).words, ["test", "", "train"]);
    }
}
