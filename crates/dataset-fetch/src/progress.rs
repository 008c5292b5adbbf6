//! What is seen of a download while it goes.

use std::time::Duration;

/// Told how downloads go.
pub trait Progress {
    /// A file, by its path below the folder, is asked for.
    fn started(&mut self, path: &str);

    /// So many bytes of it are there; `num_total` where the server has said it.
    fn advanced(&mut self, num_bytes: u64, num_total: Option<u64>);

    /// The download broke off, and goes on after a pause.
    fn retrying(&mut self, why: &str, pause: Duration);

    /// Another process fetches the same data set: its end is waited for.
    fn waiting(&mut self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl Progress for Quiet {
    fn started(&mut self, _: &str) {}

    fn advanced(&mut self, _: u64, _: Option<u64>) {}

    fn retrying(&mut self, _: &str, _: Duration) {}

    fn waiting(&mut self) {}
}
