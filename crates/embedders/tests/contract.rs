//! What every method of the registry is held to.

// The lint's leave for tests does not reach the functions that they share.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use burn::tensor::Device;
use embedders::{
    Callback, CallbackError, Checkpoint, Decision, EncoderKind, EpochLog, Error, FitOptions, FitResult,
    Method, MethodKind, Model, PreparationSettings, Progress, Registry, Settings, TrainingLabels, overlay,
};
use graph_io::{Features, NodeDataset};
use ndarray::Array2;
use testkit::graphs::two_blocks;
use toml::{Table, Value};

/// The settings of a method, small enough for a test: whatever of these it has.
fn small(method: &Method, encoder: Option<EncoderKind>) -> Settings {
    let mut table = method.parse(Table::new()).unwrap().to_table();
    let smaller: Table = toml::from_str(
        "d_output = 8\nd_projection = 6\nd_predictor = 10\nepochs = 3\nwarmup_epochs = 1\ngroups_per_step = 20\n\
         walk_length = 10\nwalks_per_node = 3\nwalks_per_batch = 16\nwindow = 2\n",
    )
    .unwrap();
    smaller.into_iter().filter(|(key, _)| table.contains_key(key)).collect::<Vec<_>>().into_iter().for_each(
        |(key, value)| {
            table.insert(key, value);
        },
    );
    if table.contains_key("encoder") {
        let kind = encoder.unwrap_or_default().name();
        let encoder = format!("[encoder]\nkind = '{kind}'\nd_hidden = [12]\nheads = 2\n");
        overlay(&mut table, toml::from_str(&encoder).unwrap());
    }
    method.parse(table).unwrap()
}

fn set(settings: &Settings, method: &Method, key: &str, value: Value) -> Settings {
    let mut table = settings.to_table();
    table.insert(key.to_string(), value);
    method.parse(table).unwrap()
}

/// Whether its epochs are layers that are constructed, and no training.
fn is_constructed(settings: &Settings) -> bool {
    settings.to_table().contains_key("layers")
}

/// The kinds of encoder that a method is tried with.
fn encoders(method: &Method) -> Vec<Option<EncoderKind>> {
    match method.default_encoder() {
        Some(_) => EncoderKind::ALL.iter().copied().map(Some).collect(),
        None => vec![None],
    }
}

/// A seed, and labels of a few nodes for methods that learn from them.
fn options(method: &Method, dataset: &NodeDataset, seed: u64) -> FitOptions {
    let labels = method.info().kind.is_supervised().then(|| {
        let labels = dataset.labels().unwrap();
        let nodes: Vec<u32> = dataset.split().unwrap().train().to_vec();
        let classes = nodes.iter().map(|node| labels.class(*node).unwrap()).collect();
        TrainingLabels { nodes, classes, num_classes: labels.num_classes() }
    });
    FitOptions { labels, ..FitOptions::seed(seed) }
}

fn fit(settings: &Settings, dataset: &NodeDataset, options: &FitOptions) -> Result<FitResult, Error> {
    settings.fit_with(dataset, options, &mut ())
}

fn dense(rows: &Features) -> Array2<f32> {
    match rows {
        Features::Dense(rows) => rows.clone(),
        Features::Sparse(matrix) => matrix.to_dense(),
    }
}

#[test]
fn every_method_embeds_with_every_encoder_and_the_same_seed_gives_the_same_bits() {
    let dataset = two_blocks();
    for method in Registry::builtin().methods() {
        for encoder in encoders(method) {
            let what = format!("{method} {encoder:?}");
            let settings = small(method, encoder);
            let last =
                |seed| FitOptions { checkpoint: Some(Checkpoint::Last), ..options(method, &dataset, seed) };
            let run = |seed| fit(&settings, &dataset, &last(seed)).unwrap();
            let fitted = run(0);
            let rows = dense(&fitted.rows);
            assert_eq!(rows.nrows(), 50, "{what}");
            assert!(rows.iter().all(|value| value.is_finite()), "{what}");
            assert!(fitted.history.iter().all(|epoch| epoch.loss.is_finite()), "{what}");
            assert_eq!(fitted.history.len(), settings.epochs().unwrap_or(0), "{what}");
            assert_eq!(fitted.rows, run(0).rows, "{what}");
            assert_eq!(fitted.rows != run(1).rows, method.info().stochastic, "{what}");
            let bound = settings.prepare(&dataset, &PreparationSettings::default(), &Device::flex()).unwrap();
            if let Some(untrained) = bound.random_init(0) {
                assert_ne!(rows, untrained, "{what}: training changes the embedding");
            }
        }
    }
}

#[test]
fn every_method_gives_the_same_bits_on_one_and_on_two_threads() {
    let cora = graph_io::load("cora", None).unwrap();
    for method in Registry::builtin().methods() {
        let mut settings = small(method, None);
        if settings.to_table().contains_key("nodes_per_step") {
            settings = set(&settings, method, "nodes_per_step", 1200.into());
        }
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let fitted = fit(&settings, &cora, &options(method, &cora, 5)).unwrap();
                (fitted.history.iter().map(|epoch| epoch.loss).collect::<Vec<f64>>(), fitted.rows)
            })
        };
        let (one, two) = (on(1), on(2));
        assert!(one == two, "{method}: bits differ");
    }
}

#[test]
fn every_model_comes_back_from_its_folder_with_the_same_embedding() {
    let dataset = two_blocks();
    for method in Registry::builtin().methods() {
        for encoder in encoders(method) {
            let what = format!("{method} {encoder:?}");
            let folder = tempfile::tempdir().unwrap();
            let fitted = fit(&small(method, encoder), &dataset, &options(method, &dataset, 3)).unwrap();
            assert_eq!(fitted.model.embed_rows(&dataset).unwrap(), fitted.rows, "{what}");
            fitted.model.save(folder.path()).unwrap();
            let model = Model::load(folder.path()).unwrap();
            assert_eq!(model.embed_rows(&dataset).unwrap(), fitted.rows, "{what}");
            assert_eq!(model.settings(), fitted.model.settings(), "{what}");
            assert_eq!(model.provenance(), fitted.model.provenance(), "{what}");
            let again = tempfile::tempdir().unwrap();
            model.save(again.path()).unwrap();
            for name in Model::file_names() {
                let bytes = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(name)).ok();
                // Archives hold the time of their making.
                assert!(name.ends_with("npz") || bytes(&folder) == bytes(&again), "{what}: {name}");
            }
        }
    }
}

#[test]
fn every_model_with_features_embeds_nodes_that_training_never_saw() {
    let whole = two_blocks();
    let seen: Vec<u32> = (0..50).filter(|node| node % 5 != 0).collect();
    let training = whole.subgraph(&seen).unwrap();
    for method in Registry::builtin().methods() {
        let model = fit(&small(method, None), &training, &options(method, &training, 0)).unwrap().model;
        match model.embed(&whole) {
            Ok(embedding) => {
                assert_eq!(embedding.ids(), whole.node_ids(), "{method}");
                assert!(embedding.rows().iter().all(|value| value.is_finite()), "{method}");
            }
            Err(error) => {
                let expected = format!(
                    "{method} knows the nodes of its training graph only: expected one of them, found \"0\""
                );
                assert_eq!(error.to_string(), expected);
                assert!(["spectral", "deepwalk", "node2vec"].contains(&method.name()), "{method}");
            }
        }
    }
}

/// Counts what it sees, and interrupts once it has seen so much.
struct Watch {
    seen: usize,
    last: Option<Progress>,
    stop_after: usize,
}

impl Callback for Watch {
    fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
        self.seen += 1;
        assert!(progress.done < progress.total, "{progress:?}");
        assert!(self.last.is_none_or(|last| last.done < progress.done), "{progress:?} after {:?}", self.last);
        self.last = Some(progress);
        if self.seen > self.stop_after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn every_method_that_learns_reports_its_progress_and_can_be_interrupted() {
    let dataset = two_blocks();
    for method in Registry::builtin().methods() {
        if method.info().kind == MethodKind::Baseline {
            continue;
        }
        let settings = small(method, None);
        let options = options(method, &dataset, 0);
        let mut watch = Watch { seen: 0, last: None, stop_after: usize::MAX };
        settings.fit_with(&dataset, &options, &mut watch).unwrap();
        assert!(watch.seen > 0, "{method}: no progress");
        let mut watch = Watch { seen: 0, last: None, stop_after: 0 };
        let error = settings.fit_with(&dataset, &options, &mut watch).unwrap_err();
        assert!(matches!(error, Error::Interrupted), "{method}: {error}");
    }
}

#[test]
fn every_training_can_keep_the_last_epoch_the_best_or_the_lowest_loss() {
    /// Keeps the second epoch.
    struct KeepSecond;
    impl Callback for KeepSecond {
        fn epoch(
            &mut self,
            log: &EpochLog,
            embed: &mut dyn FnMut() -> Array2<f32>,
        ) -> Result<Decision, CallbackError> {
            assert_eq!(embed().nrows(), 50);
            Ok(if log.epoch == 2 { Decision::Keep } else { Decision::Discard })
        }
    }
    let dataset = two_blocks();
    for method in Registry::builtin().methods() {
        let settings = small(method, None);
        let Some(epochs) = settings.epochs().filter(|_| !is_constructed(&settings)) else { continue };
        let options =
            |checkpoint| FitOptions { checkpoint: Some(checkpoint), ..options(method, &dataset, 0) };
        let last = fit(&settings, &dataset, &options(Checkpoint::Last)).unwrap();
        assert_eq!(last.epoch, epochs, "{method}");
        let lowest = fit(&settings, &dataset, &options(Checkpoint::LowestLoss)).unwrap();
        let losses: Vec<f64> = lowest.history.iter().map(|epoch| epoch.loss).collect();
        assert!(losses.iter().all(|loss| *loss >= losses[lowest.epoch]), "{method}: {losses:?}");
        let best = options(Checkpoint::BestValidation);
        let kept = settings.fit_with(&dataset, &best, &mut KeepSecond).unwrap();
        assert_eq!((kept.epoch, kept.history.len()), (2, epochs), "{method}");
        // Being watched changes nothing.
        let losses = |fitted: &FitResult| fitted.history.iter().map(|epoch| epoch.loss).collect::<Vec<f64>>();
        assert_eq!(losses(&kept), losses(&last), "{method}");
    }
}

#[test]
fn every_training_lowers_its_loss() {
    let dataset = two_blocks();
    for method in Registry::builtin().methods() {
        let mut settings = small(method, None);
        if settings.epochs().is_none() || is_constructed(&settings) {
            continue;
        }
        for (key, value) in [("epochs", 60), ("walks_per_node", 30), ("patience", 60), ("warmup_epochs", 5)] {
            if settings.to_table().contains_key(key) {
                settings = set(&settings, method, key, value.into());
            }
        }
        if settings.to_table().contains_key("optimizer") {
            let mut table = settings.to_table();
            overlay(&mut table, toml::from_str("optimizer.learning_rate = 0.01").unwrap());
            settings = method.parse(table).unwrap();
        }
        let history = fit(&settings, &dataset, &options(method, &dataset, 0)).unwrap().history;
        let part = history.len() / 10;
        let mean = |epochs: &[EpochLog]| epochs.iter().map(|epoch| epoch.loss).sum::<f64>() / part as f64;
        let (first, last) = (mean(&history[..part]), mean(&history[history.len() - part..]));
        assert!(last < first - 0.05 * first.abs(), "{method}: {first} and {last}");
    }
}

#[test]
fn a_loss_that_is_not_finite_is_an_error_with_its_epoch() {
    let dataset = two_blocks();
    for name in ["dgi", "supervised", "cca-ssg"] {
        let method = Registry::builtin().method(name).unwrap();
        let mut table = small(&method, None).to_table();
        overlay(&mut table, toml::from_str("optimizer.learning_rate = 1e38").unwrap());
        let settings = method.parse(table).unwrap();
        let error = fit(&settings, &dataset, &options(&method, &dataset, 0)).unwrap_err();
        assert!(error.to_string().ends_with("expected a finite loss, found NaN"), "{name}: {error}");
    }
}

#[test]
fn settings_of_common_tables_out_of_range_are_refused_by_every_method() {
    for method in Registry::builtin().methods() {
        let table = method.parse(Table::new()).unwrap().to_table();
        for (path, text, expected) in [
            ("encoder", "encoder.d_hidden = [0]", "`d_hidden` must be from 1 to 65536, got 0"),
            ("encoder", "encoder.dropout_prob = 1.0", "`dropout_prob` must be from 0 to below 1, got 1"),
            ("optimizer", "optimizer.learning_rate = 0.0", "`learning_rate` must be positive, got 0"),
            (
                "views",
                "views.drop_edge_probs = [0.1, 1.0]",
                "`drop_edge_probs` must be from 0 to below 1, got 1",
            ),
            ("d_output", "d_output = 0", "`d_output` must be from 1 to 65536, got 0"),
            ("epochs", "epochs = 0", "`epochs` must be from 1 to 1000000, got 0"),
        ] {
            if table.contains_key(path) {
                let error = method.parse(toml::from_str(text).unwrap()).unwrap_err();
                assert_eq!(error.to_string(), expected, "{method}");
            }
        }
    }
}

#[test]
fn supervised_methods_refuse_a_graph_without_labels_to_learn_from() {
    let dataset = two_blocks();
    for method in Registry::builtin().methods() {
        if method.info().kind.is_supervised() {
            let error = small(method, None).fit(&dataset, 0).unwrap_err();
            let expected = "a supervised method: expected training nodes with labels, found none";
            assert_eq!(error.to_string(), expected, "{method}");
        }
    }
}
