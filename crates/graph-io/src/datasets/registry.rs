//! What is known of a data set before it is loaded.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Error;
use crate::format::{Compact, Planetoid};
use crate::node_dataset::NodeDataset;

/// A data set known by name, with the counts its loader is held to.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DatasetInfo {
    /// The name to ask for it by.
    pub name: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// Nodes.
    pub num_nodes: usize,
    /// Edges, each counted once, without loops.
    pub num_edges: usize,
    /// Feature columns.
    pub d_input: usize,
    /// Classes.
    pub num_classes: usize,
    /// Training nodes of its split.
    pub num_train: usize,
    /// Validation nodes of its split.
    pub num_val: usize,
    /// Test nodes of its split.
    pub num_test: usize,
    #[serde(skip)]
    pub(super) load: fn(Option<&Path>) -> Result<NodeDataset, Error>,
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

impl DatasetInfo {
    /// Loads the data set; `raw_dir` is where raw files lie, for those that are not embedded.
    ///
    /// # Errors
    /// Raw files that are missing or not what they should be.
    pub fn load(&self, raw_dir: Option<&Path>) -> Result<NodeDataset, Error> {
        (self.load)(raw_dir)
    }
}

/// An embedded data set from its bytes.
pub(super) fn load_embedded(bytes: &[u8], file: &str) -> Result<NodeDataset, Error> {
    Compact::from_bytes(bytes, Path::new(file))
}

/// A data set from its Planetoid files in the raw folder or the folder `planetoid` in it.
pub(super) fn load_planetoid(name: &'static str, raw_dir: Option<&Path>) -> Result<NodeDataset, Error> {
    let file = format!("ind.{name}.x");
    let looked_in: Vec<PathBuf> =
        raw_dir.map_or_else(Vec::new, |folder| vec![folder.to_path_buf(), folder.join("planetoid")]);
    match looked_in.iter().find(|folder| folder.join(&file).is_file()) {
        Some(folder) => Planetoid::read(folder, name),
        None => Err(Error::RawFilesMissing { name, file, looked_in }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::all;
    use crate::features::Features;

    #[test]
    fn embedded_data_sets_have_their_published_counts() {
        for info in all().iter().filter(|info| info.origin == Origin::Embedded) {
            let dataset = info.load(None).unwrap();
            assert_eq!(dataset.name(), info.name);
            assert_eq!(dataset.graph().num_nodes(), info.num_nodes);
            assert_eq!(dataset.graph().num_edges(), info.num_edges);
            assert_eq!(dataset.features().d_input(), info.d_input);
            assert_eq!(dataset.labels().unwrap().num_classes(), info.num_classes);
            let split = dataset.split().unwrap();
            let sizes = (split.train().len(), split.val().len(), split.test().len());
            assert_eq!(sizes, (info.num_train, info.num_val, info.num_test));
            assert!(matches!(dataset.features(), Features::Sparse(_)));
        }
    }

    #[test]
    fn a_data_set_without_its_raw_files_says_where_was_looked() {
        let pubmed = all().iter().find(|info| info.name == "pubmed").unwrap();
        assert!(pubmed.load(None).unwrap_err().to_string().ends_with("no folder of raw files was given"));
        let folder = tempfile::tempdir().unwrap();
        let message = pubmed.load(Some(folder.path())).unwrap_err().to_string();
        let shown = folder.path().display();
        assert!(message.ends_with(&format!("looked in {shown}, {shown}/planetoid")), "{message}");
    }

    #[test]
    fn an_entry_serializes_without_its_loader() {
        let json = serde_json::to_value(all()[0]).unwrap();
        assert_eq!((&json["name"], &json["origin"]), (&"cora".into(), &"embedded".into()));
    }
}
