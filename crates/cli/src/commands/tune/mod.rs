//! `g2r tune`.

mod args;

pub(crate) use args::TuneArgs;

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use harness::bench::{BenchConfig, run_bench};
use harness::tune::{
    Candidate, DatasetChoice, Grid, TuneConfig, choose, config_file, file_stem, one_for_all, preset_file,
};
use harness::{DeviceChoice, InputConfig, MeanStd, Registry, write_whole_file};
use serde_json::json;

use super::bench::{Bar, machine, open_results, quoted, tell_what_is_not_shown};
use super::isolated;
use crate::args::Format;
use crate::device;
use crate::failure::{Failure, ResultExt};
use crate::interrupt;
use crate::stdout;
use crate::threads;

/// The finished runs.
const RESULTS: &str = "results.jsonl";
/// What was chosen, as presets.
const PRESET: &str = "preset.toml";
/// The best combinations.
const TABLE: &str = "table.md";
/// How many combinations the table shows of each data set.
const SHOWN: usize = 10;

/// Tries every combination on every split, and writes what is best.
pub(super) fn run(args: &TuneArgs, registry: &Registry) -> Result<(), Failure> {
    let grid = Grid::read(&args.grid).usage_err()?;
    let config = TuneConfig {
        protocol: args.protocol(),
        splits: args.splits as usize,
        seed: args.seed as u64,
        checkpoint: args.checkpoint(),
        ..TuneConfig::new(registry, &args.method, args.datasets.clone()).usage_err()?
    };
    config.check(&grid).usage_err()?;
    let input: InputConfig = args.input.settings().try_into().context("the input flags").usage_err()?;
    let bench = BenchConfig {
        datasets: args.datasets.clone(),
        workers: args.workers as usize,
        threads_per_worker: args.threads_per_worker as usize,
        memory_gb: args.memory_gb,
        device: DeviceChoice::named(&args.device).expect("the argument is one of their names"),
        input,
        ..BenchConfig::default()
    };
    bench.check_machine().usage_err()?;
    let chosen = device::choose(bench.device)?;
    let raw_dirs = super::raw_dirs();
    let load = |name: &str| Ok(graph_io::load_with(name, &bench.input.load_config(raw_dirs.clone()))?);
    let (plan, names) = config.plan(&grid, &load).usage_err()?;
    let out = &args.out;
    fs::create_dir_all(out).with_context(|| format!("cannot write {}", out.display())).usage_err()?;
    let mut results = open_results(out, chosen.choice, args.accept_older)?;
    if !args.quiet {
        tell_what_is_not_shown(&results, &plan);
    }
    let done = plan.jobs().filter(|job| results.has(&job.key())).count();
    let progress = Bar::new(args.quiet, done, plan.jobs().count(), interrupt::listen()?);
    let child = isolated::child();
    let machine = machine(&chosen.device, child.as_ref(), args.ignore_memory);
    let outcome = run_bench(&threads::within_cores(&bench), &plan, &load, &machine, &mut results, &progress);
    progress.finish();

    // Whatever ended the runs, what is finished is told.
    let choices = choose(&config, &plan, &results);
    let command = command();
    let table = Table { config: &config, grid: &grid, choices: &choices, command: &command }.to_string();
    let write = |path: &Path, text: &str| write_whole_file(path, text.as_bytes()).run_err();
    write(&out.join(TABLE), &table)?;
    write(&out.join(PRESET), &preset_file(&config, &choices, &names, &command))?;
    let mut files = Vec::new();
    for choice in &choices {
        if let Some(best) = choice.best() {
            let path = out.join(format!("{}.toml", file_stem(&choice.dataset)));
            write(&path, &config_file(&config, &bench.input, &choice.dataset, best))?;
            files.push(path);
        }
    }
    match args.format {
        Format::Json => choices.iter().try_for_each(|choice| stdout::line(line_of(choice)))?,
        Format::Text => {
            stdout::line(table.trim_end())?;
            stdout::line(format_args!("\nwritten to {}: {RESULTS}, {TABLE}, {PRESET}", out.display()))?;
            for path in &files {
                stdout::line(format_args!("now read the test once: g2r train --config {}", path.display()))?;
            }
        }
    }
    let outcome = outcome.run_err()?;
    let again = "run the same command again to go on";
    match (outcome.failed, outcome.left) {
        (0, 0) => Ok(()),
        (failed, left) => Err(Failure::Run(anyhow!("{failed} runs failed, {left} are left; {again}"))),
    }
}

fn command() -> String {
    std::env::args().skip(1).fold("g2r".to_string(), |line, word| format!("{line} {}", quoted(&word)))
}

/// What was chosen of a data set.
fn line_of(choice: &DatasetChoice) -> serde_json::Value {
    let best = choice.best();
    json!({
        "type": "choice",
        "dataset": choice.dataset,
        "settings": best.map(|best| best.settings.to_table()),
        "preparation": best.map(|best| best.preparation),
        "val_acc_mean": best.and_then(|best| best.val_acc).map(|acc| acc.mean),
        "val_acc_standard_error": best.and_then(|best| best.val_acc).and_then(|acc| acc.std),
        "cpu_seconds": best.and_then(|best| best.cpu_seconds),
        "combinations": choice.candidates.len(),
    })
}

/// The best combinations of each data set, and the one for all, as Markdown.
struct Table<'a> {
    config: &'a TuneConfig,
    grid: &'a Grid,
    choices: &'a [DatasetChoice],
    command: &'a str,
}

impl std::fmt::Display for Table<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { config, grid, choices, command } = self;
        let title = config.variant.title();
        let TuneConfig { splits, seed, protocol, .. } = config;
        writeln!(out, "# {title}, chosen by validation\n\n```sh\n{command}\n```\n")?;
        writeln!(
            out,
            "{} combinations, {splits} splits {protocol}, seeds from {seed}. Accuracy on validation nodes in %, mean ± standard \
             error; no test label was read.",
            grid.combinations().len()
        )?;
        for DatasetChoice { dataset, candidates } in *choices {
            writeln!(
                out,
                "\n## {dataset}\n\n| validation % | to the best | CPU s | settings |\n|---:|---:|---:|---|"
            )?;
            for candidate in candidates.iter().filter(|candidate| candidate.val_acc.is_some()).take(SHOWN) {
                let (acc, behind) = (percent(candidate.val_acc), percent(candidate.behind));
                let cost = candidate.cpu_seconds.map_or_else(String::new, |cost| format!("{cost:.1}"));
                writeln!(out, "| {acc} | {behind} | {cost} | {} |", self.keys(candidate.place))?;
            }
            for Candidate { place, error, .. } in candidates {
                if let Some(error) = error {
                    writeln!(out, "\nFailed: {}: {error}", self.keys(*place))?;
                }
            }
        }
        if let Some((place, mean)) = one_for_all(choices).filter(|_| choices.len() > 1) {
            writeln!(out, "\n## One for all\n\n{}: {:.2} % in the mean", self.keys(place), 100.0 * mean)?;
            for choice in *choices {
                if let Some(candidate) = choice.at(place) {
                    let (acc, behind) = (percent(candidate.val_acc), percent(candidate.behind));
                    writeln!(out, "- {}: {acc}, {behind} to its own best", choice.dataset)?;
                }
            }
        }
        Ok(())
    }
}

impl Table<'_> {
    /// The keys of a combination as the grid has them.
    fn keys(&self, place: usize) -> String {
        let combination = &self.grid.combinations()[place];
        let keys = combination.settings.iter().chain(&combination.preparation);
        keys.map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
    }
}

fn percent(value: Option<MeanStd>) -> String {
    value.map_or_else(String::new, |MeanStd { mean, std }| {
        let std = std.map_or_else(String::new, |std| format!(" ± {:.2}", 100.0 * std));
        format!("{:.2}{std}", 100.0 * mean)
    })
}
