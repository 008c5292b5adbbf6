//! The process of runs that may not fit into memory: `g2r bench` and `g2r tune` start it.

use std::ffi::OsString;
use std::io::{self, Read};
use std::thread;

use harness::Registry;
use harness::bench::{ChildProgram, IsolatedRuns, Machine, MemoryCheck};

use super::bench::METER;
use crate::device;
use crate::failure::{Failure, ResultExt};
use crate::stdout;

/// The hidden subcommand.
const NAME: &str = "run-isolated";

/// How this process is started; `None` where the path of the program is not known.
pub(super) fn child() -> Option<ChildProgram> {
    Some(ChildProgram { program: std::env::current_exe().ok()?, args: vec![OsString::from(NAME)] })
}

/// Executes the runs of a line of standard input, for as long as that stays open.
pub(super) fn run(registry: &Registry) -> Result<(), Failure> {
    go_first();
    let mut line = String::new();
    io::stdin().read_line(&mut line).run_err()?;
    let runs = IsolatedRuns::parse(&line).usage_err()?;
    thread::spawn(|| {
        let mut byte = [0];
        while matches!(io::stdin().read(&mut byte), Ok(1..)) {}
        // Whoever wanted the runs is gone.
        std::process::exit(1);
    });
    let chosen = device::choose(runs.device)?;
    let dataset = super::load(&runs.dataset, &runs.input)?;
    let machine = Machine {
        device: &chosen.device,
        meter: Some(METER),
        child: None,
        memory_check: MemoryCheck::Refuse,
    };
    let mut written = Ok(());
    runs.execute(registry, &dataset, &machine, |line| {
        if written.is_ok() {
            written = stdout::line(line);
        }
    })
    .run_err()?;
    written
}

/// Where memory runs out, the system ends this process before the one that waits for it.
fn go_first() {
    #[cfg(target_os = "linux")]
    // Otherwise the system chooses by size, which is nearly always this one too.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}
