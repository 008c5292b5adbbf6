//! The whole settings of a run: what a config file holds.

use std::path::Path;

use embedders::{EncoderKind, G2rConfig, Method};
use graph_io::embedding::{self, EmbeddingFormat};
use serde::{Deserialize, Serialize, Serializer};
use toml::{Table, Value};

use crate::config_file;
use crate::error::Error;
use crate::input::InputConfig;
use crate::probe_config::ProbeConfig;
use crate::protocol::Protocol;

/// Everything that a run is made of. Written out with every setting, it repeats the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// The name of a data set, or a path.
    pub dataset: String,
    /// How a path is read, and what is done with its faults.
    pub input: InputConfig,
    /// How the embedding is trained.
    pub method: Method,
    /// Every setting of the method: its table in a file.
    pub settings: Table,
    /// How nodes are split; not set, the data set's own split where it has one, else `random-20-500-1000`, and `none` for a
    /// data set without labels.
    pub protocol: Option<Protocol>,
    /// After how many epochs the probe asks the validation nodes whether to keep the weights; 0 leaves it to the method's own
    /// rule, not set, the method says.
    pub judge_every: Option<usize>,
    /// The first seed; below 2⁶³.
    pub seed: u64,
    /// How many seeds, each one more than the last, at least 1; not set, ten, and one where nothing is judged.
    pub seeds: Option<usize>,
    /// Where tensors live.
    pub device: DeviceChoice,
    /// Threads, 0 for one a core; at most 1024. No result depends on it.
    pub threads: usize,
    /// The names of the formats that the embedding is written in beside NumPy's, which it always is; of
    /// [`graph_io::embedding::formats`].
    pub embedding_formats: Vec<String>,
    /// The settings of the probe; not set, the protocol's.
    pub probe: Option<ProbeConfig>,
}

/// An [`Experiment`] as a file has it, but for the tables of methods.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Keys {
    dataset: String,
    method: Method,
    protocol: Option<Protocol>,
    judge_every: Option<usize>,
    seed: u64,
    seeds: Option<usize>,
    device: DeviceChoice,
    threads: usize,
    embedding_formats: Vec<String>,
    input: InputConfig,
    probe: Option<ProbeConfig>,
}

/// The device that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// A hardware GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU through Vulkan, Metal or DX12.
    Wgpu,
    /// An NVIDIA GPU.
    Cuda,
}

impl Default for Keys {
    /// G2R with seeds from 0, without a data set.
    fn default() -> Self {
        Self {
            dataset: String::new(),
            method: Method::of::<G2rConfig>(),
            protocol: None,
            judge_every: None,
            seed: 0,
            seeds: None,
            device: DeviceChoice::default(),
            threads: 0,
            embedding_formats: vec!["npy".to_string()],
            input: InputConfig::default(),
            probe: None,
        }
    }
}

impl Default for Experiment {
    /// G2R by its default recipe with seeds from 0, without a data set.
    fn default() -> Self {
        let settings = Method::of::<G2rConfig>().recipe("", EncoderKind::Gcn);
        Self::from_keys(Keys::default(), settings)
    }
}

impl Serialize for Experiment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_table().serialize(serializer)
    }
}

impl Experiment {
    /// Settings in layers, each over the one before: the defaults, the method's recipe for the data set, a config file,
    /// `flags`, whose table `settings` are those of whatever method it comes to be.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or has an unknown key or a value of the wrong type; a setting
    /// out of its range; no data set.
    pub fn from_layers(file: Option<&Path>, mut flags: Table) -> Result<Self, Error> {
        let settings = match flags.remove("settings") {
            Some(Value::Table(settings)) => settings,
            _ => Table::new(),
        };
        let mut table = Table::try_from(Keys::default()).expect("settings are numbers, words and lists");
        if let Some(path) = file {
            overlay(&mut table, config_file::read::<Keys>(path)?);
        }
        overlay(&mut table, flags);
        let mut of_methods = config_file::take_tables_of_methods(&mut table);
        let keys: Keys = table.try_into().map_err(|source| Error::Settings(Box::new(source)))?;

        let mut given = of_methods.remove(keys.method.name()).unwrap_or_default();
        overlay(&mut given, settings);
        let settings = full_settings(keys.method, &keys.dataset, given)?;
        let experiment = Self::from_keys(keys, settings);
        experiment.check()?;
        Ok(experiment)
    }

    fn from_keys(keys: Keys, settings: Table) -> Self {
        let Keys { dataset, input, method, protocol, judge_every, seed, seeds, .. } = keys;
        let Keys { device, threads, embedding_formats, probe, .. } = keys;
        Self {
            dataset,
            input,
            method,
            settings,
            protocol,
            judge_every,
            seed,
            seeds,
            device,
            threads,
            embedding_formats,
            probe,
        }
    }

    fn to_table(&self) -> Table {
        let Self { dataset, input, method, settings, protocol, judge_every, seed, seeds, .. } = self.clone();
        let Self { device, threads, embedding_formats, probe, .. } = self.clone();
        let keys = Keys {
            dataset,
            method,
            protocol,
            judge_every,
            seed,
            seeds,
            device,
            threads,
            embedding_formats,
            input,
            probe,
        };
        let mut table = Table::try_from(keys).expect("settings are numbers, words and lists");
        table.insert(method.name().to_string(), Value::Table(settings));
        table
    }

    /// What the encoder is made of, where the method has one to choose.
    pub fn encoder(&self) -> Option<EncoderKind> {
        encoder_of(&self.settings)
    }

    /// How many epochs there are at most, where the method has any.
    pub fn epochs(&self) -> Option<usize> {
        self.settings
            .get("epochs")
            .and_then(Value::as_integer)
            .and_then(|epochs| usize::try_from(epochs).ok())
    }

    /// After how many epochs the validation nodes are asked; 0 for never.
    pub fn judge_every(&self) -> usize {
        self.judge_every.unwrap_or(self.method.info().judge_every)
    }

    /// How many seeds: as many as were asked for, else ten, or one where nothing is judged.
    pub fn num_seeds(&self) -> usize {
        self.seeds.unwrap_or(if self.protocol == Some(Protocol::Unjudged) { 1 } else { 10 })
    }

    /// The seeds in order.
    pub fn all_seeds(&self) -> impl Iterator<Item = u64> + use<> {
        (self.seed..).take(self.num_seeds())
    }

    /// The formats that the embedding is written in beside NumPy's; names that there are not are left out.
    pub fn more_embedding_formats(&self) -> impl Iterator<Item = &'static EmbeddingFormat> {
        let named = self.embedding_formats.iter().filter_map(|name| EmbeddingFormat::named(name));
        named.filter(|format| format.name != "npy")
    }

    /// The settings as TOML, also those that were not set.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("settings are numbers, words and lists")
    }

    /// Checks each range.
    ///
    /// # Errors
    /// A setting outside its range; no data set.
    pub fn check(&self) -> Result<(), Error> {
        if self.dataset.is_empty() {
            return Err(Error::NoDataset);
        }
        if self.seeds == Some(0) {
            return Err(Error::setting("seeds", "at least 1", 0));
        }
        // TOML has no larger integers.
        let last = (self.num_seeds() as u64).checked_add(self.seed).filter(|&end| end <= i64::MAX as u64);
        if last.is_none() {
            return Err(Error::setting("seed", "below 2⁶³ with `seeds` added", self.seed));
        }
        if self.threads > 1024 {
            return Err(Error::setting("threads", "at most 1024", self.threads));
        }
        if let Some(name) = self.embedding_formats.iter().find(|name| EmbeddingFormat::named(name).is_none())
        {
            let known: Vec<&str> = embedding::formats().iter().map(|format| format.name).collect();
            let expected = format!("a list of names among {}", known.join(", "));
            return Err(Error::setting("embedding_formats", expected, format!("{name:?}")));
        }
        self.method.checked(self.settings.clone())?;
        self.probe.as_ref().map_or(Ok(()), ProbeConfig::check)
    }
}

/// Every setting of a method: its recipe for a data set with those over it that were given.
///
/// # Errors
/// An unknown key, a value of another type or outside its range.
pub(crate) fn full_settings(method: Method, dataset: &str, given: Table) -> Result<Table, Error> {
    let encoder = encoder_of(&given).or(method.info().encoder).unwrap_or(EncoderKind::Gcn);
    let mut settings = method.recipe(&dataset.to_lowercase(), encoder);
    overlay(&mut settings, given);
    Ok(method.checked(settings)?)
}

/// The kind that settings name.
pub(crate) fn encoder_of(settings: &Table) -> Option<EncoderKind> {
    let name = settings.get("encoder").and_then(Value::as_str)?;
    EncoderKind::ALL.iter().copied().find(|kind| kind.name() == name)
}

/// Puts the values of `top` over those of `base`, table by table.
pub(crate) fn overlay(base: &mut Table, top: Table) {
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
    use std::io::Write;

    fn table(text: &str) -> Table {
        toml::from_str(text).unwrap()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn message(flags: &str) -> String {
        Experiment::from_layers(None, table(flags)).unwrap_err().to_string()
    }

    fn message_of_file(text: &str) -> String {
        let file = file(text);
        let message = Experiment::from_layers(Some(file.path()), Table::new()).unwrap_err().to_string();
        message.replace(file.path().to_str().unwrap(), "run.toml")
    }

    #[test]
    fn each_layer_covers_the_one_before() {
        let preset = G2rConfig::preset("citeseer").unwrap();
        let settings = |config: &G2rConfig| Table::try_from(config).unwrap();
        let file = file("dataset = 'CiteSeer'\nseeds = 3\n[g2r]\nepochs = 7\neps_sq = 1\n");
        let flags = table("seeds = 2\n[settings]\nepochs = 5\n");
        let experiment = Experiment::from_layers(Some(file.path()), flags).unwrap();
        let expected = Experiment {
            dataset: "CiteSeer".into(),
            seeds: Some(2),
            settings: settings(&G2rConfig { epochs: 5, eps_sq: 1.0, ..preset }),
            ..Experiment::default()
        };
        assert_eq!(experiment, expected);
    }

    #[test]
    fn written_settings_read_back_the_same() {
        let flags = table(
            "dataset = 'cora'\nprotocol = '10-10-80'\nembedding_formats = ['csv']\n[g2r]\nencoder = 'sage-pool'\nd_hidden = []\n[probe]\nc = 0.5\n",
        );
        let experiment = Experiment::from_layers(None, flags).unwrap();
        assert_eq!(experiment.protocol, Some(Protocol::Tenths));
        assert_eq!(experiment.encoder(), Some(EncoderKind::SagePool));
        let file = file(&experiment.to_toml());
        assert_eq!(Experiment::from_layers(Some(file.path()), Table::new()).unwrap(), experiment);
    }

    #[test]
    fn a_data_set_without_a_preset_gets_the_defaults() {
        let experiment = Experiment::from_layers(None, table("dataset = 'some/path'")).unwrap();
        assert_eq!(experiment, Experiment { dataset: "some/path".into(), ..Experiment::default() });
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        assert_eq!(message(""), "no data set: name one, such as cora, or set `dataset` in the config file");
        for (flags, expected) in [
            ("seeds = 0", "`seeds` must be at least 1, got 0"),
            (
                "seed = 9223372036854775807",
                "`seed` must be below 2⁶³ with `seeds` added, got 9223372036854775807",
            ),
            (
                "embedding_formats = ['npz', 'xlsx']",
                "`embedding_formats` must be a list of names among npy, npz, parquet, csv, tsv, projector, word2vec, \
                 got \"xlsx\"",
            ),
            ("threads = 1025", "`threads` must be at most 1024, got 1025"),
            ("g2r.d_output = 0", "`d_output` must be from 1 to 65536, got 0"),
            ("g2r.d_hidden = [8, 99999999]", "`d_hidden` must be from 1 to 65536, got 99999999"),
            ("g2r.heads = 0", "`heads` must be from 1 to 65536, got 0"),
            ("g2r.attention_dropout_prob = 1.0", "`attention_dropout_prob` must be from 0 to below 1, got 1"),
            ("g2r.eps_sq = 0.0", "`eps_sq` must be positive, got 0"),
            ("g2r.eps_sq = nan", "`eps_sq` must be positive, got NaN"),
            ("probe.c = -1", "`probe.c` must be positive and finite, got -1"),
        ] {
            assert_eq!(message(&format!("dataset = 'cora'\n{flags}")), expected);
        }
    }

    #[test]
    fn a_config_file_is_refused_at_its_line() {
        let unknown = message_of_file("dataset = 'cora'\n\n[g2r]\nepsilon = 1\n");
        assert!(
            unknown.starts_with("run.toml:4: unknown field `epsilon`, expected one of `encoder`"),
            "{unknown}"
        );
        assert_eq!(
            message_of_file("seeds = 'ten'"),
            "run.toml:1: invalid type: string \"ten\", expected usize"
        );
        assert_eq!(
            message_of_file("[dgi]\nepochs = 1.5").split(", expected").next().unwrap(),
            "run.toml:2: invalid type: floating point `1.5`"
        );
        let methods: Vec<&str> = embedders::METHODS.iter().map(Method::name).collect();
        assert_eq!(
            message_of_file("seed = 1\nmethod = 'word2vec'"),
            format!("run.toml:2: unknown method `word2vec`, expected one of {}", methods.join(", "))
        );
        assert_eq!(
            message_of_file("\nprotocol = 'private'"),
            "run.toml:2: unknown variant `private`, expected one of `public`, `random-20`, `random-20-500-1000`, `20-30-rest`, `10-10-80`, `60-20-20`, `wiki-cs-20`, `ogb`, `none`"
        );
        assert!(message_of_file("dataset = 'cora").starts_with("run.toml:1: invalid"), "not closed");
        let missing = Experiment::from_layers(Some(Path::new("missing/run.toml")), Table::new()).unwrap_err();
        assert_eq!(missing.to_string(), "cannot read missing/run.toml");
    }

    #[test]
    fn seeds_count_up_from_the_first() {
        let experiment = Experiment { seed: 5, seeds: Some(3), ..Experiment::default() };
        assert_eq!(experiment.all_seeds().collect::<Vec<_>>(), [5, 6, 7]);
        let without = |protocol| Experiment { protocol, ..Experiment::default() }.num_seeds();
        assert_eq!((without(None), without(Some(Protocol::Unjudged))), (10, 1));
    }
}
