//! The methods by name, and the settings of one, parsed and checked once.

use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use gnn::encoder::EncoderKind;
use graph_io::NodeDataset;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::Error;
use crate::callback::Callback;
use crate::direct::{
    DeepWalk, G2rLinear, Node2Vec, Ppr, Propagated, RandomInit, Raw, ReduNet, ReduNetNeighborhoods, Spectral,
};
use crate::fit::{Estimator, Fit, FitOptions, FitResult, TrainingData};
use crate::memory::DataSize;
use crate::methods::{Bgrl, CcaSsg, Dgi, G2r, Grace, Mcr2, Supervised};
use crate::model::{EmbedNodes, ModelShape};
use crate::preparation::PreparationSettings;
use crate::presets::{Preset, Presets, Target, overlay};
use crate::settings::EncoderSettings;
use crate::trainer::Checkpoint;

/// The settings of a method, which bind it to a training graph.
///
/// Methods that train an encoder implement [`EncoderMethod`](crate::EncoderMethod), which this follows from.
pub trait MethodSettings:
    Clone + fmt::Debug + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Name, source and kind of the method.
    const INFO: MethodInfo;

    /// Its presets as TOML; see the folder `presets`. Without any, every data set gets the default.
    const PRESETS: &'static str = "";

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The settings of the encoder, of methods that have one.
    fn encoder(&self) -> Option<&EncoderSettings> {
        None
    }

    /// The same, to be changed.
    fn encoder_mut(&mut self) -> Option<&mut EncoderSettings> {
        None
    }

    /// The most epochs, of methods that have any.
    fn epochs(&self) -> Option<usize> {
        None
    }

    /// Width of the embedding, of methods where it is a setting.
    fn d_output(&self) -> Option<usize> {
        None
    }

    /// Bytes that a training on the CPU holds at a time at least, beside its data set; the probe is not part of it. Refusing a run
    /// that does not fit needs a number that is not too high, so this is a lower bound, and near to what is measured.
    fn memory(&self, size: &DataSize) -> u64 {
        let rows = self.d_output().map_or_else(|| size.features(), |width| size.matrix(width as u64));
        size.features().saturating_add(rows)
    }

    /// The method on a training graph.
    ///
    /// # Errors
    /// A graph that the method cannot use.
    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error>;

    /// What embeds nodes with the weights of a file.
    ///
    /// # Errors
    /// [`Error::Weights`] if the file cannot be read, or holds tensors of other names or shapes; [`Error::NoWeights`] for a
    /// method without weights.
    fn restore(&self, shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error>;
}

/// Name, source and kind of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its name on the command line, and of its table in a config file.
    pub name: &'static str,
    /// Its name in tables.
    pub title: &'static str,
    /// Where it was published.
    pub source: &'static str,
    /// What it learns from.
    pub kind: MethodKind,
    /// Which epoch's weights are kept unless the run says otherwise.
    pub checkpoint: Checkpoint,
    /// Whether seeds differ.
    pub stochastic: bool,
}

impl MethodInfo {
    /// A method that learns from features and graph, keeps the last epoch, and gives the same for every seed.
    pub const fn unsupervised(name: &'static str, title: &'static str, source: &'static str) -> Self {
        let kind = MethodKind::Unsupervised;
        Self { name, title, source, kind, checkpoint: Checkpoint::Last, stochastic: false }
    }

    /// Whether one training serves every seed and every split: nothing is drawn, and no label is learned from.
    pub fn is_same_for_all_splits(&self) -> bool {
        !self.stochastic && !self.kind.is_supervised()
    }
}

/// What a method learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// Nothing: it shows what features and graph are worth without training.
    Baseline,
    /// The graph, and the features where it has an encoder.
    Unsupervised,
    /// The labels of the training nodes too.
    Supervised {
        /// Whether its rows are logits, `[nodes, classes]`, and not an embedding.
        logits: bool,
    },
}

impl MethodKind {
    /// Whether it learns from labels.
    pub fn is_supervised(self) -> bool {
        matches!(self, Self::Supervised { .. })
    }

    /// Whether its rows are logits.
    pub fn gives_logits(self) -> bool {
        self == Self::Supervised { logits: true }
    }
}

/// A method: what makes its settings.
#[derive(Clone, Copy)]
pub struct Method {
    info: MethodInfo,
    presets: &'static str,
    default: fn() -> Settings,
    check_keys: fn(toml::Deserializer<'_>) -> Result<(), toml::de::Error>,
    parse: fn(Table) -> Result<Settings, Error>,
}

impl Method {
    /// The method of settings of type `S`.
    pub const fn of<S: MethodSettings>() -> Self {
        Self {
            info: S::INFO,
            presets: S::PRESETS,
            default: || Settings::of_unchecked(S::default()),
            check_keys: |settings| S::deserialize(settings).map(|_| ()),
            parse: |settings| {
                let fault = |source| Error::Settings { method: S::INFO.name, source: Box::new(source) };
                Settings::new(settings.try_into::<S>().map_err(fault)?)
            },
        }
    }

    /// Name, source and kind.
    pub fn info(&self) -> &MethodInfo {
        &self.info
    }

    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        self.info.name
    }

    /// The kind of its encoder by default; `None` for a method without an encoder.
    pub fn default_encoder(&self) -> Option<EncoderKind> {
        Some((self.default)().encoder()?.kind)
    }

    /// The settings for a data set: its preset, else the general one.
    pub fn preset(&self, target: &Target<'_>) -> Settings {
        self.settings(target, Table::new()).expect("presets are in range, as a test holds")
    }

    /// The settings for a data set, with those over them that were given.
    ///
    /// # Errors
    /// An unknown key, a value of another type or outside its range; a preset that there is not.
    pub fn settings(&self, target: &Target<'_>, given: Table) -> Result<Settings, Error> {
        /// The part of settings that presets depend on.
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Given {
            encoder: GivenEncoder,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct GivenEncoder {
            kind: Option<EncoderKind>,
        }
        let asked = given.clone().try_into::<Given>().unwrap_or_default().encoder.kind;
        let mut settings = (self.default)();
        if let (Some(kind), Some(encoder)) = (asked, settings.values_mut().encoder_mut()) {
            encoder.kind = kind;
        }
        let encoder = settings.encoder().map(|encoder| encoder.kind);
        let mut table = settings.to_table();
        for preset in self.presets_of(target, encoder)? {
            overlay(&mut table, preset.settings);
        }
        overlay(&mut table, given);
        self.parse(table)
    }

    /// What is done to the features of a data set: the preset for it, with the keys over it that were given.
    ///
    /// # Errors
    /// An unknown key, a value of another type or outside its range; a preset that there is not.
    pub fn preparation(&self, target: &Target<'_>, given: Table) -> Result<PreparationSettings, Error> {
        let mut table = Table::new();
        for preset in self.presets_of(target, self.default_encoder())? {
            overlay(&mut table, preset.preparation);
        }
        overlay(&mut table, given);
        let fault = |source| Error::Settings { method: "the preparation", source: Box::new(source) };
        let settings: PreparationSettings = table.try_into().map_err(fault)?;
        settings.check()?;
        Ok(settings)
    }

    /// The names of its presets beside the default one.
    pub fn preset_names(&self) -> Vec<String> {
        Presets::parse(self.presets, self.info.name).names()
    }

    fn presets_of(&self, target: &Target<'_>, encoder: Option<EncoderKind>) -> Result<Vec<Preset>, Error> {
        let presets = Presets::parse(self.presets, self.info.name);
        let names = presets.names();
        match target.preset.filter(|asked| !names.iter().any(|name| name == asked)) {
            Some(name) => {
                Err(Error::UnknownPreset { method: self.info.name, name: name.to_string(), known: names })
            }
            None => Ok(presets.of(target, encoder)),
        }
    }

    /// Puts settings that are named by their last key alone, or by a path with dots, into the tables that they belong to: as
    /// the command line names them. A key that no table has stays where it is.
    pub fn nested(&self, flat: Table) -> Table {
        let known = (self.default)().to_table();
        let mut nested = Table::new();
        for (key, value) in flat {
            let table = known
                .iter()
                .find(|(_, value)| value.as_table().is_some_and(|table| table.contains_key(&key)));
            let path = match table {
                Some((table, _)) if !known.contains_key(&key) => format!("{table}.{key}"),
                _ => key,
            };
            let entry = path.rsplit('.').fold(value, |value, key| {
                Value::Table([(key.to_string(), value)].into_iter().collect::<Table>())
            });
            if let Value::Table(entry) = entry {
                overlay(&mut nested, entry);
            }
        }
        nested
    }

    /// Checks that each key is a setting and each value of its type, not that it is in its range.
    ///
    /// # Errors
    /// The first that is not, with its place.
    pub fn check_keys(&self, settings: toml::Deserializer<'_>) -> Result<(), toml::de::Error> {
        (self.check_keys)(settings)
    }

    /// The settings of a table, with the defaults where it has none.
    ///
    /// # Errors
    /// An unknown key, a value of another type or outside its range.
    pub fn parse(&self, settings: Table) -> Result<Settings, Error> {
        (self.parse)(settings)
    }

    /// Trains with a seed on a graph, with the settings and the preparation for it, on the CPU.
    ///
    /// # Errors
    /// As [`Settings::fit`].
    pub fn fit(&self, dataset: &NodeDataset, seed: u64) -> Result<FitResult, Error> {
        let target = Target::of(dataset);
        let preparation = self.preparation(&target, Table::new())?;
        let bound = self.preset(&target).prepare(dataset, &preparation, &Device::flex())?;
        bound.fit(&FitOptions::seed(seed), &mut ())
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Method").field(&self.info.name).finish()
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.info.name)
    }
}

impl PartialEq for Method {
    fn eq(&self, other: &Self) -> bool {
        self.info.name == other.info.name
    }
}

impl Eq for Method {}

/// The settings of some method, in range.
#[derive(Clone)]
pub struct Settings {
    values: Arc<dyn AnySettings>,
}

/// [`MethodSettings`] whose type is not known.
trait AnySettings: Send + Sync {
    fn info(&self) -> MethodInfo;
    fn encoder(&self) -> Option<&EncoderSettings>;
    fn encoder_mut(&mut self) -> Option<&mut EncoderSettings>;
    fn epochs(&self) -> Option<usize>;
    fn d_output(&self) -> Option<usize>;
    fn memory(&self, size: &DataSize) -> u64;
    fn to_table(&self) -> Table;
    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error>;
    fn restore(&self, shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error>;
    fn as_any(&self) -> &dyn Any;
    fn eq(&self, other: &dyn AnySettings) -> bool;
    fn copied(&self) -> Arc<dyn AnySettings>;
}

impl<S: MethodSettings> AnySettings for S {
    fn info(&self) -> MethodInfo {
        S::INFO
    }

    fn encoder(&self) -> Option<&EncoderSettings> {
        MethodSettings::encoder(self)
    }

    fn encoder_mut(&mut self) -> Option<&mut EncoderSettings> {
        MethodSettings::encoder_mut(self)
    }

    fn epochs(&self) -> Option<usize> {
        MethodSettings::epochs(self)
    }

    fn d_output(&self) -> Option<usize> {
        MethodSettings::d_output(self)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        MethodSettings::memory(self, size)
    }

    fn to_table(&self) -> Table {
        Table::try_from(self).expect("settings are numbers, words, lists and tables")
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        MethodSettings::bind(self, data)
    }

    fn restore(&self, shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        MethodSettings::restore(self, shape, weights)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn eq(&self, other: &dyn AnySettings) -> bool {
        other.as_any().downcast_ref::<S>() == Some(self)
    }

    fn copied(&self) -> Arc<dyn AnySettings> {
        Arc::new(self.clone())
    }
}

impl Settings {
    /// Settings of a method, once they are found in range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    pub fn new(settings: impl MethodSettings) -> Result<Self, Error> {
        settings.check()?;
        Ok(Self::of_unchecked(settings))
    }

    fn of_unchecked(settings: impl MethodSettings) -> Self {
        Self { values: Arc::new(settings) }
    }

    fn values_mut(&mut self) -> &mut dyn AnySettings {
        if Arc::get_mut(&mut self.values).is_none() {
            self.values = self.values.copied();
        }
        Arc::get_mut(&mut self.values).expect("nobody else holds it")
    }

    /// Name, source and kind of the method.
    pub fn info(&self) -> MethodInfo {
        self.values.info()
    }

    /// The settings of the encoder, of methods that have one.
    pub fn encoder(&self) -> Option<&EncoderSettings> {
        self.values.encoder()
    }

    /// The most epochs, of methods that have any.
    pub fn epochs(&self) -> Option<usize> {
        self.values.epochs()
    }

    /// Width of the embedding, of methods where it is a setting.
    pub fn d_output(&self) -> Option<usize> {
        self.values.d_output()
    }

    /// Bytes that a training on the CPU holds at a time at least, beside its data set.
    pub fn memory(&self, size: &DataSize) -> u64 {
        self.values.memory(size)
    }

    /// The settings as their own type, if that is `S`.
    pub fn get<S: MethodSettings>(&self) -> Option<&S> {
        self.values.as_any().downcast_ref()
    }

    /// Every setting as a table of a config file.
    pub fn to_table(&self) -> Table {
        self.values.to_table()
    }

    /// The method on a training graph, ready to train with any seed.
    ///
    /// # Errors
    /// A graph that the method cannot use.
    pub fn prepare<'a>(
        &self,
        dataset: &'a NodeDataset,
        preparation: &PreparationSettings,
        device: &Device,
    ) -> Result<Estimator<'a>, Error> {
        Estimator::new(self.clone(), dataset, preparation, device)
    }

    /// Trains with a seed on a graph, on the CPU, with feature scaling `auto`.
    ///
    /// # Errors
    /// A graph that the method cannot use; a training that breaks down.
    pub fn fit(&self, dataset: &NodeDataset, seed: u64) -> Result<FitResult, Error> {
        self.fit_with(dataset, &FitOptions::seed(seed), &mut ())
    }

    /// The same with options, seen by a callback.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); [`Error::Interrupted`] and [`Error::Callback`] by the callback.
    pub fn fit_with(
        &self,
        dataset: &NodeDataset,
        options: &FitOptions,
        callback: &mut dyn Callback,
    ) -> Result<FitResult, Error> {
        self.prepare(dataset, &PreparationSettings::default(), &Device::flex())?.fit(options, callback)
    }

    pub(crate) fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        self.values.bind(data)
    }

    pub(crate) fn restore(&self, shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        self.values.restore(shape, weights)
    }
}

impl PartialEq for Settings {
    fn eq(&self, other: &Self) -> bool {
        self.values.eq(&*other.values)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {:?}", self.info().name, self.to_table())
    }
}

/// The methods that there are, in the order that tables show them.
#[derive(Clone, Debug)]
pub struct Registry {
    methods: Vec<Method>,
}

impl Registry {
    /// The methods of this crate.
    pub fn builtin() -> Self {
        Self { methods: Vec::new() }
            .with::<Raw>()
            .with::<Propagated>()
            .with::<Ppr>()
            .with::<RandomInit>()
            .with::<Spectral>()
            .with::<DeepWalk>()
            .with::<Node2Vec>()
            .with::<Dgi>()
            .with::<Grace>()
            .with::<Bgrl>()
            .with::<CcaSsg>()
            .with::<G2rLinear>()
            .with::<G2r>()
            .with::<ReduNetNeighborhoods>()
            .with::<Mcr2>()
            .with::<ReduNet>()
            .with::<Supervised>()
    }

    /// Adds a method; it replaces one of the same name.
    #[must_use]
    pub fn with<S: MethodSettings>(mut self) -> Self {
        let method = Method::of::<S>();
        match self.methods.iter_mut().find(|known| **known == method) {
            Some(known) => *known = method,
            None => self.methods.push(method),
        }
        self
    }

    /// Every method.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The method of a name.
    ///
    /// # Errors
    /// [`Error::UnknownMethod`].
    pub fn method(&self, name: &str) -> Result<Method, Error> {
        let found = self.methods.iter().copied().find(|method| method.name() == name);
        found.ok_or_else(|| Error::UnknownMethod {
            name: name.to_string(),
            known: self.methods.iter().map(Method::name).collect(),
        })
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::builtin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::FeatureKind;

    fn table(text: &str) -> Table {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn names_are_unique_and_found_again() {
        let registry = Registry::builtin();
        for method in registry.methods() {
            assert_eq!(registry.method(method.name()).unwrap(), *method);
            assert_eq!(registry.methods().iter().filter(|other| *other == method).count(), 1, "{method}");
        }
        let message = registry.method("word2vec").unwrap_err().to_string();
        assert!(
            message.starts_with("unknown method `word2vec`, expected one of raw, propagated, "),
            "{message}"
        );
    }

    #[test]
    fn a_method_of_a_known_name_takes_its_place() {
        let registry = Registry::builtin().with::<G2r>();
        assert_eq!(registry.methods().len(), Registry::builtin().methods().len());
    }

    #[test]
    fn every_preset_is_in_range_for_every_encoder() {
        for method in Registry::builtin().methods() {
            for dataset in ["cora", "citeseer", "pubmed", "amazon-photo", "coauthor-physics", "mine"] {
                let kinds = [FeatureKind::Counts, FeatureKind::Numbers, FeatureKind::None];
                for (num_nodes, features) in [10, 3000, 1_000_000].into_iter().zip(kinds) {
                    let target = Target { dataset, num_nodes, features, preset: None };
                    method.preparation(&target, Table::new()).unwrap();
                    for &kind in EncoderKind::ALL {
                        let given = match method.default_encoder() {
                            Some(_) => table(&format!("encoder.kind = '{}'", kind.name())),
                            None => Table::new(),
                        };
                        let settings = method.settings(&target, given).unwrap();
                        let again = method.parse(settings.to_table()).unwrap();
                        assert_eq!(again, settings, "{method}");
                        let found = settings.encoder().map(|encoder| encoder.kind);
                        assert_eq!(found, method.default_encoder().map(|_| kind), "{method}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_was_given_covers_the_preset_table_by_table() {
        let g2r = Registry::builtin().method("g2r").unwrap();
        let target = Target { dataset: "citeseer", num_nodes: 3327, ..Target::general() };
        let given = table("epochs = 5\n[encoder]\nd_hidden = [8]");
        let settings = g2r.settings(&target, given).unwrap();
        let settings = settings.get::<G2r>().unwrap();
        assert_eq!((settings.epochs, settings.eps_sq), (5, 0.1));
        assert_eq!(settings.encoder.d_hidden, [8]);
        assert_eq!(settings.encoder.row_norm, gnn::encoder::RowNorm::L1, "the rest of the table stays");
    }

    #[test]
    fn an_unknown_setting_is_named_with_its_method() {
        let g2r = Registry::builtin().method("g2r").unwrap();
        let error = g2r.parse(table("epoch = 3")).unwrap_err();
        assert_eq!(error.to_string(), "the settings of g2r cannot be read");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("unknown field `epoch`"), "{source}");
        assert!(g2r.parse(table("encoder.kind = 'mlp'")).is_err());
    }

    #[test]
    fn settings_are_read_as_their_own_type_alone() {
        let settings = Settings::new(G2r::default()).unwrap();
        assert!(settings.get::<G2r>().is_some() && settings.get::<Dgi>().is_none());
        assert_ne!(settings, Settings::new(Dgi::default()).unwrap());
        assert_eq!(settings, Settings::new(G2r::default()).unwrap());
    }

    #[test]
    fn settings_are_found_by_their_last_key() {
        let grace = Registry::builtin().method("grace").unwrap();
        let flat = table(
            "epochs = 3\nd_hidden = [4]\nlearning_rate = 0.5\n'views.drop_edge_probs' = [0.1, 0.2]\nno_such = 1",
        );
        let expected = table(
            "epochs = 3\nno_such = 1\n[encoder]\nd_hidden = [4]\n[optimizer]\nlearning_rate = 0.5\n\
             [views]\ndrop_edge_probs = [0.1, 0.2]",
        );
        assert_eq!(grace.nested(flat), expected);
    }
}
