//! `g2r bench`.

mod args;

pub(crate) use args::BenchArgs;

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, anyhow};
use burn::tensor::Device;
use harness::bench::{
    BenchCallback, BenchConfig, BenchOutcome, ChildProgram, JobRecord, Machine, Maker, MemoryCheck,
    MemoryMeter, OlderResults, Plan, Progress, ResultsFile, Tables, Variant, run_bench, summarize,
};
use harness::{DeviceChoice, MethodKind, ProgramInfo, Registry, write_whole_file};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::isolated;
use crate::args::Format;
use crate::device;
use crate::duration::time_in_words;
use crate::failure::{Failure, ResultExt};
use crate::interrupt;
use crate::program;
use crate::stdout;
use crate::threads;

/// The finished runs.
const RESULTS: &str = "results.jsonl";
/// The settings.
const CONFIG: &str = "bench.toml";

/// Runs what is not finished of a comparison, and writes its tables.
pub(super) fn run(args: &BenchArgs, registry: &Registry) -> Result<(), Failure> {
    let mut config =
        BenchConfig::from_layers(registry, args.config.as_deref(), args.settings()).usage_err()?;
    let chosen = device::choose(config.device)?;
    config.device = chosen.choice;
    let raw_dirs = super::raw_dirs();
    let load = |name: &str| {
        let dataset = graph_io::load_with(name, &config.input.load_config(raw_dirs.clone()))?;
        Ok(dataset)
    };
    let plan = Plan::new(&config, &load).usage_err()?;
    let reference = reference(&config, registry);
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("runs/bench"));
    fs::create_dir_all(&out).with_context(|| format!("cannot write {}", out.display())).usage_err()?;
    let mut results = open_results(&out, chosen.choice, args.accept_older)?;
    let written = out.join(CONFIG);
    let title = "# Every setting of this comparison: `g2r bench --config` with this file goes on with it.\n";
    write_whole_file(&written, format!("{title}{}", config.to_toml()).as_bytes()).usage_err()?;

    let done = plan.jobs().filter(|job| results.has(&job.key())).count();
    if !args.quiet {
        tell_what_is_not_shown(&results, &plan);
    }
    let progress = Bar::new(args.quiet, done, plan.jobs().count(), interrupt::listen()?);
    let child = isolated::child();
    let machine = machine(&chosen.device, child.as_ref(), args.ignore_memory);
    let outcome = run_bench(&threads::within_cores(&config), &plan, &load, &machine, &mut results, &progress);
    progress.finish();

    // Whatever ended the runs, those that are finished are told.
    let groups = summarize(plan.jobs(), &results, &reference);
    let command =
        std::env::args().skip(1).fold("g2r".to_string(), |line, word| format!("{line} {}", quoted(&word)));
    let folder = out.display().to_string();
    let tables = Tables {
        groups: &groups,
        reference: &reference,
        command: &command,
        device: &chosen.name,
        out: &folder,
    };
    let written = tables.write(&out).run_err()?.join(", ");
    match args.format {
        Format::Json => tables.to_json().into_iter().try_for_each(stdout::line)?,
        Format::Text => stdout::line(format_args!(
            "{}\nwritten to {folder}: {RESULTS}, {written}, {CONFIG}",
            tables.to_markdown().trim_end()
        ))?,
    }
    let BenchOutcome { failed, left, .. } = outcome.run_err()?;
    let again = "run the same command again to resume";
    match (failed, left) {
        (0, 0) => Ok(()),
        (0, left) => Err(Failure::Run(anyhow!("interrupted: {left} runs are left; {again}"))),
        (failed, 0) => Err(Failure::Run(anyhow!("{failed} runs failed; {again}"))),
        (failed, left) => Err(Failure::Run(anyhow!("{failed} runs failed, {left} are left; {again}"))),
    }
}

/// The finished runs of a folder, as this program makes them.
pub(super) fn open_results(
    folder: &Path,
    device: DeviceChoice,
    accept_older: bool,
) -> Result<ResultsFile, Failure> {
    let ProgramInfo { version, revision, .. } = program::info();
    let policy = if accept_older { OlderResults::Accept } else { OlderResults::Leave };
    let results = ResultsFile::open(&folder.join(RESULTS)).usage_err()?;
    Ok(results.made_by(Maker { version, revision, device }, policy))
}

/// A line about finished runs that stay in the file and are not used.
pub(super) fn tell_what_is_not_shown(results: &ResultsFile, plan: &Plan) {
    let stale = results.num_older() + results.num_stale(plan.jobs());
    if stale > 0 {
        let _ = writeln!(
            io::stderr(),
            "{stale} results in {RESULTS} are of other data, settings, devices or revisions of the program: kept, and not shown \
             (--accept-older uses those of other revisions)"
        );
    }
}

/// What the others are compared with: G2R where it takes part, else the first that learns.
fn reference(config: &BenchConfig, registry: &Registry) -> Variant {
    let g2r = registry.method("g2r").ok().map(Variant::of);
    let learns = |variant: &&Variant| variant.method.info().kind != MethodKind::Baseline;
    let first = config.variants.iter().find(learns).cloned();
    g2r.filter(|g2r| config.variants.contains(g2r)).or(first).expect("a comparison has a method that learns")
}

/// What counts the memory of a run.
pub(super) const METER: MemoryMeter = MemoryMeter {
    start: tensor_memory::count_from_here,
    peak: tensor_memory::peak_of_thread,
    freed: tensor_memory::freed_bytes,
};

/// What runs are executed on, with the flag `--ignore-memory`.
pub(super) fn machine<'a>(
    device: &'a Device,
    child: Option<&'a ChildProgram>,
    ignore_memory: bool,
) -> Machine<'a> {
    let memory_check = if ignore_memory { MemoryCheck::Ignore } else { MemoryCheck::Refuse };
    Machine { device, meter: Some(METER), child, memory_check }
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A bar on a terminal, a line a run elsewhere; both on stderr.
pub(super) struct Bar {
    bar: ProgressBar,
    lines: bool,
    interrupted: Arc<AtomicBool>,
}

impl Bar {
    pub(super) fn new(quiet: bool, done: usize, total: usize, interrupted: Arc<AtomicBool>) -> Self {
        let bar = ProgressBar::new(total as u64);
        bar.set_style(
            ProgressStyle::with_template("{bar:20} {pos}/{len} runs  {wide_msg}")
                .expect("the template is fixed"),
        );
        let terminal = io::stderr().is_terminal();
        if quiet || !terminal {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar.set_position(done as u64);
        if done > 0 && !quiet {
            let _ = writeln!(io::stderr(), "{done} of {total} runs were finished before");
        }
        Self { bar, lines: !quiet && !terminal, interrupted }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl BenchCallback for Bar {
    fn run_finished(&self, record: &JobRecord, progress: &Progress) {
        let Progress { done, total, seconds_left } = *progress;
        let JobRecord { key, scores, error, .. } = record;
        let found = match (scores, error) {
            (Some(scores), _) => {
                let named = [("test", scores.test_acc), ("validation", scores.val_acc)];
                let acc =
                    named.into_iter().find_map(|(name, acc)| Some(format!("{name} {:.1} %, ", 100.0 * acc?)));
                let acc = acc.unwrap_or_default();
                format!("{acc}{:.1} s", scores.seconds)
            }
            (None, error) => format!("failed: {}", error.as_deref().unwrap_or_default()),
        };
        let what = format!("{} {} {} seed {}: {found}", key.dataset, key.protocol, key.method, key.seed);
        let left = time_in_words(seconds_left);
        self.bar.set_position(done as u64);
        self.bar.set_message(format!("{left} left  {what}"));
        if self.lines {
            // With stderr closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "{done}/{total}, {left} left: {what}");
        } else if scores.is_none() {
            self.bar.println(what);
        }
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_for_shells() {
        assert_eq!(["a=b", "my file", "it's", ""].map(quoted), ["a=b", "'my file'", r"'it'\''s'", "''"]);
    }
}
