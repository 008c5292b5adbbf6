//! `g2r evaluate`.

mod oracle;

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use graph_io::format::read_matrix;
use graph_io::{NodeDataset, embedding};
use harness::{DeviceChoice, Model, Protocol, Registry, Run, SavedRun, Scores};
use harness::{check_embedding, check_written, evaluate_embedding};
use ndarray::Array2;
use serde_json::json;

use crate::args::{DEVICES, Format, evaluating_protocols};
use crate::device;
use crate::failure::{Failure, ResultExt};
use crate::input_args::InputArgs;
use crate::stdout;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r evaluate z.npy --dataset cora
  g2r evaluate runs/cora-g2r-linear
  g2r evaluate cora.vec --dataset cora
  g2r evaluate z.npy --dataset cora --protocol random-20 --seed 3 --format json

The rows of an array (.npy) are in the order of the data set's nodes (see nodes.csv of a run); other embeddings name the
nodes of their rows. A model is read with the config.toml and report.json in its folder, and gives the numbers that its
training has reported.")]
pub(crate) struct EvaluateArgs {
    /// An embedding in any format of `g2r data formats`, a folder that `g2r train` has written, or the model in it
    pub(crate) file: PathBuf,
    /// The name or path of the data set [default for a model: the one it was trained on]
    #[arg(long)]
    pub(crate) dataset: Option<String>,
    /// How nodes are split [default: the model's; public where the data set has a split, else random-20-500-1000]
    #[arg(long, value_parser = evaluating_protocols())]
    protocol: Option<String>,
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The seed of a random split [default: the model's, else 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..i64::MAX as u64))]
    pub(crate) seed: Option<u64>,
    /// Go on with a data set that is no longer the one that a model was trained on
    #[arg(long)]
    allow_changed_data: bool,
    /// Device, for a model [default: as it was trained]
    #[arg(long, value_parser = DEVICES)]
    device: Option<String>,
    /// Compute the coding rate of the embedding by faer and by LAPACK too, and show how far apart they are (needs the feature
    /// lapack)
    #[arg(long)]
    oracle: bool,
    /// The form of standard output
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
        self.device.as_deref().map(device::named)
    }
}

/// What was evaluated, and how well it did.
struct Evaluated {
    dataset: String,
    protocol: Protocol,
    seed: u64,
    split_by_seed: bool,
    d_output: usize,
    scores: Scores,
    oracle: Option<oracle::Comparison>,
}

/// Evaluates an embedding, or the embedding of a trained model.
pub(super) fn run(args: &EvaluateArgs, registry: &Registry) -> Result<(), Failure> {
    oracle::check(args.oracle)?;
    let is_weights = args.file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("safetensors"));
    let evaluated = if is_weights {
        model(args, &args.file, registry)?
    } else if args.dataset.is_none() && Model::is_in(&args.file) {
        model(args, &args.file.join("model.json"), registry)?
    } else {
        embedding(args)?
    };
    evaluated.print(args.format)
}

fn embedding(args: &EvaluateArgs) -> Result<Evaluated, Failure> {
    let dataset = args.dataset.as_deref();
    let dataset = dataset.ok_or_else(|| anyhow!("an embedding needs --dataset, whose nodes are its rows"));
    let dataset = super::load(dataset.usage_err()?, &args.input.config())?;
    let embedding = rows(&args.file, &dataset).usage_err()?;
    check_embedding(&embedding, &dataset).usage_err()?;
    let protocol = args.protocol().unwrap_or_else(|| Protocol::default_for(&dataset));
    let seed = args.seed.unwrap_or(0);
    let scores = evaluate_embedding(&dataset, &embedding, protocol, seed, &protocol.probe()).usage_err()?;
    let split_by_seed = protocol.splits_by_seed(&dataset);
    let dataset = dataset.name().to_string();
    let oracle = oracle::compare(args.oracle, &embedding)?;
    Ok(Evaluated { dataset, protocol, seed, split_by_seed, d_output: embedding.ncols(), scores, oracle })
}

/// The rows of an embedding in the order of the data set's nodes: those of an array as they are, others by their ids.
pub(super) fn rows(file: &Path, dataset: &NodeDataset) -> anyhow::Result<Array2<f32>> {
    let cannot_read = || format!("cannot read {}", file.display());
    if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npy")) {
        let rows = read_matrix(file).with_context(cannot_read)?;
        check_written(file, &rows, dataset)?;
        return Ok(rows);
    }
    let embedding = embedding::read(file).with_context(cannot_read)?;
    let rows = embedding.rows_of(dataset.node_ids());
    rows.with_context(|| format!("{} is no embedding of {}", file.display(), dataset.name()))
}

fn model(args: &EvaluateArgs, file: &Path, registry: &Registry) -> Result<Evaluated, Failure> {
    let saved = SavedRun::beside(registry, file);
    let SavedRun { mut draft, seed } =
        saved.context("a model is read with the config.toml beside it").usage_err()?;
    let seed = args.seed.unwrap_or(seed);
    let run = &mut draft.run;
    // Another protocol has another probe.
    if args.protocol().is_some_and(|asked| Some(asked) != run.protocol) {
        run.probe = None;
    }
    // What was trained without labels may be evaluated by them.
    run.protocol = args.protocol().or(run.protocol.filter(|protocol| protocol.evaluates()));
    let (name, input) =
        (args.dataset.clone().unwrap_or_else(|| run.dataset.clone()), args.input.over(&run.input));
    if (&name, &input) != (&run.dataset, &run.input) {
        // Another data set, or another way to read it, is what was asked for.
        run.data = None;
    }
    (run.dataset, run.input) = (name, input);
    (run.seed, run.seeds) = (seed, Some(1));
    let dataset = super::load(&run.dataset, &run.input)?;
    super::check_data(run, &dataset, args.allow_changed_data)?;
    run.protocol.unwrap_or_else(|| Protocol::default_for(&dataset)).split(&dataset, seed).usage_err()?;
    let chosen = device::choose(args.device().unwrap_or(run.device))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let model = Model::load_with(folder, registry, &chosen.device).usage_err()?;
    let embedding = model.embed(&dataset).usage_err()?;
    let run = Run::prepare(draft, &dataset, &chosen.device).usage_err()?;
    let scores = run.evaluate_embedding(embedding.rows(), seed).run_err()?;
    let (protocol, d_output) = (run.protocol(), model.d_output());
    let split_by_seed = protocol.splits_by_seed(&dataset);
    let dataset = dataset.name().to_string();
    let oracle = oracle::compare(args.oracle, embedding.rows())?;
    Ok(Evaluated { dataset, protocol, seed, split_by_seed, d_output, scores, oracle })
}

impl Evaluated {
    fn print(&self, format: Format) -> Result<(), Failure> {
        let Self { dataset, protocol, seed, split_by_seed, d_output, scores, oracle } = self;
        let Scores { val_acc, test_acc, test_macro_f1 } = scores;
        match format {
            Format::Json => stdout::line(json!({
                "type": "evaluation",
                "dataset": dataset,
                "protocol": protocol.to_string(),
                "seed": seed,
                "d_output": d_output,
                "val_acc": val_acc,
                "test_acc": test_acc,
                "test_macro_f1": test_macro_f1,
                "oracle": oracle,
            })),
            Format::Text => {
                let split = match split_by_seed {
                    true => format!("{protocol} split of seed {seed}"),
                    false => format!("{protocol} split"),
                };
                let percent = |part: &f64| 100.0 * part;
                stdout::line(format_args!(
                    "{dataset}, {split}, embedding of width {d_output}\n\
                     test accuracy  {:.2} %\n\
                     macro-F1       {:.2} %\n\
                     validation     {:.2} %",
                    percent(test_acc),
                    percent(test_macro_f1),
                    percent(val_acc)
                ))?;
                oracle.as_ref().map_or(Ok(()), stdout::line)
            }
        }
    }
}
