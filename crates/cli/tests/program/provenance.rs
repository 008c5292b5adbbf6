//! Where results come from, and data that have changed since.

use std::fs;

use ndarray::{Array2, Axis};
use serde_json::Value;

use crate::{UserGraph, g2r, json_lines, stderr_of, stdout_of, text};

/// A part of a data set, the file that has it, and a change of it.
type Edit = (&'static str, &'static str, fn(&str) -> String);

/// The ways to change a graph that its path does not show.
const EDITS: [Edit; 3] = [
    ("edges", "mine.cites", |cites| format!("{cites}node7\tnode50\n")),
    ("features", "mine.content", |content| content.replacen("\t1\t", "\t0\t", 1)),
    ("labels", "mine.content", |content| content.replacen("class0", "class1", 1)),
];

fn edit(graph: &UserGraph, file: &str, change: fn(&str) -> String) -> String {
    let path = graph.out(file);
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, change(&before)).unwrap();
    before
}

fn report(graph: &UserGraph) -> Value {
    serde_json::from_str(&fs::read_to_string(graph.out("out/report.json")).unwrap()).unwrap()
}

fn refused(args: &[&str]) -> String {
    let output = g2r(args).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr_of(&output));
    stderr_of(&output)
}

#[test]
fn a_report_says_what_the_run_was_made_by_and_of() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "2"]);
    let report = report(&graph);
    let provenance = &report["provenance"];
    assert_eq!(provenance["program"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(provenance["machine"]["threads"].as_u64().unwrap() > 0);
    let data = &provenance["data"];
    assert_eq!((&data["num_nodes"], &data["num_features"]), (&90.into(), &12.into()));
    assert_eq!(data["fingerprint"]["graph"].as_str().unwrap().len(), 32);
    assert!(data["cleaning"]["edges"]["arcs_read"].as_u64().unwrap() > 0);
    for result in report["results"].as_array().unwrap() {
        assert!(result["probe"]["c"].as_f64().unwrap() > 0.0 && result["probe"]["converged"].is_boolean());
        let rank = &result["effective_rank"];
        assert!(rank["value"].as_f64().unwrap() >= 1.0 && rank["of"] == 6, "{rank}");
        let counts = result["confusion"].as_array().unwrap().iter();
        let counts: u64 =
            counts.flat_map(|row| row.as_array().unwrap()).map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(counts, 72, "every test node is counted once");
    }
    // The predictions are those that the accuracy counts.
    let nodes = fs::read_to_string(graph.out("out/nodes.csv")).unwrap();
    let test: Vec<Vec<&str>> = nodes
        .lines()
        .map(|line| line.split(',').collect())
        .filter(|row: &Vec<&str>| row[3] == "test")
        .collect();
    let right = test.iter().filter(|row| row[2] == row[4]).count() as f64 / test.len() as f64;
    let best = report["best_seed"].as_u64().unwrap() as usize;
    assert!((report["results"][best]["trained"]["test_acc"].as_f64().unwrap() - right).abs() < 1e-12);
    let model: Value =
        serde_json::from_str(&fs::read_to_string(graph.out("out/model.json")).unwrap()).unwrap();
    assert_eq!(model["provenance"]["data"], data["fingerprint"]);
}

#[test]
fn settings_a_model_and_a_page_refuse_data_that_have_changed() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let run = graph.out("out");
    let (config, again) = (run.join("config.toml"), graph.out("again"));
    let train = ["train", "--config", text(&config), "--out", text(&again)];
    stdout_of(&train);
    for (part, file, change) in EDITS {
        let before = edit(&graph, file, change);
        for args in [&train[..], &["evaluate", text(&run)], &["report", text(&run)]] {
            let message = refused(args);
            let expected = format!("found one with other {part}; --allow-changed-data goes on with it");
            assert!(message.contains(&expected), "{args:?}: {message}");
            let output = g2r(&[args, &["--allow-changed-data"]].concat()).output().unwrap();
            assert!(output.status.success(), "{args:?}: {}", stderr_of(&output));
        }
        fs::write(graph.out(file), before).unwrap();
    }
    // Whoever names another way to read it wants another data set.
    stdout_of(&[&train[..], &["--isolated-nodes", "drop"]].concat());
}

#[test]
fn an_embedding_whose_rows_have_changed_places_is_refused() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let (run, file) = (graph.out("out"), graph.out("out/embedding.npy"));
    let rows: Array2<f32> = ndarray_npy::read_npy(&file).unwrap();
    let turned: Vec<usize> = (0..90).rev().collect();
    ndarray_npy::write_npy(&file, &rows.select(Axis(0), &turned)).unwrap();
    let evaluate = ["evaluate", text(&file), "--dataset", graph.path(), "--protocol", "10-10-80"];
    for args in [&evaluate[..], &["report", text(&run)]] {
        let message = refused(args);
        assert!(
            message.contains("expected the embedding that its run has written, found another one"),
            "{message}"
        );
    }
}

#[test]
fn a_model_says_when_its_training_graph_has_changed_and_nothing_of_an_unseen_one() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let (run, out) = (graph.out("out"), graph.out("z.npy"));
    let embed = || {
        let output = g2r(&["embed", text(&run), graph.path(), "--out", text(&out)]).output().unwrap();
        assert!(output.status.success(), "{}", stderr_of(&output));
        stderr_of(&output)
    };
    assert_eq!(embed(), "");
    let (_, file, change) = EDITS[1];
    let before = edit(&graph, file, change);
    assert_eq!(embed(), "warning: mine is the graph that the model was trained on but for other features\n");
    fs::write(graph.out(file), before.replace("node", "town")).unwrap();
    edit(&graph, "mine.cites", |cites| cites.replace("node", "town"));
    assert_eq!(embed(), "");
}

/// The test accuracies of a comparison, and what is said on stderr.
fn bench(graph: &UserGraph, more: &[&str]) -> (Vec<f64>, String) {
    let out = graph.out("bench");
    let args = [
        &["bench", "--datasets", graph.path(), "--methods", "g2r-linear", "--protocols", "10-10-80"][..],
        &["--seeds", "1", "--out", text(&out), "--format", "json"],
        more,
    ];
    let output = g2r(&args.concat()).output().unwrap();
    assert!(output.status.success(), "{}", stderr_of(&output));
    let lines = json_lines(&String::from_utf8(output.stdout.clone()).unwrap());
    let acc = |line: &Value| line["test_acc_mean"].as_f64().unwrap();
    (lines.iter().map(acc).collect(), stderr_of(&output))
}

#[test]
fn a_comparison_never_shows_the_results_of_other_inputs() {
    let graph = UserGraph::new();
    let (first, told) = bench(&graph, &[]);
    assert!(!told.contains("not shown"), "{told}");
    let count = first.len();
    for (_, file, change) in EDITS {
        let before = edit(&graph, file, change);
        let (_, told) = bench(&graph, &[]);
        assert!(told.contains("results in results.jsonl are of other data, settings"), "{told}");
        assert!(!told.contains("were finished before"), "{told}");
        fs::write(graph.out(file), before).unwrap();
    }
    for flags in [["--isolated-nodes", "drop"], ["--feature-scaling", "standardize"]] {
        let (_, told) = bench(&graph, &flags);
        assert!(told.contains("not shown") && !told.contains("were finished before"), "{told}");
    }
    // What was there first is still there, and used again.
    let (again, told) = bench(&graph, &[]);
    assert_eq!(again, first);
    assert!(told.contains(&format!("{count} of {count} runs were finished before")), "{told}");
    assert!(told.contains("not shown"), "{told}");
}
