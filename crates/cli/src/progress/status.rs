//! How far a run is, in words.

use std::time::Duration;

use harness::{Bytes, EpochLog, EpochRates};

use crate::duration::time_in_words;

/// How far a run over seeds is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Status {
    /// How many seeds there are.
    pub(super) num_seeds: usize,
    /// How many were begun; 0 while the baselines are evaluated.
    pub(super) num_started: usize,
    /// What is counted within a seed.
    pub(super) unit: &'static str,
    /// How many of them are done.
    pub(super) done: u64,
    /// How many there are at most; 0 where that is not known.
    pub(super) total: u64,
    /// Whether they may end long before.
    pub(super) is_bound: bool,
    /// Loss or rates, and validation accuracy, where they are known.
    pub(super) numbers: Vec<String>,
    /// When the first seed began, in time since the start of the run.
    pub(super) began: Option<Duration>,
}

impl Status {
    /// Nothing is done.
    pub(super) fn new(num_seeds: usize, epochs: u64) -> Self {
        let numbers = Vec::new();
        Self {
            num_seeds,
            num_started: 0,
            unit: "epochs",
            done: 0,
            total: epochs,
            is_bound: false,
            numbers,
            began: None,
        }
    }

    /// A seed is about to be trained.
    pub(super) fn seed_started(&mut self, now: Duration) {
        self.num_started += 1;
        self.done = 0;
        self.numbers.clear();
        self.began.get_or_insert(now);
    }

    /// An epoch was trained, and perhaps evaluated.
    pub(super) fn epoch_finished(&mut self, log: &EpochLog, val_acc: Option<f64>) {
        if self.unit == "epochs" {
            self.done = log.epoch as u64;
        }
        self.numbers = match log.rates {
            Some(EpochRates { expansion, compression }) => {
                vec![format!("expansion {expansion:.2}"), format!("compression {compression:.2}")]
            }
            None => vec![format!("loss {:.4}", log.loss)],
        };
        self.numbers.extend(val_acc.map(|val_acc| format!("val {:.1} %", 100.0 * val_acc)));
    }

    /// `seed 2/3`
    pub(super) fn seed(&self) -> String {
        format!("seed {}/{}", self.num_started, self.num_seeds)
    }

    /// About how many seconds the rest takes, at the pace so far; `None` before anything is done.
    pub(super) fn seconds_left(&self, now: Duration) -> Option<f64> {
        let of_seed = if self.total == 0 { 0.0 } else { (self.done as f64 / self.total as f64).min(1.0) };
        let share = ((self.num_started.max(1) - 1) as f64 + of_seed) / self.num_seeds as f64;
        let elapsed = now.saturating_sub(self.began?).as_secs_f64();
        (share > 0.0).then(|| elapsed * (1.0 - share) / share)
    }

    /// `1 min 20 s left`, `at most 1 min 20 s left` where the work may end before, else the time so far.
    pub(super) fn time(&self, now: Duration) -> String {
        match self.seconds_left(now) {
            Some(seconds) if self.is_bound => format!("at most {} left", time_in_words(seconds)),
            Some(seconds) => format!("{} left", time_in_words(seconds)),
            None => format!("{} so far", time_in_words(now.as_secs_f64())),
        }
    }

    /// The whole in a line: seed, what is done of it, numbers, time left, memory.
    pub(super) fn line(&self, now: Duration, resident: Option<u64>) -> String {
        let place = match self.num_started {
            0 => "baselines".to_string(),
            _ => {
                let of = if self.is_bound { "of at most" } else { "of" };
                format!("{}: {} {of} {} {}", self.seed(), self.done, self.total, self.unit)
            }
        };
        let memory = resident.map(|bytes| Bytes(bytes).to_string());
        let numbers = self.numbers.iter().cloned();
        [place]
            .into_iter()
            .chain(numbers)
            .chain([self.time(now)])
            .chain(memory)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn log(epoch: usize) -> EpochLog {
        let rates = Some(EpochRates { expansion: 4.56789, compression: 1.2 });
        EpochLog { epoch, loss: -3.0, rates, seconds: 0.1 }
    }

    #[test]
    fn a_line_has_seed_epochs_numbers_time_and_memory() {
        let mut status = Status::new(2, 40);
        assert_eq!(status.line(seconds(31), Some(312_000_000)), "baselines, 31 s so far, 312 MB");
        status.seed_started(seconds(40));
        assert_eq!(status.line(seconds(45), None), "seed 1/2: 0 of 40 epochs, 45 s so far");
        status.epoch_finished(&log(10), Some(0.798));
        assert_eq!(
            status.line(seconds(50), Some(4_300_000_000)),
            "seed 1/2: 10 of 40 epochs, expansion 4.57, compression 1.20, val 79.8 %, 1 min 10 s left, 4.3 GB"
        );
        status.seed_started(seconds(80));
        assert_eq!(status.line(seconds(80), None), "seed 2/2: 0 of 40 epochs, 40 s left");
        status.epoch_finished(&EpochLog { rates: None, ..log(40) }, None);
        assert_eq!(status.line(seconds(120), None), "seed 2/2: 40 of 40 epochs, loss -3.0000, 0 s left");
    }

    #[test]
    fn what_is_not_counted_in_epochs_goes_by_its_own_unit() {
        let mut status = Status::new(1, 10);
        status.seed_started(seconds(0));
        (status.unit, status.done, status.total) = ("walks", 340, 680);
        status.epoch_finished(&EpochLog { rates: None, ..log(1) }, None);
        assert_eq!(status.line(seconds(20), None), "seed 1/1: 340 of 680 walks, loss -3.0000, 20 s left");
        (status.unit, status.done, status.total, status.is_bound) = ("eigen-iterations", 25, 100, true);
        status.numbers.clear();
        assert_eq!(
            status.line(seconds(40), None),
            "seed 1/1: 25 of at most 100 eigen-iterations, at most 2 min 00 s left"
        );
    }
}
