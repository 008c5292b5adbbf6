//! Training over seeds, each judged beside the baselines where there is something to judge by.

use std::error::Error as StdError;

use burn::tensor::Device;
use embedders::{Decision, Embedded, Embedder, EpochReport, MethodKind, Observer, Task};
use evaluation::Rows;
use graph_io::embedding::{NodeColumn, check_rows};
use graph_io::{Features, NodeDataset, Split};
use ndarray::Array2;

use crate::error::Error;
use crate::experiment::Experiment;
use crate::judge::{Judge, Judgement, judge_embedding};
use crate::outcome::{BestSeed, Outcome, SeedResult, SeedScores};
use crate::probe_config::ProbeConfig;
use crate::protocol::Protocol;

/// K of the baseline Âᴷ X.
pub const PROPAGATED_HOPS: usize = 2;

/// An experiment with its data set on a device, found fit to run.
pub struct Run<'a> {
    experiment: Experiment,
    protocol: Protocol,
    probe: ProbeConfig,
    dataset: &'a NodeDataset,
    embedder: Box<dyn Embedder>,
}

/// Sees a run as it goes, and may end it.
pub trait Watcher {
    /// A seed is about to be trained.
    fn seed_started(&mut self, _seed: u64) {}
    /// An epoch was trained, and judged on the validation nodes where it was its turn.
    fn epoch_finished(&mut self, _report: &EpochReport, _val_acc: Option<f64>) {}
    /// A seed was trained, and judged where anything is.
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

impl<'a> Run<'a> {
    /// Puts everything in place; whatever the input can be blamed for is found here, before training.
    ///
    /// # Errors
    /// A setting out of range; labels or a split that cannot judge, unless nothing is to be judged; a supervised method
    /// without labels.
    pub fn prepare(
        mut experiment: Experiment,
        dataset: &'a NodeDataset,
        device: &Device,
    ) -> Result<Self, Error> {
        experiment.check()?;
        let protocol = *experiment.protocol.get_or_insert_with(|| Protocol::default_for(dataset));
        let probe = experiment.probe.get_or_insert_with(|| protocol.probe()).clone();
        experiment.seeds = Some(experiment.num_seeds());
        if protocol.judges() {
            let split = protocol.split(dataset, experiment.seed)?;
            Judge::new(dataset, &split, &probe)?;
        } else if experiment.method.info().kind == MethodKind::Supervised {
            let expected = "a protocol with training nodes, and labels";
            return Err(Error::invalid(format!("method {}", experiment.method), expected, "none"));
        }
        let embedder = experiment.method.init(&experiment.settings, dataset, device)?;
        Ok(Self { experiment, protocol, probe, dataset, embedder })
    }

    /// The settings, with the protocol, the probe and the number of seeds that were chosen.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// How nodes are split.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// What judges.
    pub fn probe(&self) -> &ProbeConfig {
        &self.probe
    }

    /// The data set.
    pub fn dataset(&self) -> &NodeDataset {
        self.dataset
    }

    /// The embedder.
    pub fn embedder(&self) -> &dyn Embedder {
        self.embedder.as_ref()
    }

    /// The split of a seed, where anything is judged.
    ///
    /// # Errors
    /// Too few labelled nodes.
    pub fn split(&self, seed: u64) -> Result<Option<Split>, Error> {
        self.protocol.judges().then(|| self.protocol.split(self.dataset, seed)).transpose()
    }

    /// Checks that an embedding of this data set can be written in each format that the settings ask for.
    ///
    /// # Errors
    /// Ids or class names that a format has no place for; a format that was not built in.
    pub fn check_embedding_formats(&self) -> Result<(), Error> {
        let columns: Vec<NodeColumn<'_>> =
            self.dataset.labels().map(NodeColumn::of_labels).into_iter().collect();
        for format in self.experiment.more_embedding_formats() {
            format.check(self.dataset.node_ids(), &columns)?;
        }
        Ok(())
    }

    /// Judges an embedding on the split of a seed, as training does.
    ///
    /// # Errors
    /// A split of this seed that cannot judge, or none; values that are not finite.
    pub fn judge_embedding(&self, embedding: &Array2<f32>, seed: u64) -> Result<Judgement, Error> {
        if self.experiment.method.info().kind == MethodKind::Supervised {
            let judge = self.judge(seed)?.expect("a supervised run is judged");
            return Ok(judge.judge(&Rows::dense(embedding.view()))?);
        }
        judge_embedding(self.dataset, embedding, self.protocol, seed, &self.probe)
    }

    /// The judge of this method's rows on the split of a seed, where anything is judged.
    pub(crate) fn judge(&self, seed: u64) -> Result<Option<Judge>, Error> {
        let Some(split) = self.split(seed)? else { return Ok(None) };
        let judge = Judge::new(self.dataset, &split, &self.probe)?;
        let supervised = self.experiment.method.info().kind == MethodKind::Supervised;
        Ok(Some(if supervised { judge.of_logits() } else { judge }))
    }

    /// Trains each seed and judges it where anything is judged, until the watcher stops it.
    ///
    /// # Errors
    /// The first seed breaks down, such as by values that are not finite. When a later one does, the outcome says
    /// so beside the seeds that were finished.
    pub fn execute(&self, watcher: &mut dyn Watcher) -> Result<Outcome, Error> {
        let baselines = self.protocol.judges().then(|| BaselineFeatures {
            raw: self.dataset.features().row_normalized(),
            propagated: embedders::propagated(self.dataset, PROPAGATED_HOPS),
        });
        let split_by_seed = self.protocol.splits_by_seed(self.dataset);
        let mut outcome = Outcome { seeds: Vec::new(), best: None, split_by_seed, failure: None };
        let mut best_merit = f64::NEG_INFINITY;
        for seed in self.experiment.all_seeds() {
            // Without a split of its own a seed has the baselines of the first.
            let known =
                outcome.seeds.first().and_then(|first| first.scores.as_ref()).filter(|_| !split_by_seed);
            match self.execute_seed(seed, baselines.as_ref(), known, watcher) {
                Ok(Some((result, embedded))) => {
                    watcher.seed_finished(&result);
                    if outcome.best.is_none() || result.merit() > best_merit {
                        best_merit = result.merit();
                        outcome.best = Some(BestSeed {
                            place: outcome.seeds.len(),
                            rows: embedded.rows,
                            weights: embedded.weights,
                        });
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
        features: Option<&BaselineFeatures>,
        known: Option<&SeedScores>,
        watcher: &mut dyn Watcher,
    ) -> Result<Option<(SeedResult, Embedded)>, Error> {
        if watcher.interrupted() {
            return Ok(None);
        }
        watcher.seed_started(seed);
        let baselines = match (features, known) {
            (Some(_), Some(first)) => Some((first.raw, first.propagated)),
            (Some(features), None) => {
                let split = self.protocol.split(self.dataset, seed)?;
                let judge = Judge::new(self.dataset, &split, &self.probe)?;
                Some((judge.judge_features(&features.raw)?, judge.judge_features(&features.propagated)?))
            }
            (None, _) => None,
        };
        let judge = self.judge(seed)?;
        let Some((embedded, val_acc_history)) = self.train_seed(seed, judge.as_ref(), watcher)? else {
            return Ok(None);
        };
        let Embedded { epoch, history, seconds, .. } = &embedded;
        let scores = match (judge, baselines) {
            (Some(judge), Some((raw, propagated))) => {
                let untrained = self.embedder.untrained(seed);
                let random_init = untrained.map(|rows| judge.judge(&Rows::dense(rows.view()))).transpose()?;
                let trained = judge.judge_features(&embedded.rows)?;
                Some(SeedScores { trained, random_init, raw, propagated, val_acc_history })
            }
            _ => None,
        };
        let (epoch, history, train_seconds) = (*epoch, history.clone(), *seconds);
        Ok(Some((SeedResult { seed, epoch, scores, train_seconds, history }, embedded)))
    }

    /// Trains a seed, its epoch chosen by a judge where there is one; with the validation accuracies that were asked for.
    /// `None` when it was interrupted.
    pub(crate) fn train_seed(
        &self,
        seed: u64,
        judge: Option<&Judge>,
        watcher: &mut dyn Watcher,
    ) -> Result<Option<TrainedSeed>, Error> {
        let supervised = self.experiment.method.info().kind == MethodKind::Supervised;
        let labels = match (judge, self.dataset.labels()) {
            (Some(judge), Some(labels)) if supervised => Some(judge.training_labels(labels.num_classes())),
            _ => None,
        };
        let mut chooser = Chooser {
            judge,
            judge_every: self.experiment.judge_every(),
            num_epochs: self.experiment.epochs().unwrap_or(0),
            watcher,
            best: f64::NEG_INFINITY,
            val_acc_history: Vec::new(),
            interrupted: false,
        };
        let embedded = self.embedder.embed(&Task { seed, labels }, &mut chooser)?;
        if chooser.interrupted {
            return Ok(None);
        }
        if let Features::Dense(rows) = &embedded.rows {
            // No step has seen these.
            check_rows(rows.view())?;
        }
        Ok(Some((embedded, chooser.val_acc_history)))
    }
}

/// An embedding, and the validation accuracy after each epoch where it was asked for.
type TrainedSeed = (Embedded, Vec<Option<f64>>);

/// The baselines that are features.
struct BaselineFeatures {
    raw: Features,
    propagated: Features,
}

/// Keeps the first epoch with the highest validation accuracy, of those that are its turn; without a judge, or where it is
/// never an epoch's turn, it keeps none.
struct Chooser<'a> {
    judge: Option<&'a Judge>,
    judge_every: usize,
    num_epochs: usize,
    watcher: &'a mut dyn Watcher,
    best: f64,
    val_acc_history: Vec<Option<f64>>,
    interrupted: bool,
}

impl Observer for Chooser<'_> {
    fn epoch(
        &mut self,
        report: &EpochReport,
        embedding: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, Box<dyn StdError + Send + Sync>> {
        let last = report.epoch == self.num_epochs;
        let turn = self.judge_every > 0 && (report.epoch.is_multiple_of(self.judge_every) || last);
        let val_acc = match self.judge.filter(|_| turn) {
            Some(judge) => Some(judge.validation_accuracy(&Rows::dense(embedding().view()))?),
            None => None,
        };
        self.val_acc_history.push(val_acc);
        self.watcher.epoch_finished(report, val_acc);
        // After the last epoch the seed is finished, whoever wants it to stop.
        if !last && self.watcher.interrupted() {
            self.interrupted = true;
            return Ok(Decision::Stop);
        }
        match val_acc {
            Some(val_acc) if val_acc > self.best => {
                self.best = val_acc;
                Ok(Decision::Keep)
            }
            _ => Ok(Decision::Discard),
        }
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
        trained: usize,
        finished: Vec<u64>,
        stop_after: Option<usize>,
    }

    impl Watcher for Log {
        fn epoch_finished(&mut self, _report: &EpochReport, val_acc: Option<f64>) {
            match val_acc {
                Some(val_acc) => self.epochs.push(val_acc),
                None => self.trained += 1,
            }
        }

        fn seed_finished(&mut self, result: &SeedResult) {
            self.finished.push(result.seed);
        }

        fn interrupted(&self) -> bool {
            self.stop_after.is_some_and(|epochs| self.epochs.len() + self.trained >= epochs)
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
            let scores = result.scores.as_ref().unwrap();
            let judged: Vec<f64> = scores.val_acc_history.iter().map(|val_acc| val_acc.unwrap()).collect();
            assert_eq!((scores.trained.val_acc, &judged[..]), (highest, epochs));
            assert_eq!(result.history.len(), 3);
        }
        let best = outcome.best.unwrap();
        let scores = |place: usize| outcome.seeds[place].scores.as_ref().unwrap().trained;
        assert_eq!(best.place, usize::from(scores(1).val_acc > scores(0).val_acc));

        let embedding = best.embedding();
        let seed = outcome.seeds[best.place].seed;
        assert_eq!(run.judge_embedding(&embedding, seed).unwrap(), scores(best.place));
    }

    #[test]
    fn baselines_of_one_split_are_one_value() {
        let cora = graph_io::load("cora", None).unwrap();
        let run = Run::prepare(experiment("seeds = 2"), &cora, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoWatcher).unwrap();
        let raw =
            |outcome: &Outcome| [0, 1].map(|place: usize| outcome.seeds[place].scores.as_ref().unwrap().raw);
        assert_eq!(raw(&outcome)[0], raw(&outcome)[1]);
        assert_eq!(outcome.over_splits(|result| result.raw.test_acc).std, None);
        assert!(outcome.over_seeds(|result| result.random_init.unwrap().test_acc).std.is_some());

        let by_seed = experiment("seeds = 2\nprotocol = 'random-20'");
        let run = Run::prepare(by_seed, &cora, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoWatcher).unwrap();
        assert_ne!(raw(&outcome)[0], raw(&outcome)[1]);
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

    fn without_labels() -> NodeDataset {
        let mut parts = graph_io::load("cora", None).unwrap().into_parts();
        parts.splits.clear();
        parts.labels = None;
        NodeDataset::from_parts(parts).unwrap()
    }

    #[test]
    fn without_labels_the_last_epoch_is_kept_of_one_seed() {
        let bare = without_labels();
        let run = Run::prepare(experiment("seed = 4"), &bare, &Device::flex()).unwrap();
        assert_eq!((run.protocol(), run.experiment().seeds), (Protocol::Unjudged, Some(1)));
        assert_eq!(run.split(4).unwrap(), None);
        let mut log = Log::default();
        let outcome = run.execute(&mut log).unwrap();
        assert_eq!((log.trained, log.epochs.len(), &log.finished[..]), (3, 0, &[4][..]));
        let result = &outcome.seeds[0];
        assert_eq!((result.epoch, &result.scores, result.history.len()), (3, &None, 3));
        let [first, last] = result.first_and_last_rates();
        let (first, last) = (first.unwrap(), last.unwrap());
        assert_eq!(first.reduction, first.expansion - first.compression);
        assert_eq!(last.expansion, result.history[2].rates.unwrap().expansion);

        let task = Task { seed: 4, labels: None };
        let trained = run.embedder().embed(&task, &mut embedders::KeepLast).unwrap();
        let embedding = outcome.best.unwrap().embedding();
        let Features::Dense(rows) = trained.rows else { panic!("an encoder gives dense rows") };
        assert_eq!(embedding, rows);
        assert_eq!(
            run.judge_embedding(&embedding, 4).unwrap_err().to_string(),
            "data set cora: expected labels to judge by, found none"
        );
    }

    #[test]
    fn labels_are_not_looked_at_where_none_are_asked_for() {
        let (cora, bare) = (graph_io::load("cora", None).unwrap(), without_labels());
        let embedding = |dataset: &NodeDataset| {
            let run = Run::prepare(experiment("protocol = 'none'"), dataset, &Device::flex()).unwrap();
            let outcome = run.execute(&mut NoWatcher).unwrap();
            assert!(!outcome.is_judged());
            outcome.best.unwrap().embedding()
        };
        assert_eq!(embedding(&cora), embedding(&bare));
    }

    #[test]
    fn of_several_seeds_that_are_not_judged_that_of_the_lowest_loss_is_the_best() {
        let bare = without_labels();
        let run = Run::prepare(experiment("seeds = 3"), &bare, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoWatcher).unwrap();
        let losses: Vec<f64> = outcome.seeds.iter().map(|result| result.history[2].loss).collect();
        assert_eq!(losses.len(), 3);
        let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(losses[outcome.best.unwrap().place], lowest);
    }

    #[test]
    fn a_seed_that_is_not_judged_can_be_interrupted() {
        let bare = without_labels();
        let run = Run::prepare(experiment("seeds = 2"), &bare, &Device::flex()).unwrap();
        let mut log = Log { stop_after: Some(4), ..Log::default() };
        let outcome = run.execute(&mut log).unwrap();
        assert_eq!((outcome.seeds.len(), outcome.best.is_some(), log.trained), (1, true, 4));
    }

    #[test]
    fn input_that_cannot_be_judged_is_refused_before_training() {
        let bare = without_labels();
        let public = Run::prepare(experiment("protocol = 'public'"), &bare, &Device::flex());
        assert_eq!(
            public.err().unwrap().to_string(),
            "data set cora: expected labels to judge by, found none"
        );
    }

    #[test]
    fn a_format_without_a_place_for_the_ids_is_refused_before_training() {
        let mut parts = two_classes().into_parts();
        parts.node_ids = (0..30).map(|node| format!("node {node}")).collect();
        let spaced = NodeDataset::from_parts(parts).unwrap();
        let check = |formats: &str| {
            let settings = format!("protocol = 'none'\nembedding_formats = {formats}");
            Run::prepare(experiment(&settings), &spaced, &Device::flex()).unwrap().check_embedding_formats()
        };
        assert!(check("['npy', 'csv', 'npz', 'projector']").is_ok());
        assert_eq!(
            check("['csv', 'word2vec']").unwrap_err().to_string(),
            "embedding format word2vec: expected node ids without blanks, found \"node 0\""
        );
    }
}
