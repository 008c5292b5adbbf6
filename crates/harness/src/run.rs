//! Training over seeds, each evaluated beside the baselines where there are labels to evaluate by.

use std::ops::ControlFlow;

use burn::tensor::Device;
use embedders::{
    Callback, CallbackError, Checkpoint, Decision, EpochLog, Estimator, FitOptions, FitResult, OnInterrupt,
    Progress,
};
use evaluation::Rows;
use graph_io::embedding::{NodeColumn, check_rows};
use graph_io::{Features, NodeDataset, Split};
use ndarray::Array2;

use crate::baselines::{Baselines, FeatureBaseline};
use crate::error::Error;
use crate::evaluator::{Evaluation, Evaluator, Scores, evaluate_embedding, rows_of};
use crate::experiment::{Draft, Experiment};
use crate::outcome::{BestSeed, EffectiveRank, Outcome, SeedResult, SeedScores};
use crate::probe_config::ProbeConfig;
use crate::protocol::Protocol;

/// An experiment with its data set on a device, found fit to run.
pub struct Run<'a> {
    experiment: Experiment,
    protocol: Protocol,
    probe: ProbeConfig,
    dataset: &'a NodeDataset,
    estimator: Estimator<'a>,
}

/// Sees a run as it goes, and may end it.
pub trait RunCallback {
    /// A seed is about to be trained.
    fn seed_started(&mut self, _seed: u64) {}
    /// How far the training of the seed is.
    fn progress(&mut self, _progress: Progress) {}
    /// An epoch was trained, and evaluated on the validation nodes where it was its turn.
    fn epoch_finished(&mut self, _log: &EpochLog, _val_acc: Option<f64>) {}
    /// A seed was trained, and evaluated where anything is.
    fn seed_finished(&mut self, _result: &SeedResult) {}
    /// Whether to stop as soon as can be. The seed at hand is then dropped; the first is kept as it is by then, where an epoch
    /// of it was trained.
    fn interrupted(&self) -> bool {
        false
    }
}

/// Sees nothing and never stops a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCallback;

impl RunCallback for NoCallback {}

impl<'a> Run<'a> {
    /// Puts everything in place; whatever is wrong with the input is found here, before training.
    ///
    /// # Errors
    /// A data set that is not the one that the settings were written for; a setting out of range; labels or a split that cannot
    /// evaluate, unless nothing is to be evaluated; a supervised method without labels.
    pub fn prepare(draft: Draft, dataset: &'a NodeDataset, device: &Device) -> Result<Self, Error> {
        Self::of(draft.on(dataset)?, dataset, device)
    }

    /// The same for an experiment on this data set.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn of(mut experiment: Experiment, dataset: &'a NodeDataset, device: &Device) -> Result<Self, Error> {
        let settings = &mut experiment.run;
        let protocol = *settings.protocol.get_or_insert_with(|| Protocol::default_for(dataset));
        let probe = settings.probe.get_or_insert_with(|| protocol.probe()).clone();
        // What knows no chance is the same for every seed: where they share a split, one says all.
        let varies = experiment.settings.info().stochastic || protocol.splits_by_seed(dataset);
        let num_seeds = settings.seeds.unwrap_or(if varies { settings.num_seeds() } else { 1 });
        settings.seeds = Some(num_seeds);
        if protocol.evaluates() {
            let split = protocol.split(dataset, settings.seed)?;
            Evaluator::new(dataset, &split, &probe)?;
        } else if experiment.settings.info().kind.is_supervised() {
            let expected = "a protocol with training nodes, and labels";
            let method = experiment.settings.info().name;
            return Err(Error::invalid(format!("method {method}"), expected, "none"));
        }
        experiment.run.checkpoint = Some(experiment.checkpoint());
        let estimator = experiment.settings.prepare(dataset, &experiment.run.preparation, device)?;
        Ok(Self { experiment, protocol, probe, dataset, estimator })
    }

    /// The settings, with the protocol, the probe, the checkpoint and the number of seeds that were chosen.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// How nodes are split.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The probe.
    pub fn probe(&self) -> &ProbeConfig {
        &self.probe
    }

    /// The data set.
    pub fn dataset(&self) -> &NodeDataset {
        self.dataset
    }

    /// The method on its data set.
    pub fn estimator(&self) -> &Estimator<'a> {
        &self.estimator
    }

    /// The split of a seed, where anything is evaluated.
    ///
    /// # Errors
    /// Too few labelled nodes.
    pub fn split(&self, seed: u64) -> Result<Option<Split>, Error> {
        self.protocol.evaluates().then(|| self.protocol.split(self.dataset, seed)).transpose()
    }

    /// Checks that an embedding of this data set can be written in each format that the settings ask for.
    ///
    /// # Errors
    /// Ids or class names that a format has no place for; a format that was not built in.
    pub fn check_embedding_formats(&self) -> Result<(), Error> {
        let columns: Vec<NodeColumn<'_>> =
            self.dataset.labels().map(NodeColumn::of_labels).into_iter().collect();
        for format in self.experiment.run.more_embedding_formats() {
            format.check(self.dataset.node_ids(), &columns)?;
        }
        Ok(())
    }

    /// Evaluates an embedding on the split of a seed, as training does.
    ///
    /// # Errors
    /// A split of this seed that cannot evaluate, or none; values that are not finite.
    pub fn evaluate_embedding(&self, embedding: &Array2<f32>, seed: u64) -> Result<Scores, Error> {
        if self.gives_logits() {
            let evaluator = self.evaluator(seed)?.expect("a supervised run is evaluated");
            return Ok(evaluator.evaluate(&Rows::dense(embedding.view()))?);
        }
        evaluate_embedding(self.dataset, embedding, self.protocol, seed, &self.probe)
    }

    fn gives_logits(&self) -> bool {
        self.experiment.settings.info().kind.gives_logits()
    }

    /// The evaluator of this method's rows on the split of a seed, where anything is evaluated.
    pub(crate) fn evaluator(&self, seed: u64) -> Result<Option<Evaluator>, Error> {
        let Some(split) = self.split(seed)? else { return Ok(None) };
        let evaluator = Evaluator::new(self.dataset, &split, &self.probe)?;
        Ok(Some(if self.gives_logits() { evaluator.of_logits() } else { evaluator }))
    }

    /// Trains each seed and evaluates it where anything is evaluated, until the callback stops it. Where that is in the first seed,
    /// what was trained of it is the outcome.
    ///
    /// # Errors
    /// The first seed breaks down, such as by values that are not finite. When a later one does, the outcome says
    /// so beside the seeds that were finished.
    pub fn execute(&self, callback: &mut dyn RunCallback) -> Result<Outcome, Error> {
        let split_by_seed = self.protocol.splits_by_seed(self.dataset);
        let mut outcome = Outcome { seeds: Vec::new(), best: None, split_by_seed, failure: None };
        let Some(baselines) = self.evaluate_baselines(split_by_seed, callback)? else { return Ok(outcome) };
        let mut best_score = f64::NEG_INFINITY;
        let mut shared = None;
        for seed in self.experiment.run.all_seeds() {
            // Where the split is the same for all, so are the baselines.
            let place = if split_by_seed { outcome.seeds.len() } else { 0 };
            // Half a seed is better than none, and worth nothing beside whole ones.
            let on_interrupt = if outcome.seeds.is_empty() { OnInterrupt::Keep } else { OnInterrupt::Drop };
            match self.execute_seed(seed, baselines.get(place), &mut shared, on_interrupt, callback) {
                Ok(Some((result, fitted, predicted))) => {
                    let interrupted = result.interrupted;
                    if !interrupted {
                        callback.seed_finished(&result);
                    }
                    if outcome.best.is_none() || result.selection_score() > best_score {
                        best_score = result.selection_score();
                        let FitResult { model, rows, .. } = fitted;
                        outcome.best = Some(BestSeed { place: outcome.seeds.len(), rows, predicted, model });
                    }
                    outcome.seeds.push(result);
                    if interrupted {
                        break;
                    }
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

    /// The scores of the baselines that are features, on the split of each seed or on the one that all share; none where nothing
    /// is evaluated, up to the first seed that cannot be; `None` when it was interrupted. Each kind of features is dropped before the next.
    fn evaluate_baselines(
        &self,
        split_by_seed: bool,
        callback: &mut dyn RunCallback,
    ) -> Result<Option<Vec<Baselines<Option<Scores>>>>, Error> {
        if !self.protocol.evaluates() {
            return Ok(Some(Vec::new()));
        }
        let num_splits = if split_by_seed { self.experiment.run.num_seeds() } else { 1 };
        let evaluator =
            |seed| Evaluator::new(self.dataset, &self.protocol.split(self.dataset, seed)?, &self.probe);
        let seeds = self.experiment.run.all_seeds().take(num_splits);
        // The first has been tried already; another may have a split that no probe can learn from.
        let evaluators: Vec<Evaluator> = seeds.map(evaluator).map_while(Result::ok).collect();
        let mut baselines = vec![Baselines::default(); evaluators.len()];
        for kind in FeatureBaseline::ALL {
            let Some(rows) = kind.rows(self.dataset, self.estimator.preparation())? else { continue };
            for (evaluator, baselines) in evaluators.iter().zip(&mut baselines) {
                if callback.interrupted() {
                    return Ok(None);
                }
                *kind.place(baselines) = Some(evaluator.evaluate_features(&rows)?);
            }
        }
        Ok(Some(baselines))
    }

    /// One seed, from its baselines to its scores; `None` when it was interrupted.
    fn execute_seed(
        &self,
        seed: u64,
        baselines: Option<&Baselines<Option<Scores>>>,
        shared: &mut Option<TrainedSeed>,
        on_interrupt: OnInterrupt,
        callback: &mut dyn RunCallback,
    ) -> Result<Option<ExecutedSeed>, Error> {
        if callback.interrupted() {
            return Ok(None);
        }
        callback.seed_started(seed);
        let evaluator = self.evaluator(seed)?;
        let Some((fitted, seen)) =
            self.train_seed_once(seed, evaluator.as_ref(), shared, on_interrupt, callback)?
        else {
            return Ok(None);
        };
        let SeenOfSeed { val_acc_history, interrupted } = seen;
        let mut predicted = None;
        let scores = match (evaluator, baselines) {
            (Some(evaluator), Some(baselines)) => {
                // Whoever interrupts does not wait for a baseline.
                let wanted = !self.gives_logits() && !interrupted;
                let untrained = wanted.then(|| self.estimator.random_init(seed)).flatten();
                let random_init =
                    untrained.map(|rows| evaluator.evaluate(&Rows::dense(rows.view()))).transpose()?;
                let found = evaluator.evaluate_in_full(&rows_of(&fitted.rows))?;
                let Evaluation { scores: trained, probe, confusion, .. } = found;
                predicted = Some(found.predicted);
                let baselines = Baselines { random_init, ..*baselines };
                Some(SeedScores { trained, baselines, val_acc_history, probe, confusion })
            }
            _ => None,
        };
        let FitResult { epoch, history, seconds, spectrum, .. } = &fitted;
        let (epoch, history, train_seconds) = (*epoch, history.clone(), *seconds);
        let (spectrum, effective_rank) = (spectrum.clone(), EffectiveRank::of_rows(&fitted.rows)?);
        let result =
            SeedResult { seed, epoch, scores, train_seconds, history, effective_rank, spectrum, interrupted };
        Ok(Some((result, fitted, predicted)))
    }

    /// As [`train_seed`](Self::train_seed); a method without randomness is trained once for all seeds.
    fn train_seed_once(
        &self,
        seed: u64,
        evaluator: Option<&Evaluator>,
        shared: &mut Option<TrainedSeed>,
        on_interrupt: OnInterrupt,
        callback: &mut dyn RunCallback,
    ) -> Result<Option<TrainedSeed>, Error> {
        if !self.experiment.settings.info().is_same_for_all_splits() {
            return self.train_seed_until(seed, evaluator, on_interrupt, callback);
        }
        if shared.is_none() {
            *shared = self.train_seed(seed, evaluator, callback)?;
        }
        Ok(shared.clone())
    }

    /// Trains a seed, its epoch chosen as the settings say; with what was seen of it. `None` when it was interrupted.
    pub(crate) fn train_seed(
        &self,
        seed: u64,
        evaluator: Option<&Evaluator>,
        callback: &mut dyn RunCallback,
    ) -> Result<Option<TrainedSeed>, Error> {
        self.train_seed_until(seed, evaluator, OnInterrupt::Drop, callback)
    }

    /// The same; an interrupted training may count as far as it came.
    fn train_seed_until(
        &self,
        seed: u64,
        evaluator: Option<&Evaluator>,
        on_interrupt: OnInterrupt,
        callback: &mut dyn RunCallback,
    ) -> Result<Option<TrainedSeed>, Error> {
        let supervised = self.experiment.settings.info().kind.is_supervised();
        let labels = match (evaluator, self.dataset.labels()) {
            (Some(evaluator), Some(labels)) if supervised => {
                Some(evaluator.training_labels(labels.num_classes()))
            }
            _ => None,
        };
        let checkpoint = self.experiment.checkpoint();
        let options = FitOptions { seed, checkpoint: Some(checkpoint), labels, on_interrupt };
        let mut seen = SeedCallback {
            evaluator: evaluator.filter(|_| checkpoint == Checkpoint::BestValidation),
            eval_every: self.experiment.run.eval_every,
            num_epochs: self.experiment.settings.epochs().unwrap_or(0),
            callback,
            best: f64::NEG_INFINITY,
            seen: SeenOfSeed::default(),
        };
        let fitted = match self.estimator.fit(&options, &mut seen) {
            Err(embedders::Error::Interrupted) => return Ok(None),
            fitted => fitted?,
        };
        // A method that was done before it heard of it is whole.
        seen.seen.interrupted &= (1..seen.num_epochs).contains(&fitted.history.len());
        if let Features::Dense(rows) = &fitted.rows {
            // No step has seen these.
            check_rows(rows.view())?;
        }
        Ok(Some((fitted, seen.seen)))
    }
}

/// What came of a seed, what was trained, and the class predicted for each node.
type ExecutedSeed = (SeedResult, FitResult, Option<Vec<usize>>);

/// What came of a seed, and what was seen of its training.
type TrainedSeed = (FitResult, SeenOfSeed);

/// What was seen of a seed's training.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenOfSeed {
    /// The validation accuracy after each epoch that was evaluated.
    val_acc_history: Vec<Option<f64>>,
    /// Whether it was ended before its last epoch.
    interrupted: bool,
}

/// Keeps the first epoch with the highest validation accuracy, of those that are its turn; without an evaluator it keeps none.
struct SeedCallback<'a> {
    evaluator: Option<&'a Evaluator>,
    eval_every: usize,
    num_epochs: usize,
    callback: &'a mut dyn RunCallback,
    best: f64,
    seen: SeenOfSeed,
}

impl Callback for SeedCallback<'_> {
    fn progress(&mut self, progress: Progress) -> ControlFlow<()> {
        self.callback.progress(progress);
        self.seen.interrupted = self.callback.interrupted();
        if self.seen.interrupted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn epoch(
        &mut self,
        log: &EpochLog,
        embed: &mut dyn FnMut() -> Array2<f32>,
    ) -> Result<Decision, CallbackError> {
        let turn = log.epoch.is_multiple_of(self.eval_every) || log.epoch == self.num_epochs;
        let val_acc = match self.evaluator.filter(|_| turn) {
            Some(evaluator) => Some(evaluator.validation_accuracy(&Rows::dense(embed().view()))?),
            None => None,
        };
        self.seen.val_acc_history.push(val_acc);
        self.callback.epoch_finished(log, val_acc);
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
    use embedders::Registry;
    use graph_io::{EdgePolicy, Graph, Labels, NodeDatasetParts};

    fn draft(settings: &str) -> Draft {
        let text = format!(
            "dataset = 'cora'\n{settings}\n[g2r]\nepochs = 3\nencoder.d_hidden = [16]\nd_output = 8\n"
        );
        Draft::from_layers(&Registry::builtin(), None, toml::from_str(&text).unwrap()).unwrap()
    }

    #[derive(Default)]
    struct Log {
        epochs: Vec<f64>,
        trained: usize,
        finished: Vec<u64>,
        stop_after: Option<usize>,
    }

    impl RunCallback for Log {
        fn epoch_finished(&mut self, _report: &EpochLog, val_acc: Option<f64>) {
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
        let run = Run::prepare(draft("seeds = 2\nseed = 4"), &cora, &Device::flex()).unwrap();
        let mut log = Log::default();
        let outcome = run.execute(&mut log).unwrap();
        assert_eq!((log.epochs.len(), log.finished), (6, vec![4, 5]));
        for (result, epochs) in outcome.seeds.iter().zip(log.epochs.chunks(3)) {
            let highest = epochs.iter().copied().fold(0.0, f64::max);
            assert_eq!(result.epoch, 1 + epochs.iter().position(|&val_acc| val_acc == highest).unwrap());
            let scores = result.scores.as_ref().unwrap();
            let evaluated: Vec<f64> = scores.val_acc_history.iter().map(|val_acc| val_acc.unwrap()).collect();
            assert_eq!((scores.trained.val_acc, &evaluated[..]), (highest, epochs));
            assert_eq!(result.history.len(), 3);
        }
        let best = outcome.best.unwrap();
        let scores = |place: usize| outcome.seeds[place].scores.as_ref().unwrap().trained;
        assert_eq!(best.place, usize::from(scores(1).val_acc > scores(0).val_acc));

        let embedding = best.embedding();
        let seed = outcome.seeds[best.place].seed;
        assert_eq!(run.evaluate_embedding(&embedding, seed).unwrap(), scores(best.place));
    }

    #[test]
    fn baselines_of_one_split_are_one_value() {
        let cora = graph_io::load("cora", None).unwrap();
        let run = Run::prepare(draft("seeds = 2"), &cora, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoCallback).unwrap();
        let raw = |outcome: &Outcome| {
            [0, 1].map(|place: usize| outcome.seeds[place].scores.as_ref().unwrap().baselines.raw.unwrap())
        };
        assert_eq!(raw(&outcome)[0], raw(&outcome)[1]);
        assert_eq!(outcome.over_splits(|result| result.baselines.raw.unwrap().test_acc).std, None);
        assert!(outcome.over_seeds(|result| result.baselines.random_init.unwrap().test_acc).std.is_some());

        let by_seed = draft("seeds = 2\nprotocol = 'random-20'");
        let run = Run::prepare(by_seed, &cora, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoCallback).unwrap();
        assert_ne!(raw(&outcome)[0], raw(&outcome)[1]);
        assert!(outcome.over_splits(|result| result.baselines.raw.unwrap().test_acc).std.is_some());
    }

    #[test]
    fn an_interrupted_seed_is_dropped_and_the_finished_ones_stay() {
        let cora = graph_io::load("cora", None).unwrap();
        let run = Run::prepare(draft("seeds = 3"), &cora, &Device::flex()).unwrap();
        let seeds = |stop_after| {
            let mut log = Log { stop_after: Some(stop_after), ..Log::default() };
            let outcome = run.execute(&mut log).unwrap();
            let interrupted = outcome.seeds.iter().any(|result| result.interrupted);
            (outcome.seeds.len(), outcome.best.is_some(), log.epochs.len(), log.finished.len(), interrupted)
        };
        assert_eq!(seeds(0), (0, false, 0, 0, false));
        assert_eq!(seeds(3), (1, true, 3, 1, false));
        assert_eq!(seeds(4), (1, true, 4, 1, false));
    }

    #[test]
    fn of_an_interrupted_first_seed_the_epochs_so_far_are_kept() {
        let cora = graph_io::load("cora", None).unwrap();
        let run = Run::prepare(draft("seeds = 3"), &cora, &Device::flex()).unwrap();
        let mut log = Log { stop_after: Some(2), ..Log::default() };
        let outcome = run.execute(&mut log).unwrap();
        let result = &outcome.seeds[0];
        assert_eq!((outcome.seeds.len(), result.history.len(), result.interrupted), (1, 2, true));
        let scores = result.scores.as_ref().unwrap();
        assert_eq!(scores.trained.val_acc, log.epochs.iter().copied().fold(0.0, f64::max));
        assert_eq!(scores.baselines.random_init, None);
        let embedding = outcome.best.unwrap().embedding();
        assert_eq!(run.evaluate_embedding(&embedding, result.seed).unwrap(), scores.trained);
        let json = serde_json::to_value(result).unwrap();
        assert_eq!(json["interrupted"], true);
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
        let evaluates = |seed| {
            let split = Protocol::TenTenEighty.split(&path, seed).unwrap();
            Evaluator::new(&path, &split, &crate::ProbeConfig::default()).is_ok()
        };
        let broken = (1..100).find(|&seed| evaluates(seed - 1) && !evaluates(seed)).unwrap();
        let run = |seed: u64| {
            let settings = format!("protocol = '10-10-80'\nseed = {seed}\nseeds = 3");
            Run::prepare(draft(&settings), &path, &Device::flex())
        };
        let outcome = run(broken - 1).unwrap().execute(&mut NoCallback).unwrap();
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
        let run = Run::prepare(draft("seed = 4"), &bare, &Device::flex()).unwrap();
        assert_eq!((run.protocol(), run.experiment().run.seeds), (Protocol::NotEvaluated, Some(1)));
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

        let trained = run.estimator().fit(&FitOptions::seed(4), &mut ()).unwrap();
        let embedding = outcome.best.unwrap().embedding();
        let Features::Dense(rows) = trained.rows else { panic!("an encoder gives dense rows") };
        assert_eq!(embedding, rows);
        assert_eq!(
            run.evaluate_embedding(&embedding, 4).unwrap_err().to_string(),
            "data set cora: expected labels to evaluate by, found none"
        );
    }

    #[test]
    fn labels_are_not_looked_at_where_none_are_asked_for() {
        let (cora, bare) = (graph_io::load("cora", None).unwrap(), without_labels());
        let embedding = |dataset: &NodeDataset| {
            let run = Run::prepare(draft("protocol = 'none'"), dataset, &Device::flex()).unwrap();
            let outcome = run.execute(&mut NoCallback).unwrap();
            assert!(!outcome.is_evaluated());
            outcome.best.unwrap().embedding()
        };
        assert_eq!(embedding(&cora), embedding(&bare));
    }

    #[test]
    fn of_several_seeds_that_are_not_evaluated_that_of_the_lowest_loss_is_the_best() {
        let bare = without_labels();
        let run = Run::prepare(draft("seeds = 3"), &bare, &Device::flex()).unwrap();
        let outcome = run.execute(&mut NoCallback).unwrap();
        let losses: Vec<f64> = outcome.seeds.iter().map(|result| result.history[2].loss).collect();
        assert_eq!(losses.len(), 3);
        let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(losses[outcome.best.unwrap().place], lowest);
    }

    #[test]
    fn a_seed_that_is_not_evaluated_can_be_interrupted() {
        let bare = without_labels();
        let run = Run::prepare(draft("seeds = 2"), &bare, &Device::flex()).unwrap();
        let mut log = Log { stop_after: Some(4), ..Log::default() };
        let outcome = run.execute(&mut log).unwrap();
        assert_eq!((outcome.seeds.len(), outcome.best.is_some(), log.trained), (1, true, 4));
    }

    #[test]
    fn input_that_cannot_be_evaluated_is_refused_before_training() {
        let bare = without_labels();
        let public = Run::prepare(draft("protocol = 'public'"), &bare, &Device::flex());
        assert_eq!(
            public.err().unwrap().to_string(),
            "data set cora: expected labels to evaluate by, found none"
        );
    }

    #[test]
    fn a_format_without_a_place_for_the_ids_is_refused_before_training() {
        let mut parts = two_classes().into_parts();
        parts.node_ids = (0..30).map(|node| format!("node {node}")).collect();
        let spaced = NodeDataset::from_parts(parts).unwrap();
        let check = |formats: &str| {
            let settings = format!("protocol = 'none'\nembedding_formats = {formats}");
            Run::prepare(draft(&settings), &spaced, &Device::flex()).unwrap().check_embedding_formats()
        };
        assert!(check("['npy', 'csv', 'npz', 'projector']").is_ok());
        assert_eq!(
            check("['csv', 'word2vec']").unwrap_err().to_string(),
            "embedding format word2vec: expected node ids without blanks, found \"node 0\""
        );
    }
}
