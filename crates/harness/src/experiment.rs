//! The whole settings of a run: what a config file holds.

use std::path::Path;

use embedders::{
    Checkpoint, EncoderKind, Method, MethodKind, PreparationSettings, Registry, Settings, Target, overlay,
};
use graph_io::embedding::{self, EmbeddingFormat};
use graph_io::{DataFingerprint, NodeDataset};
use serde::{Deserialize, Serialize, Serializer};
use toml::{Table, Value};

use crate::config_file;
use crate::error::Error;
use crate::input::InputConfig;
use crate::probe_config::ProbeConfig;
use crate::protocol::Protocol;
use crate::provenance::check_fingerprint;

/// The method where none is named: of those without labels the one with the highest validation accuracy over random splits of the
/// labelled graphs at hand, and the cheapest that learns; see `docs/results.md`.
pub const DEFAULT_METHOD: &str = "g2r-linear";

/// The settings of a run that do not belong to its method; as a file has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSettings {
    /// The name of a data set, or a path.
    pub dataset: String,
    /// The name of the method; not set, the one whose table there is, else [`DEFAULT_METHOD`].
    pub method: String,
    /// Which of the method's presets fills in what is not set; not set, its default one.
    pub preset: Option<String>,
    /// How nodes are split; not set, the data set's own split where it has one, else `random-20-500-1000`, and `none` for a
    /// data set without labels.
    pub protocol: Option<Protocol>,
    /// Which epoch's weights are kept; not set, as the method has it.
    pub checkpoint: Option<Checkpoint>,
    /// Evaluate on the validation nodes every N epochs, where the best epoch is kept; at least 1.
    pub eval_every: usize,
    /// The first seed; below 2⁶³.
    pub seed: u64,
    /// How many seeds, each one more than the last, at least 1; not set, ten, and one where nothing is evaluated or where seeds would
    /// not differ.
    pub seeds: Option<usize>,
    /// Device.
    pub device: DeviceChoice,
    /// Threads, 0 for one a core; at most 1024. No result depends on it.
    pub threads: usize,
    /// The names of the formats that the embedding is written in beside NumPy's, which it always is; of
    /// [`graph_io::embedding::formats`].
    pub embedding_formats: Vec<String>,
    /// How a path is read, and what is done with its faults.
    pub input: InputConfig,
    /// What is done to the features.
    pub preparation: PreparationSettings,
    /// The settings of the probe; not set, the protocol's.
    pub probe: Option<ProbeConfig>,
    /// The fingerprint of the data set that a run was made of, as its config file has it: another one is refused.
    pub data: Option<DataFingerprint>,
}

/// Everything that a run is made of. Written out with every setting, it repeats the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// What does not belong to the method.
    pub run: RunSettings,
    /// How the embedding is trained: the method's table in a file.
    pub settings: Settings,
}

/// The settings of a run as far as they are known before its data set is: presets go by the data set's own name and size.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What does not belong to the method.
    pub run: RunSettings,
    method: Method,
    given: Table,
    /// What was given of the preparation.
    preparation: Table,
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

impl DeviceChoice {
    /// The device of this name.
    pub fn named(name: &str) -> Option<Self> {
        [("auto", Self::Auto), ("cpu", Self::Cpu), ("wgpu", Self::Wgpu), ("cuda", Self::Cuda)]
            .into_iter()
            .find_map(|(known, device)| (known == name).then_some(device))
    }
}

impl Default for RunSettings {
    /// The default method with seeds from 0, without a data set.
    fn default() -> Self {
        Self {
            dataset: String::new(),
            method: DEFAULT_METHOD.to_string(),
            preset: None,
            protocol: None,
            checkpoint: None,
            eval_every: 1,
            seed: 0,
            seeds: None,
            device: DeviceChoice::default(),
            threads: 0,
            embedding_formats: vec!["npy".to_string()],
            input: InputConfig::default(),
            preparation: PreparationSettings::default(),
            probe: None,
            data: None,
        }
    }
}

impl Serialize for Experiment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_table().serialize(serializer)
    }
}

impl Draft {
    /// Settings in layers, each over the one before: the defaults, a config file, `flags`, whose table `settings` are those of
    /// the method that the run has.
    ///
    /// # Errors
    /// A file that cannot be read, is not TOML, or has an unknown key or a value of the wrong type; a table of a method that
    /// is not the run's; a setting out of its range; an unknown method; no data set.
    pub fn from_layers(registry: &Registry, file: Option<&Path>, mut flags: Table) -> Result<Self, Error> {
        let settings = match flags.remove("settings") {
            Some(Value::Table(settings)) => settings,
            _ => Table::new(),
        };
        let mut all = match file {
            Some(path) => config_file::read::<RunSettings>(registry, path)?,
            None => Table::new(),
        };
        let read = |table: &Table| ["dataset", "input"].map(|key| table.get(key).cloned());
        let as_in_file = read(&all);
        overlay(&mut all, flags);
        if read(&all) != as_in_file {
            // A user who names another data set, or another way to read it, wants another one.
            all.remove("data");
        }
        let preparation = match all.get("preparation") {
            Some(Value::Table(preparation)) => preparation.clone(),
            _ => Table::new(),
        };
        let named = all.contains_key("method");
        let mut table = to_table(&RunSettings::default());
        overlay(&mut table, all);
        let mut of_methods = config_file::take_tables_of_methods(registry, &mut table);
        if !named && let [name] = of_methods.keys().collect::<Vec<_>>()[..] {
            table.insert("method".to_string(), name.as_str().into());
        }
        let run: RunSettings = table.try_into().map_err(|source| Error::Settings(Box::new(source)))?;
        let method = registry.method(&run.method)?;
        let mut given = of_methods.remove(method.name()).unwrap_or_default();
        if let Some(other) = of_methods.keys().next() {
            let expected = format!("the table [{method}] of the run's method, or none");
            return Err(Error::invalid("settings", expected, format!("the table [{other}]")));
        }
        overlay(&mut given, method.nested(settings));
        let draft = Self { run, method, given, preparation };
        draft.run.check(method.info().kind)?;
        // Found now what is out of range whatever the data set is.
        match draft.on_target(&Target::general()) {
            Err(Error::Embedder(source @ embedders::Error::Settings { .. }))
                if draft.method.name() == DEFAULT_METHOD =>
            {
                Err(Error::SettingsOfDefault { source: Box::new(source) })
            }
            Err(error) => Err(error),
            Ok(_) => Ok(draft),
        }
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The experiment on a data set, with the preset for it and the fingerprint of the data.
    ///
    /// # Errors
    /// A data set that is not the one that the settings were written for; a setting out of its range.
    pub fn on(self, dataset: &NodeDataset) -> Result<Experiment, Error> {
        let data = DataFingerprint::of(dataset);
        if let Some(expected) = &self.run.data {
            check_fingerprint(expected, &data, dataset.name())?;
        }
        let (settings, preparation) = self.on_target(&Target::of(dataset))?;
        Ok(Experiment { run: RunSettings { preparation, data: Some(data), ..self.run }, settings })
    }

    fn on_target(&self, target: &Target<'_>) -> Result<(Settings, PreparationSettings), Error> {
        let target = target.with_preset(self.run.preset.as_deref());
        let settings = self.method.settings(&target, self.given.clone())?;
        Ok((settings, self.method.preparation(&target, self.preparation.clone())?))
    }
}

impl Experiment {
    /// What the encoder is made of, for methods with an encoder.
    pub fn encoder(&self) -> Option<EncoderKind> {
        Some(self.settings.encoder()?.kind)
    }

    /// Which epoch's weights are kept.
    pub fn checkpoint(&self) -> Checkpoint {
        let chosen = self.run.checkpoint.unwrap_or(self.settings.info().checkpoint);
        match (chosen, self.run.protocol) {
            // Without an evaluation there is nothing to be best by.
            (Checkpoint::BestValidation, Some(Protocol::NotEvaluated)) => Checkpoint::Last,
            _ => chosen,
        }
    }

    /// The settings as TOML, also those that were not set.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("settings are numbers, words, lists and tables")
    }

    fn to_table(&self) -> Table {
        let mut table = to_table(&self.run);
        table.insert(self.settings.info().name.to_string(), Value::Table(self.settings.to_table()));
        table
    }
}

impl RunSettings {
    /// How many seeds: as many as were asked for, else ten, or one where nothing is evaluated.
    pub fn num_seeds(&self) -> usize {
        self.seeds.unwrap_or(if self.protocol == Some(Protocol::NotEvaluated) { 1 } else { 10 })
    }

    /// The seeds in order.
    pub fn all_seeds(&self) -> impl Iterator<Item = u64> + use<> {
        (self.seed..).take(self.num_seeds())
    }

    /// The formats that the embedding is written in beside NumPy's; unknown names are left out.
    pub fn more_embedding_formats(&self) -> impl Iterator<Item = &'static EmbeddingFormat> {
        let named = self.embedding_formats.iter().filter_map(|name| EmbeddingFormat::named(name));
        named.filter(|format| format.name != "npy")
    }

    /// Checks each range.
    fn check(&self, kind: MethodKind) -> Result<(), Error> {
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
        if self.eval_every == 0 {
            return Err(Error::setting("eval_every", "at least 1", 0));
        }
        if self.threads > 1024 {
            return Err(Error::setting("threads", "at most 1024", self.threads));
        }
        if self.checkpoint == Some(Checkpoint::BestValidation) {
            if self.protocol == Some(Protocol::NotEvaluated) {
                let expected = "last or lowest-loss where the protocol is none";
                return Err(Error::setting("checkpoint", expected, Checkpoint::BestValidation));
            }
            if kind == MethodKind::Baseline {
                let expected = "last for a method that is not trained";
                return Err(Error::setting("checkpoint", expected, Checkpoint::BestValidation));
            }
        }
        if let Some(name) = self.embedding_formats.iter().find(|name| EmbeddingFormat::named(name).is_none())
        {
            let known: Vec<&str> = embedding::formats().iter().map(|format| format.name).collect();
            let expected = format!("a list of names among {}", known.join(", "));
            return Err(Error::setting("embedding_formats", expected, format!("{name:?}")));
        }
        self.probe.as_ref().map_or(Ok(()), ProbeConfig::check)
    }
}

fn to_table(settings: &RunSettings) -> Table {
    Table::try_from(settings).expect("settings are numbers, words, lists and tables")
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedders::G2r;
    use std::io::Write;

    fn table(text: &str) -> Table {
        toml::from_str(text).unwrap()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn draft(file: Option<&Path>, flags: Table) -> Result<Draft, Error> {
        Draft::from_layers(&Registry::builtin(), file, flags)
    }

    fn message(flags: &str) -> String {
        draft(None, table(flags)).unwrap_err().to_string()
    }

    fn message_of_file(text: &str) -> String {
        let file = file(text);
        let message = draft(Some(file.path()), Table::new()).unwrap_err().to_string();
        message.replace(file.path().to_str().unwrap(), "run.toml")
    }

    #[test]
    fn each_layer_covers_the_one_before_and_the_preset_is_that_of_the_data_sets_own_name() {
        let file = file("dataset = 'CiteSeer'\nseeds = 3\n[g2r]\nepochs = 7\neps_sq = 1\n");
        let flags = table("seeds = 2\n[settings]\nepochs = 5\n");
        let citeseer = graph_io::load("citeseer", None).unwrap();
        let experiment = draft(Some(file.path()), flags).unwrap().on(&citeseer).unwrap();
        assert_eq!((experiment.run.dataset.as_str(), experiment.run.seeds), ("CiteSeer", Some(2)));
        let settings = experiment.settings.get::<G2r>().unwrap();
        assert_eq!((settings.epochs, settings.eps_sq, settings.groups_per_step), (5, 1.0, 512));
    }

    #[test]
    fn written_settings_read_back_the_same() {
        let karate = graph_io::load("karate", None).unwrap();
        let flags = table(
            "dataset = 'karate'\nprotocol = '10-10-80'\ncheckpoint = 'last'\nembedding_formats = ['csv']\n\
             [preparation]\nfeature_scaling = 'row-l2'\n\
             [g2r.encoder]\nkind = 'sage-pool'\nd_hidden = []\n[probe]\nc = 0.5\n",
        );
        let experiment = draft(None, flags).unwrap().on(&karate).unwrap();
        assert_eq!(experiment.run.protocol, Some(Protocol::TenTenEighty));
        assert_eq!(experiment.encoder(), Some(EncoderKind::SagePool));
        let file = file(&experiment.to_toml());
        assert_eq!(draft(Some(file.path()), Table::new()).unwrap().on(&karate).unwrap(), experiment);
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
            ("eval_every = 0", "`eval_every` must be at least 1, got 0"),
            (
                "checkpoint = 'best-validation'\nprotocol = 'none'",
                "`checkpoint` must be last or lowest-loss where the protocol is none, got best-validation",
            ),
            ("g2r.d_output = 0", "`d_output` must be from 1 to 65536, got 0"),
            ("g2r.encoder.heads = 0", "`heads` must be from 1 to 65536, got 0"),
            ("g2r.eps_sq = 0.0", "`eps_sq` must be positive, got 0"),
            ("g2r.eps_sq = nan", "`eps_sq` must be positive, got NaN"),
            ("probe.c = -1", "`probe.c` must be positive and finite, got -1"),
            (
                "method = 'g2r'\ndgi.epochs = 3",
                "settings: expected the table [g2r] of the run's method, or none, found the table [dgi]",
            ),
        ] {
            assert_eq!(message(&format!("dataset = 'cora'\n{flags}")), expected);
        }
    }

    #[test]
    fn a_config_file_is_refused_at_its_line() {
        let unknown = message_of_file("dataset = 'cora'\n\n[g2r]\nepsilon = 1\n");
        assert!(unknown.starts_with("run.toml:4: unknown field `epsilon`, expected one of "), "{unknown}");
        let nested = message_of_file("dataset = 'cora'\n[g2r.encoder]\nheads = 2\nwidth = 3\n");
        assert!(nested.starts_with("run.toml:4: unknown field `width`, expected one of `kind`"), "{nested}");
        assert_eq!(
            message_of_file("seeds = 'ten'"),
            "run.toml:1: invalid type: string \"ten\", expected usize"
        );
        assert_eq!(
            message_of_file("[dgi]\nepochs = 1.5").split(", expected").next().unwrap(),
            "run.toml:2: invalid type: floating point `1.5`"
        );
        assert!(
            message_of_file("dataset = 'cora'\nmethod = 'word2vec'")
                .starts_with("unknown method `word2vec`, expected one of raw, ")
        );
        assert_eq!(
            message_of_file("\nprotocol = 'private'"),
            "run.toml:2: unknown variant `private`, expected one of `public`, `random-20`, `random-20-500-1000`, `20-30-rest`, `10-10-80`, `60-20-20`, `wiki-cs-20`, `ogb`, `none`"
        );
        assert!(message_of_file("dataset = 'cora").starts_with("run.toml:1: invalid"), "not closed");
        let missing = draft(Some(Path::new("missing/run.toml")), Table::new()).unwrap_err();
        assert_eq!(missing.to_string(), "cannot read missing/run.toml");
    }

    #[test]
    fn seeds_count_up_from_the_first() {
        let run = RunSettings { seed: 5, seeds: Some(3), ..RunSettings::default() };
        assert_eq!(run.all_seeds().collect::<Vec<_>>(), [5, 6, 7]);
        let without = |protocol| RunSettings { protocol, ..RunSettings::default() }.num_seeds();
        assert_eq!((without(None), without(Some(Protocol::NotEvaluated))), (10, 1));
    }
}
