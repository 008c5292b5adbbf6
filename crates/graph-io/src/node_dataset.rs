//! A graph with everything known about its nodes, checked to fit together.

use crate::cleaning::CleaningReport;
use crate::error::Error;
use crate::feature_names::FeatureNames;
use crate::features::Features;
use crate::graph::Graph;
use crate::labels::Labels;
use crate::multi_labels::MultiLabels;
use crate::node_ids::NodeIds;
use crate::read_notes::ReadNotes;
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
    /// The names of the columns of the features, where the source has names.
    pub feature_names: Option<FeatureNames>,
    /// A class or none for each node.
    pub labels: Option<Labels>,
    /// Any number of classes for each node, where the source has several for one; then there are no `labels`.
    pub multi_labels: Option<MultiLabels>,
    /// The splits that belong to the data set, most often one or none; need labels.
    pub splits: Vec<Split>,
    /// What the source calls each node; all different.
    pub node_ids: NodeIds,
    /// What was done to the source.
    pub report: CleaningReport,
    /// What the reader of the source decided.
    pub notes: ReadNotes,
}

impl NodeDatasetParts {
    /// A graph with features: no name, labels or split, nodes called "0", "1", …. The rest is set by name.
    ///
    /// ```
    /// use graph_io::{EdgePolicy, Features, Graph, NodeDataset, NodeDatasetParts, NodeIds};
    ///
    /// let (graph, _) = Graph::from_edges(2, &[(0, 1)], EdgePolicy::default())?;
    /// let features = Features::Dense(ndarray::array![[1.0], [2.0]]);
    /// let pair = NodeDataset::from_parts(NodeDatasetParts {
    ///     node_ids: NodeIds::from_names(["Ana", "Ben"]),
    ///     ..NodeDatasetParts::new(graph, features)
    /// })?;
    /// assert_eq!(pair.node_ids().get(1), "Ben");
    /// # Ok::<(), graph_io::Error>(())
    /// ```
    pub fn new(graph: Graph, features: Features) -> Self {
        Self {
            name: "graph".to_string(),
            node_ids: NodeIds::counted(graph.num_nodes()),
            graph,
            features,
            feature_names: None,
            labels: None,
            multi_labels: None,
            splits: Vec::new(),
            report: CleaningReport::default(),
            notes: ReadNotes::default(),
        }
    }
}

impl NodeDataset {
    /// A data set of parts that fit together.
    ///
    /// # Errors
    /// Features, labels or node ids for another number of nodes than the graph has; features that are not finite, or
    /// have another number of columns than names; a split without labels, or of nodes that have none; two nodes of one id.
    pub fn from_parts(parts: NodeDatasetParts) -> Result<Self, Error> {
        let num_nodes = parts.graph.num_nodes();
        let num_labels = parts.labels.as_ref().map_or(num_nodes, Labels::num_nodes);
        let num_multi_labels = parts.multi_labels.as_ref().map_or(num_nodes, MultiLabels::num_nodes);
        if parts.labels.is_some() && parts.multi_labels.is_some() {
            return Err(Error::invalid("labels", "one class a node, or any number", "both"));
        }
        for (what, count) in [
            ("features", parts.features.num_nodes()),
            ("labels", num_labels),
            ("multi-label classes", num_multi_labels),
            ("node ids", parts.node_ids.len()),
        ] {
            if count != num_nodes {
                let expected = format!("{num_nodes}, one for each node of the graph");
                return Err(Error::invalid(what, expected, count.to_string()));
            }
        }
        parts.features.check()?;
        let (d_input, names) = (parts.features.d_input(), &parts.feature_names);
        if let Some(names) = names.as_ref().filter(|names| names.len() != d_input) {
            let expected = format!("{d_input}, one for each column of the features");
            return Err(Error::invalid("feature names", expected, names.len().to_string()));
        }
        for split in &parts.splits {
            let Some(labels) = &parts.labels else {
                return Err(Error::invalid("split", "labels beside it", "none"));
            };
            split.check(labels)?;
        }
        parts.node_ids.index()?;
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

    /// The features, unless they were made because the source has none: what a writer writes, as a reader makes them again.
    pub fn own_features(&self) -> Option<&Features> {
        Some(self.features()).filter(|_| self.parts.report.features_made.is_none())
    }

    /// The names of the columns of the features, where the source has names: those of a table, not of a bare array.
    pub fn feature_names(&self) -> Option<&FeatureNames> {
        self.parts.feature_names.as_ref()
    }

    /// The classes of the nodes, where the source has several for one.
    pub fn multi_labels(&self) -> Option<&MultiLabels> {
        self.parts.multi_labels.as_ref()
    }

    /// The classes of the nodes, where the source has any.
    pub fn labels(&self) -> Option<&Labels> {
        self.parts.labels.as_ref()
    }

    /// The split that belongs to the data set, the first where there are several.
    pub fn split(&self) -> Option<&Split> {
        self.parts.splits.first()
    }

    /// Every split that belongs to the data set.
    pub fn splits(&self) -> &[Split] {
        &self.parts.splits
    }

    /// What the source calls each node.
    pub fn node_ids(&self) -> &NodeIds {
        &self.parts.node_ids
    }

    /// What was done to the source.
    pub fn report(&self) -> &CleaningReport {
        &self.parts.report
    }

    /// What the reader of the source decided: columns that are not used, what was taken for a header, warnings.
    pub fn notes(&self) -> &ReadNotes {
        &self.parts.notes
    }

    /// The parts, to change some and check again.
    pub fn into_parts(self) -> NodeDatasetParts {
        self.parts
    }

    /// The same data set with another split in place of its own.
    ///
    /// # Errors
    /// No labels, or a split of nodes that have none.
    pub fn with_split(self, split: Split) -> Result<Self, Error> {
        Self::from_parts(NodeDatasetParts { splits: vec![split], ..self.parts })
    }

    /// Some nodes with what is known of them and the edges between them, node i being `nodes[i]` of this data set. What is
    /// in a split stays in its set.
    ///
    /// # Errors
    /// No nodes.
    ///
    /// # Panics
    /// When a node is not in the graph, or `nodes` does not ascend.
    pub fn subgraph(&self, nodes: &[u32]) -> Result<Self, Error> {
        let Self { parts } = self;
        Self::from_parts(NodeDatasetParts {
            name: parts.name.clone(),
            graph: parts.graph.subgraph(nodes)?,
            features: parts.features.select(nodes),
            feature_names: parts.feature_names.clone(),
            labels: parts.labels.as_ref().map(|labels| labels.select(nodes)),
            multi_labels: parts.multi_labels.as_ref().map(|labels| labels.select(nodes)),
            splits: parts.splits.iter().map(|split| split.select(nodes)).collect(),
            node_ids: parts.node_ids.select(nodes),
            report: parts.report,
            notes: parts.notes.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge_policy::EdgePolicy;
    use ndarray::Array2;

    fn parts() -> NodeDatasetParts {
        let (graph, _) = Graph::from_edges(3, &[(0, 1)], EdgePolicy::default()).unwrap();
        let labels =
            Labels::from_classes(vec![Some(0), Some(1), None], vec!["a".into(), "b".into()]).unwrap();
        let split = Split::from_nodes(vec![0], vec![], vec![1], &labels).unwrap();
        NodeDatasetParts {
            name: "tiny".into(),
            labels: Some(labels),
            splits: vec![split],
            ..NodeDatasetParts::new(graph, Features::Dense(Array2::ones((3, 2))))
        }
    }

    fn message(parts: NodeDatasetParts) -> String {
        NodeDataset::from_parts(parts).unwrap_err().to_string()
    }

    #[test]
    fn parts_that_fit_come_back_out() {
        let dataset = NodeDataset::from_parts(parts()).unwrap();
        assert_eq!(dataset.node_ids(), &NodeIds::counted(3));
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
            message(NodeDatasetParts { feature_names: FeatureNames::from_names(["age"]).ok(), ..parts() }),
            "feature names: expected 2, one for each column of the features, found 1"
        );
        assert_eq!(
            message(NodeDatasetParts { labels, ..parts() }),
            "labels: expected 3, one for each node of the graph, found 1"
        );
        assert_eq!(
            message(NodeDatasetParts { node_ids: NodeIds::counted(0), ..parts() }),
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
        let node_ids = NodeIds::from_names(["x", "y", "x"]);
        assert_eq!(
            message(NodeDatasetParts { node_ids, ..parts() }),
            "node ids: expected different ids, found \"x\" twice"
        );
    }
}
