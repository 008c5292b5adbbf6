//! A comparison as tables: for people, for spreadsheets, for programs, for a paper.

use std::fmt::Write;
use std::path::Path;

use evaluation::MeanStd;
use serde_json::{Value, json};

use super::columns::{COSTS, Column, SCORES, ValueOf};
use super::job::JobScores;
use super::plot::plot;
use super::published::published;
use super::summary::{GroupSummary, baselines_of};
use super::variant::Variant;
use crate::error::Error;
use crate::protocol::Protocol;
use crate::whole_file::write_whole_file;

/// The tables of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    /// Every method on every data set, in order.
    pub groups: &'a [GroupSummary],
    /// The method that the others are compared with.
    pub reference: &'a Variant,
    /// The command that makes these tables again.
    pub command: &'a str,
    /// Device.
    pub device: &'a str,
    /// The folder of the results.
    pub out: &'a str,
}

impl Tables<'_> {
    /// Writes `table.md`, `table.csv`, `table.json`, `paper.md` and, where costs are known, `plot.svg`, each first under a temporary
    /// name; returns the names.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<&'static str>, Error> {
        let json = serde_json::to_string_pretty(&self.to_json()).expect("numbers, words and lists");
        let mut files = vec![
            ("table.md", self.to_markdown()),
            ("table.csv", self.to_csv()),
            ("table.json", json + "\n"),
            ("paper.md", self.to_paper()),
        ];
        files.extend(plot(self.groups).map(|plot| ("plot.svg", plot.svg())));
        let mut names = Vec::new();
        for (name, text) in files {
            write_whole_file(&folder.join(name), text.as_bytes())?;
            names.push(name);
        }
        Ok(names)
    }

    /// A table for each data set and protocol with every score and cost, as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("`{}`, on {}\n", self.command, self.device);
        for (dataset, protocol) in self.places() {
            let groups: Vec<&GroupSummary> = self.at(&dataset, protocol).collect();
            let _ = writeln!(text, "\n## {dataset}, {protocol}\n\nProbe: {}.\n", protocol.probe());
            let mut columns: Vec<&Column> = SCORES.iter().collect();
            columns.retain(|column| groups.iter().any(|group| group.over_seeds(column.value).is_some()));
            let _ = write!(text, "| method | seeds |");
            columns.iter().for_each(|column| text.push_str(&format!(" {} |", column.title)));
            let _ = write!(text, " epoch kept | Δ vs {} (p) |", self.reference.title());
            COSTS.iter().for_each(|column| text.push_str(&format!(" {} |", column.title)));
            let rules = "---:|".repeat(columns.len() + COSTS.len() + 3);
            let _ = writeln!(text, "\n|---|{rules}");
            for group in &groups {
                let seeds = match group.seeds.len() == group.seeds_asked {
                    true => group.seeds.len().to_string(),
                    false => format!("{} of {}", group.seeds.len(), group.seeds_asked),
                };
                let _ = write!(text, "| {} | {seeds} |", group.variant().title());
                for column in &columns {
                    let best = self.is_best(group, &groups, column);
                    let _ = write!(text, " {} |", text_of(group, column, best));
                }
                let _ = write!(text, " {} | {} |", kept_text(group), difference_text(group));
                COSTS.iter().for_each(|column| {
                    let mean = group.over_seeds(column.value).map(|value| MeanStd { std: None, ..value });
                    let _ =
                        write!(text, " {} |", mean.map_or_else(String::new, |value| scaled(value, column)));
                });
                text.push('\n');
            }
            text.push_str(&failures_text(&groups));
        }
        text.push_str(
            "\nMean ± sample standard deviation over seeds; the best mean without labels in bold. \"Epoch kept\" says which \
             epoch's weights are evaluated. Δ is of test accuracy on equal seeds in points, p two-sided by exact sign flips, for more than 20 seeds by the paired t-test. \
             Time and memory are of one run: wall-clock and processor seconds of training and evaluating, and the most memory in \
             large blocks beside the data set. \"rank\" is the effective rank of the embedding: how many directions it uses.\n",
        );
        text
    }

    /// A table like a paper's for each protocol: a row a method, a column a data set, published numbers in rows of their own.
    pub fn to_paper(&self) -> String {
        let mut text = format!("`{}`, on {}\n", self.command, self.device);
        let places = self.places();
        let mut protocols: Vec<Protocol> = Vec::new();
        places.iter().for_each(|(_, protocol)| {
            if !protocols.contains(protocol) {
                protocols.push(*protocol);
            }
        });
        for protocol in protocols {
            let datasets: Vec<&String> =
                places.iter().filter(|(_, found)| *found == protocol).map(|(dataset, _)| dataset).collect();
            let _ = writeln!(text, "\n## {protocol}: test accuracy in %\n\nProbe: {}.\n", protocol.probe());
            let names: Vec<&str> = datasets.iter().map(|name| name.as_str()).collect();
            let _ =
                writeln!(text, "| method | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()));
            let mut sources: Vec<String> = Vec::new();
            for variant in self.variants() {
                let jobs = names.iter().map(|dataset| {
                    let groups: Vec<&GroupSummary> = self.at(dataset, protocol).collect();
                    let group = groups.iter().find(|group| group.variant() == variant);
                    group.map_or_else(String::new, |group| {
                        text_of(group, &SCORES[0], self.is_best(group, &groups, &SCORES[0]))
                    })
                });
                let _ = writeln!(text, "| {} | {} |", variant.title(), jobs.collect::<Vec<_>>().join(" | "));
                let Some(row) = published(variant, protocol) else { continue };
                if names.iter().all(|dataset| row.accuracy(dataset).is_none()) {
                    continue;
                }
                let note = if row.seen { "" } else { "; as remembered, not checked against it" };
                let source = format!("{}{note}", row.source);
                let number = match sources.iter().position(|known| *known == source) {
                    Some(place) => place + 1,
                    None => {
                        sources.push(source);
                        sources.len()
                    }
                };
                let jobs = names.iter().map(|dataset| {
                    row.accuracy(dataset).map_or_else(String::new, |value| format!("*{value:.1}*"))
                });
                let jobs = jobs.collect::<Vec<_>>().join(" | ");
                let _ = writeln!(text, "| *{}, published [{number}]* | {jobs} |", variant.title());
            }
            if !sources.is_empty() {
                text.push_str("\nPublished, not run here: ");
                let numbered =
                    sources.iter().enumerate().map(|(place, source)| format!("[{}] {source}", place + 1));
                text.push_str(&numbered.collect::<Vec<_>>().join("; "));
                text.push_str(".\n");
            }
        }
        text.push_str(
            "\nMean ± sample standard deviation over seeds; the best mean without labels in bold. Which epoch's weights \
             are kept stands in table.md; no test label chooses anything.\n",
        );
        text
    }

    /// A line a method and data set, with means and standard deviations as plain numbers; accuracies are fractions of 1.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut header: Vec<String> =
            ["dataset", "protocol", "method", "encoder", "checkpoint", "seeds", "seeds_asked"]
                .map(str::to_string)
                .to_vec();
        for Column { key, .. } in &SCORES {
            header.extend([format!("{key}_mean"), format!("{key}_std")]);
        }
        header.extend(COSTS.iter().map(|column| column.key.to_string()));
        header.extend(["difference_mean", "difference_p"].map(str::to_string));
        let write = |writer: &mut csv::Writer<Vec<u8>>, jobs: &[String]| {
            writer.write_record(jobs).expect("memory takes every write");
        };
        write(&mut writer, &header);
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        for group in self.groups {
            let variant = group.variant();
            let mut jobs = vec![
                group.job.dataset.clone(),
                group.protocol().to_string(),
                variant.method.to_string(),
                variant.encoder.map_or_else(String::new, |encoder| encoder.to_string()),
                kept_text(group),
                group.seeds.len().to_string(),
                group.seeds_asked.to_string(),
            ];
            for column in &SCORES {
                let value = group.over_seeds(column.value);
                jobs.extend([
                    number(value.map(|value| value.mean)),
                    number(value.and_then(|value| value.std)),
                ]);
            }
            jobs.extend(
                COSTS.iter().map(|column| number(group.over_seeds(column.value).map(|value| value.mean))),
            );
            let difference = group.difference;
            jobs.push(number(difference.map(|found| found.mean)));
            jobs.push(number(difference.map(|found| found.p_of_sign_flips.unwrap_or(found.p_of_t))));
            write(&mut writer, &jobs);
        }
        let bytes = writer.into_inner().expect("memory takes every write");
        String::from_utf8(bytes).expect("only text was written")
    }

    /// One object for each method and data set, as the program prints them, a line each.
    pub fn to_json(&self) -> Vec<Value> {
        self.groups.iter().map(|group| self.group_to_json(group)).collect()
    }

    fn group_to_json(&self, group: &GroupSummary) -> Value {
        let stat = |value: ValueOf| group.over_seeds(value);
        let mean = |value| stat(value).map(|found| found.mean);
        let std = |value| stat(value).and_then(|found| found.std);
        let sum =
            |value: fn(&JobScores) -> f64| group.seeds.iter().map(|(_, scores)| value(scores)).sum::<f64>();
        let steps = sum(|scores| scores.epochs_trained as f64);
        let train_seconds = sum(|scores| scores.train_seconds);
        let published = published(group.variant(), group.protocol()).and_then(|row| {
            let MeanStd { mean, std } = row.accuracy(&group.job.dataset)?;
            Some(json!({ "mean": mean / 100.0, "std": std.map(|std| std / 100.0), "source": row.source, "seen": row.seen }))
        });
        let mut object = json!({
            "type": "summary",
            "dataset": group.job.dataset,
            "method": group.variant().method.name(),
            "encoder": group.variant().encoder,
            "title": group.variant().title(),
            "device": self.device,
            "protocol": group.protocol(),
            "probe": group.protocol().probe().to_string(),
            "checkpoint": group.job.checkpoint,
            "eval_every": group.job.eval_every,
            "preparation": group.job.preparation,
            "seeds": group.seeds.len(),
            "seeds_asked": group.seeds_asked,
            "baselines": baselines_of(group, self.groups),
            "difference": group.difference,
            "reference": self.reference.to_string(),
            "published": published,
            "seconds_per_step": (steps > 0.0).then(|| train_seconds / steps),
            "train_seconds": train_seconds,
            "total_seconds": sum(|scores| scores.seconds),
            "cpu_seconds": mean(|scores| scores.cpu_seconds).map(|mean| mean * group.seeds.len() as f64),
            "peak_rss_bytes": group.seeds.iter().filter_map(|(_, scores)| scores.peak_bytes).max(),
            "failures": group.failures,
            "settings": group.job.settings.to_table(),
            "out": self.out,
        });
        for Column { key, value, .. } in &SCORES {
            object[format!("{key}_mean")] = json!(mean(*value));
            object[format!("{key}_std")] = json!(std(*value));
        }
        object
    }

    /// Each data set with each protocol, in order.
    fn places(&self) -> Vec<(String, Protocol)> {
        let mut places = Vec::new();
        for group in self.groups {
            let place = (group.job.dataset.clone(), group.protocol());
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    fn variants(&self) -> Vec<&Variant> {
        let mut variants = Vec::new();
        for group in self.groups {
            if !variants.contains(&group.variant()) {
                variants.push(group.variant());
            }
        }
        variants
    }

    fn at(&self, dataset: &str, protocol: Protocol) -> impl Iterator<Item = &GroupSummary> {
        self.groups.iter().filter(move |group| group.job.dataset == dataset && group.protocol() == protocol)
    }

    /// Whether no method that learns without labels has a higher mean.
    fn is_best(&self, group: &GroupSummary, groups: &[&GroupSummary], column: &Column) -> bool {
        let mean = |group: &GroupSummary| {
            let supervised = group.variant().method.info().kind.is_supervised();
            group.over_seeds(column.value).filter(|_| !supervised).map(|value| value.mean)
        };
        let highest = groups.iter().filter_map(|group| mean(group)).fold(f64::NEG_INFINITY, f64::max);
        mean(group).is_some_and(|mean| mean >= highest)
    }
}

fn scaled(value: MeanStd, column: &Column) -> String {
    let Column { decimals, scale, .. } = *column;
    let value = MeanStd { mean: scale * value.mean, std: value.std.map(|std| scale * std) };
    format!("{value:.decimals$}")
}

fn text_of(group: &GroupSummary, column: &Column, best: bool) -> String {
    match group.over_seeds(column.value) {
        Some(value) if best => format!("**{}**", scaled(value, column)),
        Some(value) => scaled(value, column),
        None if column.title == SCORES[0].title && !group.failures.is_empty() => "failed".to_string(),
        None => String::new(),
    }
}

/// How the epoch was chosen, of methods that have any.
fn kept_text(group: &GroupSummary) -> String {
    group.job.settings.epochs().map_or_else(String::new, |_| group.job.checkpoint.to_string())
}

fn difference_text(group: &GroupSummary) -> String {
    let Some(difference) = group.difference else { return String::new() };
    let p = difference.p_of_sign_flips.unwrap_or(difference.p_of_t);
    format!("{:+.1}, {p:.3}", 100.0 * difference.mean)
}

fn failures_text(groups: &[&GroupSummary]) -> String {
    let mut text = String::new();
    for group in groups {
        for (seed, error) in &group.failures {
            let _ = write!(text, "\nFailed: {}, seed {seed}: {error}\n", group.variant().title());
        }
    }
    text
}
