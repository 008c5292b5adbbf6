//! `g2r train`.

mod args;

pub(crate) use args::TrainArgs;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, anyhow};
use graph_io::Embedding;
use harness::{
    AvailableMemory, Contents, Draft, OutputFolder, Registry, Report, Resources, Run, Summary,
    SummaryContext, check_memory,
};
use serde_json::json;

use crate::args::Format;
use crate::device;
use crate::failure::{Failure, ResultExt};
use crate::interrupt;
use crate::progress::Progress;
use crate::stdout;

/// Trains over seeds, evaluates where there are labels, and writes the best model with its embedding.
pub(super) fn run(args: &TrainArgs, registry: &Registry, started: Instant) -> Result<(), Failure> {
    let mut draft = Draft::from_layers(registry, args.config.as_deref(), args.settings()).usage_err()?;
    use_threads(draft.run.threads)?;
    let dataset = super::load(&draft.run.dataset, &draft.run.input)?;
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

    let context = SummaryContext {
        device: chosen.name,
        out: out.display().to_string(),
        total_seconds: started.elapsed().as_secs_f64(),
        resources: Resources::used(),
    };
    let (Some(report), Some(best)) = (Report::new(&run, &outcome, context), &outcome.best) else {
        return Err(Failure::Run(anyhow!("interrupted before a seed was finished; nothing was written")));
    };
    let embedding = Embedding::from_rows(dataset.node_ids().clone(), best.embedding()).run_err()?;
    let split = run.split(report.summary.best_seed).run_err()?;
    folder
        .write(&Contents {
            dataset: &dataset,
            split: split.as_ref(),
            embedding: &embedding,
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
        Some(failure) => Err(failure).context(kept).run_err(),
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
        .run_err()
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
