//! Why a data set could not be fetched.

use std::path::{Path, PathBuf};

/// Why a data set could not be fetched.
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
    /// No connection to a host.
    #[error("cannot reach {host}")]
    Unreachable {
        /// The host.
        host: String,
        /// What was wrong.
        source: Box<ureq::Error>,
    },
    /// A download that broke off, and again whenever it went on.
    #[error("{url}: the download broke off after {num_bytes} bytes, {num_attempts} times on end")]
    BrokenOff {
        /// What was downloaded.
        url: String,
        /// How much of it is there; the next fetch goes on from it.
        num_bytes: u64,
        /// How often it was tried.
        num_attempts: u32,
        /// What was wrong the last time.
        source: std::io::Error,
    },
    /// A server that does not give the file.
    #[error("{url}: expected a file, found the answer {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status of the answer.
        status: u16,
    },
    /// An address that is not asked.
    #[error("{url}: expected {expected}")]
    Address {
        /// The address.
        url: String,
        /// What it must be.
        expected: &'static str,
    },
    /// More bytes than the file can have.
    #[error("{url}: expected at most {max_bytes} bytes, found {found}")]
    TooLong {
        /// What was downloaded.
        url: String,
        /// How many there may be.
        max_bytes: u64,
        /// How many the server announced or sent.
        found: u64,
    },
    /// Another checksum than is known; what was downloaded is removed.
    #[error("{url}: expected the SHA-256 {expected}, found {found}")]
    Checksum {
        /// What was downloaded.
        url: String,
        /// What is known.
        expected: String,
        /// What came.
        found: String,
    },
    /// Another checksum than the first time; what was downloaded is removed.
    #[error(
        "{url}: expected the SHA-256 {expected} of the first time, found {found}; \
         to take what is published now, remove {}",
        record.display()
    )]
    Changed {
        /// What was downloaded.
        url: String,
        /// What was found the first time.
        expected: String,
        /// What came.
        found: String,
        /// Where the first is written down.
        record: PathBuf,
    },
    /// An archive that is none, or holds what it should not.
    #[error("{archive}: expected {expected}, found {found}")]
    Archive {
        /// The archive.
        archive: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// What was downloaded is not the data set; it is removed.
    #[error("what was downloaded is not {name}")]
    OtherContent {
        /// The data set.
        name: &'static str,
        /// What is wrong with it.
        source: graph_io::Error,
    },
}

impl Error {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.to_path_buf(), source }
    }

    /// Whether files that are put into the folder by hand would help.
    pub fn is_of_the_network(&self) -> bool {
        !matches!(self, Self::Io { .. } | Self::OtherContent { .. } | Self::Archive { .. })
    }
}
