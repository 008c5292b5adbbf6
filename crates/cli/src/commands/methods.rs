//! `g2r methods`.

use harness::{Align, Method, MethodKind, Registry, Table, Target};
use serde_json::json;

use crate::args::Format;
use crate::failure::{Failure, ResultExt};
use crate::stdout;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r methods
  g2r methods cca-ssg
  g2r methods g2r --dataset citeseer    with the preset for a data set's own name")]
pub(crate) struct MethodsArgs {
    /// The method whose settings are listed [default: all methods, without their settings]
    method: Option<String>,
    /// The data set whose preset is shown, by its name [default: the general preset of a graph of 1000 nodes]
    #[arg(long, value_name = "NAME", requires = "method")]
    dataset: Option<String>,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints every method, or every setting of one.
pub(super) fn run(args: &MethodsArgs, registry: &Registry) -> Result<(), Failure> {
    let Some(name) = &args.method else { return list(args.format, registry) };
    let method = registry.method(name).usage_err()?;
    let dataset = args.dataset.as_deref().map(str::to_lowercase);
    let target = match &dataset {
        Some(name) => Target { dataset: name, ..Target::general() },
        None => Target::general(),
    };
    let settings = method.preset(&target).to_table();
    match args.format {
        Format::Json => {
            stdout::line(json!({ "type": "method", "name": method.name(), "settings": settings }))
        }
        Format::Text => {
            let info = method.info();
            let text = toml::to_string(&settings).run_err()?;
            stdout::line(format_args!("{}\n\n{}", about(&method), text.trim_end()))?;
            let keys = format!("`--set KEY=VALUE` and a config file's table [{}]", info.name);
            stdout::line(format_args!("\nEach is a key for {keys}."))
        }
    }
}

fn list(format: Format, registry: &Registry) -> Result<(), Failure> {
    if format == Format::Json {
        return registry.methods().iter().try_for_each(|method| {
            let info = method.info();
            stdout::line(json!({
                "type": "method",
                "name": info.name,
                "title": info.title,
                "learns_from": learns_from(method),
                "encoder": method.default_encoder(),
                "checkpoint": info.checkpoint,
                "source": info.source,
            }))
        });
    }
    let columns = ["name", "method", "learns from", "source"];
    let mut table = Table::new(columns.map(|column| (column, Align::Left)));
    for method in registry.methods() {
        let info = method.info();
        table.push([info.name, info.title, learns_from(method), info.source].map(str::to_string));
    }
    stdout::line(table.to_string().trim_end())
}

/// A method in a line.
fn about(method: &Method) -> String {
    let info = method.info();
    match info.source {
        "" => info.title.to_string(),
        source => format!("{}: {source}", info.title),
    }
}

fn learns_from(method: &Method) -> &'static str {
    match method.info().kind {
        MethodKind::Baseline => "nothing",
        MethodKind::Unsupervised if method.default_encoder().is_none() => "graph",
        MethodKind::Unsupervised => "features and graph",
        MethodKind::Supervised { .. } => "labels too",
    }
}
