//! The methods by name: each is a file with its settings, and a line in [`METHODS`].

use std::fmt;

use burn::tensor::Device;
use gnn::encoder::EncoderKind;
use graph_io::NodeDataset;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Table;

use crate::{
    BgrlConfig, CcaSsgConfig, DeepWalkConfig, DgiConfig, Embedder, Error, G2rConfig, GraceConfig,
    Node2VecConfig, PprConfig, PropagatedConfig, RandomInitConfig, RawConfig, SpectralConfig,
    SupervisedConfig,
};

/// Every method, in the order that tables show them.
pub static METHODS: &[Method] = &[
    Method::of::<RawConfig>(),
    Method::of::<PropagatedConfig>(),
    Method::of::<PprConfig>(),
    Method::of::<RandomInitConfig>(),
    Method::of::<SpectralConfig>(),
    Method::of::<DeepWalkConfig>(),
    Method::of::<Node2VecConfig>(),
    Method::of::<DgiConfig>(),
    Method::of::<GraceConfig>(),
    Method::of::<BgrlConfig>(),
    Method::of::<CcaSsgConfig>(),
    Method::of::<G2rConfig>(),
    Method::of::<SupervisedConfig>(),
];

/// The settings of a method, which make its embedder.
pub trait MethodConfig: Serialize + DeserializeOwned + 'static {
    /// What there is to say of the method.
    const INFO: MethodInfo;

    /// The recipe for a data set, by its name in lower case, and an encoder; the default one where there is none of its
    /// own. Methods without an encoder look at the data set only.
    fn recipe(dataset: &str, encoder: EncoderKind) -> Self;

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first that is not.
    fn check(&self) -> Result<(), Error>;

    /// The embedder of a data set on a device.
    ///
    /// # Errors
    /// A setting outside its range; a graph that the method has no use for.
    fn init(&self, dataset: &NodeDataset, device: &Device) -> Result<Box<dyn Embedder>, Error>;
}

/// What there is to say of a method.
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
    /// The encoder it has unless another is asked for, where `encoder` is one of its settings.
    pub encoder: Option<EncoderKind>,
    /// After how many epochs the validation nodes are asked whether to keep the weights, unless the settings of a run say
    /// otherwise; 0 leaves it to the method's own rule.
    pub judge_every: usize,
    /// Whether seeds differ.
    pub by_chance: bool,
}

/// What a method learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    /// Nothing: it shows what features and graph are worth without training.
    Baseline,
    /// Features and graph.
    Unsupervised,
    /// The labels of the training nodes too; its rows are logits.
    Supervised,
}

/// A method by name.
#[derive(Clone, Copy)]
pub struct Method {
    info: MethodInfo,
    recipe: fn(&str, EncoderKind) -> Table,
    check_keys: fn(toml::Deserializer<'_>) -> Result<(), toml::de::Error>,
    checked: fn(Table) -> Result<Table, Error>,
    init: Init,
}

/// What makes the embedder of settings, a data set and a device.
type Init = fn(Table, &NodeDataset, &Device) -> Result<Box<dyn Embedder>, Error>;

impl Method {
    /// The method that settings of type `C` make.
    pub const fn of<C: MethodConfig>() -> Self {
        Self {
            info: C::INFO,
            recipe: |dataset, encoder| to_table(C::recipe(dataset, encoder)),
            check_keys: |settings| C::deserialize(settings).map(|_| ()),
            checked: |settings| {
                let config = config::<C>(settings)?;
                config.check()?;
                Ok(to_table(config))
            },
            init: |settings, dataset, device| config::<C>(settings)?.init(dataset, device),
        }
    }

    /// The method of this name.
    pub fn named(name: &str) -> Option<Self> {
        METHODS.iter().copied().find(|method| method.info.name == name)
    }

    /// What there is to say of it.
    pub fn info(&self) -> &MethodInfo {
        &self.info
    }

    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        self.info.name
    }

    /// Every setting of the recipe for a data set, by its name in lower case, and an encoder.
    pub fn recipe(&self, dataset: &str, encoder: EncoderKind) -> Table {
        (self.recipe)(dataset, encoder)
    }

    /// Checks that each key is a setting and each value of its type, not that it is in its range.
    ///
    /// # Errors
    /// The first that is not, with its place.
    pub fn check_keys(&self, settings: toml::Deserializer<'_>) -> Result<(), toml::de::Error> {
        (self.check_keys)(settings)
    }

    /// Checks settings, and gives them all: those that are not there by their defaults, and each number of its type.
    ///
    /// # Errors
    /// An unknown key, a value of another type or outside its range.
    pub fn checked(&self, settings: Table) -> Result<Table, Error> {
        (self.checked)(settings)
    }

    /// The embedder of a data set on a device.
    ///
    /// # Errors
    /// As [`checked`](Self::checked), and a graph that the method has no use for.
    pub fn init(
        &self,
        settings: &Table,
        dataset: &NodeDataset,
        device: &Device,
    ) -> Result<Box<dyn Embedder>, Error> {
        (self.init)(settings.clone(), dataset, device)
    }
}

fn to_table(config: impl MethodConfig) -> Table {
    Table::try_from(config).expect("settings are numbers, words and lists")
}

fn config<C: MethodConfig>(settings: Table) -> Result<C, Error> {
    let settings = settings.try_into();
    settings.map_err(|source| Error::Settings { method: C::INFO.name, source: Box::new(source) })
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

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.info.name)
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| {
            let known: Vec<&str> = METHODS.iter().map(Method::name).collect();
            serde::de::Error::custom(format_args!(
                "unknown method `{name}`, expected one of {}",
                known.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for method in METHODS {
            assert_eq!(Method::named(method.name()), Some(*method));
            assert_eq!(METHODS.iter().filter(|other| other == &method).count(), 1, "{method}");
        }
        assert_eq!(Method::named("word2vec"), None);
    }

    #[test]
    fn every_recipe_is_in_range_and_names_its_encoder() {
        for method in METHODS {
            for dataset in ["cora", "citeseer", "pubmed", "amazon-photo", "coauthor-physics", "mine"] {
                for &encoder in EncoderKind::ALL {
                    let recipe = method.recipe(dataset, encoder);
                    assert_eq!(method.checked(recipe.clone()).unwrap(), recipe);
                    let named = recipe.get("encoder").and_then(|name| name.as_str());
                    assert_eq!(named, method.info().encoder.map(|_| encoder.name()), "{method}");
                }
            }
        }
    }

    #[test]
    fn an_unknown_setting_is_told_with_its_method() {
        let settings = toml::from_str("epoch = 3").unwrap();
        let error = Method::named("g2r").unwrap().checked(settings).unwrap_err();
        assert_eq!(error.to_string(), "the settings of g2r cannot be read");
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("unknown field `epoch`"), "{source}");
        let unknown = toml::from_str::<Table>("x = 1").unwrap();
        assert!(Method::named("dgi").unwrap().checked(unknown).is_err());
    }
}
