use std::path::Path;

use crate::{UserGraph, g2r, json_lines, stdout_of, text};

#[test]
fn a_data_set_is_counted_for_people_and_for_programs() {
    let stdout = stdout_of(&["inspect", "cora"]);
    assert!(
        stdout.starts_with("data set    cora\nnodes       2708, 0 isolated\nedges       5278"),
        "{stdout}"
    );
    let lines = json_lines(&stdout_of(&["inspect", "cora", "--format", "json"]));
    assert_eq!((lines.len(), &lines[0]["num_edges"]), (1, &5278.into()));
    assert_eq!(lines[0]["split"]["train"], 140);
}

#[test]
fn a_graph_of_ones_own_is_counted() {
    let graph = UserGraph::new();
    let lines = json_lines(&stdout_of(&["inspect", graph.path(), "--format", "json"]));
    assert_eq!((&lines[0]["num_nodes"], &lines[0]["num_isolated"]), (&90.into(), &1.into()));
}

#[test]
fn data_sets_are_listed_with_where_they_come_from() {
    let stdout = stdout_of(&["data", "list"]);
    let row = |name: &str| {
        let line = stdout.lines().find(|line| line.starts_with(&format!("│ {name} "))).unwrap();
        line.split('│').map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    };
    let cora = ["cora", "nodes", "1", "2708", "5278", "1433", "7", "this program", "yes"];
    assert_eq!(row("cora"), cora);
    let mutag = ["mutag", "graphs", "188", "3371", "3721", "7", "2", "github.com/muhanzhang/pytorch_DGCNN"];
    assert_eq!(row("mutag"), [&mutag[..], &["by `g2r data fetch mutag`"]].concat());
    let lines = json_lines(&stdout_of(&["data", "list", "--format", "json"]));
    let available = |name: &str| {
        let line = lines.iter().find(|line| line["name"] == name).unwrap();
        (line["available"].as_bool().unwrap(), line["reason"].as_str())
    };
    assert_eq!(available("citeseer"), (true, None));
    assert_eq!(available("pubmed"), (false, Some("files not found; by `g2r data fetch pubmed`")));
}

#[test]
fn files_are_found_in_the_folder_that_is_named_and_where_downloads_go() {
    let folder = tempfile::tempdir().unwrap();
    let list = |variable: &str, raw_dir: &Path| {
        std::fs::create_dir_all(raw_dir.join("tu/mutag")).unwrap();
        // The list looks for files, not into them.
        std::fs::write(raw_dir.join("tu/mutag/MUTAG.txt"), "").unwrap();
        let args = ["data", "list", "--format", "json"];
        let output = g2r(&args).env(variable, folder.path()).output().unwrap();
        let lines = json_lines(&String::from_utf8(output.stdout).unwrap());
        let line = lines.into_iter().find(|line| line["name"] == "mutag").unwrap();
        assert_eq!((&line["available"], &line["reason"].is_null()), (&true.into(), &true));
        assert_eq!(line["found_in"], text(raw_dir));
    };
    list("XDG_CACHE_HOME", &folder.path().join("g2r/data"));
    list("GRAPH_IO_DATA", folder.path());
}

#[test]
fn help_and_version_are_printed() {
    for args in [
        &["--help"][..],
        &["train", "--help"],
        &["embed", "-h"],
        &["bench", "-h"],
        &["methods", "-h"],
        &["evaluate", "-h"],
        &["data", "list", "-h"],
        &["data", "fetch", "-h"],
    ] {
        assert!(stdout_of(args).contains("Usage: g2r"), "{args:?}");
    }
    assert!(stdout_of(&["methods", "g2r", "--dataset", "cora"]).contains("\neps_sq = 0.05\n"));
    assert!(stdout_of(&["--version"]).starts_with("g2r "));
    assert_eq!(g2r(&[]).output().unwrap().status.code(), Some(2));
}
