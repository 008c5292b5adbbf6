//! What writers say of each node.

use std::borrow::Cow;

use super::roles::LAYOUT;
use crate::csr::row;
use crate::error::Error;
use crate::feature_names::FeatureNames;
use crate::features::Features;
use crate::format::node_table::{first_lost, set_names};
use crate::format::quoted::quoted;
use crate::node_dataset::NodeDataset;

/// What the readers take for something other than a feature, beside how nodes are drawn.
const RESERVED: [&str; 14] = [
    "id",
    "label",
    "name",
    "class",
    "y",
    "value",
    "group",
    "weight",
    "split",
    "train_mask",
    "val_mask",
    "test_mask",
    "data",
    "graphics",
];

/// What is written of a node.
pub(in crate::format) struct NodeRecord<'a> {
    pub(in crate::format) id: Cow<'a, str>,
    pub(in crate::format) class: Option<&'a str>,
    /// The set of the first split.
    pub(in crate::format) set: Option<&'static str>,
    features: Row<'a>,
}

enum Row<'a> {
    Sparse(&'a [u32], &'a [f32]),
    Dense(ndarray::ArrayView1<'a, f32>),
}

/// The nodes of a data set as they are written.
pub(in crate::format) struct NodeRecords<'a> {
    dataset: &'a NodeDataset,
    features: Option<&'a Features>,
    sets: Vec<&'static str>,
}

impl<'a> NodeRecords<'a> {
    /// # Errors
    /// A class whose name a reader takes for none.
    pub(in crate::format) fn of(dataset: &'a NodeDataset) -> Result<Self, Error> {
        if let Some(name) = dataset.labels().and_then(|labels| first_lost(labels.class_names())) {
            return Err(Error::invalid("class names", "names that are not read as no class", quoted(name)));
        }
        let sets = dataset.split().map(|split| set_names(split, dataset.graph().num_nodes()));
        Ok(Self { dataset, features: dataset.own_features(), sets: sets.unwrap_or_default() })
    }

    /// Whether nodes are in sets of a split.
    pub(in crate::format) fn has_sets(&self) -> bool {
        !self.sets.is_empty()
    }

    /// How many columns of features.
    pub(in crate::format) fn d_input(&self) -> usize {
        self.features.map_or(0, Features::d_input)
    }

    /// The names of the columns of features, where there are any and all of them can be written and mean nothing else to a
    /// reader.
    pub(in crate::format) fn own_names(&self, can_be_written: fn(&str) -> bool) -> Option<&'a FeatureNames> {
        let means_nothing_else = |name: &str| !RESERVED.contains(&name) && !LAYOUT.contains(&name);
        let names = self.features.and(self.dataset.feature_names())?;
        names.iter().all(|name| means_nothing_else(name) && can_be_written(name)).then_some(names)
    }

    /// As [`own_names`](Self::own_names), or `f0`, `f1`, ….
    pub(in crate::format) fn feature_names(&self, can_be_written: fn(&str) -> bool) -> Vec<Cow<'a, str>> {
        match self.own_names(can_be_written) {
            Some(names) => names.iter().map(Cow::Borrowed).collect(),
            None => (0..self.d_input()).map(|column| Cow::Owned(format!("f{column}"))).collect(),
        }
    }

    /// The nodes, in their order.
    pub(in crate::format) fn iter(&self) -> impl Iterator<Item = NodeRecord<'a>> + '_ {
        let labels = self.dataset.labels();
        (0u32..).zip(self.dataset.node_ids().iter()).map(move |(node, id)| NodeRecord {
            id,
            class: labels.and_then(|labels| Some(&*labels.class_names()[labels.class(node)? as usize])),
            set: self.sets.get(node as usize).copied().filter(|set| !set.is_empty()),
            features: match self.features {
                Some(Features::Sparse(matrix)) => {
                    let (columns, values) = row(matrix, node as usize);
                    Row::Sparse(columns, values)
                }
                Some(Features::Dense(matrix)) => Row::Dense(matrix.row(node as usize)),
                None => Row::Sparse(&[], &[]),
            },
        })
    }
}

impl NodeRecord<'_> {
    /// The features that are not zero, each with its column.
    pub(in crate::format) fn nonzeros(&self) -> Box<dyn Iterator<Item = (usize, f32)> + '_> {
        match &self.features {
            Row::Sparse(columns, values) => {
                Box::new(columns.iter().map(|&column| column as usize).zip(values.iter().copied()))
            }
            Row::Dense(row) => Box::new(row.iter().copied().enumerate().filter(|(_, value)| *value != 0.0)),
        }
    }

    /// The features of all columns, of which there are `d_input`.
    pub(in crate::format) fn all_values(&self, d_input: usize) -> Box<dyn Iterator<Item = f32> + '_> {
        if let Row::Dense(row) = &self.features {
            return Box::new(row.iter().copied());
        }
        let mut nonzeros = self.nonzeros().peekable();
        let value = move |column| nonzeros.next_if(|(of, _)| *of == column).map_or(0.0, |(_, value)| value);
        Box::new((0..d_input).map(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge_policy::EdgePolicy;
    use crate::format;
    use crate::graph::Graph;
    use crate::labels::Labels;
    use crate::node_dataset::NodeDatasetParts;
    use crate::node_ids::NodeIds;
    use crate::split::Split;
    use ndarray::array;

    fn three(names: [&str; 2]) -> NodeDataset {
        let arcs = crate::arcs::Arcs {
            weights: Some(vec![0.5, 1e-7]),
            ..crate::arcs::Arcs::from_pairs(&[(0, 1), (1, 2)], crate::arcs::ArcMeaning::Undirected)
        };
        let (graph, _) = Graph::from_arcs(3, arcs, EdgePolicy::default()).unwrap();
        let classes = ["x & \"y\"", "ü\n"].map(String::from).to_vec();
        let labels = Labels::from_classes(vec![Some(1), None, Some(0)], classes).unwrap();
        let split = Split::from_nodes(vec![0], vec![], vec![2], &labels).unwrap();
        let features = Features::Dense(array![[1.5, 0.0], [3e-9, 2.0], [-1.0, f32::MAX]]);
        NodeDataset::from_parts(NodeDatasetParts {
            name: "three".into(),
            node_ids: NodeIds::from_names(["a", "b<&", "1"]),
            feature_names: FeatureNames::from_names(names).ok(),
            labels: Some(labels),
            splits: vec![split],
            ..NodeDatasetParts::new(graph, features)
        })
        .unwrap()
    }

    #[test]
    fn what_is_written_reads_back_with_the_same_bits() {
        let folder = tempfile::tempdir().unwrap();
        let karate = crate::load("karate", None).unwrap();
        for (name, file) in [
            ("gml", "three.gml"),
            ("gexf", "three.gexf"),
            ("graphml", "three.graphml"),
            ("node-link", "three.json.gz"),
        ] {
            let format = format::all().iter().find(|format| format.name == name).unwrap();
            let path = folder.path().join(file);
            for (names, read_as) in [
                (["age", "size_2"], ["age", "size_2"]),
                // What would be read as something else is not written.
                (["label", "age"], if name == "node-link" { ["x_0", "x_1"] } else { ["f0", "f1"] }),
            ] {
                let written = three(names);
                format.write(&written, &path).unwrap();
                let read = crate::load(path.to_str().unwrap(), None).unwrap();
                assert_eq!(read.feature_names().unwrap().iter().collect::<Vec<_>>(), read_as, "{name}");
                let parts =
                    |dataset: NodeDataset| NodeDatasetParts { feature_names: None, ..dataset.into_parts() };
                let (read, written) = (parts(read), parts(written));
                assert_eq!(read.graph, written.graph, "{name}");
                assert_eq!((read.node_ids, read.features), (written.node_ids, written.features), "{name}");
                assert_eq!((read.labels, read.splits), (written.labels, written.splits), "{name}");
            }
            format.write(&karate, &path).unwrap();
            let read = crate::load(path.to_str().unwrap(), None).unwrap();
            assert_eq!((read.graph(), read.labels()), (karate.graph(), karate.labels()), "{name}");
            assert_eq!(read.own_features(), karate.own_features(), "{name}");
        }
    }

    #[test]
    fn a_class_that_would_be_read_as_none_is_refused() {
        let labels = Labels::from_classes(vec![Some(0); 3], vec![String::new()]).unwrap();
        let mut parts = three(["a", "b"]).into_parts();
        (parts.labels, parts.splits) = (Some(labels), Vec::new());
        let dataset = NodeDataset::from_parts(parts).unwrap();
        assert_eq!(
            NodeRecords::of(&dataset).err().unwrap().to_string(),
            "class names: expected names that are not read as no class, found \"\""
        );
    }
}
