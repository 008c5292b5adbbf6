//! The arguments of `g2r train`.

use std::num::ParseIntError;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use graph_io::embedding;
use harness::{Method, Registry};
use serde::{Serialize, Serializer};
use toml::{Table, Value};

use crate::args::{DEVICES, Format, PreparationArgs, checkpoints, encoders, protocols, to_table};
use crate::input_args::InputArgs;

const EXAMPLES: &str = "\
Examples:
  g2r train cora
  g2r train citeseer --method g2r --seeds 3 --epochs 40 --eps-sq 0.1 --out runs/long
  g2r train cora --method g2r --encoder sage --protocol random-20 --format json
  g2r train cora --method grace --set temperature=0.5
  g2r train --config runs/cora-g2r-linear/config.toml --out runs/again
  g2r train path/to/graph --embedding-format parquet --embedding-format csv

Without labels, or with --protocol none, nothing is evaluated: one seed is trained, a default of best-validation becomes
last, and the table shows losses. Of several seeds the one with the lowest loss of its last step is written.
A setting comes from its flag, else from the config file, else from the method's preset for the data set's own name, else
from its general preset, else it is the default.
The output folder gets embedding.npy, nodes.csv, the model (model.json, model.safetensors), config.toml and report.json, and
the embedding in each --embedding-format: embedding.npz, .parquet, .csv, .tsv, .vec (word2vec), or the folder projector.
Ctrl-C, SIGTERM and SIGHUP keep the finished seeds, or the epochs so far of the first; a second one ends at once.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrainArgs {
    /// Settings as TOML, such as the config.toml that a run has written
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Output folder [default: runs/DATASET-METHOD]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Go on with a data set that is no longer the one that the config file was written for
    #[arg(long)]
    pub(crate) allow_changed_data: bool,
    /// Start even where the memory that the run needs at least is more than what is available
    #[arg(long)]
    pub(crate) ignore_memory: bool,

    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    preparation: PreparationArgs,
    #[command(flatten)]
    settings: SettingArgs,
    /// A setting of the method that has no flag, such as temperature=0.5 or views.drop_edge_probs=[0.2,0.4]; may
    /// be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = SETTINGS)]
    set: Vec<Assignment>,
}

/// The settings of a run: each flag is the key of its name in a config file.
#[derive(Debug, clap::Args, Serialize)]
struct RunArgs {
    /// The name of a data set (see `g2r data list`), or the path of one; may stand in the config file instead
    dataset: Option<String>,
    /// The method [default: g2r-linear]
    #[arg(long, value_parser = methods(), help_heading = "Run")]
    method: Option<String>,
    /// Which of the method's presets fills in what is not set, such as authors for g2r [default: the one for the data set]
    #[arg(long, value_name = "NAME", help_heading = "Run")]
    preset: Option<String>,
    /// How nodes are split: public, random-20-500-1000 (or random-20), 20-30-rest, 10-10-80, 60-20-20, wiki-cs-20, ogb; none
    /// evaluates nothing [default: public where the data set has a split, else random-20-500-1000; none without labels]
    #[arg(long, value_parser = protocols(), hide_possible_values = true, help_heading = "Run")]
    protocol: Option<String>,
    /// Which epoch's weights are kept [default: the method's own rule, best-validation for g2r]
    #[arg(long, value_parser = checkpoints(), help_heading = "Run")]
    checkpoint: Option<String>,
    /// Evaluate on the validation nodes every N epochs, with --checkpoint best-validation [default: 1]
    #[arg(long, value_name = "N", help_heading = "Run")]
    eval_every: Option<u32>,
    /// The first seed [default: 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..), help_heading = "Run")]
    seed: Option<i64>,
    /// How many seeds, each one more than the last [default: 10; 1 where nothing is evaluated or seeds would not differ]
    #[arg(long, value_name = "N", help_heading = "Run")]
    seeds: Option<u32>,
    /// Device; auto takes a hardware GPU where there is one, else the CPU [default: auto]
    #[arg(long, value_parser = DEVICES, help_heading = "Run")]
    device: Option<String>,
    /// Threads, at most one a core, 0 for one a core; no result depends on it [default: 0]
    #[arg(long, value_name = "N", help_heading = "Run")]
    threads: Option<u32>,
    /// Another format to write the embedding in, besides embedding.npy; may be given several times
    #[arg(long = "embedding-format", value_name = "NAME", value_parser = embedding_formats(), help_heading = "Run")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    embedding_formats: Vec<String>,
}

/// The settings of a method that people change most: each flag is the key of its name.
#[derive(Debug, clap::Args, Serialize)]
struct SettingArgs {
    /// Encoder, for methods that have one [default: the method's, mostly gcn]
    #[arg(long = "encoder", value_parser = encoders(), help_heading = SETTINGS)]
    kind: Option<String>,
    /// Epochs, one step each
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    epochs: Option<u32>,
    /// Learning rate
    #[arg(long, visible_alias = "lr", value_name = "X", allow_negative_numbers = true, help_heading = SETTINGS)]
    learning_rate: Option<f64>,
    /// Weight decay
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = SETTINGS)]
    weight_decay: Option<f64>,
    /// ε² of the coding rates: the squared error of the code
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = SETTINGS)]
    eps_sq: Option<f64>,
    /// γ₁, a factor inside the expansion
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = SETTINGS)]
    gamma1: Option<f64>,
    /// γ₂, the weight of the expansion
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = SETTINGS)]
    gamma2: Option<f64>,
    /// Groups drawn for a step
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    groups_per_step: Option<u32>,
    /// How groups are drawn
    #[arg(long, value_parser = ["with-replacement", "without-replacement", "all"], help_heading = SETTINGS)]
    sampling: Option<String>,
    /// How a group counts in the compression: by its share of the batch, or of all nodes
    #[arg(long, value_parser = ["g2r", "mcr2"], help_heading = SETTINGS)]
    weighting: Option<String>,
    /// How the entries of the membership matrix Π are scaled
    #[arg(long, value_parser = ["column", "row", "symmetric", "none"], help_heading = SETTINGS)]
    membership: Option<String>,
    /// A node's group holds the nodes up to this many edges away
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    hops: Option<u32>,
    /// The most members of a group; of a larger one a sample is taken; 0 for no bound
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    max_group: Option<u32>,
    /// Whether a node belongs to its own group
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = SETTINGS
    )]
    self_loops: Option<bool>,
    /// Widths of the hidden layers, first to last; "" for none
    #[arg(long, value_name = "N,…", help_heading = SETTINGS)]
    d_hidden: Option<Widths>,
    /// Width of the embedding
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    d_output: Option<u32>,
    /// Attention heads of each layer, for encoders with attention; each hidden width is a multiple of it
    #[arg(long, value_name = "N", help_heading = SETTINGS)]
    heads: Option<u32>,
    /// Dropout probability of each layer's input
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = SETTINGS)]
    dropout_prob: Option<f64>,
    /// Dropout probability of attention weights
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = SETTINGS)]
    attention_dropout_prob: Option<f64>,
    /// How the rows of the embedding are scaled
    #[arg(long, value_parser = ["l1", "l2", "none"], help_heading = SETTINGS)]
    row_norm: Option<String>,
}

const SETTINGS: &str = "Settings of the method (`g2r methods NAME` lists all)";

/// A setting and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) key: String,
    pub(crate) value: Value,
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected KEY=VALUE, found {text:?}");
        let (key, value) = text.split_once('=').ok_or_else(expected)?;
        let key = key.trim().replace('-', "_");
        if key.is_empty() {
            return Err(expected());
        }
        // A word needs no quotes here.
        let parsed = toml::from_str::<Table>(&format!("value = {value}")).ok();
        let parsed = parsed.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
        let value = parsed.unwrap_or_else(|| Value::String(value.trim().to_string()));
        Ok(Self { key, value })
    }
}

/// Numbers with commas between.
#[derive(Clone, Debug, PartialEq)]
struct Widths(Vec<u32>);

impl FromStr for Widths {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let parts = text.split(',').map(str::trim).filter(|_| !text.is_empty());
        Ok(Self(parts.map(str::parse).collect::<Result<_, _>>()?))
    }
}

impl Serialize for Widths {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn methods() -> PossibleValuesParser {
    Registry::builtin().methods().iter().map(Method::name).collect::<Vec<_>>().into()
}

fn embedding_formats() -> PossibleValuesParser {
    embedding::formats().iter().map(|format| format.name).collect::<Vec<_>>().into()
}

impl TrainArgs {
    /// The settings that were given, as a config file would hold them.
    pub(crate) fn settings(&self) -> Table {
        let mut settings = to_table(&self.settings);
        settings.extend(self.set.iter().map(|set| (set.key.clone(), set.value.clone())));
        let mut table = to_table(&self.run);
        table.insert("input".to_string(), Value::Table(self.input.settings()));
        table.insert("preparation".to_string(), Value::Table(self.preparation.settings()));
        table.insert("settings".to_string(), Value::Table(settings));
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;
    use harness::{Checkpoint, Draft, EncoderKind, InputConfig, Protocol};

    fn train(flags: &[&str]) -> TrainArgs {
        let words = ["g2r", "train"].iter().chain(flags);
        match Args::try_parse_from(words).unwrap().command {
            Command::Train(args) => *args,
            other => panic!("not a train command: {other:?}"),
        }
    }

    fn draft(flags: &[&str]) -> Result<Draft, harness::Error> {
        Draft::from_layers(&Registry::builtin(), None, train(flags).settings())
    }

    /// The settings of the method as a table.
    fn settings(flags: &[&str]) -> Table {
        let karate = graph_io::load("karate", None).unwrap();
        draft(flags).unwrap().on(&karate).unwrap().settings.to_table()
    }

    #[test]
    fn without_flags_nothing_is_set() {
        let settings = train(&["cora"]).settings();
        let expected = toml::from_str("dataset = 'cora'\n[input]\n[preparation]\n[settings]\n").unwrap();
        assert_eq!(settings, expected);
    }

    #[test]
    fn every_flag_of_the_run_is_a_key_of_its_name() {
        let flags = "cora --method g2r --protocol 10-10-80 --checkpoint last --eval-every 7 --seed 3 --seeds 2 \
            --device cpu --threads 1 --feature-scaling row-l2 --embedding-format csv --embedding-format npz \
            --input-format linqs --nodes n.csv --features x.npy --unknown-ids skip --direction both \
            --duplicates sum --loops keep --weights ignore --missing-labels drop --isolated-nodes drop \
            --smaller-components refuse --missing-features degree";
        let flags: Vec<&str> = flags.split_whitespace().collect();
        let table = train(&flags).settings();
        let _: InputConfig = table["input"].clone().try_into().unwrap();
        let keys =
            ["format", "nodes", "features", "unknown_ids", "direction", "duplicates", "loops", "weights"];
        keys.iter().for_each(|key| assert!(table["input"].get(key).is_some(), "{key}"));
        let run = draft(&flags).unwrap().run;
        assert_eq!((run.seed, run.seeds, run.threads, run.eval_every), (3, Some(2), 1, 7));
        assert_eq!((run.protocol, run.checkpoint), (Some(Protocol::TenTenEighty), Some(Checkpoint::Last)));
        assert_eq!(run.preparation.feature_scaling.name(), "row-l2");
        assert_eq!(run.embedding_formats, ["csv", "npz"]);
    }

    #[test]
    fn every_flag_of_the_method_reaches_its_table() {
        let flags = "cora --method g2r --encoder gat --epochs 5 --learning-rate 0.01 --weight-decay 0 --eps-sq 0.1 --gamma1 1 \
            --gamma2 2 --groups-per-step 9 --sampling all --weighting mcr2 --membership row --hops 2 --max-group 7 \
            --self-loops --d-hidden 8,4 --d-output 2 --heads 2 --dropout-prob 0.25 --attention-dropout-prob 0.5 \
            --row-norm l2";
        let found = settings(&flags.split_whitespace().collect::<Vec<_>>());
        let expected: Table = toml::from_str(
            "epochs = 5\neps_sq = 0.1\ngamma1 = 1.0\ngamma2 = 2.0\ngroups_per_step = 9\nsampling = 'all'\n\
             weighting = 'mcr2'\nmembership = 'row'\nhops = 2\nmax_group = 7\nself_loops = true\nd_output = 2\n\
             [encoder]\nkind = 'gat'\nd_hidden = [8, 4]\nheads = 2\noutput_heads = 0\ndropout_prob = 0.25\n\
             attention_dropout_prob = 0.5\nactivation = 'default'\nrow_norm = 'l2'\n\
             [optimizer]\nlearning_rate = 0.01\nweight_decay = 0.0\n",
        )
        .unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_word_offered_is_a_setting() {
        let encoders: Vec<&str> = EncoderKind::ALL.iter().map(|kind| kind.name()).collect();
        let protocols: Vec<&str> = Protocol::ALL.iter().map(|protocol| protocol.name()).collect();
        for (flag, words) in [
            ("--encoder", &encoders[..]),
            ("--device", &DEVICES),
            ("--protocol", &protocols),
            ("--sampling", &["with-replacement", "without-replacement", "all"]),
            ("--weighting", &["g2r", "mcr2"]),
            ("--membership", &["column", "row", "symmetric", "none"]),
            ("--row-norm", &["l1", "l2", "none"]),
            ("--checkpoint", &["last", "best-validation", "lowest-loss"]),
            ("--feature-scaling", &["auto", "none", "row-l1", "row-l2", "standardize"]),
        ] {
            for word in words {
                assert!(draft(&["cora", "--method", "g2r", flag, word]).is_ok(), "{flag} {word}");
            }
        }
    }

    #[test]
    fn any_setting_is_assigned_by_its_key_wherever_it_stands() {
        let set = |text| settings(&["cora", "--method", "grace", "--set", text]);
        assert_eq!(set("temperature=0.25")["temperature"].as_float(), Some(0.25));
        assert_eq!(set("activation=prelu")["encoder"]["activation"].as_str(), Some("prelu"));
        let probs: Value = Value::Array(vec![0.5.into(), 0.25.into()]);
        assert_eq!(set("views.drop-edge-probs=[0.5, 0.25]")["views"]["drop_edge_probs"], probs);
        assert_eq!(set("drop_edge_probs=[0.5, 0.25]")["views"]["drop_edge_probs"], probs);
        let message = |text: &str| Assignment::from_str(text).unwrap_err();
        assert_eq!(message("eps_sq"), "expected KEY=VALUE, found \"eps_sq\"");
        assert_eq!(message(" =3"), "expected KEY=VALUE, found \" =3\"");
        let unknown = draft(&["cora", "--method", "dgi", "--eps-sq", "1"]).unwrap_err();
        assert_eq!(unknown.to_string(), "the settings of dgi cannot be read");
        let of_another = draft(&["cora", "--eps-sq", "1"]).unwrap_err();
        assert_eq!(
            of_another.to_string(),
            "the method is g2r-linear, the default, unless another is named (--method g2r)"
        );
    }

    #[test]
    fn self_loops_can_be_switched_off_again() {
        let given = |flags: &[&str]| train(flags).settings.self_loops;
        assert_eq!(given(&["--self-loops", "cora"]), Some(true));
        assert_eq!(given(&["--self-loops=false"]), Some(false));
        assert_eq!(given(&[]), None);
    }

    #[test]
    fn the_last_of_a_repeated_flag_counts() {
        let args = train(&["cora", "--epochs", "2", "--d-hidden", "8,4", "--epochs", "3", "--d-hidden", "5"]);
        assert_eq!((args.settings.epochs, args.settings.d_hidden), (Some(3), Some(Widths(vec![5]))));
    }

    #[test]
    fn widths_are_a_list_that_may_be_empty() {
        let widths = |text: &str| text.parse::<Widths>().ok().map(|widths| widths.0);
        assert_eq!(widths("64, 32"), Some(vec![64, 32]));
        assert_eq!(widths(""), Some(vec![]));
        assert_eq!((widths("64,"), widths("-1")), (None, None));
    }

    #[test]
    fn a_negative_number_is_a_value_and_not_a_flag() {
        assert_eq!(train(&["cora", "--eps-sq", "-1"]).settings.eps_sq, Some(-1.0));
    }
}
