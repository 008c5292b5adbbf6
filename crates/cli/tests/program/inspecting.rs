use crate::{UserGraph, g2r, json_lines, stdout_of};

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
    assert!(stdout.contains("│ cora     │  2708 │  5278 │     1433 │       7 │ this program"), "{stdout}");
    assert!(stdout.contains("│ no, files not found │"), "{stdout}");
    let lines = json_lines(&stdout_of(&["data", "list", "--format", "json"]));
    let available = |name: &str| {
        let line = lines.iter().find(|line| line["name"] == name).unwrap();
        (line["available"].as_bool().unwrap(), line["reason"].as_str())
    };
    assert_eq!(available("citeseer"), (true, None));
    assert_eq!(available("pubmed"), (false, Some("no, files not found")));
}

#[test]
fn help_and_version_are_printed() {
    for args in [&["--help"][..], &["train", "--help"], &["evaluate", "-h"], &["data", "list", "-h"]] {
        assert!(stdout_of(args).contains("Usage: g2r"), "{args:?}");
    }
    assert!(stdout_of(&["train", "--help"]).contains("  eps_sq = 0.05\n"));
    assert!(stdout_of(&["--version"]).starts_with("g2r "));
    assert_eq!(g2r(&[]).output().unwrap().status.code(), Some(2));
}
