//! Downloads from a server on this machine.

// The lint's leave for tests does not reach the functions that they share.
#![allow(clippy::unwrap_used)]

mod archives;
mod breaking_off;
mod refusing;
mod server;
mod settling;

use std::path::{Path, PathBuf};
use std::time::Duration;

use dataset_fetch::{Error, Fetch, FetchReport, Progress};
use graph_io::datasets::{self, DatasetInfo, Origin, RawFile};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::server::Server;

const PATH: &str = "some/file.bin";

/// More than one read's worth of bytes that differ.
fn content() -> Vec<u8> {
    (0..200_000u32).map(|index| (index.wrapping_mul(index) >> 7) as u8).collect()
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn raw_file(sum: Option<String>, max_bytes: u64) -> RawFile {
    let sha256 = sum.map(|sum| &*sum.leak());
    RawFile { path: PATH, url: "https://nowhere.invalid/file.bin", sha256, max_bytes, members: &[] }
}

fn named(name: &str) -> DatasetInfo {
    *datasets::named(name).unwrap()
}

/// A data set of one file of these bytes.
fn known(content: &[u8]) -> DatasetInfo {
    let mut info = named("mutag");
    info.files = vec![raw_file(Some(sha256(content)), content.len() as u64)].leak();
    info
}

/// A data set that has its published counts whatever is in its one file, of which nothing is known.
fn unseen() -> DatasetInfo {
    let mut info = named("karate");
    info.origin = Origin::RawFiles;
    info.files = vec![raw_file(None, 1 << 20)].leak();
    info
}

/// A folder to fetch into, from a server.
struct Place {
    folder: TempDir,
    fetch: Fetch,
}

impl Place {
    fn of(server: &Server) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fetch = Fetch {
            mirror: Some(server.url()),
            num_attempts: 3,
            pause: Duration::from_millis(1),
            ..Fetch::into_folder(&folder.path().join("data"))
        };
        Self { folder, fetch }
    }

    fn fetch(&self, info: &DatasetInfo) -> Result<FetchReport, Error> {
        self.fetch.fetch(info, &mut Log::default())
    }

    fn message(&self, info: &DatasetInfo) -> String {
        self.fetch(info).unwrap_err().to_string()
    }

    fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("data").join(path)
    }

    fn read(&self) -> Vec<u8> {
        std::fs::read(self.path(PATH)).unwrap()
    }

    /// What lies in the folder of the file, sorted, and beside it nothing but locks.
    fn names(&self) -> Vec<String> {
        let names = |folder: PathBuf| {
            let mut names: Vec<String> = folder
                .read_dir()
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort_unstable();
            names
        };
        assert!(names(self.path("")).iter().all(|name| name == "some" || name.ends_with(".lock")));
        names(self.path("some"))
    }
}

/// What a download has told.
#[derive(Default)]
struct Log {
    started: Vec<String>,
    last: (u64, Option<u64>),
    retries: Vec<String>,
    num_waits: usize,
}

impl Progress for Log {
    fn started(&mut self, path: &str) {
        self.started.push(path.to_string());
    }

    fn advanced(&mut self, num_bytes: u64, num_total: Option<u64>) {
        self.last = (num_bytes, num_total);
    }

    fn retrying(&mut self, why: &str, _: Duration) {
        self.retries.push(why.to_string());
    }

    fn waiting(&mut self) {
        self.num_waits += 1;
    }
}
