//! This side's half: trains on request.

use std::hint::black_box;
use std::io::BufRead;
use std::time::Instant;

use anyhow::{Context, bail};
use burn::tensor::{Device, Tensor};
use embedders::{Dgi, FitOptions, TrainingData, trainer};
use gnn::GcnAdjacency;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde_json::{Value, json};

use crate::steps::Input;
use crate::steps::gat::GatStep;
use crate::steps::gcn::GcnStep;
use crate::tasks;

// As the program has it.
#[global_allocator]
static ALLOCATOR: tensor_memory::TensorAllocator = tensor_memory::TensorAllocator;

pub(crate) fn run() -> anyhow::Result<()> {
    let _ = tensor_memory::keep_freed_blocks();
    let mut requests = std::io::stdin().lock().lines();
    let settings: Value = serde_json::from_str(&requests.next().context("expected a task on stdin")??)?;
    let threads = settings["threads"].as_u64().context("no threads")? as usize;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let mut step = prepare(&settings)?;
    println!("{}", json!({ "ready": true, "threads": threads }));
    for request in requests {
        match request?.split_whitespace().collect::<Vec<_>>()[..] {
            ["run", count] => println!("{}", timed(&mut step, count.parse()?)),
            ["peak"] => println!("{}", json!({ "peak_rss_bytes": peak_bytes()? })),
            ref request => bail!("unknown request {request:?}"),
        }
    }
    Ok(())
}

fn prepare(settings: &Value) -> anyhow::Result<Box<dyn FnMut()>> {
    let task = tasks::all().into_iter().find(|task| settings["source"] == task.name.as_str());
    let input = task.context("an unknown task")?.input.input();
    let width =
        |name: &str| settings[name].as_u64().map(|width| width as usize).context("a width is missing");
    Ok(match settings["task"].as_str() {
        Some("gcn") => {
            let mut step = GcnStep::new(&input, width("d_hidden")?, width("d_output")?);
            Box::new(move || step.step())
        }
        Some("dgi") => {
            let settings = Dgi { d_output: width("d_output")?, ..Dgi::default() };
            let dataset = graph_io::load("cora", None)?;
            // A training borrows its trainer, which the worker keeps until its end.
            let dgi = Box::leak(Box::new(trainer(&settings, &TrainingData::of(&dataset))?));
            let options = Box::leak(Box::new(FitOptions::seed(0)));
            let mut training = dgi.start(options)?;
            Box::new(move || {
                training.epoch().expect("a finite loss");
            })
        }
        Some("gat") => {
            let dropout = settings["attention_dropout"].as_f64().context("no attention_dropout")?;
            let mut step = GatStep::new(&input, width("d_output")?, dropout);
            Box::new(move || step.step())
        }
        Some("spmm") => propagation(&input, width("width")?),
        task => bail!("unknown task {task:?}"),
    })
}

fn propagation(input: &Input, width: usize) -> Box<dyn FnMut()> {
    let device = Device::flex();
    let adjacency = GcnAdjacency::new(&input.graph, &device);
    let x = Tensor::<2>::ones([input.graph.num_nodes(), width], &device);
    Box::new(move || {
        black_box(adjacency.propagate(x.clone()));
    })
}

fn timed(step: &mut dyn FnMut(), count: usize) -> Value {
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    for _ in 0..count {
        step();
    }
    json!({ "wall_s": wall.elapsed().as_secs_f64(), "cpu_s": cpu_seconds() - cpu, "steps": count })
}

/// The most memory the process held. Not `getrusage`'s number, which begins at what the parent held when it started this.
pub(crate) fn peak_bytes() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only Linux tells the peak")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(1024 * line.trim().trim_end_matches(" kB").parse::<u64>()?)
}

/// Of all threads, in user and kernel mode.
pub(crate) fn cpu_seconds() -> f64 {
    let seconds = |time: TimeVal| time.tv_sec() as f64 + 1e-6 * time.tv_usec() as f64;
    seconds(usage().user_time()) + seconds(usage().system_time())
}

fn usage() -> nix::sys::resource::Usage {
    getrusage(UsageWho::RUSAGE_SELF).expect("a process can ask for its own usage")
}
