//! Long work on a thread of its own, while the calling thread answers Python: signals, callbacks, progress.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// How often signals are looked for.
const INTERVAL: Duration = Duration::from_millis(50);

/// What Python is asked to do with an event, a line of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Nothing,
    /// The answer says whether to stop.
    Answer,
}

struct Event {
    text: String,
    wanted: Wanted,
    reply: SyncSender<bool>,
}

/// The end of the line that the work holds.
pub(crate) struct Line<'a> {
    events: std::sync::mpsc::Sender<Event>,
    stopped: &'a AtomicBool,
    last_sent: Instant,
}

impl Line<'_> {
    /// Whether to stop as soon as can be.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Waits until Python has seen an event; it may say to stop.
    pub(crate) fn ask(&mut self, text: String) {
        let (reply, answer) = sync_channel(1);
        if self.events.send(Event { text, wanted: Wanted::Answer, reply }).is_ok()
            && answer.recv() == Ok(true)
        {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    /// Shows Python an event, unless the last one was shown a moment ago.
    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) {
        if self.last_sent.elapsed() >= INTERVAL {
            self.last_sent = Instant::now();
            // Nobody waits for an answer.
            let _ =
                self.events.send(Event { text: text(), wanted: Wanted::Nothing, reply: sync_channel(1).0 });
        }
    }
}

/// What Python calls with each event; its answer says whether to stop.
pub(crate) type Listener = Option<Py<PyAny>>;

/// Does work without holding Python's lock. Until it is done, `listener` is called with each event in this thread, and a signal such
/// as Ctrl-C, or an exception of the listener, stops the work; it is raised when the work has ended.
///
/// # Errors
/// Whatever the signal or the listener raises; `RuntimeError` for a panic of the work, which is a fault of this library.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    listener: &Listener,
    work: impl FnOnce(Line<'_>) -> T + Send,
) -> PyResult<T> {
    let stopped = AtomicBool::new(false);
    let mut raised = None;
    let (events, inbox) = channel();
    let line = Line { events, stopped: &stopped, last_sent: Instant::now() };
    let (stop, raises) = (&stopped, &mut raised);
    // The inbox goes with the closure: it is no other thread's.
    let done = py.detach(move || {
        thread::scope(|scope| {
            let worker = scope.spawn(|| work(line));
            *raises = answer(&inbox, listener, stop).err();
            worker.join()
        })
    });
    match (raised, done) {
        (Some(error), _) => Err(error),
        (None, Ok(done)) => Ok(done),
        (None, Err(panic)) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            Err(PyRuntimeError::new_err(format!("a fault of g2r, please report it: {text}")))
        }
    }
}

/// Answers until the other end is gone. After an error the work is stopped, and what it still says is not looked at.
fn answer(inbox: &Receiver<Event>, listener: &Listener, stopped: &AtomicBool) -> PyResult<()> {
    let mut outcome = Ok(());
    let mut last_look = Instant::now();
    loop {
        let event = match inbox.recv_timeout(INTERVAL) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return outcome,
        };
        let is_turn = last_look.elapsed() >= INTERVAL;
        let mut stop = false;
        if outcome.is_ok() && (event.is_some() || is_turn) {
            last_look = Instant::now();
            outcome = Python::attach(|py| {
                py.check_signals()?;
                if let (Some(event), Some(listener)) = (&event, listener) {
                    let answer = listener.call1(py, (&event.text,))?;
                    stop = event.wanted == Wanted::Answer && answer.is_truthy(py)?;
                }
                Ok(())
            });
        }
        if outcome.is_err() {
            stopped.store(true, Ordering::Relaxed);
        }
        if let Some(event) = event {
            // Whoever only tells does not wait.
            let _ = event.reply.send(stop || outcome.is_err());
        }
    }
}
