//! What a source holds, before anything is done to it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::arcs::Arcs;
use crate::cleaning::{CleaningPolicy, CleaningReport};
use crate::edge_policy::EdgeReport;
use crate::error::Error;
use crate::feature_names::FeatureNames;
use crate::features::Features;
use crate::graph::Graph;
use crate::labels::Labels;
use crate::missing_values::{CleanColumns, SourceColumns, TextColumn};
use crate::multi_labels::MultiLabels;
use crate::node_dataset::{NodeDataset, NodeDatasetParts};
use crate::node_ids::{NodeIds, whole_number};
use crate::read_notes::ReadNotes;
use crate::split::Split;

/// What a source holds of one graph, before anything is done to it: arcs in their order, weights as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct RawDataset {
    /// A short name for tables and files.
    pub name: String,
    /// What the source calls each node; how many there are.
    pub node_ids: NodeIds,
    /// The arcs, between nodes below the number of ids.
    pub arcs: Arcs,
    /// One row a node, where the source has any; NaN stands for a missing value.
    pub features: Option<Features>,
    /// The names of the columns of the features, where the source has names.
    pub feature_names: Option<FeatureNames>,
    /// Columns of texts beside the features.
    pub text_columns: Vec<TextColumn>,
    /// A class or none for each node, where the source has any.
    pub labels: Option<Labels>,
    /// Any number of classes for each node, where the source has several for one; then there are no `labels`.
    pub multi_labels: Option<MultiLabels>,
    /// The splits of the source; need labels.
    pub splits: Vec<Split>,
    /// Arcs that were left out while reading because they name an unknown node.
    pub unknown_ends_skipped: usize,
    /// What the reader decided.
    pub notes: ReadNotes,
}

/// What a source holds of nodes alone: a table with a row a node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeTable {
    /// What the source calls each node.
    pub node_ids: NodeIds,
    /// One row a node; NaN stands for a missing value.
    pub features: Option<Features>,
    /// The names of the columns of the features, where the table has names.
    pub feature_names: Option<FeatureNames>,
    /// Columns of texts beside the features.
    pub text_columns: Vec<TextColumn>,
    /// A class or none for each node.
    pub labels: Option<Labels>,
    /// Any number of classes for each node, where the table has several for one; then there are no `labels`.
    pub multi_labels: Option<MultiLabels>,
    /// The splits of the source; need labels.
    pub splits: Vec<Split>,
    /// What the reader decided.
    pub notes: ReadNotes,
}

/// What is done with an arc whose ends are not both among the known nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownIds {
    /// Give an error.
    #[default]
    Refuse,
    /// Leave it out and count it.
    Skip,
}

impl NodeTable {
    /// Nodes that are called by their row, with these features and nothing else.
    pub fn from_features(features: Features) -> Self {
        let num_nodes = features.num_nodes();
        Self { features: Some(features), ..Self::from_ids(NodeIds::counted(num_nodes)) }
    }

    /// Nodes of which nothing else is known.
    pub fn from_ids(node_ids: NodeIds) -> Self {
        Self {
            node_ids,
            features: None,
            feature_names: None,
            text_columns: Vec::new(),
            labels: None,
            multi_labels: None,
            splits: Vec::new(),
            notes: ReadNotes::default(),
        }
    }
}

impl RawDataset {
    /// A graph and nothing else.
    pub fn from_arcs(name: &str, node_ids: NodeIds, arcs: Arcs) -> Self {
        Self {
            name: name.to_string(),
            node_ids,
            arcs,
            features: None,
            feature_names: None,
            text_columns: Vec::new(),
            labels: None,
            multi_labels: None,
            splits: Vec::new(),
            unknown_ends_skipped: 0,
            notes: ReadNotes::default(),
        }
    }

    /// Nodes with what a table knows of them, and no arcs.
    pub fn from_nodes(name: &str, table: NodeTable) -> Self {
        let NodeTable {
            node_ids,
            features,
            feature_names,
            text_columns,
            labels,
            multi_labels,
            splits,
            notes,
        } = table;
        Self {
            features,
            feature_names,
            text_columns,
            labels,
            multi_labels,
            splits,
            notes,
            ..Self::from_arcs(name, node_ids, Arcs::default())
        }
    }

    /// The graph of these arcs among the nodes of a table, in the table's order, with what the table knows; of what both
    /// know, the table's counts.
    ///
    /// # Errors
    /// A node of an arc that the table does not have, unless it is to be skipped; two rows of one id.
    pub fn with_nodes(self, table: NodeTable, unknown_ids: UnknownIds) -> Result<Self, Error> {
        let index = table.node_ids.index()?;
        let new_of_old: Vec<Option<u32>> = self.node_ids.iter().map(|id| index.get(&id)).collect();
        drop(index);
        let mut arcs = self.arcs;
        let mut unknown = 0;
        let mut kept = vec![true; if unknown_ids == UnknownIds::Skip { arcs.len() } else { 0 }];
        for (place, (from, to)) in arcs.from.iter_mut().zip(&mut arcs.to).enumerate() {
            let ends = [*from, *to];
            match ends.map(|end| new_of_old[end as usize]) {
                [Some(new_from), Some(new_to)] => (*from, *to) = (new_from, new_to),
                new_ends if unknown_ids == UnknownIds::Refuse => {
                    let end = if new_ends[0].is_none() { ends[0] } else { ends[1] };
                    let found = format!("{:?}", self.node_ids.get(end));
                    let by_row = match table.node_ids.are_counted() {
                        true => ", whose rows are numbered from 0 where no column of ids is found (`--id`)",
                        false => "",
                    };
                    let expected = format!(
                        "nodes of the node table{by_row}; `--unknown-ids skip` leaves out other edges"
                    );
                    return Err(Error::invalid(format!("edge {place}"), expected, found));
                }
                _ => {
                    kept[place] = false;
                    unknown += 1;
                }
            }
        }
        if unknown > 0 {
            retain(&mut arcs.from, &kept);
            retain(&mut arcs.to, &kept);
            if let Some(weights) = &mut arcs.weights {
                retain(weights, &kept);
            }
        }
        // Rows of the graph's own source, in the order of the table.
        let old_of_new = |num_new: usize| {
            let mut old_of_new = vec![None; num_new];
            new_of_old.iter().zip(0u32..).for_each(|(new, old)| {
                if let Some(new) = new {
                    old_of_new[*new as usize] = Some(old);
                }
            });
            old_of_new.into_iter().collect::<Option<Vec<u32>>>()
        };
        // They can be kept only where every node of the table has them.
        let has_rows = self.features.is_some()
            || self.labels.is_some()
            || self.multi_labels.is_some()
            || !self.text_columns.is_empty();
        let order = match has_rows {
            true => old_of_new(table.node_ids.len()),
            false => None,
        };
        let own_names = self.feature_names.filter(|_| order.is_some());
        let own_features = self.features.zip(order.as_ref()).map(|(features, order)| features.select(order));
        let own_labels = self.labels.zip(order.as_ref()).map(|(labels, order)| labels.select(order));
        let own_multi = self.multi_labels.zip(order.as_ref()).map(|(labels, order)| labels.select(order));
        let has_labels = table.labels.is_some() || table.multi_labels.is_some();
        let mut text_columns = table.text_columns;
        if let Some(order) = &order {
            let own = self.text_columns.into_iter();
            text_columns.extend(own.map(|column| TextColumn { texts: column.texts.select(order), ..column }));
        }
        let mut notes = self.notes;
        notes.append(table.notes);
        Ok(Self {
            name: self.name,
            node_ids: table.node_ids,
            arcs,
            // Names belong to the features beside them.
            feature_names: if table.features.is_some() { table.feature_names } else { own_names },
            features: table.features.or(own_features),
            text_columns,
            labels: if has_labels { table.labels } else { own_labels },
            multi_labels: if has_labels { table.multi_labels } else { own_multi },
            splits: table.splits,
            unknown_ends_skipped: self.unknown_ends_skipped + unknown,
            notes,
        })
    }

    /// The same among the nodes 0, 1, … up to a count, or from 1 to it where the count is an id.
    ///
    /// # Errors
    /// Ids that are others; labels or features, which nodes without a line would not have.
    pub(crate) fn with_num_nodes(self, num_nodes: usize) -> Result<Self, Error> {
        let has_last = self.node_ids.iter().any(|id| whole_number(&id) == Some(num_nodes as u64));
        let first = u64::from(has_last);
        let ids = first..first + num_nodes as u64;
        let is_other = |id: &Cow<'_, str>| whole_number(id).is_none_or(|number| !ids.contains(&number));
        if let Some(id) = self.node_ids.iter().find(is_other) {
            let expected = format!("whole numbers below {num_nodes} or from 1 to {num_nodes}");
            return Err(Error::invalid("node ids, as `--num-nodes` says", expected, format!("{id:?}")));
        }
        let has_gaps = self.node_ids.len() < num_nodes;
        if has_gaps && (self.labels.is_some() || self.features.is_some()) {
            let found = "a source with labels or features, which they would not have";
            return Err(Error::invalid(
                "`--num-nodes`",
                "no nodes beside those that the source lists",
                found,
            ));
        }
        if !has_gaps {
            return Ok(self);
        }
        let table = NodeTable::from_ids(NodeIds::from_numbers(ids.collect()));
        self.with_nodes(table, UnknownIds::Refuse)
    }

    /// The data set that the policy makes of it.
    ///
    /// # Errors
    /// Parts that do not fit together; whatever the policy refuses.
    pub fn clean(self, policy: &CleaningPolicy) -> Result<NodeDataset, Error> {
        let mut raw = self;
        let (graph, edges) =
            Graph::from_arcs(raw.node_ids.len(), std::mem::take(&mut raw.arcs), policy.edges)?;
        raw.clean_around(graph, edges, policy)
    }

    /// The same around a graph that is made already, in place of the arcs; `edges` is what was done to make it.
    ///
    /// # Errors
    /// As [`clean`](Self::clean), but for the edges.
    pub fn clean_around(
        self,
        graph: Graph,
        edges: EdgeReport,
        policy: &CleaningPolicy,
    ) -> Result<NodeDataset, Error> {
        let edges = EdgeReport { unknown_ends_skipped: self.unknown_ends_skipped, ..edges };
        let mut notes = self.notes;
        let source =
            SourceColumns { features: self.features, names: self.feature_names, texts: self.text_columns };
        let CleanColumns { features, names } = policy.columns.apply(source, &self.node_ids, &mut notes)?;
        let (features, features_made) = match features {
            Some(features) => (features, None),
            None => (policy.missing_features.make(&graph)?, Some(policy.missing_features)),
        };
        let dataset = NodeDataset::from_parts(NodeDatasetParts {
            name: self.name,
            graph,
            features,
            feature_names: names,
            labels: self.labels,
            multi_labels: self.multi_labels,
            splits: self.splits,
            node_ids: self.node_ids,
            report: CleaningReport { edges, features_made, ..CleaningReport::default() },
            notes,
        })?;
        policy.apply_to_nodes(dataset)
    }
}

fn retain<T: Copy>(values: &mut Vec<T>, kept: &[bool]) {
    let mut place = 0..;
    values.retain(|_| place.next().is_some_and(|place: usize| kept[place]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arcs::ArcMeaning;
    use crate::missing_values::{MissingValues, TextColumns};
    use ndarray::array;

    fn source() -> RawDataset {
        let arcs = Arcs {
            weights: Some(vec![1.0, 2.0, 3.0]),
            ..Arcs::from_pairs(&[(0, 1), (1, 2), (2, 0)], ArcMeaning::Directed)
        };
        RawDataset::from_arcs("three", NodeIds::from_names(["a", "b", "c"]), arcs)
    }

    fn table(names: &[&str]) -> NodeTable {
        let features = ndarray::Array2::from_shape_fn((names.len(), 1), |(row, _)| row as f32);
        NodeTable {
            node_ids: NodeIds::from_names(names),
            features: Some(Features::Dense(features)),
            feature_names: None,
            text_columns: Vec::new(),
            labels: None,
            multi_labels: None,
            splits: Vec::new(),
            notes: ReadNotes::default(),
        }
    }

    #[test]
    fn a_table_gives_the_order_of_the_nodes_and_those_without_edges() {
        let joined = source().with_nodes(table(&["x", "c", "b", "a"]), UnknownIds::Refuse).unwrap();
        let dataset = joined.clean(&CleaningPolicy::default()).unwrap();
        assert_eq!(
            dataset.graph().weighted_edges().collect::<Vec<_>>(),
            [(1, 2, 2.0), (1, 3, 3.0), (2, 3, 1.0)]
        );
        assert_eq!((dataset.node_ids().get(1).as_ref(), dataset.graph().num_isolated()), ("c", 1));
        assert_eq!(dataset.features(), &Features::Dense(array![[0.0], [1.0], [2.0], [3.0]]));
    }

    #[test]
    fn ids_that_the_table_does_not_have_are_refused_or_skipped() {
        let message = source().with_nodes(table(&["a", "b"]), UnknownIds::Refuse).unwrap_err().to_string();
        assert_eq!(
            message,
            "edge 1: expected nodes of the node table; `--unknown-ids skip` leaves out other edges, found \"c\""
        );
        let joined = source().with_nodes(table(&["a", "b"]), UnknownIds::Skip).unwrap();
        assert_eq!((joined.unknown_ends_skipped, joined.arcs.weights), (2, Some(vec![1.0])));
        let twice = source().with_nodes(table(&["a", "a"]), UnknownIds::Skip).unwrap_err().to_string();
        assert_eq!(twice, "node ids: expected different ids, found \"a\" twice");
    }

    #[test]
    fn what_the_graph_knows_of_its_nodes_follows_them_where_the_table_does_not_say() {
        let own = RawDataset {
            features: Some(Features::Dense(array![[7.0], [8.0], [9.0]])),
            feature_names: FeatureNames::from_names(["age"]).ok(),
            ..source()
        };
        let unnamed = own.clone().with_nodes(table(&["a", "b", "c"]), UnknownIds::Refuse).unwrap();
        assert_eq!(unnamed.feature_names, None, "names belong to the features that they came with");
        let bare = NodeTable { features: None, ..table(&["c", "a", "b"]) };
        let joined = own.with_nodes(bare, UnknownIds::Refuse).unwrap();
        assert_eq!(joined.features, Some(Features::Dense(array![[9.0], [7.0], [8.0]])));
        let dataset =
            joined.clean(&CleaningPolicy { isolated_nodes: crate::Nodes::Drop, ..Default::default() });
        assert_eq!(dataset.unwrap().feature_names().unwrap().get(0), "age");
    }

    #[test]
    fn a_graph_without_features_gets_those_of_the_policy_and_says_so() {
        let dataset = source().clean(&CleaningPolicy::default()).unwrap();
        assert_eq!(dataset.features().d_input(), 3);
        assert!(dataset.report().to_string().contains("the identity matrix taken"));
    }

    #[test]
    fn missing_values_and_texts_become_what_the_policy_says() {
        let texts = Labels::from_classes(vec![Some(0), None, Some(0)], vec!["Oslo".into()]).unwrap();
        let raw = || RawDataset {
            features: Some(Features::Dense(array![[1.0, f32::NAN], [2.0, 4.0], [3.0, 6.0]])),
            feature_names: FeatureNames::from_names(["age", "size"]).ok(),
            text_columns: vec![TextColumn { name: "city".into(), texts: texts.clone() }],
            ..source()
        };
        let names = |dataset: &NodeDataset| {
            dataset.feature_names().unwrap().iter().map(String::from).collect::<Vec<_>>()
        };
        let dropped = raw().clean(&CleaningPolicy::default()).unwrap();
        assert_eq!(dropped.features(), &Features::Dense(array![[1.0], [2.0], [3.0]]));
        assert_eq!((names(&dropped), dropped.notes().unused_columns.len()), (vec!["age".to_string()], 2));
        let mut policy = CleaningPolicy::default();
        policy.columns.missing_values = MissingValues::Mean;
        policy.columns.text_columns = TextColumns::OneHot;
        let reordered =
            raw().with_nodes(NodeTable { features: None, ..table(&["c", "a", "b"]) }, UnknownIds::Refuse);
        let all = reordered.unwrap().clean(&policy).unwrap();
        let expected = array![[3.0, 6.0, 1.0], [1.0, 5.0, 1.0], [2.0, 4.0, 0.0]];
        assert_eq!(all.features(), &Features::Dense(expected));
        assert_eq!(names(&all), ["age", "size", "city=Oslo"]);
    }
}
