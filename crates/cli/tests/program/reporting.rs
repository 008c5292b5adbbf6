//! `g2r report`.

use std::fs;

use crate::{UserGraph, g2r, stderr_of, stdout_of, text};

#[test]
fn a_run_becomes_one_page_and_its_figures_files() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "2"]);
    let run = graph.out("out");
    stdout_of(&["report", text(&run), "--plots"]);
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    for part in ["<!doctype html>", "node17", "class2", "G2R", "random weights", "eps_sq"] {
        assert!(page.to_lowercase().contains(&part.to_lowercase()), "{part} is missing");
    }
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"), "the page asks for the network");
    let plots = run.join("plots");
    for name in [
        "map",
        "spectrum",
        "confusion",
        "class-cosines",
        "node-cosines",
        "principal-angles",
        "training-rates",
    ] {
        let svg = fs::read_to_string(plots.join(format!("{name}.svg"))).unwrap();
        assert!(svg.contains("<svg"), "{name}");
        let png = fs::read(plots.join(format!("{name}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{name}");
    }
    stdout_of(&["report", text(&run), "--out", text(&graph.out("again.html"))]);
    assert_eq!(
        fs::read_to_string(graph.out("again.html")).unwrap(),
        page,
        "the same run gives the same bytes"
    );
}

#[test]
fn a_run_that_was_not_evaluated_has_a_page_without_accuracies() {
    let graph = UserGraph::new();
    graph.train("out", &["--protocol", "none"]);
    stdout_of(&["report", text(&graph.out("out"))]);
    let page = fs::read_to_string(graph.out("out/report.html")).unwrap();
    assert!(page.contains("no labels were read") && !page.contains("random weights"));
}

#[test]
fn what_is_no_run_is_refused() {
    let graph = UserGraph::new();
    let refused = |args: &[&str]| {
        let output = g2r(&[&["report"], args].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        stderr_of(&output)
    };
    let message = refused(&[text(&graph.out("nowhere"))]);
    assert!(
        message.contains("a report is made of a folder that `g2r train` has written: cannot read "),
        "{message}"
    );
    graph.train("out", &[]);
    fs::write(graph.out("out/report.json"), "{}").unwrap();
    let message = refused(&[text(&graph.out("out"))]);
    assert!(message.contains("report.json: missing field"), "{message}");
    let message = refused(&[text(&graph.out("out")), "--map-nodes", "0"]);
    assert!(message.contains("'--map-nodes <N>'"), "{message}");
}
