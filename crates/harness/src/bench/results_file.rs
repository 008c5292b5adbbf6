//! The file of finished runs: a JSON object a line, appended as a whole or not at all.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::job::{Job, JobKey, JobRecord, JobScores};
use crate::error::Error;
use crate::experiment::DeviceChoice;

/// What makes results, beside what their key says: a run is only found if it was made by the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// The version of the program.
    pub version: String,
    /// The revision of its source, where it is known.
    pub revision: Option<String>,
    /// The device.
    pub device: DeviceChoice,
}

impl Default for Maker {
    /// This version on the CPU, of unknown revision.
    fn default() -> Self {
        let version = env!("CARGO_PKG_VERSION").to_string();
        Self { version, revision: None, device: DeviceChoice::Cpu }
    }
}

/// What is done with results of other revisions and versions of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OlderResults {
    /// They stay in the file and are not used.
    #[default]
    Leave,
    /// They are used where their key is the same, as far as it says: files of older programs do not name data and device.
    Accept,
}

/// Finished runs on disk.
///
/// A line is written by one call and flushed to the disk before the next run begins. Whatever moment the process is killed at,
/// the file holds the lines that were finished, and at most a piece of one more at its end, which opening it takes away.
#[derive(Debug)]
pub struct ResultsFile {
    path: PathBuf,
    file: File,
    records: Vec<JobRecord>,
    /// The places of the records of each name.
    places: HashMap<(String, String, String, u64), Vec<usize>>,
    older: usize,
    maker: Maker,
    policy: OlderResults,
}

impl ResultsFile {
    /// Opens a file, or makes it, and reads what is finished. No other process may write it at the same time.
    ///
    /// # Errors
    /// A file that cannot be opened, is in use by another process, or has a line that is no result.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(|source| Error::write(path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let expected = "a file that no other process is writing";
                return Err(Error::invalid(path.display().to_string(), expected, "one that is in use"));
            }
            Err(TryLockError::Error(source)) => return Err(Error::write(path, source)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|source| Error::read(path, source))?;
        // A piece without its line end is what a kill has left of a line.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(|source| Error::write(path, source))?;
            file.seek(SeekFrom::End(0)).map_err(|source| Error::write(path, source))?;
            bytes.truncate(whole);
        }
        let (mut records, mut older) = (Vec::new(), 0);
        for (line, text) in bytes.split(|&byte| byte == b'\n').enumerate() {
            if text.is_empty() {
                continue;
            }
            match serde_json::from_slice(text) {
                Ok(record) => records.push(record),
                // Of a program with other settings: it stays in the file.
                Err(_) if is_older(text) => older += 1,
                Err(error) => {
                    let place = format!("{}:{}", path.display(), line + 1);
                    return Err(Error::invalid(place, "a result of a run", error.to_string()));
                }
            }
        }
        let mut results = Self {
            path: path.to_path_buf(),
            file,
            records: Vec::new(),
            places: HashMap::new(),
            older,
            maker: Maker::default(),
            policy: OlderResults::default(),
        };
        records.into_iter().for_each(|record| results.push(record));
        Ok(results)
    }

    /// The same for results that `maker` makes, and what is done with those that it did not make.
    pub fn made_by(self, maker: Maker, policy: OlderResults) -> Self {
        Self { maker, policy, ..self }
    }

    fn push(&mut self, record: JobRecord) {
        self.places.entry(record.key.name()).or_default().push(self.records.len());
        self.records.push(record);
    }

    /// Every line, first to last.
    pub fn records(&self) -> &[JobRecord] {
        &self.records
    }

    /// How many results there are of an older program, whose settings have other names: they are kept and not shown.
    pub fn num_older(&self) -> usize {
        self.older
    }

    /// The last line of a run, if it was made by the same program on the same kind of device, of the same data; or, where older
    /// results are accepted, by another version or revision.
    pub fn find(&self, job: &JobKey) -> Option<&JobRecord> {
        let same = |accepts: fn(&Self, &JobRecord, &JobKey) -> bool| {
            self.of_name(job).rev().find(|record| accepts(self, record, job))
        };
        let older = || same(Self::would_have_made).filter(|_| self.policy == OlderResults::Accept);
        same(Self::has_made).or_else(older)
    }

    fn of_name(&self, job: &JobKey) -> impl DoubleEndedIterator<Item = &JobRecord> {
        let places = self.places.get(&job.name()).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| &self.records[*place])
    }

    fn has_made(&self, record: &JobRecord, job: &JobKey) -> bool {
        let Maker { version, revision, device } = &self.maker;
        record.version == *version
            && record.revision == *revision
            && record.device == Some(*device)
            && record.key == *job
    }

    /// Whether nothing that a record says of itself is against it.
    fn would_have_made(&self, record: &JobRecord, job: &JobKey) -> bool {
        let key = JobKey { data: record.key.data.clone().or_else(|| job.data.clone()), ..record.key.clone() };
        record.device.is_none_or(|device| device == self.maker.device) && key == *job
    }

    /// How many finished results have the name of one of these runs, its data set, protocol, method and seed, but are of other data,
    /// settings, devices or programs: they stay in the file and are not shown.
    pub fn num_stale<'a>(&self, jobs: impl Iterator<Item = &'a Job>) -> usize {
        let mut stale = HashSet::new();
        for key in jobs.map(Job::key) {
            for place in self.places.get(&key.name()).into_iter().flatten() {
                let record = &self.records[*place];
                let used = self.has_made(record, &key)
                    || (self.policy == OlderResults::Accept && self.would_have_made(record, &key));
                if record.scores.is_some() && !used {
                    stale.insert(*place);
                }
            }
        }
        stale.len()
    }

    /// The line of a run that this process has finished, or that failed.
    pub(super) fn record_of(
        &self,
        key: JobKey,
        scores: Option<JobScores>,
        error: Option<String>,
    ) -> JobRecord {
        let Maker { version, revision, device } = self.maker.clone();
        JobRecord { key, version, revision, device: Some(device), scores, error }
    }

    /// Whether a run is finished; one that failed is not.
    pub fn has(&self, job: &JobKey) -> bool {
        self.find(job).is_some_and(|record| record.scores.is_some())
    }

    /// Appends a line.
    ///
    /// # Errors
    /// A line that cannot be written.
    pub fn append(&mut self, record: &JobRecord) -> Result<(), Error> {
        let fault = |source| Error::write(&self.path, source);
        let mut line = serde_json::to_string(record).expect("records are numbers, words and lists");
        line.push('\n');
        self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()).map_err(fault)?;
        // As the file has it, to the last bit of every number: so a table is the same whenever it is made.
        self.push(serde_json::from_str(&line).expect("what was written is read"));
        Ok(())
    }
}

/// Whether a line is a result in the form of an older program.
fn is_older(text: &[u8]) -> bool {
    let object: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_slice(text);
    object.is_ok_and(|object| {
        ["dataset", "protocol", "method", "seed", "judge_every", "version"]
            .iter()
            .all(|key| object.contains_key(*key))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::BenchConfig;
    use embedders::Registry;

    fn record(seed: u64, error: Option<&str>) -> JobRecord {
        let karate = graph_io::load("karate", None).unwrap();
        let config = "datasets = ['karate']\nmethods = ['g2r']\nprotocols = ['10-10-80']\nseeds = 3";
        let config = BenchConfig::from_layers(&Registry::builtin(), None, toml::from_str(config).unwrap());
        let jobs = config.unwrap().jobs("karate", &karate).unwrap();
        let job = jobs.iter().rev().find(|job| job.seed == seed).unwrap();
        let Maker { version, revision, device } = Maker::default();
        JobRecord {
            key: job.key(),
            version,
            revision,
            device: Some(device),
            scores: error.is_none().then(|| super::super::JobScores {
                epoch: 17,
                epochs_trained: 20,
                d_output: 512,
                effective_rank: None,
                val_acc: Some(0.1 + 0.2),
                test_acc: Some(0.825),
                test_macro_f1: None,
                clustering: None,
                similarity: None,
                links: None,
                train_seconds: 1.0 / 3.0,
                seconds: 1.5,
                cpu_seconds: None,
                peak_bytes: Some(7),
            }),
            error: error.map(str::to_string),
        }
    }

    #[test]
    fn lines_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let mut file = ResultsFile::open(&path).unwrap();
        let written = [record(0, None), record(1, Some("no \"room\"\n"))];
        written.iter().for_each(|record| file.append(record).unwrap());
        drop(file);
        let file = ResultsFile::open(&path).unwrap();
        assert_eq!(file.records(), written);
        assert!(file.has(&written[0].key) && !file.has(&written[1].key) && !file.has(&record(2, None).key));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    }

    #[test]
    fn a_piece_of_a_line_is_taken_away_wherever_it_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let mut file = ResultsFile::open(&path).unwrap();
        file.append(&record(0, None)).unwrap();
        let first = std::fs::read(&path).unwrap().len();
        file.append(&record(1, None)).unwrap();
        drop(file);
        let bytes = std::fs::read(&path).unwrap();
        for length in (first..bytes.len()).step_by(37) {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let mut file = ResultsFile::open(&path).unwrap();
            assert_eq!(file.records().len(), 1, "cut at {length}");
            file.append(&record(1, None)).unwrap();
            drop(file);
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "cut at {length}");
        }
    }

    #[test]
    fn another_file_and_one_in_use_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        std::fs::write(&path, "\n{\"a\": 1}\n").unwrap();
        let message = ResultsFile::open(&path).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("{}:2: expected a result of a run, found ", path.display())),
            "{message}"
        );
        std::fs::write(&path, "").unwrap();
        let _first = ResultsFile::open(&path).unwrap();
        let message = ResultsFile::open(&path).unwrap_err().to_string();
        let expected = "expected a file that no other process is writing, found one that is in use";
        assert_eq!(message, format!("{}: {expected}", path.display()));
    }

    #[test]
    fn results_of_an_older_program_stay_in_the_file_and_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let line = "{\"dataset\":\"cora\",\"protocol\":\"public\",\"method\":\"g2r\",\"seed\":0,\"judge_every\":1,\
                    \"tasks\":[\"classification\"],\"settings\":{\"encoder\":\"gcn\"},\"version\":\"0.1.0\",\"scores\":null}\n";
        std::fs::write(&path, line).unwrap();
        let mut file = ResultsFile::open(&path).unwrap();
        assert_eq!((file.num_older(), file.records().len()), (1, 0));
        file.append(&record(0, None)).unwrap();
        drop(file);
        let file = ResultsFile::open(&path).unwrap();
        assert_eq!((file.num_older(), file.records().len()), (1, 1));
        assert!(std::fs::read_to_string(&path).unwrap().starts_with(line));
    }

    fn job_of(labels_turned: bool, settings: &str) -> Job {
        let mut parts = graph_io::load("karate", None).unwrap().into_parts();
        if labels_turned {
            let labels = parts.labels.take().unwrap();
            let classes = labels.classes().iter().map(|class| class.map(|class| 1 - class.min(1))).collect();
            parts.labels =
                Some(graph_io::Labels::from_classes(classes, labels.class_names().to_vec()).unwrap());
        }
        let karate = graph_io::NodeDataset::from_parts(parts).unwrap();
        let config = format!(
            "datasets = ['karate']\nmethods = ['g2r']\nprotocols = ['10-10-80']\nseeds = 1\n{settings}"
        );
        let config = BenchConfig::from_layers(&Registry::builtin(), None, toml::from_str(&config).unwrap());
        config.unwrap().jobs("karate", &karate).unwrap().pop().unwrap()
    }

    #[test]
    fn results_of_other_data_settings_devices_and_revisions_are_not_found_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let mut results = ResultsFile::open(&path).unwrap();
        let job = job_of(false, "");
        let scores = record(0, None).scores;
        results.append(&results.record_of(job.key(), scores, None)).unwrap();
        assert!(results.has(&job.key()));
        assert_eq!(results.num_stale([&job].into_iter()), 0);
        for other in [job_of(true, ""), job_of(false, "[g2r]\nepochs = 3"), {
            let scaled = "[preparation]\nfeature_scaling = 'standardize'";
            job_of(false, scaled)
        }] {
            assert!(!results.has(&other.key()));
            assert_eq!(results.num_stale([&other].into_iter()), 1);
        }
        let by = |revision: Option<&str>, device, policy| {
            let maker = Maker { revision: revision.map(str::to_string), device, ..Maker::default() };
            ResultsFile::open(&path).unwrap().made_by(maker, policy)
        };
        drop(results);
        let newer = by(Some("abc"), DeviceChoice::Cpu, OlderResults::Leave);
        assert_eq!((newer.has(&job.key()), newer.num_stale([&job].into_iter())), (false, 1));
        drop(newer);
        let accepted = by(Some("abc"), DeviceChoice::Cpu, OlderResults::Accept);
        assert_eq!((accepted.has(&job.key()), accepted.num_stale([&job].into_iter())), (true, 0));
        assert!(!accepted.has(&job_of(true, "").key()), "other data is never accepted");
        drop(accepted);
        let other_device = by(None, DeviceChoice::Wgpu, OlderResults::Accept);
        assert!(!other_device.has(&job.key()));
    }

    #[test]
    fn a_line_without_data_and_device_is_used_where_older_results_are_accepted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let job = job_of(false, "");
        let mut results = ResultsFile::open(&path).unwrap();
        results.append(&results.record_of(job.key(), record(0, None).scores, None)).unwrap();
        drop(results);
        let mut line: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        ["data", "device", "revision"].iter().for_each(|key| drop(line.remove(*key)));
        std::fs::write(&path, format!("{}\n", serde_json::to_string(&line).unwrap())).unwrap();
        let results = ResultsFile::open(&path).unwrap();
        assert_eq!((results.has(&job.key()), results.num_stale([&job].into_iter())), (false, 1));
        let results = results.made_by(Maker::default(), OlderResults::Accept);
        assert_eq!((results.has(&job.key()), results.num_stale([&job].into_iter())), (true, 0));
    }
}
