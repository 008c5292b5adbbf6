//! The whole settings of a run: what a config file holds.

use std::fmt;
use std::path::Path;

use embedders::{EncoderKind, G2rConfig};
use graph_io::embedding::{self, EmbeddingFormat};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::error::Error;
use crate::input::InputConfig;
use crate::probe_config::ProbeConfig;
use crate::protocol::Protocol;

/// Everything that a run is made of. Written out with every setting, it repeats the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Keys", into = "Keys")]
pub struct Experiment {
    /// The name of a data set, or a path.
    pub dataset: String,
    /// How a path is read, and what is done with its faults.
    pub input: InputConfig,
    /// How the embedding is trained.
    pub method: Method,
    /// How nodes are split; not set, the data set's own split where it has one, else `random-20`, and `none` for a data set
    /// without labels.
    pub protocol: Option<Protocol>,
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
    /// The settings of G2R, and the encoder, which a file names at its top.
    pub g2r: G2rConfig,
    /// The settings of the probe.
    pub probe: ProbeConfig,
}

/// An [`Experiment`] as a file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Keys {
    dataset: String,
    method: Method,
    encoder: EncoderKind,
    protocol: Option<Protocol>,
    seed: u64,
    seeds: Option<usize>,
    device: DeviceChoice,
    threads: usize,
    embedding_formats: Vec<String>,
    input: InputConfig,
    g2r: G2rConfig,
    probe: ProbeConfig,
}

/// A way to train an embedding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Rate reduction with each node's neighborhood as a group (Han et al. 2022, arXiv 2202.06241).
    #[default]
    G2r,
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

impl Default for Experiment {
    /// G2R with seeds from 0, without a data set.
    fn default() -> Self {
        Self {
            dataset: String::new(),
            input: InputConfig::default(),
            method: Method::default(),
            protocol: None,
            seed: 0,
            seeds: None,
            device: DeviceChoice::default(),
            threads: 0,
            embedding_formats: vec!["npy".to_string()],
            g2r: G2rConfig::default(),
            probe: ProbeConfig::default(),
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Experiment::default().into()
    }
}

impl From<Experiment> for Keys {
    fn from(experiment: Experiment) -> Self {
        let Experiment { dataset, input, method, protocol, seed, seeds, device, threads, .. } = experiment;
        let Experiment { embedding_formats, g2r, probe, .. } = experiment;
        let encoder = g2r.encoder;
        Self {
            dataset,
            method,
            encoder,
            protocol,
            seed,
            seeds,
            device,
            threads,
            embedding_formats,
            input,
            g2r,
            probe,
        }
    }
}

impl From<Keys> for Experiment {
    fn from(keys: Keys) -> Self {
        let Keys { dataset, input, method, protocol, seed, seeds, device, threads, .. } = keys;
        let Keys { embedding_formats, probe, .. } = keys;
        let g2r = G2rConfig { encoder: keys.encoder, ..keys.g2r };
        Self { dataset, input, method, protocol, seed, seeds, device, threads, embedding_formats, g2r, probe }
    }
}

impl Experiment {
    /// Settings in layers, each over the one before: the defaults, the data set's preset, a config file, `flags`.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or has an unknown key or a value of the wrong type; a setting
    /// out of its range; no data set.
    pub fn from_layers(file: Option<&Path>, flags: Table) -> Result<Self, Error> {
        let file = file.map_or_else(|| Ok(Table::new()), read_table)?;
        let dataset = flags.get("dataset").or_else(|| file.get("dataset")).and_then(Value::as_str);
        let dataset = dataset.unwrap_or_default();
        let mut defaults = Self::default();
        if let Some(preset) = G2rConfig::preset(&dataset.to_lowercase()) {
            defaults.g2r = preset;
        }
        let mut table = Table::try_from(&defaults).expect("settings are numbers, words and lists");
        overlay(&mut table, file);
        overlay(&mut table, flags);
        let experiment: Self = table.try_into().map_err(|source| Error::Settings(Box::new(source)))?;
        experiment.check()?;
        Ok(experiment)
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
        // Larger ones would only exhaust memory or time.
        const WIDEST: usize = 1 << 16;
        const FARTHEST: usize = 1000;
        const MOST_GROUPS: usize = 1 << 24;
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
        let widths = self.g2r.d_hidden.iter().map(|&width| ("d_hidden", width, WIDEST));
        for (name, found, most) in widths.chain([
            ("d_output", self.g2r.d_output, WIDEST),
            ("heads", self.g2r.heads, WIDEST),
            ("hops", self.g2r.hops, FARTHEST),
            ("groups_per_step", self.g2r.groups_per_step, MOST_GROUPS),
        ]) {
            if !(1..=most).contains(&found) {
                return Err(Error::setting(name, format!("from 1 to {most}"), found));
            }
        }
        self.g2r.check()?;
        self.probe.check()
    }
}

/// A config file as a table, after each key and value was found to be a setting.
fn read_table(path: &Path) -> Result<Table, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::read(path, source))?;
    toml::from_str::<Experiment>(&text).map_err(|error| Error::config(path, &text, &error))?;
    toml::from_str(&text).map_err(|error| Error::config(path, &text, &error))
}

/// Puts the values of `top` over those of `base`, table by table.
fn overlay(base: &mut Table, top: Table) {
    for (key, value) in top {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(top)) => overlay(base, top),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::G2r => out.pad("g2r"),
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
        let file = file("dataset = 'CiteSeer'\nseeds = 3\n[g2r]\nepochs = 7\neps_sq = 1\n");
        let flags = table("seeds = 2\n[g2r]\nepochs = 5\n");
        let experiment = Experiment::from_layers(Some(file.path()), flags).unwrap();
        let expected = Experiment {
            dataset: "CiteSeer".into(),
            seeds: Some(2),
            g2r: G2rConfig { epochs: 5, eps_sq: 1.0, ..preset },
            ..Experiment::default()
        };
        assert_eq!(experiment, expected);
    }

    #[test]
    fn written_settings_read_back_the_same() {
        let flags = table(
            "dataset = 'cora'\nencoder = 'sage-pool'\nprotocol = '10-10-80'\nembedding_formats = ['csv']\n[g2r]\nd_hidden = []\n[probe]\nc = 0.5\n",
        );
        let experiment = Experiment::from_layers(None, flags).unwrap();
        assert_eq!(experiment.protocol, Some(Protocol::Tenths));
        assert_eq!(experiment.g2r.encoder, EncoderKind::SagePool);
        assert_eq!(experiment.to_toml().matches("encoder").count(), 1, "it stands in one place");
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
            unknown.starts_with("run.toml:4: unknown field `epsilon`, expected one of `d_hidden`"),
            "{unknown}"
        );
        assert_eq!(
            message_of_file("seeds = 'ten'"),
            "run.toml:1: invalid type: string \"ten\", expected usize"
        );
        assert_eq!(
            message_of_file("[g2r]\nencoder = 'sage'").split(", expected").next().unwrap(),
            "run.toml:2: unknown field `encoder`"
        );
        assert_eq!(
            message_of_file("\nprotocol = 'private'"),
            "run.toml:2: unknown variant `private`, expected one of `public`, `random-20`, `10-10-80`, `20-30-rest`, `60-20-20`, `none`"
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
