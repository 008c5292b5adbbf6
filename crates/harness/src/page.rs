//! A run on disk as a page: what its embedding looks like, and how well it did.

use std::path::Path;

use embedders::seeds::{Stream, generator};
use embedders::{EpochRates, LinearSpectrum, Method, Registry};
use evaluation::{ClassSubspaces, ConfusionMatrix, CosineMap, MeanStd, Rows, SimilaritySearch, Spectrum};
use graph_io::format::read_matrix;
use graph_io::{NodeDataset, Split};
use layout::{Layout, TsneConfig};
use ndarray::{Array2, Axis};
use rand::seq::index;
use report::{
    AnglePair, ClassCosines, ClassEnd, ClassScores, ClassSpectrum, Confusion, Epoch, Fact, FactTable,
    Headline, HeadlineRow, MapNode, Matrix, NodeCosines, NodeMap, Page, PrincipalAngles, RowKind,
    SeedHistory, SplitPart, WaterFilling,
};
use serde::Deserialize;
use toml::Table;

use crate::bench::{Variant, published};
use crate::embedding_check::check_embedding;
use crate::error::Error;
use crate::evaluator::Evaluator;
use crate::experiment::{Draft, Experiment};
use crate::outcome::{SeedResult, SeedScores};
use crate::outputs::{CONFIG, EMBEDDING, REPORT};
use crate::protocol::Protocol;
use crate::provenance::{ProgramInfo, StoredProvenance};

/// The part of a class's energy that its subspace holds.
const ENERGY: f64 = 0.95;
/// Rows and columns of the picture of all nodes' cosines.
const PIXELS: usize = 160;
/// Nodes beyond these are sampled where all are compared with all.
const MOST_COMPARED: usize = 20_000;

/// What a page is made of beside the run's own files.
#[derive(Clone, Copy, Debug)]
pub struct PageConfig {
    /// The most nodes on the map; of more a sample is shown. At least 1.
    pub map_nodes: usize,
    /// Whether the page may be of a data set that is no longer the one that the run was made of.
    pub allow_changed_data: bool,
}

impl Default for PageConfig {
    fn default() -> Self {
        Self { map_nodes: 5000, allow_changed_data: false }
    }
}

/// What a run has written about itself.
#[derive(Deserialize)]
struct Stored {
    dataset: String,
    device: String,
    protocol: Protocol,
    probe: String,
    best_seed: u64,
    best_epoch: usize,
    seeds: usize,
    seconds_per_step: Option<f64>,
    total_seconds: f64,
    cpu_seconds: Option<f64>,
    peak_rss_bytes: Option<u64>,
    results: Vec<SeedResult>,
    /// What the run was made by; runs of older programs do not say it.
    provenance: Option<StoredProvenance>,
}

/// The settings of a run in a folder that `g2r train` has written, to load its data set by.
///
/// # Errors
/// Settings that cannot be read.
pub fn draft_of(registry: &Registry, folder: &Path) -> Result<Draft, Error> {
    Draft::from_layers(registry, Some(&folder.join(CONFIG)), Table::new())
}

/// The page of a run in a folder that `g2r train` has written, with its data set.
///
/// # Errors
/// Files that cannot be read or do not fit the data set; an embedding that cannot be evaluated.
pub fn page_of(
    registry: &Registry,
    folder: &Path,
    dataset: &NodeDataset,
    config: &PageConfig,
) -> Result<Page, Error> {
    let mut draft = draft_of(registry, folder)?;
    if config.allow_changed_data {
        draft.run.data = None;
    }
    let method = draft.method();
    let experiment = draft.on(dataset)?;
    let path = folder.join(REPORT);
    let text = std::fs::read_to_string(&path).map_err(|source| Error::read(&path, source))?;
    let stored: Stored = serde_json::from_str(&text).map_err(|source| Error::read(&path, source))?;
    let path = folder.join(EMBEDDING);
    let embedding = read_matrix(&path).map_err(|source| Error::read(&path, source))?;
    check_embedding(&embedding, dataset)?;
    if let Some(provenance) = &stored.provenance {
        provenance.check_embedding(&path, &embedding)?;
    }

    let preset = experiment.run.preset.clone();
    let variant = Variant { method, encoder: experiment.encoder(), preset };
    let labels = dataset.labels();
    let classes = labels.map_or_else(Vec::new, |labels| labels.class_names().to_vec());
    let view = View { dataset, embedding: &embedding, num_classes: classes.len(), seed: stored.best_seed };
    let evaluated = match stored.protocol.evaluates() {
        true => Some(Evaluated::of(&view, &experiment, stored.protocol)?),
        false => None,
    };
    let mut page = Page {
        title: String::new(),
        dataset: stored.dataset.clone(),
        method: variant.title(),
        encoder: variant.encoder.map(|encoder| encoder.to_string()),
        protocol: how_evaluated(&stored, variant.method),
        facts: facts(&view, &stored),
        classes,
        headline: headline(&stored, &variant),
        history: stored.results.iter().map(history).collect(),
        map: view.map(config, evaluated.as_ref())?,
        water_filling: None,
        spectrum: None,
        class_cosines: None,
        node_cosines: None,
        principal_angles: None,
        confusion: evaluated.as_ref().map(|evaluated| evaluated.confusion(&view)),
        per_class: evaluated.as_ref().map_or_else(Vec::new, |evaluated| evaluated.per_class()),
        tables: Vec::new(),
        settings: Some(experiment.to_toml()),
        environment: environment(&stored),
        command: Some(format!("g2r report {}", folder.display())),
    };
    let of_best = stored.results.iter().find(|result| result.seed == stored.best_seed);
    page.water_filling = of_best.and_then(|result| {
        let LinearSpectrum { eigenvalues, water_level } = result.spectrum.clone()?;
        Some(WaterFilling { eigenvalues, water_level })
    });
    view.add_spectra(&mut page)?;
    if labels.is_some() {
        view.add_cosines(&mut page)?;
        page.tables.push(view.neighbors()?);
    }
    Ok(page)
}

/// An embedding beside what is known of its nodes.
struct View<'a> {
    dataset: &'a NodeDataset,
    embedding: &'a Array2<f32>,
    num_classes: usize,
    seed: u64,
}

impl View<'_> {
    /// Nodes with a class, at most so many, and the class of each.
    fn labelled(&self, most: usize) -> (Vec<usize>, Vec<usize>) {
        let Some(labels) = self.dataset.labels() else { return (Vec::new(), Vec::new()) };
        let class = |node: usize| labels.class(node as u32).map(|class| class as usize);
        let nodes: Vec<usize> = (0..self.embedding.nrows()).filter(|&node| class(node).is_some()).collect();
        let nodes = self.sample(nodes, most);
        let classes = nodes.iter().filter_map(|&node| class(node)).collect();
        (nodes, classes)
    }

    fn sample(&self, nodes: Vec<usize>, most: usize) -> Vec<usize> {
        if nodes.len() <= most {
            return nodes;
        }
        let mut rng = generator(self.seed, Stream::Evaluation);
        let mut places = index::sample(&mut rng, nodes.len(), most).into_vec();
        places.sort_unstable();
        places.into_iter().map(|place| nodes[place]).collect()
    }

    fn map(&self, config: &PageConfig, evaluated: Option<&Evaluated>) -> Result<Option<NodeMap>, Error> {
        let nodes = self.sample((0..self.embedding.nrows()).collect(), config.map_nodes);
        let tsne = TsneConfig::default();
        let perplexity = tsne.perplexity.min((nodes.len() as f64 - 1.0) / 3.0);
        // Fewer nodes have no neighborhoods to show.
        if perplexity <= 1.0 {
            return Ok(None);
        }
        let rows = self.embedding.select(Axis(0), &nodes);
        let rows = Rows::dense(rows.view()).scaled_to_unit_length();
        let mut rng = generator(self.seed, Stream::Evaluation);
        let found = TsneConfig { perplexity, ..tsne }.place(&rows, &mut rng)?;
        let labels = self.dataset.labels();
        let node = |(place, &node): (usize, &usize)| MapNode {
            id: self.dataset.node_ids().get(node as u32).to_string(),
            position: [found.points[[place, 0]], found.points[[place, 1]]],
            class: labels.and_then(|labels| labels.class(node as u32)),
            predicted: evaluated.map(|evaluated| evaluated.predicted[node] as u32),
            split: evaluated.map_or(SplitPart::None, |evaluated| evaluated.parts[node]),
        };
        let shown = if nodes.len() < self.embedding.nrows() {
            format!(", {} of {} nodes", nodes.len(), self.embedding.nrows())
        } else {
            String::new()
        };
        let projection = format!("t-SNE of rows of length 1, perplexity {perplexity:.0}{shown}");
        Ok(Some(NodeMap { projection, nodes: nodes.iter().enumerate().map(node).collect() }))
    }

    fn add_spectra(&self, page: &mut Page) -> Result<(), Error> {
        let relative = |spectrum: &Spectrum| {
            let first = spectrum.singular_values.first().copied().filter(|&first| first > 0.0).unwrap_or(1.0);
            spectrum.singular_values.iter().map(|value| value / first).collect::<Vec<f64>>()
        };
        let whole = Spectrum::of(&Rows::dense(self.embedding.view()))?;
        let mut spectrum = report::Spectrum {
            embedding: relative(&whole),
            effective_rank: Some(whole.effective_rank()),
            classes: Vec::new(),
        };
        let (nodes, labels) = self.labelled(usize::MAX);
        if !nodes.is_empty() {
            let rows = self.embedding.select(Axis(0), &nodes);
            let subspaces = ClassSubspaces::of(&Rows::dense(rows.view()), &labels, ENERGY)?;
            let classes = subspaces.classes();
            spectrum.classes = classes
                .iter()
                .zip(subspaces.spectra())
                .map(|(&class, spectrum)| ClassSpectrum {
                    class: class as u32,
                    values: relative(spectrum),
                    effective_rank: Some(spectrum.effective_rank()),
                })
                .collect();
            let mut smallest = Array2::<f64>::zeros((self.num_classes, self.num_classes));
            let mut pairs = Vec::new();
            for first in 0..classes.len() {
                for second in first + 1..classes.len() {
                    let angles = subspaces.principal_angles(first, second)?;
                    let degrees: Vec<f64> = angles.iter().map(|angle| angle.to_degrees()).collect();
                    let (a, b) = (classes[first], classes[second]);
                    let least = degrees.first().copied().unwrap_or(90.0);
                    (smallest[[a, b]], smallest[[b, a]]) = (least, least);
                    pairs.push(AnglePair { first: a as u32, second: b as u32, degrees });
                }
            }
            if classes.len() > 1 {
                page.principal_angles = Some(PrincipalAngles { smallest: matrix(&smallest), pairs });
            }
        }
        page.spectrum = Some(spectrum);
        Ok(())
    }

    fn add_cosines(&self, page: &mut Page) -> Result<(), Error> {
        let (nodes, labels) = self.labelled(MOST_COMPARED);
        if nodes.is_empty() {
            return Ok(());
        }
        let rows = self.embedding.select(Axis(0), &nodes);
        let found = CosineMap::of(&Rows::dense(rows.view()), &labels, PIXELS)?;
        let mut means = Array2::<f64>::zeros((self.num_classes, self.num_classes));
        for ((a, b), mean) in found.class_means.indexed_iter() {
            means[[found.classes[a], found.classes[b]]] = *mean;
        }
        let pixels = found.pixels.mapv(f64::from);
        let scale = pixels.nrows() as f64 / nodes.len() as f64;
        let ends = found.classes.iter().zip(&found.class_starts[1..]);
        let ends = ends.map(|(&class, &end)| ClassEnd { class: class as u32, end: end as f64 * scale });
        page.class_cosines = Some(ClassCosines { matrix: matrix(&means) });
        page.node_cosines = Some(NodeCosines { matrix: matrix(&pixels), ends: ends.collect() });
        Ok(())
    }

    fn neighbors(&self) -> Result<FactTable, Error> {
        let (nodes, labels) = self.labelled(MOST_COMPARED);
        let mut table = FactTable {
            title: "Nearest nodes".to_string(),
            caption: "The share of a node's nearest nodes by cosine that have its class; 1 is best."
                .to_string(),
            rows: Vec::new(),
        };
        let rows = self.embedding.select(Axis(0), &nodes);
        let ks: Vec<usize> = [1, 5, 10, 50].into_iter().filter(|&k| k < nodes.len()).collect();
        if ks.is_empty() {
            return Ok(table);
        }
        let search = SimilaritySearch::from_rows(&Rows::dense(rows.view()))?;
        let queries: Vec<usize> = (0..nodes.len()).collect();
        let queries = self.sample(queries, 5000);
        let rates = search.same_label_rates(&labels, &queries, &ks)?;
        let fact = |(k, rate): (&usize, &f64)| Fact::new(format!("of the nearest {k}"), format!("{rate:.3}"));
        table.rows = ks.iter().zip(&rates).map(fact).collect();
        Ok(table)
    }
}

/// What the evaluator of the run says of each node.
struct Evaluated {
    predicted: Vec<usize>,
    parts: Vec<SplitPart>,
    confusion: ConfusionMatrix,
}

impl Evaluated {
    fn of(view: &View<'_>, experiment: &Experiment, protocol: Protocol) -> Result<Self, Error> {
        let split = protocol.split(view.dataset, view.seed)?;
        let probe = experiment.run.probe.clone().unwrap_or_else(|| protocol.probe());
        let mut evaluator = Evaluator::new(view.dataset, &split, &probe)?;
        if experiment.settings.info().kind.gives_logits() {
            evaluator = evaluator.of_logits();
        }
        let nodes: Vec<usize> = (0..view.embedding.nrows()).collect();
        let predicted = evaluator.predict(&Rows::dense(view.embedding.view()), &nodes)?;
        let labels = view.dataset.labels().expect("a evaluator has labels");
        let class = |&node: &u32| labels.class(node).expect("a split has labelled nodes only") as usize;
        let truth: Vec<usize> = split.test().iter().map(class).collect();
        let found: Vec<usize> = split.test().iter().map(|&node| predicted[node as usize]).collect();
        let confusion = ConfusionMatrix::new(&truth, &found);
        Ok(Self { parts: parts(&split, predicted.len()), predicted, confusion })
    }

    fn confusion(&self, view: &View<'_>) -> Confusion {
        let mut counts = Array2::<f64>::zeros((view.num_classes, view.num_classes));
        let classes = self.confusion.classes();
        for ((truth, predicted), &count) in self.confusion.counts().indexed_iter() {
            counts[[classes[truth], classes[predicted]]] = count as f64;
        }
        Confusion { matrix: matrix(&counts), evaluated_on: format!("test nodes of seed {}", view.seed) }
    }

    fn per_class(&self) -> Vec<ClassScores> {
        let scores = self.confusion.class_scores().into_iter().map(|scores| ClassScores {
            class: scores.class as u32,
            precision: scores.precision,
            recall: scores.recall,
            f1: scores.f1,
            support: scores.support as u64,
        });
        scores.collect()
    }
}

fn parts(split: &Split, num_nodes: usize) -> Vec<SplitPart> {
    let mut parts = vec![SplitPart::None; num_nodes];
    for (nodes, part) in [
        (split.train(), SplitPart::Train),
        (split.val(), SplitPart::Validation),
        (split.test(), SplitPart::Test),
    ] {
        nodes.iter().for_each(|&node| parts[node as usize] = part);
    }
    parts
}

fn matrix(values: &Array2<f64>) -> Matrix {
    Matrix::from_fn(values.nrows(), values.ncols(), |row, column| values[[row, column]])
}

fn how_evaluated(stored: &Stored, method: Method) -> String {
    if !stored.protocol.evaluates() {
        return "Not evaluated: no labels were read.".to_string();
    }
    let by = match method.info().kind {
        kind if kind.gives_logits() => "its own logits",
        _ => stored.probe.as_str(),
    };
    format!("{} split, evaluated by {by}.", stored.protocol)
}

fn facts(view: &View<'_>, stored: &Stored) -> Vec<Fact> {
    let graph = view.dataset.graph();
    let mut facts = vec![
        Fact::new("nodes", graph.num_nodes().to_string()),
        Fact::new("edges", graph.num_edges().to_string()),
        Fact::new("features", view.dataset.features().d_input().to_string()),
        Fact::new("width", view.embedding.ncols().to_string()),
        Fact::new("seeds", stored.seeds.to_string()),
        Fact::new("shown", format!("seed {}, epoch {}", stored.best_seed, stored.best_epoch)),
    ];
    let of_best = stored.results.iter().find(|result| result.seed == stored.best_seed);
    if let Some(rank) = of_best.and_then(|result| result.effective_rank) {
        let collapsed = if rank.is_collapsed() { ", collapsed" } else { "" };
        facts.push(Fact::new("effective rank", format!("{:.1} of {}{collapsed}", rank.value, rank.of)));
    }
    if view.num_classes > 0 {
        facts.insert(3, Fact::new("classes", view.num_classes.to_string()));
    }
    facts
}

/// The title of the encoder before training.
const RANDOM: &str = "random weights";

fn headline(stored: &Stored, variant: &Variant) -> Option<Headline> {
    let scores: Vec<&SeedScores> =
        stored.results.iter().filter_map(|result| result.scores.as_ref()).collect();
    if scores.is_empty() {
        return None;
    }
    let row = |name: String, kind, values: Vec<f64>| {
        let MeanStd { mean, std } = MeanStd::of(&values);
        HeadlineRow { name, kind, mean, std, runs: values.len() }
    };
    let over =
        |value: fn(&SeedScores) -> f64| scores.iter().map(|scores| value(scores)).collect::<Vec<f64>>();
    let fixed = |values: Vec<f64>| {
        // One split has one value, whatever the seed.
        let same = values.iter().all(|value| *value == values[0]);
        if same { values[..1].to_vec() } else { values }
    };
    let mut rows = vec![row(variant.title(), RowKind::Run, over(|scores| scores.trained.test_acc))];
    for place in 0..scores[0].baselines.titled(RANDOM).len() {
        let of_seed =
            |scores: &&SeedScores| scores.baselines.titled(RANDOM)[place].1.map(|found| found.test_acc);
        if let Some(values) = scores.iter().map(of_seed).collect::<Option<Vec<f64>>>() {
            let (title, _) = scores[0].baselines.titled(RANDOM)[place];
            rows.push(row(title.into(), RowKind::Baseline, fixed(values)));
        }
    }
    let known = published(variant, stored.protocol);
    if let Some((known, MeanStd { mean, std })) =
        known.and_then(|row| Some((row, row.accuracy(&stored.dataset)?)))
    {
        let checked = if known.seen { "" } else { ", not checked" };
        rows.push(HeadlineRow {
            name: format!("published: {}{checked}", known.source),
            kind: RowKind::Published,
            mean: mean / 100.0,
            std: std.map(|std| std / 100.0),
            runs: 1,
        });
    }
    Some(Headline { evaluated_on: format!("test nodes, {} split", stored.protocol), rows })
}

fn history(result: &SeedResult) -> SeedHistory {
    let val = |epoch: usize| result.scores.as_ref()?.val_acc_history.get(epoch - 1).copied().flatten();
    let epochs = result.history.iter().map(|report| Epoch {
        epoch: report.epoch,
        loss: report.loss,
        expansion: report.rates.map(|EpochRates { expansion, .. }| expansion),
        compression: report.rates.map(|EpochRates { compression, .. }| compression),
        val_accuracy: val(report.epoch),
    });
    let kept = Some(result.epoch).filter(|&epoch| epoch > 0);
    SeedHistory { seed: result.seed, epochs: epochs.collect(), kept }
}

fn environment(stored: &Stored) -> Vec<Fact> {
    let mut facts = Vec::new();
    // Of what the run was made by, not of what draws it.
    if let Some(StoredProvenance { program, machine, data, .. }) = &stored.provenance {
        let ProgramInfo { version, revision, features } = program;
        let revision = revision.as_ref().map_or_else(String::new, |revision| format!(" ({revision})"));
        let features = match features.as_slice() {
            [] => String::new(),
            features => format!(", with {}", features.join(", ")),
        };
        facts.push(Fact::new("program", format!("g2r {version}{revision}{features}")));
        facts.extend(machine.processor.clone().map(|name| Fact::new("processor", name)));
        facts.push(Fact::new("threads", machine.threads.to_string()));
        facts.push(Fact::new("system", machine.system.clone()));
        facts.push(Fact::new("data fingerprint", data.fingerprint.combined()));
    }
    facts.push(Fact::new("device", stored.device.clone()));
    facts.push(Fact::new("whole run", format!("{:.1} s", stored.total_seconds)));
    if let Some(cpu) = stored.cpu_seconds {
        facts.push(Fact::new("processor time", format!("{cpu:.1} s")));
    }
    if let Some(seconds) = stored.seconds_per_step {
        facts.push(Fact::new("a step", format!("{:.1} ms", 1000.0 * seconds)));
    }
    if let Some(bytes) = stored.peak_rss_bytes {
        facts.push(Fact::new("peak memory", format!("{:.0} MB", bytes as f64 / 1e6)));
    }
    facts
}
