//! Many small graphs with a class each.

use std::ops::Range;

use ndarray::Array2;

use crate::cleaning::CleaningReport;
use crate::csr::{CsrMatrix, row};
use crate::error::Error;
use crate::features::Features;
use crate::graph::Graph;
use crate::graph_set_summary::GraphSetSummary;
use crate::labels::Labels;

/// Many small graphs with a class each, for graph classification: one graph of all their nodes, with no edge between
/// two of them, and where each begins.
///
/// ```
/// use graph_io::{EdgePolicy, Graph, GraphSet, GraphSetParts, Labels};
///
/// // A triangle and a path, their nodes numbered on.
/// let edges = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 6)];
/// let (graph, _) = Graph::from_edges(7, &edges, EdgePolicy::default())?;
/// let labels = Labels::from_classes(vec![Some(0), Some(1)], vec!["ring".into(), "path".into()])?;
/// let set = GraphSet::from_parts(GraphSetParts::new(graph, vec![0, 3, 7], labels))?;
/// assert_eq!((set.num_graphs(), set.node_range(1)), (2, 3..7));
/// assert_eq!(set.graph(1).edges().collect::<Vec<_>>(), [(0, 1), (1, 2), (2, 3)]);
/// # Ok::<(), graph_io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GraphSet {
    parts: GraphSetParts,
}

/// What a [`GraphSet`] is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphSetParts {
    /// A short name for tables and files.
    pub name: String,
    /// All graphs as one, their nodes one graph after the other.
    pub graph: Graph,
    /// The first node of each graph, then the number of all nodes.
    pub starts: Vec<u32>,
    /// A class for each graph.
    pub labels: Labels,
    /// A tag for each node, such as the element of an atom.
    pub tags: Option<Labels>,
    /// Numbers for each node: `[nodes, attributes]`.
    pub attributes: Option<Array2<f32>>,
    /// What was done to the source.
    pub report: CleaningReport,
}

/// What stands for the features of the nodes of a [`GraphSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphSetFeatures {
    /// A one in the column of the node's tag.
    Tags,
    /// The attributes.
    Attributes,
    /// A one in the column of the node's degree, of as many columns as the largest degree asks for.
    Degree,
}

impl GraphSetParts {
    /// Graphs and their classes: no name, tags or attributes. The rest is set by name.
    pub fn new(graph: Graph, starts: Vec<u32>, labels: Labels) -> Self {
        Self {
            name: "graphs".to_string(),
            graph,
            starts,
            labels,
            tags: None,
            attributes: None,
            report: CleaningReport::default(),
        }
    }
}

impl GraphSet {
    /// A set of parts that fit together. O(nodes + edges).
    ///
    /// # Errors
    /// No graph; starts that do not ascend from 0 to the number of nodes, so that a graph would have no node; an edge
    /// between two graphs; labels for another number of graphs; tags or attributes for another number of nodes; a node
    /// without a tag; attributes without columns or not finite.
    pub fn from_parts(parts: GraphSetParts) -> Result<Self, Error> {
        let num_nodes = parts.graph.num_nodes();
        check_starts(&parts.starts, num_nodes)?;
        let num_graphs = parts.starts.len() - 1;
        if parts.labels.num_nodes() != num_graphs {
            let expected = format!("{num_graphs}, one for each graph");
            return Err(Error::invalid("labels", expected, parts.labels.num_nodes().to_string()));
        }
        for (what, count) in [
            ("node tags", parts.tags.as_ref().map_or(num_nodes, Labels::num_nodes)),
            ("node attributes", parts.attributes.as_ref().map_or(num_nodes, Array2::nrows)),
        ] {
            if count != num_nodes {
                let expected = format!("{num_nodes}, one for each node");
                return Err(Error::invalid(what, expected, count.to_string()));
            }
        }
        if let Some(node) =
            parts.tags.as_ref().and_then(|tags| tags.classes().iter().position(Option::is_none))
        {
            return Err(Error::invalid("node tags", "one for each node", format!("none for node {node}")));
        }
        if let Some(attributes) = &parts.attributes {
            check_attributes(attributes)?;
        }
        for (index, ends) in parts.starts.windows(2).enumerate() {
            for node in ends[0]..ends[1] {
                let beyond = |to: &&u32| !(ends[0]..ends[1]).contains(to);
                if let Some(to) = parts.graph.neighbors(node).iter().find(beyond) {
                    let found = format!("the edge ({node}, {to}), which leaves graph {index}");
                    return Err(Error::invalid("graph set", "edges inside one graph", found));
                }
            }
        }
        Ok(Self { parts })
    }

    /// A short name for tables and files.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// How many graphs.
    pub fn num_graphs(&self) -> usize {
        self.parts.starts.len() - 1
    }

    /// All graphs as one, block by block.
    pub fn union(&self) -> &Graph {
        &self.parts.graph
    }

    /// The first node of each graph in [`union`](Self::union), then the number of all nodes.
    pub fn starts(&self) -> &[u32] {
        &self.parts.starts
    }

    /// The nodes of a graph in [`union`](Self::union).
    ///
    /// # Panics
    /// When `index` is not below [`num_graphs`](Self::num_graphs).
    pub fn node_range(&self, index: usize) -> Range<u32> {
        self.parts.starts[index]..self.parts.starts[index + 1]
    }

    /// A graph by itself, its nodes numbered from 0. O(its nodes + its edges log its edges).
    ///
    /// # Panics
    /// When `index` is not below [`num_graphs`](Self::num_graphs).
    pub fn graph(&self, index: usize) -> Graph {
        let nodes = self.node_range(index);
        let (mut row_pointers, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
        for node in nodes.clone() {
            let (row_columns, row_weights) = row(self.parts.graph.adjacency(), node as usize);
            columns.extend(row_columns.iter().map(|column| column - nodes.start));
            weights.extend_from_slice(row_weights);
            row_pointers.push(columns.len());
        }
        let matrix = CsrMatrix::try_new((nodes.len(), nodes.len()), row_pointers, columns, weights)
            .expect("rows of a graph without edges to other graphs");
        Graph::from_adjacency(matrix).expect("a block of a symmetric matrix is symmetric")
    }

    /// The class of each graph.
    pub fn labels(&self) -> &Labels {
        &self.parts.labels
    }

    /// The tag of each node of all graphs.
    pub fn tags(&self) -> Option<&Labels> {
        self.parts.tags.as_ref()
    }

    /// The attributes of each node of all graphs: `[nodes, attributes]`.
    pub fn attributes(&self) -> Option<&Array2<f32>> {
        self.parts.attributes.as_ref()
    }

    /// What was done to the source.
    pub fn report(&self) -> &CleaningReport {
        &self.parts.report
    }

    /// The parts, to change some and check again.
    pub fn into_parts(self) -> GraphSetParts {
        self.parts
    }

    /// The features the source speaks of: tags where they tell nodes apart, else attributes, else degrees.
    pub fn usual_features(&self) -> GraphSetFeatures {
        match (&self.parts.tags, &self.parts.attributes) {
            (Some(tags), _) if tags.num_classes() > 1 => GraphSetFeatures::Tags,
            (_, Some(_)) => GraphSetFeatures::Attributes,
            _ => GraphSetFeatures::Degree,
        }
    }

    /// Features for the nodes of all graphs, one row a node of [`union`](Self::union).
    ///
    /// # Errors
    /// Tags or attributes that the set does not have.
    pub fn features(&self, kind: GraphSetFeatures) -> Result<Features, Error> {
        let missing = |what: &str| Err(Error::invalid("graph set", what, "none"));
        let num_nodes = self.parts.graph.num_nodes() as u32;
        match (kind, &self.parts.tags, &self.parts.attributes) {
            (GraphSetFeatures::Tags, Some(tags), _) => {
                Ok(Features::one_hot(tags.classes().iter().flatten().copied().collect(), tags.num_classes()))
            }
            (GraphSetFeatures::Attributes, _, Some(attributes)) => Ok(Features::Dense(attributes.clone())),
            (GraphSetFeatures::Degree, ..) => {
                let degree = |node| self.parts.graph.degree(node) as u32;
                let columns: Vec<u32> = (0..num_nodes).map(degree).collect();
                let d_input = columns.iter().max().map_or(1, |&largest| largest as usize + 1);
                Ok(Features::one_hot(columns, d_input))
            }
            (GraphSetFeatures::Tags, None, _) => missing("node tags"),
            (GraphSetFeatures::Attributes, _, None) => missing("node attributes"),
        }
    }

    /// What there is to count.
    pub fn summary(&self) -> GraphSetSummary {
        GraphSetSummary::of(self)
    }
}

fn check_starts(starts: &[u32], num_nodes: usize) -> Result<(), Error> {
    let invalid = |expected: String, found: String| Err(Error::invalid("starts of graphs", expected, found));
    match (starts.first(), starts.last()) {
        (Some(0), Some(&end)) if starts.len() > 1 && end as usize == num_nodes => {}
        _ => {
            let expected = format!("0, then where each graph after the first begins, then {num_nodes}");
            let text = |end: Option<&u32>| end.map_or_else(|| "nothing".to_string(), u32::to_string);
            let found =
                format!("{} of them from {} to {}", starts.len(), text(starts.first()), text(starts.last()));
            return invalid(expected, found);
        }
    }
    match starts.windows(2).position(|ends| ends[0] >= ends[1]) {
        Some(index) => {
            let found = format!("{} after {}, for graph {index}", starts[index + 1], starts[index]);
            invalid("ascending nodes, so that each graph has one".to_string(), found)
        }
        None => Ok(()),
    }
}

fn check_attributes(attributes: &Array2<f32>) -> Result<(), Error> {
    if attributes.ncols() == 0 {
        return Err(Error::invalid("node attributes", "at least one column", "none"));
    }
    match attributes.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((node, column), value)) => {
            let what = format!("attribute {column} of node {node}");
            Err(Error::invalid(what, "a finite number", value.to_string()))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::edge_policy::{EdgePolicy, Loops};
    use ndarray::array;

    /// An edge with a loop at its end, and a path of three nodes.
    pub(crate) fn two_graphs() -> GraphSetParts {
        let policy = EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() };
        let (graph, _) = Graph::from_edges(5, &[(0, 1), (1, 1), (2, 3), (3, 4)], policy).unwrap();
        let labels = Labels::from_classes(vec![Some(1), Some(0)], vec!["0".into(), "2".into()]).unwrap();
        let tags = vec![Some(0), Some(1), Some(0), Some(0), Some(1)];
        GraphSetParts {
            name: "two".into(),
            tags: Some(Labels::from_classes(tags, vec!["C".into(), "O".into()]).unwrap()),
            attributes: Some(array![[1.0], [2.0], [3.0], [4.0], [5.0]]),
            ..GraphSetParts::new(graph, vec![0, 2, 5], labels)
        }
    }

    fn message(parts: GraphSetParts) -> String {
        GraphSet::from_parts(parts).unwrap_err().to_string()
    }

    #[test]
    fn graphs_come_back_one_by_one() {
        let set = GraphSet::from_parts(two_graphs()).unwrap();
        assert_eq!((set.num_graphs(), set.node_range(0), set.node_range(1)), (2, 0..2, 2..5));
        assert_eq!(set.graph(0).edges().collect::<Vec<_>>(), [(0, 1), (1, 1)]);
        assert_eq!(set.graph(0).num_loops(), 1);
        assert_eq!(set.graph(1).edges().collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert_eq!(set.into_parts(), two_graphs());
    }

    #[test]
    fn features_are_tags_attributes_or_degrees() {
        let set = GraphSet::from_parts(two_graphs()).unwrap();
        assert_eq!(set.usual_features(), GraphSetFeatures::Tags);
        let columns = |kind| match set.features(kind).unwrap() {
            Features::Sparse(matrix) => (matrix.indices().to_vec(), matrix.cols()),
            Features::Dense(_) => panic!("one-hot rows are sparse"),
        };
        assert_eq!(columns(GraphSetFeatures::Tags), (vec![0, 1, 0, 0, 1], 2));
        assert_eq!(columns(GraphSetFeatures::Degree), (vec![1, 2, 1, 2, 1], 3));
        let attributes = Features::Dense(array![[1.0], [2.0], [3.0], [4.0], [5.0]]);
        assert_eq!(set.features(GraphSetFeatures::Attributes).unwrap(), attributes);
        let bare =
            GraphSet::from_parts(GraphSetParts { tags: None, attributes: None, ..two_graphs() }).unwrap();
        assert_eq!(bare.usual_features(), GraphSetFeatures::Degree);
        assert_eq!(
            bare.features(GraphSetFeatures::Tags).unwrap_err().to_string(),
            "graph set: expected node tags, found none"
        );
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let starts = |starts: &[u32]| message(GraphSetParts { starts: starts.to_vec(), ..two_graphs() });
        assert_eq!(
            starts(&[]),
            "starts of graphs: expected 0, then where each graph after the first begins, then 5, \
             found 0 of them from nothing to nothing"
        );
        assert!(starts(&[0, 2, 6]).ends_with("found 3 of them from 0 to 6"));
        assert!(starts(&[0]).ends_with("found 1 of them from 0 to 0"));
        assert_eq!(
            starts(&[0, 2, 2, 5]),
            "starts of graphs: expected ascending nodes, so that each graph has one, found 2 after 2, for graph 1"
        );
        assert_eq!(
            starts(&[0, 3, 5]),
            "graph set: expected edges inside one graph, found the edge (2, 3), which leaves graph 0"
        );
        assert_eq!(starts(&[0, 5]), "labels: expected 1, one for each graph, found 2");
        let tags = Some(two_graphs().labels);
        assert_eq!(
            message(GraphSetParts { tags, ..two_graphs() }),
            "node tags: expected 5, one for each node, found 2"
        );
        let tags =
            Some(Labels::from_classes(vec![Some(0), None, None, None, None], vec!["C".into()]).unwrap());
        assert_eq!(
            message(GraphSetParts { tags, ..two_graphs() }),
            "node tags: expected one for each node, found none for node 1"
        );
        let attributes = |values| message(GraphSetParts { attributes: Some(values), ..two_graphs() });
        assert_eq!(
            attributes(Array2::zeros((4, 1))),
            "node attributes: expected 5, one for each node, found 4"
        );
        assert_eq!(
            attributes(Array2::zeros((5, 0))),
            "node attributes: expected at least one column, found none"
        );
        assert_eq!(
            attributes(array![[1.0], [f32::NAN], [0.0], [0.0], [0.0]]),
            "attribute 0 of node 1: expected a finite number, found NaN"
        );
    }
}
