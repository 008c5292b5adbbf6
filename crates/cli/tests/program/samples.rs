//! Samples without a graph, clusters and layouts.

use std::fs;
use std::path::Path;

use crate::{UserGraph, g2r, json_lines, stderr_of, stdout_of, text};

fn samples(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/samples").join(name);
    path.to_str().unwrap().to_string()
}

#[test]
fn samples_are_trained_on_without_edges_and_methods_of_edges_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let (iris, out) = (samples("iris.csv"), folder.path().join("run"));
    let common = ["--edges", "none", "--protocol", "60-20-20", "--seeds", "1", "--out", text(&out)];
    let args = ["train", &iris, "--method", "redunet", "--format", "json"];
    let printed = stdout_of(&[&args[..], &common].concat());
    let lines = json_lines(&printed);
    let report = lines.last().unwrap();
    assert_eq!(report["dataset"], "iris", "{report}");
    let written: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
    let layers = written["results"][0]["history"].as_array().unwrap();
    assert_eq!(layers.len(), 20, "the rates after each layer");
    let reduction = |layer: &serde_json::Value| -layer["loss"].as_f64().unwrap();
    assert!(reduction(&layers[19]) > reduction(&layers[0]), "{layers:?}");
    // The saved layers embed the samples as the run did.
    let again = folder.path().join("again.npy");
    stdout_of(&["embed", text(&out), &iris, "--edges", "none", "--out", text(&again)]);
    assert_eq!(fs::read(&again).unwrap(), fs::read(out.join("embedding.npy")).unwrap());

    let refused = g2r(&[&["train", &iris, "--method", "g2r"], &common[..]].concat()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let message = stderr_of(&refused);
    assert!(message.contains("expected a graph with edges, found none"), "{message}");
}

#[test]
fn clusters_of_features_and_of_a_run_are_compared_with_the_classes_and_written() {
    let iris = samples("iris.csv");
    let printed = stdout_of(&["cluster", "--dataset", &iris, "--edges", "none", "--format", "json"]);
    let found = &json_lines(&printed)[0];
    assert_eq!(found["method"], "kmeans");
    assert!(found["accuracy"].as_f64().unwrap() > 0.85, "{found}");

    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let (run, out) = (graph.out("out"), graph.out("clusters.csv"));
    let args = ["cluster", text(&run), "--clusters", "4", "--out", text(&out)];
    for method in ["kmeans", "rate", "lsr"] {
        let printed = stdout_of(&[&args[..], &["--method", method]].concat());
        assert!(printed.contains("NMI"), "{printed}");
        let table = fs::read_to_string(&out).unwrap();
        assert_eq!((table.lines().count(), table.lines().next()), (91, Some("node_id,cluster")));
    }
    let refused = |more: &[&str]| {
        let output = g2r(&[&args[..], more].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        stderr_of(&output)
    };
    assert!(refused(&["--method", "ensc", "--set", "gama=2"]).contains("unknown field `gama`"));
    assert!(refused(&["--method", "ensc", "--set", "gamma=0"]).contains("`gamma`"));
    assert!(refused(&["--clusters", "100"]).contains("expected at least 100"));
}

#[test]
fn a_graph_is_drawn_as_svg_and_png_and_written_as_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let printed = stdout_of(&["layout", "karate", text(&file("karate.svg")), "--format", "json"]);
    let found = &json_lines(&printed)[0];
    assert!(found["quality"]["stress"].as_f64().unwrap() < 0.2, "{found}");
    assert!(fs::read_to_string(file("karate.svg")).unwrap().contains("Mr. Hi"));
    stdout_of(&["layout", "karate", text(&file("karate.png")), "--method", "pivot-mds"]);
    assert!(fs::read(file("karate.png")).unwrap().starts_with(b"\x89PNG"));
    stdout_of(&["layout", "karate", text(&file("places.csv")), "--method", "tsnet"]);
    assert_eq!(fs::read_to_string(file("places.csv")).unwrap().lines().count(), 35);
    let refused = g2r(&["layout", "karate", text(&file("karate.pdf"))]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr_of(&refused).contains("expected a file that ends in .svg, .png or .csv"));
    assert!(!file("karate.pdf").exists());
}
