use std::fs;

use ndarray::{Array2, ShapeBuilder};
use serde_json::Value;

use crate::{UserGraph, json_lines, stdout_of, text};

/// The scores that `g2r evaluate` prints for a file of a run.
fn evaluated(args: &[&str]) -> [f64; 3] {
    let line = &json_lines(&stdout_of(&[&["evaluate", "--format", "json"], args].concat()))[0];
    numbers(line)
}

fn numbers(line: &Value) -> [f64; 3] {
    ["val_acc", "test_acc", "test_macro_f1"].map(|key| line[key].as_f64().unwrap())
}

#[test]
fn a_run_is_evaluated_again_as_it_was_reported() {
    let graph = UserGraph::new();
    let lines = json_lines(&graph.train("out", &["--seeds", "3", "--seed", "4", "--format", "json"]));
    let best = &lines[3]["best_seed"];
    let reported = numbers(lines.iter().find(|line| &line["seed"] == best).unwrap());
    let (model, embedding) = (graph.out("out/model.safetensors"), graph.out("out/embedding.npy"));

    assert_eq!(evaluated(&[text(&model)]), reported);
    let seed = best.to_string();
    let flags = ["--dataset", graph.path(), "--protocol", "10-10-80", "--seed", &seed];
    assert_eq!(evaluated(&[&[text(&embedding)], &flags[..]].concat()), reported);

    fs::remove_file(graph.out("out/report.json")).unwrap();
    assert_eq!(evaluated(&[text(&model), "--seed", &seed]), reported);
}

#[test]
fn an_embedding_may_be_in_64_bits_and_in_fortran_order() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let c_order = graph.out("out/embedding.npy");
    let embedding: Array2<f32> = ndarray_npy::read_npy(&c_order).unwrap();
    let mut fortran = Array2::zeros(embedding.dim().f());
    fortran.assign(&embedding.mapv(f64::from));
    let wide = graph.out("wide.npy");
    ndarray_npy::write_npy(&wide, &fortran).unwrap();
    let flags = ["--dataset", graph.path(), "--protocol", "10-10-80"];
    let evaluated = |file: &str| evaluated(&[&[file], &flags[..]].concat());
    assert_eq!(evaluated(text(&wide)), evaluated(text(&c_order)));
}

#[test]
fn people_read_the_split_and_percents() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1", "--seed", "2"]);
    let stdout = stdout_of(&["evaluate", text(&graph.out("out/model.safetensors"))]);
    assert!(
        stdout.starts_with("mine, 10-10-80 split of seed 2, embedding of width 6\ntest accuracy  "),
        "{stdout}"
    );
    assert_eq!(stdout.matches(" %\n").count(), 3, "{stdout}");
}
