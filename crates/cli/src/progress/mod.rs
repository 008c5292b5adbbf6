//! What is seen of a run while it goes.

mod status;
mod ticker;

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use harness::{Bytes, EpochLog, Experiment, Progress as Work, Resources, RunCallback, SeedResult};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use self::status::Status;
use self::ticker::Ticker;
use crate::args::Format;
use crate::failure::Failure;
use crate::stdout;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(30);

/// For people a bar on a terminal, and a line every 30 s on any other stderr; for programs a line a seed on stdout.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Writes lines where there is no terminal.
    ticker: Option<Ticker>,
    format: Format,
    status: Arc<Mutex<Status>>,
    started: Instant,
    interrupted: Arc<AtomicBool>,
    /// The first line that could not be written: reported at the end, so that the run is not lost.
    failure: Option<Failure>,
}

impl Progress {
    /// Shows a run about to begin.
    pub(crate) fn new(experiment: &Experiment, format: Format, interrupted: Arc<AtomicBool>) -> Self {
        let mut progress = Self::hidden(experiment, format, interrupted);
        if format == Format::Text && io::stderr().is_terminal() {
            progress.bar.set_draw_target(ProgressDrawTarget::stderr());
        } else if format == Format::Text {
            let (status, started) = (Arc::clone(&progress.status), progress.started);
            let line = move || lock(&status).line(started.elapsed(), Resources::resident_bytes());
            progress.ticker = Some(Ticker::start(LINE_EVERY, io::stderr(), line));
        }
        progress
    }

    /// Shows nothing to people.
    pub(crate) fn hidden(experiment: &Experiment, format: Format, interrupted: Arc<AtomicBool>) -> Self {
        let epochs = experiment.settings.epochs().unwrap_or(0) as u64;
        let bar = ProgressBar::with_draw_target(Some(epochs), ProgressDrawTarget::hidden());
        bar.set_style(
            ProgressStyle::with_template("{prefix} {bar:10} {pos}/{len} {msg}")
                .expect("the template is fixed and tested"),
        );
        let status = Arc::new(Mutex::new(Status::new(experiment.run.num_seeds(), epochs)));
        Self { bar, ticker: None, format, status, started: Instant::now(), interrupted, failure: None }
    }

    /// Takes the bar away.
    ///
    /// # Errors
    /// A line that could not be written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        drop(self.ticker);
        self.bar.finish_and_clear();
        self.failure.map_or(Ok(()), Err)
    }

    fn draw(&self, status: &Status) {
        self.bar.set_length(status.total);
        self.bar.set_position(status.done);
        let mut words = vec![status.unit.to_string()];
        words.extend(status.numbers.iter().cloned());
        if !self.bar.is_hidden() {
            words.push(status.time(self.started.elapsed()));
            words.extend(Resources::resident_bytes().map(|bytes| Bytes(bytes).to_string()));
        }
        self.bar.set_message(words.join("  "));
    }
}

fn lock(status: &Mutex<Status>) -> MutexGuard<'_, Status> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RunCallback for Progress {
    fn seed_started(&mut self, _seed: u64) {
        let mut status = lock(&self.status);
        status.seed_started(self.started.elapsed());
        self.bar.reset();
        self.bar.set_message("");
        self.bar.set_prefix(status.seed());
    }

    fn progress(&mut self, Work { unit, done, total, is_bound }: Work) {
        let mut status = lock(&self.status);
        (status.unit, status.done, status.total, status.is_bound) = (unit, done, total, is_bound);
        self.draw(&status);
    }

    fn epoch_finished(&mut self, report: &EpochLog, val_acc: Option<f64>) {
        let mut status = lock(&self.status);
        status.epoch_finished(report, val_acc);
        self.draw(&status);
    }

    fn seed_finished(&mut self, result: &SeedResult) {
        if self.format == Format::Json && self.failure.is_none() {
            self.failure = stdout::line(seed_line(result)).err();
        }
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

fn seed_line(result: &SeedResult) -> serde_json::Value {
    let scores = result.scores.as_ref();
    let [_, rates] = result.first_and_last_rates();
    let [_, loss] = result.first_and_last_loss();
    json!({
        "type": "seed",
        "seed": result.seed,
        "epoch": result.epoch,
        "val_acc": scores.map(|scores| scores.trained.val_acc),
        "test_acc": scores.map(|scores| scores.trained.test_acc),
        "test_macro_f1": scores.map(|scores| scores.trained.test_macro_f1),
        "baselines": scores.map(|scores| scores.baselines.map(|found| found.map(|found| found.test_acc))),
        "last_rates": rates,
        "last_loss": loss,
        "train_seconds": result.train_seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::{Draft, EpochRates, Registry};

    fn experiment(seeds: usize) -> Experiment {
        let karate = graph_io::load("karate", None).unwrap();
        let flags = toml::from_str(&format!("dataset = 'karate'\nmethod = 'g2r'\nseeds = {seeds}")).unwrap();
        Draft::from_layers(&Registry::builtin(), None, flags).unwrap().on(&karate).unwrap()
    }

    #[test]
    fn an_epoch_is_told_in_rates_and_accuracy_where_there_is_one() {
        let rates = Some(EpochRates { expansion: 4.56789, compression: 1.2 });
        let report = EpochLog { epoch: 2, loss: -3.0, rates, seconds: 0.1 };
        let interrupted = Arc::new(AtomicBool::new(false));
        let mut progress = Progress::hidden(&experiment(1), Format::Text, interrupted);
        progress.epoch_finished(&report, Some(0.798));
        assert_eq!(progress.bar.message(), "epochs  expansion 4.57  compression 1.20  val 79.8 %");
        progress.epoch_finished(&EpochLog { rates: None, ..report }, None);
        assert_eq!((progress.bar.message().as_str(), progress.bar.position()), ("epochs  loss -3.0000", 2));
    }

    #[test]
    fn the_bar_follows_seeds_and_epochs() {
        let interrupted = Arc::new(AtomicBool::new(false));
        let mut progress = Progress::hidden(&experiment(3), Format::Text, Arc::clone(&interrupted));
        progress.seed_started(7);
        progress.seed_started(8);
        let report = EpochLog { epoch: 2, loss: 0.0, rates: None, seconds: 0.0 };
        progress.epoch_finished(&report, None);
        assert_eq!((progress.bar.prefix().as_str(), progress.bar.position()), ("seed 2/3", 2));
        assert!(!progress.interrupted());
        interrupted.store(true, Ordering::Relaxed);
        assert!(progress.interrupted());
    }

    #[test]
    fn work_that_is_not_counted_in_epochs_moves_the_bar_by_its_own_unit() {
        let mut progress = Progress::hidden(&experiment(1), Format::Text, Arc::new(AtomicBool::new(false)));
        progress.progress(Work { unit: "walks", done: 340, total: 680, is_bound: false });
        let log = EpochLog { epoch: 1, loss: 0.5, rates: None, seconds: 0.0 };
        progress.epoch_finished(&log, None);
        assert_eq!((progress.bar.position(), progress.bar.length()), (340, Some(680)));
        assert_eq!(progress.bar.message(), "walks  loss 0.5000");
    }
}
