//! `g2r layout`.

use std::path::PathBuf;

use anyhow::anyhow;
use harness::{GraphLayout, LaidOut, write_whole_file};
use serde_json::json;

use super::evaluate;
use crate::args::Format;
use crate::failure::{Failure, ResultExt};
use crate::input_args::InputArgs;
use crate::stdout;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r layout karate karate.svg
  g2r layout roads.txt roads.png --method pivot-mds
  g2r layout cora cora.svg --embedding runs/cora-g2r-linear/embedding.npy     places by t-SNE of the embedding
  g2r layout cora places.csv                                             node_id,x,y

The ending of OUT says what is written: .svg, .png, or a table .csv.")]
pub(crate) struct LayoutArgs {
    /// The name of a data set, or the path of a graph
    graph: String,
    /// The file to write
    out: PathBuf,
    /// How nodes get their places
    #[arg(long, default_value = "tsnet-star", value_parser = GraphLayout::NAMES)]
    method: String,
    /// Places by t-SNE of the rows of an embedding, in any format of `g2r data formats`
    #[arg(long, value_name = "FILE", conflicts_with = "method")]
    embedding: Option<PathBuf>,
    /// The seed of what is random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    input: InputArgs,
}

/// Pixels to a unit of a drawing.
const PNG_SCALE: f32 = 2.0;

/// Lays out a graph and draws it.
pub(super) fn run(args: &LayoutArgs) -> Result<(), Failure> {
    let ending = args.out.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let ending = ending.filter(|ending| ["svg", "png", "csv"].contains(&ending.as_str()));
    let expected =
        || anyhow!("expected a file that ends in .svg, .png or .csv, found {}", args.out.display());
    let ending = ending.ok_or_else(expected).usage_err()?;
    let dataset = super::load(&args.graph, &args.input.config())?;
    let method = GraphLayout::named(&args.method).expect("only known words are parsed");
    let (laid_out, title) = match &args.embedding {
        Some(file) => {
            let rows = evaluate::rows(file, &dataset).usage_err()?;
            (LaidOut::by_rows(&dataset, rows.view(), args.seed).usage_err()?, "t-SNE of an embedding")
        }
        None => (LaidOut::by_edges(&dataset, method, args.seed).usage_err()?, method.title()),
    };
    let bytes = match ending.as_str() {
        "csv" => laid_out.to_csv(&dataset).into_bytes(),
        _ => {
            let plot = laid_out.plot(&dataset, format!("{}, {title}", dataset.name()));
            let plot = plot.ok_or_else(|| anyhow!("expected nodes, found none")).usage_err()?;
            match ending.as_str() {
                "svg" => plot.svg().into_bytes(),
                _ => plot.to_png(PNG_SCALE).run_err()?,
            }
        }
    };
    write_whole_file(&args.out, &bytes).run_err()?;
    if args.format == Format::Json {
        return stdout::line(json!({
            "type": "layout",
            "dataset": dataset.name(),
            "method": if args.embedding.is_some() { "tsne" } else { &args.method },
            "seed": args.seed,
            "quality": laid_out.quality,
            "out": args.out,
        }));
    }
    if let Some(quality) = laid_out.quality {
        let trust = quality.trustworthiness.map_or("–".to_string(), |trust| format!("{trust:.3}"));
        stdout::line(format_args!(
            "{title}: stress {:.3}, neighborhoods kept {:.3}, trustworthiness {trust}",
            quality.stress, quality.neighborhood_preservation
        ))?;
    }
    stdout::line(format_args!("written to {}", args.out.display()))
}
