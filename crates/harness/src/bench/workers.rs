//! Workers that take runs from a list until it is empty.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use burn::tensor::Device;
use graph_io::{DataFingerprint, NodeDataset};
use serde::{Deserialize, Serialize};

use super::config::BenchConfig;
use super::execute::{self, execute};
use super::isolated::{ChildProgram, IsolatedRuns, execute_isolated};
use super::job::{Job, JobKey, JobRecord, JobScores};
use super::memory_budget::MemoryBudget;
use super::meter::MemoryMeter;
use super::results_file::ResultsFile;
use crate::error::Error;
use crate::memory::{AvailableMemory, MemoryNeed};
use crate::run::RunCallback;

/// Loads a data set by its name or path.
pub type Loader<'a> = &'a (dyn Fn(&str) -> Result<NodeDataset, Error> + Sync);

/// How far a comparison has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Runs that are finished or have failed, also before this process began.
    pub done: usize,
    /// Runs in all.
    pub total: usize,
    /// About how many seconds the rest will take.
    pub seconds_left: f64,
}

/// Sees a comparison as it goes, from whatever thread, and may end it.
pub trait BenchCallback: Sync {
    /// A run was finished or has failed, and its line is written.
    fn run_finished(&self, _record: &JobRecord, _progress: &Progress) {}
    /// Whether to stop as soon as can be; runs at hand are then dropped.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Sees nothing and never stops a comparison.
impl BenchCallback for () {}

/// Every run of a comparison, data set by data set, in the order of tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    of_datasets: Vec<(String, Vec<Job>)>,
}

impl Plan {
    /// Loads each data set once to see what is to be run on it; whatever the input can be blamed for is found here.
    ///
    /// # Errors
    /// A data set that cannot be loaded, or that a protocol cannot split.
    pub fn new(config: &BenchConfig, load: Loader<'_>) -> Result<Self, Error> {
        let of_dataset = |name: &String| {
            let dataset = load(name)?;
            for protocol in config.protocols_of(&dataset) {
                if !protocol.evaluates() {
                    let expected = "labels to evaluate by";
                    return Err(Error::invalid(format!("data set {name}"), expected, "none"));
                }
                protocol.split(&dataset, config.seed)?;
            }
            Ok((name.clone(), config.jobs(name, &dataset)?))
        };
        Ok(Self { of_datasets: config.datasets.iter().map(of_dataset).collect::<Result<_, Error>>()? })
    }

    /// Runs that are known, by data set.
    pub(crate) fn of_jobs(of_datasets: Vec<(String, Vec<Job>)>) -> Self {
        Self { of_datasets }
    }

    /// The runs in order.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.of_datasets.iter().flat_map(|(_, jobs)| jobs)
    }
}

/// What a process has done of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BenchOutcome {
    /// Runs that it has finished.
    pub finished: usize,
    /// Runs that have failed.
    pub failed: usize,
    /// Runs that were not begun or were dropped.
    pub left: usize,
}

/// Runs what is not finished yet, data set after data set, several runs at a time; each is written to `results` when it is
/// finished. A run that fails is written with its error, and the rest goes on.
///
/// # Errors
/// A data set that can no longer be loaded; results that cannot be written; threads that cannot be started.
pub fn run_bench(
    config: &BenchConfig,
    plan: &Plan,
    load: Loader<'_>,
    machine: &Machine<'_>,
    results: &mut ResultsFile,
    callback: &dyn BenchCallback,
) -> Result<BenchOutcome, Error> {
    let mut outcome = BenchOutcome::default();
    let mut later: Vec<Job> = plan.jobs().filter(|job| !results.has(&job.key())).cloned().collect();
    let total = plan.jobs().count();
    for (name, _) in &plan.of_datasets {
        let (mut todo, rest): (Vec<Job>, Vec<Job>) = later.into_iter().partition(|job| &job.dataset == name);
        later = rest;
        if todo.is_empty() {
            continue;
        }
        if callback.interrupted() {
            outcome.left += todo.len();
            continue;
        }
        let dataset = load(name)?;
        check_planned(&dataset, &todo[0].data)?;
        // The next is popped from the end.
        todo.reverse();
        // With the data set in memory and no run at work.
        let available = AvailableMemory::now(machine.freed());
        let asked = (config.memory_gb > 0.0).then_some((config.memory_gb * 1e9) as u64);
        let budget = asked.into_iter().chain(available.map(|available| available.bytes)).min();
        let (outcome_here, refused) = (BenchOutcome::default(), Vec::new());
        let shared = Shared { results, todo, outcome: outcome_here, running: 0, refused, fault: None };
        let bench = OfDataset {
            config,
            dataset: &dataset,
            machine,
            callback,
            memory: MemoryBudget::new(budget),
            available,
            total,
            later: &later,
            started: Instant::now(),
            shared: Mutex::new(shared),
        };
        bench.run()?;
        let shared = bench.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcome.finished += shared.outcome.finished;
        outcome.failed += shared.outcome.failed;
        outcome.left += shared.outcome.left + shared.todo.len();
        if let Some(error) = shared.fault {
            return Err(error);
        }
    }
    Ok(outcome)
}

/// Checks that a data set is the one that a comparison was planned on, by its fingerprint.
pub(super) fn check_planned(dataset: &NodeDataset, data: &str) -> Result<(), Error> {
    if DataFingerprint::of(dataset).combined() == data {
        return Ok(());
    }
    let expected = "the one that the comparison was planned on";
    Err(Error::invalid(format!("data set {}", dataset.name()), expected, "one that has changed since"))
}

/// What runs are executed on.
#[derive(Clone, Copy, Debug)]
pub struct Machine<'a> {
    /// Device.
    pub device: &'a Device,
    /// What counts memory, where anything does.
    pub meter: Option<MemoryMeter>,
    /// How a process is started for runs that may not fit into memory; without it they are executed in this one.
    pub child: Option<&'a ChildProgram>,
    /// What is done with runs that cannot fit into memory.
    pub memory_check: MemoryCheck,
}

/// What is done with runs whose least need of memory is more than what is available.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryCheck {
    /// They fail before anything is taken.
    #[default]
    Refuse,
    /// They are tried.
    Ignore,
}

impl Machine<'static> {
    /// The CPU, without a count of memory.
    pub fn cpu() -> Self {
        static CPU: OnceLock<Device> = OnceLock::new();
        Self {
            device: CPU.get_or_init(Device::flex),
            meter: None,
            child: None,
            memory_check: MemoryCheck::Refuse,
        }
    }
}

impl Machine<'_> {
    /// Bytes that were freed and are kept for the next allocation.
    pub(super) fn freed(&self) -> u64 {
        self.meter.map_or(0, |meter| (meter.freed)())
    }
}

/// The runs of one data set.
struct OfDataset<'a> {
    config: &'a BenchConfig,
    dataset: &'a NodeDataset,
    machine: &'a Machine<'a>,
    callback: &'a dyn BenchCallback,
    memory: MemoryBudget,
    /// What was available before the first run.
    available: Option<AvailableMemory>,
    /// All runs of the comparison.
    total: usize,
    /// Those of data sets that come after this.
    later: &'a [Job],
    started: Instant,
    shared: Mutex<Shared<'a>>,
}

struct Shared<'a> {
    results: &'a mut ResultsFile,
    /// The next run last.
    todo: Vec<Job>,
    outcome: BenchOutcome,
    running: usize,
    /// Runs that did not fit, and why: others of their kind do not fit either.
    refused: Vec<(Job, String)>,
    /// What ended everything: results could not be written.
    fault: Option<Error>,
}

impl Shared<'_> {
    /// The next run, with the others that its training serves: those that differ in the seed alone, of a method without randomness.
    fn take(&mut self) -> Vec<Job> {
        let Some(first) = self.todo.pop() else { return Vec::new() };
        let mut jobs = vec![first];
        if jobs[0].variant.method.info().is_same_for_all_splits() {
            let todo = std::mem::take(&mut self.todo);
            let (same, rest): (Vec<Job>, Vec<Job>) =
                todo.into_iter().partition(|job| job.is_of_same_group(&jobs[0]));
            jobs.extend(same.into_iter().rev());
            self.todo = rest;
        }
        jobs
    }
}

impl<'a> OfDataset<'a> {
    fn run(&self) -> Result<(), Error> {
        let workers = match self.config.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        let workers = workers.min(self.lock().todo.len());
        // Each with threads of its own: so that a run's processor time is known, and none waits for another's work.
        let pools = (0..workers).map(|_| {
            let threads = self.config.threads_per_worker;
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.map_err(|source| Error::Threads { threads, source: Box::new(source) })
        });
        let pools = pools.collect::<Result<Vec<_>, _>>()?;
        std::thread::scope(|scope| {
            for pool in &pools {
                scope.spawn(|| self.work(pool));
            }
        });
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Shared<'a>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, threads: &rayon::ThreadPool) {
        loop {
            let (jobs, bytes, refused) = {
                let mut shared = self.lock();
                if shared.fault.is_some() || self.callback.interrupted() {
                    return;
                }
                let jobs = shared.take();
                let Some(first) = jobs.first() else { return };
                let bytes = measured(shared.results, first).unwrap_or_else(|| self.need(first));
                let refused = shared.refused.iter().find(|(job, _)| job.is_of_same_group(first));
                let refused = refused.map(|(_, error)| error.clone());
                shared.running += jobs.len();
                (jobs, bytes, refused)
            };
            if let Some(error) = refused {
                jobs.into_iter().for_each(|job| self.record(job, Some(Err(error.clone()))));
                continue;
            }
            match self.machine.child.filter(|_| self.may_not_fit(bytes)) {
                Some(child) => self.work_isolated(child, &jobs, bytes),
                None => self.work_here(&jobs, bytes, threads),
            }
        }
    }

    /// What a run holds at least, before any of its kind was measured.
    fn need(&self, job: &Job) -> u64 {
        MemoryNeed::of_training(self.dataset, &job.settings, &job.preparation, self.machine.device).bytes()
    }

    /// Whether a run gets a process of its own: it is large, or the bound is on addresses, of which threads and their buffers reserve
    /// far more than is counted here.
    fn may_not_fit(&self, bytes: u64) -> bool {
        self.is_large(bytes) || self.available.is_some_and(|available| available.source.is_of_process())
    }

    /// Whether a run needs more than a third of what is available: a lower bound may be a third of what is held.
    fn is_large(&self, bytes: u64) -> bool {
        self.available.is_some_and(|available| bytes > available.bytes / 3)
    }

    /// Executes runs in a process of their own; beside a large one no other is at work.
    fn work_isolated(&self, child: &ChildProgram, jobs: &[Job], bytes: u64) {
        let _permit = self.memory.acquire(if self.is_large(bytes) { u64::MAX } else { bytes });
        let runs = IsolatedRuns::new(jobs, self.config, self.machine.memory_check);
        let mut left: Vec<&Job> = jobs.iter().collect();
        execute_isolated(
            child,
            &runs,
            || self.callback.interrupted(),
            |seed, found| {
                let Some(place) = left.iter().position(|job| job.seed == seed) else { return };
                let job = left.remove(place);
                if let Err(failure) = &found
                    && failure.whatever_seed
                {
                    self.lock().refused.push((job.clone(), failure.error.clone()));
                }
                self.record(job.clone(), Some(found.map_err(|failure| failure.error)));
            },
        );
        left.into_iter().for_each(|job| self.record(job.clone(), None));
    }

    /// Executes runs in this process.
    fn work_here(&self, jobs: &[Job], bytes: u64, threads: &rayon::ThreadPool) {
        let permit = self.memory.acquire(bytes);
        let Machine { device, meter, memory_check, .. } = *self.machine;
        if let Some(available) = self.available
            && let Some(job) = jobs.first()
            && memory_check == MemoryCheck::Refuse
            && let Err(error) = job.check_memory(self.dataset, device, &available)
        {
            let error = error_chain(&error);
            return jobs.iter().for_each(|job| self.record(job.clone(), Some(Err(error.clone()))));
        }
        let place = execute::Place { dataset: self.dataset, device, threads, meter };
        let mut callback = StopWithBench(self.callback);
        let mut told = 0;
        let tell = |job: &Job, executed: Result<Option<JobScores>, Error>| {
            told += 1;
            let executed = executed.map_err(|error| error_chain(&error)).transpose();
            self.record(job.clone(), executed);
        };
        // A defect in one method must not take the others' results with it.
        let executed = catch_unwind(AssertUnwindSafe(|| execute(jobs, &place, &mut callback, tell)));
        drop(permit);
        let rest = &jobs[told..];
        match executed {
            // Interrupted: what was not begun is left.
            Ok(()) => rest.iter().for_each(|job| self.record(job.clone(), None)),
            Err(panic) => {
                let error = format!("a defect of this program: {}", message_of(&*panic));
                rest.iter().for_each(|job| self.record(job.clone(), Some(Err(error.clone()))));
            }
        }
    }

    fn record(&self, job: Job, executed: Option<Result<JobScores, String>>) {
        let mut shared = self.lock();
        shared.running -= 1;
        let Some(executed) = executed else {
            shared.outcome.left += 1;
            return;
        };
        let (scores, error) = match executed {
            Ok(scores) => (Some(scores), None),
            Err(error) => (None, Some(error)),
        };
        match scores {
            Some(_) => shared.outcome.finished += 1,
            None => shared.outcome.failed += 1,
        }
        let record = shared.results.record_of(job.key(), scores, error);
        if let Err(fault) = shared.results.append(&record) {
            shared.fault.get_or_insert(fault);
            return;
        }
        let left = shared.todo.len() + shared.running + self.later.len();
        let seconds_left = self.seconds_left(&shared);
        let progress = Progress { done: self.total - left, total: self.total, seconds_left };
        drop(shared);
        self.callback.run_finished(&record, &progress);
    }

    /// What is left at the pace of the runs of its kind, or of all so far where none was finished.
    fn seconds_left(&self, shared: &Shared<'_>) -> f64 {
        let done = shared.outcome.finished + shared.outcome.failed;
        let pace = self.started.elapsed().as_secs_f64() / done.max(1) as f64;
        let workers = (shared.running + 1) as f64;
        let mut known: Vec<(&JobKey, f64, f64)> = Vec::new();
        for record in shared.results.records() {
            let Some(scores) = &record.scores else { continue };
            match known.iter_mut().find(|(key, ..)| key.is_of_same_group(&record.key)) {
                Some((_, seconds, count)) => {
                    *seconds += scores.seconds;
                    *count += 1.0;
                }
                None => known.push((&record.key, scores.seconds, 1.0)),
            }
        }
        let of_cell = |job: &Job| {
            let key = job.key();
            let same = known.iter().find(|(known, ..)| known.is_of_same_group(&key));
            same.map_or(pace, |(_, seconds, count)| seconds / count / workers)
        };
        shared.todo.iter().chain(self.later).map(of_cell).sum::<f64>() + pace * shared.running as f64 / 2.0
    }
}

/// What runs of the same kind have held, with a tenth more.
fn measured(results: &ResultsFile, job: &Job) -> Option<u64> {
    let key = job.key();
    let same = results.records().iter().filter(|record| record.key.is_of_same_group(&key));
    let most = same.filter_map(|record| record.scores.as_ref()?.peak_bytes).max()?;
    Some(most + most / 10)
}

/// An error with what caused it.
pub(super) fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Ends a run when the comparison is to end.
struct StopWithBench<'a>(&'a dyn BenchCallback);

impl RunCallback for StopWithBench<'_> {
    fn interrupted(&self) -> bool {
        self.0.interrupted()
    }
}
