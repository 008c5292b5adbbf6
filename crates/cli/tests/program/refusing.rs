use std::fs;

use ndarray::Array2;

use crate::{UserGraph, g2r, stderr_of, text};

/// What is said on stderr by a program that ends with exit code 2 and prints nothing else.
fn refused(args: &[&str]) -> String {
    let output = g2r(args).output().unwrap();
    let stderr = stderr_of(&output);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{args:?}");
    let message = stderr.strip_prefix("error: ").expect(&stderr);
    message.trim_end().to_string()
}

#[test]
fn an_unknown_data_set() {
    let expected = "no data set and no path is called \"coraa\"; closest is \"cora\"; \
        known data sets: cora, citeseer, pubmed, ";
    for args in [
        &["train", "coraa"][..],
        &["inspect", "coraa"],
        &["evaluate", "z.npy", "--dataset", "coraa"],
        &["data", "fetch", "cora", "coraa"],
    ] {
        assert!(refused(args).starts_with(expected), "{}", refused(args));
    }
    assert_eq!(
        refused(&["train"]),
        "no data set: name one, such as cora, or set `dataset` in the config file"
    );
}

#[test]
fn settings_out_of_range() {
    for (flag, value, expected) in [
        ("--eps-sq", "0", "`eps_sq` must be positive, got 0"),
        ("--eps-sq", "-1", "`eps_sq` must be positive, got -1"),
        ("--eps-sq", "nan", "`eps_sq` must be positive, got NaN"),
        ("--seeds", "0", "`seeds` must be at least 1, got 0"),
        ("--epochs", "0", "`epochs` must be from 1 to 1000000, got 0"),
        ("--d-output", "0", "`d_output` must be from 1 to 65536, got 0"),
        ("--d-hidden", "16,4000000000", "`d_hidden` must be from 1 to 65536, got 4000000000"),
        ("--hops", "0", "`hops` must be from 1 to 1000, got 0"),
        ("--threads", "5000", "`threads` must be at most 1024, got 5000"),
        ("--heads", "0", "`heads` must be from 1 to 65536, got 0"),
        ("--attention-dropout-prob", "1", "`attention_dropout_prob` must be from 0 to below 1, got 1"),
        ("--lr", "inf", "`learning_rate` must be positive, got inf"),
    ] {
        assert_eq!(refused(&["train", "cora", "--method", "g2r", flag, value]), expected);
    }
}

#[test]
fn words_and_flags_that_there_are_not() {
    for (args, expected) in [
        (&["train", "cora", "--row-norm", "l3"][..], "[possible values: l1, l2, none]"),
        (&["train", "cora", "--encoder", "mlp"], "sage, sage-pool, gin, sgc]"),
        (&["train", "cora", "--epochs", "many"], "invalid value 'many' for '--epochs <N>'"),
        (&["train", "cora", "--seed", "-1"], "'-1'"),
        (&["train", "cora", "--epoch", "3"], "a similar argument exists: '--epochs'"),
        (
            &["train", "cora", "--embedding-format", "xlsx"],
            "[possible values: npy, npz, parquet, csv, tsv, projector, word2vec]",
        ),
        (&["evaluate", "z.npy", "--protocol", "none"], "10-10-80, 60-20-20, wiki-cs-20, ogb, random-20]"),
        (&["bake"], "unrecognized subcommand 'bake'"),
    ] {
        let message = refused(args);
        assert!(message.contains(expected), "{message}");
    }
}

#[cfg(not(feature = "lapack"))]
#[test]
fn lapack_where_it_was_not_built_in() {
    let message = refused(&["evaluate", "z.npy", "--dataset", "cora", "--oracle"]);
    assert!(message.starts_with("this program was built without LAPACK; install OpenBLAS"), "{message}");
}

#[cfg(not(feature = "cuda"))]
#[test]
fn cuda_where_it_was_not_built_in() {
    assert_eq!(
        refused(&["train", "cora", "--device", "cuda"]),
        "this program was built without CUDA; build it with `cargo build --release --features cuda`"
    );
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_where_it_was_not_built_in() {
    let graph = UserGraph::new();
    let out = graph.out("out");
    let train = ["train", graph.path(), "--protocol", "10-10-80", "--out", text(&out)];
    assert_eq!(
        refused(&[&train[..], &["--embedding-format", "parquet"]].concat()),
        "embedding format parquet: expected a program built with it, by `cargo build --release --features parquet`, \
         found one without"
    );
    assert!(!out.exists());
}

#[cfg(not(feature = "wgpu"))]
#[test]
fn a_device_that_was_not_built_in() {
    assert_eq!(
        refused(&["train", "cora", "--device", "wgpu"]),
        "this program was built without WGPU; build it with `cargo build --release --features wgpu`"
    );
}

#[test]
fn a_format_that_has_no_place_for_the_ids() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.content"), "New York\t1\tx\nRome\t2\ty\n").unwrap();
    fs::write(folder.path().join("a.cites"), "New York\tRome\n").unwrap();
    let out = folder.path().join("out");
    let flags = ["--protocol", "none", "--embedding-format", "word2vec", "--out", text(&out)];
    assert_eq!(
        refused(&[&["train", text(folder.path())], &flags[..]].concat()),
        "embedding format word2vec: expected node ids without blanks, found \"New York\""
    );
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    let graph = UserGraph::new();
    let below_a_file = graph.out("mine.cites").join("out");
    let message = refused(&["train", graph.path(), "--protocol", "10-10-80", "--out", text(&below_a_file)]);
    assert!(message.starts_with(&format!("cannot write {}: ", below_a_file.display())), "{message}");
}

#[test]
fn a_config_file_with_an_unknown_key_or_none_at_all() {
    let graph = UserGraph::new();
    let config = graph.out("run.toml");
    fs::write(&config, "dataset = 'cora'\n[g2r]\nepsilon = 1\n").unwrap();
    let message = refused(&["train", "--config", text(&config)]);
    let expected = format!("{}:3: unknown field `epsilon`, expected one of `d_output`", config.display());
    assert!(message.starts_with(&expected), "{message}");
    let missing = graph.out("missing.toml");
    let message = refused(&["train", "cora", "--config", text(&missing)]);
    assert!(message.starts_with(&format!("cannot read {}: ", missing.display())), "{message}");
}

#[test]
fn a_folder_without_a_graph_and_files_that_break_off() {
    let empty = tempfile::tempdir().unwrap();
    let name = empty.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(
        refused(&["inspect", text(empty.path())]),
        format!("{name}: expected a graph in a format of `g2r data formats`, found a folder of other files")
    );
    let graph = UserGraph::new();
    fs::remove_file(graph.out("mine.cites")).unwrap();
    assert!(refused(&["inspect", graph.path()]).contains("mine.cites"));

    let graph = UserGraph::new();
    let content = fs::read_to_string(graph.out("mine.content")).unwrap();
    fs::write(graph.out("mine.content"), &content[..content.len() - 30]).unwrap();
    let message = refused(&["train", graph.path()]);
    assert!(message.starts_with("mine.content:90: expected "), "{message}");
}

#[test]
fn a_split_that_the_labels_do_not_allow() {
    let graph = UserGraph::new();
    assert_eq!(
        refused(&["train", graph.path()]),
        "split: expected 1500 labelled nodes for validation and test beside 60, found 30"
    );
    assert_eq!(
        refused(&["train", graph.path(), "--protocol", "public"]),
        "protocol public: expected a split that belongs to mine, found none; choose random-20 or 10-10-80"
    );
}

#[test]
fn embeddings_that_are_none_of_the_data_set() {
    let graph = UserGraph::new();
    let file = graph.out("z.npy");
    let message = || refused(&["evaluate", text(&file), "--dataset", graph.path(), "--protocol", "10-10-80"]);
    assert!(message().starts_with(&format!("cannot read {}: ", file.display())));

    ndarray_npy::write_npy(&file, &Array2::<f32>::ones((89, 4))).unwrap();
    assert_eq!(message(), "embedding: expected 90 rows, one for each node of mine, found 89");
    let mut embedding = Array2::<f32>::ones((90, 4));
    embedding[[3, 1]] = f32::NAN;
    ndarray_npy::write_npy(&file, &embedding).unwrap();
    assert_eq!(message(), "embedding, row 3, column 1: expected a finite number, found NaN");

    let bytes = fs::read(&file).unwrap();
    for length in [0, 9, 60, bytes.len() - 1] {
        fs::write(&file, &bytes[..length]).unwrap();
        let message = message();
        assert!(message.contains("z.npy, byte ") && message.contains(": expected "), "{message}");
    }
    assert_eq!(refused(&["evaluate", text(&file)]), "an embedding needs --dataset, whose nodes are its rows");
    let readme = graph.out("README");
    let message = refused(&["evaluate", text(&readme), "--dataset", "cora"]);
    assert!(message.starts_with(&format!("cannot read {}: ", readme.display())), "{message}");
}

#[test]
fn models_that_break_off_or_do_not_fit() {
    let graph = UserGraph::new();
    graph.train("out", &["--seeds", "1"]);
    let model = graph.out("out/model.safetensors");
    let bytes = fs::read(&model).unwrap();
    for length in [0, 7, 40, bytes.len() - 1] {
        fs::write(&model, &bytes[..length]).unwrap();
        let message = refused(&["evaluate", text(&model)]);
        let expected = format!("{}: the weights could not be read", model.display());
        assert!(message.starts_with(&expected), "{message}");
    }
    fs::write(&model, &bytes).unwrap();
    let message = refused(&["evaluate", text(&model), "--dataset", "cora", "--protocol", "public"]);
    let expected = "features: expected 12 columns without names, found 1433 columns without names";
    assert_eq!(message, expected);
    fs::remove_file(graph.out("out/config.toml")).unwrap();
    let message = refused(&["evaluate", text(&model)]);
    assert!(message.starts_with("a model is read with the config.toml beside it: cannot read"), "{message}");
}
