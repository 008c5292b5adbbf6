//! What tells one data set from another.

use std::fmt;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::csr::CsrMatrix;
use crate::features::Features;
use crate::node_dataset::NodeDataset;

/// A hash of each part of a data set as it was read and cleaned: 128 bits of XXH3 in hexadecimal, `"none"` for what it does not have.
///
/// Two data sets with the same fingerprint train to the same model. Another order of the nodes is another data set: rows are identified by
/// it. The hash is of the values in memory, not of files: the same graph in another format has the same fingerprint where its
/// ids are the same. It detects changes; it is no protection against someone who wants to deceive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFingerprint {
    /// The ids of the nodes, in order.
    pub nodes: String,
    /// The arcs with their weights.
    pub graph: String,
    /// The features, with the names of their columns; `"none"` for those that were made of the graph.
    pub features: String,
    /// The class of each node, with the names of the classes.
    pub labels: String,
    /// The splits that the source has.
    pub splits: String,
}

const NONE: &str = "none";

impl DataFingerprint {
    /// The fingerprint of a data set. O(its size), at the speed of the memory.
    pub fn of(dataset: &NodeDataset) -> Self {
        let ((nodes, graph), (features, (labels, splits))) = rayon::join(
            || rayon::join(|| of_ids(dataset), || of_graph(dataset)),
            || rayon::join(|| of_features(dataset), || (of_labels(dataset), of_splits(dataset))),
        );
        Self { nodes, graph, features, labels, splits }
    }

    /// One hash for all parts.
    pub fn combined(&self) -> String {
        let mut hash = Hash::default();
        self.parts().iter().for_each(|(_, part)| hash.text(part));
        hash.finish()
    }

    /// The parts that differ from those of another data set, in words.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let parts = self.parts().into_iter().zip(other.parts());
        parts.filter(|((_, own), (_, other))| own != other).map(|((name, _), _)| name).collect()
    }

    fn parts(&self) -> [(&'static str, &str); 5] {
        let Self { nodes, graph, features, labels, splits } = self;
        [("node ids", nodes), ("edges", graph), ("features", features), ("labels", labels), ("split", splits)]
    }
}

impl fmt::Display for DataFingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.combined())
    }
}

/// A hash of the shape and the values of rows, such as an embedding's: 128 bits of XXH3 in hexadecimal.
pub fn fingerprint_of_rows(rows: ArrayView2<'_, f32>) -> String {
    let mut hash = Hash::default();
    hash.dense(rows);
    hash.finish()
}

#[derive(Default)]
struct Hash(Xxh3);

impl Hash {
    fn number(&mut self, number: usize) {
        self.0.update(&(number as u64).to_le_bytes());
    }

    /// With its length, so that two texts are not told apart by their place alone.
    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.update(text.as_bytes());
    }

    fn numbers<T: bytemuck::NoUninit>(&mut self, numbers: &[T]) {
        self.number(numbers.len());
        self.0.update(bytemuck::cast_slice(numbers));
    }

    fn matrix(&mut self, matrix: &CsrMatrix, with_values: bool) {
        self.number(matrix.rows());
        self.number(matrix.cols());
        self.numbers(matrix.proper_indptr().as_ref());
        self.numbers(matrix.indices());
        if with_values {
            self.numbers(matrix.data());
        }
    }

    fn dense(&mut self, rows: ArrayView2<'_, f32>) {
        self.number(rows.nrows());
        self.number(rows.ncols());
        match rows.as_slice() {
            Some(values) => {
                self.0.update(bytemuck::cast_slice(values));
            }
            None => rows.iter().for_each(|value| self.0.update(&value.to_ne_bytes())),
        }
    }

    fn finish(&self) -> String {
        format!("{:032x}", self.0.digest128())
    }
}

fn of_ids(dataset: &NodeDataset) -> String {
    let (ids, mut hash) = (dataset.node_ids(), Hash::default());
    hash.number(ids.len());
    if !ids.are_counted() {
        match ids.numbers() {
            Some(numbers) => numbers.for_each(|number| hash.0.update(&number.to_le_bytes())),
            None => ids.iter().for_each(|id| hash.text(&id)),
        }
    }
    hash.finish()
}

fn of_graph(dataset: &NodeDataset) -> String {
    let (graph, mut hash) = (dataset.graph(), Hash::default());
    hash.matrix(graph.adjacency(), !graph.is_unweighted());
    hash.finish()
}

fn of_features(dataset: &NodeDataset) -> String {
    let Some(features) = dataset.own_features() else { return NONE.to_string() };
    let mut hash = Hash::default();
    match features {
        Features::Sparse(matrix) => hash.matrix(matrix, true),
        Features::Dense(matrix) => hash.dense(matrix.view()),
    }
    if let Some(names) = dataset.feature_names() {
        names.iter().for_each(|name| hash.text(name));
    }
    hash.finish()
}

fn of_labels(dataset: &NodeDataset) -> String {
    let mut hash = Hash::default();
    if let Some(labels) = dataset.labels() {
        let classes: Vec<u32> =
            labels.classes().iter().map(|class| class.map_or(u32::MAX, |class| class)).collect();
        hash.numbers(&classes);
        labels.class_names().iter().for_each(|name| hash.text(name));
    } else if let Some(labels) = dataset.multi_labels() {
        (0..labels.num_nodes() as u32).for_each(|node| hash.numbers(labels.of_node(node)));
        labels.class_names().iter().for_each(|name| hash.text(name));
    } else {
        return NONE.to_string();
    }
    hash.finish()
}

fn of_splits(dataset: &NodeDataset) -> String {
    if dataset.splits().is_empty() {
        return NONE.to_string();
    }
    let mut hash = Hash::default();
    for split in dataset.splits() {
        [split.train(), split.val(), split.test()].into_iter().for_each(|nodes| hash.numbers(nodes));
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EdgePolicy, Graph, Labels, NodeDatasetParts, NodeIds, Split};
    use ndarray::array;

    fn parts() -> NodeDatasetParts {
        let (graph, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 3)], EdgePolicy::default()).unwrap();
        let labels =
            Labels::from_classes(vec![Some(0), Some(1), None, Some(1)], vec!["a".into(), "b".into()])
                .unwrap();
        let split = Split::from_nodes(vec![0, 1], vec![], vec![3], &labels).unwrap();
        NodeDatasetParts {
            labels: Some(labels),
            splits: vec![split],
            node_ids: NodeIds::from_names(["u", "v", "w", "x"]),
            ..NodeDatasetParts::new(
                graph,
                Features::Dense(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]),
            )
        }
    }

    fn fingerprint(parts: NodeDatasetParts) -> DataFingerprint {
        DataFingerprint::of(&NodeDataset::from_parts(parts).unwrap())
    }

    #[test]
    fn a_change_of_a_part_changes_its_hash_and_no_other() {
        let whole = fingerprint(parts());
        assert_eq!(fingerprint(parts()), whole);
        assert_eq!(fingerprint(parts()).combined(), whole.combined());
        let edited = |edit: fn(&mut NodeDatasetParts)| {
            let mut parts = parts();
            edit(&mut parts);
            let edited = fingerprint(parts);
            assert_eq!(edited.combined() == whole.combined(), edited == whole);
            edited.differences(&whole)
        };
        assert_eq!(edited(|_| {}), Vec::<&str>::new());
        assert_eq!(edited(|parts| parts.name = "another".into()), Vec::<&str>::new());
        assert_eq!(edited(|parts| parts.node_ids = NodeIds::from_names(["v", "u", "w", "x"])), ["node ids"]);
        assert_eq!(edited(|parts| parts.splits.clear()), ["split"]);
        assert_eq!(
            edited(|parts| {
                parts.graph =
                    Graph::from_edges(4, &[(0, 1), (1, 2), (1, 3)], EdgePolicy::default()).unwrap().0;
            }),
            ["edges"]
        );
        let swapped = |parts: &mut NodeDatasetParts| {
            parts.features = Features::Dense(array![[2.0, 1.0], [4.0, 3.0], [6.0, 5.0], [8.0, 7.0]]);
        };
        assert_eq!(edited(swapped), ["features"]);
        let flipped = |parts: &mut NodeDatasetParts| {
            let classes = vec![Some(1), Some(0), None, Some(0)];
            parts.labels = Some(Labels::from_classes(classes, vec!["a".into(), "b".into()]).unwrap());
        };
        assert_eq!(edited(flipped), ["labels"]);
    }

    #[test]
    fn rows_are_told_by_their_values_and_not_by_how_they_lie_in_memory() {
        let rows = array![[1.0f32, 2.0], [3.0, 4.0]];
        let columns = array![[1.0f32, 3.0], [2.0, 4.0]];
        assert_eq!(fingerprint_of_rows(rows.view()), fingerprint_of_rows(columns.t()));
        assert_ne!(fingerprint_of_rows(rows.view()), fingerprint_of_rows(columns.view()));
    }

    #[test]
    fn a_weight_counts() {
        let weighted = |weight: f32| {
            let mut adjacency = crate::CsrMatrix::zero((2, 2));
            adjacency.insert(0, 1, weight);
            adjacency.insert(1, 0, weight);
            let graph = Graph::from_adjacency(adjacency).unwrap();
            fingerprint(NodeDatasetParts::new(graph, Features::Dense(array![[1.0], [2.0]]))).graph
        };
        assert!(weighted(2.0) != weighted(3.0) && weighted(1.0) == weighted(1.0));
    }
}
