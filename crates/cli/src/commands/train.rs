//! `g2r train`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, anyhow};
use graph_io::Embedding;
use harness::{Contents, Experiment, OutputFolder, Report, Resources, Run, Summary, SummaryContext};
use serde_json::json;

use crate::args::{Format, TrainArgs};
use crate::device;
use crate::failure::{Blame, Failure};
use crate::interrupt;
use crate::progress::Progress;
use crate::stdout;

/// Trains over seeds, judges where there are labels, and writes the best model with its embedding.
pub(super) fn run(args: &TrainArgs, started: Instant) -> Result<(), Failure> {
    let mut experiment = Experiment::from_layers(args.config.as_deref(), args.settings()).or_input()?;
    use_threads(experiment.threads)?;
    let dataset = super::load(&experiment.dataset, &experiment.input)?;
    let chosen = device::choose(experiment.device)?;
    experiment.device = chosen.choice;
    let run = Run::prepare(experiment, &dataset, &chosen.device).or_input()?;
    run.check_embedding_formats().or_input()?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("runs/{}-{}", dataset.name(), run.experiment().method)));
    // Before any work, so that no result is lost for want of a place.
    let folder = OutputFolder::prepare(&out).or_input()?;

    let interrupted = interrupt::listen()?;
    let mut progress = Progress::new(run.experiment(), args.format, interrupted);
    if args.quiet {
        progress = progress.quiet();
    } else if args.format == Format::Text && io::stderr().is_terminal() {
        let _ = writeln!(io::stderr(), "{} on {}", dataset.name(), chosen.name);
    }
    let outcome = run.execute(&mut progress).or_run()?;
    let told = progress.finish();

    let context = SummaryContext {
        device: chosen.name,
        out: out.display().to_string(),
        total_seconds: started.elapsed().as_secs_f64(),
        resources: Resources::used(),
    };
    let (Some(report), Some(best)) = (Report::new(&run, &outcome, context), &outcome.best) else {
        return Err(Failure::Run(anyhow!("interrupted before a seed was finished; nothing was written")));
    };
    let embedding = Embedding::from_rows(dataset.node_ids().clone(), best.embedding()).or_run()?;
    let split = run.split(report.summary.best_seed).or_run()?;
    folder
        .write(&Contents {
            dataset: &dataset,
            split: split.as_ref(),
            embedding: &embedding,
            weights: best.weights.as_deref(),
            settings: run.experiment(),
            report: &report,
        })
        .or_run()?;
    told?;
    print(&report.summary, args.format)?;
    let Summary { seeds, seeds_asked, .. } = report.summary;
    let kept = format!("{seeds} of {seeds_asked} seeds were finished and are kept");
    match outcome.failure {
        Some(failure) => Err(failure).context(kept).or_run(),
        None if seeds < seeds_asked => Err(Failure::Run(anyhow!("interrupted: {kept}"))),
        None => Ok(()),
    }
}

fn use_threads(threads: usize) -> Result<(), Failure> {
    if threads == 0 {
        return Ok(());
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .with_context(|| format!("cannot start {threads} threads"))
        .or_run()
}

fn print(summary: &Summary, format: Format) -> Result<(), Failure> {
    match format {
        Format::Text => stdout::line(summary.to_string().trim_end()),
        Format::Json => {
            let mut line = serde_json::to_value(summary).or_run()?;
            line["type"] = json!("summary");
            stdout::line(line)
        }
    }
}
