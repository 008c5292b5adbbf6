//! Comparisons of methods.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use embedders::{MethodKind, Registry};
use graph_io::NodeDataset;
use harness::bench::{
    BenchCallback, BenchConfig, JobRecord, Machine, Maker, MemoryMeter, OlderResults, Plan, Progress,
    ResultsFile, Tables, Variant, run_bench, summarize,
};
use harness::{DeviceChoice, Error};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::json;

use crate::dataset::Dataset;
use crate::exceptions::exception;
use crate::fit::program;
use crate::settings::table;
use crate::worker::{self, Line, Listener};

/// What counts the memory of a run.
const METER: MemoryMeter = MemoryMeter {
    start: tensor_memory::count_from_here,
    peak: tensor_memory::peak_of_thread,
    freed: tensor_memory::freed_bytes,
};

/// The rows of a comparison and its finished runs, each a line of JSON.
type Lines = (Vec<String>, Vec<String>);

/// Runs what is not finished of a comparison: `flags` are the keys of a config file of `g2r bench`, `datasets` those in memory
/// by the names that `flags` has for them, `results` the file of finished runs.
#[pyfunction]
pub(crate) fn bench(
    py: Python<'_>,
    flags: &Bound<'_, PyDict>,
    datasets: HashMap<String, Py<Dataset>>,
    raw_dirs: Vec<PathBuf>,
    results: PathBuf,
    listener: Listener,
) -> PyResult<Lines> {
    let registry = Registry::builtin();
    let config = BenchConfig::from_layers(&registry, None, table(flags)?).map_err(exception)?;
    let datasets: HashMap<String, Arc<NodeDataset>> =
        datasets.into_iter().map(|(name, dataset)| (name, dataset.get().data.clone())).collect();
    let work = |line: Line<'_>| {
        let load = |name: &str| match datasets.get(name) {
            Some(dataset) => Ok(NodeDataset::clone(dataset)),
            None => Ok(graph_io::load_with(name, &config.input.load_config(raw_dirs.clone()))?),
        };
        compare(&config, &registry, &load, results, line)
    };
    worker::run(py, &listener, work)?.map_err(exception)
}

fn compare(
    config: &BenchConfig,
    registry: &Registry,
    load: harness::bench::Loader<'_>,
    results: PathBuf,
    line: Line<'_>,
) -> Result<Lines, Error> {
    let plan = Plan::new(config, load)?;
    let maker = Maker { version: program().version, revision: program().revision, device: DeviceChoice::Cpu };
    let mut results = ResultsFile::open(&results)?.made_by(maker, OlderResults::Leave);
    let machine = Machine { meter: Some(METER), ..Machine::cpu() };
    let events = Events { line: Mutex::new(line) };
    run_bench(config, &plan, load, &machine, &mut results, &events)?;
    if events.interrupted() {
        return Err(embedders::Error::Interrupted.into());
    }
    let reference = reference(config, registry);
    let groups = summarize(plan.jobs(), &results, &reference);
    let tables = Tables { groups: &groups, reference: &reference, command: "", device: "cpu", out: "" };
    let runs = plan.jobs().filter_map(|job| results.find(&job.key())).map(|record| json!(record).to_string());
    Ok((tables.to_json().iter().map(ToString::to_string).collect(), runs.collect()))
}

/// What the others are compared with: G2R where it takes part, else the first that learns, else the first.
fn reference(config: &BenchConfig, registry: &Registry) -> Variant {
    let g2r = registry.method("g2r").ok().map(Variant::of).filter(|g2r| config.variants.contains(g2r));
    let learns = |variant: &&Variant| variant.method.info().kind != MethodKind::Baseline;
    let first = config.variants.iter().find(learns).or(config.variants.first());
    g2r.or(first.cloned()).expect("a comparison has its baselines")
}

struct Events<'a> {
    line: Mutex<Line<'a>>,
}

impl BenchCallback for Events<'_> {
    fn run_finished(&self, record: &JobRecord, progress: &Progress) {
        let Progress { done, total, seconds_left } = *progress;
        let event = json!({ "type": "run", "record": record, "done": done, "total": total, "seconds_left": seconds_left });
        self.line.lock().unwrap_or_else(PoisonError::into_inner).ask(event.to_string());
    }

    fn interrupted(&self) -> bool {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).is_stopped()
    }
}
