//! What can be wrong with a graph that comes from outside, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// A spot in a file: the file and how far into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file; a message shows its last component only.
    pub file: PathBuf,
    /// How far into the file.
    pub position: Position,
}

/// How far into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The file as a whole.
    Whole,
    /// A line, counted from 1.
    Line(usize),
    /// A byte, counted from 0.
    Byte(usize),
}

impl Place {
    /// The file as a whole.
    pub fn whole(file: &Path) -> Self {
        Self { file: file.to_path_buf(), position: Position::Whole }
    }

    /// A line of the file, counted from 1.
    pub fn line(file: &Path, line: usize) -> Self {
        Self { file: file.to_path_buf(), position: Position::Line(line) }
    }

    /// A byte of the file, counted from 0.
    pub fn byte(file: &Path, byte: usize) -> Self {
        Self { file: file.to_path_buf(), position: Position::Byte(byte) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.file_name().unwrap_or(self.file.as_os_str()).to_string_lossy();
        match self.position {
            Position::Whole => write!(out, "{name}"),
            Position::Line(line) => write!(out, "{name}:{line}"),
            Position::Byte(byte) => write!(out, "{name}, byte {byte}"),
        }
    }
}

/// Why a graph, or a part of one, could not be read or built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot access {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what its format asks for.
    #[error("{place}: expected {expected}, found {found}")]
    Malformed {
        /// Where in which file.
        place: Place,
        /// What the format asks for there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A file asks for something this reader never does, such as running code.
    #[error("{place}: refused {what}")]
    Refused {
        /// Where in which file.
        place: Place,
        /// What was asked for.
        what: String,
    },
    /// Parts in memory that do not fit together, or a setting out of its range.
    #[error("{what}: expected {expected}, found {found}")]
    Invalid {
        /// The part or the setting.
        what: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Neither a known data set nor a path that exists.
    #[error(
        "no data set and no path is called {name:?}; {}known data sets: {}",
        suggestion(closest),
        known.join(", ")
    )]
    UnknownDataset {
        /// What was asked for.
        name: String,
        /// The known name most like it, where one is near.
        closest: Option<&'static str>,
        /// Every known name.
        known: Vec<&'static str>,
    },
    /// A known data set that is not embedded, and whose files were not found.
    #[error(
        "the data set {name} is not embedded and its file {file} was not found; {}; `g2r data fetch {name}` gets it",
        searched(looked_in)
    )]
    RawFilesMissing {
        /// The data set.
        name: &'static str,
        /// The first file that is not there.
        file: String,
        /// The folders looked in; empty when no folder of raw files was given.
        looked_in: Vec<PathBuf>,
    },
}

impl Error {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    pub(crate) fn malformed(place: Place, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Malformed { place, expected: expected.into(), found: found.into() }
    }

    pub(crate) fn refused(place: Place, what: impl Into<String>) -> Self {
        Self::Refused { place, what: what.into() }
    }

    pub(crate) fn invalid(
        what: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Invalid { what: what.into(), expected: expected.into(), found: found.into() }
    }

    /// The same complaint, put at the file whose content it is about.
    pub(crate) fn in_file(self, file: &Path) -> Self {
        match self {
            Self::Invalid { what, expected, found } => {
                Self::malformed(Place::whole(file), format!("{expected} ({what})"), found)
            }
            other => other,
        }
    }
}

fn suggestion(closest: &Option<&'static str>) -> String {
    closest.map_or_else(String::new, |name| format!("closest is {name:?}; "))
}

fn searched(looked_in: &[PathBuf]) -> String {
    if looked_in.is_empty() {
        return "no folder of raw files was given".to_string();
    }
    let folders: Vec<String> = looked_in.iter().map(|folder| folder.display().to_string()).collect();
    format!("looked in {}", folders.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_the_last_component_and_how_far_into_the_file() {
        let file = Path::new("some/folder/ind.cora.graph");
        assert_eq!(Place::whole(file).to_string(), "ind.cora.graph");
        assert_eq!(Place::line(file, 2).to_string(), "ind.cora.graph:2");
        assert_eq!(Place::byte(file, 31).to_string(), "ind.cora.graph, byte 31");
    }

    #[test]
    fn missing_raw_files_say_where_was_looked() {
        let missing =
            |looked_in| Error::RawFilesMissing { name: "pubmed", file: "ind.pubmed.x".into(), looked_in };
        assert_eq!(
            missing(vec![]).to_string(),
            "the data set pubmed is not embedded and its file ind.pubmed.x was not found; \
             no folder of raw files was given; `g2r data fetch pubmed` gets it"
        );
        assert_eq!(
            missing(vec!["a".into(), "b".into()]).to_string(),
            "the data set pubmed is not embedded and its file ind.pubmed.x was not found; looked in a, b; \
             `g2r data fetch pubmed` gets it"
        );
    }
}
