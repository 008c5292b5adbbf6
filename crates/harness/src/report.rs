//! The numbers of a run: for programs, for a file, for people.

use std::fmt;

use embedders::{Checkpoint, EncoderKind, MethodInfo};
use evaluation::MeanStd;
use graph_io::DataFingerprint;
use ndarray::Array2;
use serde::{Serialize, Serializer};

use crate::baselines::Baselines;
use crate::evaluator::Scores;
use crate::experiment::Experiment;
use crate::outcome::{EffectiveRank, Outcome, Rates, SeedResult, SeedScores};
use crate::protocol::Protocol;
use crate::provenance::{ProgramInfo, Provenance};
use crate::resources::Resources;
use crate::run::Run;
use crate::table::{Align, Table};

/// What a run came to, over its finished seeds; accuracies are fractions of 1, and what is not known is `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The data set's name.
    pub dataset: String,
    /// How it was trained.
    #[serde(serialize_with = "name_of_method")]
    pub method: MethodInfo,
    /// What was trained, where the method has an encoder to choose.
    pub encoder: Option<EncoderKind>,
    /// Device.
    pub device: String,
    /// How nodes were split.
    pub protocol: Protocol,
    /// What evaluated, in words.
    pub probe: String,
    /// Which epoch's weights were kept.
    pub checkpoint: Checkpoint,
    /// Epochs from one evaluation on the validation nodes to the next, where the best epoch was kept.
    pub eval_every: usize,
    /// What was done to the features, and why.
    pub preparation: String,
    /// How many seeds were finished.
    pub seeds: usize,
    /// How many seeds were asked for.
    pub seeds_asked: usize,
    /// Whether the only seed was interrupted: the numbers are then of what was trained by that epoch.
    pub interrupted: bool,
    /// The first seed.
    pub first_seed: u64,
    /// How well the seeds did; `None` where nothing was evaluated.
    #[serde(flatten, serialize_with = "with_nulls")]
    pub accuracies: Option<Accuracies>,
    /// The rates of the first step, the mean over the seeds; `None` where the loss is not made of rates.
    pub first_rates: Option<Rates>,
    /// The rates of the last step, the mean over the seeds.
    pub last_rates: Option<Rates>,
    /// The loss of the first step, the mean over the seeds; `None` where nothing was trained.
    pub first_loss: Option<f64>,
    /// The loss of the last step, the mean over the seeds.
    pub last_loss: Option<f64>,
    /// The effective rank of the embedding, the mean over the seeds; `None` for one that is sparse.
    pub effective_rank: Option<f64>,
    /// The most that it could be.
    pub effective_rank_of: Option<usize>,
    /// What is likely to be wrong with the embedding, with what to try.
    pub warnings: Vec<String>,
    /// The seed whose model was written: the first with the highest validation accuracy, or with the lowest loss of its
    /// last step where nothing was evaluated.
    pub best_seed: u64,
    /// The epoch of that model.
    pub best_epoch: usize,
    /// Training steps of all finished seeds.
    pub steps: usize,
    /// Time of a step, without the probes; `None` where there was none.
    pub seconds_per_step: Option<f64>,
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

/// How well the seeds did, beside the baselines.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Accuracies {
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
    pub baselines: Baselines<Option<f64>>,
    /// Their sample standard deviations.
    pub baselines_std: Baselines<Option<f64>>,
    /// Mean validation accuracy of each baseline.
    pub baselines_val: Baselines<Option<f64>>,
}

/// What [`Accuracies`] is called in files.
const ACCURACIES: [&str; 9] = [
    "test_acc_mean",
    "test_acc_std",
    "val_acc_mean",
    "val_acc_std",
    "test_macro_f1_mean",
    "test_macro_f1_std",
    "baselines",
    "baselines_std",
    "baselines_val",
];

/// The accuracies, or a null for each, so that every summary has the same keys.
fn with_nulls<S: Serializer>(accuracies: &Option<Accuracies>, serializer: S) -> Result<S::Ok, S::Error> {
    match accuracies {
        Some(accuracies) => accuracies.serialize(serializer),
        None => serializer.collect_map(ACCURACIES.map(|key| (key, ()))),
    }
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
    /// What the run was made by and of.
    pub provenance: Provenance,
}

/// What a summary needs to know beside the outcome.
#[derive(Clone, Debug)]
pub struct SummaryContext {
    /// The program.
    pub program: ProgramInfo,
    /// Device.
    pub device: String,
    /// The output folder.
    pub out: String,
    /// Time since the program's start.
    pub total_seconds: f64,
    /// What was used of the machine.
    pub resources: Resources,
}

/// Each baseline over the splits, and the encoder before training over the seeds.
fn baselines_over(outcome: &Outcome, value: fn(&Scores) -> f64) -> Baselines<Option<MeanStd>> {
    type Place = fn(&SeedScores) -> Option<&Scores>;
    let over_splits = |place: Place| {
        let has = |result: &SeedResult| result.scores.as_ref().is_some_and(|scores| place(scores).is_some());
        outcome
            .seeds
            .iter()
            .all(has)
            .then(|| outcome.over_splits(|scores| value(place(scores).expect("every seed has it"))))
    };
    Baselines {
        raw: over_splits(|scores| scores.baselines.raw.as_ref()),
        propagated: over_splits(|scores| scores.baselines.propagated.as_ref()),
        ppr: over_splits(|scores| scores.baselines.ppr.as_ref()),
        ppr_tf_idf: over_splits(|scores| scores.baselines.ppr_tf_idf.as_ref()),
        random_init: outcome.over_seeds_with(|scores| scores.baselines.random_init.as_ref().map(value)),
    }
}

impl Accuracies {
    /// The accuracies of an outcome; `None` where nothing was evaluated.
    fn of(outcome: &Outcome) -> Option<Self> {
        if !outcome.is_evaluated() {
            return None;
        }
        let of_trained =
            |value: fn(&Scores) -> f64| outcome.over_seeds(move |scores: &SeedScores| value(&scores.trained));
        let test_acc = of_trained(|scores| scores.test_acc);
        let val_acc = of_trained(|scores| scores.val_acc);
        let macro_f1 = of_trained(|scores| scores.test_macro_f1);
        let baselines = baselines_over(outcome, |scores| scores.test_acc);
        let baselines_val = baselines_over(outcome, |scores| scores.val_acc);
        Some(Self {
            test_acc_mean: test_acc.mean,
            test_acc_std: test_acc.std,
            val_acc_mean: val_acc.mean,
            val_acc_std: val_acc.std,
            test_macro_f1_mean: macro_f1.mean,
            test_macro_f1_std: macro_f1.std,
            baselines: baselines.map(|value| Some(value?.mean)),
            baselines_std: baselines.map(|value| value?.std),
            baselines_val: baselines_val.map(|value| Some(value?.mean)),
        })
    }
}

impl Report {
    /// The report of an outcome, with the embedding that is written; `None` when no seed was finished.
    pub fn new(
        run: &Run,
        outcome: &Outcome,
        embedding: &Array2<f32>,
        context: SummaryContext,
    ) -> Option<Self> {
        let best = &outcome.seeds[outcome.best.as_ref()?.place];
        let mean_rates = |place: usize| {
            let of_seeds = outcome.seeds.iter().map(|result| result.first_and_last_rates()[place]);
            of_seeds.collect::<Option<Vec<Rates>>>().map(|rates| Rates::mean_of(&rates))
        };
        let mean_loss = |place: usize| {
            let of_seeds = outcome.seeds.iter().map(|result| result.first_and_last_loss()[place]);
            of_seeds.collect::<Option<Vec<f64>>>().map(|losses| MeanStd::of(&losses).mean)
        };
        let steps: usize = outcome.seeds.iter().map(|result| result.history.len()).sum();
        let train_seconds: f64 = outcome.seeds.iter().map(|result| result.train_seconds).sum();
        let ranks: Option<Vec<EffectiveRank>> =
            outcome.seeds.iter().map(|result| result.effective_rank).collect();
        let rank = ranks.filter(|ranks| !ranks.is_empty()).map(|ranks| EffectiveRank {
            value: MeanStd::of(&ranks.iter().map(|rank| rank.value).collect::<Vec<_>>()).mean,
            of: ranks[0].of,
        });
        let (first_rates, last_rates) = (mean_rates(0), mean_rates(1));
        let settings = run.experiment().clone();
        let fingerprint = settings.run.data.clone().unwrap_or_else(|| DataFingerprint::of(run.dataset()));
        let provenance = Provenance::of(context.program, run.dataset(), fingerprint, embedding);
        let summary = Summary {
            dataset: run.dataset().name().to_string(),
            method: settings.settings.info(),
            encoder: settings.encoder(),
            device: context.device,
            protocol: run.protocol(),
            probe: run.probe().to_string(),
            checkpoint: settings.checkpoint(),
            eval_every: settings.run.eval_every,
            preparation: run.estimator().preparation().to_string(),
            seeds: outcome.seeds.len(),
            seeds_asked: settings.run.num_seeds(),
            interrupted: outcome.seeds.iter().any(|result| result.interrupted),
            first_seed: settings.run.seed,
            accuracies: Accuracies::of(outcome),
            first_rates,
            last_rates,
            first_loss: mean_loss(0),
            last_loss: mean_loss(1),
            effective_rank: rank.map(|rank| rank.value),
            effective_rank_of: rank.map(|rank| rank.of),
            warnings: warnings(rank, first_rates, last_rates),
            best_seed: best.seed,
            best_epoch: best.epoch,
            steps,
            seconds_per_step: (steps > 0).then(|| train_seconds / steps as f64),
            train_seconds,
            total_seconds: context.total_seconds,
            cpu_seconds: context.resources.cpu_seconds,
            peak_rss_bytes: context.resources.peak_rss_bytes,
            out: context.out,
        };
        Some(Self { summary, settings, results: outcome.seeds.clone(), provenance })
    }
}

/// What is likely to be wrong with an embedding, with what to try.
fn warnings(rank: Option<EffectiveRank>, first: Option<Rates>, last: Option<Rates>) -> Vec<String> {
    let collapsed = rank.filter(EffectiveRank::is_collapsed).map(|rank| {
        format!(
            "the embedding has collapsed: it uses {:.1} of {} directions (effective rank); try --method g2r-linear, fewer epochs, \
             or features of another kind (--missing-features degree for a graph without any)",
            rank.value, rank.of
        )
    });
    let fell = first.zip(last).filter(|(first, last)| last.reduction < first.reduction).map(|(first, last)| {
        format!(
            "the rate reduction fell from {:.2} to {:.2} nats: the training did not do what it is for; try a smaller \
             --learning-rate or fewer --epochs",
            first.reduction, last.reduction
        )
    });
    collapsed.into_iter().chain(fell).collect()
}

/// A table of the accuracies in percent, or of the rates where nothing was evaluated, and the cost.
impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dataset, protocol, seeds, first_seed, device, .. } = self;
        let last = first_seed + (*seeds as u64 - 1);
        let seeds_in_words = if *seeds == 1 {
            format!("seed {first_seed}")
        } else {
            format!("{seeds} seeds, {first_seed} to {last}")
        };
        let evaluated =
            if protocol.evaluates() { format!("{protocol} split") } else { "not evaluated".to_string() };
        writeln!(out, "{dataset}, {evaluated}, {seeds_in_words}, on {device}")?;
        let line = |out: &mut fmt::Formatter<'_>, key: &str, value: String| writeln!(out, "{key:<15}{value}");
        match &self.accuracies {
            Some(accuracies) => {
                write!(out, "{}", self.table_of_accuracies(accuracies))?;
                let Accuracies { test_macro_f1_mean: mean, test_macro_f1_std: std, .. } = *accuracies;
                line(out, "macro-F1", format!("{} %", MeanStd { mean, std }.percent()))?;
                line(out, "probe", self.probe.clone())?;
            }
            None => write!(out, "{}", self.table_of_losses())?,
        }
        line(out, "features", self.preparation.clone())?;
        if let (Some(rates), None) = (&self.last_rates, &self.first_rates) {
            let Rates { expansion, compression, reduction, .. } = rates;
            let text = format!(
                "expansion {expansion:.2}, compression {compression:.2}, reduction {reduction:.2} nats"
            );
            line(out, "at the optimum", text)?;
        }
        if let (Some(rank), Some(of)) = (self.effective_rank, self.effective_rank_of) {
            line(out, "effective rank", format!("{rank:.1} of {of}"))?;
        }
        if let Some(seconds) = self.seconds_per_step {
            line(out, "time per step", format!("{:.1} ms, {} steps", 1000.0 * seconds, self.steps))?;
        }
        let cpu = self.cpu_seconds.map_or_else(String::new, |cpu| format!(", {cpu:.1} s of processor time"));
        line(out, "total", format!("{:.1} s{cpu}", self.total_seconds))?;
        if let Some(bytes) = self.peak_rss_bytes {
            line(out, "peak memory", format!("{:.0} MB", bytes as f64 / 1e6))?;
        }
        line(out, "selected", self.selected())?;
        if self.interrupted {
            let text = format!("after {} epochs: this is what was trained by then", self.steps);
            line(out, "interrupted", text)?;
        }
        self.warnings.iter().try_for_each(|warning| line(out, "warning", warning.clone()))?;
        line(out, "written to", self.out.clone())
    }
}

impl Summary {
    /// Which model was written, and by what it was selected.
    fn selected(&self) -> String {
        let Self { best_seed: seed, best_epoch: epoch, .. } = self;
        let seed_by = match (self.seeds, &self.accuracies) {
            (1, _) => "",
            (_, Some(_)) => " by validation accuracy",
            (_, None) => " by the loss of its last step",
        };
        let epoch_by = match self.checkpoint {
            _ if self.steps == 0 => return format!("seed {seed}{seed_by}"),
            Checkpoint::Last => "the last",
            Checkpoint::BestValidation => "by validation accuracy",
            Checkpoint::LowestLoss => "by the lowest loss",
        };
        if seed_by.ends_with(epoch_by) {
            return format!("seed {seed}, epoch {epoch}, {epoch_by}");
        }
        format!("seed {seed}{seed_by}, epoch {epoch}, {epoch_by}")
    }

    fn table_of_accuracies(&self, accuracies: &Accuracies) -> Table {
        let mut table = Table::new([
            ("", Align::Left),
            ("test accuracy %", Align::Right),
            ("validation %", Align::Right),
        ]);
        let percent = |mean, std| MeanStd { mean, std }.percent().to_string();
        let Accuracies { baselines: test, baselines_std: std, baselines_val: val, .. } = accuracies;
        let encoder = self.encoder.map_or_else(String::new, |encoder| encoder.to_string().to_uppercase());
        let random = format!("random-init {encoder}");
        for ((name, test), ((_, std), (_, val))) in
            test.titled(&random).into_iter().zip(std.titled("").into_iter().zip(val.titled("")))
        {
            if let (Some(test), Some(val)) = (test, val) {
                table.push([name.to_string(), percent(test, std), percent(val, None)]);
            }
        }
        let trained = self.method.title.to_string();
        let val = percent(accuracies.val_acc_mean, accuracies.val_acc_std);
        table.push([trained, percent(accuracies.test_acc_mean, accuracies.test_acc_std), val]);
        table
    }

    fn table_of_losses(&self) -> Table {
        let unit = if self.first_rates.is_some() { "in nats" } else { "" };
        let mut table =
            Table::new([(unit, Align::Left), ("first step", Align::Right), ("last step", Align::Right)]);
        let mut push = |name: &str, first: f64, last: f64| {
            table.push([name.to_string(), format!("{first:.3}"), format!("{last:.3}")]);
        };
        if let (Some(first), Some(last)) = (&self.first_rates, &self.last_rates) {
            push("expansion", first.expansion, last.expansion);
            push("compression", first.compression, last.compression);
            push("reduction", first.reduction, last.reduction);
        }
        if let (Some(first), Some(last)) = (self.first_loss, self.last_loss) {
            push("loss", first, last);
        }
        table
    }
}

fn name_of_method<S: Serializer>(method: &MethodInfo, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(method.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accuracies() -> Accuracies {
        Accuracies {
            test_acc_mean: 0.828,
            test_acc_std: Some(0.008),
            val_acc_mean: 0.8,
            val_acc_std: Some(0.01),
            test_macro_f1_mean: 0.815,
            test_macro_f1_std: Some(0.005),
            baselines: Baselines {
                raw: Some(0.601),
                propagated: Some(0.803),
                ppr_tf_idf: Some(0.8),
                random_init: Some(0.75),
                ..Baselines::default()
            },
            baselines_std: Baselines { random_init: Some(0.009), ..Baselines::default() },
            baselines_val: Baselines {
                raw: Some(0.6),
                propagated: Some(0.79),
                ppr_tf_idf: Some(0.78),
                random_init: Some(0.74),
                ..Baselines::default()
            },
        }
    }

    fn summary() -> Summary {
        Summary {
            dataset: "cora".into(),
            method: <embedders::G2r as embedders::MethodSettings>::INFO,
            encoder: Some(EncoderKind::Gcn),
            device: "cpu".into(),
            protocol: Protocol::Public,
            probe: "logistic regression".into(),
            checkpoint: Checkpoint::BestValidation,
            eval_every: 1,
            preparation: "row-l1".into(),
            seeds: 3,
            seeds_asked: 3,
            interrupted: false,
            first_seed: 4,
            accuracies: Some(accuracies()),
            first_rates: Some(Rates { expansion: 4.5, compression: 1.25, reduction: 3.25, loss: -1.0 }),
            last_rates: Some(Rates { expansion: 25.0625, compression: 2.0, reduction: 23.0625, loss: -10.5 }),
            first_loss: Some(-1.0),
            last_loss: Some(-10.5),
            effective_rank: Some(37.25),
            effective_rank_of: Some(512),
            warnings: Vec::new(),
            best_seed: 5,
            best_epoch: 17,
            steps: 60,
            seconds_per_step: Some(0.0712),
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
│ PPR of TF-IDF    │            80.0 │         78.0 │
│ random-init GCN  │      75.0 ± 0.9 │         74.0 │
│ G2R              │      82.8 ± 0.8 │   80.0 ± 1.0 │
└──────────────────┴─────────────────┴──────────────┘
macro-F1       81.5 ± 0.5 %
probe          logistic regression
features       row-l1
effective rank 37.2 of 512
time per step  71.2 ms, 60 steps
total          9.0 s, 16.3 s of processor time
peak memory    312 MB
selected       seed 5, epoch 17, by validation accuracy
written to     runs/cora-g2r
";
        assert_eq!(summary().to_string(), expected);
    }

    #[test]
    fn a_collapse_and_a_falling_reduction_are_said_with_what_to_try() {
        let rates = |reduction| Rates { expansion: 5.0, compression: 1.0, reduction, loss: -1.0 };
        let rank = |value| Some(EffectiveRank { value, of: 512 });
        assert_eq!(warnings(rank(300.0), Some(rates(3.0)), Some(rates(4.0))), Vec::<String>::new());
        let found = warnings(rank(1.4), Some(rates(4.0)), Some(rates(3.0)));
        assert!(
            found[0].starts_with("the embedding has collapsed: it uses 1.4 of 512 directions"),
            "{found:?}"
        );
        assert!(found[1].starts_with("the rate reduction fell from 4.00 to 3.00 nats"), "{found:?}");
        let text = Summary { warnings: found.clone(), ..summary() }.to_string();
        assert!(text.contains(&format!("warning        {}\n", found[0])), "{text}");
    }

    #[test]
    fn one_seed_has_no_spread_and_an_unknown_cost_no_line() {
        let one = Summary {
            seeds: 1,
            accuracies: Some(Accuracies {
                test_acc_std: None,
                val_acc_std: None,
                test_macro_f1_std: None,
                ..accuracies()
            }),
            cpu_seconds: None,
            peak_rss_bytes: None,
            ..summary()
        };
        let text = one.to_string();
        assert!(text.starts_with("cora, public split, seed 4, on cpu\n"), "{text}");
        assert!(text.contains("│ G2R              │            82.8 │         80.0 │\n"), "{text}");
        assert!(text.contains("total          9.0 s\n") && !text.contains("memory"), "{text}");
        let json = serde_json::to_value(&one).unwrap();
        assert_eq!((&json["test_acc_std"], &json["peak_rss_bytes"]), (&().into(), &().into()));
        assert_eq!(
            (&json["method"], &json["encoder"], &json["protocol"]),
            (&"g2r".into(), &"gcn".into(), &"public".into())
        );
    }
    #[test]
    fn what_was_not_evaluated_is_told_in_rates() {
        let unevaluated = Summary {
            protocol: Protocol::NotEvaluated,
            checkpoint: Checkpoint::Last,
            accuracies: None,
            ..summary()
        };
        let expected = "\
cora, not evaluated, 3 seeds, 4 to 6, on cpu
┌─────────────┬────────────┬───────────┐
│ in nats     │ first step │ last step │
├─────────────┼────────────┼───────────┤
│ expansion   │      4.500 │    25.062 │
│ compression │      1.250 │     2.000 │
│ reduction   │      3.250 │    23.062 │
│ loss        │     -1.000 │   -10.500 │
└─────────────┴────────────┴───────────┘
features       row-l1
effective rank 37.2 of 512
time per step  71.2 ms, 60 steps
total          9.0 s, 16.3 s of processor time
peak memory    312 MB
selected       seed 5 by the loss of its last step, epoch 17, the last
written to     runs/cora-g2r
";
        assert_eq!(unevaluated.to_string(), expected);
        let one = Summary { seeds: 1, ..unevaluated };
        assert!(one.to_string().contains("\nselected       seed 5, epoch 17, the last\n"), "{one}");
    }

    #[test]
    fn what_was_not_evaluated_has_the_same_keys() {
        let evaluated = serde_json::to_value(summary()).unwrap();
        let unevaluated = serde_json::to_value(Summary { accuracies: None, ..summary() }).unwrap();
        let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&evaluated), keys(&unevaluated));
        let nulls = unevaluated.as_object().unwrap().iter().filter(|(_, value)| value.is_null());
        let mut nulls: Vec<&str> = nulls.map(|(key, _)| key.as_str()).collect();
        nulls.sort_unstable();
        let mut expected = ACCURACIES;
        expected.sort_unstable();
        assert_eq!(nulls, expected);
        assert_eq!(unevaluated["last_rates"]["reduction"], 23.0625);
    }
}
