//! The same training steps here and in PyTorch Geometric, in turn, on this machine: times, memory and their ratios.
//!
//! ```text
//! python -m venv venv && venv/bin/pip install numpy==2.4.6 torch==2.15.0 torch_geometric==2.8.1
//! cargo bench --workspace --bench side_by_side -- --python venv/bin/python
//! ```
//!
//! Each task runs in two child processes, this program and `pyg_worker.py`, that take turns: some steps here, the same
//! number there, at least five pairs. A line shows the medians over the pairs. CPU time is that of all threads together;
//! it is what the ratio is of. Threads of PyTorch sleep while they wait (`OMP_WAIT_POLICY=passive`), which is to
//! PyTorch's favor in CPU time.

#[path = "../graphs.rs"]
mod graphs;
#[path = "../steps/mod.rs"]
mod steps;
mod tasks;
mod worker;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use clap::Parser;
use serde_json::Value;
use tasks::Task;

#[derive(Parser)]
struct Args {
    /// A Python that has PyTorch Geometric.
    #[arg(long, required_unless_present = "worker")]
    python: Option<PathBuf>,
    /// Pairs of runs of each task.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Threads of each side.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Only tasks whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Answers requests on stdin, as `pyg_worker.py` does.
    #[arg(long, hide = true)]
    worker: bool,
    /// What `cargo bench` hands to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.worker {
        return worker::run();
    }
    ensure!(args.pairs > 0, "--pairs must be at least 1");
    let python = args.python.as_deref().expect("clap asks for it");
    println!(
        "| task | features, adjacency there | CPU ms here | there | ratio | wall ratio | MB here | there |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for task in tasks::all().into_iter().filter(|task| task.name.contains(&args.only)) {
        let folder = tempfile::tempdir()?;
        task.write_data(folder.path())?;
        for form in task.forms {
            let settings = task.settings(folder.path(), args.threads, *form);
            let mut ours = Half::start(Command::new(std::env::current_exe()?).arg("--worker"), &settings)?;
            let mut theirs = Half::start(pyg_worker(python), &settings)?;
            let pairs = take_turns(&mut ours, &mut theirs, task.steps, args.pairs)?;
            println!("{}", line(&task, *form, &pairs, [ours.peak()?, theirs.peak()?]));
        }
    }
    Ok(())
}

fn pyg_worker(python: &Path) -> &mut Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/side_by_side/pyg_worker.py");
    let command = Box::leak(Box::new(Command::new(python)));
    command.arg(script).env("OMP_WAIT_POLICY", "passive")
}

/// A process that trains on request.
struct Half {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// What a step took, in seconds.
#[derive(Clone, Copy)]
struct Seconds {
    wall: f64,
    cpu: f64,
}

impl Half {
    fn start(command: &mut Command, settings: &Value) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", command.get_program().to_string_lossy()))?;
        let requests = child.stdin.take().expect("a pipe was asked for");
        let answers = BufReader::new(child.stdout.take().expect("a pipe was asked for"));
        let mut half = Self { child, requests: Some(requests), answers };
        let ready = half.ask(&settings.to_string())?;
        ensure!(ready["ready"] == true, "expected a worker that is ready, found {ready}");
        // The first step also prepares what later ones use.
        half.steps(1)?;
        Ok(half)
    }

    fn ask(&mut self, request: &str) -> anyhow::Result<Value> {
        writeln!(self.requests.as_mut().expect("open until the end"), "{request}")?;
        let mut line = String::new();
        ensure!(self.answers.read_line(&mut line)? > 0, "a worker ended before its answer to {request:?}");
        serde_json::from_str(&line).with_context(|| format!("expected JSON of a worker, found {line:?}"))
    }

    /// Seconds of each of some steps.
    fn steps(&mut self, count: usize) -> anyhow::Result<Seconds> {
        let answer = self.ask(&format!("run {count}"))?;
        let seconds = |name: &str| answer[name].as_f64().with_context(|| format!("no {name} in {answer}"));
        let each = |total: f64| total / count as f64;
        Ok(Seconds { wall: each(seconds("wall_s")?), cpu: each(seconds("cpu_s")?) })
    }

    /// The most memory it held, in MB.
    fn peak(&mut self) -> anyhow::Result<f64> {
        let answer = self.ask("peak")?;
        Ok(answer["peak_rss_bytes"].as_f64().context("no peak_rss_bytes")? / 1e6)
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.requests = None;
        let _ = self.child.wait();
    }
}

fn take_turns(
    ours: &mut Half,
    theirs: &mut Half,
    steps: usize,
    pairs: usize,
) -> anyhow::Result<Vec<[Seconds; 2]>> {
    (0..pairs).map(|_| Ok([ours.steps(steps)?, theirs.steps(steps)?])).collect()
}

fn line(task: &Task, form: [&str; 2], pairs: &[[Seconds; 2]], peaks: [f64; 2]) -> String {
    let median = |value: &dyn Fn(&[Seconds; 2]) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (ours, theirs) = (median(&|pair| pair[0].cpu), median(&|pair| pair[1].cpu));
    let (ratio, wall) =
        (median(&|pair| pair[1].cpu / pair[0].cpu), median(&|pair| pair[1].wall / pair[0].wall));
    format!(
        "| {} | {}, {} | {:.2} | {:.2} | **{ratio:.1}** | {wall:.1} | {:.0} | {:.0} |",
        task.name,
        form[0],
        form[1],
        1e3 * ours,
        1e3 * theirs,
        peaks[0],
        peaks[1]
    )
}
