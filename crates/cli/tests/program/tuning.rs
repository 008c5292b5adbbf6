//! `g2r tune`.

use std::fs;

use crate::{g2r, stderr_of, stdout_of, text};

const GRID: &str = "[settings]\nhops = [0, 1]\n[preparation]\nfeature_scaling = ['row-l1', 'row-l2']\n";

#[test]
fn a_tuning_writes_what_it_chose_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (grid, out) = (folder.path().join("grid.toml"), folder.path().join("out"));
    fs::write(&grid, GRID).unwrap();
    let args = [
        "tune",
        "propagated",
        "--datasets",
        "cora,citeseer",
        "--splits",
        "2",
        "--grid",
        text(&grid),
        "--out",
        text(&out),
    ];
    let stdout = stdout_of(&args);
    assert!(stdout.contains("4 combinations, 2 splits random-20-500-1000, seeds from 100."), "{stdout}");
    assert!(stdout.contains("## citeseer") && stdout.contains("## One for all"), "{stdout}");
    let lines = || fs::read_to_string(out.join("results.jsonl")).unwrap();
    assert_eq!(lines().lines().count(), 16);
    assert!(lines().lines().all(|line| line.contains("\"test_acc\":null")), "no test label is read");

    let preset: toml::Table = toml::from_str(&fs::read_to_string(out.join("preset.toml")).unwrap()).unwrap();
    let cora = &preset["dataset"][0];
    assert_eq!(cora["names"][0].as_str(), Some("cora"));
    assert_eq!(cora["settings"]["hops"].as_integer(), Some(1));
    assert!(cora["preparation"]["feature_scaling"].is_str() && preset["general"][0]["source"].is_str());
    // The config file that it names is one.
    let train = out.join("train");
    let config = out.join("cora.toml");
    let trained = stdout_of(&["train", "--config", text(&config), "--seeds", "1", "--out", text(&train)]);
    assert!(trained.contains("propagated features"), "{trained}");

    // What is there is not run again; a grid that has grown runs what is new.
    assert_eq!(stdout_of(&args), stdout);
    assert_eq!(lines().lines().count(), 16);
    fs::write(&grid, GRID.replace("[0, 1]", "[0, 1, 2]")).unwrap();
    stdout_of(&args);
    assert_eq!(lines().lines().count(), 24);
}

#[test]
fn a_grid_that_is_none_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (grid, out) = (folder.path().join("grid.toml"), folder.path().join("out"));
    let message = |content: &str| {
        fs::write(&grid, content).unwrap();
        let args = ["tune", "propagated", "--datasets", "cora", "--grid", text(&grid), "--out", text(&out)];
        let output = g2r(&args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{content}");
        stderr_of(&output)
    };
    for (content, expected) in [
        ("[settings]\nhops = 2\n", "settings.hops: expected a list of at least one value, found 2"),
        ("[settings]\n\nwidth = [2]\n", "unknown field `width`"),
        ("[preparation]\nfeature_scaling = ['row']\n", "unknown variant `row`"),
        ("[setting]\n", ":1: unknown field `setting`"),
    ] {
        let message = message(content);
        assert!(message.contains(expected), "{content}: {message}");
    }
    assert!(!out.exists());
}
