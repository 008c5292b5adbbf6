//! The files of a run.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use embedders::G2r;
use gnn::encoder::Encoder;
use graph_io::{NodeDataset, Split};
use ndarray::Array2;
use ndarray_npy::WriteNpyExt;

use crate::error::{Cause, Error};
use crate::experiment::Experiment;
use crate::report::Report;

/// A folder that results can be written to, found so before there are any.
#[derive(Clone, Debug)]
pub struct OutputFolder {
    path: PathBuf,
}

/// What is written.
pub struct Contents<'a> {
    /// The data set.
    pub dataset: &'a NodeDataset,
    /// The split of the model's seed.
    pub split: &'a Split,
    /// One row a node.
    pub embedding: &'a Array2<f32>,
    /// The embedder that knows how to save the model.
    pub g2r: &'a G2r,
    /// The model.
    pub encoder: &'a Encoder,
    /// Every setting.
    pub settings: &'a Experiment,
    /// The numbers.
    pub report: &'a Report,
}

/// What writes a file.
type Writer<'a> = &'a dyn Fn(&Path) -> Result<(), Cause>;

/// The weights.
const MODEL: &str = "model.safetensors";
/// The settings.
pub(crate) const CONFIG: &str = "config.toml";
/// The numbers.
pub(crate) const REPORT: &str = "report.json";
const EMBEDDING: &str = "embedding.npy";
const NODES: &str = "nodes.csv";

impl OutputFolder {
    /// Makes the folder where it is missing, and proves that files can be made in it.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub fn prepare(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(|source| Error::write(path, source))?;
        let folder = Self { path: path.to_path_buf() };
        let staging = folder.staging()?;
        File::create(staging.path().join(CONFIG)).map_err(|source| Error::write(path, source))?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes every file, first in a folder of a temporary name within, then moved to its place: a file of an
    /// earlier run is replaced as a whole or not at all.
    ///
    /// The files are `embedding.npy` `[nodes, d_output]`, `nodes.csv` (row, node id, label, split),
    /// `model.safetensors`, `config.toml` and `report.json`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, contents: &Contents) -> Result<(), Error> {
        let staging = self.staging()?;
        let files: [(&str, Writer); 5] = [
            (EMBEDDING, &|path| {
                let mut file = BufWriter::new(File::create(path)?);
                contents.embedding.write_npy(&mut file)?;
                Ok(file.flush()?)
            }),
            (NODES, &|path| write_nodes(path, contents.dataset, contents.split)),
            (MODEL, &|path| Ok(contents.g2r.save(contents.encoder, path)?)),
            (CONFIG, &|path| {
                let title = "# Every setting of this run: `g2r train --config` with this file repeats it.\n";
                Ok(fs::write(path, format!("{title}{}", contents.settings.to_toml()))?)
            }),
            (REPORT, &|path| {
                let mut text = serde_json::to_string_pretty(contents.report)?;
                text.push('\n');
                Ok(fs::write(path, text)?)
            }),
        ];
        for (name, write) in files {
            write(&staging.path().join(name))
                .map_err(|source| Error::write(&self.path.join(name), source))?;
        }
        for (name, _) in files {
            let place = self.path.join(name);
            fs::rename(staging.path().join(name), &place).map_err(|source| Error::write(&place, source))?;
        }
        Ok(())
    }

    fn staging(&self) -> Result<tempfile::TempDir, Error> {
        tempfile::Builder::new()
            .prefix(".writing-")
            .tempdir_in(&self.path)
            .map_err(|source| Error::write(&self.path, source))
    }
}

fn write_nodes(path: &Path, dataset: &NodeDataset, split: &Split) -> Result<(), Cause> {
    let mut set_of_node = vec![""; dataset.graph().num_nodes()];
    for (set, nodes) in [("train", split.train()), ("val", split.val()), ("test", split.test())] {
        nodes.iter().for_each(|&node| set_of_node[node as usize] = set);
    }
    let label = |row: usize| {
        let labels = dataset.labels()?;
        Some(labels.class_names()[labels.classes()[row]? as usize].as_str())
    };
    let mut table = csv::Writer::from_path(path)?;
    table.write_record(["row", "node_id", "label", "split"])?;
    for (row, (id, set)) in dataset.node_ids().iter().zip(set_of_node).enumerate() {
        table.write_record([&row.to_string(), id.as_ref(), label(row).unwrap_or_default(), set])?;
    }
    Ok(table.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph_io::{EdgePolicy, Features, Graph, Labels, NodeDatasetParts, NodeIds};

    #[test]
    fn a_folder_is_made_with_its_parents_and_left_empty() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b");
        let folder = OutputFolder::prepare(&path).unwrap();
        assert_eq!(folder.path(), path);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
        OutputFolder::prepare(&path).unwrap();
    }

    #[test]
    fn a_folder_below_a_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().join("out");
        let message = OutputFolder::prepare(&path).unwrap_err().to_string();
        assert_eq!(message, format!("cannot write {}", path.display()));
    }

    #[test]
    fn nodes_are_listed_with_label_and_split_where_they_have_one() {
        let (graph, _) = Graph::from_edges(4, &[(0, 1)], EdgePolicy::default()).unwrap();
        let classes = vec![Some(0), Some(1), None, Some(1)];
        let labels = Labels::from_classes(classes, vec!["a, b".into(), "c".into()]).unwrap();
        let split = Split::from_nodes(vec![0], vec![], vec![3], &labels).unwrap();
        let dataset = NodeDataset::from_parts(NodeDatasetParts {
            name: "tiny".into(),
            labels: Some(labels),
            node_ids: NodeIds::from_names(["x", "y", "z", "\"w\""]),
            ..NodeDatasetParts::new(graph, Features::Dense(Array2::ones((4, 2))))
        })
        .unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        write_nodes(file.path(), &dataset, &split).unwrap();
        assert_eq!(
            fs::read_to_string(file.path()).unwrap(),
            "row,node_id,label,split\n0,x,\"a, b\",train\n1,y,c,\n2,z,,\n3,\"\"\"w\"\"\",c,test\n"
        );
    }
}
