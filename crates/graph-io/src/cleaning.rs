//! What is done with a source's faults, as a policy that is chosen and a report of what it did.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::edge_policy::{EdgePolicy, EdgeReport};
use crate::error::Error;
use crate::features::Features;
use crate::graph::Graph;
use crate::missing_values::ColumnPolicy;
use crate::node_dataset::{NodeDataset, NodeDatasetParts};

/// What is done with a source's faults. The default keeps every node.
///
/// The edges come first, then nodes are left out, in the order of the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CleaningPolicy {
    /// Directions, duplicates, loops and weights.
    pub edges: EdgePolicy,
    /// Nodes without a class, in a data set that has classes.
    pub missing_labels: Nodes,
    /// Nodes without a neighbor other than themselves.
    pub isolated_nodes: Nodes,
    /// Nodes outside the largest connected component; the first of equal ones counts as the largest.
    pub smaller_components: Nodes,
    /// Feature columns that are not a number for every node.
    pub columns: ColumnPolicy,
    /// What stands for the features of a source that has none.
    pub missing_features: MissingFeatures,
}

/// What is done with nodes of some kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nodes {
    /// Keep them.
    #[default]
    Keep,
    /// Leave them out and count them.
    Drop,
    /// Give an error.
    Refuse,
}

/// What stands for the features of a source that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingFeatures {
    /// The identity matrix: a column a node.
    #[default]
    Identity,
    /// A one in the column ⌊log₂(1 + degree)⌋, of 32 columns at most.
    Degree,
    /// Give an error.
    Refuse,
}

/// What was done to a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CleaningReport {
    /// What was done to the edges.
    pub edges: EdgeReport,
    /// Nodes left out because they have no class.
    pub unlabelled_dropped: usize,
    /// Nodes left out because they have no neighbor.
    pub isolated_dropped: usize,
    /// Nodes left out because they are not in the largest component.
    pub smaller_components_dropped: usize,
    /// What was made for features that the source does not have.
    pub features_made: Option<MissingFeatures>,
}

impl CleaningPolicy {
    /// Leaves out nodes. The edges of the data set are past their policy.
    ///
    /// # Errors
    /// Nodes that the policy refuses; no node left.
    pub fn apply_to_nodes(&self, dataset: NodeDataset) -> Result<NodeDataset, Error> {
        let dataset = leave_out(dataset, self.missing_labels, "every node labelled", unlabelled, |report| {
            &mut report.unlabelled_dropped
        })?;
        let dataset = leave_out(dataset, self.isolated_nodes, "no isolated node", isolated, |report| {
            &mut report.isolated_dropped
        })?;
        leave_out(dataset, self.smaller_components, "one connected component", outside, |report| {
            &mut report.smaller_components_dropped
        })
    }
}

impl MissingFeatures {
    /// Features for a graph that has none.
    pub(crate) fn make(self, graph: &Graph) -> Result<Features, Error> {
        let num_nodes = graph.num_nodes();
        match self {
            Self::Identity => Ok(Features::one_hot((0..num_nodes as u32).collect(), num_nodes)),
            Self::Degree => {
                let column = |node: u32| (graph.degree(node) as u32 + 1).ilog2();
                let columns: Vec<u32> = (0..num_nodes as u32).map(column).collect();
                let d_input = columns.iter().max().map_or(1, |&last| last as usize + 1);
                Ok(Features::one_hot(columns, d_input))
            }
            Self::Refuse => Err(Error::invalid("features", "a source that has some", "none")),
        }
    }
}

fn unlabelled(dataset: &NodeDataset) -> Vec<bool> {
    match dataset.labels() {
        Some(labels) => labels.classes().iter().map(Option::is_none).collect(),
        None => vec![false; dataset.graph().num_nodes()],
    }
}

fn isolated(dataset: &NodeDataset) -> Vec<bool> {
    let graph = dataset.graph();
    (0..graph.num_nodes() as u32).map(|node| graph.is_isolated(node)).collect()
}

fn outside(dataset: &NodeDataset) -> Vec<bool> {
    let components = dataset.graph().components();
    let mut sizes = vec![0usize; dataset.graph().num_nodes()];
    components.iter().for_each(|&component| sizes[component as usize] += 1);
    // Of equal ones the first.
    let largest = (0..sizes.len()).max_by_key(|&component| (sizes[component], usize::MAX - component));
    components.iter().map(|&component| Some(component as usize) != largest).collect()
}

fn leave_out(
    dataset: NodeDataset,
    policy: Nodes,
    expected: &str,
    found: fn(&NodeDataset) -> Vec<bool>,
    count: fn(&mut CleaningReport) -> &mut usize,
) -> Result<NodeDataset, Error> {
    if policy == Nodes::Keep {
        return Ok(dataset);
    }
    let faulty = found(&dataset);
    let Some(first) = faulty.iter().position(|&faulty| faulty) else {
        return Ok(dataset);
    };
    let num_faulty = faulty.iter().filter(|&&faulty| faulty).count();
    let name = dataset.name().to_string();
    if policy == Nodes::Refuse {
        let id = dataset.node_ids().get(first as u32).into_owned();
        let others = format!("{num_faulty} others, the first of them node {id:?}");
        return Err(Error::invalid(format!("data set {name}"), expected, others));
    }
    if num_faulty == faulty.len() {
        return Err(Error::invalid(format!("data set {name}"), expected, "no such node at all"));
    }
    let kept: Vec<u32> = (0..faulty.len() as u32).filter(|&node| !faulty[node as usize]).collect();
    let mut parts: NodeDatasetParts = dataset.subgraph(&kept)?.into_parts();
    *count(&mut parts.report) = num_faulty;
    NodeDataset::from_parts(parts)
}

impl fmt::Display for CleaningReport {
    /// A line for each thing that was done, nothing for what was not.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edges = &self.edges;
        for (count, what) in [
            (edges.unknown_ends_skipped, "arcs of unknown nodes skipped"),
            (edges.weights_ignored, "weights ignored"),
            (edges.duplicates_merged, "duplicates merged"),
            (edges.loops_dropped, "loops dropped"),
            (edges.one_way_dropped, "arcs without their reverse dropped"),
            (edges.reverses_added, "reverse arcs added"),
            (self.unlabelled_dropped, "nodes without a class dropped"),
            (self.isolated_dropped, "isolated nodes dropped"),
            (self.smaller_components_dropped, "nodes outside the largest component dropped"),
        ] {
            if count > 0 {
                writeln!(out, "{count} {what}")?;
            }
        }
        match self.features_made {
            Some(MissingFeatures::Identity) => writeln!(out, "no features: the identity matrix taken"),
            Some(MissingFeatures::Degree) => writeln!(out, "no features: the degree taken"),
            Some(MissingFeatures::Refuse) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Labels;
    use crate::node_ids::NodeIds;
    use crate::split::Split;
    use ndarray::array;

    /// A triangle, an edge, and a node alone; the last node of the triangle has no class.
    fn dataset() -> NodeDataset {
        let edges = [(0, 1), (1, 2), (2, 0), (3, 4)];
        let (graph, _) = Graph::from_edges(6, &edges, EdgePolicy::default()).unwrap();
        let classes = vec![Some(0), Some(1), None, Some(0), Some(1), Some(1)];
        let labels = Labels::from_classes(classes, vec!["a".into(), "b".into()]).unwrap();
        let split = Split::from_nodes(vec![0, 3], vec![5], vec![1, 4], &labels).unwrap();
        let features = Features::Dense(array![[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]);
        NodeDataset::from_parts(NodeDatasetParts {
            name: "six".into(),
            labels: Some(labels),
            splits: vec![split],
            node_ids: NodeIds::from_names(["u", "v", "w", "x", "y", "z"]),
            ..NodeDatasetParts::new(graph, features)
        })
        .unwrap()
    }

    #[test]
    fn nodes_are_left_out_with_all_that_is_known_of_them() {
        let policy = CleaningPolicy {
            missing_labels: Nodes::Drop,
            isolated_nodes: Nodes::Drop,
            smaller_components: Nodes::Drop,
            ..CleaningPolicy::default()
        };
        let clean = policy.apply_to_nodes(dataset()).unwrap();
        // Without the unlabelled node both components have two nodes: the first counts as the largest.
        assert_eq!(clean.node_ids(), &NodeIds::from_names(["u", "v"]));
        assert_eq!(clean.graph().edges().collect::<Vec<_>>(), [(0, 1)]);
        assert_eq!(clean.features(), &Features::Dense(array![[1.0], [2.0]]));
        let split = clean.split().unwrap();
        assert_eq!((split.train(), split.val(), split.test()), (&[0][..], &[][..], &[1][..]));
        let report = clean.report();
        let dropped = (report.unlabelled_dropped, report.isolated_dropped, report.smaller_components_dropped);
        assert_eq!(dropped, (1, 1, 2));
        assert_eq!(
            report.to_string(),
            "1 nodes without a class dropped\n1 isolated nodes dropped\n\
             2 nodes outside the largest component dropped\n"
        );
    }

    #[test]
    fn nodes_that_are_refused_are_counted_and_the_first_is_named() {
        let policy = CleaningPolicy { isolated_nodes: Nodes::Refuse, ..CleaningPolicy::default() };
        assert_eq!(
            policy.apply_to_nodes(dataset()).unwrap_err().to_string(),
            "data set six: expected no isolated node, found 1 others, the first of them node \"z\""
        );
    }

    #[test]
    fn a_policy_has_a_form_in_words() {
        let policy = CleaningPolicy { smaller_components: Nodes::Drop, ..CleaningPolicy::default() };
        let json = serde_json::to_value(policy).unwrap();
        assert_eq!(json["smaller_components"], "drop");
        assert_eq!(serde_json::from_value::<CleaningPolicy>(json).unwrap(), policy);
        assert!(serde_json::from_str::<CleaningPolicy>("{\"loops\": \"keep\"}").is_err());
    }

    #[test]
    fn features_that_a_source_does_not_have_are_made_or_refused() {
        let graph = dataset().graph().clone();
        let Features::Sparse(identity) = MissingFeatures::Identity.make(&graph).unwrap() else { panic!() };
        assert_eq!(identity.to_dense(), ndarray::Array2::<f32>::eye(6));
        let Features::Sparse(degree) = MissingFeatures::Degree.make(&graph).unwrap() else { panic!() };
        assert_eq!(degree.indices(), [1, 1, 1, 1, 1, 0]);
        let message = MissingFeatures::Refuse.make(&graph).unwrap_err().to_string();
        assert_eq!(message, "features: expected a source that has some, found none");
    }
}
