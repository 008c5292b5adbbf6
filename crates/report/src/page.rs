//! What a page is made of: plain data, every part of it optional but the head.

use serde::Serialize;

use crate::html;
use crate::node_link::NodeLink;
use crate::plot::Plot;
use crate::{charts, matrix::Matrix};

/// A run as a page: what was run, and whatever is known of how well it did.
///
/// Every part may be missing: a run without labels has no accuracies and no confusion matrix, a method without rates
/// has only a loss. A part that is missing has no heading either. Classes are numbers below `classes.len()` everywhere;
/// a number from there on is shown as that number.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Page {
    /// The page's title; where it is empty, the method and the data set are.
    pub title: String,
    /// The data set's name.
    pub dataset: String,
    /// The method's name.
    pub method: String,
    /// The encoder's name, where the method has one.
    pub encoder: Option<String>,
    /// How it was evaluated, in a sentence or two.
    pub protocol: String,
    /// What is worth knowing at a glance, such as the number of nodes.
    pub facts: Vec<Fact>,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// The accuracy, beside those of baselines.
    pub headline: Option<Headline>,
    /// The training of each seed.
    pub history: Vec<SeedHistory>,
    /// The eigenvalues of a closed form, which stands in the place of a training.
    pub water_filling: Option<WaterFilling>,
    /// The nodes in two dimensions.
    pub map: Option<NodeMap>,
    /// The graph itself, with places for its nodes.
    pub graph: Option<NodeLink>,
    /// The singular values of the embedding.
    pub spectrum: Option<Spectrum>,
    /// The cosines between classes.
    pub class_cosines: Option<ClassCosines>,
    /// The cosines between nodes.
    pub node_cosines: Option<NodeCosines>,
    /// The angles between the classes' subspaces.
    pub principal_angles: Option<PrincipalAngles>,
    /// Which class was taken for which.
    pub confusion: Option<Confusion>,
    /// The scores of each class.
    pub per_class: Vec<ClassScores>,
    /// Further tables, such as of clustering and of similarity.
    pub tables: Vec<FactTable>,
    /// Every setting, as TOML.
    pub settings: Option<String>,
    /// The machine and the versions.
    pub environment: Vec<Fact>,
    /// The command line that makes this page again.
    pub command: Option<String>,
}

/// A name and what there is to say about it.
#[derive(Clone, Debug, Serialize)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// What it is, ready to be shown.
    pub value: String,
}

impl Fact {
    /// The fact that `name` is `value`.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Facts that belong together, as a table with a heading.
#[derive(Clone, Debug, Serialize)]
pub struct FactTable {
    /// The heading.
    pub title: String,
    /// A sentence that says what the figures are and which way is better.
    pub caption: String,
    /// The rows.
    pub rows: Vec<Fact>,
}

/// Accuracies of the method and of what it is compared with.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Headline {
    /// On which nodes: "test nodes of the public split".
    pub evaluated_on: String,
    /// The rows of the table; the first of the kind [`RowKind::Run`] is shown large.
    pub rows: Vec<HeadlineRow>,
}

/// An accuracy with its spread.
#[derive(Clone, Debug, Serialize)]
pub struct HeadlineRow {
    /// What was evaluated.
    pub name: String,
    /// Where it stands.
    pub kind: RowKind,
    /// The mean accuracy, a share between 0 and 1.
    pub mean: f64,
    /// The standard deviation over seeds, a share; nothing for a single run.
    pub std: Option<f64>,
    /// How many runs the mean is over.
    pub runs: usize,
}

/// What a row of the headline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    /// The run that the page is about.
    Run,
    /// What it has to beat, evaluated in the same way.
    Baseline,
    /// What others have published, evaluated in their way.
    Published,
}

/// The epochs of one seed.
#[derive(Clone, Debug, Serialize)]
pub struct SeedHistory {
    /// The seed.
    pub seed: u64,
    /// The epochs, in order.
    pub epochs: Vec<Epoch>,
    /// The epoch whose weights were kept.
    pub kept: Option<usize>,
}

/// What is known of an epoch.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Epoch {
    /// Its number, from 1.
    pub epoch: usize,
    /// The loss.
    pub loss: f64,
    /// The rate of the whole embedding, in nats.
    pub expansion: Option<f64>,
    /// The mean rate of the groups, in nats.
    pub compression: Option<f64>,
    /// The accuracy on the validation nodes, a share.
    pub val_accuracy: Option<f64>,
}

/// The spectrum of linear rate reduction: direction k has the power p_k = max(0, 1 − s_cut / s_k).
#[derive(Clone, Debug, Default, Serialize)]
pub struct WaterFilling {
    /// The eigenvalues s_k, in falling order.
    pub eigenvalues: Vec<f64>,
    /// The water level s_cut: a direction below it carries nothing. 0 where every direction is kept.
    pub water_level: f64,
}

impl WaterFilling {
    /// The figure alone; nothing where no eigenvalue is above 0.
    pub fn plot(&self) -> Option<Plot> {
        charts::water_filling(self).map(Plot::from)
    }
}

/// The nodes in two dimensions, such as by PCA or t-SNE.
///
/// The page holds some twenty bytes a node: past some ten thousand nodes, give a sample.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NodeMap {
    /// How the two dimensions were made: "t-SNE, perplexity 30".
    pub projection: String,
    /// The nodes.
    pub nodes: Vec<MapNode>,
}

/// A node on the map.
#[derive(Clone, Debug, Serialize)]
pub struct MapNode {
    /// The node's name in its graph.
    pub id: String,
    /// Where it lies; only differences count.
    pub position: [f64; 2],
    /// Its class.
    pub class: Option<u32>,
    /// The class that was predicted.
    pub predicted: Option<u32>,
    /// The part of the split that it is in.
    pub split: SplitPart,
}

/// The part of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SplitPart {
    /// Trained on.
    Train,
    /// Chosen by.
    Validation,
    /// Judged by.
    Test,
    /// In none of them.
    #[default]
    None,
}

/// The singular values of the embedding and of its classes, each list in falling order and divided by its first.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Spectrum {
    /// Of all rows.
    pub embedding: Vec<f64>,
    /// exp of the entropy of the embedding's singular values divided by their sum: how many dimensions are in use.
    pub effective_rank: Option<f64>,
    /// Of the rows of each class.
    pub classes: Vec<ClassSpectrum>,
}

/// The singular values of the rows of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassSpectrum {
    /// The class.
    pub class: u32,
    /// Its singular values, the first of them 1.
    pub values: Vec<f64>,
    /// As for the embedding.
    pub effective_rank: Option<f64>,
}

/// The mean |cosine| between the rows of two classes.
#[derive(Clone, Debug, Serialize)]
pub struct ClassCosines {
    /// A row and a column for each class of [`Page::classes`], in their order.
    pub matrix: Matrix,
}

/// The cosines between nodes that are sorted by class, brought down to a square of few cells.
#[derive(Clone, Debug, Serialize)]
pub struct NodeCosines {
    /// The mean |cosine| of the pairs in each cell; some two hundred rows are as many as can be seen.
    pub matrix: Matrix,
    /// The classes in the order in which their nodes stand, each with the row of the matrix where it ends; rising.
    pub ends: Vec<ClassEnd>,
}

/// Where the nodes of a class end among rows of a matrix.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ClassEnd {
    /// The class.
    pub class: u32,
    /// The first row after it, a fraction where the row is shared.
    pub end: f64,
}

/// The angles between the subspaces that the classes' rows span, in degrees between 0 and 90.
#[derive(Clone, Debug, Serialize)]
pub struct PrincipalAngles {
    /// The smallest angle of each pair of classes of [`Page::classes`]; the diagonal is not shown.
    pub smallest: Matrix,
    /// All angles of a pair, rising; may be empty.
    pub pairs: Vec<AnglePair>,
}

/// The principal angles between two classes.
#[derive(Clone, Debug, Serialize)]
pub struct AnglePair {
    /// The one class.
    pub first: u32,
    /// The other.
    pub second: u32,
    /// The angles in degrees, rising.
    pub degrees: Vec<f64>,
}

/// How often nodes of a class were taken for another.
#[derive(Clone, Debug, Serialize)]
pub struct Confusion {
    /// Numbers of nodes: a row for each true class, a column for each predicted one. Means over seeds need not be whole.
    pub matrix: Matrix,
    /// On which nodes: "test nodes, all seeds together".
    pub evaluated_on: String,
}

/// The scores of one class, shares between 0 and 1.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ClassScores {
    /// The class.
    pub class: u32,
    /// Of the nodes taken for this class, those that are of it.
    pub precision: f64,
    /// Of the nodes of this class, those taken for it: the accuracy within the class.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
    /// How many nodes of this class were evaluated.
    pub support: u64,
}

impl Page {
    /// The page as one HTML file, which asks for nothing else: no network, no font, no other file.
    ///
    /// # Panics
    ///
    /// If a matrix has not a row and a column for each class where it should, or is not square.
    pub fn to_html(&self) -> String {
        html::write(self)
    }

    /// The page's figures as plots of their own, the same drawings as on the page.
    ///
    /// # Panics
    ///
    /// As [`Page::to_html`].
    pub fn plots(&self) -> Vec<Plot> {
        charts::all(self).into_iter().map(Plot::from).collect()
    }

    /// The title, or the method and the data set in its place.
    pub(crate) fn heading(&self) -> String {
        if self.title.is_empty() {
            format!("{} on {}", self.method, self.dataset)
        } else {
            self.title.clone()
        }
    }

    /// The name of a class.
    pub(crate) fn class_name(&self, class: u32) -> String {
        self.classes.get(class as usize).cloned().unwrap_or_else(|| format!("class {class}"))
    }
}
