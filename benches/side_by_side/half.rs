//! A child process that answers requests: one side of a pair.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

/// A process that trains on request.
pub(crate) struct Half {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// This program as a worker, which `flags` say the kind of.
pub(crate) fn own_worker(flags: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(flags);
    Ok(command)
}

/// A script beside this file, its threads asleep while they wait.
pub(crate) fn pyg_worker(python: &Path, script: &str) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/side_by_side").join(script);
    let mut command = Command::new(python);
    // Without -B one script leaves the other's bytecode beside it.
    command.arg("-B").arg(script).env("OMP_WAIT_POLICY", "passive");
    command
}

impl Half {
    /// Starts a process, hands it its settings and waits until it is ready.
    pub(crate) fn start(mut command: Command, settings: &Value) -> anyhow::Result<Self> {
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
        Ok(half)
    }

    pub(crate) fn ask(&mut self, request: &str) -> anyhow::Result<Value> {
        writeln!(self.requests.as_mut().expect("open until the end"), "{request}")?;
        let mut line = String::new();
        ensure!(self.answers.read_line(&mut line)? > 0, "a worker ended before its answer to {request:?}");
        serde_json::from_str(&line).with_context(|| format!("expected JSON of a worker, found {line:?}"))
    }

    /// The most memory it held, in MB.
    pub(crate) fn peak(&mut self) -> anyhow::Result<f64> {
        Ok(number(&self.ask("peak")?, "peak_rss_bytes")? / 1e6)
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.requests = None;
        let _ = self.child.wait();
    }
}

/// A number of an answer.
pub(crate) fn number(answer: &Value, name: &str) -> anyhow::Result<f64> {
    answer[name].as_f64().with_context(|| format!("no {name} in {answer}"))
}

/// The middle of some values, the upper one of two.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
