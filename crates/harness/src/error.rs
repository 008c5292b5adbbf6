//! What can be wrong with an experiment and its files.

use std::path::{Path, PathBuf};

use crate::memory::{AvailableMemory, Bytes};

/// Why an experiment could not be set up, run or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting outside its range.
    #[error("`{name}` must be {expected}, got {found}")]
    Setting {
        /// The setting's name in the config file.
        name: &'static str,
        /// Its range, in words.
        expected: String,
        /// The value given.
        found: String,
    },
    /// No data set was named.
    #[error("no data set: name one, such as cora, or set `dataset` in the config file")]
    NoDataset,
    /// A config file that is not TOML, or has an unknown key or a value of the wrong type.
    #[error("{}:{line}: {message}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// Settings that have no file, with a wrong value.
    #[error("the settings cannot be read")]
    Settings(#[source] Box<toml::de::Error>),
    /// Settings that the default method does not have.
    #[error(
        "the method is {}, the default, unless another is named (--method g2r)",
        crate::experiment::DEFAULT_METHOD
    )]
    SettingsOfDefault {
        /// Which they are.
        source: Box<embedders::Error>,
    },
    /// Parts that do not fit together.
    #[error("{what}: expected {expected}, found {found}")]
    Invalid {
        /// The part.
        what: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: Cause,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: Cause,
    },
    /// A data set that is no longer the one that a run was made of.
    #[error(
        "data set {name}: expected the one that the run was made of, found one with other {parts}; \
         --allow-changed-data goes on with it"
    )]
    ChangedData {
        /// Its name.
        name: String,
        /// What differs.
        parts: String,
    },
    /// Rows cannot be clustered.
    #[error("the rows cannot be clustered")]
    Clustering {
        /// Why.
        source: clustering::Error,
    },
    /// Settings of a clustering method that cannot be read.
    #[error("settings of {method}")]
    ClusteringSettings {
        /// The method.
        method: String,
        /// Why.
        source: toml::de::Error,
    },
    /// Threads could not be started.
    #[error("cannot start {threads} threads")]
    Threads {
        /// How many.
        threads: usize,
        /// Why not.
        source: Cause,
    },
    /// A run that cannot fit into memory.
    #[error(
        "{what} needs at least {} of memory beside the data, and {} are available ({}); {}; --ignore-memory starts it all the same",
        Bytes(*needed), Bytes(available.bytes), available.source, would_fit(changes)
    )]
    Memory {
        /// Method and data set.
        what: String,
        /// A lower bound of the bytes that it needs.
        needed: u64,
        /// The bytes that there are.
        available: AvailableMemory,
        /// Changes with which it would fit, as flags of the command line.
        changes: Vec<String>,
    },
    /// A seed that broke down.
    #[error("seed {seed}")]
    Seed {
        /// The seed.
        seed: u64,
        /// Why.
        source: Box<Error>,
    },
    /// A data set or split.
    #[error(transparent)]
    Graph(#[from] graph_io::Error),
    /// An embedder.
    #[error(transparent)]
    Embedder(#[from] embedders::Error),
    /// A probe.
    #[error(transparent)]
    Probe(#[from] evaluation::Error),
    /// A map of the nodes.
    #[error(transparent)]
    Layout(#[from] layout::Error),
}

/// Changes in words.
fn would_fit(changes: &[String]) -> String {
    match changes {
        [] => "it would fit with more memory or a smaller graph".to_string(),
        changes => format!("it would fit with {}", changes.join(" or with ")),
    }
}

/// What a library said of a file.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    pub(crate) fn setting(name: &'static str, expected: impl Into<String>, found: impl ToString) -> Self {
        Self::Setting { name, expected: expected.into(), found: found.to_string() }
    }

    pub(crate) fn invalid(
        what: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Invalid { what: what.into(), expected: expected.into(), found: found.into() }
    }

    pub(crate) fn read(path: &Path, source: impl Into<Cause>) -> Self {
        Self::Read { path: path.to_path_buf(), source: source.into() }
    }

    pub(crate) fn write(path: &Path, source: impl Into<Cause>) -> Self {
        Self::Write { path: path.to_path_buf(), source: source.into() }
    }

    /// A complaint about TOML, put at its line.
    pub(crate) fn config(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = 1 + text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count();
        Self::Config { path: path.to_path_buf(), line, message: error.message().replace('\n', ", ") }
    }
}
