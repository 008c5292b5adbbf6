//! `g2r embed`, and what a model knows of its features.

use std::fs;

use crate::{SMALL, g2r, json_lines, stderr_of, stdout_of, text};

/// A folder with 60 nodes in two classes: a column tells them apart, another is noise in the millions.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        files.write("edges.tsv", &files.edges(60));
        files.write("nodes.csv", &files.nodes(60, ["age", "income"]));
        files
    }

    fn path(&self, name: &str) -> String {
        text(&self.folder.path().join(name)).to_string()
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// Nodes of a class in a ring, node i joined to i + 2.
    fn edges(&self, nodes: usize) -> String {
        (0..nodes).map(|node| format!("n{node}\tn{}\n", (node + 2) % nodes)).collect()
    }

    fn nodes(&self, nodes: usize, columns: [&str; 2]) -> String {
        let row = |node: usize| {
            let age = if node.is_multiple_of(2) { 0.2 } else { 0.8 } + 0.01 * (node % 7) as f64;
            let income = 1_000_000 + 7919 * (node * node % 97);
            let value = |column: &str| if column == "age" { age.to_string() } else { income.to_string() };
            let class = node % 2;
            format!("n{node},{},{},c{class}\n", value(columns[0]), value(columns[1]))
        };
        let header = format!("id,{},{},label\n", columns[0], columns[1]);
        header + &(0..nodes).map(row).collect::<String>()
    }

    fn train(&self, flags: &[&str]) -> String {
        let (edges, nodes, out) = (self.path("edges.tsv"), self.path("nodes.csv"), self.path("out"));
        let args =
            ["train", &edges, "--nodes", &nodes, "--protocol", "10-10-80", "--seeds", "1", "--out", &out];
        stdout_of(&[&args[..], flags].concat())
    }

    fn embed(&self, nodes: &str, out: &str) -> std::process::Output {
        let (model, edges) = (self.path("out"), self.path("edges.tsv"));
        let (nodes, out) = (self.path(nodes), self.path(out));
        g2r(&["embed", &model, &edges, "--nodes", &nodes, "--out", &out]).output().unwrap()
    }
}

#[test]
fn columns_are_found_by_their_names_and_missing_ones_are_named() {
    let files = Files::new();
    files.train(&SMALL);
    files.write("swapped.csv", &files.nodes(60, ["income", "age"]));
    for (nodes, out) in [("nodes.csv", "own.csv"), ("swapped.csv", "swapped_out.csv")] {
        let output = files.embed(nodes, out);
        assert!(output.status.success(), "{}", stderr_of(&output));
    }
    let read = |name: &str| fs::read_to_string(files.path(name)).unwrap();
    assert_eq!(read("own.csv"), read("swapped_out.csv"));
    assert!(read("own.csv").contains("\nn7,"), "ids are kept");

    files.write("other.csv", &files.nodes(60, ["age", "height"]));
    let output = files.embed("other.csv", "other_out.csv");
    assert_eq!(output.status.code(), Some(2));
    let message = stderr_of(&output);
    assert!(message.contains("found 2 without income and with the unknown height"), "{message}");
    assert!(!fs::exists(files.path("other_out.csv")).unwrap());
}

#[test]
fn a_model_embeds_more_nodes_than_it_was_trained_on() {
    let files = Files::new();
    files.train(&SMALL);
    files.write("edges.tsv", &files.edges(80));
    files.write("more.csv", &files.nodes(80, ["age", "income"]));
    let output = files.embed("more.csv", "more.npz");
    assert!(output.status.success(), "{}", stderr_of(&output));
    let embedding = graph_io::embedding::read(std::path::Path::new(&files.path("more.npz"))).unwrap();
    assert_eq!((embedding.rows().dim(), embedding.ids().get(79).as_ref()), ((80, 6), "n79"));
}

#[test]
fn a_column_in_the_millions_does_not_drown_the_others() {
    let files = Files::new();
    let accuracy = |flags: &[&str]| {
        let lines = json_lines(&files.train(&[&SMALL[..], &["--format", "json"], flags].concat()));
        let summary = lines.last().unwrap();
        (summary["baselines"]["raw"].as_f64().unwrap(), summary["preparation"].as_str().unwrap().to_string())
    };
    let (auto, reason) = accuracy(&[]);
    let (row_l1, _) = accuracy(&["--feature-scaling", "row-l1"]);
    assert!(reason.starts_with("standardize, chosen because the columns' largest values differ"), "{reason}");
    assert!(auto > 0.95 && row_l1 < 0.8, "auto {auto}, row-l1 {row_l1}");
}

#[test]
fn what_cannot_be_embedded_is_refused_with_the_way_out() {
    let files = Files::new();
    let output = files.embed("nodes.csv", "z.xlsx");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr_of(&output).contains("expected a name that ends with .npy, .npz"),
        "{}",
        stderr_of(&output)
    );
    let output = files.embed("nodes.csv", "z.csv");
    assert_eq!(output.status.code(), Some(2), "no model yet");
    assert!(stderr_of(&output).contains("cannot read"), "{}", stderr_of(&output));
    files.train(&["--method", "node2vec", "--set", "walks_per_node=1", "--d-output", "4"]);
    files.write("edges.tsv", &files.edges(80));
    files.write("nodes.csv", &files.nodes(80, ["age", "income"]));
    let output = files.embed("nodes.csv", "z.csv");
    let expected = "node2vec knows the nodes of its training graph only: expected one of them, found \"n60\"";
    assert!(stderr_of(&output).contains(expected), "{}", stderr_of(&output));
}

#[test]
fn methods_are_listed_with_all_their_settings() {
    let list = stdout_of(&["methods"]);
    assert!(list.contains("│ cca-ssg ") && list.contains("│ mcr2 "), "{list}");
    let settings = stdout_of(&["methods", "cca-ssg"]);
    assert!(settings.contains("[views]\ndrop_edge_probs = [0.4, 0.4]\n"), "{settings}");
    let lines = json_lines(&stdout_of(&["methods", "--format", "json"]));
    let g2r = lines.iter().find(|line| line["name"] == "g2r").unwrap();
    assert_eq!(g2r["checkpoint"], "best-validation");
}
