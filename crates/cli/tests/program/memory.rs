//! Runs that do not fit into memory, under a limit on address space.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::{json_lines, stderr_of, text};

/// Room for the program and for small runs, in KiB; the wide ones need 18.7 GB, and one matrix of their weights 4.3 GB.
const LIMIT: &str = "4000000";

/// A comparison of which one method does not fit.
const BENCH: &str = "\
datasets = ['cora']
methods = ['g2r', 'grace', 'cca-ssg']
seeds = 2
workers = 2
[g2r]
epochs = 2
encoder.d_hidden = [16]
d_output = 8
[grace]
epochs = 1
encoder.d_hidden = [65536]
d_output = 16384
[cca-ssg]
epochs = 2
encoder.d_hidden = [16]
d_output = 8
[random-init]
encoder.d_hidden = [16]
d_output = 8
";

/// Runs the program with a limit on its address space.
fn limited(args: &[&str]) -> Output {
    let script = format!("ulimit -v {LIMIT}; exec \"$0\" \"$@\"");
    Command::new("/bin/sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_g2r")])
        .args(args)
        .env_remove("GRAPH_IO_DATA")
        .env("XDG_CACHE_HOME", "/nowhere")
        .output()
        .unwrap()
}

fn bench(folder: &Path, more: &[&str]) -> Vec<String> {
    let config = folder.join("bench.toml");
    fs::write(&config, BENCH).unwrap();
    let out = folder.join("out");
    let args = ["bench", "--config", text(&config), "--out", text(&out), "--format", "json"];
    args.iter().chain(more).map(|word| word.to_string()).collect()
}

fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

fn of<'a>(table: &'a [Value], method: &str) -> &'a Value {
    table.iter().find(|line| line["method"] == method).unwrap()
}

/// The comparison under the limit: all but one method are finished; gives why that one failed.
fn failure(folder: &Path, more: &[&str]) -> String {
    let args = bench(folder, more);
    let output = limited(&words(&args));
    let stderr = stderr_of(&output);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("2 runs failed; run the same command again to resume"), "{stderr}");
    let table = json_lines(&String::from_utf8(output.stdout).unwrap());
    for method in ["raw", "propagated", "ppr", "random-init", "g2r", "cca-ssg"] {
        assert_ne!(of(&table, method)["seeds"], 0, "{method}: {stderr}");
    }
    assert_eq!(of(&table, "grace")["seeds"], 0);
    of(&table, "grace")["failures"].to_string()
}

#[test]
fn a_run_that_cannot_fit_fails_with_its_numbers_and_the_others_are_finished() {
    let folder = tempfile::tempdir().unwrap();
    let found = failure(folder.path(), &[]);
    assert!(
        found.contains("grace on cora needs at least 18.7 GB of memory beside the data, and "),
        "{found}"
    );
    assert!(found.contains("are available (the limit on address space, ulimit -v)"), "{found}");
    // The same command tries again what has failed, and nothing else.
    let lines = || fs::read_to_string(folder.path().join("out/results.jsonl")).unwrap().lines().count();
    let before = lines();
    assert!(failure(folder.path(), &[]).contains("needs at least 18.7 GB"));
    assert_eq!(lines(), before + 2);
}

#[test]
fn an_allocation_that_fails_is_a_failed_run_and_the_others_are_finished() {
    let folder = tempfile::tempdir().unwrap();
    let found = failure(folder.path(), &["--ignore-memory"]);
    assert!(found.contains("memory allocation of ") && found.contains(" bytes failed: "), "{found}");
    assert!(found.contains("the process of this run ended with exit code 1"), "{found}");
}

#[test]
fn a_training_that_cannot_fit_is_refused_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let args = [
        "train",
        "cora",
        "--method",
        "grace",
        "--d-hidden",
        "65536",
        "--d-output",
        "16384",
        "--quiet",
        "--out",
        text(&out),
    ];
    let output = limited(&args);
    let message = stderr_of(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.starts_with("error: grace on cora needs at least 18.7 GB of memory beside the data"),
        "{message}"
    );
    for change in ["`--d-output 4096 --d-hidden 16384`", "`--method g2r-linear`", "--ignore-memory"] {
        assert!(message.contains(change), "{message}");
    }
    assert!(!out.exists());
    // What fits is not refused.
    let output = limited(&["train", "cora", "--out", text(&out), "--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr_of(&output));
}

#[test]
fn a_training_whose_memory_is_used_up_on_its_way_ends_with_exit_code_1_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let args = ["train", "cora", "--method", "grace", "--d-hidden", "65536", "--d-output", "16384"];
    let output = limited(&[&args[..], &["--ignore-memory", "--quiet", "--out", text(&out)]].concat());
    let message = stderr_of(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("error: memory allocation of "), "{message}");
    assert!(!out.exists());
}
