//! `g2r embed`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use graph_io::embedding::{EmbeddingFormat, formats};
use graph_io::format::write_matrix;
use graph_io::{DataFingerprint, NodeDataset};
use harness::{Model, Registry};
use serde_json::json;

use crate::args::{DEVICES, Format};
use crate::device;
use crate::failure::{Failure, ResultExt};
use crate::input_args::InputArgs;
use crate::stdout;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r embed runs/cora-g2r-linear new.tsv --nodes new.csv --out new.csv
  g2r embed runs/cora-g2r-linear cora --out cora.vec

Feature columns are matched by their names, in whatever order they come; missing or unknown ones are an error that names
them. Methods that know nodes by their ids alone (deepwalk, node2vec, spectral) give the vectors of their training graph.
The ending of FILE says its format: .npz, .parquet, .csv, .tsv, .vec (word2vec), each with ids, or .npy without.")]
pub(crate) struct EmbedArgs {
    /// A folder that `g2r train` has written, or a model in it
    model: PathBuf,
    /// The name of a data set, or the path of one
    dataset: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Device [default: cpu]
    #[arg(long, value_parser = DEVICES)]
    device: Option<String>,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    input: InputArgs,
}

/// Embeds a graph with a saved model, and writes the embedding with its ids.
pub(super) fn run(args: &EmbedArgs, registry: &Registry) -> Result<(), Failure> {
    let folder = folder_of(&args.model);
    let writer = Writer::of(&args.out).usage_err()?;
    let chosen = device::choose(device::named(args.device.as_deref().unwrap_or("cpu")))?;
    let model = Model::load_with(folder, registry, &chosen.device).usage_err()?;
    let dataset = super::load(&args.dataset, &args.input.config())?;
    let embedding = model.embed(&dataset).usage_err()?;
    if let Some(parts) = changes_of_training_graph(&model, &dataset) {
        let _ = writeln!(
            io::stderr(),
            "warning: {} is the graph that the model was trained on but for other {parts}",
            dataset.name()
        );
    }
    match writer {
        Writer::Array => write_matrix(embedding.rows(), &args.out).run_err()?,
        Writer::WithIds(format) => format.write(&embedding, &args.out).run_err()?,
    }
    let (num_nodes, d_output) = embedding.rows().dim();
    let (method, out) = (model.settings().info(), args.out.display());
    match args.format {
        Format::Json => stdout::line(json!({
            "type": "embedded",
            "dataset": dataset.name(),
            "method": method.name,
            "model": folder.display().to_string(),
            "num_nodes": num_nodes,
            "d_output": d_output,
            "out": out.to_string(),
        })),
        Format::Text => stdout::line(format_args!(
            "{num_nodes} nodes of {} embedded by {} in {d_output} columns, written to {out}",
            dataset.name(),
            method.title
        )),
    }
}

/// What of the training graph has changed, where a graph is it but for some parts. An unseen graph differs in all.
fn changes_of_training_graph(model: &Model, dataset: &NodeDataset) -> Option<String> {
    let trained = model.provenance().data.as_ref()?;
    let found = DataFingerprint::of(dataset);
    let parts = trained.differences(&found);
    let is_of_graph =
        trained.nodes == found.nodes && (trained.graph == found.graph || trained.features == found.features);
    // Labels and splits do not change an embedding.
    let parts: Vec<&str> = parts.into_iter().filter(|part| !["labels", "split"].contains(part)).collect();
    (is_of_graph && !parts.is_empty()).then(|| parts.join(", "))
}

/// The folder of a model that is named by itself or by one of its files.
fn folder_of(model: &Path) -> &Path {
    match model.is_dir() {
        true => model,
        false => model.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
    }
}

/// What writes the embedding.
enum Writer {
    Array,
    WithIds(&'static EmbeddingFormat),
}

impl Writer {
    fn of(path: &Path) -> anyhow::Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".npy") {
            return Ok(Self::Array);
        }
        let format = formats().iter().find(|format| format.has_ending_of(name));
        format.map(Self::WithIds).ok_or_else(|| {
            anyhow!(
                "--out {}: expected a name that ends with .npy, .npz, .csv, .tsv, .vec or .parquet",
                path.display()
            )
        })
    }
}
