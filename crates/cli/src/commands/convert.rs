//! `g2r data convert`.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use graph_io::embedding::{self, EmbeddingFormat};
use graph_io::format::{self, Format as GraphFormat};
use serde_json::json;

use crate::args::Format;
use crate::failure::{Failure, ResultExt};
use crate::input_args::InputArgs;
use crate::stdout;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r data convert cora cora.npz                        as numpy.load reads it
  g2r data convert roads.txt.gz roads --to graph-folder  arrays that are mapped, not read
  g2r data convert roads.txt roads.mtx --loops keep
  g2r data convert runs/cora-g2r-linear cora.vec               an embedding with its nodes' ids, for gensim

FROM is an embedding if it is the folder of a run, embedding.npy in it, or a file in a format of embeddings; else it is a
graph. The ending of OUT says its format, unless --to does.")]
pub(crate) struct ConvertArgs {
    /// The name of a data set, or the path of a graph or an embedding
    pub(crate) from: String,
    /// The file or folder to write
    pub(crate) out: PathBuf,
    /// The format to write [default: by the ending of OUT]
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// Writes a graph or an embedding in another format.
pub(super) fn run(args: &ConvertArgs) -> Result<(), Failure> {
    let from = Path::new(&args.from);
    let known_graph = graph_io::datasets::named(&args.from).is_ok() || args.input.names_format();
    match !known_graph && from.exists() && embedding::is_embedding(from).usage_err()? {
        true => convert_embedding(args, from),
        false => convert_graph(args),
    }
}

fn convert_graph(args: &ConvertArgs) -> Result<(), Failure> {
    let formats = format::all().iter().filter(|format| format.writes());
    let format: &GraphFormat = chosen(args, formats, |format| format.name, GraphFormat::has_ending_of)?;
    let dataset = super::load(&args.from, &args.input.config())?;
    format.write(&dataset, &args.out).usage_err()?;
    let (num_nodes, num_edges) = (dataset.graph().num_nodes(), dataset.graph().num_edges());
    let out = args.out.display();
    match args.format {
        Format::Json => stdout::line(json!({
            "type": "converted",
            "format": format.name,
            "num_nodes": num_nodes,
            "num_edges": num_edges,
            "out": out.to_string(),
        })),
        Format::Text => stdout::line(format_args!(
            "{num_nodes} nodes and {num_edges} edges of {} written to {out} as {}, which keeps {}",
            dataset.name(),
            format.name,
            format.keeps
        )),
    }
}

fn convert_embedding(args: &ConvertArgs, from: &Path) -> Result<(), Failure> {
    let formats = embedding::formats().iter();
    let format: &EmbeddingFormat =
        chosen(args, formats, |format| format.name, EmbeddingFormat::has_ending_of)?;
    let embedding = embedding::read(from).usage_err()?;
    format.write(&embedding, &args.out).usage_err()?;
    let (num_nodes, d_output) = embedding.rows().dim();
    let out = args.out.display();
    match args.format {
        Format::Json => stdout::line(json!({
            "type": "converted",
            "format": format.name,
            "num_nodes": num_nodes,
            "d_output": d_output,
            "out": out.to_string(),
        })),
        Format::Text => stdout::line(format_args!(
            "an embedding of {num_nodes} nodes in {d_output} dimensions written to {out} as {}",
            format.name
        )),
    }
}

/// The format that `--to` names, else the one that the ending of what is written tells.
fn chosen<T>(
    args: &ConvertArgs,
    formats: impl Iterator<Item = &'static T> + Clone,
    name: fn(&T) -> &'static str,
    has_ending_of: fn(&T, &str) -> bool,
) -> Result<&'static T, Failure> {
    let names = formats.clone().map(name).collect::<Vec<_>>().join(", ");
    let mut formats = formats;
    if let Some(to) = &args.to {
        let named = formats.find(|format| name(format) == to);
        return named.ok_or_else(|| Failure::Input(anyhow!("--to: expected one of {names}, found {to:?}")));
    }
    let file = args.out.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    formats.find(|format| has_ending_of(format, &file)).ok_or_else(|| {
        let out = args.out.display();
        Failure::Input(anyhow!("{out}: the ending tells no format to write; choose one by --to: {names}"))
    })
}
