//! The numbers of a run: for programs, for a file, for people.

use std::fmt;

use embedders::EncoderKind;
use evaluation::MeanStd;
use serde::Serialize;

use crate::experiment::{Experiment, Method};
use crate::judge::Judgement;
use crate::protocol::Protocol;
use crate::resources::Resources;
use crate::run::{Outcome, PROPAGATED_HOPS, Run, SeedResult};
use crate::table::{Align, Table};

/// What a run came to, over its finished seeds; accuracies are fractions of 1, and what is not known is `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The data set's name.
    pub dataset: String,
    /// How it was trained.
    pub method: Method,
    /// What was trained.
    pub encoder: EncoderKind,
    /// Where tensors lived.
    pub device: String,
    /// How nodes were split.
    pub protocol: Protocol,
    /// How many seeds were finished.
    pub seeds: usize,
    /// How many seeds were asked for.
    pub seeds_asked: usize,
    /// The first seed.
    pub first_seed: u64,
    /// Mean test accuracy.
    pub test_acc_mean: f64,
    /// Its sample standard deviation; `None` for one seed.
    pub test_acc_std: Option<f64>,
    /// Mean validation accuracy of the kept epochs.
    pub val_acc_mean: f64,
    /// Its sample standard deviation.
    pub val_acc_std: Option<f64>,
    /// Mean macro-F1 on the test nodes.
    pub test_macro_f1_mean: f64,
    /// Its sample standard deviation.
    pub test_macro_f1_std: Option<f64>,
    /// Mean test accuracy of each baseline.
    pub baselines: Baselines<f64>,
    /// Their sample standard deviations.
    pub baselines_std: Baselines<Option<f64>>,
    /// Mean validation accuracy of each baseline.
    pub baselines_val: Baselines<f64>,
    /// The seed whose model was written: the first with the highest validation accuracy.
    pub best_seed: u64,
    /// The epoch of that model.
    pub best_epoch: usize,
    /// Training steps of all finished seeds.
    pub steps: usize,
    /// Time of a step, without the probes.
    pub seconds_per_step: f64,
    /// Time of all steps.
    pub train_seconds: f64,
    /// Time of everything, from the program's start.
    pub total_seconds: f64,
    /// Processor time of everything.
    pub cpu_seconds: Option<f64>,
    /// The most memory in use at one time.
    pub peak_rss_bytes: Option<u64>,
    /// The output folder.
    pub out: String,
}

/// One value for each baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Baselines<T> {
    /// The features as they are.
    pub raw: T,
    /// Âᴷ X.
    pub propagated: T,
    /// The encoder before training.
    pub random_init: T,
}

/// The whole of a run, as it is written beside the embedding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The numbers over seeds.
    #[serde(flatten)]
    pub summary: Summary,
    /// Every setting.
    pub settings: Experiment,
    /// Each finished seed.
    pub results: Vec<SeedResult>,
}

/// What a summary needs to know beside the outcome.
#[derive(Clone, Debug)]
pub struct SummaryContext {
    /// Where tensors lived.
    pub device: String,
    /// The output folder.
    pub out: String,
    /// Time since the program's start.
    pub total_seconds: f64,
    /// What was used of the machine.
    pub resources: Resources,
}

impl<T> Baselines<T> {
    fn map<U>(self, mut change: impl FnMut(T) -> U) -> Baselines<U> {
        Baselines {
            raw: change(self.raw),
            propagated: change(self.propagated),
            random_init: change(self.random_init),
        }
    }

    fn over(outcome: &Outcome, value: fn(&Judgement) -> f64) -> Baselines<MeanStd> {
        Baselines {
            raw: outcome.over_splits(|result| value(&result.raw)),
            propagated: outcome.over_splits(|result| value(&result.propagated)),
            random_init: outcome.over_seeds(|result| value(&result.random_init)),
        }
    }
}

impl Report {
    /// The report of an outcome; `None` when no seed was finished.
    pub fn new(run: &Run, outcome: &Outcome, context: SummaryContext) -> Option<Self> {
        let best = &outcome.seeds[outcome.best.as_ref()?.place];
        let test_acc = outcome.over_seeds(|result| result.g2r.test_acc);
        let val_acc = outcome.over_seeds(|result| result.g2r.val_acc);
        let macro_f1 = outcome.over_seeds(|result| result.g2r.test_macro_f1);
        let baselines = Baselines::<f64>::over(outcome, |judgement| judgement.test_acc);
        let steps = outcome.seeds.iter().map(|result| result.history.len()).sum();
        let train_seconds: f64 = outcome.seeds.iter().map(|result| result.train_seconds).sum();
        let settings = run.experiment().clone();
        let summary = Summary {
            dataset: run.dataset().name().to_string(),
            method: settings.method,
            encoder: settings.g2r.encoder,
            device: context.device,
            protocol: run.protocol(),
            seeds: outcome.seeds.len(),
            seeds_asked: settings.seeds,
            first_seed: settings.seed,
            test_acc_mean: test_acc.mean,
            test_acc_std: test_acc.std,
            val_acc_mean: val_acc.mean,
            val_acc_std: val_acc.std,
            test_macro_f1_mean: macro_f1.mean,
            test_macro_f1_std: macro_f1.std,
            baselines: baselines.map(|value| value.mean),
            baselines_std: baselines.map(|value| value.std),
            baselines_val: Baselines::<f64>::over(outcome, |judgement| judgement.val_acc)
                .map(|value| value.mean),
            best_seed: best.seed,
            best_epoch: best.epoch,
            steps,
            seconds_per_step: train_seconds / steps as f64,
            train_seconds,
            total_seconds: context.total_seconds,
            cpu_seconds: context.resources.cpu_seconds,
            peak_rss_bytes: context.resources.peak_rss_bytes,
            out: context.out,
        };
        Some(Self { summary, settings, results: outcome.seeds.clone() })
    }
}

/// A table of the accuracies in percent, and the cost.
impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dataset, protocol, seeds, first_seed, device, .. } = self;
        let last = first_seed + (*seeds as u64 - 1);
        let seeds = if *seeds == 1 {
            format!("seed {first_seed}")
        } else {
            format!("{seeds} seeds, {first_seed} to {last}")
        };
        writeln!(out, "{dataset}, {protocol} split, {seeds}, on {device}")?;

        let mut table = Table::new([
            ("", Align::Left),
            ("test accuracy %", Align::Right),
            ("validation %", Align::Right),
        ]);
        let percent = |mean, std| MeanStd { mean, std }.percent().to_string();
        let propagated = format!("Â{}X, no training", superscript(PROPAGATED_HOPS));
        let encoder = self.encoder.to_string().to_uppercase();
        let (test, std, val) = (&self.baselines, &self.baselines_std, &self.baselines_val);
        for (name, test, std, val) in [
            ("raw features", test.raw, std.raw, val.raw),
            (&propagated, test.propagated, std.propagated, val.propagated),
            (&format!("random-init {encoder}"), test.random_init, std.random_init, val.random_init),
        ] {
            table.push([name.to_string(), percent(test, std), percent(val, None)]);
        }
        let trained = self.method.to_string().to_uppercase();
        let val = percent(self.val_acc_mean, self.val_acc_std);
        table.push([trained, percent(self.test_acc_mean, self.test_acc_std), val]);
        write!(out, "{table}")?;

        let mut line = |key: &str, value: String| writeln!(out, "{key:<13}{value}");
        line("macro-F1", format!("{} %", percent(self.test_macro_f1_mean, self.test_macro_f1_std)))?;
        line("a step", format!("{:.1} ms, {} steps", 1000.0 * self.seconds_per_step, self.steps))?;
        let cpu = self.cpu_seconds.map_or_else(String::new, |cpu| format!(", {cpu:.1} s of processor time"));
        line("in all", format!("{:.1} s{cpu}", self.total_seconds))?;
        if let Some(bytes) = self.peak_rss_bytes {
            line("peak memory", format!("{:.0} MB", bytes as f64 / 1e6))?;
        }
        line(
            "chosen",
            format!("seed {}, epoch {}, by validation accuracy", self.best_seed, self.best_epoch),
        )?;
        line("written to", self.out.clone())
    }
}

fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    number.to_string().bytes().map(|digit| DIGITS[usize::from(digit - b'0')]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary() -> Summary {
        Summary {
            dataset: "cora".into(),
            method: Method::G2r,
            encoder: EncoderKind::Gcn,
            device: "cpu".into(),
            protocol: Protocol::Public,
            seeds: 3,
            seeds_asked: 3,
            first_seed: 4,
            test_acc_mean: 0.828,
            test_acc_std: Some(0.008),
            val_acc_mean: 0.8,
            val_acc_std: Some(0.01),
            test_macro_f1_mean: 0.815,
            test_macro_f1_std: Some(0.005),
            baselines: Baselines { raw: 0.601, propagated: 0.803, random_init: 0.75 },
            baselines_std: Baselines { raw: None, propagated: None, random_init: Some(0.009) },
            baselines_val: Baselines { raw: 0.6, propagated: 0.79, random_init: 0.74 },
            best_seed: 5,
            best_epoch: 17,
            steps: 60,
            seconds_per_step: 0.0712,
            train_seconds: 4.27,
            total_seconds: 9.04,
            cpu_seconds: Some(16.3),
            peak_rss_bytes: Some(312_400_000),
            out: "runs/cora-g2r".into(),
        }
    }

    #[test]
    fn people_get_a_table_and_the_cost() {
        let expected = "\
cora, public split, 3 seeds, 4 to 6, on cpu
┌──────────────────┬─────────────────┬──────────────┐
│                  │ test accuracy % │ validation % │
├──────────────────┼─────────────────┼──────────────┤
│ raw features     │            60.1 │         60.0 │
│ Â²X, no training │            80.3 │         79.0 │
│ random-init GCN  │      75.0 ± 0.9 │         74.0 │
│ G2R              │      82.8 ± 0.8 │   80.0 ± 1.0 │
└──────────────────┴─────────────────┴──────────────┘
macro-F1     81.5 ± 0.5 %
a step       71.2 ms, 60 steps
in all       9.0 s, 16.3 s of processor time
peak memory  312 MB
chosen       seed 5, epoch 17, by validation accuracy
written to   runs/cora-g2r
";
        assert_eq!(summary().to_string(), expected);
    }

    #[test]
    fn one_seed_has_no_spread_and_an_unknown_cost_no_line() {
        let one = Summary {
            seeds: 1,
            test_acc_std: None,
            val_acc_std: None,
            test_macro_f1_std: None,
            cpu_seconds: None,
            peak_rss_bytes: None,
            ..summary()
        };
        let text = one.to_string();
        assert!(text.starts_with("cora, public split, seed 4, on cpu\n"), "{text}");
        assert!(text.contains("│ G2R              │            82.8 │         80.0 │\n"), "{text}");
        assert!(text.contains("in all       9.0 s\n") && !text.contains("memory"), "{text}");
        let json = serde_json::to_value(&one).unwrap();
        assert_eq!((&json["test_acc_std"], &json["peak_rss_bytes"]), (&().into(), &().into()));
        assert_eq!(
            (&json["method"], &json["encoder"], &json["protocol"]),
            (&"g2r".into(), &"gcn".into(), &"public".into())
        );
    }
}
