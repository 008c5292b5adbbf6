//! Settings for data sets, as data: one file a method in the folder `presets`.

use gnn::encoder::EncoderKind;
use graph_io::NodeDataset;
use serde::Deserialize;
use toml::{Table, Value};

/// What presets are chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The data set's own name in lower case, however it was asked for.
    pub dataset: &'a str,
    /// Number of nodes.
    pub num_nodes: usize,
}

impl<'a> Target<'a> {
    /// A data set.
    pub fn of(dataset: &'a NodeDataset) -> Self {
        Self { dataset: dataset.name(), num_nodes: dataset.graph().num_nodes() }
    }

    /// No data set yet: the general preset of a graph of a thousand nodes.
    pub fn general() -> Self {
        Self { dataset: "", num_nodes: 1000 }
    }
}

/// The presets of a method.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Presets {
    /// Of data sets by their names.
    dataset: Vec<Preset>,
    /// Of all others.
    general: Vec<Preset>,
}

/// Some settings and when they hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Preset {
    /// Names of data sets.
    #[serde(default)]
    names: Vec<String>,
    /// Kinds of encoders; none for all.
    #[serde(default)]
    encoders: Vec<EncoderKind>,
    /// The fewest nodes.
    #[serde(default)]
    min_nodes: usize,
    /// Where the settings are from, for readers.
    #[serde(rename = "source")]
    _source: String,
    /// The settings.
    settings: Table,
}

impl Presets {
    /// # Panics
    /// If the text is not that of presets.
    pub(crate) fn parse(text: &str, method: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("presets of {method}: {error}"))
    }

    /// The tables that hold for a data set, each over the one before: those of its name, else the general ones.
    pub(crate) fn of(self, target: &Target<'_>, encoder: Option<EncoderKind>) -> impl Iterator<Item = Table> {
        let Self { dataset, general } = self;
        let named = |preset: &Preset| preset.names.iter().any(|name| name == target.dataset);
        let is_named = dataset.iter().any(named);
        let candidates = if is_named { dataset } else { general };
        candidates
            .into_iter()
            .filter(move |preset| !is_named || named(preset))
            .filter(move |preset| encoder.is_none_or(|kind| preset.fits(kind)))
            .filter(move |preset| target.num_nodes >= preset.min_nodes)
            .map(|preset| preset.settings)
            .collect::<Vec<Table>>()
            .into_iter()
    }
}

impl Preset {
    fn fits(&self, encoder: EncoderKind) -> bool {
        self.encoders.is_empty() || self.encoders.contains(&encoder)
    }
}

/// Puts the values of `top` over those of `base`, table by table.
pub fn overlay(base: &mut Table, top: Table) {
    for (key, value) in top {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(top)) => overlay(base, top),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
        [[dataset]]
        names = ['cora']
        source = 'a paper'
        settings.epochs = 3
        [[dataset]]
        names = ['cora', 'citeseer']
        encoders = ['gat']
        source = 'a paper'
        settings.epochs = 4
        [[general]]
        source = 'ours'
        settings = { epochs = 5, width = 8 }
        [[general]]
        min_nodes = 100
        source = 'ours'
        settings.width = 64
    ";

    fn settings(dataset: &str, num_nodes: usize, encoder: Option<EncoderKind>) -> Table {
        let mut table = Table::new();
        Presets::parse(TEXT, "test")
            .of(&Target { dataset, num_nodes }, encoder)
            .for_each(|preset| overlay(&mut table, preset));
        table
    }

    #[test]
    fn a_named_data_set_has_its_own_and_others_the_general_ones() {
        let table = |text: &str| toml::from_str::<Table>(text).unwrap();
        assert_eq!(settings("cora", 1000, Some(EncoderKind::Gcn)), table("epochs = 3"));
        assert_eq!(settings("cora", 1000, Some(EncoderKind::Gat)), table("epochs = 4"));
        assert_eq!(settings("citeseer", 1000, Some(EncoderKind::Gcn)), Table::new());
        assert_eq!(settings("mine", 99, None), table("epochs = 5\nwidth = 8"));
        assert_eq!(settings("mine", 100, None), table("epochs = 5\nwidth = 64"));
    }

    #[test]
    fn tables_are_covered_key_by_key() {
        let mut base: Table = toml::from_str("a = 1\n[t]\nb = 2\nc = 3").unwrap();
        overlay(&mut base, toml::from_str("[t]\nc = 4").unwrap());
        assert_eq!(base, toml::from_str("a = 1\n[t]\nb = 2\nc = 4").unwrap());
    }
}
