//! Where a result comes from: the program, the machine, the data.

use std::path::Path;

use graph_io::{CleaningReport, DataFingerprint, NodeDataset, ReadNotes, fingerprint_of_rows};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::experiment::RunSettings;

/// The names of at most so many feature columns are listed.
const MOST_COLUMNS: usize = 1000;

/// The program that made a result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramInfo {
    /// Its version.
    pub version: String,
    /// The revision of its source, with a `+` where files differed from it; `None` where it was built outside of a repository.
    pub revision: Option<String>,
    /// The optional features that are compiled in.
    pub features: Vec<String>,
}

/// What a result was made by and of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// The program.
    pub program: ProgramInfo,
    /// The machine.
    pub machine: MachineInfo,
    /// The data set as it was read and cleaned.
    pub data: DataOrigin,
    /// The fingerprint of the embedding that was written.
    pub embedding: String,
}

/// The machine that a result was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineInfo {
    /// The processor's name, where the system tells it.
    pub processor: Option<String>,
    /// Threads that were used.
    pub threads: usize,
    /// Operating system and architecture.
    pub system: String,
}

/// A data set as it was read and cleaned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataOrigin {
    /// What tells it from another.
    pub fingerprint: DataFingerprint,
    /// Number of nodes.
    pub num_nodes: usize,
    /// Number of edges.
    pub num_edges: usize,
    /// Number of feature columns; 0 where the source has none.
    pub num_features: usize,
    /// The names of the columns that became features, at most the first thousand; `None` where they have none.
    pub feature_columns: Option<Vec<String>>,
    /// What cleaning did.
    pub cleaning: CleaningReport,
    /// What the reader decided, and what it did not use.
    pub notes: ReadNotes,
}

/// What of a [`Provenance`] is read again.
#[derive(Deserialize)]
pub(crate) struct StoredProvenance {
    pub(crate) program: ProgramInfo,
    pub(crate) machine: MachineInfo,
    pub(crate) data: StoredOrigin,
    embedding: String,
}

#[derive(Deserialize)]
pub(crate) struct StoredOrigin {
    pub(crate) fingerprint: DataFingerprint,
}

/// A report, of which the provenance is read; older programs have written none.
#[derive(Deserialize)]
pub(crate) struct WithProvenance {
    pub(crate) provenance: Option<StoredProvenance>,
}

impl StoredProvenance {
    /// Checks that the embedding in a file is the one that the run has written.
    pub(crate) fn check_embedding(&self, file: &Path, embedding: &Array2<f32>) -> Result<(), Error> {
        if fingerprint_of_rows(embedding.view()) == self.embedding {
            return Ok(());
        }
        let expected = "the embedding that its run has written";
        Err(Error::invalid(file.display().to_string(), expected, "another one"))
    }
}

impl Provenance {
    pub(crate) fn of(
        program: ProgramInfo,
        dataset: &NodeDataset,
        fingerprint: DataFingerprint,
        embedding: &Array2<f32>,
    ) -> Self {
        let names = dataset.feature_names().filter(|_| dataset.own_features().is_some());
        let data = DataOrigin {
            fingerprint,
            num_nodes: dataset.graph().num_nodes(),
            num_edges: dataset.graph().num_edges(),
            num_features: dataset.own_features().map_or(0, graph_io::Features::d_input),
            feature_columns: names.map(|names| names.iter().take(MOST_COLUMNS).map(str::to_string).collect()),
            cleaning: *dataset.report(),
            notes: dataset.notes().clone(),
        };
        let embedding = fingerprint_of_rows(embedding.view());
        Self { program, machine: MachineInfo::here(), data, embedding }
    }
}

impl MachineInfo {
    /// This machine.
    pub fn here() -> Self {
        Self {
            processor: processor(),
            threads: rayon::current_num_threads(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// The model name in `/proc/cpuinfo`.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_string()).filter(|name| !name.is_empty())
}

/// Checks that a data set is the one that settings were written for, where they say which.
///
/// # Errors
/// [`Error::ChangedData`] for one with other nodes, edges, features, labels or splits.
pub fn check_data(settings: &RunSettings, dataset: &NodeDataset) -> Result<(), Error> {
    let Some(expected) = &settings.data else { return Ok(()) };
    check_fingerprint(expected, &DataFingerprint::of(dataset), dataset.name())
}

pub(crate) fn check_fingerprint(
    expected: &DataFingerprint,
    found: &DataFingerprint,
    name: &str,
) -> Result<(), Error> {
    match expected.differences(found).as_slice() {
        [] => Ok(()),
        parts => Err(Error::ChangedData { name: name.to_string(), parts: parts.join(", ") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_data_set_is_told_by_its_parts() {
        let cora = graph_io::load("cora", None).unwrap();
        let karate = graph_io::load("karate", None).unwrap();
        let settings = |data| RunSettings { data, ..RunSettings::default() };
        check_data(&settings(None), &karate).unwrap();
        check_data(&settings(Some(DataFingerprint::of(&cora))), &cora).unwrap();
        let error = check_data(&settings(Some(DataFingerprint::of(&cora))), &karate).unwrap_err();
        assert_eq!(
            error.to_string(),
            "data set karate: expected the one that the run was made of, found one with other node ids, edges, features, \
             labels, split; --allow-changed-data goes on with it"
        );
    }

    #[test]
    fn the_machine_has_a_name() {
        let machine = MachineInfo::here();
        assert!(machine.threads > 0 && machine.system.contains(' '));
        #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
        assert!(machine.processor.is_some());
    }
}
