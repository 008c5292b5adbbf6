//! Threads of one call, so that `n_jobs` is an argument and no state of the process.

use harness::Error;

/// Runs work on this many threads, 0 for one a core. The threads end with the work: a process that forks later has none
/// that it would wait for in vain.
///
/// # Errors
/// Threads that cannot be started.
pub(crate) fn in_pool<T: Send>(n_jobs: usize, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_jobs).build();
    let pool = pool.map_err(|source| Error::Threads { threads: n_jobs, source: Box::new(source) })?;
    Ok(pool.install(work))
}
