//! One run of a comparison, from its training to its scores.

use std::time::Instant;

use burn::tensor::Device;
use embedders::seeds::{Stream, generator};
use embedders::{Checkpoint, FitResult};
use evaluation::{ClusteringScores, KMeansConfig, LinkScores, PairSimilarity, Rows, SimilaritySearch};
use graph_io::{EdgeFractions, EdgeSplit, Features, NodeDataset, NodeDatasetParts};
use rand::seq::index;

use super::config::BenchTask;
use super::job::{ClusterScores, Job, JobScores, LinkPrediction, SimilarNodes};
use super::meter::MemoryMeter;
use crate::error::Error;
use crate::evaluator::{Evaluator, rows_of};
use crate::outcome::EffectiveRank;
use crate::protocol::Protocol;
use crate::run::{Run, RunCallback};

/// More nodes than these are not asked for their nearest: with all nodes as candidates the time grows with the square.
const MOST_QUERIES: usize = 4000;

/// Where and how a run is executed.
pub(super) struct Place<'a> {
    pub(super) dataset: &'a NodeDataset,
    pub(super) device: &'a Device,
    pub(super) threads: &'a rayon::ThreadPool,
    pub(super) meter: Option<MemoryMeter>,
}

/// Trains and evaluates each of some runs, and hands on what came of it; `None` when it was interrupted. Runs of a method without
/// randomness share one training: each still costs what it would cost alone.
pub(super) fn execute(
    jobs: &[Job],
    place: &Place<'_>,
    callback: &mut (dyn RunCallback + Send),
    mut done: impl FnMut(&Job, Result<Option<JobScores>, Error>),
) {
    let mut shared: Option<Measured<Trained>> = None;
    for job in jobs {
        if callback.interrupted() {
            return done(job, Ok(None));
        }
        let trained = match shared.take().filter(|_| job.variant.method.info().is_same_for_all_splits()) {
            Some(trained) => Ok(Some(trained)),
            None => {
                if let Some(meter) = place.meter {
                    place.threads.broadcast(|_| (meter.start)());
                }
                // What is said of collapse is no part of the run's cost.
                let trained = place.measure(|| train(job, place, callback));
                trained.and_then(|trained| trained.map(|trained| place.with_rank(trained)).transpose())
            }
        };
        let trained = match trained {
            Ok(Some(trained)) => trained,
            Ok(None) => return done(job, Ok(None)),
            Err(error) => {
                done(job, Err(error));
                continue;
            }
        };
        let evaluated = place.measure(|| evaluate(job, &trained.value, place, callback));
        let scores =
            evaluated.map(|scores| scores.map(|scores| scores.value.at_cost(&trained.cost, &scores.cost)));
        shared = Some(trained);
        done(job, scores);
    }
}

/// What was used by some work.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    cpu_seconds: Option<f64>,
    peak_bytes: Option<u64>,
}

/// What came of some work, and what it cost.
struct Measured<T> {
    value: T,
    cost: Cost,
}

impl Place<'_> {
    fn measure<T: Send>(
        &self,
        work: impl FnOnce() -> Result<Option<T>, Error> + Send,
    ) -> Result<Option<Measured<T>>, Error> {
        let Self { threads, meter, .. } = self;
        let (start, cpu) = (Instant::now(), cpu_seconds_of(threads));
        let Some(value) = threads.install(work)? else { return Ok(None) };
        let cost = Cost {
            seconds: start.elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds_of(threads).zip(cpu).map(|(after, before)| after - before),
            peak_bytes: meter.map(|meter| threads.broadcast(|_| (meter.peak)()).iter().sum()),
        };
        Ok(Some(Measured { value, cost }))
    }
}

impl Place<'_> {
    fn with_rank(&self, mut trained: Measured<Trained>) -> Result<Measured<Trained>, Error> {
        let rank = self.threads.install(|| EffectiveRank::of_rows(&trained.value.rows));
        trained.value.effective_rank = rank?;
        Ok(trained)
    }
}

impl JobScores {
    fn at_cost(self, training: &Cost, evaluation: &Cost) -> Self {
        Self {
            seconds: training.seconds + evaluation.seconds,
            cpu_seconds: training.cpu_seconds.zip(evaluation.cpu_seconds).map(|(a, b)| a + b),
            // Counted from the start of the training.
            peak_bytes: evaluation.peak_bytes,
            ..self
        }
    }
}

/// The rows that a training gave.
struct Trained {
    rows: Features,
    effective_rank: Option<EffectiveRank>,
    epoch: usize,
    epochs_trained: usize,
    seconds: f64,
}

fn train(job: &Job, place: &Place<'_>, callback: &mut dyn RunCallback) -> Result<Option<Trained>, Error> {
    let run = Run::of(job.experiment(), place.dataset, place.device)?;
    let evaluator = run.evaluator(job.seed)?;
    let Some((fitted, _)) = run.train_seed(job.seed, evaluator.as_ref(), callback)? else { return Ok(None) };
    let FitResult { rows, epoch, history, seconds, .. } = fitted;
    Ok(Some(Trained { rows, effective_rank: None, epoch, epochs_trained: history.len(), seconds }))
}

fn evaluate(
    job: &Job,
    trained: &Trained,
    place: &Place<'_>,
    callback: &mut dyn RunCallback,
) -> Result<Option<JobScores>, Error> {
    let dataset = place.dataset;
    let rows = rows_of(&trained.rows);
    let asked = |task| job.tasks.contains(&task);
    let scores = match asked(BenchTask::Classification) {
        true => Some(job.evaluator(dataset)?.evaluate(&rows)?),
        false => None,
    };
    let val_acc = match asked(BenchTask::Validation) {
        true => Some(job.evaluator(dataset)?.chosen_validation_accuracy(&rows)?),
        false => scores.map(|scores| scores.val_acc),
    };
    let clustering = asked(BenchTask::Clustering).then(|| clusters(dataset, &rows, job.seed)).transpose()?;
    let similarity = asked(BenchTask::Similarity).then(|| similar(dataset, &rows, job.seed)).transpose()?;
    let links = if asked(BenchTask::Links) && !job.variant.method.info().kind.is_supervised() {
        match predict_links(job, dataset, place.device, callback)? {
            Some(links) => Some(links),
            None => return Ok(None),
        }
    } else {
        None
    };
    Ok(Some(JobScores {
        epoch: trained.epoch,
        epochs_trained: trained.epochs_trained,
        d_output: trained.rows.d_input(),
        effective_rank: trained.effective_rank,
        val_acc,
        test_acc: scores.map(|scores| scores.test_acc),
        test_macro_f1: scores.map(|scores| scores.test_macro_f1),
        clustering,
        similarity,
        links,
        train_seconds: trained.seconds,
        seconds: 0.0,
        cpu_seconds: None,
        peak_bytes: None,
    }))
}

/// The labelled nodes, and the class of every node; one without a class has a number that none has.
fn labelled(dataset: &NodeDataset) -> Result<(Vec<usize>, Vec<usize>), Error> {
    let labels = dataset.labels().ok_or_else(|| {
        Error::invalid(format!("data set {}", dataset.name()), "labels to evaluate by", "none")
    })?;
    let classes: Vec<usize> =
        labels.classes().iter().map(|class| class.map_or(usize::MAX, |class| class as usize)).collect();
    let nodes = (0..classes.len()).filter(|&node| classes[node] != usize::MAX).collect();
    Ok((nodes, classes))
}

fn clusters(dataset: &NodeDataset, rows: &Rows, seed: u64) -> Result<ClusterScores, Error> {
    let (nodes, classes) = labelled(dataset)?;
    let mut different: Vec<usize> = nodes.iter().map(|&node| classes[node]).collect();
    let truth = different.clone();
    different.sort_unstable();
    different.dedup();
    let kmeans = KMeansConfig::new(different.len());
    let found = kmeans.fit(&rows.scaled_to_unit_length(), &mut generator(seed, Stream::Evaluation))?;
    let clusters: Vec<usize> = nodes.iter().map(|&node| found.clusters[node]).collect();
    let ClusteringScores { accuracy, nmi, ari } = ClusteringScores::new(&truth, &clusters);
    Ok(ClusterScores { nmi, ari, accuracy })
}

fn similar(dataset: &NodeDataset, rows: &Rows, seed: u64) -> Result<SimilarNodes, Error> {
    let (mut queries, classes) = labelled(dataset)?;
    if queries.len() > MOST_QUERIES {
        let drawn = index::sample(&mut generator(seed, Stream::Evaluation), queries.len(), MOST_QUERIES);
        let mut places = drawn.into_vec();
        places.sort_unstable();
        queries = places.into_iter().map(|place| queries[place]).collect();
    }
    let search = SimilaritySearch::from_rows(rows)?;
    let rates = search.same_label_rates(&classes, &queries, &[5, 10])?;
    Ok(SimilarNodes { at_5: rates[0], at_10: rates[1] })
}

/// Trains anew without the held-out edges, 5 % for validation and 10 % for the test, and scores the pairs by the dot product
/// or the cosine of their rows, whichever has the higher AUC on the validation pairs.
fn predict_links(
    job: &Job,
    dataset: &NodeDataset,
    device: &Device,
    callback: &mut dyn RunCallback,
) -> Result<Option<LinkPrediction>, Error> {
    let mut rng = generator(job.seed, Stream::Evaluation);
    let split = EdgeSplit::random(dataset.graph(), EdgeFractions::default(), &mut rng)?;
    let without = NodeDataset::from_parts(NodeDatasetParts {
        name: dataset.name().to_string(),
        ..NodeDatasetParts::new(split.train().clone(), dataset.features().clone())
    })?;
    let mut experiment = job.experiment();
    experiment.run.protocol = Some(Protocol::NotEvaluated);
    if job.checkpoint == Checkpoint::BestValidation {
        experiment.run.checkpoint = Some(Checkpoint::Last);
    }
    let run = Run::of(experiment, &without, device)?;
    let Some((fitted, _)) = run.train_seed(job.seed, None::<&Evaluator>, callback)? else { return Ok(None) };
    let rows = rows_of(&fitted.rows);
    let scores = |similarity: PairSimilarity, edges, non_edges| {
        LinkScores::of(&similarity.scores(&rows, edges)?, &similarity.scores(&rows, non_edges)?)
    };
    let mut best = None;
    for similarity in [PairSimilarity::Dot, PairSimilarity::Cosine] {
        let val_auc = scores(similarity, split.val_edges(), split.val_non_edges())?.auc;
        if best.is_none_or(|(highest, _)| val_auc > highest) {
            best = Some((val_auc, similarity));
        }
    }
    let (_, similarity) = best.expect("there are two");
    let LinkScores { auc, average_precision } =
        scores(similarity, split.test_edges(), split.test_non_edges())?;
    Ok(Some(LinkPrediction { auc, average_precision }))
}

/// Processor seconds of the threads so far; `None` where the system does not tell.
#[cfg(target_os = "linux")]
fn cpu_seconds_of(threads: &rayon::ThreadPool) -> Option<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    let of_thread = |_: rayon::BroadcastContext<'_>| {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
        Some((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
    };
    threads.broadcast(of_thread).into_iter().sum()
}

#[cfg(not(target_os = "linux"))]
fn cpu_seconds_of(_: &rayon::ThreadPool) -> Option<f64> {
    None
}
