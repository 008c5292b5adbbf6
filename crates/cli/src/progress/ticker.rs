//! A line every so often, from a thread of its own: work that reports seldom is seen too.

use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Writes a line at the end of each interval, until it is dropped.
pub(super) struct Ticker {
    /// Its end stops the thread.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts; `line` gives what is written. Where no thread can be started, nothing is written.
    pub(super) fn start(
        interval: Duration,
        mut out: impl Write + Send + 'static,
        line: impl Fn() -> String + Send + 'static,
    ) -> Self {
        let (alive, ended) = mpsc::channel::<()>();
        let ticks = move || {
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(interval) {
                // Nobody reads it any more.
                if writeln!(out, "{}", line()).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("progress".to_string()).spawn(ticks).ok();
        Self { alive: Some(alive), thread }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.alive.take();
        if let Some(thread) = self.thread.take() {
            // It never panics; if it did, a line is missing and nothing else.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    #[test]
    fn a_line_comes_at_the_end_of_each_interval_until_it_is_dropped() {
        let lines = Lines::default();
        let ticker = Ticker::start(Duration::from_millis(20), lines.clone(), || "still here".to_string());
        while lines.text().lines().count() < 3 {
            thread::sleep(Duration::from_millis(5));
        }
        drop(ticker);
        let text = lines.text();
        thread::sleep(Duration::from_millis(60));
        assert_eq!(lines.text(), text);
        assert!(text.lines().all(|line| line == "still here"), "{text}");
    }

    #[test]
    fn work_that_ends_before_writes_nothing() {
        let lines = Lines::default();
        drop(Ticker::start(Duration::from_secs(600), lines.clone(), String::new));
        assert_eq!(lines.text(), "");
    }
}
