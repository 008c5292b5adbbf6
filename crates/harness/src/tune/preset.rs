//! What was chosen, as files: presets for the repository, and a config file for each data set.

use toml::{Table, Value};

use super::choice::{Candidate, DatasetChoice, one_for_all};
use super::{Grid, TuneConfig, nested};
use crate::bench::Variant;

/// The best combination of each data set, and the one for all, in the form of `crates/embedders/presets`. Only keys of the grid are
/// written: the rest is the method's.
pub fn preset_file(config: &TuneConfig, grid: &Grid, choices: &[DatasetChoice], command: &str) -> String {
    let mut text = String::new();
    let mut add = |head: &str, names: Option<&str>, candidate: &Candidate, found: String| {
        let TuneConfig { splits, seed, protocol, .. } = config;
        let source =
            format!("{command}: validation accuracy {found}, {splits} splits {protocol}, seeds from {seed}");
        let mut preset = Table::new();
        if let Some(name) = names {
            preset.insert("names".into(), Value::Array(vec![name.into()]));
        }
        preset.insert("source".into(), source.into());
        let combination = &grid.combinations()[candidate.place];
        preset.insert("settings".into(), config.variant.method.nested(combination.settings.clone()).into());
        if !combination.preparation.is_empty() {
            preset.insert("preparation".into(), nested(combination.preparation.clone()).into());
        }
        let list: Table = [(head.to_string(), Value::Array(vec![preset.into()]))].into_iter().collect();
        text.push_str(&toml::to_string(&list).expect("settings are numbers, words and lists"));
        text.push('\n');
    };
    for choice in choices {
        if let Some((best, acc)) = choice.best().and_then(|best| Some((best, best.val_acc?))) {
            add("dataset", Some(&choice.dataset.to_lowercase()), best, format!("{} %", acc.percent()));
        }
    }
    if let Some((place, mean)) = one_for_all(choices) {
        let candidate = choices.first().and_then(|choice| choice.at(place));
        if let Some(candidate) = candidate {
            add("general", None, candidate, format!("{:.2} % in the mean of all data sets", 100.0 * mean));
        }
    }
    text
}

/// A config file with every setting of a combination, as `g2r train --config` takes it.
pub fn config_file(variant: &Variant, dataset: &str, candidate: &Candidate) -> String {
    let mut table = Table::new();
    table.insert("dataset".into(), dataset.into());
    table.insert("method".into(), variant.method.name().into());
    let preparation = Table::try_from(candidate.preparation).expect("settings are numbers and words");
    table.insert("preparation".into(), preparation.into());
    table.insert(variant.method.name().into(), candidate.settings.to_table().into());
    toml::to_string(&table).expect("settings are numbers, words and lists")
}
