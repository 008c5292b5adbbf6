//! A data set in numbers, for people and for programs.

use std::fmt;

use serde::Serialize;

use crate::cleaning::CleaningReport;
use crate::features::Features;
use crate::graph::Graph;
use crate::labels::Labels;
use crate::node_dataset::NodeDataset;
use crate::read_notes::ReadNotes;

/// What there is to count in a data set; shown as a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GraphSummary {
    /// The data set's name.
    pub name: String,
    /// Nodes.
    pub num_nodes: usize,
    /// Edges, each counted once, loops too.
    pub num_edges: usize,
    /// Edges from a node to itself.
    pub num_loops: usize,
    /// Nodes without a neighbor other than themselves.
    pub num_isolated: usize,
    /// Connected components.
    pub num_components: usize,
    /// Nodes of the largest component.
    pub largest_component: usize,
    /// How many neighbors nodes have.
    pub degree: DegreeSummary,
    /// The weights of edges, where the data set has any.
    pub weights: Option<WeightSummary>,
    /// The feature matrix.
    pub features: FeatureSummary,
    /// Classes, where the data set has any.
    pub labels: Option<LabelSummary>,
    /// The data set's own split, where it has one.
    pub split: Option<SplitSummary>,
    /// What was done to the source.
    pub report: CleaningReport,
    /// What the reader decided.
    pub notes: ReadNotes,
}

/// The weights of edges.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WeightSummary {
    /// The least.
    pub min: f32,
    /// The largest.
    pub max: f32,
    /// What they were read from, where the reader says it.
    pub read_from: Option<String>,
}

/// How many neighbors nodes have; a loop counts once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DegreeSummary {
    /// The least.
    pub min: usize,
    /// The median, the lower one of two.
    pub median: usize,
    /// The mean.
    pub mean: f64,
    /// The most.
    pub max: usize,
}

/// The feature matrix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FeatureSummary {
    /// Columns.
    pub d_input: usize,
    /// Whether it is kept in compressed rows.
    pub sparse: bool,
    /// Values that are not zero.
    pub num_nonzeros: usize,
    /// Their part of all values.
    pub density: f64,
    /// Rows of zeros only.
    pub num_zero_rows: usize,
}

/// Classes and how edges agree with them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelSummary {
    /// Each class, in order.
    pub classes: Vec<ClassCount>,
    /// Nodes without a class.
    pub num_unlabelled: usize,
    /// The part of the edges, loops apart, whose ends have one class, of those whose ends both have a class; none
    /// when there is no such edge.
    pub edge_homophily: Option<f64>,
}

/// A class and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClassCount {
    /// The class's name.
    pub name: String,
    /// Its nodes.
    pub num_nodes: usize,
}

/// The sizes of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SplitSummary {
    /// Training nodes.
    pub train: usize,
    /// Validation nodes.
    pub val: usize,
    /// Test nodes.
    pub test: usize,
}

impl GraphSummary {
    /// Counts a data set. O(nodes log nodes + edges + features).
    pub fn of(dataset: &NodeDataset) -> Self {
        let (graph, features) = (dataset.graph(), dataset.features());
        let components = graph.component_sizes();
        let num_values = features.num_nodes() as f64 * features.d_input() as f64;
        Self {
            name: dataset.name().to_string(),
            num_nodes: graph.num_nodes(),
            num_edges: graph.num_edges(),
            num_loops: graph.num_loops(),
            num_isolated: graph.num_isolated(),
            num_components: components.len(),
            largest_component: components[0],
            degree: DegreeSummary::of(graph),
            weights: WeightSummary::of(dataset),
            features: FeatureSummary {
                d_input: features.d_input(),
                sparse: matches!(features, Features::Sparse(_)),
                num_nonzeros: features.num_nonzeros(),
                density: features.num_nonzeros() as f64 / num_values,
                num_zero_rows: features.num_zero_rows(),
            },
            labels: dataset.labels().map(|labels| LabelSummary::of(labels, graph)),
            split: dataset.split().map(|split| SplitSummary {
                train: split.train().len(),
                val: split.val().len(),
                test: split.test().len(),
            }),
            report: *dataset.report(),
            notes: dataset.notes().clone(),
        }
    }
}

impl WeightSummary {
    fn of(dataset: &NodeDataset) -> Option<Self> {
        if dataset.graph().is_unweighted() {
            return None;
        }
        let weights = dataset.graph().weighted_edges().map(|(_, _, weight)| weight);
        let (min, max) = weights.fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), weight| {
            (min.min(weight), max.max(weight))
        });
        Some(Self { min, max, read_from: dataset.notes().weights_from.clone() })
    }
}

impl DegreeSummary {
    fn of(graph: &Graph) -> Self {
        let mut degrees: Vec<usize> = (0..graph.num_nodes() as u32).map(|node| graph.degree(node)).collect();
        degrees.sort_unstable();
        Self {
            min: degrees[0],
            median: degrees[(degrees.len() - 1) / 2],
            mean: graph.num_arcs() as f64 / degrees.len() as f64,
            max: degrees[degrees.len() - 1],
        }
    }
}

impl LabelSummary {
    fn of(labels: &Labels, graph: &Graph) -> Self {
        let (mut num_judged, mut num_alike) = (0usize, 0usize);
        for (from, to) in graph.edges().filter(|(from, to)| from != to) {
            if let (Some(one), Some(other)) = (labels.class(from), labels.class(to)) {
                num_judged += 1;
                num_alike += usize::from(one == other);
            }
        }
        let named = labels.class_names().iter().zip(labels.counts());
        Self {
            classes: named.map(|(name, num_nodes)| ClassCount { name: name.clone(), num_nodes }).collect(),
            num_unlabelled: labels.num_nodes() - labels.num_labelled(),
            edge_homophily: (num_judged > 0).then(|| num_alike as f64 / num_judged as f64),
        }
    }
}

impl fmt::Display for GraphSummary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |key: &str, value: String| writeln!(out, "{key:<12}{value}");
        line("data set", self.name.clone())?;
        line("nodes", format!("{}, {} isolated", self.num_nodes, self.num_isolated))?;
        line("edges", format!("{}, {} loops", self.num_edges, self.num_loops))?;
        line("components", format!("{}, the largest {} nodes", self.num_components, self.largest_component))?;
        let DegreeSummary { min, median, mean, max } = self.degree;
        line("degrees", format!("{min} to {max}, median {median}, mean {mean:.2}"))?;
        let weights = match &self.weights {
            None => "none, every edge counts 1".to_string(),
            Some(WeightSummary { min, max, read_from: None }) => format!("{min} to {max}"),
            Some(WeightSummary { min, max, read_from: Some(source) }) => {
                format!("{min} to {max}, from {source}")
            }
        };
        line("weights", weights)?;
        let features = &self.features;
        let kind = if features.sparse { "sparse" } else { "dense" };
        line("features", format!("{}, {kind}", features.d_input))?;
        let percent = 100.0 * features.density;
        let zero_rows = features.num_zero_rows;
        line("", format!("{} not zero ({percent:.2} %), {zero_rows} zero rows", features.num_nonzeros))?;
        if let Some(labels) = &self.labels {
            line(
                "classes",
                format!("{}, {} nodes without one", labels.classes.len(), labels.num_unlabelled),
            )?;
            let width = labels.classes.iter().map(|class| class.name.chars().count()).max().unwrap_or(0);
            for class in &labels.classes {
                line("", format!("{:<width$}  {}", class.name, class.num_nodes))?;
            }
            if let Some(homophily) = labels.edge_homophily {
                line("homophily", format!("{homophily:.4} of the edges between labelled nodes"))?;
            }
        }
        if let Some(SplitSummary { train, val, test }) = self.split {
            line("split", format!("{train} train, {val} validation, {test} test"))?;
        }
        line("source", format!("{} arcs read", self.report.edges.arcs_read))?;
        self.report.to_string().lines().try_for_each(|done| line("", done.to_string()))?;
        self.notes.to_string().lines().try_for_each(|note| line("", note.to_string()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge_policy::{EdgePolicy, Loops};
    use crate::node_dataset::NodeDatasetParts;
    use crate::split::Split;
    use ndarray::array;

    fn tiny() -> NodeDataset {
        let edges = [(0, 1), (1, 0), (1, 2), (2, 3), (4, 4)];
        let policy = EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() };
        let (graph, edges) = Graph::from_edges(5, &edges, policy).unwrap();
        let features = Features::Dense(array![[1.0, 2.0], [0.0, 0.0], [3.0, 0.0], [0.0, 4.0], [5.0, 6.0]]);
        let classes = vec![Some(0), Some(0), Some(1), None, Some(1)];
        let labels = Labels::from_classes(classes, vec!["even".into(), "odd".into()]).unwrap();
        let split = Split::from_nodes(vec![0, 2], vec![1], vec![4], &labels).unwrap();
        let mut notes = ReadNotes::default();
        notes.unused("city", "text");
        NodeDataset::from_parts(NodeDatasetParts {
            name: "tiny".into(),
            labels: Some(labels),
            splits: vec![split],
            report: CleaningReport { edges, ..CleaningReport::default() },
            notes,
            ..NodeDatasetParts::new(graph, features)
        })
        .unwrap()
    }

    #[test]
    fn the_table_shows_what_was_counted_by_hand() {
        let expected = "\
data set    tiny
nodes       5, 1 isolated
edges       4, 1 loops
components  2, the largest 4 nodes
degrees     1 to 2, median 1, mean 1.40
weights     none, every edge counts 1
features    2, dense
            6 not zero (60.00 %), 1 zero rows
classes     2, 1 nodes without one
            even  2
            odd   2
homophily   0.5000 of the edges between labelled nodes
split       2 train, 1 validation, 1 test
source      5 arcs read
            2 reverse arcs added
            not used: \"city\" (text)
";
        assert_eq!(GraphSummary::of(&tiny()).to_string(), expected);
    }

    #[test]
    fn weights_are_shown_with_their_range_and_where_they_come_from() {
        let mut parts = tiny().into_parts();
        let arcs = crate::Arcs {
            weights: Some(vec![0.5, 3.0]),
            ..crate::Arcs::from_pairs(&[(0, 1), (1, 2)], crate::ArcMeaning::Undirected)
        };
        parts.graph = Graph::from_arcs(5, arcs, EdgePolicy::default()).unwrap().0;
        parts.notes.weights_from = Some("the third column".into());
        let shown = GraphSummary::of(&NodeDataset::from_parts(parts).unwrap()).to_string();
        assert!(shown.contains("\nweights     0.5 to 3, from the third column\n"), "{shown}");
    }

    #[test]
    fn it_serializes_with_every_count() {
        let json = serde_json::to_value(GraphSummary::of(&tiny())).unwrap();
        assert_eq!(json["labels"]["classes"][1]["name"], "odd");
        assert_eq!((&json["degree"]["max"], &json["report"]["edges"]["arcs_read"]), (&2.into(), &5.into()));
    }

    #[test]
    fn homophily_is_none_without_an_edge_between_labelled_nodes() {
        let parts = tiny().into_parts();
        let (graph, _) = Graph::from_edges(5, &[(2, 3)], EdgePolicy::default()).unwrap();
        let dataset = NodeDataset::from_parts(NodeDatasetParts { graph, ..parts }).unwrap();
        assert_eq!(GraphSummary::of(&dataset).labels.unwrap().edge_homophily, None);
    }
}
