//! The files that a data set is read from, and where they are found.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::registry::{DatasetInfo, Origin};
use crate::error::Error;

/// A file that a data set is read from, or a zip archive of such files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RawFile {
    /// Where it lies below a folder of raw files, with `/` between.
    pub path: &'static str,
    /// Where it is published.
    pub url: &'static str,
    /// The SHA-256 of its bytes, where we had it in our hands.
    pub sha256: Option<&'static str>,
    /// Its length where that is known, else more than it can be: a download ends there.
    pub max_bytes: u64,
    /// The files in a zip archive that are read, by their names in it: they lie unpacked beside it, and it need not be
    /// there. Empty for a file that is read as it is.
    pub members: &'static [&'static str],
}

impl RawFile {
    /// A file of which we know every byte.
    pub(super) const fn known(
        path: &'static str,
        url: &'static str,
        num_bytes: u64,
        sha256: &'static str,
    ) -> Self {
        Self { path, url, sha256: Some(sha256), max_bytes: num_bytes, members: &[] }
    }

    /// A file that we have not seen.
    pub(super) const fn unseen(path: &'static str, url: &'static str, max_bytes: u64) -> Self {
        Self { path, url, sha256: None, max_bytes, members: &[] }
    }

    /// Its name without the folders it lies in.
    pub fn file_name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// What is read of it, as paths below a folder of raw files: itself, or its members beside it.
    pub fn read_paths(&self) -> Vec<PathBuf> {
        if self.members.is_empty() {
            return vec![PathBuf::from(self.path)];
        }
        let folder = Path::new(self.path).parent().unwrap_or(Path::new(""));
        self.members.iter().map(|member| folder.join(member)).collect()
    }

    /// The same for files that lie in the folder itself.
    fn flat_paths(&self) -> Vec<PathBuf> {
        match self.members {
            [] => vec![PathBuf::from(self.file_name())],
            members => members.iter().map(PathBuf::from).collect(),
        }
    }
}

/// Where the files of a data set are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Every file that is read, in the order of the data set's list; none for one that is embedded.
    pub paths: Vec<PathBuf>,
    /// The folder of raw files they were found below; none for one that is embedded.
    pub raw_dir: Option<PathBuf>,
}

impl Located {
    pub(super) fn find(info: &DatasetInfo, raw_dirs: &[PathBuf]) -> Result<Self, Error> {
        if info.origin == Origin::Embedded {
            return Ok(Self { paths: Vec::new(), raw_dir: None });
        }
        let layouts: [Vec<PathBuf>; 2] = [
            info.files.iter().flat_map(RawFile::read_paths).collect(),
            info.files.iter().flat_map(RawFile::flat_paths).collect(),
        ];
        // Of folders that have some of the files the one with most tells which is missing.
        let mut missing: Option<(usize, &PathBuf)> = None;
        for raw_dir in raw_dirs {
            for layout in &layouts {
                let num_there = layout.iter().filter(|path| raw_dir.join(path).is_file()).count();
                if num_there == layout.len() {
                    let paths = layout.iter().map(|path| raw_dir.join(path)).collect();
                    return Ok(Self { paths, raw_dir: Some(raw_dir.clone()) });
                }
                let first = layout.iter().find(|path| !raw_dir.join(path).is_file());
                if let Some(first) = first.filter(|_| missing.is_none_or(|(most, _)| num_there > most)) {
                    missing = Some((num_there, first));
                }
            }
        }
        let first = missing.map(|(_, first)| first).or(layouts[0].first());
        let file = first.and_then(|path| path.file_name()).unwrap_or_default();
        let mut looked_in = Vec::new();
        for raw_dir in raw_dirs {
            let folders = layouts.iter().flatten().filter_map(|path| path.parent());
            for folder in folders.map(|folder| raw_dir.join(folder)) {
                // Joining with nothing leaves a separator at the end.
                let folder = folder.components().collect();
                if !looked_in.contains(&folder) {
                    looked_in.push(folder);
                }
            }
        }
        Err(Error::RawFilesMissing { name: info.name, file: file.to_string_lossy().into_owned(), looked_in })
    }

    /// The file that alone, or whose folder, is read.
    pub(super) fn first(&self) -> &Path {
        self.paths.first().map_or(Path::new(""), PathBuf::as_path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::{all, named};

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn files_are_found_as_laid_out_or_flat_in_the_first_folder_that_has_all() {
        let [one, two] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let raw_dirs = [one.path().to_path_buf(), two.path().to_path_buf()];
        let pubmed = named("pubmed").unwrap();
        for file in pubmed.files {
            touch(&two.path().join(file.file_name()));
        }
        let found = pubmed.locate(&raw_dirs).unwrap();
        assert_eq!(found.raw_dir.as_deref(), Some(two.path()));
        assert_eq!(found.first(), two.path().join("ind.pubmed.x"));
        for file in pubmed.files {
            touch(&one.path().join(file.path));
        }
        assert_eq!(
            pubmed.locate(&raw_dirs).unwrap().first(),
            one.path().join("planetoid").join("ind.pubmed.x")
        );
    }

    #[test]
    fn members_of_an_archive_are_found_without_it() {
        let folder = tempfile::tempdir().unwrap();
        let arxiv = named("ogbn-arxiv").unwrap();
        assert_eq!(arxiv.files[0].read_paths()[0], Path::new("ogb/arxiv/raw/edge.csv.gz"));
        for member in arxiv.files[0].members {
            touch(&folder.path().join("ogb").join(member));
        }
        let found = arxiv.locate(&[folder.path().to_path_buf()]).unwrap();
        assert_eq!(found.paths.len(), arxiv.files[0].members.len());
        assert_eq!(found.first(), folder.path().join("ogb/arxiv/raw/edge.csv.gz"));
    }

    #[test]
    fn a_data_set_without_its_raw_files_says_where_was_looked() {
        let pubmed = named("pubmed").unwrap();
        let without = pubmed.load(&[]).unwrap_err().to_string();
        assert!(
            without.ends_with("no folder of raw files was given; `g2r data fetch pubmed` gets it"),
            "{without}"
        );
        let folder = tempfile::tempdir().unwrap();
        let shown = folder.path().display();
        let message = || pubmed.load(&[folder.path().to_path_buf()]).unwrap_err().to_string();
        let looked = format!("looked in {shown}/planetoid, {shown}; `g2r data fetch pubmed` gets it");
        assert_eq!(
            message(),
            format!("the data set pubmed is not embedded and its file ind.pubmed.x was not found; {looked}")
        );
        for file in pubmed.files.iter().filter(|file| !file.path.ends_with(".ally")) {
            touch(&folder.path().join(file.path));
        }
        assert!(message().contains("its file ind.pubmed.ally was not found"), "{}", message());
    }

    #[test]
    fn every_file_has_a_safe_path_an_https_address_and_a_bound() {
        for file in all().iter().flat_map(|info| info.files) {
            for path in file.read_paths().iter().chain([&PathBuf::from(file.path)]) {
                let plain = |part| matches!(part, std::path::Component::Normal(_));
                assert!(path.components().all(plain), "{}", path.display());
                assert!(path.components().count() >= 2, "{} lies in a folder", path.display());
            }
            assert!(file.url.starts_with("https://"), "{}", file.url);
            assert!((1..=1 << 30).contains(&file.max_bytes), "{}", file.path);
            assert_eq!(file.members.is_empty(), !file.path.ends_with(".zip"));
            assert!(file.sha256.is_none_or(|sum| sum.len() == 64
                && sum.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())));
        }
    }
}
