//! The small valid files that damaged ones are made of.

use std::path::{Path, PathBuf};

use graph_io::embedding;
use tempfile::TempDir;

/// A file, or a folder of files.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) is_folder: bool,
    /// Name and content of each file, by name; one in a folder of the folder is called by its path from there.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

/// The samples of a reader, by name.
pub(crate) fn samples_of(reader: &str) -> Vec<Sample> {
    if reader == "embedding" {
        return embedding::formats()
            .iter()
            .flat_map(|format| samples_of(&format!("embedding-{}", format.name)))
            .collect();
    }
    // The same files are opened in two ways.
    let reader = if reader == "mapped" { "graph-folder" } else { reader };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(reader);
    assert!(folder.is_dir(), "{reader}: put a small valid file or folder into tests/corpus/{reader}");
    let is_read = |path: &PathBuf| {
        cfg!(feature = "parquet") || path.extension().is_none_or(|ending| ending != "parquet")
    };
    let samples = entries(&folder).into_iter().filter(is_read).map(|path| {
        let mut files = Vec::new();
        add_files(&path, &name_of(&path), &mut files);
        if path.is_dir() {
            let inner = |name: &str| name.split_once('/').map_or(name, |(_, inner)| inner).to_string();
            files.iter_mut().for_each(|(name, _)| *name = inner(name));
        }
        Sample { name: name_of(&path), is_folder: path.is_dir(), files }
    });
    samples.collect()
}

/// Adds a file, or all files of a folder and the folders in it, called by their paths.
fn add_files(path: &Path, name: &str, files: &mut Vec<(String, Vec<u8>)>) {
    if path.is_dir() {
        entries(path).iter().for_each(|entry| add_files(entry, &format!("{name}/{}", name_of(entry)), files));
    } else {
        files.push((name.to_string(), std::fs::read(path).unwrap()));
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_string()
}

impl Sample {
    pub(crate) fn num_bytes(&self) -> usize {
        self.files.iter().map(|(_, content)| content.len()).sum()
    }
}

/// A new folder in memory where there is such a place: thousands of files are written to it.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
    tempfile::tempdir_in(root).unwrap()
}

/// A sample where a reader finds it, one file of which is something else for a while.
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) sample: Sample,
}

impl Stage {
    pub(crate) fn new(sample: Sample) -> Self {
        let stage = Self { folder: scratch(), sample };
        if stage.sample.is_folder {
            std::fs::create_dir(stage.path()).unwrap();
        }
        for file in 0..stage.sample.files.len() {
            std::fs::create_dir_all(stage.path_of(file).parent().unwrap()).unwrap();
            std::fs::write(stage.path_of(file), &stage.sample.files[file].1).unwrap();
        }
        stage
    }

    /// What is read.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(&self.sample.name)
    }

    /// One of its files.
    pub(crate) fn path_of(&self, file: usize) -> PathBuf {
        if self.sample.is_folder { self.path().join(&self.sample.files[file].0) } else { self.path() }
    }

    /// Has one file hold other bytes during a call, which gets the path to read and the bytes of all files.
    pub(crate) fn with(&self, file: usize, content: &[u8], call: impl FnOnce(&Path, usize)) {
        let (_, original) = &self.sample.files[file];
        std::fs::write(self.path_of(file), content).unwrap();
        call(&self.path(), self.sample.num_bytes() - original.len() + content.len());
        std::fs::write(self.path_of(file), original).unwrap();
    }
}
