use std::fs;

use graph_io::embedding;
use ndarray::Array2;
use serde_json::json;

use crate::{SMALL, UserGraph, g2r, json_lines, stderr_of, stdout_of, text};

const FILES: [&str; 6] =
    ["config.toml", "embedding.npy", "model.json", "model.safetensors", "nodes.csv", "report.json"];

#[test]
fn cora_gives_a_table_and_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("runs/one");
    let args = [&["train", "cora", "--seeds", "1", "--out", text(&out)], &SMALL[..]].concat();
    let stdout = stdout_of(&args);
    assert!(stdout.starts_with("cora, public split, seed 0, on cpu\n"), "{stdout}");
    for row in [
        "│ raw features     │",
        "│ Â²X, no training │",
        "│ PPR of TF-IDF    │",
        "│ random-init GCN  │",
        "│ G2R              │",
    ] {
        assert!(stdout.contains(row), "{row}: {stdout}");
    }
    assert!(stdout.ends_with(&format!("written to     {}\n", out.display())), "{stdout}");

    let mut written: Vec<String> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    // The preset for Cora projects the features, by a map that is a file of the model.
    written.retain(|name| name != "preparation.safetensors");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1 + written.len());
    written.sort();
    assert_eq!(written, FILES);
    let embedding: Array2<f32> = ndarray_npy::read_npy(out.join("embedding.npy")).unwrap();
    assert_eq!(embedding.dim(), (2708, 6));
    let nodes = fs::read_to_string(out.join("nodes.csv")).unwrap();
    let lines: Vec<&str> = nodes.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2709, "row,node_id,label,split,prediction"));
    for (set, count) in [("train", 140), ("val", 500), ("test", 1000), ("", 1068)] {
        let in_set = lines[1..].iter().filter(|line| line.split(',').nth(3) == Some(set)).count();
        assert_eq!(in_set, count, "{set}");
    }
}

#[test]
fn json_is_a_line_a_seed_and_a_summary() {
    let graph = UserGraph::new();
    let lines = json_lines(&graph.train("out", &["--seeds", "3", "--seed", "5", "--format", "json"]));
    let kinds: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["seed", "seed", "seed", "summary"]);
    let seeds: Vec<_> = lines[..3].iter().map(|line| line["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [5, 6, 7]);

    let summary = &lines[3];
    assert_eq!(summary["dataset"], "mine");
    assert_eq!(summary["method"], "g2r");
    assert_eq!(summary["encoder"], "gcn");
    assert_eq!(summary["device"], "cpu");
    assert_eq!(summary["protocol"], "10-10-80");
    assert_eq!(summary["seeds"], 3);
    assert_eq!(summary["out"], text(&graph.out("out")));
    let mean = |key: &str| lines[..3].iter().map(|line| line[key].as_f64().unwrap()).sum::<f64>() / 3.0;
    for (key, of_seeds) in [("test_acc_mean", "test_acc"), ("val_acc_mean", "val_acc")] {
        assert!((summary[key].as_f64().unwrap() - mean(of_seeds)).abs() < 1e-12, "{key}");
    }
    assert!(summary["test_acc_std"].as_f64().unwrap() >= 0.0);
    for baseline in ["raw", "propagated", "random_init"] {
        let accuracy = summary["baselines"][baseline].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&accuracy), "{baseline}: {accuracy}");
    }
    for key in ["seconds_per_step", "train_seconds", "total_seconds"] {
        assert!(summary[key].as_f64().unwrap() > 0.0, "{key}");
    }
    if cfg!(target_os = "linux") {
        assert!(summary["peak_rss_bytes"].as_u64().unwrap() > 1 << 20);
    }

    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(graph.out("out").join("report.json")).unwrap()).unwrap();
    assert_eq!(report["test_acc_mean"], summary["test_acc_mean"]);
    assert_eq!(report["results"][1]["seed"], 6);
    assert_eq!(report["results"][1]["history"].as_array().unwrap().len(), 2);
    assert_eq!(report["settings"]["g2r"]["encoder"]["d_hidden"], json!([12]));
    let best = lines[..3].iter().map(|line| line["val_acc"].as_f64().unwrap()).fold(0.0, f64::max);
    let place = lines[..3].iter().position(|line| line["val_acc"] == best).unwrap();
    assert_eq!(
        (&report["best_seed"], &report["best_epoch"]),
        (&lines[place]["seed"], &lines[place]["epoch"])
    );
}

#[test]
fn another_encoder_is_trained_and_named_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sage");
    let args = [&["train", "cora", "--encoder", "sage"], &SMALL[..]].concat();
    let stdout = stdout_of(&[&args[..], &["--seeds", "1", "--device", "cpu", "--out", text(&out)]].concat());
    assert!(stdout.contains("│ random-init SAGE │"), "{stdout}");
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(
        (&report["encoder"], &report["settings"]["g2r"]["encoder"]["kind"]),
        (&json!("sage"), &json!("sage")),
        "{report}"
    );
    let config = fs::read_to_string(out.join("config.toml")).unwrap();
    assert!(config.contains("\n[g2r.encoder]\n") && config.contains("\nkind = \"sage\"\n"), "{config}");
    let model = out.join("model.safetensors");
    let again = json_lines(&stdout_of(&["evaluate", text(&model), "--format", "json"]));
    assert_eq!(again[0]["test_acc"], report["results"][0]["trained"]["test_acc"]);
}

#[test]
fn the_spread_of_one_seed_is_not_known() {
    let graph = UserGraph::new();
    let lines = json_lines(&graph.train("out", &["--seeds", "1", "--format", "json"]));
    assert_eq!((lines.len(), &lines[1]["test_acc_std"]), (2, &json!(null)));
}

#[test]
fn the_written_settings_repeat_the_run_to_the_bit() {
    let graph = UserGraph::new();
    graph.train(
        "first",
        &["--seeds", "2", "--seed", "3", "--sampling", "without-replacement", "--eps-sq", "0.3"],
    );
    let (config, again) = (graph.out("first").join("config.toml"), graph.out("again"));
    stdout_of(&["train", "--config", text(&config), "--out", text(&again)]);
    for file in ["config.toml", "embedding.npy", "model.json", "model.safetensors", "nodes.csv"] {
        let bytes = |out: &str| fs::read(graph.out(out).join(file)).unwrap();
        assert!(bytes("first") == bytes("again"), "{file} differs");
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let folder = tempfile::tempdir().unwrap();
    let run = |threads: &str| {
        let out = folder.path().join(threads);
        let args = ["train", "cora", "--seeds", "1", "--threads", threads, "--out", text(&out)];
        stdout_of(&[&args, &SMALL[..]].concat());
        out
    };
    let (one, two) = (run("1"), run("2"));
    for file in ["embedding.npy", "model.safetensors"] {
        assert!(fs::read(one.join(file)).unwrap() == fs::read(two.join(file)).unwrap(), "{file} differs");
    }
}

#[test]
fn more_threads_than_cores_are_bounded_and_said() {
    let graph = UserGraph::new();
    let out = graph.out("out");
    let args = ["train", graph.path(), "--protocol", "none", "--threads", "1024", "--out", text(&out)];
    let output = g2r(&[&args, &SMALL[..]].concat()).output().unwrap();
    let cores = std::thread::available_parallelism().unwrap().get();
    let expected = format!("--threads 1024: {cores} threads are used, one a core\n");
    assert!(
        output.status.success() && (cores > 1024 || stderr_of(&output).contains(&expected)),
        "{output:?}"
    );
}

#[test]
fn flags_cover_the_config_file_and_all_settings_are_written() {
    let graph = UserGraph::new();
    let config = graph.out("mine.toml");
    fs::write(&config, "seeds = 1\n[g2r]\nepochs = 9\nencoder.row_norm = 'l1'\n[probe]\nc = 2\n").unwrap();
    graph.train("out", &["--config", text(&config)]);
    let written: toml::Table =
        toml::from_str(&fs::read_to_string(graph.out("out").join("config.toml")).unwrap()).unwrap();
    assert_eq!(written["dataset"].as_str(), Some(graph.path()));
    assert_eq!(written["seeds"].as_integer(), Some(1));
    assert_eq!(written["device"].as_str(), Some("cpu"));
    assert_eq!(written["g2r"]["encoder"]["row_norm"].as_str(), Some("l1"));
    assert_eq!(written["g2r"]["epochs"].as_integer(), Some(2));
    assert_eq!(written["g2r"]["gamma1"].as_float(), Some(1.0), "of the general preset");
    assert_eq!(written["probe"]["c"].as_float(), Some(2.0));
    assert_eq!(written["probe"]["max_iter"].as_integer(), Some(500));
}

#[test]
fn a_second_run_replaces_the_files_of_the_first() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let first = fs::read(graph.out("out").join("embedding.npy")).unwrap();
    graph.train("out", &["--seeds", "1", "--seed", "1"]);
    assert_ne!(first, fs::read(graph.out("out").join("embedding.npy")).unwrap());
    assert_eq!(fs::read_dir(graph.out("out")).unwrap().count(), FILES.len());
}

#[test]
fn the_embedding_is_written_in_each_format_asked_for_to_the_same_bits() {
    let graph = UserGraph::new();
    let formats = ["npz", "csv", "tsv", "word2vec", "projector"];
    let flags: Vec<&str> = formats.iter().flat_map(|name| ["--embedding-format", name]).collect();
    // A second run replaces them too.
    graph.train("out", &[&flags[..], &["--seeds", "1", "--seed", "9"]].concat());
    graph.train("out", &[&flags[..], &["--seeds", "1"]].concat());
    let bits = |embedding: &graph_io::Embedding| -> Vec<u32> {
        embedding.rows().iter().map(|value| value.to_bits()).collect()
    };
    let of_run = embedding::read(&graph.out("out")).unwrap();
    assert_eq!((of_run.rows().dim(), of_run.ids().get(7).as_ref()), ((90, 6), "node7"));
    for name in ["embedding.npz", "embedding.csv", "embedding.tsv", "embedding.vec", "projector"] {
        let read = embedding::read(&graph.out("out").join(name)).unwrap();
        assert_eq!((read.ids(), bits(&read)), (of_run.ids(), bits(&of_run)), "{name}");
    }
    let metadata = fs::read_to_string(graph.out("out/projector/metadata.tsv")).unwrap();
    assert!(metadata.starts_with("id\tlabel\tsplit\nnode0\tclass0\t"), "{metadata}");
    let config = fs::read_to_string(graph.out("out/config.toml")).unwrap();
    assert!(
        config.contains("embedding_formats = [\"npz\", \"csv\", \"tsv\", \"word2vec\", \"projector\"]\n")
    );
}

#[test]
fn without_an_evaluator_the_last_epoch_of_one_seed_is_written_and_rates_are_told() {
    let graph = UserGraph::new();
    let stdout = graph.train("out", &["--protocol", "none"]);
    assert!(stdout.starts_with("mine, not evaluated, seed 0, on cpu\n"), "{stdout}");
    assert!(stdout.contains("\n│ expansion   │ ") && !stdout.contains('%'), "{stdout}");
    assert!(stdout.contains("\nselected       seed 0, epoch 2, the last\n"), "{stdout}");
    let mut written: Vec<String> = fs::read_dir(graph.out("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    written.sort();
    assert_eq!(written, FILES);
    let nodes = fs::read_to_string(graph.out("out/nodes.csv")).unwrap();
    assert!(nodes.starts_with("row,node_id,label,split,prediction\n0,node0,class0,,\n"), "{nodes}");
    let report: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(graph.out("out/report.json")).unwrap()).unwrap();
    assert_eq!((&report["settings"]["seeds"], &report["results"][0]["trained"]), (&json!(1), &json!(null)));

    // Its labels may evaluate it all the same.
    let model = graph.out("out/model.safetensors");
    let evaluated = stdout_of(&["evaluate", text(&model), "--protocol", "10-10-80"]);
    assert!(evaluated.contains("test accuracy"), "{evaluated}");
}

#[test]
fn json_of_a_run_that_is_not_evaluated_has_the_same_keys_with_nulls() {
    let graph = UserGraph::new();
    let evaluated = json_lines(&graph.train("evaluated", &["--seeds", "2", "--format", "json"]));
    let flags = ["--protocol", "none", "--seeds", "2", "--format", "json"];
    let unevaluated = json_lines(&graph.train("unevaluated", &flags));
    let keys = |line: &serde_json::Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!((evaluated.len(), unevaluated.len()), (3, 3));
    for (evaluated, unevaluated) in evaluated.iter().zip(&unevaluated) {
        assert_eq!(keys(evaluated), keys(unevaluated));
    }
    for (line, nulls) in [
        (0, &["val_acc", "test_acc", "test_macro_f1", "baselines"][..]),
        (2, &["test_acc_mean", "baselines"]),
    ] {
        for &key in nulls {
            assert_eq!(
                (&unevaluated[line][key], evaluated[line][key].is_null()),
                (&json!(null), false),
                "{key}"
            );
        }
    }
    let losses = [0, 1].map(|seed: usize| unevaluated[seed]["last_rates"]["loss"].as_f64().unwrap());
    assert_eq!(unevaluated[2]["best_seed"], json!(u64::from(losses[1] < losses[0])));
}
