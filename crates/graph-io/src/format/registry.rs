//! What a format can do, and which one a path is of.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::file::file_names;
use super::text_encoding;
use crate::column_config::ColumnConfig;
use crate::error::{Error, Place};
use crate::memory_limit::MemoryLimit;
use crate::node_dataset::NodeDataset;
use crate::raw_dataset::{RawDataset, UnknownIds};

type Write = fn(&NodeDataset, &Path) -> Result<(), Error>;

/// A way to write down a graph with what is known of its nodes.
pub struct Format {
    /// The name to ask for it by.
    pub name: &'static str,
    /// What it is, in a line.
    pub title: &'static str,
    /// How the names of its files end, most usual first, each with its dot; empty for a folder of files with names of
    /// their own.
    pub endings: &'static [&'static str],
    /// What a graph written in it keeps of a data set, in a line; empty where it is only read.
    pub keeps: &'static str,
    /// Whether a path looks like this format.
    pub(crate) recognizes: fn(&Sample) -> bool,
    pub(crate) read: fn(&Path, &ReadConfig) -> Result<RawDataset, Error>,
    pub(crate) write: Option<Write>,
}

/// How a path is read, whatever its format.
#[derive(Clone, Debug, Default)]
pub struct ReadConfig {
    /// What is done with edges of nodes that the same source does not list.
    pub unknown_ids: UnknownIds,
    /// Which columns mean what.
    pub columns: ColumnConfig,
    /// What reading a packed file may take.
    pub max_memory: MemoryLimit,
}

impl Format {
    /// Reads a path as this format.
    ///
    /// # Errors
    /// A path that cannot be read, or does not hold what the format asks for.
    pub fn read(&self, path: &Path, config: &ReadConfig) -> Result<RawDataset, Error> {
        (self.read)(path, config)
    }

    /// Whether it can be written.
    pub fn writes(&self) -> bool {
        self.write.is_some()
    }

    /// Writes a data set: under another name first, then moved to its place.
    ///
    /// # Errors
    /// A format that is only read; a data set with something that the format has no place for; a path that cannot be
    /// written.
    pub fn write(&self, dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
        if let Some(labels) = dataset.multi_labels() {
            let found = format!("{} of them", labels.num_classes());
            return Err(Error::invalid(
                "classes to write",
                "one class a node: no format keeps several",
                found,
            ));
        }
        match self.write {
            Some(write) => write(dataset, path),
            None => Err(Error::invalid("format to write", "one that can be written", self.name)),
        }
    }

    /// Whether the name of a file says that it is of this format: by an ending that files of other content do not have.
    pub(crate) fn is_named_by(&self, sample: &Sample) -> bool {
        const SHARED: [&str; 7] = [".txt", ".csv", ".tsv", ".edges", ".edgelist", ".el", ".dat"];
        let mut own = self.endings.iter().filter(|ending| !SHARED.contains(ending));
        !sample.is_folder
            && own.any(|ending| sample.name.len() > ending.len() && sample.name.ends_with(ending))
    }

    /// Whether a file's name, in lower case, ends as this format's do, or so with ".gz" after it.
    pub fn has_ending_of(&self, name: &str) -> bool {
        let name = name.strip_suffix(".gz").unwrap_or(name);
        self.endings.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
    }
}

/// What there is to see of a path before it is read.
pub(crate) struct Sample {
    /// The path.
    pub(crate) path: PathBuf,
    /// The last component of the path in lower case, without ".gz".
    pub(crate) name: String,
    /// The sorted names of what is in a folder; empty for a file.
    pub(crate) files: Vec<String>,
    /// The first 4096 bytes of a file, unpacked from gzip; empty for a folder.
    pub(crate) head: Vec<u8>,
    /// Whether the path is a folder.
    pub(crate) is_folder: bool,
}

const HEAD_LEN: u64 = 4096;

impl Sample {
    /// Looks at a path.
    ///
    /// # Errors
    /// A path that cannot be read, or that can be read only once, as a pipe.
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let is_folder = path.is_dir();
        let files = if is_folder { file_names(path)? } else { Vec::new() };
        let mut head = Vec::new();
        if !is_folder {
            let fault = |source| Error::io(path, source);
            if !path.metadata().map_err(fault)?.is_file() {
                let expected = "a file, or a pipe of edges with `--input-format edge-list`";
                return Err(Error::malformed(Place::whole(path), expected, "what can be read only once"));
            }
            File::open(path).map_err(fault)?.take(HEAD_LEN).read_to_end(&mut head).map_err(fault)?;
            if head.starts_with(&[0x1f, 0x8b]) {
                let mut unpacked = Vec::new();
                // The head of a packed file ends in the middle of it: what came out before the error is what is wanted.
                let _ = MultiGzDecoder::new(&head[..]).take(HEAD_LEN).read_to_end(&mut unpacked);
                head = unpacked;
            }
        }
        if text_encoding::is_utf16(&head) {
            head = text_encoding::head_of_utf16(&head).into_bytes();
        }
        // Other kinds of files have zeros soon.
        if !head.contains(&0) {
            text_encoding::unify_line_ends(&mut head);
        }
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(&name).to_string();
        Ok(Self { path: path.to_path_buf(), name, files, head, is_folder })
    }

    /// The names in a folder, or the one name of a file, as they are.
    pub(crate) fn file_names(&self) -> impl Iterator<Item = &str> {
        let own = if self.is_folder { None } else { self.path.file_name().and_then(|name| name.to_str()) };
        self.files.iter().map(String::as_str).chain(own)
    }

    /// The first line of a file that is text, without its end.
    pub(crate) fn first_line(&self) -> Option<&str> {
        let end = self.head.iter().position(|&byte| byte == b'\n').unwrap_or(self.head.len());
        std::str::from_utf8(&self.head[..end]).ok().map(|line| line.trim_end_matches('\r'))
    }

    /// Whether a folder has a file of this name, as it is or with ".gz".
    pub(crate) fn has_file(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.strip_suffix(".gz").unwrap_or(file) == name)
    }
}
