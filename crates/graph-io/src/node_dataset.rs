//! A graph with everything known about its nodes, checked to fit together.

use std::collections::HashSet;

use crate::error::Error;
use crate::features::Features;
use crate::graph::{EdgeReport, Graph};
use crate::labels::Labels;
use crate::split::Split;

/// A graph, the features of its nodes, and where known their labels and a split.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeDataset {
    parts: NodeDatasetParts,
}

/// What a [`NodeDataset`] is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeDatasetParts {
    /// A short name for tables and files.
    pub name: String,
    /// The graph.
    pub graph: Graph,
    /// One row a node.
    pub features: Features,
    /// A class or none for each node.
    pub labels: Option<Labels>,
    /// The split that belongs to the data set; needs labels.
    pub split: Option<Split>,
    /// What the source calls each node; all different.
    pub node_ids: Vec<String>,
    /// What was done to the source's edges.
    pub edge_report: EdgeReport,
}

impl NodeDataset {
    /// A data set of parts that fit together.
    ///
    /// # Errors
    /// Features, labels or node ids for another number of nodes than the graph has; features that are not finite; a
    /// split without labels, or of nodes that have none; two nodes of one id.
    pub fn from_parts(parts: NodeDatasetParts) -> Result<Self, Error> {
        let num_nodes = parts.graph.num_nodes();
        let num_labels = parts.labels.as_ref().map_or(num_nodes, Labels::num_nodes);
        for (what, count) in [
            ("features", parts.features.num_nodes()),
            ("labels", num_labels),
            ("node ids", parts.node_ids.len()),
        ] {
            if count != num_nodes {
                let expected = format!("{num_nodes}, one for each node of the graph");
                return Err(Error::invalid(what, expected, count.to_string()));
            }
        }
        parts.features.check()?;
        if let Some(split) = &parts.split {
            let Some(labels) = &parts.labels else {
                return Err(Error::invalid("split", "labels beside it", "none"));
            };
            split.check(labels)?;
        }
        let mut seen = HashSet::with_capacity(num_nodes);
        if let Some(id) = parts.node_ids.iter().find(|id| !seen.insert(id.as_str())) {
            return Err(Error::invalid("node ids", "different ids", format!("{id:?} twice")));
        }
        Ok(Self { parts })
    }

    /// A short name for tables and files.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.parts.graph
    }

    /// The features of the nodes, as the source has them.
    pub fn features(&self) -> &Features {
        &self.parts.features
    }

    /// The classes of the nodes, where the source has any.
    pub fn labels(&self) -> Option<&Labels> {
        self.parts.labels.as_ref()
    }

    /// The split that belongs to the data set, where there is one.
    pub fn split(&self) -> Option<&Split> {
        self.parts.split.as_ref()
    }

    /// What the source calls each node.
    pub fn node_ids(&self) -> &[String] {
        &self.parts.node_ids
    }

    /// What was done to the source's edges.
    pub fn edge_report(&self) -> EdgeReport {
        self.parts.edge_report
    }

    /// The parts, to change some and check again.
    pub fn into_parts(self) -> NodeDatasetParts {
        self.parts
    }

    /// The same data set with another split.
    ///
    /// # Errors
    /// No labels, or a split of nodes that have none.
    pub fn with_split(self, split: Split) -> Result<Self, Error> {
        Self::from_parts(NodeDatasetParts { split: Some(split), ..self.parts })
    }
}

/// The ids of nodes that the source does not name: "0", "1", ….
pub(crate) fn counted_ids(num_nodes: usize) -> Vec<String> {
    (0..num_nodes).map(|node| node.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::EdgePolicy;
    use ndarray::Array2;

    fn parts() -> NodeDatasetParts {
        let (graph, edge_report) = Graph::from_edges(3, &[(0, 1)], EdgePolicy::default()).unwrap();
        let labels =
            Labels::from_classes(vec![Some(0), Some(1), None], vec!["a".into(), "b".into()]).unwrap();
        let split = Split::from_nodes(vec![0], vec![], vec![1], &labels).unwrap();
        NodeDatasetParts {
            name: "tiny".into(),
            graph,
            features: Features::Dense(Array2::ones((3, 2))),
            labels: Some(labels),
            split: Some(split),
            node_ids: counted_ids(3),
            edge_report,
        }
    }

    fn message(parts: NodeDatasetParts) -> String {
        NodeDataset::from_parts(parts).unwrap_err().to_string()
    }

    #[test]
    fn parts_that_fit_come_back_out() {
        let dataset = NodeDataset::from_parts(parts()).unwrap();
        assert_eq!(dataset.node_ids(), ["0", "1", "2"]);
        assert_eq!(dataset.clone().into_parts(), parts());
        let split = Split::from_nodes(vec![1], vec![], vec![0], dataset.labels().unwrap()).unwrap();
        assert_eq!(dataset.with_split(split.clone()).unwrap().split(), Some(&split));
    }

    #[test]
    fn parts_of_different_lengths_are_refused() {
        let features = Features::Dense(Array2::ones((4, 2)));
        assert_eq!(
            message(NodeDatasetParts { features, ..parts() }),
            "features: expected 3, one for each node of the graph, found 4"
        );
        let labels = Some(Labels::from_classes(vec![Some(0)], vec!["a".into()]).unwrap());
        assert_eq!(
            message(NodeDatasetParts { labels, ..parts() }),
            "labels: expected 3, one for each node of the graph, found 1"
        );
        assert_eq!(
            message(NodeDatasetParts { node_ids: vec![], ..parts() }),
            "node ids: expected 3, one for each node of the graph, found 0"
        );
    }

    #[test]
    fn a_split_without_labels_is_refused() {
        assert_eq!(
            message(NodeDatasetParts { labels: None, ..parts() }),
            "split: expected labels beside it, found none"
        );
    }

    #[test]
    fn features_made_by_hand_are_checked_too() {
        let features = Features::Dense(Array2::from_elem((3, 1), f32::NAN));
        assert_eq!(
            message(NodeDatasetParts { features, ..parts() }),
            "features, row 0, column 0: expected a finite number, found NaN"
        );
    }

    #[test]
    fn two_nodes_of_one_id_are_refused() {
        let node_ids = vec!["x".to_string(), "y".into(), "x".into()];
        assert_eq!(
            message(NodeDatasetParts { node_ids, ..parts() }),
            "node ids: expected different ids, found \"x\" twice"
        );
    }
}
