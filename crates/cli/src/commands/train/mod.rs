//! `g2r train`.

mod args;

pub(crate) use args::{Assignment, TrainArgs};

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, anyhow};
use graph_io::{Embedding, NodeDataset};
use harness::{
    AvailableMemory, Contents, Draft, OutputFolder, Registry, Report, Resources, Run, Summary,
    SummaryContext, check_memory,
};
use serde_json::json;

use crate::args::Format;
use crate::device;
use crate::failure::{Failure, ResultExt};
use crate::interrupt;
use crate::program;
use crate::progress::Progress;
use crate::stdout;
use crate::threads;

/// The folder within that of an earlier run that takes what was trained by an interruption.
const INTERRUPTED: &str = "interrupted";

/// Trains over seeds, evaluates where there are labels, and writes the best model with its embedding.
pub(super) fn run(args: &TrainArgs, registry: &Registry, started: Instant) -> Result<(), Failure> {
    let mut draft = Draft::from_layers(registry, args.config.as_deref(), args.settings()).usage_err()?;
    threads::start(draft.run.threads)?;
    let dataset = super::load(&draft.run.dataset, &draft.run.input)?;
    super::check_data(&mut draft.run, &dataset, args.allow_changed_data)?;
    let chosen = device::choose(draft.run.device)?;
    draft.run.device = chosen.choice;
    let experiment = draft.on(&dataset).usage_err()?;
    if !args.ignore_memory
        && let Some(available) = AvailableMemory::now(tensor_memory::freed_bytes())
    {
        check_memory(&experiment, &dataset, &chosen.device, &available).run_err()?;
    }
    let run = Run::of(experiment, &dataset, &chosen.device).usage_err()?;
    run.check_embedding_formats().usage_err()?;
    let out = args.out.clone().unwrap_or_else(|| {
        PathBuf::from(format!("runs/{}-{}", dataset.name(), run.experiment().settings.info().name))
    });
    // Before any work, so that no result is lost for want of a place.
    let folder = OutputFolder::prepare(&out).usage_err()?;

    let interrupted = interrupt::listen()?;
    if !args.quiet && args.format == Format::Text {
        tell_what_was_read(&dataset);
    }
    let show = if args.quiet { Progress::hidden } else { Progress::new };
    let mut progress = show(run.experiment(), args.format, interrupted);
    if !args.quiet && args.format == Format::Text && io::stderr().is_terminal() {
        let _ = writeln!(
            io::stderr(),
            "{} on {}, features {}",
            dataset.name(),
            chosen.name,
            run.estimator().preparation()
        );
    }
    let outcome = run.execute(&mut progress).run_err()?;
    let told = progress.finish();

    let interrupted_first = outcome.seeds.iter().any(|result| result.interrupted);
    let (out, folder) = if interrupted_first && folder.holds_a_run() {
        // A run that is whole is worth more than a part of another.
        let out = out.join(INTERRUPTED);
        let folder = OutputFolder::prepare(&out).run_err()?;
        (out, folder)
    } else {
        (out, folder)
    };
    let context = SummaryContext {
        program: program::info(),
        device: chosen.name,
        out: out.display().to_string(),
        total_seconds: started.elapsed().as_secs_f64(),
        resources: Resources::used(),
    };
    let nothing = || anyhow!("interrupted before a seed was finished; nothing was written");
    let best = outcome.best.as_ref().ok_or_else(nothing).run_err()?;
    let embedding = Embedding::from_rows(dataset.node_ids().clone(), best.embedding()).run_err()?;
    let report = Report::new(&run, &outcome, embedding.rows(), context).ok_or_else(nothing).run_err()?;
    let split = run.split(report.summary.best_seed).run_err()?;
    folder
        .write(&Contents {
            dataset: &dataset,
            split: split.as_ref(),
            embedding: &embedding,
            predicted: best.predicted.as_deref(),
            model: &best.model,
            settings: run.experiment(),
            report: &report,
        })
        .run_err()?;
    told?;
    print(&report.summary, args.format)?;
    let Summary { seeds, seeds_asked, .. } = report.summary;
    let kept = format!("{seeds} of {seeds_asked} seeds were finished and are kept");
    match outcome.failure {
        None if interrupted_first => {
            let Summary { best_seed, steps, .. } = report.summary;
            Err(Failure::Run(anyhow!("interrupted: seed {best_seed} is kept as it was after {steps} epochs")))
        }
        Some(failure) => Err(failure).context(kept).run_err(),
        None if seeds < seeds_asked => Err(Failure::Run(anyhow!("interrupted: {kept}"))),
        None => Ok(()),
    }
}

/// One block about what cleaning did and what was not used, where there is anything to say.
fn tell_what_was_read(dataset: &NodeDataset) {
    let mut report = *dataset.report();
    let edges = &mut report.edges;
    if edges.reverses_added + edges.duplicates_merged + edges.loops_dropped == edges.arcs_read {
        // Each edge is listed in one direction, as lists of edges are.
        edges.reverses_added = 0;
    }
    let told = format!("{report}{}", dataset.notes());
    if !told.is_empty() {
        let told = told.lines().map(|line| format!("  {line}\n")).collect::<String>();
        let _ = write!(io::stderr(), "{} as it was read:\n{told}", dataset.name());
    }
}

fn print(summary: &Summary, format: Format) -> Result<(), Failure> {
    match format {
        Format::Text => stdout::line(summary.to_string().trim_end()),
        Format::Json => {
            let mut line = serde_json::to_value(summary).run_err()?;
            line["type"] = json!("summary");
            stdout::line(line)
        }
    }
}
