//! The command line.

use std::num::ParseIntError;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand, ValueEnum};
use graph_io::embedding;
use harness::bench::BenchTask;
use harness::{DeviceChoice, EncoderKind, METHODS, Method, Protocol};
use toml::{Table, Value};

use crate::input_args::InputArgs;

const EXAMPLES: &str = "\
Examples:
  g2r train cora                        ten seeds, the authors' settings; writes runs/cora-g2r
  g2r train roads.tsv.gz --nodes roads.csv    your own graph, in any format of `g2r data formats`
  g2r bench --datasets cora --methods g2r,dgi     methods beside each other, with the baselines
  g2r report runs/cora-g2r              a page of a run, to be opened in a browser
  g2r evaluate z.npy --dataset cora     judge an embedding from anywhere
  g2r inspect citeseer                  what is in a data set
  g2r data list                         which data sets there are
  g2r data fetch pubmed                 download one that is not in the program
  g2r data convert cora cora.graphml    a graph or an embedding in another format

Exit codes: 0 fine, 1 the run failed, 2 wrong usage or input.
Raw files of data sets that are not in the program are looked for in the folder that GRAPH_IO_DATA names, then in g2r/data
in the cache folder (XDG_CACHE_HOME, else ~/.cache).";

const TRAIN_EXAMPLES: &str = "\
Examples:
  g2r train cora
  g2r train citeseer --seeds 3 --epochs 40 --eps-sq 0.1 --out runs/long
  g2r train cora --encoder sage --protocol random-20 --format json
  g2r train cora --method grace --set temperature=0.5
  g2r train --config runs/cora-g2r/config.toml --out runs/again
  g2r train path/to/graph --embedding-format parquet --embedding-format csv

A graph without labels, or --protocol none, is trained to the last epoch of one seed: there is nothing to choose an epoch
by. Of several seeds the one with the lowest loss of its last step is written, and rates are shown for accuracies.
A setting comes from its flag, else from the config file, else from the method's recipe for the data set, else from its
default.
Written are embedding.npy, nodes.csv, model.safetensors, config.toml and report.json, and the embedding in each format
asked for: embedding.npz, .parquet, .csv, .tsv, .vec (word2vec), or the folder projector.";

/// Node embeddings of graphs without labels, by rate reduction.
#[derive(Debug, Parser)]
#[command(name = "g2r", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train an embedding, judge it beside baselines, and write it with its report
    #[command(after_help = TRAIN_EXAMPLES, after_long_help = train_long_help(), args_override_self = true)]
    Train(Box<TrainArgs>),
    /// Compare methods on data sets over seeds, beside the baselines; goes on where it was ended
    #[command(args_override_self = true)]
    Bench(Box<BenchArgs>),
    /// Make one page of a run: curves, spectra, angles between classes, a map of the nodes
    Report(ReportArgs),
    /// Judge an embedding from anywhere, or a trained model
    Evaluate(EvaluateArgs),
    /// Count what is in a data set: nodes, degrees, components, features, classes, homophily
    Inspect(InspectArgs),
    /// Data sets
    Data {
        #[command(subcommand)]
        command: DataCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List the data sets known by name, where each comes from, and whether it is available here
    List(DataListArgs),
    /// Download data sets known by name
    Fetch(DataFetchArgs),
    /// List the formats of graphs and of embeddings: which are read, which written, what they keep
    Formats(DataListArgs),
    /// Write a graph or an embedding in another format, with the ids of its nodes
    Convert(Box<ConvertArgs>),
}

/// For whom output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON object a line, and nothing else, on standard output
    Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrainArgs {
    /// The name of a data set (see `g2r data list`), or the path of one; may stand in the config file instead
    dataset: Option<String>,
    /// Settings as TOML, such as the config.toml that a run has written
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The folder to write to [default: runs/DATASET-METHOD]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// For whom to write on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    input: InputArgs,

    /// How the embedding is trained [default: g2r]
    #[arg(long, value_parser = methods(), help_heading = "Run")]
    method: Option<String>,
    /// What is trained, where the method has an encoder to choose [default: the method's, mostly gcn]
    #[arg(long, value_parser = encoders(), help_heading = "Run")]
    encoder: Option<String>,
    /// A setting of the method that has no flag of its own, as in its table of a config file; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = "Run")]
    set: Vec<Assignment>,
    /// After how many epochs the validation nodes are asked whether to keep the weights; 0 leaves the choice to the method's
    /// own rule, such as the last epoch or the lowest loss [default: the method's]
    #[arg(long, value_name = "N", help_heading = "Run")]
    judge_every: Option<u32>,
    /// How nodes are split: public, random-20-500-1000 (or random-20), 20-30-rest, 10-10-80, 60-20-20, wiki-cs-20, ogb; none
    /// judges nothing [default: public where the data set has a split, else random-20-500-1000; none without labels]
    #[arg(long, value_parser = protocols(), hide_possible_values = true, help_heading = "Run")]
    protocol: Option<String>,
    /// The first seed [default: 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..), help_heading = "Run")]
    seed: Option<i64>,
    /// How many seeds, each one more than the last [default: 10; 1 where nothing is judged]
    #[arg(long, value_name = "N", help_heading = "Run")]
    seeds: Option<u32>,
    /// Where tensors live; auto takes a hardware GPU where there is one, else the CPU [default: auto]
    #[arg(long, value_parser = DEVICES, help_heading = "Run")]
    device: Option<String>,
    /// Threads, 0 for one a core; no result depends on it [default: 0]
    #[arg(long, value_name = "N", help_heading = "Run")]
    threads: Option<u32>,
    /// A format to write the embedding in beside embedding.npy; may be given several times
    #[arg(long, value_name = "NAME", value_parser = embedding_formats(), help_heading = "Run")]
    embedding_format: Vec<String>,

    /// Epochs, one step each
    #[arg(long, value_name = "N", help_heading = TRAINING)]
    epochs: Option<u32>,
    /// Learning rate of Adam
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = TRAINING)]
    lr: Option<f64>,
    /// Weight decay of Adam, added to the gradient
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = TRAINING)]
    weight_decay: Option<f64>,
    /// ε² of the coding rates: the squared error up to which rows are coded
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = TRAINING)]
    eps_sq: Option<f64>,
    /// γ₁, a factor inside the expansion
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = TRAINING)]
    gamma1: Option<f64>,
    /// γ₂, the weight of the expansion
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = TRAINING)]
    gamma2: Option<f64>,
    /// Groups drawn for a step
    #[arg(long, value_name = "N", help_heading = TRAINING)]
    groups_per_step: Option<u32>,
    /// How groups are drawn
    #[arg(long, value_parser = SAMPLINGS, help_heading = TRAINING)]
    sampling: Option<String>,
    /// How a group counts in the compression: by its share of the batch, or of all nodes
    #[arg(long, value_parser = WEIGHTINGS, help_heading = TRAINING)]
    weighting: Option<String>,
    /// How the entries of the membership matrix Π are scaled
    #[arg(long, value_parser = SCALINGS, help_heading = TRAINING)]
    membership: Option<String>,
    /// Nodes up to this many edges away belong to a node's group
    #[arg(long, value_name = "N", help_heading = TRAINING)]
    hops: Option<u32>,
    /// Whether a node belongs to its own group
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = TRAINING
    )]
    self_loops: Option<bool>,
    /// Widths of the hidden layers, first to last; "" for none
    #[arg(long, value_name = "N,…", help_heading = TRAINING)]
    d_hidden: Option<Widths>,
    /// Width of the embedding
    #[arg(long, value_name = "N", help_heading = TRAINING)]
    d_output: Option<u32>,
    /// Attention heads of each layer, where the encoder has them; each hidden width is a multiple of it
    #[arg(long, value_name = "N", help_heading = TRAINING)]
    heads: Option<u32>,
    /// Probability that training drops an attention weight
    #[arg(long, value_name = "X", allow_negative_numbers = true, help_heading = TRAINING)]
    attention_dropout: Option<f64>,
    /// How the rows of the embedding are scaled
    #[arg(long, value_parser = ROW_NORMS, help_heading = TRAINING)]
    row_norm: Option<String>,
}

/// A setting and its value.
#[derive(Clone, Debug, PartialEq)]
struct Assignment {
    key: String,
    value: Value,
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

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r bench --datasets cora --methods g2r,dgi
  g2r bench --datasets cora,citeseer --methods g2r,g2r:gat,dgi,grace,supervised:gat --seeds 5 --out runs/planetoid
  g2r bench --datasets cora --methods g2r,node2vec --tasks classification,clustering,similarity,links
  g2r bench --config experiments/planetoid.toml

The baselines raw, propagated and random-init are always shown. Each finished run is a line of results.jsonl in the output
folder: the same command goes on where it was ended, whatever ended it, and a run that failed is tried again. Written beside it
are table.md, table.csv, table.json, paper.md (with published numbers in rows of their own) and bench.toml.")]
pub(crate) struct BenchArgs {
    /// Settings as TOML, such as the bench.toml that a comparison has written
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The folder to write to, and to go on in [default: runs/bench]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// For whom to write on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Names or paths of data sets
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    datasets: Vec<String>,
    /// Methods, each with the encoder after a colon where another than its own is asked for
    #[arg(long, value_name = "METHOD[:ENCODER],…", value_delimiter = ',')]
    methods: Vec<String>,
    /// How nodes are split [default: public where the data set has a split, else random-20-500-1000]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = judging_protocols())]
    protocols: Vec<String>,
    /// What embeddings are judged by [default: classification]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = tasks())]
    tasks: Vec<String>,
    /// The first seed [default: 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    seed: Option<i64>,
    /// How many seeds, each one more than the last [default: 10]
    #[arg(long, value_name = "N")]
    seeds: Option<u32>,
    /// After how many epochs the validation nodes are asked whether to keep the weights; 0 for never [default: the method's]
    #[arg(long, value_name = "N")]
    judge_every: Option<u32>,
    /// Runs at a time, 0 for one a core; no result depends on it [default: 0]
    #[arg(long, value_name = "N")]
    workers: Option<u32>,
    /// Threads of a run; no result depends on it [default: 1]
    #[arg(long, value_name = "N")]
    threads_per_worker: Option<u32>,
    /// The memory that runs may hold together, in gigabytes; 0 for no bound [default: 4]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    memory_gb: Option<f64>,
    /// Where tensors live [default: cpu]
    #[arg(long, value_parser = DEVICES)]
    device: Option<String>,
    #[command(flatten)]
    input: InputArgs,
}

impl BenchArgs {
    /// The settings that were given, as a config file would hold them.
    pub(crate) fn settings(&self) -> Table {
        let mut table = Table::new();
        for (key, list) in [
            ("datasets", &self.datasets),
            ("methods", &self.methods),
            ("protocols", &self.protocols),
            ("tasks", &self.tasks),
        ] {
            set(&mut table, key, &Some(list.clone()).filter(|list| !list.is_empty()));
        }
        set(&mut table, "seed", &self.seed);
        set(&mut table, "seeds", &self.seeds);
        set(&mut table, "judge_every", &self.judge_every);
        set(&mut table, "workers", &self.workers);
        set(&mut table, "threads_per_worker", &self.threads_per_worker);
        set(&mut table, "memory_gb", &self.memory_gb);
        set(&mut table, "device", &self.device);
        table.insert("input".to_string(), Value::Table(self.input.settings()));
        table
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

impl From<Widths> for Value {
    fn from(Widths(widths): Widths) -> Self {
        widths.into()
    }
}

const TRAINING: &str = "Training (for the defaults see the end of --help)";
const DEVICES: [&str; 4] = ["auto", "cpu", "wgpu", "cuda"];
const SAMPLINGS: [&str; 3] = ["with-replacement", "without-replacement", "all"];
const WEIGHTINGS: [&str; 2] = ["g2r", "mcr2"];
const SCALINGS: [&str; 4] = ["column", "row", "symmetric", "none"];
const ROW_NORMS: [&str; 3] = ["l1", "l2", "none"];

fn methods() -> PossibleValuesParser {
    METHODS.iter().map(Method::name).collect::<Vec<_>>().into()
}

fn protocols() -> PossibleValuesParser {
    let names = Protocol::ALL.iter().map(|protocol| protocol.name());
    names.chain(["random-20"]).collect::<Vec<_>>().into()
}

fn tasks() -> PossibleValuesParser {
    BenchTask::ALL.iter().map(|task| task.name()).collect::<Vec<_>>().into()
}

fn judging_protocols() -> PossibleValuesParser {
    let judging = Protocol::ALL.iter().filter(|protocol| protocol.judges());
    judging.map(|protocol| protocol.name()).chain(["random-20"]).collect::<Vec<_>>().into()
}

fn encoders() -> PossibleValuesParser {
    EncoderKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>().into()
}

fn embedding_formats() -> PossibleValuesParser {
    embedding::formats().iter().map(|format| format.name).collect::<Vec<_>>().into()
}

impl TrainArgs {
    /// The settings that were given, as a config file would hold them.
    pub(crate) fn settings(&self) -> Table {
        let mut run = Table::new();
        set(&mut run, "dataset", &self.dataset);
        set(&mut run, "method", &self.method);
        set(&mut run, "judge_every", &self.judge_every);
        set(&mut run, "protocol", &self.protocol);
        set(&mut run, "seed", &self.seed);
        set(&mut run, "seeds", &self.seeds);
        set(&mut run, "device", &self.device);
        set(&mut run, "threads", &self.threads);
        let formats = Some(self.embedding_format.clone()).filter(|names| !names.is_empty());
        set(&mut run, "embedding_formats", &formats);
        run.insert("input".to_string(), Value::Table(self.input.settings()));
        let mut settings = Table::new();
        set(&mut settings, "encoder", &self.encoder);
        set(&mut settings, "epochs", &self.epochs);
        set(&mut settings, "learning_rate", &self.lr);
        set(&mut settings, "weight_decay", &self.weight_decay);
        set(&mut settings, "eps_sq", &self.eps_sq);
        set(&mut settings, "gamma1", &self.gamma1);
        set(&mut settings, "gamma2", &self.gamma2);
        set(&mut settings, "groups_per_step", &self.groups_per_step);
        set(&mut settings, "sampling", &self.sampling);
        set(&mut settings, "weighting", &self.weighting);
        set(&mut settings, "membership", &self.membership);
        set(&mut settings, "hops", &self.hops);
        set(&mut settings, "self_loops", &self.self_loops);
        set(&mut settings, "d_hidden", &self.d_hidden);
        set(&mut settings, "d_output", &self.d_output);
        set(&mut settings, "heads", &self.heads);
        set(&mut settings, "attention_dropout_prob", &self.attention_dropout);
        set(&mut settings, "row_norm", &self.row_norm);
        settings.extend(self.set.iter().map(|set| (set.key.clone(), set.value.clone())));
        run.insert("settings".to_string(), Value::Table(settings));
        run
    }
}

fn set<T: Clone + Into<Value>>(table: &mut Table, key: &str, value: &Option<T>) {
    if let Some(value) = value.clone() {
        table.insert(key.to_string(), value.into());
    }
}

fn train_long_help() -> String {
    let table = |method: &Method| {
        let encoder = method.info().encoder.unwrap_or(EncoderKind::Gcn);
        let settings =
            toml::to_string(&method.recipe("", encoder)).expect("settings are numbers, words and lists");
        let settings: String = settings.lines().map(|line| format!("    {line}\n")).collect();
        let (name, title, source) = (method.name(), method.info().title, method.info().source);
        format!("  [{name}]  {title}: {source}\n{settings}")
    };
    let tables: Vec<String> = METHODS.iter().map(table).collect();
    let tables = tables.join("\n");
    format!(
        "{TRAIN_EXAMPLES}\n\nSettings of each method and their defaults, where a data set has no recipe of its own; a flag sets \
         the one of its name, --set any other:\n{tables}"
    )
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r evaluate z.npy --dataset cora
  g2r evaluate runs/cora-g2r/model.safetensors
  g2r evaluate cora.vec --dataset cora
  g2r evaluate z.npy --dataset cora --protocol random-20 --seed 3 --format json

The rows of an array (.npy) are in the order of the data set's nodes (see nodes.csv of a run); other embeddings name the
nodes of their rows. A model is read with
the config.toml and report.json beside it, and gives the numbers its training has reported.")]
pub(crate) struct EvaluateArgs {
    /// An embedding in any format of `g2r data formats`, or model.safetensors
    pub(crate) file: PathBuf,
    /// The name or path of the data set [default for a model: the one it was trained on]
    #[arg(long)]
    pub(crate) dataset: Option<String>,
    /// How nodes are split [default: the model's; public where the data set has a split, else random-20-500-1000]
    #[arg(long, value_parser = judging_protocols())]
    protocol: Option<String>,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The seed of a random split [default: the model's, else 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Where a model is run [default: as it was trained]
    #[arg(long, value_parser = DEVICES)]
    device: Option<String>,
    /// For whom to write on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

impl EvaluateArgs {
    /// The protocol, where one was given.
    pub(crate) fn protocol(&self) -> Option<Protocol> {
        let named = |name: &String| Protocol::named(name).expect("only known words are parsed");
        self.protocol.as_ref().map(named)
    }

    /// The device, where one was given.
    pub(crate) fn device(&self) -> Option<DeviceChoice> {
        let word = |word: &String| Value::from(word.as_str()).try_into();
        self.device.as_ref().map(word).map(|device| device.expect("only known words are parsed"))
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r report runs/cora-g2r              writes runs/cora-g2r/report.html, which needs no network
  g2r report runs/cora-g2r --plots      and each figure as SVG and PNG in runs/cora-g2r/plots")]
pub(crate) struct ReportArgs {
    /// A folder that `g2r train` has written
    pub(crate) run: PathBuf,
    /// The page to write [default: report.html in the folder of the run]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write each figure as SVG and PNG too, in a folder `plots` beside the page
    #[arg(long)]
    pub(crate) plots: bool,
    /// The most nodes on the map; of more a sample is shown
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) map_nodes: u32,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// The name of a data set, or the path of one
    pub(crate) dataset: String,
    /// For whom to write on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r data convert cora cora.npz                        as numpy.load reads it
  g2r data convert roads.txt.gz roads --to graph-folder  arrays that are mapped, not read
  g2r data convert roads.txt roads.mtx --loops keep
  g2r data convert runs/cora-g2r cora.vec               an embedding with its nodes' ids, for gensim

An embedding is a run's folder, embedding.npy in it, or a file of a format of embeddings; all else is a graph. The format
of OUT is told by its ending, or by --to.")]
pub(crate) struct ConvertArgs {
    /// The name of a data set, or the path of a graph or an embedding
    pub(crate) from: String,
    /// What to write
    pub(crate) out: PathBuf,
    /// The format to write [default: by the ending of OUT]
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
    /// For whom to write on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r data fetch pubmed
  g2r data fetch --all --dir data

What broke off goes on where it was. A file is kept when its checksum is right, or, where none is known, when the data set
has its published counts. Proxies are those that HTTPS_PROXY, ALL_PROXY and NO_PROXY name.")]
pub(crate) struct DataFetchArgs {
    /// The names of data sets, see `g2r data list`
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
    /// The folder to download to, to be named by GRAPH_IO_DATA afterwards [default: g2r/data in the cache folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The address of a copy of such a folder, asked in place of where the files are published
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Option<String>,
    /// For whom to write on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DataListArgs {
    /// For whom to write on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use harness::{Experiment, InputConfig};

    fn train(flags: &[&str]) -> TrainArgs {
        let words = ["g2r", "train"].iter().chain(flags);
        match Args::try_parse_from(words).unwrap().command {
            Command::Train(args) => *args,
            other => panic!("not a train command: {other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn without_flags_nothing_is_set() {
        let settings = train(&["cora"]).settings();
        assert_eq!(settings, toml::from_str("dataset = 'cora'\n[input]\n[settings]\n").unwrap());
    }

    #[test]
    fn every_flag_is_a_setting() {
        let flags = "cora --method g2r --encoder gcn --protocol 10-10-80 --seed 3 --seeds 2 --device cpu --threads 1 \
            --epochs 5 --lr 0.01 --weight-decay 0 --eps-sq 0.1 --gamma1 1 --gamma2 2 --groups-per-step 9 \
            --sampling all --weighting mcr2 --membership row --hops 2 --self-loops --d-hidden 8,4 --d-output 2 \
            --heads 2 --attention-dropout 0.5 --row-norm l2 --judge-every 7 \
            --input-format linqs --nodes n.csv --features x.npy --unknown-ids skip --direction both --duplicates sum \
            --loops keep --weights ignore --missing-labels drop --isolated-nodes drop --smaller-components refuse \
            --missing-features degree --feature-scaling row-l2 \
            --embedding-format csv --embedding-format npz";
        let settings = train(&flags.split_whitespace().collect::<Vec<_>>()).settings();
        let defaults = Table::try_from(Experiment::default()).unwrap();
        let keys = |table: &Value| table.as_table().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&settings["settings"]), keys(&defaults["g2r"]));
        let input: InputConfig = settings["input"].clone().try_into().unwrap();
        assert_eq!(settings["input"].as_table().unwrap().len(), Table::try_from(&input).unwrap().len());
        let experiment = Experiment::from_layers(None, settings).unwrap();
        assert_eq!((experiment.seed, experiment.seeds, experiment.threads), (3, Some(2), 1));
        assert_eq!(experiment.protocol, Some(Protocol::Tenths));
        let expected: Table = toml::from_str("d_hidden = [8, 4]\nhops = 2\nself_loops = true").unwrap();
        expected.iter().for_each(|(key, value)| assert_eq!(&experiment.settings[key], value));
        assert_eq!(experiment.judge_every(), 7);
        assert_eq!(experiment.embedding_formats, ["csv", "npz"]);
    }

    #[test]
    fn every_word_offered_is_a_setting() {
        let encoders: Vec<&str> = EncoderKind::ALL.iter().map(|kind| kind.name()).collect();
        let protocols: Vec<&str> = Protocol::ALL.iter().map(|protocol| protocol.name()).collect();
        for (flag, words) in [
            ("--encoder", &encoders[..]),
            ("--device", &DEVICES),
            ("--protocol", &protocols),
            ("--sampling", &SAMPLINGS),
            ("--weighting", &WEIGHTINGS),
            ("--membership", &SCALINGS),
            ("--row-norm", &ROW_NORMS),
        ] {
            for word in words {
                let settings = train(&["cora", flag, word]).settings();
                assert!(Experiment::from_layers(None, settings).is_ok(), "{flag} {word}");
            }
        }
    }

    #[test]
    fn any_setting_is_assigned_by_its_key() {
        let args =
            train(&["cora", "--set", "eps-sq=0.25", "--set", "row_norm=l2", "--set", "d_hidden=[3, 4]"]);
        let settings = Experiment::from_layers(None, args.settings()).unwrap().settings;
        let expected: Table = toml::from_str("eps_sq = 0.25\nrow_norm = 'l2'\nd_hidden = [3, 4]").unwrap();
        expected.iter().for_each(|(key, value)| assert_eq!(&settings[key], value));
        let message = |text: &str| Assignment::from_str(text).unwrap_err();
        assert_eq!(message("eps_sq"), "expected KEY=VALUE, found \"eps_sq\"");
        assert_eq!(message(" =3"), "expected KEY=VALUE, found \" =3\"");
    }

    #[test]
    fn self_loops_can_be_switched_off_again() {
        let given = |flags: &[&str]| train(flags).self_loops;
        assert_eq!(given(&["--self-loops", "cora"]), Some(true));
        assert_eq!(given(&["--self-loops=false"]), Some(false));
        assert_eq!(given(&[]), None);
    }

    #[test]
    fn the_last_of_a_repeated_flag_counts() {
        let args = train(&["cora", "--epochs", "2", "--d-hidden", "8,4", "--epochs", "3", "--d-hidden", "5"]);
        assert_eq!((args.epochs, args.d_hidden), (Some(3), Some(Widths(vec![5]))));
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
        assert_eq!(train(&["cora", "--eps-sq", "-1"]).eps_sq, Some(-1.0));
    }
}
