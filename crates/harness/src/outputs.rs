//! The files of a run.

use std::fs;
use std::path::{Path, PathBuf};

use embedders::Model;
use graph_io::embedding::{Embedding, NodeColumn};
use graph_io::format::write_matrix;
use graph_io::{NodeDataset, Split};

use crate::error::{Cause, Error};
use crate::experiment::Experiment;
use crate::folder_swap::{Swap, SwapTarget};
use crate::report::Report;

/// A folder that results can be written to, found so before there are any.
///
/// What [`prepare`](Self::prepare) has made for it is removed when it is dropped without results.
#[derive(Debug)]
pub struct OutputFolder {
    path: PathBuf,
    /// The folders that were made for it, the outermost first.
    made: Vec<PathBuf>,
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
    /// Proves that the folder can be written, and removes what killed processes left of it. A folder that is there stays as it
    /// is; of one that is not, only the parents are made, or itself where nothing can be written beside it.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub fn prepare(path: &Path) -> Result<Self, Error> {
        let fault = |source| Error::write(path, source);
        let mut folder = Self { path: path.to_path_buf(), made: Vec::new() };
        if path.exists() {
            SwapTarget::of(path).remove_leftovers();
            SwapTarget::prove_inside(path).map_err(fault)?;
            return Ok(folder);
        }
        if let Some(parent) = path.parent() {
            folder.make(parent)?;
        }
        let target = SwapTarget::of(path);
        target.remove_leftovers();
        if target.prove_beside().is_err() {
            folder.make(path)?;
            SwapTarget::prove_inside(path).map_err(fault)?;
        }
        Ok(folder)
    }

    /// Makes a folder with its parents, and remembers those that were missing.
    fn make(&mut self, path: &Path) -> Result<(), Error> {
        let missing =
            path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
        missing.reverse();
        self.made.extend(missing);
        fs::create_dir_all(path).map_err(|source| Error::write(&self.path, source))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it holds the report of a run.
    pub fn holds_a_run(&self) -> bool {
        self.path.join(REPORT).exists()
    }

    /// Writes every file of a run: the folder holds the old run or the new one, at whatever moment the process is killed.
    ///
    /// The files are `embedding.npy` `[nodes, d_output]`, `nodes.csv` (row, node id, label, split, prediction),
    /// the model (`model.json`, and `model.safetensors` or `model.npz`), `config.toml` and `report.json`, and the embedding once
    /// more in each format that the settings ask for, such as `embedding.csv`. What an earlier run was asked for in other formats
    /// stays, and so do files that are no run's.
    ///
    /// A new folder is filled beside this one, as `.NAME.writing-XXXXXX`, flushed to the disk, and takes its place by one
    /// rename; on Linux the two are exchanged. Files that stay are hard links in it. Where that cannot be, the files are
    /// written in a folder within this one and moved to their places one after another, so that a kill in between leaves some of
    /// either run. That is so if the folder is the current one or holds it, is a mount point, belongs to another user, holds more
    /// than 10 000 other files, or cannot be exchanged or have links on its file system; and if its parent cannot be written.
    ///
    /// # Errors
    /// A file that cannot be written; the old run is then as it was.
    pub fn write(&self, contents: &Contents) -> Result<(), Error> {
        let fill = |folder: &Path| contents.write(folder, &self.path);
        if let Some(parent) = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|source| Error::write(&self.path, source))?;
        }
        let target = SwapTarget::of(&self.path);
        match target.replace_beside(&fill, &Model::file_names())? {
            Swap::Done => Ok(()),
            Swap::Impossible => target.replace_inside(&fill, &Model::file_names()),
        }
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        // Those that hold anything stay.
        self.made.iter().rev().for_each(|folder| drop(fs::remove_dir(folder)));
    }
}

impl Contents<'_> {
    /// Writes every file into a folder; errors name the place that the files are for.
    fn write(&self, folder: &Path, place: &Path) -> Result<(), Error> {
        let columns = self.columns();
        let files: [(&str, Writer); 4] = [
            (EMBEDDING, &|path| Ok(write_matrix(self.embedding.rows(), path)?)),
            (NODES, &|path| write_nodes(path, self.embedding, &columns, &self.predictions())),
            (CONFIG, &|path| {
                let title = "# Every setting of this run: `g2r train --config` with this file repeats it.\n";
                Ok(fs::write(path, format!("{title}{}", self.settings.to_toml()))?)
            }),
            (REPORT, &|path| {
                let mut text = serde_json::to_string_pretty(self.report)?;
                text.push('\n');
                Ok(fs::write(path, text)?)
            }),
        ];
        for (name, write) in files {
            write(&folder.join(name)).map_err(|source| Error::write(&place.join(name), source))?;
        }
        self.model.save(folder)?;
        for format in self.settings.run.more_embedding_formats() {
            let name = format.file_name("embedding");
            format
                .write_with(self.embedding, &columns, &folder.join(&name))
                .map_err(|source| Error::write(&place.join(name), source))?;
        }
        Ok(())
    }

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
    fn a_folder_is_proved_writable_and_nothing_is_left_behind() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a/b/c");
        let folder = OutputFolder::prepare(&path).unwrap();
        assert_eq!((folder.path(), path.exists(), folder.holds_a_run()), (&*path, false, false));
        assert!(root.path().join("a/b").is_dir());
        drop(folder);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_there_stays_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(REPORT), "{}").unwrap();
        let folder = OutputFolder::prepare(root.path()).unwrap();
        assert!(folder.holds_a_run());
        drop(folder);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
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
}
