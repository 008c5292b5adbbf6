#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use crate::{SMALL, UserGraph, text};

fn start(graph: &UserGraph, more: &[&str]) -> Child {
    let out = graph.out("out");
    let args = ["train", graph.path(), "--protocol", "10-10-80", "--format", "json", "--out", text(&out)];
    Command::new(env!("CARGO_BIN_EXE_g2r"))
        .args(args)
        .args(SMALL)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn interrupt(child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
}

fn end(mut child: Child) -> (Option<i32>, String) {
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap().code(), stderr)
}

#[test]
fn ctrl_c_keeps_the_finished_seeds() {
    let graph = UserGraph::new();
    let mut child = start(&graph, &["--seeds", "100000"]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    interrupt(&child);
    stdout.read_to_string(&mut line).unwrap();
    let (code, stderr) = end(child);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("of 100000 seeds were finished and are kept"), "{stderr}");
    let last: serde_json::Value = serde_json::from_str(line.lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["seeds_asked"]), (&"summary".into(), &100_000.into()));
    assert!(graph.out("out/model.safetensors").is_file());
}

#[test]
fn ctrl_c_in_the_first_seed_writes_nothing() {
    let graph = UserGraph::new();
    let mut child = start(&graph, &["--seeds", "1", "--epochs", "1000000"]);
    // The folder is made just before the handler; were the signal too early, it would end the process at once.
    while !graph.out("out").is_dir() {
        assert_eq!(child.try_wait().unwrap(), None, "the run ended before it began");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    interrupt(&child);
    let (code, stderr) = end(child);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.ends_with("error: interrupted before a seed was finished; nothing was written\n"),
        "{stderr}"
    );
    assert_eq!(std::fs::read_dir(graph.out("out")).unwrap().count(), 0);
}
