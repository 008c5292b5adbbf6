//! The same training steps, and whole trainings, here and in PyTorch Geometric, in turn, on this machine: times, memory and
//! their ratios.
//!
//! ```text
//! python -m venv venv && venv/bin/pip install numpy==2.4.6 torch==2.15.0 torch_geometric==2.8.1 scikit-learn==1.9.1
//! cargo bench --workspace --bench side_by_side -- --python venv/bin/python
//! GRAPH_IO_DATA=… cargo bench --workspace --bench side_by_side -- --python venv/bin/python --trainings
//! ```
//!
//! Each task runs in two child processes, this program and `pyg_worker.py`, that take turns: some steps here, the same
//! number there, at least five pairs. A line shows the medians over the pairs. CPU time is that of all threads together;
//! it is what the ratio is of. Threads of PyTorch sleep while they wait (`OMP_WAIT_POLICY=passive`), which is to
//! PyTorch's favor in CPU time.
//!
//! With `--trainings` each pair is two whole trainings, each in a process of its own; see `trainings.rs`.

#[path = "../graphs.rs"]
mod graphs;
mod half;
#[path = "../steps/mod.rs"]
mod steps;
mod tasks;
mod training_worker;
mod trainings;
mod worker;

use std::path::PathBuf;

use anyhow::ensure;
use clap::Parser;
use half::{Half, median, number, own_worker, pyg_worker};
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
    /// Whole trainings in place of steps; PubMed's raw files lie where GRAPH_IO_DATA says.
    #[arg(long)]
    trainings: bool,
    /// Epochs of each training on both sides, in place of what each side's recipe says.
    #[arg(long, requires = "trainings")]
    epochs: Option<usize>,
    /// Answers requests on stdin, as `pyg_worker.py` does.
    #[arg(long, hide = true)]
    worker: bool,
    /// What `cargo bench` hands to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    match (args.worker, args.trainings) {
        (true, true) => return training_worker::run(),
        (true, false) => return worker::run(),
        (false, _) => {}
    }
    ensure!(args.pairs > 0, "--pairs must be at least 1");
    ensure!(args.epochs != Some(0), "--epochs must be at least 1");
    if args.trainings { trainings::compare(&args) } else { compare_steps(&args) }
}

impl Args {
    fn python(&self) -> &std::path::Path {
        self.python.as_deref().expect("clap asks for it")
    }
}

fn compare_steps(args: &Args) -> anyhow::Result<()> {
    println!(
        "| task | features, adjacency there | CPU ms here | there | ratio | wall ratio | MB here | there |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for task in tasks::all().into_iter().filter(|task| task.name.contains(&args.only)) {
        let folder = tempfile::tempdir()?;
        task.write_data(folder.path())?;
        for form in task.forms {
            let settings = task.settings(folder.path(), args.threads, *form);
            let mut ours = Half::start(own_worker(&["--worker"])?, &settings)?;
            let mut theirs = Half::start(pyg_worker(args.python(), "pyg_worker.py"), &settings)?;
            // The first step also prepares what later ones use.
            steps(&mut ours, 1)?;
            steps(&mut theirs, 1)?;
            let pairs = take_turns(&mut ours, &mut theirs, task.steps, args.pairs)?;
            println!("{}", line(&task, *form, &pairs, [ours.peak()?, theirs.peak()?]));
        }
    }
    Ok(())
}

/// What a step took, in seconds.
#[derive(Clone, Copy)]
struct Seconds {
    wall: f64,
    cpu: f64,
}

/// Seconds of each of some steps.
fn steps(half: &mut Half, count: usize) -> anyhow::Result<Seconds> {
    let answer = half.ask(&format!("run {count}"))?;
    let each = |name: &str| anyhow::Ok(number(&answer, name)? / count as f64);
    Ok(Seconds { wall: each("wall_s")?, cpu: each("cpu_s")? })
}

fn take_turns(
    ours: &mut Half,
    theirs: &mut Half,
    count: usize,
    pairs: usize,
) -> anyhow::Result<Vec<[Seconds; 2]>> {
    (0..pairs).map(|_| Ok([steps(ours, count)?, steps(theirs, count)?])).collect()
}

fn line(task: &Task, form: [&str; 2], pairs: &[[Seconds; 2]], peaks: [f64; 2]) -> String {
    let over_pairs = |value: &dyn Fn(&[Seconds; 2]) -> f64| median(pairs.iter().map(value));
    let (ours, theirs) = (over_pairs(&|pair| pair[0].cpu), over_pairs(&|pair| pair[1].cpu));
    let (ratio, wall) =
        (over_pairs(&|pair| pair[1].cpu / pair[0].cpu), over_pairs(&|pair| pair[1].wall / pair[0].wall));
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
