//! The files of a run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use embedders::Model;
use graph_io::embedding::{Embedding, NodeColumn};
use graph_io::format::write_matrix;
use graph_io::{NodeDataset, Split};

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
    /// The split of the model's seed, where it was evaluated.
    pub split: Option<&'a Split>,
    /// One row a node, with its id.
    pub embedding: &'a Embedding,
    /// The class predicted for each node, where it was evaluated.
    pub predicted: Option<&'a [usize]>,
    /// The model.
    pub model: &'a Model,
    /// Every setting.
    pub settings: &'a Experiment,
    /// The numbers.
    pub report: &'a Report,
}

/// What writes a file.
type Writer<'a> = &'a dyn Fn(&Path) -> Result<(), Cause>;

/// The settings.
pub(crate) const CONFIG: &str = "config.toml";
/// The numbers.
pub(crate) const REPORT: &str = "report.json";
pub(crate) const EMBEDDING: &str = "embedding.npy";
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
    /// The files are `embedding.npy` `[nodes, d_output]`, `nodes.csv` (row, node id, label, split, prediction),
    /// the model (`model.json`, and `model.safetensors` or `model.npz`), `config.toml` and `report.json`, and the embedding once
    /// more in each format that the settings ask for, such as `embedding.csv`. What an earlier run was asked for in other formats stays.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, contents: &Contents) -> Result<(), Error> {
        let staging = self.staging()?;
        let columns = contents.columns();
        let files: [(&str, Writer); 4] = [
            (EMBEDDING, &|path| Ok(write_matrix(contents.embedding.rows(), path)?)),
            (NODES, &|path| write_nodes(path, contents.embedding, &columns, &contents.predictions())),
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
        contents.model.save(staging.path())?;
        for name in Model::file_names() {
            // Those of an earlier run would not make this embedding.
            let earlier = self.path.join(name);
            if earlier.exists() && !staging.path().join(name).exists() {
                fs::remove_file(&earlier).map_err(|source| Error::write(&earlier, source))?;
            }
        }
        for format in contents.settings.run.more_embedding_formats() {
            let name = format.file_name("embedding");
            format
                .write_with(contents.embedding, &columns, &staging.path().join(&name))
                .map_err(|source| Error::write(&self.path.join(name), source))?;
        }
        move_files(staging.path(), &self.path)
    }

    fn staging(&self) -> Result<tempfile::TempDir, Error> {
        tempfile::Builder::new()
            .prefix(".writing-")
            .tempdir_in(&self.path)
            .map_err(|source| Error::write(&self.path, source))
    }
}

impl Contents<'_> {
    /// The name of the class predicted for each node; none where nothing was evaluated.
    fn predictions(&self) -> Vec<&str> {
        let (Some(predicted), Some(labels)) = (self.predicted, self.dataset.labels()) else {
            return Vec::new();
        };
        predicted.iter().map(|&class| labels.class_names()[class].as_str()).collect()
    }

    /// The label and the set of each node, where there are any.
    fn columns(&self) -> Vec<NodeColumn<'_>> {
        let labels = self.dataset.labels().map(NodeColumn::of_labels);
        let split = self.split.map(|split| NodeColumn::of_split(split, self.dataset.graph().num_nodes()));
        labels.into_iter().chain(split).collect()
    }
}

/// Moves the files of a folder, and of the folders in it, to their places in another.
fn move_files(from: &Path, to: &Path) -> Result<(), Error> {
    let fault = |source| Error::write(to, source);
    for entry in fs::read_dir(from).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let place = to.join(entry.file_name());
        // What else lies in a folder is not ours to take away.
        if entry.path().is_dir() {
            fs::create_dir_all(&place).map_err(|source| Error::write(&place, source))?;
            move_files(&entry.path(), &place)?;
        } else {
            fs::rename(entry.path(), &place).map_err(|source| Error::write(&place, source))?;
        }
    }
    Ok(())
}

fn write_nodes(
    path: &Path,
    embedding: &Embedding,
    columns: &[NodeColumn<'_>],
    predictions: &[&str],
) -> Result<(), Cause> {
    let column = |title: &str| columns.iter().find(|column| column.title == title);
    let columns = ["label", "split"].map(column);
    let mut table = csv::Writer::from_path(path)?;
    table.write_record(["row", "node_id", "label", "split", "prediction"])?;
    for (row, id) in embedding.ids().iter().enumerate() {
        let [label, set] = columns.map(|column| column.map_or("", |column| column.words[row]));
        let predicted = predictions.get(row).copied().unwrap_or_default();
        table.write_record([&row.to_string(), id.as_ref(), label, set, predicted])?;
    }
    Ok(table.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph_io::{Labels, NodeIds};
    use ndarray::Array2;

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
        let classes = vec![Some(0), Some(1), None, Some(1)];
        let labels = Labels::from_classes(classes, vec!["a, b".into(), "c".into()]).unwrap();
        let split = Split::from_nodes(vec![0], vec![], vec![3], &labels).unwrap();
        let ids = NodeIds::from_names(["x", "y", "z", "\"w\""]);
        let embedding = Embedding::from_rows(ids, Array2::ones((4, 2))).unwrap();
        let columns = [NodeColumn::of_labels(&labels), NodeColumn::of_split(&split, 4)];
        let file = tempfile::NamedTempFile::new().unwrap();
        write_nodes(file.path(), &embedding, &columns, &["c", "c", "c", "a, b"]).unwrap();
        assert_eq!(
            fs::read_to_string(file.path()).unwrap(),
            "row,node_id,label,split,prediction\n0,x,\"a, b\",train,c\n1,y,c,,c\n2,z,,,c\n\
             3,\"\"\"w\"\"\",c,test,\"a, b\"\n"
        );
    }
    #[test]
    fn nodes_without_labels_have_empty_fields() {
        let embedding = Embedding::from_rows(NodeIds::counted(2), Array2::ones((2, 1))).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        write_nodes(file.path(), &embedding, &[], &[]).unwrap();
        let expected = "row,node_id,label,split,prediction\n0,0,,,\n1,1,,,\n";
        assert_eq!(fs::read_to_string(file.path()).unwrap(), expected);
    }

    #[test]
    fn files_are_moved_between_those_that_stay() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |root: &tempfile::TempDir, name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(&from, "projector/a.tsv", "new");
        write(&to, "projector/a.tsv", "old");
        write(&to, "projector/mine.txt", "mine");
        move_files(from.path(), to.path()).unwrap();
        let text = |name: &str| fs::read_to_string(to.path().join("projector").join(name)).unwrap();
        assert_eq!((text("a.tsv"), text("mine.txt")), ("new".to_string(), "mine".to_string()));
    }
}
