//! Settings for data sets, as data: one file a method in the folder `presets`.

use gnn::encoder::EncoderKind;
use graph_io::NodeDataset;
use serde::Deserialize;
use toml::{Table, Value};

use crate::preparation::are_counts;

/// What presets are chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The data set's own name in lower case, however it was asked for.
    pub dataset: &'a str,
    /// Number of nodes.
    pub num_nodes: usize,
    /// What the features hold.
    pub features: FeatureKind,
    /// The name of the preset that was asked for; `None` for the default one.
    pub preset: Option<&'a str>,
}

/// What features hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureKind {
    /// Counts, such as those of words: sparse, not negative, of one scale.
    Counts,
    /// Any numbers.
    Numbers,
    /// None: the graph has no features.
    None,
}

impl FeatureKind {
    /// What the features of a data set hold.
    pub fn of(dataset: &NodeDataset) -> Self {
        match dataset.report().features_made {
            Some(_) => Self::None,
            None if are_counts(dataset.features()) => Self::Counts,
            None => Self::Numbers,
        }
    }
}

impl<'a> Target<'a> {
    /// A data set.
    pub fn of(dataset: &'a NodeDataset) -> Self {
        let (dataset, features, num_nodes) =
            (dataset.name(), FeatureKind::of(dataset), dataset.graph().num_nodes());
        Self { dataset, num_nodes, features, preset: None }
    }

    /// No data set yet: the general preset of a graph of a thousand nodes whose features are counts.
    pub fn general() -> Self {
        Self { dataset: "", num_nodes: 1000, features: FeatureKind::Counts, preset: None }
    }

    /// The same with the preset of a name.
    #[must_use]
    pub fn with_preset(self, preset: Option<&'a str>) -> Self {
        Self { preset, ..self }
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
pub(crate) struct Preset {
    /// The name that it is asked for by; none for a default.
    #[serde(default)]
    preset: Option<String>,
    /// Names of data sets.
    #[serde(default)]
    names: Vec<String>,
    /// Kinds of encoders; none for all.
    #[serde(default)]
    encoders: Vec<EncoderKind>,
    /// Kinds of features; none for all.
    #[serde(default)]
    features: Vec<FeatureKind>,
    /// The fewest nodes.
    #[serde(default)]
    min_nodes: usize,
    /// Where the settings are from, for readers.
    #[serde(rename = "source")]
    _source: String,
    /// The settings of the method.
    #[serde(default)]
    pub(crate) settings: Table,
    /// What is done to the features.
    #[serde(default)]
    pub(crate) preparation: Table,
}

impl Presets {
    /// # Panics
    /// If the text is not that of presets.
    pub(crate) fn parse(text: &str, method: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("presets of {method}: {error}"))
    }

    /// The names that presets are asked for by.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.dataset.iter().chain(&self.general).filter_map(|preset| preset.preset.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The presets that hold for a data set, each over the one before: those of its name, else the general ones.
    pub(crate) fn of(self, target: &Target<'_>, encoder: Option<EncoderKind>) -> Vec<Preset> {
        let Self { mut dataset, mut general } = self;
        // A data set of a known name without its features is another one.
        let holds = |preset: &Preset| {
            preset.preset.as_deref() == target.preset
                && (preset.features.is_empty() || preset.features.contains(&target.features))
        };
        dataset.retain(|preset| holds(preset) && preset.names.iter().any(|name| name == target.dataset));
        general.retain(holds);
        let mut candidates = if dataset.is_empty() { general } else { dataset };
        candidates.retain(|preset| preset.fits(target, encoder));
        candidates
    }
}

impl Preset {
    fn fits(&self, target: &Target<'_>, encoder: Option<EncoderKind>) -> bool {
        let own = encoder.is_none_or(|kind| self.encoders.is_empty() || self.encoders.contains(&kind));
        own && target.num_nodes >= self.min_nodes
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
        [[general]]
        features = ['counts']
        source = 'ours'
        preparation.feature_scaling = 'row-l2'
        [[general]]
        preset = 'plain'
        source = 'a paper'
        settings.epochs = 1
    ";

    fn settings(dataset: &str, num_nodes: usize, encoder: Option<EncoderKind>) -> Table {
        let mut table = Table::new();
        let target = Target { dataset, num_nodes, ..Target::general() };
        for preset in Presets::parse(TEXT, "test").of(&target, encoder) {
            overlay(&mut table, preset.settings);
        }
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

    #[test]
    fn presets_go_by_what_features_hold_and_by_the_name_that_was_asked_for() {
        let of = |features, preset| {
            let target = Target { dataset: "mine", num_nodes: 9, features, preset };
            Presets::parse(TEXT, "test").of(&target, None)
        };
        let prepared = |features| of(features, None).iter().any(|preset| !preset.preparation.is_empty());
        assert_eq!(
            [FeatureKind::Counts, FeatureKind::Numbers, FeatureKind::None].map(prepared),
            [true, false, false]
        );
        let plain = of(FeatureKind::Counts, Some("plain"));
        assert_eq!(plain.len(), 1);
        assert_eq!(plain[0].settings, toml::from_str::<Table>("epochs = 1").unwrap());
        assert_eq!(Presets::parse(TEXT, "test").names(), ["plain"]);
    }
}
