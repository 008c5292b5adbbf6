//! How many threads the program uses: no more than the machine has cores for.

use std::io::{self, Write};

use anyhow::Context;
use harness::bench::BenchConfig;

use crate::failure::{Failure, ResultExt};

/// Cores that this process may use.
fn available() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Makes this many threads do the work of the process; 0 for one a core.
///
/// More threads than cores wait for each other most of the time, and no result depends on their number: it is bounded by the
/// cores, and standard error says so.
pub(crate) fn start(asked: usize) -> Result<(), Failure> {
    let threads = asked.min(available());
    if threads < asked {
        say(&format!("--threads {asked}: {threads} threads are used, one a core"));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    // Begun at their first use, threads that cannot be started would be a panic.
    pool.context("cannot start the threads").run_err()
}

/// The same comparison with no more threads in all than cores; standard error says what was changed of what was asked for.
pub(crate) fn within_cores(config: &BenchConfig) -> BenchConfig {
    let cores = available();
    let (workers, threads_per_worker) = bounded(config.workers, config.threads_per_worker, cores);
    if config.threads_per_worker > threads_per_worker || config.workers > workers {
        let asked = match config.workers {
            0 => format!("--threads-per-worker {}", config.threads_per_worker),
            workers => format!("--workers {workers} --threads-per-worker {}", config.threads_per_worker),
        };
        say(&format!(
            "{asked}: workers {workers} with threads {threads_per_worker} are used, for {}",
            cores_in_words(cores)
        ));
    }
    BenchConfig { workers, threads_per_worker, ..config.clone() }
}

/// Workers, and threads of each, with no more threads in all than cores.
fn bounded(workers: usize, threads_per_worker: usize, cores: usize) -> (usize, usize) {
    let threads_per_worker = threads_per_worker.min(cores);
    let most = (cores / threads_per_worker.max(1)).max(1);
    (if workers == 0 { most } else { workers.min(most) }, threads_per_worker)
}

fn cores_in_words(cores: usize) -> String {
    if cores == 1 { "1 core".to_string() } else { format!("{cores} cores") }
}

fn say(text: &str) {
    // With stderr closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_and_their_threads_share_the_cores() {
        for (asked, cores, expected) in [
            ((0, 1), 8, (8, 1)),
            ((0, 3), 8, (2, 3)),
            ((0, 999), 8, (1, 8)),
            ((999, 1), 8, (8, 1)),
            ((4, 4), 8, (2, 4)),
            ((1, 2), 8, (1, 2)),
            ((3, 2), 1, (1, 1)),
        ] {
            assert_eq!(bounded(asked.0, asked.1, cores), expected, "{asked:?} on {cores}");
        }
    }
}
