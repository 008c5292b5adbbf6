//! A run found on disk.

use std::path::Path;

use embedders::Registry;
use serde::Deserialize;
use toml::Table;

use crate::error::Error;
use crate::experiment::Draft;
use crate::outputs::{CONFIG, REPORT};

/// The settings beside a model, and which seed it is of.
#[derive(Clone, Debug)]
pub struct SavedRun {
    /// Every setting.
    pub draft: Draft,
    /// The model's seed; the first of the settings where no report says.
    pub seed: u64,
}

#[derive(Deserialize)]
struct ReportedSeed {
    best_seed: u64,
}

impl SavedRun {
    /// Reads `config.toml` beside a model, and `report.json` where there is one.
    ///
    /// # Errors
    /// A file that cannot be read or is not what it should be.
    pub fn beside(registry: &Registry, model: &Path) -> Result<Self, Error> {
        let draft = Draft::from_layers(registry, Some(&model.with_file_name(CONFIG)), Table::new())?;
        let report = model.with_file_name(REPORT);
        let seed = match std::fs::read_to_string(&report) {
            Ok(text) => {
                let reported: ReportedSeed =
                    serde_json::from_str(&text).map_err(|source| Error::read(&report, source))?;
                reported.best_seed
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => draft.run.seed,
            Err(source) => return Err(Error::read(&report, source)),
        };
        Ok(Self { draft, seed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_seed_is_the_reported_one_else_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model.safetensors");
        fs::write(folder.path().join("config.toml"), "dataset = 'cora'\nseed = 3\nseeds = 4\n").unwrap();
        let first = SavedRun::beside(&Registry::builtin(), &model).unwrap();
        assert_eq!((first.seed, first.draft.run.seeds), (3, Some(4)));
        fs::write(folder.path().join("report.json"), "{\"best_seed\": 5, \"other\": null}").unwrap();
        assert_eq!(SavedRun::beside(&Registry::builtin(), &model).unwrap().seed, 5);
    }

    #[test]
    fn missing_settings_and_a_broken_report_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model.safetensors");
        let message = || SavedRun::beside(&Registry::builtin(), &model).unwrap_err().to_string();
        assert_eq!(message(), format!("cannot read {}", folder.path().join("config.toml").display()));
        fs::write(folder.path().join("config.toml"), "dataset = 'cora'\n").unwrap();
        fs::write(folder.path().join("report.json"), "{").unwrap();
        assert_eq!(message(), format!("cannot read {}", folder.path().join("report.json").display()));
    }
}
