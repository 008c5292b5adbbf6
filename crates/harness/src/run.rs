//! Training over seeds, each judged beside the baselines.

use std::error::Error as StdError;

use burn::tensor::Device;
use embedders::{Decision, EpochReport, G2r, Observer};
use evaluation::{MeanStd, Rows};
use gnn::encoder::Encoder;
use graph_io::{Features, NodeDataset};
use ndarray::{Array2, ArrayView2};
use serde::Serialize;

use crate::error::Error;
use crate::experiment::Experiment;
use crate::judge::{Judge, Judgement, judge_embedding};
use crate::protocol::Protocol;

/// K of the baseline Âᴷ X.
pub const PROPAGATED_HOPS: usize = 2;

/// An experiment with its data set on a device, found fit to run.
pub struct Run<'a> {
    experiment: Experiment,
    protocol: Protocol,
    dataset: &'a NodeDataset,
    g2r: G2r,
}

/// Sees a run as it goes, and may end it.
pub trait Watcher {
    /// A seed is about to be trained.
    fn seed_started(&mut self, _seed: u64) {}
    /// An epoch was trained and judged on the validation nodes.
    fn epoch_finished(&mut self, _report: &EpochReport, _val_acc: f64) {}
    /// A seed was trained and judged.
    fn seed_finished(&mut self, _result: &SeedResult) {}
    /// Whether to stop after the epoch at hand; the seed at hand is then dropped.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Watches nothing and never stops a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWatcher;

impl Watcher for NoWatcher {}

/// What came of one seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeedResult {
    /// The seed.
    pub seed: u64,
    /// The epoch whose weights were kept: the first with the highest validation accuracy.
    pub epoch: usize,
    /// The judgement of the kept weights' embedding.
    pub g2r: Judgement,
    /// The judgement of the same encoder before training.
    pub random_init: Judgement,
    /// The judgement of the features as they are.
    pub raw: Judgement,
    /// The judgement of Âᴷ X.
    pub propagated: Judgement,
    /// The time of the training steps, without the probes.
    pub train_seconds: f64,
    /// Each epoch's rates.
    pub history: Vec<EpochReport>,
    /// The validation accuracy after each epoch.
    pub val_acc_history: Vec<f64>,
}

/// What came of a run.
pub struct Outcome {
    /// The seeds that were finished, in order.
    pub seeds: Vec<SeedResult>,
    /// The model of the seed with the highest validation accuracy, the first of equals; none when no seed was
    /// finished.
    pub best: Option<BestSeed>,
    /// Whether the protocol gives each seed a split of its own.
    pub split_by_seed: bool,
    /// What ended the run before its last seed.
    pub failure: Option<Error>,
}

/// A trained model and where it comes from.
pub struct BestSeed {
    /// Its place among [`Outcome::seeds`].
    pub place: usize,
    /// Its weights.
    pub encoder: Encoder,
}

impl<'a> Run<'a> {
    /// Puts everything in place; whatever the input can be blamed for is found here, before training.
    ///
    /// # Errors
    /// A setting out of range; labels or a split that cannot judge.
    pub fn prepare(
        mut experiment: Experiment,
        dataset: &'a NodeDataset,
        device: &Device,
    ) -> Result<Self, Error> {
        experiment.check()?;
        let protocol = *experiment.protocol.get_or_insert_with(|| Protocol::default_for(dataset));
        let split = protocol.split(dataset, experiment.seed)?;
        Judge::new(dataset, &split, &experiment.probe)?;
        let g2r = G2r::new(experiment.g2r.clone(), dataset, device)?;
        Ok(Self { experiment, protocol, dataset, g2r })
    }

    /// The settings, with the protocol that was chosen.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// How nodes are split.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The data set.
    pub fn dataset(&self) -> &NodeDataset {
        self.dataset
    }

    /// The embedder.
    pub fn g2r(&self) -> &G2r {
        &self.g2r
    }

    /// Judges an embedding on the split of a seed, as training does.
    ///
    /// # Errors
    /// A split of this seed that cannot judge; values that are not finite.
    pub fn judge_embedding(&self, embedding: &Array2<f32>, seed: u64) -> Result<Judgement, Error> {
        judge_embedding(self.dataset, embedding, self.protocol, seed, &self.experiment.probe)
    }

    /// Trains and judges each seed, until the watcher stops it.
    ///
    /// # Errors
    /// The first seed breaks down, such as by values that are not finite. When a later one does, the outcome says
    /// so beside the seeds that were finished.
    pub fn execute(&self, watcher: &mut dyn Watcher) -> Result<Outcome, Error> {
        let baselines = BaselineFeatures {
            raw: self.dataset.features().row_normalized(),
            propagated: embedders::propagated(self.dataset, PROPAGATED_HOPS),
        };
        let split_by_seed = self.protocol.draws_by_seed();
        let mut outcome = Outcome { seeds: Vec::new(), best: None, split_by_seed, failure: None };
        let mut best_val_acc = f64::NEG_INFINITY;
        for seed in self.experiment.all_seeds() {
            // Without a split of its own a seed has the baselines of the first.
            let known = outcome.seeds.first().filter(|_| !split_by_seed);
            match self.execute_seed(seed, &baselines, known, watcher) {
                Ok(Some((result, encoder))) => {
                    watcher.seed_finished(&result);
                    if result.g2r.val_acc > best_val_acc {
                        best_val_acc = result.g2r.val_acc;
                        outcome.best = Some(BestSeed { place: outcome.seeds.len(), encoder });
                    }
                    outcome.seeds.push(result);
                }
                Ok(None) => break,
                Err(source) => {
                    let error = Error::Seed { seed, source: Box::new(source) };
                    if outcome.seeds.is_empty() {
                        return Err(error);
                    }
                    outcome.failure = Some(error);
                    break;
                }
            }
        }
        Ok(outcome)
    }

    /// One seed, from its baselines to its judgement; `None` when it was interrupted.
    fn execute_seed(
        &self,
        seed: u64,
        features: &BaselineFeatures,
        known: Option<&SeedResult>,
        watcher: &mut dyn Watcher,
    ) -> Result<Option<(SeedResult, Encoder)>, Error> {
        if watcher.interrupted() {
            return Ok(None);
        }
        watcher.seed_started(seed);
        let split = self.protocol.split(self.dataset, seed)?;
        let judge = Judge::new(self.dataset, &split, &self.experiment.probe)?;
        let (raw, propagated) = match known {
            Some(first) => (first.raw, first.propagated),
            None => (judge.judge_features(&features.raw)?, judge.judge_features(&features.propagated)?),
        };
        let untrained = self.g2r.embed(&self.g2r.init(seed));
        let random_init = judge.judge(&Rows::dense(untrained.view()))?;
        drop(untrained);

        let num_epochs = self.experiment.g2r.epochs;
        let best = f64::NEG_INFINITY;
        let mut chooser = Chooser { judge: &judge, num_epochs, watcher, best, val_acc_history: Vec::new() };
        let trained = self.g2r.train(seed, &mut chooser)?;
        let val_acc_history = chooser.val_acc_history;
        if val_acc_history.len() < num_epochs {
            return Ok(None);
        }
        let embedding = self.g2r.embed(&trained.encoder);
        let result = SeedResult {
            seed,
            epoch: trained.epoch,
            g2r: judge.judge(&Rows::dense(embedding.view()))?,
            random_init,
            raw,
            propagated,
            train_seconds: trained.seconds,
            history: trained.history,
            val_acc_history,
        };
        Ok(Some((result, trained.encoder)))
    }
}

/// The baselines that are features.
struct BaselineFeatures {
    raw: Features,
    propagated: Features,
}

/// Keeps the first epoch with the highest validation accuracy.
struct Chooser<'a> {
    judge: &'a Judge,
    num_epochs: usize,
    watcher: &'a mut dyn Watcher,
    best: f64,
    val_acc_history: Vec<f64>,
}

impl Observer for Chooser<'_> {
    fn epoch(
        &mut self,
        report: &EpochReport,
        embedding: ArrayView2<f32>,
    ) -> Result<Decision, Box<dyn StdError + Send + Sync>> {
        let val_acc = self.judge.validation_accuracy(&Rows::dense(embedding))?;
        self.val_acc_history.push(val_acc);
        self.watcher.epoch_finished(report, val_acc);
        // After the last epoch the seed is finished, whoever wants it to stop.
        if report.epoch < self.num_epochs && self.watcher.interrupted() {
            return Ok(Decision::Stop);
        }
        if val_acc > self.best {
            self.best = val_acc;
            return Ok(Decision::Keep);
        }
        Ok(Decision::Discard)
    }
}

impl Outcome {
    /// A number of each finished seed, summed up.
    ///
    /// # Panics
    /// When no seed was finished.
    pub fn over_seeds(&self, value: impl Fn(&SeedResult) -> f64) -> MeanStd {
        MeanStd::of(&self.seeds.iter().map(value).collect::<Vec<_>>())
    }

    /// A number of a baseline that knows no chance but the split's: one value where the split is one.
    ///
    /// # Panics
    /// When no seed was finished.
    pub fn over_splits(&self, value: impl Fn(&SeedResult) -> f64) -> MeanStd {
        if self.split_by_seed { self.over_seeds(value) } else { MeanStd::of(&[value(&self.seeds[0])]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph_io::{EdgePolicy, Graph, Labels, NodeDatasetParts};

    fn experiment(settings: &str) -> Experiment {
        let text =
            format!("dataset = 'cora'\n{settings}\n[g2r]\nepochs = 3\nd_hidden = [16]\nd_output = 8\n");
        Experiment::from_layers(None, toml::from_str(&text).unwrap()).unwrap()
    }

    #[derive(Default)]
    struct Log {
        epochs: Vec<f64>,
        finished: Vec<u64>,
        stop_after: Option<usize>,
    }

    impl Watcher for Log {
        fn epoch_finished(&mut self, _report: &EpochReport, val_acc: f64) {
            self.epochs.push(val_acc);
        }

        fn seed_finished(&mut self, result: &SeedResult) {
            self.finished.push(result.seed);
        }

        fn interrupted(&self) -> bool {
            self.stop_after.is_some_and(|epochs| self.epochs.len() >= epochs)
        }
    }

    #[test]
    fn the_first_epoch_with_the_highest_validation_accuracy_is_kept() {
        let cora = graph_io::load("cora", None).unwrap();
        let run = Run::prepare(experiment("seeds = 2\nseed = 4"), &cora, &Device::flex()).unwrap();
        let mut log = Log::default();
        let outcome = run.execute(&mut log).unwrap();
        assert_eq!((log.epochs.len(), log.finished), (6, vec![4, 5]));
        for (result, epochs) in outcome.seeds.iter().zip(log.epochs.chunks(3)) {
            let highest = epochs.iter().copied().fold(0.0, f64::max);
            assert_eq!(result.epoch, 1 + epochs.iter().position(|&val_acc| val_acc == highest).unwrap());
            assert_eq!((result.g2r.val_acc, &result.val_acc_history[..]), (highest, epochs));
            assert_eq!(result.history.len(), 3);
        }
        let best = outcome.best.unwrap();
        let val_acc = |place: usize| outcome.seeds[place].g2r.val_acc;
        assert_eq!(best.place, usize::from(val_acc(1) > val_acc(0)));

        let embedding = run.g2r().embed(&best.encoder);
        let result = &outcome.seeds[best.place];
        assert_eq!(run.judge_embedding(&embedding, result.seed).unwrap(), result.g2r);
    }

    #[test]
    fn baselines_of_one_split_are_one_value() {
        let cora = graph_io::load("cora", None).unwrap();
        let run = Run::prepare(experiment("seeds = 2"), &cora, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoWatcher).unwrap();
        assert_eq!(outcome.seeds[0].raw, outcome.seeds[1].raw);
        assert_eq!(outcome.over_splits(|result| result.raw.test_acc).std, None);
        assert!(outcome.over_seeds(|result| result.random_init.test_acc).std.is_some());

        let by_seed = experiment("seeds = 2\nprotocol = 'random-20'");
        let run = Run::prepare(by_seed, &cora, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoWatcher).unwrap();
        assert_ne!(outcome.seeds[0].raw, outcome.seeds[1].raw);
        assert!(outcome.over_splits(|result| result.raw.test_acc).std.is_some());
    }

    #[test]
    fn an_interrupted_seed_is_dropped_and_the_finished_ones_stay() {
        let cora = graph_io::load("cora", None).unwrap();
        let run = Run::prepare(experiment("seeds = 3"), &cora, &Device::flex()).unwrap();
        let seeds = |stop_after| {
            let mut log = Log { stop_after: Some(stop_after), ..Log::default() };
            let outcome = run.execute(&mut log).unwrap();
            (outcome.seeds.len(), outcome.best.is_some(), log.epochs.len())
        };
        assert_eq!(seeds(0), (0, false, 0));
        assert_eq!(seeds(2), (0, false, 2));
        assert_eq!(seeds(3), (1, true, 3));
        assert_eq!(seeds(4), (1, true, 4));
    }

    /// 30 nodes in two classes: under 10-10-80 a probe learns from three nodes, which may be of one class.
    fn two_classes() -> NodeDataset {
        let edges: Vec<(u32, u32)> = (0..29).map(|node| (node, node + 1)).collect();
        let (graph, _) = Graph::from_edges(30, &edges, EdgePolicy::default()).unwrap();
        let classes = (0..30u32).map(|node| Some(node % 2)).collect();
        let labels = Labels::from_classes(classes, vec!["even".into(), "odd".into()]).unwrap();
        NodeDataset::from_parts(NodeDatasetParts {
            name: "path".into(),
            labels: Some(labels),
            ..NodeDatasetParts::new(graph, Features::Dense(Array2::eye(30)))
        })
        .unwrap()
    }

    #[test]
    fn a_seed_that_breaks_down_leaves_those_before_it() {
        let path = two_classes();
        let judges = |seed| {
            let split = Protocol::Tenths.split(&path, seed).unwrap();
            Judge::new(&path, &split, &crate::ProbeConfig::default()).is_ok()
        };
        let broken = (1..100).find(|&seed| judges(seed - 1) && !judges(seed)).unwrap();
        let run = |seed: u64| {
            let settings = format!("protocol = '10-10-80'\nseed = {seed}\nseeds = 3");
            Run::prepare(experiment(&settings), &path, &Device::flex())
        };
        let outcome = run(broken - 1).unwrap().execute(&mut NoWatcher).unwrap();
        assert_eq!((outcome.seeds.len(), outcome.seeds[0].seed), (1, broken - 1));
        assert_eq!(outcome.failure.unwrap().to_string(), format!("seed {broken}"));
        assert_eq!(
            run(broken).err().unwrap().to_string(),
            "training nodes: expected at least two classes, found 1"
        );
    }

    #[test]
    fn input_that_cannot_be_judged_is_refused_before_training() {
        let mut parts = graph_io::load("cora", None).unwrap().into_parts();
        parts.splits.clear();
        parts.labels = None;
        let bare = NodeDataset::from_parts(parts).unwrap();
        let error = Run::prepare(experiment(""), &bare, &Device::flex()).err().unwrap();
        assert_eq!(error.to_string(), "data set cora: expected labels to judge by, found none");
    }
}
