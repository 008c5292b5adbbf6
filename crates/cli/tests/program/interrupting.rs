#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{SMALL, UserGraph, g2r, json_lines, stderr_of, stdout_of, text};

fn start(graph: &UserGraph, more: &[&str]) -> Child {
    let out = graph.out("out");
    let args = ["train", graph.path(), "--protocol", "10-10-80", "--format", "json", "--out", text(&out)];
    spawn(Command::new(env!("CARGO_BIN_EXE_g2r")).args(args).args(SMALL).args(more))
}

/// Starts a program that listens to signals, whatever the tests were started to ignore, as in the background of a shell.
fn spawn(command: &mut Command) -> Child {
    let mut listening = Command::new("env");
    if cfg!(target_os = "linux") {
        listening.arg("--default-signal=INT,TERM,HUP");
    }
    listening.arg(command.get_program()).args(command.get_args());
    listening.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

/// Waits until the program listens to signals and has trained for a while.
fn wait_until_training(child: &mut Child) {
    let listens = |pid: u32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        // SIGINT is the second signal.
        Some(u64::from_str_radix(caught.trim(), 16).ok()? & 2 != 0)
    };
    let start = Instant::now();
    while listens(child.id()) == Some(false) {
        assert_eq!(child.try_wait().unwrap(), None, "the run ended before it began");
        assert!(start.elapsed() < Duration::from_secs(60), "the run does not listen");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(500));
}

fn end(mut child: Child) -> (ExitStatus, String, String) {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_string(&mut stdout).unwrap();
    }
    (child.wait().unwrap(), stdout, stderr)
}

/// The names in the folder of a graph, but for those of the graph.
fn written(graph: &UserGraph) -> Vec<String> {
    let entries = std::fs::read_dir(graph.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with("mine.")).collect()
}

#[test]
fn ctrl_c_keeps_the_finished_seeds() {
    let graph = UserGraph::new();
    let mut child = start(&graph, &["--seeds", "100000"]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    signal(&child, "-INT");
    stdout.read_to_string(&mut line).unwrap();
    let (status, _, stderr) = end(child);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("of 100000 seeds were finished and are kept"), "{stderr}");
    let last: Value = serde_json::from_str(line.lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["seeds_asked"]), (&"summary".into(), &100_000.into()));
    assert_eq!(last["interrupted"], false);
    assert!(graph.out("out/model.safetensors").is_file());
}

#[test]
fn a_signal_in_the_first_seed_keeps_what_was_trained() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let graph = UserGraph::new();
        let mut child = start(&graph, &["--seeds", "1", "--epochs", "1000000"]);
        wait_until_training(&mut child);
        signal(&child, name);
        let (status, stdout, stderr) = end(child);
        assert_eq!(status.code(), Some(1), "{name}: {stderr}");
        let summary = json_lines(&stdout).pop().unwrap();
        assert_eq!(summary["interrupted"], true, "{name}");
        let epochs = summary["steps"].as_u64().unwrap();
        let message = format!("error: interrupted: seed 0 is kept as it was after {epochs} epochs\n");
        assert!((1..1_000_000).contains(&epochs) && stderr.ends_with(&message), "{stderr}");
        let report = std::fs::read_to_string(graph.out("out/report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(
            (&report["interrupted"], &report["results"][0]["interrupted"]),
            (&true.into(), &true.into())
        );
        assert_eq!(report["results"][0]["history"].as_array().unwrap().len() as u64, epochs);
        // What was kept is a run like any other.
        stdout_of(&["evaluate", text(&graph.out("out"))]);
        assert_eq!(written(&graph), ["out"]);
    }
}

#[test]
fn an_interrupted_first_seed_does_not_replace_a_finished_run() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let before = std::fs::read(graph.out("out/report.json")).unwrap();
    let mut child = start(&graph, &["--seeds", "1", "--epochs", "1000000"]);
    wait_until_training(&mut child);
    signal(&child, "-TERM");
    let (status, _, stderr) = end(child);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(std::fs::read(graph.out("out/report.json")).unwrap(), before);
    let kept = std::fs::read_to_string(graph.out("out/interrupted/report.json")).unwrap();
    assert!(kept.contains("\"interrupted\": true"));
    // The next whole run leaves it there.
    graph.train("out", &["--seeds", "1"]);
    assert!(graph.out("out/interrupted/report.json").is_file());
}

#[test]
fn a_second_signal_ends_at_once() {
    for (name, number) in [("-INT", 2), ("-TERM", 15), ("-HUP", 1)] {
        let graph = UserGraph::new();
        // An epoch of this lasts longer than it takes to send a signal.
        let out = graph.out("out");
        let mut child = spawn(Command::new(env!("CARGO_BIN_EXE_g2r")).args([
            "train",
            "citeseer",
            "--method",
            "g2r",
            "--seeds",
            "1",
            "--d-hidden",
            "2000",
            "--d-output",
            "2000",
            "--out",
            text(&out),
        ]));
        wait_until_training(&mut child);
        signal(&child, name);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("ends at once") {
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "{line}");
        }
        signal(&child, name);
        assert_eq!(child.wait().unwrap().signal(), Some(number));
        assert!(!graph.out("out/report.json").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_ignored() {
    let graph = UserGraph::new();
    let out = graph.out("out");
    let script = "trap '' HUP; exec \"$@\"";
    let args = ["-c", script, "sh", env!("CARGO_BIN_EXE_g2r"), "train", graph.path(), "--out", text(&out)];
    let small = ["--protocol", "none", "--seeds", "1", "--epochs", "1000000"];
    let mut child = spawn(Command::new("sh").args(args).args(SMALL).args(small).args(["--d-output", "5"]));
    wait_until_training(&mut child);
    signal(&child, "-HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(child.try_wait().unwrap(), None);
    signal(&child, "-TERM");
    let (status, _, stderr) = end(child);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(graph.out("out/report.json").is_file());
}

#[test]
fn a_comparison_keeps_its_finished_runs_and_is_resumed() {
    for name in ["-TERM", "-HUP"] {
        let graph = UserGraph::new();
        let (out, config) = (graph.out("bench"), graph.out("mine.toml"));
        let settings =
            "methods = ['g2r']\nprotocols = ['10-10-80']\nseeds = 40\n[g2r]\nepochs = 200\nd_output = 8\n";
        std::fs::write(&config, settings).unwrap();
        let args = ["bench", "--config", text(&config), "--datasets", graph.path(), "--out", text(&out)];
        let mut child = spawn(Command::new(env!("CARGO_BIN_EXE_g2r")).args(args));
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        signal(&child, name);
        child.stderr = Some(stderr.into_inner());
        let (status, _, _) = end(child);
        assert_eq!(status.code(), Some(1));
        let lines = |path: &str| std::fs::read_to_string(graph.out(path)).unwrap().lines().count();
        let finished = lines("bench/results.jsonl");
        assert!(finished >= 1 && graph.out("bench/table.json").is_file());
        let resumed = g2r(&args).output().unwrap();
        assert!(resumed.status.success(), "{}", stderr_of(&resumed));
        assert!(stderr_of(&resumed).contains(&format!("{finished} of ")), "{}", stderr_of(&resumed));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_not_grow_is_an_error_and_the_old_run_stays() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let before = std::fs::read(graph.out("out/embedding.npy")).unwrap();
    let limited = |blocks: &str, args: &[&str]| {
        let script = format!("ulimit -f {blocks}; exec \"$@\"");
        let output =
            Command::new("sh").args(["-c", &script, "sh", env!("CARGO_BIN_EXE_g2r")]).args(args).output();
        let output = output.unwrap();
        (output.status.code(), stderr_of(&output))
    };
    let out = graph.out("out");
    let train =
        [&["train", graph.path(), "--protocol", "10-10-80", "--out", text(&out), "--seeds", "1"][..], &SMALL]
            .concat();
    // Of 512 bytes each.
    let (code, stderr) = limited("2", &train);
    assert_eq!(code, Some(1), "{stderr}");
    let message = format!("cannot write {}", out.join("embedding.npy").display());
    assert!(stderr.contains(&message) && stderr.contains("File too large"), "{stderr}");
    assert_eq!(std::fs::read(out.join("embedding.npy")).unwrap(), before);
    let bench = graph.out("bench");
    let methods = ["--methods", "g2r", "--protocols", "10-10-80"];
    let compare = [&["bench", "--datasets", graph.path(), "--out", text(&bench)], &methods[..]].concat();
    let (code, stderr) = limited("0", &compare);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("bench.toml") && stderr.contains("File too large"), "{stderr}");
    let mut names = written(&graph);
    names.sort();
    assert_eq!(names, ["bench", "out"]);
}
