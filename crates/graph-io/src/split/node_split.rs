//! Which nodes a probe learns from, is chosen by, and is judged on.

use crate::error::Error;
use crate::labels::Labels;

/// Three disjoint sets of labelled nodes, each in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    train: Vec<u32>,
    val: Vec<u32>,
    test: Vec<u32>,
}

impl Split {
    /// A split from three lists of nodes, in any order.
    ///
    /// # Errors
    /// A node that is not in the graph, has no label, or is listed twice.
    pub fn from_nodes(
        train: Vec<u32>,
        val: Vec<u32>,
        test: Vec<u32>,
        labels: &Labels,
    ) -> Result<Self, Error> {
        let mut split = Self { train, val, test };
        [&mut split.train, &mut split.val, &mut split.test]
            .into_iter()
            .for_each(|nodes| nodes.sort_unstable());
        split.check(labels)?;
        Ok(split)
    }

    /// The nodes a probe learns from.
    pub fn train(&self) -> &[u32] {
        &self.train
    }

    /// The nodes settings are chosen by.
    pub fn val(&self) -> &[u32] {
        &self.val
    }

    /// The nodes the result is told on.
    pub fn test(&self) -> &[u32] {
        &self.test
    }

    /// The split of a subgraph, whose node i is `nodes[i]` here; nodes that are not in it are left out.
    pub(crate) fn select(&self, nodes: &[u32]) -> Self {
        let chosen = |set: &[u32]| {
            set.iter().filter_map(|node| nodes.binary_search(node).ok().map(|new| new as u32)).collect()
        };
        Self { train: chosen(&self.train), val: chosen(&self.val), test: chosen(&self.test) }
    }

    /// What `from_nodes` asks for, asked again of a split that meets other labels.
    pub(crate) fn check(&self, labels: &Labels) -> Result<(), Error> {
        let mut set_of_node: Vec<Option<&str>> = vec![None; labels.num_nodes()];
        for (set, nodes) in [("train", &self.train), ("val", &self.val), ("test", &self.test)] {
            for &node in nodes {
                let what = format!("{set} set of the split");
                let Some(taken) = set_of_node.get_mut(node as usize) else {
                    let expected = format!("nodes below {}", labels.num_nodes());
                    return Err(Error::invalid(what, expected, node.to_string()));
                };
                if let Some(other) = taken.replace(set) {
                    let found = format!("node {node}, which is in the {other} set");
                    return Err(Error::invalid(what, "nodes not taken yet", found));
                }
                if labels.class(node).is_none() {
                    return Err(Error::invalid(
                        what,
                        "labelled nodes",
                        format!("node {node}, which has no label"),
                    ));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 nodes, class = node mod 3, every tenth without a label.
    fn labels() -> Labels {
        let classes = (0..60u32).map(|node| (node % 10 != 0).then_some(node % 3)).collect();
        Labels::from_classes(classes, vec!["a".into(), "b".into(), "c".into()]).unwrap()
    }

    #[test]
    fn lists_that_overlap_or_leave_the_labels_are_refused() {
        let message = |train: &[u32], test: &[u32]| {
            Split::from_nodes(train.to_vec(), vec![], test.to_vec(), &labels()).unwrap_err().to_string()
        };
        assert_eq!(message(&[1], &[60]), "test set of the split: expected nodes below 60, found 60");
        assert_eq!(
            message(&[1, 2], &[2]),
            "test set of the split: expected nodes not taken yet, found node 2, which is in the train set"
        );
        assert_eq!(
            message(&[10], &[2]),
            "train set of the split: expected labelled nodes, found node 10, which has no label"
        );
    }
}
