//! `g2r data fetch`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use dataset_fetch::{Error, Fetch, FetchReport, Outcome, Progress, Proxies};
use graph_io::datasets::{self, DatasetInfo};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::args::Format;
use crate::failure::{Failure, ResultExt};
use crate::stdout;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  g2r data fetch pubmed
  g2r data fetch --all --dir data

Interrupted downloads are resumed. A file is kept if its checksum is right, or, where none is known, if the data set has
its published counts. Proxies are those that HTTPS_PROXY, ALL_PROXY and NO_PROXY name.")]
pub(crate) struct DataFetchArgs {
    /// The names of data sets, see `g2r data list`
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
    /// The folder to download to; name it by GRAPH_IO_DATA afterwards [default: g2r/data in the cache folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// The address of a copy of such a folder, used instead of the publishers' addresses
    #[arg(long, value_name = "URL")]
    pub(crate) mirror: Option<String>,
    /// The form of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Downloads data sets, one after another.
pub(super) fn run(args: &DataFetchArgs) -> Result<(), Failure> {
    // Every name is looked up before the first download.
    let infos: Vec<&DatasetInfo> = match args.all {
        true => datasets::all().iter().collect(),
        false => args.names.iter().map(|name| datasets::named(name)).collect::<Result<_, _>>().usage_err()?,
    };
    let folder = args.dir.clone().or_else(super::download_dir);
    let folder = folder.ok_or_else(|| anyhow!("there is no home folder: name one to download to by --dir"));
    let fetch = Fetch {
        mirror: args.mirror.clone(),
        proxies: Proxies::OfTheEnvironment,
        ..Fetch::into_folder(&folder.usage_err()?)
    };
    for info in infos {
        let mut bar = Bar::new(args);
        let fetched = fetch.fetch(info, &mut bar);
        bar.bar.finish_and_clear();
        tell(args.format, &fetched.map_err(|error| failure(error, &fetch, info))?)?;
    }
    Ok(())
}

fn tell(format: Format, report: &FetchReport) -> Result<(), Failure> {
    if format == Format::Json {
        return stdout::line(json!({ "type": "fetched", "name": report.name, "files": report.files }));
    }
    if report.files.is_empty() {
        return stdout::line(format_args!("{}: in this program, nothing to fetch", report.name));
    }
    for file in &report.files {
        let outcome = match file.outcome {
            Outcome::Downloaded => "downloaded",
            Outcome::AlreadyThere => "was there",
        };
        let by = if file.is_checksum_known { "as known" } else { "not known before; the counts are right" };
        let path = file.path.display();
        stdout::line(format_args!("{}: {outcome}: {path}\n  SHA-256 {} ({by})", report.name, file.sha256))?;
    }
    Ok(())
}

/// What went wrong, and where files can help that were brought by other means.
fn failure(error: Error, fetch: &Fetch, info: &DatasetInfo) -> Failure {
    let is_of_the_network = error.is_of_the_network();
    let error = anyhow::Error::new(error);
    if !is_of_the_network {
        return Failure::Run(error);
    }
    Failure::Run(anyhow!(
        "{error:#}\nBy hand, put\n{}or set GRAPH_IO_DATA to a folder that has the same files",
        fetch.by_hand(info)
    ))
}

/// A bar on stderr, where that is a terminal.
struct Bar {
    bar: ProgressBar,
}

impl Bar {
    fn new(args: &DataFetchArgs) -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(
            ProgressStyle::with_template(
                "{wide_msg} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>12} {eta:>4}",
            )
            .expect("the template is fixed and tested"),
        );
        if args.quiet || args.format == Format::Json {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self { bar }
    }
}

impl Progress for Bar {
    fn started(&mut self, path: &str) {
        self.bar.reset();
        self.bar.unset_length();
        self.bar.set_message(path.to_string());
    }

    fn advanced(&mut self, num_bytes: u64, num_total: Option<u64>) {
        if let Some(num_total) = num_total {
            self.bar.set_length(num_total);
        }
        self.bar.set_position(num_bytes);
    }

    fn retrying(&mut self, why: &str, pause: Duration) {
        self.bar.println(format!("{why}; again in {} s", pause.as_secs_f32()));
    }

    fn waiting(&mut self) {
        self.bar.println("waiting for another process that fetches the same data set");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_follows_the_bytes() {
        let args = DataFetchArgs {
            names: vec!["pubmed".to_string()],
            all: false,
            dir: None,
            mirror: None,
            format: Format::Text,
            quiet: true,
        };
        let mut bar = Bar::new(&args);
        bar.started("planetoid/ind.pubmed.x");
        bar.advanced(3, Some(10));
        bar.retrying("the answer 500", Duration::from_secs(1));
        assert_eq!((bar.bar.position(), bar.bar.length()), (3, Some(10)));
        assert_eq!(bar.bar.message(), "planetoid/ind.pubmed.x");
        bar.started("planetoid/ind.pubmed.y");
        assert_eq!((bar.bar.position(), bar.bar.length()), (0, None));
    }
}
