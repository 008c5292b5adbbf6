//! The program from outside: what it prints, writes and refuses.

// The lint's leave for tests does not reach the functions that they share.
#![allow(clippy::unwrap_used)]

mod benching;
mod embedding;
mod evaluating;
mod fetching;
mod inspecting;
mod interrupting;
mod memory;
mod provenance;
mod refusing;
mod reporting;
mod samples;
mod training;
mod tuning;
mod user_graphs;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

/// Settings under which a run takes a moment.
const SMALL: [&str; 8] = ["--method", "g2r", "--epochs", "2", "--d-hidden", "12", "--d-output", "6"];

fn g2r(args: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("g2r");
    // Without what the user of this machine has downloaded.
    command.env_remove("GRAPH_IO_DATA").env("XDG_CACHE_HOME", "/nowhere").args(args);
    command
}

/// Runs to a good end and gives standard output.
fn stdout_of(args: &[&str]) -> String {
    let output = g2r(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", stderr_of(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json_lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// A folder with a graph of 90 nodes in three classes, in LINQS's format; its last node has no neighbor.
struct UserGraph {
    folder: TempDir,
}

impl UserGraph {
    fn new() -> Self {
        let (mut content, mut cites) = (String::new(), String::new());
        for node in 0..90 {
            let class = node % 3;
            write!(content, "node{node}").unwrap();
            for feature in 0..12 {
                let value = u8::from(feature / 4 == class || feature == node % 12);
                write!(content, "\t{value}").unwrap();
            }
            writeln!(content, "\tclass{class}").unwrap();
            for neighbor in [node + 3, node + 1 + node % 4] {
                if neighbor < 89 {
                    writeln!(cites, "node{node}\tnode{neighbor}").unwrap();
                }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.content"), content).unwrap();
        std::fs::write(folder.path().join("mine.cites"), cites).unwrap();
        Self { folder }
    }

    fn path(&self) -> &str {
        text(self.folder.path())
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `g2r train` with small settings, into a folder of this name.
    fn train(&self, out: &str, more: &[&str]) -> String {
        let out = self.out(out);
        let args = [&["train", self.path(), "--protocol", "10-10-80", "--out", text(&out)], &SMALL[..], more];
        stdout_of(&args.concat())
    }
}
