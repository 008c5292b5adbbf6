//! What was chosen, as files: presets for the repository, and a config file for each data set.

use embedders::PreparationSettings;
use toml::{Table, Value};

use super::TuneConfig;
use super::choice::{Candidate, DatasetChoice, one_for_all};
use crate::input::InputConfig;

/// The best combination of each data set, by its own name, and the one for all, in the form of `crates/embedders/presets`: what
/// differs from the method's default. One for all is left out where the presets below it differ by data set.
pub fn preset_file(
    config: &TuneConfig,
    choices: &[DatasetChoice],
    names: &[String],
    command: &str,
) -> String {
    let mut text = String::new();
    let mut add = |head: &str, name: Option<&str>, candidate: &Candidate, found: String| {
        let TuneConfig { splits, seed, protocol, .. } = config;
        let mut preset = Table::new();
        if let Some(name) = name {
            preset.insert("names".into(), Value::Array(vec![name.into()]));
        }
        if let Some(kind) = config
            .variant
            .encoder
            .filter(|_| config.variant.encoder != config.variant.method.default_encoder())
        {
            preset.insert("encoders".into(), Value::Array(vec![kind.name().into()]));
        }
        let source =
            format!("{command}: validation accuracy {found}, {splits} splits {protocol}, seeds from {seed}");
        preset.insert("source".into(), source.into());
        let default = config.variant.method.parse(Table::new()).expect("the default is in range").to_table();
        preset.insert("settings".into(), changes(&default, candidate.settings.to_table()).into());
        let of = |preparation: PreparationSettings| {
            Table::try_from(preparation).expect("a preparation is numbers and words")
        };
        let preparation = changes(&of(PreparationSettings::default()), of(candidate.preparation));
        if !preparation.is_empty() {
            preset.insert("preparation".into(), preparation.into());
        }
        let list: Table = [(head.to_string(), Value::Array(vec![preset.into()]))].into_iter().collect();
        text.push_str(&toml::to_string(&list).expect("settings are numbers, words and lists"));
        text.push('\n');
    };
    for (choice, name) in choices.iter().zip(names) {
        if let Some((best, acc)) = choice.best().and_then(|best| Some((best, best.val_acc?))) {
            add("dataset", Some(name), best, format!("{} %", acc.percent()));
        }
    }
    if let Some((place, mean)) = one_for_all(choices) {
        let candidates: Vec<&Candidate> = choices.iter().filter_map(|choice| choice.at(place)).collect();
        let first = candidates[0];
        let is_one =
            |other: &&Candidate| other.settings == first.settings && other.preparation == first.preparation;
        if candidates.iter().all(is_one) {
            add("general", None, first, format!("{:.2} % in the mean of all data sets", 100.0 * mean));
        }
    }
    text
}

/// What a table has that another has not, or has differently.
fn changes(base: &Table, table: Table) -> Table {
    let changed = |(key, value): (String, Value)| match (base.get(&key), value) {
        (Some(Value::Table(base)), Value::Table(table)) => {
            let inner = changes(base, table);
            (!inner.is_empty()).then_some((key, Value::Table(inner)))
        }
        (base, value) => (base != Some(&value)).then_some((key, value)),
    };
    table.into_iter().filter_map(changed).collect()
}

/// A config file with every setting of a combination, as `g2r train --config` takes it: the same input, and the same epoch kept.
pub fn config_file(config: &TuneConfig, input: &InputConfig, dataset: &str, candidate: &Candidate) -> String {
    let mut table = Table::new();
    table.insert("dataset".into(), dataset.into());
    table.insert("method".into(), config.variant.method.name().into());
    table.insert("checkpoint".into(), candidate.checkpoint.to_string().into());
    for (key, settings) in [
        ("input", Table::try_from(input).expect("the input is numbers, words and paths")),
        ("preparation", Table::try_from(candidate.preparation).expect("a preparation is numbers and words")),
        (config.variant.method.name(), candidate.settings.to_table()),
    ] {
        table.insert(key.into(), settings.into());
    }
    toml::to_string(&table).expect("settings are numbers, words and lists")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_written() {
        let table = |text: &str| toml::from_str::<Table>(text).unwrap();
        let base = table("a = 1\nb = [1]\n[t]\nc = 2\nd = 3\n[u]\ne = 1");
        let found = changes(&base, table("a = 1\nb = [2]\nf = 'x'\n[t]\nc = 2\nd = 4\n[u]\ne = 1"));
        assert_eq!(found, table("b = [2]\nf = 'x'\n[t]\nd = 4"));
    }
}
