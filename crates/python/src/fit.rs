//! Fitting a method, as `g2r train` does with one seed.

use std::time::Instant;

use burn::tensor::Device;
use embedders::{EpochLog, Progress, Registry};
use graph_io::{Embedding, Features};
use harness::{
    AvailableMemory, Draft, Error, ProgramInfo, Report, Resources, Run, RunCallback, SummaryContext,
    check_memory,
};
use ndarray::Array2;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::json;
use toml::Value;

use crate::dataset::Dataset;
use crate::exceptions::exception;
use crate::fitted::{FinishedRun, Fitted};
use crate::settings::table;
use crate::threads::in_pool;
use crate::worker::{self, Line, Listener};

/// Which events Python is called with.
#[derive(Clone, Copy)]
struct Heard {
    epochs: bool,
    progress: bool,
}

/// Fits a method by the settings of a run: the keys of a config file, and `settings` with those of the method.
///
/// `listener` is called with each event as JSON: after every epoch where `epochs`, several times a second where `progress`.
#[pyfunction]
#[pyo3(signature = (dataset, flags, n_jobs, ignore_memory, listener, epochs, progress))]
#[allow(clippy::too_many_arguments, reason = "they are the keywords of one call from Python")]
pub(crate) fn fit(
    py: Python<'_>,
    dataset: &Dataset,
    flags: &Bound<'_, PyDict>,
    n_jobs: usize,
    ignore_memory: bool,
    listener: Listener,
    epochs: bool,
    progress: bool,
) -> PyResult<Fitted> {
    let mut flags = table(flags)?;
    let source = if dataset.source.is_empty() { dataset.data.name() } else { &dataset.source };
    flags.insert("dataset".to_string(), Value::String(source.to_string()));
    flags.insert("input".to_string(), Value::Table(dataset.input.clone()));
    flags.insert("device".to_string(), Value::String("cpu".to_string()));
    flags.insert("seeds".to_string(), Value::Integer(1));
    flags.insert("threads".to_string(), Value::Integer(n_jobs.try_into().unwrap_or(i64::MAX)));
    // What is wrong with them is found before a thread is started.
    let draft = Draft::from_layers(&Registry::builtin(), None, flags).map_err(exception)?;
    let heard = Heard { epochs, progress };
    let work = |line: Line<'_>| in_pool(n_jobs, || fit_draft(draft, dataset, ignore_memory, heard, line));
    worker::run(py, &listener, work)?.map_err(exception)?.map_err(exception)
}

fn fit_draft(
    draft: Draft,
    dataset: &Dataset,
    ignore_memory: bool,
    heard: Heard,
    line: Line<'_>,
) -> Result<Fitted, Error> {
    let started = Instant::now();
    tensor_memory::keep_freed_blocks();
    let device = Device::flex();
    let data = &dataset.data;
    let experiment = draft.on(data)?;
    if !ignore_memory && let Some(available) = AvailableMemory::now(tensor_memory::freed_bytes()) {
        check_memory(&experiment, data, &device, &available)?;
    }
    let run = Run::of(experiment, data, &device)?;
    let mut outcome = run.execute(&mut Events { line, heard })?;
    let Some(best) = &mut outcome.best else { return Err(embedders::Error::Interrupted.into()) };
    let rows = std::mem::replace(&mut best.rows, Features::Dense(Array2::zeros((0, 0))));
    let (model, predicted) = (best.model.clone(), best.predicted.take());
    let rows = match rows {
        Features::Dense(rows) => rows,
        Features::Sparse(rows) => rows.to_dense(),
    };
    let embedding = Embedding::from_rows(data.node_ids().clone(), rows)?;
    let context = SummaryContext {
        program: program(),
        device: "cpu".to_string(),
        out: String::new(),
        total_seconds: started.elapsed().as_secs_f64(),
        resources: Resources::used(),
    };
    let report = Report::new(&run, &outcome, embedding.rows(), context).expect("a seed was finished");
    let split = run.split(report.summary.best_seed)?;
    let experiment = run.experiment().clone();
    let finished = FinishedRun { dataset: data.clone(), experiment, split, predicted, report };
    Ok(Fitted::new(model, embedding.into_parts().1, finished))
}

/// What this program is.
pub(crate) fn program() -> ProgramInfo {
    ProgramInfo {
        version: env!("CARGO_PKG_VERSION").to_string(),
        revision: option_env!("G2R_REVISION").map(str::to_string),
        features: vec!["python".to_string()],
    }
}

/// Hands on what a run says.
struct Events<'a> {
    line: Line<'a>,
    heard: Heard,
}

impl RunCallback for Events<'_> {
    fn progress(&mut self, progress: Progress) {
        if self.heard.progress {
            let Progress { unit, done, total, .. } = progress;
            self.line.tell(|| {
                json!({ "type": "progress", "unit": unit, "done": done, "total": total }).to_string()
            });
        }
    }

    fn epoch_finished(&mut self, log: &EpochLog, val_acc: Option<f64>) {
        if self.heard.epochs {
            let mut event = serde_json::to_value(log).expect("a log is numbers");
            event["type"] = "epoch".into();
            event["val_acc"] = json!(val_acc);
            self.line.ask(event.to_string());
        }
    }

    fn interrupted(&self) -> bool {
        self.line.is_stopped()
    }
}
