//! This side's half of a whole training: trains once on request.

use std::io::BufRead;
use std::time::Instant;

use anyhow::{Context, bail};
use burn::tensor::Device;
use embedders::{
    BestValidation, FitOptions, Method, PreparationSettings, Registry, Settings, Target, overlay,
};
use evaluation::Rows;
use graph_io::NodeDataset;
use harness::{Evaluator, ProbeConfig};
use ndarray::Array2;
use serde_json::{Value, json};
use toml::Table;

use crate::trainings::load;
use crate::worker::{cpu_seconds, peak_bytes};

pub(crate) fn run() -> anyhow::Result<()> {
    let _ = tensor_memory::keep_freed_blocks();
    let mut requests = std::io::stdin().lock().lines();
    let settings: Value = serde_json::from_str(&requests.next().context("expected a training on stdin")??)?;
    let threads = settings["threads"].as_u64().context("no threads")? as usize;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let dataset = load(settings["dataset"].as_str().context("no dataset")?)?;
    println!("{}", json!({ "ready": true, "threads": threads }));
    for request in requests {
        match request?.split_whitespace().collect::<Vec<_>>()[..] {
            ["train", seed] => println!("{}", timed(&dataset, &settings, seed.parse()?)?),
            ["peak"] => println!("{}", json!({ "peak_rss_bytes": peak_bytes()? })),
            ref request => bail!("unknown request {request:?}"),
        }
    }
    Ok(())
}

fn timed(dataset: &NodeDataset, settings: &Value, seed: u64) -> anyhow::Result<Value> {
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let (accuracy, epochs) = train(dataset, settings, seed)?;
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    Ok(json!({ "wall_s": wall, "cpu_s": cpu, "accuracy": accuracy, "epochs": epochs }))
}

/// Trains the method with its preset; gives the test accuracy and how many epochs it took.
fn train(dataset: &NodeDataset, settings: &Value, seed: u64) -> anyhow::Result<(f64, usize)> {
    let method = Registry::builtin().method(settings["method"].as_str().context("no method")?)?;
    let split = dataset.split().context("no split")?;
    let evaluator = Evaluator::new(dataset, split, &ProbeConfig::default())?;
    let settings = preset(method, dataset, settings)?;
    let bound = settings.prepare(dataset, &PreparationSettings::default(), &Device::flex())?;
    let options = FitOptions::seed(seed);
    if !settings.info().kind.gives_logits() {
        let fitted = bound.fit(&options, &mut ())?;
        return Ok((evaluator.evaluate_features(&fitted.rows)?.test_acc, fitted.history.len()));
    }
    let num_classes = dataset.labels().context("no labels")?.num_classes();
    let labels = Some(evaluator.training_labels(num_classes));
    let evaluator = evaluator.of_logits();
    // The first epoch with the highest validation accuracy, as the example keeps it.
    let mut best = BestValidation::new(1, |logits: &Array2<f32>| {
        Ok(evaluator.validation_accuracy(&Rows::dense(logits.view()))?)
    });
    let fitted = bound.fit(&FitOptions { labels, ..options }, &mut best)?;
    Ok((evaluator.evaluate_features(&fitted.rows)?.test_acc, fitted.history.len()))
}

/// The preset for the data set with the shape that both sides train; where epochs are given, so many and no fewer.
fn preset(method: Method, dataset: &NodeDataset, settings: &Value) -> anyhow::Result<Settings> {
    let mut given = method.nested(Table::try_from(&settings["settings"])?);
    if let Some(epochs) = settings["epochs"].as_i64() {
        let epochs = ["epochs", "patience"].map(|name| (name.to_string(), epochs.into()));
        overlay(&mut given, epochs.into_iter().collect());
    }
    Ok(method.settings(&Target::of(dataset), given)?)
}
