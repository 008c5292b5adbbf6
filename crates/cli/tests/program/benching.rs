//! `g2r bench`.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::{g2r, json_lines, stderr_of, text};

/// Runs that take some hundredths of a second each.
const SMALL: &str = "\
datasets = ['cora']
methods = ['g2r', 'dgi']
seeds = 24
[g2r]
epochs = 3
encoder.d_hidden = [16]
d_output = 8
[dgi]
epochs = 3
d_output = 8
[random-init]
encoder.d_hidden = [16]
d_output = 8
";

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bench.toml"), config).unwrap();
        Self { folder }
    }

    fn out(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn args(&self, out: &Path) -> [String; 7] {
        let config = self.out("bench.toml");
        ["bench", "--config", text(&config), "--out", text(out), "--format", "json"].map(str::to_string)
    }

    fn spawn(&self, out: &Path) -> Child {
        Command::new(env!("CARGO_BIN_EXE_g2r"))
            .args(self.args(out))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Lets it come to its end, and gives the lines of stdout.
    fn finish(&self, out: &Path) -> Vec<Value> {
        let args = self.args(out);
        let output = g2r(&args.each_ref().map(String::as_str)).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        json_lines(&String::from_utf8(output.stdout).unwrap())
    }
}

/// What a line of results is of.
fn key(line: &Value) -> String {
    format!("{} {} {} {}", line["dataset"], line["protocol"], line["method"], line["seed"])
}

/// A line of a table without what another run takes other time for.
fn accuracies(table: &[Value]) -> Vec<Value> {
    let timeless = |line: &Value| {
        let mut line = line.clone();
        let object = line.as_object_mut().unwrap();
        ["train_seconds", "total_seconds", "cpu_seconds", "seconds_per_step", "peak_rss_bytes", "out"]
            .iter()
            .for_each(|key| drop(object.remove(*key).unwrap_or_else(|| panic!("no {key}"))));
        line
    };
    table.iter().map(timeless).collect()
}

#[test]
fn killed_at_twenty_moments_no_run_is_lost_or_doubled_and_the_table_is_the_same() {
    let bench = Bench::new(SMALL);
    let expected = bench.finish(&bench.out("undisturbed"));
    assert_eq!(expected.len(), 7, "raw, propagated, ppr, ppr of TF-IDF, random-init, g2r, dgi");

    // A generator of its own: the moments need no more than to be all over the place.
    let mut state = 0x9e37_79b9_u64;
    let (mut kills, mut round) = (0, 0);
    let mut out = bench.out("killed");
    // A fast machine ends a comparison before it was killed often enough: then another is begun.
    while kills < 20 {
        round += 1;
        assert!(round <= 60, "{kills} kills in {round} comparisons");
        out = bench.out(&format!("killed-{round}"));
        let results = out.join("results.jsonl");
        let (mut finished_before, mut running) = (0, true);
        while running && kills < 20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut child = bench.spawn(&out);
            std::thread::sleep(Duration::from_millis(10 + (state >> 33) % 90));
            running = child.try_wait().unwrap().is_none();
            kills += usize::from(running);
            child.kill().unwrap();
            child.wait().unwrap();
            let written = fs::read_to_string(&results).unwrap_or_default();
            let finished = written.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
            assert!(finished >= finished_before, "a finished run was lost");
            finished_before = finished;
        }
        assert_eq!(accuracies(&bench.finish(&out)), accuracies(&expected));
        let lines = json_lines(&fs::read_to_string(&results).unwrap());
        let keys: HashSet<String> = lines.iter().map(key).collect();
        assert_eq!((keys.len(), lines.len()), (3 * 24 + 4, 3 * 24 + 4), "each run has one line");
    }
    let results = out.join("results.jsonl");
    // Nothing is left to do.
    let before = fs::metadata(&results).unwrap().len();
    bench.finish(&out);
    assert_eq!(fs::metadata(&results).unwrap().len(), before);
}

#[test]
fn workers_and_threads_change_no_result() {
    let config = SMALL
        .replace("seeds = 24", "seeds = 2\ntasks = ['classification', 'clustering', 'similarity', 'links']");
    let tables = ["workers = 1\n", "workers = 3\nthreads_per_worker = 2\nmemory_gb = 0.1\n"].map(|how| {
        let bench = Bench::new(&format!("{how}{config}"));
        accuracies(&bench.finish(&bench.out("out")))
    });
    assert_eq!(tables[0], tables[1]);
    let g2r = tables[0].iter().find(|line| line["method"] == "g2r").unwrap();
    for score in ["test_acc", "nmi", "ari", "cluster_acc", "sim_5", "sim_10", "link_auc", "link_ap"] {
        assert!(g2r[format!("{score}_mean")].as_f64().unwrap() > 0.0, "{score}");
    }
}

#[test]
fn a_run_that_fails_is_told_and_the_rest_goes_on() {
    // Steps of this length end in numbers that are not finite.
    let config =
        SMALL.replace("seeds = 24", "seeds = 2").replace("[dgi]", "[dgi]\noptimizer.learning_rate = 1e38");
    let bench = Bench::new(&config);
    let out = bench.out("out");
    let args = bench.args(&out);
    let output = g2r(&args.each_ref().map(String::as_str)).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = stderr_of(&output);
    assert!(message.contains("2 runs failed; run the same command again to resume"), "{message}");
    let table = json_lines(&String::from_utf8(output.stdout).unwrap());
    let of = |method: &str| table.iter().find(|line| line["method"] == method).unwrap();
    assert_eq!((of("dgi")["seeds"].as_u64(), of("g2r")["seeds"].as_u64()), (Some(0), Some(2)));
    let failures = of("dgi")["failures"].to_string();
    assert!(failures.contains("expected a finite loss, found "), "{failures}");
    let markdown = fs::read_to_string(out.join("table.md")).unwrap();
    assert!(markdown.contains("| DGI | 0 of 2 | failed |"), "{markdown}");
}

#[test]
fn every_table_is_written_and_published_numbers_have_rows_of_their_own() {
    let bench = Bench::new(&SMALL.replace("seeds = 24", "seeds = 2"));
    let out = bench.out("out");
    let lines = bench.finish(&out);
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let plot = read("plot.svg");
    assert!(plot.starts_with("<svg") && plot.contains(">DGI<"), "{plot}");
    let paper = read("paper.md");
    assert!(paper.contains("| *G2R, published [") && paper.contains("*82.6 ± 1.4*"), "{paper}");
    assert!(paper.contains("Published, not run here: "), "{paper}");
    let markdown = read("table.md");
    assert!(markdown.contains("Probe: logistic regression on rows of length 1, C = 1"), "{markdown}");
    let mut csv = csv_rows(&read("table.csv"));
    let header = csv.remove(0);
    assert_eq!((csv.len(), header[0].as_str(), csv[0].len()), (7, "dataset", header.len()));
    assert_eq!(serde_json::from_str::<Vec<Value>>(&read("table.json")).unwrap(), lines);
    let g2r = lines.iter().find(|line| line["method"] == "g2r").unwrap();
    assert_eq!(g2r["baselines"]["raw"], lines[0]["test_acc_mean"]);
    assert_eq!(g2r["published"]["mean"].as_f64().map(|mean| (1000.0 * mean).round()), Some(826.0));
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_string).collect()).collect()
}

#[test]
fn wrong_comparisons_are_refused_before_anything_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (args, expected) in [
        (vec!["--methods", "g2r"], "no data set"),
        (vec!["--datasets", "cora"], "`methods` must be at least one that is no baseline, got none"),
        (
            vec!["--datasets", "cora", "--methods", "word2vec"],
            "unknown method `word2vec`, expected one of raw, ",
        ),
        (vec!["--datasets", "cora", "--methods", "g2r", "--seeds", "0"], "`seeds` must be at least 1, got 0"),
        (vec!["--datasets", "cora,nowhere", "--methods", "g2r"], "nowhere"),
        (vec!["--datasets", "cora", "--methods", "g2r", "--protocols", "wiki-cs-20"], "20 splits of its own"),
    ] {
        let args = [vec!["bench", "--out", text(&out)], args].concat();
        let output = g2r(&args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let message = stderr_of(&output);
        assert!(message.contains(expected), "{message}");
        assert!(!out.exists(), "{args:?}");
    }
}
