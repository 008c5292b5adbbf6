//! `g2r cluster`.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use graph_io::{Features, Labels, NodeDataset, NodeIds, embedding};
use harness::{Clusters, Registry, SavedRun, clustering_method, write_whole_file};
use ndarray::Array2;
use serde_json::json;

use super::evaluate;
use crate::args::Format;
use crate::commands::train::Assignment;
use crate::failure::{Failure, ResultExt};
use crate::input_args::InputArgs;
use crate::stdout;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r cluster runs/cora-g2r-linear --method rate
  g2r cluster z.npy --dataset cora --method ensc --set gamma=200 --out clusters.csv
  g2r cluster --dataset digits.csv --edges none --method ssc-omp   rows of features

Without an embedding the rows are the features of the data set. With classes the result is compared with them: accuracy under the
best matching, NMI, ARI; they are not used to find it, but for their number, unless --clusters says another.")]
pub(crate) struct ClusterArgs {
    /// An embedding in any format of `g2r data formats`, or a folder that `g2r train` has written
    #[arg(required_unless_present = "dataset")]
    embedding: Option<PathBuf>,
    /// The name or path of the data set [default for a folder of a run: the one it was trained on]
    #[arg(long)]
    dataset: Option<String>,
    /// How clusters are found
    #[arg(long, default_value = "kmeans", value_parser = harness::CLUSTERING_METHODS)]
    method: String,
    /// The number of clusters [default: as many as there are classes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    clusters: Option<u32>,
    /// A setting of the method
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Assignment>,
    /// The seed of what is random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Write a table with the cluster of each node
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    input: InputArgs,
}

/// Clusters the rows of an embedding or of a data set.
pub(super) fn run(args: &ClusterArgs, registry: &Registry) -> Result<(), Failure> {
    let settings = args.settings.iter().map(|setting| (setting.key.clone(), setting.value.clone()));
    let method = clustering_method(&args.method, settings.collect()).usage_err()?;
    let (rows, ids, labels) = rows(args, registry)?;
    let classes = labels.as_ref().map(Labels::num_classes);
    let expected = || anyhow!("expected the number of clusters (`--clusters`), as the nodes have no classes");
    let num_clusters =
        args.clusters.map(|given| given as usize).or(classes).ok_or_else(expected).usage_err()?;
    let clusters =
        Clusters::find(rows.view(), labels.as_ref(), &method, num_clusters, args.seed).usage_err()?;
    if let Some(out) = &args.out {
        write_whole_file(out, clusters.to_csv(&ids).as_bytes()).run_err()?;
    }
    print(args, method.title(), &clusters)
}

/// The rows with their nodes' ids and classes.
fn rows(args: &ClusterArgs, registry: &Registry) -> Result<(Array2<f32>, NodeIds, Option<Labels>), Failure> {
    let dataset = match (&args.dataset, &args.embedding) {
        (Some(name), _) => Some(super::load(name, &args.input.config())?),
        (None, Some(folder)) if folder.join("config.toml").is_file() => {
            let saved = SavedRun::beside(registry, &folder.join("model.json")).usage_err()?;
            let mut run = saved.draft.run;
            let dataset = super::load(&run.dataset, &args.input.over(&run.input))?;
            super::check_data(&mut run, &dataset, false)?;
            Some(dataset)
        }
        _ => None,
    };
    let Some(file) = &args.embedding else {
        let dataset = dataset.expect("without an embedding a data set is required");
        return Ok((dense(dataset.features()), dataset.node_ids().clone(), dataset.labels().cloned()));
    };
    match dataset {
        Some(dataset) => with_dataset(file, &dataset),
        None => {
            let read = embedding::read(file).with_context(|| format!("cannot read {}", file.display()));
            let (ids, rows) = read.usage_err()?.into_parts();
            Ok((rows, ids, None))
        }
    }
}

fn with_dataset(
    file: &Path,
    dataset: &NodeDataset,
) -> Result<(Array2<f32>, NodeIds, Option<Labels>), Failure> {
    let rows = evaluate::rows(file, dataset).usage_err()?;
    harness::check_embedding(&rows, dataset).usage_err()?;
    Ok((rows, dataset.node_ids().clone(), dataset.labels().cloned()))
}

fn dense(features: &Features) -> Array2<f32> {
    match features {
        Features::Dense(rows) => rows.clone(),
        Features::Sparse(rows) => rows.to_dense(),
    }
}

fn print(args: &ClusterArgs, title: &str, clusters: &Clusters) -> Result<(), Failure> {
    let Clusters { found, scores } = clusters;
    let sizes = clusters.sizes();
    if args.format == Format::Json {
        return stdout::line(json!({
            "type": "clusters",
            "method": args.method,
            "seed": args.seed,
            "sizes": sizes,
            "accuracy": scores.map(|scores| scores.accuracy),
            "nmi": scores.map(|scores| scores.nmi),
            "ari": scores.map(|scores| scores.ari),
            "graph": found.graph,
            "rates": found.rates,
            "unfinished": found.num_unfinished,
            "out": args.out,
        }));
    }
    let shown: Vec<String> = sizes.iter().take(20).map(ToString::to_string).collect();
    let more = if sizes.len() > 20 { ", …" } else { "" };
    stdout::line(format_args!(
        "{title}\nclusters       {} of sizes {}{more}",
        sizes.len(),
        shown.join(", ")
    ))?;
    if let Some(scores) = scores {
        let [accuracy, nmi, ari] = [scores.accuracy, scores.nmi, scores.ari].map(|score| 100.0 * score);
        stdout::line(format_args!(
            "accuracy       {accuracy:.1} %\nNMI            {nmi:.1} %\nARI            {ari:.1} %"
        ))?;
    }
    if let Some(graph) = found.graph {
        stdout::line(format_args!(
            "affinity       {} components, {} rows without a neighbor, {} set aside",
            graph.num_components, graph.num_isolated, graph.num_set_aside
        ))?;
    }
    if let Some(rates) = found.rates {
        stdout::line(format_args!(
            "rates          expansion {:.2}, compression {:.2} nats a row",
            rates.expansion, rates.compression
        ))?;
    }
    if found.num_unfinished > 0 {
        stdout::line(format_args!(
            "warning: {} rows were not solved to the tolerance",
            found.num_unfinished
        ))?;
    }
    match &args.out {
        Some(out) => stdout::line(format_args!("written to     {}", out.display())),
        None => Ok(()),
    }
}
