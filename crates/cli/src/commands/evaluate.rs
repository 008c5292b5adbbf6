//! `g2r evaluate`.

use std::path::Path;

use anyhow::{Context, anyhow};
use graph_io::format::read_matrix;
use graph_io::{NodeDataset, embedding};
use harness::{Experiment, Judgement, Protocol, Run, SavedRun};
use harness::{check_embedding, judge_embedding};
use ndarray::Array2;
use serde_json::json;

use crate::args::{EvaluateArgs, Format};
use crate::device;
use crate::failure::{Blame, Failure};
use crate::stdout;

/// What was judged, and how well it did.
struct Evaluated {
    dataset: String,
    protocol: Protocol,
    seed: u64,
    split_by_seed: bool,
    d_output: usize,
    judgement: Judgement,
}

/// Judges an embedding, or the embedding of a trained model.
pub(super) fn run(args: &EvaluateArgs) -> Result<(), Failure> {
    let extension = args.file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let evaluated = match extension.to_ascii_lowercase().as_str() {
        "safetensors" => model(args)?,
        _ => embedding(args)?,
    };
    evaluated.print(args.format)
}

fn embedding(args: &EvaluateArgs) -> Result<Evaluated, Failure> {
    let dataset = args.dataset.as_deref();
    let dataset = dataset.ok_or_else(|| anyhow!("an embedding needs --dataset, whose nodes are its rows"));
    let dataset = super::load(dataset.or_input()?, &args.input.config())?;
    let embedding = rows(&args.file, &dataset).or_input()?;
    check_embedding(&embedding, &dataset).or_input()?;
    let protocol = args.protocol().unwrap_or_else(|| Protocol::default_for(&dataset));
    let seed = args.seed.unwrap_or(0);
    let judgement = judge_embedding(&dataset, &embedding, protocol, seed, &protocol.probe()).or_input()?;
    let split_by_seed = protocol.splits_by_seed(&dataset);
    let dataset = dataset.name().to_string();
    Ok(Evaluated { dataset, protocol, seed, split_by_seed, d_output: embedding.ncols(), judgement })
}

/// The rows of an embedding in the order of the data set's nodes: those of an array as they are, others by their ids.
fn rows(file: &Path, dataset: &NodeDataset) -> anyhow::Result<Array2<f32>> {
    let cannot_read = || format!("cannot read {}", file.display());
    if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npy")) {
        return read_matrix(file).with_context(cannot_read);
    }
    let embedding = embedding::read(file).with_context(cannot_read)?;
    let rows = embedding.rows_of(dataset.node_ids());
    rows.with_context(|| format!("{} is no embedding of {}", file.display(), dataset.name()))
}

fn model(args: &EvaluateArgs) -> Result<Evaluated, Failure> {
    let SavedRun { experiment, seed } =
        SavedRun::beside(&args.file).context("a model is read with the config.toml beside it").or_input()?;
    let dataset = args.dataset.clone().unwrap_or(experiment.dataset);
    // What was trained without labels may be judged by them.
    let protocol = args.protocol().or(experiment.protocol.filter(|protocol| protocol.judges()));
    let seed = args.seed.unwrap_or(seed);
    let input = args.input.over(&experiment.input);
    // Another protocol has another probe.
    let probe =
        experiment.probe.filter(|_| args.protocol().is_none_or(|asked| Some(asked) == experiment.protocol));
    let experiment = Experiment { dataset, input, protocol, probe, seed, seeds: Some(1), ..experiment };
    let dataset = super::load(&experiment.dataset, &experiment.input)?;
    protocol.unwrap_or_else(|| Protocol::default_for(&dataset)).split(&dataset, seed).or_input()?;
    let chosen = device::choose(args.device().unwrap_or(experiment.device))?;
    let run = Run::prepare(experiment, &dataset, &chosen.device).or_input()?;
    let embedding = run.embedder().restore(&args.file).or_input()?;
    check_embedding(&embedding, &dataset).or_input()?;
    let judgement = run.judge_embedding(&embedding, seed).or_run()?;
    let (protocol, d_output) = (run.protocol(), embedding.ncols());
    let split_by_seed = protocol.splits_by_seed(&dataset);
    let dataset = dataset.name().to_string();
    Ok(Evaluated { dataset, protocol, seed, split_by_seed, d_output, judgement })
}

impl Evaluated {
    fn print(&self, format: Format) -> Result<(), Failure> {
        let Self { dataset, protocol, seed, split_by_seed, d_output, judgement } = self;
        let Judgement { val_acc, test_acc, test_macro_f1 } = judgement;
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
                ))
            }
        }
    }
}
