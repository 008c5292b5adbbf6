//! What is known of a data set before it is loaded.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::raw_file::{Located, RawFile};
use crate::cleaning::CleaningPolicy;
use crate::edge_policy::{EdgePolicy, EdgeReport};
use crate::error::Error;
use crate::format::zip_archive::ArrayArchive;
use crate::format::{ReadConfig, npz, read_graph_set};
use crate::graph_set::{GraphSet, GraphSetParts};
use crate::node_dataset::NodeDataset;
use crate::raw_dataset::RawDataset;

/// A data set known by name, with the counts its loader is held to.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DatasetInfo {
    /// The name to ask for it by.
    pub name: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// Graphs: one, or many where each has a class.
    pub num_graphs: usize,
    /// Nodes of all its graphs.
    pub num_nodes: usize,
    /// Edges of all its graphs, each counted once, without loops.
    pub num_edges: usize,
    /// Feature columns, or kinds of node tags; none where nodes are all alike.
    pub d_input: Option<usize>,
    /// Classes, of nodes or of graphs.
    pub num_classes: usize,
    /// Its public splits.
    pub split: Option<PublicSplit>,
    /// What it is read from; empty for one that is embedded.
    pub files: &'static [RawFile],
    #[serde(rename = "task")]
    pub(super) loader: Loader,
}

/// Where a data set comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The library holds it.
    Embedded,
    /// A folder of raw files holds it.
    RawFiles,
}

/// What a data set is made to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One graph whose nodes have classes.
    NodeClassification,
    /// Many graphs, each with a class.
    GraphClassification,
}

/// The splits that a data set comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PublicSplit {
    /// How many there are.
    pub num_splits: usize,
    /// Training nodes of the first.
    pub num_train: usize,
    /// Validation nodes of the first.
    pub num_val: usize,
    /// Test nodes of the first.
    pub num_test: usize,
}

/// How a data set is made of what it is read from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loader {
    /// One graph without loops or duplicates, embedded as an npz archive of this name, and what was done to the edges of
    /// its source.
    Embedded(&'static [u8], &'static str, EdgeReport),
    /// One graph as its source has it.
    Raw(fn(&Located) -> Result<RawDataset, Error>),
    /// Many graphs.
    Graphs,
}

impl Serialize for Loader {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.task().serialize(serializer)
    }
}

impl Loader {
    fn task(&self) -> Task {
        match self {
            Self::Embedded(..) | Self::Raw(_) => Task::NodeClassification,
            Self::Graphs => Task::GraphClassification,
        }
    }
}

impl DatasetInfo {
    /// What it is made to judge.
    pub fn task(&self) -> Task {
        self.loader.task()
    }

    /// Finds its files, without opening one: in each folder of raw files in turn, first laid out as [`RawFile::path`]
    /// says, then all in the folder itself. One that is embedded is always there.
    ///
    /// # Errors
    /// Files that are not all there.
    pub fn locate(&self, raw_dirs: &[PathBuf]) -> Result<Located, Error> {
        Located::find(self, raw_dirs)
    }

    /// Loads the data set; `raw_dirs` is where raw files lie, for those that are not embedded.
    ///
    /// # Errors
    /// Raw files that are missing or not what they should be; other counts than are known of it; a data set of many
    /// graphs.
    pub fn load(&self, raw_dirs: &[PathBuf]) -> Result<NodeDataset, Error> {
        self.load_with(raw_dirs, &CleaningPolicy::default())
    }

    /// Loads the data set and cleans it.
    ///
    /// # Errors
    /// As [`DatasetInfo::load`], whatever the policy refuses, and another policy for edges than the default.
    pub fn load_with(&self, raw_dirs: &[PathBuf], policy: &CleaningPolicy) -> Result<NodeDataset, Error> {
        if policy.edges != EdgePolicy::default() {
            let what = format!("policy for the edges of {}", self.name);
            return Err(Error::invalid(what, "the default, by which its counts are known", "another"));
        }
        let dataset = match self.loader {
            Loader::Embedded(bytes, file, edges) => {
                let source = npz::read_graph(ArrayArchive::embedded(bytes, Path::new(file))?)?;
                let mut parts = source.clean(&CleaningPolicy::default())?.into_parts();
                parts.report.edges = edges;
                NodeDataset::from_parts(parts)?
            }
            Loader::Raw(read) => {
                let source = RawDataset { name: self.name.to_string(), ..read(&self.locate(raw_dirs)?)? };
                let missing_features = policy.missing_features;
                source.clean(&CleaningPolicy { missing_features, ..CleaningPolicy::default() })?
            }
            Loader::Graphs => {
                let found = format!("{} graphs, each with a class", self.num_graphs);
                return Err(Error::invalid(format!("data set {}", self.name), "one graph", found));
            }
        };
        self.check(&dataset)?;
        policy.apply_to_nodes(dataset)
    }

    /// Loads a data set of many graphs.
    ///
    /// # Errors
    /// Raw files that are missing or not what they should be; other counts than are known of it; a data set of one
    /// graph.
    pub fn load_graphs(&self, raw_dirs: &[PathBuf]) -> Result<GraphSet, Error> {
        let what = format!("data set {}", self.name);
        if self.task() != Task::GraphClassification {
            return Err(Error::invalid(what, "many graphs, each with a class", "one graph"));
        }
        let located = self.locate(raw_dirs)?;
        let parts = read_graph_set(&located.paths[0])?.into_parts();
        let set = GraphSet::from_parts(GraphSetParts { name: self.name.to_string(), ..parts })?;
        let summary = set.summary();
        let counts = [
            ("graphs", self.num_graphs, summary.num_graphs),
            ("nodes", self.num_nodes, summary.num_nodes),
            ("edges", self.num_edges, summary.num_edges),
            ("classes", self.num_classes, summary.classes.len()),
        ];
        match counts.into_iter().find(|(_, known, found)| known != found) {
            Some((kind, known, found)) => {
                Err(Error::invalid(what, format!("its published {known} {kind}"), found.to_string()))
            }
            None => Ok(set),
        }
    }

    /// Holds what was read to what is known.
    fn check(&self, dataset: &NodeDataset) -> Result<(), Error> {
        let num_classes = dataset.labels().map_or(0, crate::labels::Labels::num_classes);
        let d_input = dataset.features().d_input();
        let mut counts = vec![
            ("nodes", self.num_nodes, dataset.graph().num_nodes()),
            ("edges", self.num_edges, dataset.graph().num_edges()),
            ("features", self.d_input.unwrap_or(d_input), d_input),
            ("classes", self.num_classes, num_classes),
            ("splits", self.split.map_or(0, |split| split.num_splits), dataset.splits().len()),
        ];
        if let (Some(known), Some(split)) = (self.split, dataset.split()) {
            counts.push(("training nodes", known.num_train, split.train().len()));
            counts.push(("validation nodes", known.num_val, split.val().len()));
            counts.push(("test nodes", known.num_test, split.test().len()));
        }
        match counts.into_iter().find(|(_, known, found)| known != found) {
            Some((what, known, found)) => {
                let expected = format!("its published {known} {what}");
                Err(Error::invalid(format!("data set {}", self.name), expected, found.to_string()))
            }
            None => Ok(()),
        }
    }
}

/// The data set of this name, in small letters or large.
///
/// # Errors
/// A name that there is not, with the closest that there is.
pub fn named(name: &str) -> Result<&'static DatasetInfo, Error> {
    let found = super::all().iter().find(|info| info.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let known: Vec<&'static str> = super::all().iter().map(|info| info.name).collect();
        Error::UnknownDataset { name: name.to_string(), closest: crate::load::closest(name, &known), known }
    })
}

/// A file or folder read as the format of this name.
pub(super) fn read_as(format: &str, path: &Path) -> Result<RawDataset, Error> {
    crate::load::named_format(format)?.read(path, &ReadConfig::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::all;
    use crate::features::Features;

    #[test]
    fn embedded_data_sets_have_their_published_counts() {
        for info in all().iter().filter(|info| info.origin == Origin::Embedded) {
            // Loading compares the counts; here it is only held to the name and the form of the features.
            let dataset = info.load(&[]).unwrap();
            assert_eq!(dataset.name(), info.name);
            assert!(matches!(dataset.features(), Features::Sparse(_)));
            assert!(info.files.is_empty());
        }
    }

    #[test]
    fn other_counts_than_the_published_ones_are_refused() {
        let other = DatasetInfo { num_edges: 5279, ..*named("cora").unwrap() };
        assert_eq!(
            other.load(&[]).unwrap_err().to_string(),
            "data set cora: expected its published 5279 edges, found 5278"
        );
        let split = PublicSplit { num_splits: 1, num_train: 140, num_val: 500, num_test: 999 };
        let other = DatasetInfo { split: Some(split), ..*named("cora").unwrap() };
        assert_eq!(
            other.load(&[]).unwrap_err().to_string(),
            "data set cora: expected its published 999 test nodes, found 1000"
        );
    }

    #[test]
    fn a_data_set_of_many_graphs_is_not_loaded_as_one() {
        let mutag = named("mutag").unwrap();
        assert_eq!(mutag.task(), Task::GraphClassification);
        assert_eq!(
            mutag.load(&[]).unwrap_err().to_string(),
            "data set mutag: expected one graph, found 188 graphs, each with a class"
        );
    }

    #[test]
    fn entries_do_not_contradict_themselves() {
        let mut names: Vec<&str> = all().iter().map(|info| info.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().len());
        for info in all() {
            assert_eq!(info.files.is_empty(), info.origin == Origin::Embedded, "{}", info.name);
            assert_eq!(info.num_graphs > 1, info.task() == Task::GraphClassification, "{}", info.name);
            assert_eq!(info.name, info.name.to_lowercase());
            // A file without a checksum is held to the counts of the data set, so it must be all of it.
            assert!(info.files.len() == 1 || info.files.iter().all(|file| file.sha256.is_some()));
            assert!(
                info.task() == Task::NodeClassification
                    || info.files.iter().all(|file| file.sha256.is_some())
            );
        }
    }

    #[test]
    fn an_entry_serializes_with_its_task_and_without_its_loader() {
        let json = serde_json::to_value(named("pubmed").unwrap()).unwrap();
        assert_eq!((&json["name"], &json["origin"]), (&"pubmed".into(), &"raw_files".into()));
        assert_eq!((&json["task"], &json["split"]["num_val"]), (&"node_classification".into(), &500.into()));
        assert_eq!(json["files"][0]["path"], "planetoid/ind.pubmed.x");
        let json = serde_json::to_value(named("imdb-binary").unwrap()).unwrap();
        assert_eq!((&json["task"], json["d_input"].is_null()), (&"graph_classification".into(), true));
    }
}
