//! A set of graphs in numbers, for people and for programs.

use std::fmt;

use serde::Serialize;

use crate::cleaning::CleaningReport;
use crate::graph_set::GraphSet;

/// What there is to count in a set of graphs; shown as a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GraphSetSummary {
    /// The set's name.
    pub name: String,
    /// Graphs.
    pub num_graphs: usize,
    /// Nodes of all graphs.
    pub num_nodes: usize,
    /// Edges of all graphs, each counted once, loops too.
    pub num_edges: usize,
    /// Nodes of a graph, on average.
    pub mean_nodes: f64,
    /// Edges of a graph, on average.
    pub mean_edges: f64,
    /// Nodes of the largest graph.
    pub largest_graph: usize,
    /// Each class, in order.
    pub classes: Vec<GraphClassCount>,
    /// Graphs without a class.
    pub num_unlabelled: usize,
    /// Different node tags, where nodes have tags.
    pub num_tags: Option<usize>,
    /// Attributes of a node, where nodes have some.
    pub num_attributes: Option<usize>,
    /// What was done to the source.
    pub report: CleaningReport,
}

/// A class of graphs and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GraphClassCount {
    /// The class's name.
    pub name: String,
    /// Its graphs.
    pub num_graphs: usize,
}

impl GraphSetSummary {
    /// Counts a set. O(graphs).
    pub fn of(set: &GraphSet) -> Self {
        let (labels, union, num_graphs) = (set.labels(), set.union(), set.num_graphs());
        let named = labels.class_names().iter().zip(labels.counts());
        Self {
            name: set.name().to_string(),
            num_graphs,
            num_nodes: union.num_nodes(),
            num_edges: union.num_edges(),
            mean_nodes: union.num_nodes() as f64 / num_graphs as f64,
            mean_edges: union.num_edges() as f64 / num_graphs as f64,
            largest_graph: (0..num_graphs).map(|index| set.node_range(index).len()).max().unwrap_or(0),
            classes: named
                .map(|(name, num_graphs)| GraphClassCount { name: name.clone(), num_graphs })
                .collect(),
            num_unlabelled: labels.num_nodes() - labels.num_labelled(),
            num_tags: set.tags().map(crate::Labels::num_classes),
            num_attributes: set.attributes().map(ndarray::Array2::ncols),
            report: *set.report(),
        }
    }
}

impl fmt::Display for GraphSetSummary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |key: &str, value: String| writeln!(out, "{key:<12}{value}");
        line("graph set", self.name.clone())?;
        line("graphs", self.num_graphs.to_string())?;
        let (mean, largest) = (self.mean_nodes, self.largest_graph);
        line("nodes", format!("{}, mean {mean:.2}, the largest graph {largest}", self.num_nodes))?;
        line("edges", format!("{}, mean {:.2}", self.num_edges, self.mean_edges))?;
        line("classes", format!("{}, {} graphs without one", self.classes.len(), self.num_unlabelled))?;
        let width = self.classes.iter().map(|class| class.name.chars().count()).max().unwrap_or(0);
        for class in &self.classes {
            line("", format!("{:<width$}  {}", class.name, class.num_graphs))?;
        }
        let count =
            |count: Option<usize>| count.map_or_else(|| "none".to_string(), |count| count.to_string());
        line("node tags", count(self.num_tags))?;
        line("attributes", count(self.num_attributes))?;
        line("source", format!("{} arcs read", self.report.edges.arcs_read))?;
        self.report.to_string().lines().try_for_each(|done| line("", done.to_string()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph_set::GraphSetParts;
    use crate::graph_set::tests::two_graphs;

    #[test]
    fn the_table_shows_what_was_counted_by_hand() {
        let mut parts = GraphSetParts { attributes: None, ..two_graphs() };
        parts.report.edges.arcs_read = 7;
        parts.report.edges.duplicates_merged = 3;
        let expected = "\
graph set   two
graphs      2
nodes       5, mean 2.50, the largest graph 3
edges       4, mean 2.00
classes     2, 0 graphs without one
            0  1
            2  1
node tags   2
attributes  none
source      7 arcs read
            3 duplicates merged
";
        let summary = GraphSet::from_parts(parts).unwrap().summary();
        assert_eq!(summary.to_string(), expected);
        let json = serde_json::to_value(summary).unwrap();
        assert_eq!((&json["classes"][1]["name"], &json["mean_nodes"]), (&"2".into(), &2.5.into()));
    }
}
