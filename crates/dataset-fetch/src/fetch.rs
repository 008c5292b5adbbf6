//! A data set's files, brought into a folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use graph_io::datasets::{DatasetInfo, Origin, RawFile};
use serde::{Serialize, Serializer};
use ureq::Agent;

use crate::checksum::{record, record_path, recorded, sha256_of};
use crate::download::{Downloader, Wanted, forget_validator};
use crate::error::Error;
use crate::lock::Lock;
use crate::progress::Progress;
use crate::unpack::unpack;

/// How data sets are fetched, and where to.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The folder of raw files they go to; made where it is not there.
    pub folder: PathBuf,
    /// The address of a copy of such a folder, to be asked in place of where the files are published.
    pub mirror: Option<String>,
    /// Who else stands between here and the hosts.
    pub proxies: Proxies,
    /// How often a download may break off on end before it is given up; at least 1.
    pub num_attempts: u32,
    /// The pause after the first time; each further one is twice as long.
    pub pause: Duration,
    /// How long nothing, or next to nothing, may come before a download counts as broken off.
    pub patience: Duration,
}

/// Who stands between here and the hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proxies {
    /// Nobody.
    None,
    /// Whom `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name.
    OfTheEnvironment,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FetchReport {
    /// The data set.
    pub name: &'static str,
    /// Its files, in the order of its list; none for one that is embedded.
    pub files: Vec<FetchedFile>,
}

/// A file that is there now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FetchedFile {
    /// Where it is; of an archive, where it was before it was unpacked there.
    #[serde(serialize_with = "shown")]
    pub path: PathBuf,
    /// Where it is published.
    pub url: &'static str,
    /// Its SHA-256.
    pub sha256: String,
    /// Whether that was known beforehand. Where it was not, the data set was read and has its published counts, and
    /// the checksum is written down beside the file for the next time.
    pub is_checksum_known: bool,
    /// How it came there.
    pub outcome: Outcome,
}

/// How a file came there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was downloaded.
    Downloaded,
    /// It was there already.
    AlreadyThere,
}

impl Fetch {
    /// From where the files are published, five times on end, with half a minute's patience.
    pub fn into_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            mirror: None,
            proxies: Proxies::None,
            num_attempts: 5,
            pause: Duration::from_millis(500),
            patience: Duration::from_secs(30),
        }
    }

    /// Brings a data set's files into the folder, those that are not there. Another process that does the same is
    /// waited for.
    ///
    /// # Errors
    /// Whatever keeps the files from being there whole and right; see [`Error`]. What is there of a download that broke
    /// off is kept under a name that ends in `.part`, and gone on with the next time.
    pub fn fetch(&self, info: &DatasetInfo, progress: &mut dyn Progress) -> Result<FetchReport, Error> {
        let mut files = Vec::with_capacity(info.files.len());
        if info.origin == Origin::RawFiles {
            std::fs::create_dir_all(&self.folder).map_err(|source| Error::io(&self.folder, source))?;
            let _lock = Lock::take(&self.folder, info.name, progress)?;
            let downloader = self.downloader();
            for file in info.files {
                files.push(self.fetch_file(info, file, &downloader, progress)?);
            }
        }
        Ok(FetchReport { name: info.name, files })
    }

    /// What to do by hand where the network does not help: a line for each file, with its address and its checksum,
    /// and where to put it.
    pub fn by_hand(&self, info: &DatasetInfo) -> String {
        let mut text = String::new();
        for file in info.files {
            let path = self.folder.join(file.path);
            text += &format!("{} as {}", file.url, path.display());
            match file.sha256 {
                Some(sha256) => text += &format!(" (SHA-256 {sha256})\n"),
                None => text += "\n",
            }
        }
        text
    }

    fn downloader(&self) -> Downloader {
        let config = Agent::config_builder()
            .user_agent(concat!("g2r/", env!("CARGO_PKG_VERSION")))
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_resolve(Some(self.patience))
            .timeout_connect(Some(self.patience))
            .timeout_per_read(Some(self.patience))
            .timeout_recv_response(Some(self.patience));
        let config = match self.proxies {
            Proxies::None => config.proxy(None),
            Proxies::OfTheEnvironment => config,
        };
        Downloader {
            agent: config.build().into(),
            num_attempts: self.num_attempts,
            pause: self.pause,
            patience: self.patience,
        }
    }

    fn url(&self, file: &RawFile) -> String {
        match &self.mirror {
            Some(mirror) => format!("{}/{}", mirror.trim_end_matches('/'), file.path),
            None => file.url.to_string(),
        }
    }

    fn fetch_file(
        &self,
        info: &DatasetInfo,
        file: &RawFile,
        downloader: &Downloader,
        progress: &mut dyn Progress,
    ) -> Result<FetchedFile, Error> {
        let path = self.folder.join(file.path);
        let expected = file.sha256.map(str::to_string).or_else(|| recorded(&path));
        let there = |sha256, outcome| FetchedFile {
            path: path.clone(),
            url: file.url,
            sha256,
            is_checksum_known: file.sha256.is_some(),
            outcome,
        };
        let is_unpacked = !file.members.is_empty()
            && file.read_paths().iter().all(|member| self.folder.join(member).is_file());
        if let Some(sha256) = expected.clone().filter(|_| is_unpacked) {
            return Ok(there(sha256, Outcome::AlreadyThere));
        }
        if path.is_file() {
            let sha256 = sha256_of(&path)?;
            let is_right = match &expected {
                Some(expected) => *expected == sha256,
                // It was put here by hand, and is what the data set can be read from or is not.
                None => !file.members.is_empty() || info.load(std::slice::from_ref(&self.folder)).is_ok(),
            };
            if is_right {
                if !file.members.is_empty() {
                    self.unpack_and_check(info, file, &path)?;
                }
                self.write_down(file, &path, &sha256)?;
                return Ok(there(sha256, Outcome::AlreadyThere));
            }
        }
        let folder = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
        let part = path.with_added_extension("part");
        let sha256 = self.download(file, expected, &part, downloader, progress)?;
        self.settle(info, file, &part)?;
        self.write_down(file, &path, &sha256)?;
        Ok(there(sha256, Outcome::Downloaded))
    }

    /// Downloads a file to `part` and gives its checksum, the expected one where one is.
    fn download(
        &self,
        file: &RawFile,
        expected: Option<String>,
        part: &Path,
        downloader: &Downloader,
        progress: &mut dyn Progress,
    ) -> Result<String, Error> {
        let url = self.url(file);
        let wanted = Wanted { url: &url, max_bytes: file.max_bytes, part, is_checked: expected.is_some() };
        progress.started(file.path);
        let mut download = downloader.download(wanted, progress)?;
        let mut is_second = false;
        loop {
            let found = sha256_of(part)?;
            let Some(expected) = expected.clone().filter(|expected| *expected != found) else {
                return Ok(found);
            };
            remove(part)?;
            if download.is_resumed && !is_second {
                // They may be the halves of two versions: once more from the start.
                download = downloader.download(wanted, progress)?;
                is_second = true;
                continue;
            }
            return Err(match file.sha256 {
                Some(_) => Error::Checksum { url, expected, found },
                None => {
                    let record = record_path(&self.folder.join(file.path));
                    Error::Changed { url, expected, found, record }
                }
            });
        }
    }

    /// Puts what was downloaded to its place, once it is known to be right.
    fn settle(&self, info: &DatasetInfo, file: &RawFile, part: &Path) -> Result<(), Error> {
        let path = self.folder.join(file.path);
        if !file.members.is_empty() {
            let settled = self.unpack_and_check(info, file, part);
            remove(part)?;
            return settled;
        }
        if file.sha256.is_none() {
            let staging = self.staging()?;
            let staged = staging.path().join(file.path);
            std::fs::create_dir_all(staged.parent().unwrap_or(staging.path()))
                .and_then(|()| std::fs::rename(part, &staged))
                .map_err(|source| Error::io(&staged, source))?;
            check(info, staging.path())?;
            return std::fs::rename(&staged, &path).map_err(|source| Error::io(&path, source));
        }
        std::fs::rename(part, &path).map_err(|source| Error::io(&path, source))
    }

    /// Unpacks an archive aside, reads the data set from there, then moves the files to their places.
    fn unpack_and_check(&self, info: &DatasetInfo, file: &RawFile, archive: &Path) -> Result<(), Error> {
        let staging = self.staging()?;
        let below = Path::new(file.path).parent().unwrap_or(Path::new(""));
        unpack(archive, file.members, &staging.path().join(below))?;
        check(info, staging.path())?;
        for member in file.read_paths() {
            let path = self.folder.join(&member);
            std::fs::create_dir_all(path.parent().unwrap_or(&self.folder))
                .and_then(|()| std::fs::rename(staging.path().join(&member), &path))
                .map_err(|source| Error::io(&path, source))?;
        }
        Ok(())
    }

    /// A folder beside the places the files go to, so that they can be moved there; removed when dropped.
    fn staging(&self) -> Result<tempfile::TempDir, Error> {
        let staging = tempfile::Builder::new().prefix(".fetching-").tempdir_in(&self.folder);
        staging.map_err(|source| Error::io(&self.folder, source))
    }

    /// Writes down a checksum that nobody knew, so that another one is noticed the next time.
    fn write_down(&self, file: &RawFile, path: &Path, sha256: &str) -> Result<(), Error> {
        match file.sha256 {
            Some(_) => Ok(()),
            None => record(path, sha256),
        }
    }
}

/// A path of any bytes as text.
fn shown<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Reads the data set, which compares its counts with the published ones.
fn check(info: &DatasetInfo, folder: &Path) -> Result<(), Error> {
    let loaded = info.load(&[folder.to_path_buf()]);
    loaded.map(drop).map_err(|source| Error::OtherContent { name: info.name, source })
}

fn remove(part: &Path) -> Result<(), Error> {
    forget_validator(part);
    std::fs::remove_file(part).map_err(|source| Error::io(part, source))
}
