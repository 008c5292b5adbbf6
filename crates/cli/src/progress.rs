//! What is seen of a run while it goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use harness::{EpochLog, EpochRates, Experiment, Progress as Work, RunCallback, SeedResult};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use crate::args::Format;
use crate::failure::Failure;
use crate::stdout;

/// A bar on stderr for people, a line a seed on stdout for programs.
pub(crate) struct Progress {
    bar: ProgressBar,
    format: Format,
    num_seeds: usize,
    num_started: usize,
    interrupted: Arc<AtomicBool>,
    /// What is counted.
    unit: &'static str,
    /// The first line that could not be written: reported at the end, so that the run is not lost.
    failure: Option<Failure>,
}

impl Progress {
    /// Shows nothing on a stderr that is no terminal.
    pub(crate) fn new(experiment: &Experiment, format: Format, interrupted: Arc<AtomicBool>) -> Self {
        let bar = ProgressBar::new(experiment.settings.epochs().unwrap_or(0) as u64);
        bar.set_style(
            ProgressStyle::with_template("{prefix} {bar:10} {pos}/{len} {msg}")
                .expect("the template is fixed and tested"),
        );
        if format == Format::Json {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self {
            bar,
            format,
            num_seeds: experiment.run.num_seeds(),
            num_started: 0,
            interrupted,
            unit: "epochs",
            failure: None,
        }
    }

    /// The same without the bar.
    pub(crate) fn quiet(self) -> Self {
        self.bar.set_draw_target(ProgressDrawTarget::hidden());
        self
    }

    /// Takes the bar away.
    ///
    /// # Errors
    /// A line that could not be written.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        self.failure.map_or(Ok(()), Err)
    }
}

impl RunCallback for Progress {
    fn seed_started(&mut self, _seed: u64) {
        self.num_started += 1;
        self.bar.reset();
        self.bar.set_message("");
        self.bar.set_prefix(format!("seed {}/{}", self.num_started, self.num_seeds));
    }

    fn progress(&mut self, Work { unit, done, total }: Work) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        if self.unit != unit {
            self.unit = unit;
            self.bar.set_message(unit);
        }
    }

    fn epoch_finished(&mut self, report: &EpochLog, val_acc: Option<f64>) {
        if self.unit == "epochs" {
            self.bar.set_position(report.epoch as u64);
        }
        let val_acc = val_acc.map_or_else(String::new, |val_acc| format!("  val {:.1} %", 100.0 * val_acc));
        self.bar.set_message(format!("{}  {}{val_acc}", self.unit, progress_of(report)));
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

fn progress_of(report: &EpochLog) -> String {
    match report.rates {
        Some(EpochRates { expansion, compression }) => {
            format!("expansion {expansion:.2}  compression {compression:.2}")
        }
        None => format!("loss {:.4}", report.loss),
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
    use harness::{Draft, Registry};

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
        let mut progress = Progress::new(&experiment(1), Format::Text, interrupted).quiet();
        progress.epoch_finished(&report, Some(0.798));
        assert_eq!(progress.bar.message(), "epochs  expansion 4.57  compression 1.20  val 79.8 %");
        progress.epoch_finished(&EpochLog { rates: None, ..report }, None);
        assert_eq!((progress.bar.message().as_str(), progress.bar.position()), ("epochs  loss -3.0000", 2));
    }

    #[test]
    fn the_bar_follows_seeds_and_epochs() {
        let interrupted = Arc::new(AtomicBool::new(false));
        let mut progress = Progress::new(&experiment(3), Format::Text, Arc::clone(&interrupted)).quiet();
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
        let mut progress =
            Progress::new(&experiment(1), Format::Text, Arc::new(AtomicBool::new(false))).quiet();
        progress.progress(Work { unit: "walks", done: 340, total: 680 });
        let log = EpochLog { epoch: 1, loss: 0.5, rates: None, seconds: 0.0 };
        progress.epoch_finished(&log, None);
        assert_eq!((progress.bar.position(), progress.bar.length()), (340, Some(680)));
        assert_eq!(progress.bar.message(), "walks  loss 0.5000");
    }
}
