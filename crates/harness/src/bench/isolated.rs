//! Runs in a process of their own: whatever ends it, the comparison goes on.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use embedders::{Checkpoint, PreparationSettings, Registry};
use graph_io::NodeDataset;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::config::{BenchConfig, BenchTask};
use super::execute::{Place, execute};
use super::job::{Job, JobScores};
use super::variant::Variant;
use super::workers::{Machine, MemoryCheck, check_planned, error_chain};
use crate::error::Error;
use crate::experiment::DeviceChoice;
use crate::input::InputConfig;
use crate::memory::AvailableMemory;
use crate::protocol::Protocol;
use crate::run::RunCallback;

/// How often a waiting worker asks whether the comparison is to stop.
const ASKED_EVERY: Duration = Duration::from_millis(100);
/// Bytes of standard error that are kept to say why a process ended.
const MOST_ERROR_BYTES: u64 = 1 << 16;

/// How to start the program again, so that it executes runs: its standard input gets a line, which [`IsolatedRuns::parse`] reads, and
/// stays open for as long as the runs are wanted.
#[derive(Clone, Debug)]
pub struct ChildProgram {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// Runs that share one training or are one, as a process takes them: a line of TOML, in which every number keeps its bits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsolatedRuns {
    /// The data set as it was asked for.
    pub dataset: String,
    /// How it is read.
    pub input: InputConfig,
    /// Device.
    pub device: DeviceChoice,
    /// Threads.
    pub threads: usize,
    /// What is done with a run that cannot fit.
    pub memory_check: MemoryCheck,
    /// The fingerprint of the data set as the comparison has read it.
    data: String,
    protocol: Protocol,
    method: String,
    seeds: Vec<u64>,
    checkpoint: Checkpoint,
    eval_every: usize,
    tasks: Vec<BenchTask>,
    preparation: PreparationSettings,
    settings: Table,
}

/// A line that such a process writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct IsolatedResult {
    seed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scores: Option<JobScores>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<IsolatedFailure>,
}

/// Why a run in a separate process has failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct IsolatedFailure {
    pub(super) error: String,
    /// Whether it is of the process or of memory, so that the runs with other seeds fail in the same way.
    pub(super) whatever_seed: bool,
}

impl IsolatedFailure {
    fn of_process(error: String) -> Self {
        Self { error, whatever_seed: true }
    }

    fn of_run(error: &Error) -> Self {
        Self { error: error_chain(error), whatever_seed: matches!(error, Error::Memory { .. }) }
    }
}

impl IsolatedRuns {
    /// Some runs that differ in the seed alone.
    ///
    /// # Panics
    /// If there are none.
    pub(super) fn new(jobs: &[Job], config: &BenchConfig, memory_check: MemoryCheck) -> Self {
        let job = &jobs[0];
        Self {
            dataset: job.dataset.clone(),
            input: config.input.clone(),
            device: config.device,
            threads: config.threads_per_worker,
            memory_check,
            data: job.data.clone(),
            protocol: job.protocol,
            method: job.variant.to_string(),
            seeds: jobs.iter().map(|job| job.seed).collect(),
            checkpoint: job.checkpoint,
            eval_every: job.eval_every,
            tasks: job.tasks.clone(),
            preparation: job.preparation,
            settings: job.settings.to_table(),
        }
    }

    /// Reads the line that a comparison has written.
    ///
    /// # Errors
    /// A line that is none.
    pub fn parse(line: &str) -> Result<Self, Error> {
        parse(line).map_err(|source| Error::Settings(Box::new(source)))
    }

    fn jobs(&self, registry: &Registry) -> Result<Vec<Job>, Error> {
        let variant = Variant::parse(&self.method, registry)?;
        let settings = variant.method.parse(self.settings.clone())?;
        let job = |seed: &u64| Job {
            dataset: self.dataset.clone(),
            data: self.data.clone(),
            protocol: self.protocol,
            variant: variant.clone(),
            seed: *seed,
            checkpoint: self.checkpoint,
            eval_every: self.eval_every,
            tasks: self.tasks.clone(),
            preparation: self.preparation,
            settings: settings.clone(),
        };
        Ok(self.seeds.iter().map(job).collect())
    }

    /// Executes the runs on their data set, in the process that was started for them; `write` gets a line for each that is finished
    /// or has failed.
    ///
    /// # Errors
    /// A data set that has changed since; settings that are none; threads that cannot be started.
    pub fn execute(
        &self,
        registry: &Registry,
        dataset: &NodeDataset,
        machine: &Machine<'_>,
        mut write: impl FnMut(&str),
    ) -> Result<(), Error> {
        check_planned(dataset, &self.data)?;
        let jobs = self.jobs(registry)?;
        let threads = self.threads;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|source| Error::Threads { threads, source: Box::new(source) })?;
        let mut write = |job: &Job, found: Result<JobScores, Error>| {
            let (scores, failure) = match found {
                Ok(scores) => (Some(scores), None),
                Err(error) => (None, Some(IsolatedFailure::of_run(&error))),
            };
            write(&to_line(&IsolatedResult { seed: job.seed, scores, failure }));
        };
        if self.memory_check == MemoryCheck::Refuse
            && let Some(available) = AvailableMemory::now(machine.freed())
            && let Some(job) = jobs.first()
            && let Err(error) = job.check_memory(dataset, machine.device, &available)
        {
            // The others are of the same kind, and the comparison knows.
            write(job, Err(error));
            return Ok(());
        }
        let place = Place { dataset, device: machine.device, threads: &pool, meter: machine.meter };
        execute(&jobs, &place, &mut Uninterrupted, |job, executed| {
            if let Some(found) = executed.transpose() {
                write(job, found);
            }
        });
        Ok(())
    }
}

/// What ends such a process is its end.
struct Uninterrupted;

impl RunCallback for Uninterrupted {}

/// A process that executes runs, ended when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Executes runs in a process of their own; `found` gets the seed of each and what came of it. A process that ends before they are
/// finished has failed them all; where `interrupted` says so it is ended, and they are left.
pub(super) fn execute_isolated(
    child: &ChildProgram,
    runs: &IsolatedRuns,
    interrupted: impl Fn() -> bool,
    mut found: impl FnMut(u64, Found),
) {
    let mut left = runs.seeds.clone();
    let mut of_kind = None;
    let ended = match start(child, runs) {
        Ok(running) => follow(running, interrupted, &mut |seed, result| {
            left.retain(|other| *other != seed);
            if let Err(failure) = &result
                && failure.whatever_seed
            {
                of_kind.get_or_insert(failure.clone());
            }
            found(seed, result);
        }),
        Err(source) => Ended::Failed(format!("cannot start a process for this run: {source}")),
    };
    if let Ended::Failed(error) = ended {
        let failure = of_kind.unwrap_or_else(|| IsolatedFailure::of_process(error));
        left.into_iter().for_each(|seed| found(seed, Err(failure.clone())));
    }
}

/// What came of a run.
type Found = Result<JobScores, IsolatedFailure>;

/// How a process came to its end.
enum Ended {
    Interrupted,
    /// Why no more results come of it.
    Failed(String),
}

fn start(child: &ChildProgram, runs: &IsolatedRuns) -> std::io::Result<Running> {
    let mut command = Command::new(&child.program);
    command.args(&child.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Ctrl-C goes to the comparison, which ends its processes.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut running = Running(command.spawn()?);
    let line = to_line(runs);
    let stdin = running.0.stdin.as_mut().expect("it is piped");
    match writeln!(stdin, "{line}").and_then(|()| stdin.flush()) {
        // It has ended already, and says why by itself.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(running),
        Err(error) => Err(error),
        Ok(()) => Ok(running),
    }
}

fn follow(mut running: Running, interrupted: impl Fn() -> bool, found: &mut dyn FnMut(u64, Found)) -> Ended {
    let stdout = running.0.stdout.take().expect("it is piped");
    let stderr = running.0.stderr.take().expect("it is piped");
    let stderr = thread::spawn(move || last_text(stderr));
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    loop {
        match lines.recv_timeout(ASKED_EVERY) {
            Ok(line) => match parse::<IsolatedResult>(&line) {
                Ok(IsolatedResult { seed, scores: Some(scores), .. }) => found(seed, Ok(scores)),
                Ok(IsolatedResult { seed, failure: Some(failure), .. }) => found(seed, Err(failure)),
                _ => return Ended::Failed(format!("the process of this run wrote {line:?}")),
            },
            Err(RecvTimeoutError::Timeout) if interrupted() => return Ended::Interrupted,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    // It may wait for the end of its input.
    drop(running.0.stdin.take());
    let status = running.0.wait();
    let said = stderr.join().unwrap_or_default();
    // A signal may have gone to both.
    if interrupted() {
        return Ended::Interrupted;
    }
    Ended::Failed(match status {
        Ok(status) => reason(status, &said),
        Err(error) => format!("the process of this run was lost: {error}"),
    })
}

/// Why a process ended, in a line: what it said at last, and the signal that ended it.
fn reason(status: ExitStatus, said: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let allocation = lines.clone().find(|line| line.contains("memory allocation of "));
    let last = allocation.or_else(|| lines.next_back()).unwrap_or_default();
    let last = last.strip_prefix("error: ").unwrap_or(last);
    let how = signal_of(status).unwrap_or_else(|| match status.code() {
        Some(code) => format!("the process of this run ended with exit code {code}"),
        None => "the process of this run ended".to_string(),
    });
    if last.is_empty() { how } else { format!("{last}; {how}") }
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt;

    let signal = status.signal()?;
    let name = match signal {
        6 => " (SIGABRT)",
        9 => " (SIGKILL), as the system ends what takes too much memory",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    };
    Some(format!("the process of this run was ended by signal {signal}{name}"))
}

#[cfg(not(unix))]
fn signal_of(_: ExitStatus) -> Option<String> {
    None
}

/// The text of a stream; of a long one its beginning.
fn last_text(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is not said.
    let _ = stream.by_ref().take(MOST_ERROR_BYTES).read_to_end(&mut bytes);
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A value as one line of TOML. A text of several lines is several lines in TOML too: ends of lines are escaped, and so are
/// backslashes.
fn to_line(value: &impl Serialize) -> String {
    let text = Value::try_from(value).expect("numbers, words, lists and tables").to_string();
    text.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r")
}

/// What [`to_line`] has escaped.
fn unescaped(line: &str) -> String {
    let (mut text, mut chars) = (String::with_capacity(line.len()), line.chars());
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                other => other.unwrap_or('\\'),
            },
            c => c,
        });
    }
    text
}

/// The value of a line.
fn parse<T: serde::de::DeserializeOwned>(line: &str) -> Result<T, toml::de::Error> {
    #[derive(Deserialize)]
    struct Line<T> {
        value: T,
    }
    Ok(toml::from_str::<Line<T>>(&format!("value = {}", unescaped(line)))?.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs() -> IsolatedRuns {
        let cora = graph_io::load("cora", None).unwrap();
        let config = "datasets = ['cora']\nmethods = ['cca-ssg']\nseeds = 2\ntasks = ['classification', 'links']\n\
                      [cca-ssg]\nepochs = 2\nd_output = 4\nencoder.d_hidden = [4]";
        let config = BenchConfig::from_layers(&Registry::builtin(), None, toml::from_str(config).unwrap());
        let config = config.unwrap();
        let jobs = config.jobs("cora", &cora).unwrap();
        IsolatedRuns::new(&jobs[jobs.len() - 2..], &config, MemoryCheck::Refuse)
    }

    #[test]
    fn runs_are_one_line_and_come_back_the_same() {
        let runs = runs();
        let line = to_line(&runs);
        assert!(!line.contains('\n'), "{line}");
        assert_eq!(IsolatedRuns::parse(&line).unwrap(), runs);
        let jobs = runs.jobs(&Registry::builtin()).unwrap();
        assert_eq!(jobs.iter().map(|job| job.seed).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(IsolatedRuns::new(&jobs, &BenchConfig::default(), MemoryCheck::Refuse), runs);
    }

    #[test]
    fn errors_of_several_lines_are_one_line_too() {
        let failure = IsolatedFailure::of_process("a \"b\"\n'c' = \\ {d}".to_string());
        let result = IsolatedResult { seed: 3, scores: None, failure: Some(failure) };
        let line = to_line(&result);
        assert!(!line.contains('\n'), "{line}");
        assert_eq!(parse::<IsolatedResult>(&line).unwrap(), result);
    }

    #[test]
    fn each_run_is_executed_and_its_scores_keep_their_bits() {
        let cora = graph_io::load("cora", None).unwrap();
        let mut lines = Vec::new();
        let write = |line: &str| lines.push(line.to_string());
        runs().execute(&Registry::builtin(), &cora, &Machine::cpu(), write).unwrap();
        let results: Vec<IsolatedResult> = lines.iter().map(|line| parse(line).unwrap()).collect();
        assert_eq!(results.iter().map(|result| result.seed).collect::<Vec<_>>(), [0, 1]);
        for (result, line) in results.iter().zip(&lines) {
            let scores = result.scores.as_ref().unwrap();
            assert!(scores.test_acc.unwrap() > 0.1 && scores.links.is_some(), "{line}");
            assert_eq!(&to_line(result), line);
        }
    }

    #[cfg(unix)]
    mod processes {
        use super::*;
        use std::time::Instant;

        fn of(script: &str, interrupted: impl Fn() -> bool) -> Vec<(u64, Found)> {
            let args = ["-c", script].map(OsString::from).to_vec();
            let child = ChildProgram { program: PathBuf::from("/bin/sh"), args };
            let mut found = Vec::new();
            execute_isolated(&child, &runs(), interrupted, |seed, result| found.push((seed, result)));
            found
        }

        fn error(script: &str) -> String {
            let found = of(script, || false);
            assert_eq!(found.iter().map(|(seed, _)| *seed).collect::<Vec<_>>(), [0, 1], "{found:?}");
            assert_eq!(found[0].1, found[1].1);
            found[0].1.clone().unwrap_err().error
        }

        #[test]
        fn the_reason_of_an_end_is_said() {
            assert_eq!(
                error(
                    "echo 'memory allocation of 12 bytes failed' >&2; echo >&2; echo 'more' >&2; kill -ABRT $$"
                ),
                "memory allocation of 12 bytes failed; the process of this run was ended by signal 6 (SIGABRT)"
            );
            assert_eq!(
                error("kill -KILL $$"),
                "the process of this run was ended by signal 9 (SIGKILL), as the system ends what takes too much memory"
            );
            assert_eq!(
                error("echo 'error: no such file' >&2; exit 2"),
                "no such file; the process of this run ended with exit code 2"
            );
            assert_eq!(error("echo nonsense"), "the process of this run wrote \"nonsense\"");
        }

        #[test]
        fn what_is_finished_before_the_end_is_kept() {
            let failure = "{ error = \"no\", whatever_seed = false }";
            let found =
                of(&format!("echo '{{ seed = 0, failure = {failure} }}'; read line; kill -KILL $$"), || {
                    false
                });
            let [(0, Err(first)), (1, Err(second))] = &found[..] else { panic!("{found:?}") };
            assert_eq!((first.error.as_str(), first.whatever_seed), ("no", false));
            assert!(second.error.contains("signal 9") && second.whatever_seed, "{second:?}");
        }

        #[test]
        fn what_fails_whatever_the_seed_fails_the_others_for_the_same_reason() {
            let failure = "{ error = \"no room\", whatever_seed = true }";
            let found = of(&format!("echo '{{ seed = 1, failure = {failure} }}'"), || false);
            let [(1, Err(first)), (0, Err(second))] = &found[..] else { panic!("{found:?}") };
            assert_eq!((first, second.error.as_str()), (second, "no room"));
        }

        #[test]
        fn an_interruption_ends_the_process_and_leaves_the_runs() {
            let start = Instant::now();
            assert_eq!(of("sleep 60", || true), []);
            assert!(start.elapsed() < Duration::from_secs(30));
        }

        #[test]
        fn a_program_that_cannot_be_started_fails_the_runs() {
            let child = ChildProgram { program: PathBuf::from("/nowhere/g2r"), args: Vec::new() };
            let mut found = Vec::new();
            execute_isolated(&child, &runs(), || false, |seed, result| found.push((seed, result)));
            assert_eq!(found.len(), 2);
            let message = found[0].1.clone().unwrap_err().error;
            assert!(message.starts_with("cannot start a process for this run: "), "{message}");
        }
    }
}
