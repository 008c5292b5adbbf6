//! Whole trainings, from the data set in memory to the test accuracy: this side's recipes and PyTorch Geometric's examples.
//!
//! A run is a process that trains once. What comes before its data set is in memory (the process, imports, the files) is a
//! column of its own; its clock then runs until the accuracy is known: models made, trained, and judged. Runs alternate, one
//! here, one there, each pair with a seed of its own. PyTorch Geometric reads the very graph, features, labels and split
//! that this side has.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use evaluation::MeanStd;
use graph_io::NodeDataset;
use ndarray::Array1;
use ndarray_npy::write_npy;
use serde_json::{Value, json};

use crate::Args;
use crate::half::{Half, median, number, own_worker, pyg_worker};
use crate::steps::Input;
use crate::tasks::write_input;

/// A method on a data set.
struct Training {
    name: &'static str,
    /// As `pyg_trainings.py` calls it.
    task: &'static str,
    /// As the registry of methods calls it.
    method: &'static str,
    dataset: &'static str,
    /// Settings that are not the recipe's, so that both sides train the same shape.
    settings: fn() -> Value,
}

/// The shapes are those of the examples; both are written for Cora.
const ALL: [Training; 4] = [
    dgi("DGI, Cora, 512", "cora"),
    dgi("DGI, PubMed, 512", "pubmed"),
    gcn("GCN, Cora, 16", "cora"),
    gcn("GCN, PubMed, 16", "pubmed"),
];

const fn dgi(name: &'static str, dataset: &'static str) -> Training {
    Training { name, task: "dgi", method: "dgi", dataset, settings: || json!({ "d_output": 512 }) }
}

const fn gcn(name: &'static str, dataset: &'static str) -> Training {
    Training { name, task: "gcn", method: "supervised", dataset, settings: || json!({ "d_hidden": [16] }) }
}

/// What a run took and found.
#[derive(Clone, Copy)]
struct Cost {
    /// Seconds until the data set was in memory.
    start: f64,
    wall: f64,
    cpu: f64,
    megabytes: f64,
    accuracy: f64,
    epochs: f64,
}

/// Runs the pairs of each training and prints them as one table; each run on stderr as it ends.
pub(crate) fn compare(args: &Args) -> anyhow::Result<()> {
    println!("| training | | wall s | CPU s | MB | test accuracy % | epochs | s before, not counted |");
    println!("|---|---|---|---|---|---|---|---|");
    for training in ALL.iter().filter(|training| training.name.contains(&args.only)) {
        let folder = tempfile::tempdir()?;
        let settings = training.prepare(folder.path(), args)?;
        let mut pairs = Vec::new();
        for seed in 0..args.pairs {
            let ours = own_worker(&["--worker", "--trainings"])?;
            let mut theirs = pyg_worker(args.python(), "pyg_trainings.py");
            theirs.env("OMP_NUM_THREADS", args.threads.to_string());
            // The probe's products are too small to share, and threads that wait for them would be counted.
            theirs.env("OPENBLAS_NUM_THREADS", "1");
            let run = |side: &str, command| {
                Cost::of_run(command, &settings, seed)
                    .inspect(|cost| eprintln!("{}, seed {seed}, {side}: {}", training.name, cost.told()))
            };
            pairs.push([run("here", ours)?, run("there", theirs)?]);
        }
        print!("{}", lines(training.name, &pairs));
    }
    Ok(())
}

/// The data set by name; raw files lie in the folder that `GRAPH_IO_DATA` names.
pub(crate) fn load(dataset: &str) -> anyhow::Result<NodeDataset> {
    let raw_dir = std::env::var_os("GRAPH_IO_DATA").map(PathBuf::from);
    Ok(graph_io::load(dataset, raw_dir.as_deref())?)
}

impl Training {
    /// Writes the data set for the other side, and gives the settings as both workers read them.
    fn prepare(&self, folder: &Path, args: &Args) -> anyhow::Result<Value> {
        let dataset = load(self.dataset)?;
        let labels = dataset.labels().context("no labels")?;
        let split = dataset.split().context("no split")?;
        let input = Input { graph: dataset.graph().clone(), features: dataset.features().clone() };
        write_input(&input, folder)?;
        // A split has no node without a class, so -1 is never read.
        let classes = labels.classes().iter().map(|class| class.map_or(-1, i64::from));
        write_npy(folder.join("y.npy"), &classes.collect::<Array1<i64>>())?;
        for (name, nodes) in [("train", split.train()), ("val", split.val()), ("test", split.test())] {
            let nodes: Array1<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
            write_npy(folder.join(format!("{name}.npy")), &nodes)?;
        }
        Ok(json!({
            "task": self.task,
            "method": self.method,
            "dataset": self.dataset,
            "settings": (self.settings)(),
            "epochs": args.epochs,
            "threads": args.threads,
            "data": folder,
            "x_dims": [dataset.graph().num_nodes(), dataset.features().d_input()],
            "num_classes": labels.num_classes(),
            "features": "dense",
            "adjacency": "edge_index",
        }))
    }
}

impl Cost {
    fn of_run(command: std::process::Command, settings: &Value, seed: usize) -> anyhow::Result<Self> {
        let clock = Instant::now();
        let mut half = Half::start(command, settings)?;
        let start = clock.elapsed().as_secs_f64();
        let answer = half.ask(&format!("train {seed}"))?;
        Ok(Self {
            start,
            wall: number(&answer, "wall_s")?,
            cpu: number(&answer, "cpu_s")?,
            accuracy: number(&answer, "accuracy")?,
            epochs: number(&answer, "epochs")?,
            megabytes: half.peak()?,
        })
    }

    fn told(&self) -> String {
        let Self { start, wall, cpu, megabytes, accuracy, epochs } = self;
        let percent = 100.0 * accuracy;
        format!(
            "{wall:.2} s, {cpu:.2} s CPU, {megabytes:.0} MB, {percent:.1} %, {epochs} epochs, {start:.1} s before"
        )
    }
}

/// Both sides' medians, accuracies as mean ± standard deviation, and the medians of the pairs' ratios.
fn lines(name: &str, pairs: &[[Cost; 2]]) -> String {
    let side = |title: &str, label: &str, side: usize| {
        let middle = |value: fn(&Cost) -> f64| median(pairs.iter().map(|pair| value(&pair[side])));
        let accuracies: Vec<f64> = pairs.iter().map(|pair| pair[side].accuracy).collect();
        format!(
            "| {title} | {label} | {:.2} | {:.2} | {:.0} | {} | {} | {:.1} |\n",
            middle(|cost| cost.wall),
            middle(|cost| cost.cpu),
            middle(|cost| cost.megabytes),
            MeanStd::of(&accuracies).percent(),
            middle(|cost| cost.epochs),
            middle(|cost| cost.start)
        )
    };
    let ratio =
        |value: fn(&Cost) -> f64| median(pairs.iter().map(|[ours, theirs]| value(theirs) / value(ours)));
    format!(
        "{}{}| | ratio | **{:.1}** | **{:.1}** | {:.1} | | | |\n",
        side(name, "here", 0),
        side("", "there", 1),
        ratio(|cost| cost.wall),
        ratio(|cost| cost.cpu),
        ratio(|cost| cost.megabytes)
    )
}
