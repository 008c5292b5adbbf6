//! This side's half of a whole training: trains once on request.

use std::io::BufRead;
use std::time::Instant;

use anyhow::{Context, bail};
use burn::tensor::Device;
use embedders::{
    Decision, Embedded, Embedder, EncoderKind, EpochReport, Method, MethodKind, Observer, OwnRule, Task,
};
use evaluation::Rows;
use graph_io::NodeDataset;
use harness::{Judge, ProbeConfig};
use ndarray::Array2;
use serde_json::{Value, json};
use toml::Table;

use crate::trainings::load;
use crate::worker::{cpu_seconds, peak_bytes};

pub(crate) fn run() -> anyhow::Result<()> {
    tensor_memory::keep_freed_blocks();
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

/// Trains the method by its recipe; gives the test accuracy and how many epochs it took.
fn train(dataset: &NodeDataset, settings: &Value, seed: u64) -> anyhow::Result<(f64, usize)> {
    let method = settings["method"].as_str().and_then(Method::named).context("an unknown method")?;
    let split = dataset.split().context("no split")?;
    let judge = Judge::new(dataset, split, &ProbeConfig::default())?;
    let embedder = method.init(&recipe(method, dataset, settings)?, dataset, &Device::flex())?;
    let (embedded, judge) = match method.info().kind {
        MethodKind::Supervised => {
            let num_classes = dataset.labels().context("no labels")?.num_classes();
            let labels = Some(judge.training_labels(num_classes));
            let judge = judge.of_logits();
            let mut best = BestValidation { judge: &judge, highest: None };
            (embedder.embed(&Task { seed, labels }, &mut best)?, judge)
        }
        _ => (embed_unlabelled(embedder.as_ref(), seed)?, judge),
    };
    Ok((judge.judge_features(&embedded.rows)?.test_acc, embedded.history.len()))
}

fn embed_unlabelled(embedder: &dyn Embedder, seed: u64) -> Result<Embedded, embedders::Error> {
    embedder.embed(&Task { seed, labels: None }, &mut OwnRule)
}

/// The recipe for the data set with the shape that both sides train; where epochs are given, so many and no fewer.
fn recipe(method: Method, dataset: &NodeDataset, settings: &Value) -> anyhow::Result<Table> {
    let mut recipe = method.recipe(&dataset.name().to_lowercase(), EncoderKind::Gcn);
    recipe.extend(Table::try_from(&settings["settings"])?);
    if let Some(epochs) = settings["epochs"].as_i64() {
        recipe.extend(["epochs", "patience"].map(|name| (name.to_string(), epochs.into())));
    }
    Ok(recipe)
}

/// Keeps the first epoch with the highest validation accuracy, as the example does.
struct BestValidation<'a> {
    judge: &'a Judge,
    highest: Option<f64>,
}

impl Observer for BestValidation<'_> {
    fn epoch(
        &mut self,
        _report: &EpochReport,
        embedding: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, Box<dyn std::error::Error + Send + Sync>> {
        let logits = embedding();
        let accuracy = self.judge.validation_accuracy(&Rows::dense(logits.view()))?;
        if self.highest.is_some_and(|highest| accuracy <= highest) {
            return Ok(Decision::Discard);
        }
        self.highest = Some(accuracy);
        Ok(Decision::Keep)
    }
}
