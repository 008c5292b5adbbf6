//! Graphs of the user's own in, embeddings with his ids out.

use std::fs;
use std::path::{Path, PathBuf};

use graph_io::embedding;

use crate::{SMALL, g2r, json_lines, stderr_of, stdout_of, text};

/// A ring of towns with chords, as a file of edges with weights.
fn towns(folder: &Path) -> PathBuf {
    let mut lines = String::from("# towns and roads\n");
    for town in 0..40 {
        lines += &format!("town{town}\ttown{}\t{}\n", (town + 1) % 40, 1 + town % 3);
        lines += &format!("town{town}\ttown{}\t1.5\n", (town * 7 + 3) % 40);
    }
    let file = folder.join("roads.tsv");
    fs::write(&file, lines).unwrap();
    file
}

#[test]
fn an_edge_list_without_anything_else_is_embedded_with_its_ids() {
    let folder = tempfile::tempdir().unwrap();
    let (roads, out) = (towns(folder.path()), folder.path().join("run"));
    let args = ["train", text(&roads), "--out", text(&out), "--embedding-format", "word2vec"];
    let printed = stdout_of(&[&args[..], &SMALL].concat());
    assert!(printed.contains("roads") && !printed.contains("accuracy"), "{printed}");
    let written = embedding::read(&out.join("embedding.vec")).unwrap();
    assert_eq!(written.rows().dim(), (40, 6));
    assert_eq!(written.ids().get(0), "town0");
    assert_eq!(embedding::read(&out).unwrap(), written);

    let csv = folder.path().join("towns.csv");
    let told = stdout_of(&["data", "convert", text(&out), text(&csv)]);
    assert!(told.starts_with("an embedding of 40 nodes in 6 dimensions written to "), "{told}");
    assert_eq!(embedding::read(&csv).unwrap(), written);
}

#[test]
fn a_table_of_nodes_gives_labels_features_and_splits() {
    let folder = tempfile::tempdir().unwrap();
    let roads = towns(folder.path());
    let mut table = String::from("id,label,split,size\n");
    for town in 0..40 {
        let (label, set) =
            (if town < 20 { "east" } else { "west" }, ["train", "val", "test", "test"][town % 4]);
        table += &format!("town{town},{label},{set},{}\n", town % 5 + 1);
    }
    let nodes = folder.path().join("towns.csv");
    fs::write(&nodes, &table).unwrap();
    let input = [text(&roads), "--nodes", text(&nodes)];
    let lines = json_lines(&stdout_of(&[&["inspect"], &input[..], &["--format", "json"]].concat()));
    assert_eq!((&lines[0]["features"]["d_input"], &lines[0]["split"]["test"]), (&1.into(), &20.into()));

    let out = folder.path().join("run");
    let args =
        [&["train"], &input[..], &["--seeds", "1", "--format", "json", "--out", text(&out)], &SMALL].concat();
    let lines = json_lines(&stdout_of(&args));
    let summary = lines.last().unwrap();
    assert_eq!(summary["protocol"], "public");
    assert!(summary["test_acc_mean"].as_f64().unwrap() > 0.0);
    // The settings that were written read the same files again.
    let model = out.join("model.safetensors");
    let evaluated = json_lines(&stdout_of(&["evaluate", text(&model), "--format", "json"]));
    assert_eq!(evaluated[0]["test_acc"], summary["test_acc_mean"]);
    let by_id = folder.path().join("shuffled.tsv");
    let embedding = embedding::read(&out).unwrap();
    let reversed: Vec<u32> = (0..40).rev().collect();
    let rows = embedding.rows().select(ndarray::Axis(0), &(0..40).rev().collect::<Vec<usize>>());
    let reversed =
        graph_io::embedding::Embedding::from_rows(embedding.ids().select(&reversed), rows).unwrap();
    embedding::write(&reversed, &by_id).unwrap();
    let args = [&["evaluate", text(&by_id), "--dataset"], &input[..], &["--format", "json"]].concat();
    assert_eq!(json_lines(&stdout_of(&args))[0]["test_acc"], summary["test_acc_mean"]);
}

#[test]
fn a_graph_keeps_its_ids_and_weights_through_every_format_that_has_a_place_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let roads = towns(folder.path());
    let edges = |path: &Path| {
        let read = graph_io::load(text(path), None).unwrap();
        let name = |node: u32| read.node_ids().get(node).into_owned();
        let mut edges: Vec<(String, String, String)> = read
            .graph()
            .weighted_edges()
            .map(|(from, to, weight)| {
                let (from, to) = (name(from), name(to));
                (from.clone().min(to.clone()), from.max(to), weight.to_string())
            })
            .collect();
        edges.sort_unstable();
        edges
    };
    let whole = edges(&roads);
    assert_eq!(whole.len(), 72);
    for out in ["a.csv", "a.tsv.gz", "a.npz", "a.graphml", "a.graphml.gz"] {
        let out = folder.path().join(out);
        stdout_of(&["data", "convert", text(&roads), text(&out)]);
        assert_eq!(edges(&out), whole, "{}", out.display());
        let packed = fs::read(&out).unwrap().starts_with(&[0x1f, 0x8b]);
        assert_eq!(packed, text(&out).ends_with(".gz"), "{}", out.display());
    }
    for format in ["graph-folder", "parts"] {
        let out = folder.path().join(format);
        stdout_of(&["data", "convert", text(&roads), text(&out), "--to", format]);
        assert_eq!(edges(&out), whole, "{format}");
    }
    for out in ["a.mtx", "a.mtx.gz"] {
        let out = folder.path().join(out);
        stdout_of(&["data", "convert", text(&roads), text(&out), "--weights", "ignore"]);
        assert_eq!(graph_io::load(text(&out), None).unwrap().graph().num_edges(), 72);
    }
}

#[test]
fn what_cannot_be_converted_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (roads, out) = (towns(folder.path()), folder.path().join("roads.png"));
    let refused = |args: &[&str]| {
        let output = g2r(&[&["data", "convert"], args].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr_of(&output));
        stderr_of(&output)
    };
    assert!(refused(&[text(&roads), text(&out)]).contains("the ending tells no format to write"));
    assert!(
        refused(&[text(&roads), text(&out), "--to", "png"]).contains("--to: expected one of graph-folder, ")
    );
    let graph = folder.path().join("roads.graph");
    assert!(refused(&[text(&roads), text(&graph)]).contains("weight"));
    assert!(!out.exists() && !graph.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written is left");
}

#[test]
fn a_set_of_graphs_is_counted_and_not_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("PAIRS.txt");
    fs::write(&file, "2\n2 1\n0 1 1\n0 1 0\n3 0\n0 1 1\n1 2 0 2\n0 1 1\n").unwrap();
    let printed = stdout_of(&["inspect", text(&file)]);
    assert!(printed.contains("graphs") && printed.contains('2'), "{printed}");
    let output = g2r(&["train", text(&file)]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr_of(&output).contains("expected one graph, found a set of graphs"),
        "{}",
        stderr_of(&output)
    );
}

#[test]
fn formats_are_listed_for_people_and_for_programs() {
    let printed = stdout_of(&["data", "formats"]);
    assert!(printed.starts_with("graphs\n") && printed.contains("\nembeddings\n"), "{printed}");
    let lines = json_lines(&stdout_of(&["data", "formats", "--format", "json"]));
    let graphml = lines.iter().find(|line| line["name"] == "graphml").unwrap();
    assert_eq!((&graphml["of"], &graphml["writes"]), (&"graph".into(), &true.into()));
    assert!(lines.iter().any(|line| line["name"] == "word2vec" && line["of"] == "embedding"));
}
