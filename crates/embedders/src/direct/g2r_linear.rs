//! Linear rate reduction in closed form.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use g2r_loss::linear::neighbors::{ExactCosine, FeatureNeighborsConfig, add_neighbors, feature_neighbors};
use g2r_loss::linear::prepare::{RowNorm, scale_sparse_rows};
use g2r_loss::linear::{
    FeatureMatrix, Hops, LinearConfig, LinearEncoder, MultiScaleEncoder, NormalizedAdjacency, Pairs,
    PersonalizedPageRank, Propagation, RandomFourierFeatures, Solver, Width, adjacency_rows, degree_column,
    fit,
};
use graph_io::{CsrMatrix, Features, Graph, MissingFeatures, NodeDataset};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::callback::Callback;
use crate::feature_matrix::{closed_form, feature_matrix, row_major};
use crate::fit::{Fit, FitOptions, Fitted};
use crate::model::{EmbedNodes, ModelShape, State};
use crate::seeds::{Stream, generator};
use crate::tensors::{Tensors, TensorsError};
use crate::{
    Checkpoint, Error, MethodInfo, MethodKind, MethodSettings, Preparation, Progress, TrainingData, ranges,
};

/// Settings of linear rate reduction: the optimum of Z = P X W in closed form, with P a truncated personalised PageRank. See
/// `docs/linear.md`.
///
/// Nothing is trained and labels are never read; the embedding is the same for every seed. A graph without features has the rows
/// of A + I in their place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct G2rLinear {
    /// Width of the embedding, of each scale where there are several; at most the number of features, and 0 for all of them.
    pub d_output: usize,
    /// τ above 0: isotropic noise on the features, as a multiple of the mean scatter of a column.
    pub ridge: f64,
    /// α, the share of a node's own features in each step of the PageRank, from 0 to 1.
    pub teleport_prob: f64,
    /// Steps of the PageRank.
    pub iterations: usize,
    /// Which pairs of nodes are groups.
    pub pairs: PairGroups,
    /// Further scales: Âᵏ X for each of these k, beside the PageRank. Scales have rows of length 1.
    pub extra_hops: Vec<usize>,
    /// Whether a column ln(1 + degree) / 5 stands beside the scales.
    pub degree_column: bool,
    /// Neighbors by features, over which is propagated as over the edges.
    pub feature_neighbors: FeatureNeighborSettings,
    /// A random lift of the rows.
    pub lift: LiftSettings,
    /// How the problem is solved.
    pub solver: Solver,
    /// Share, in (0, 1), by which no eigenvalue may change in the last round of the matrix-free solver.
    pub tolerance: f64,
}

/// Which pairs of nodes are groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairGroups {
    /// Neighbors in the graph, with weights 1 / √(d_i d_j).
    #[default]
    Neighbors,
    /// All pairs alike: the total covariance.
    All,
}

/// The table `feature_neighbors`: pairs of nodes that small embeddings of views of the graph make near.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeatureNeighborSettings {
    /// Weight of a pair beside an edge, at least 0; 0 leaves them out.
    pub weight: f64,
    /// Number of views, at least 1.
    pub views: usize,
    /// Share of edges and of columns that a view lacks, from 0 to below 1.
    pub drop_prob: f64,
    /// Nearest neighbors of a node in each view, at least 1.
    pub nearest: usize,
    /// Width of a view's embedding.
    pub width: usize,
}

/// The table `lift`: random Fourier features cos(g Z R + b) of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiftSettings {
    /// Width, which is then that of the embedding; 0 for none.
    pub features: usize,
    /// g above 0: the inverse width of the Gaussian kernel.
    pub inverse_width: f64,
}

impl Default for G2rLinear {
    fn default() -> Self {
        Self {
            d_output: 64,
            ridge: 1.0,
            teleport_prob: 0.2,
            iterations: 10,
            pairs: PairGroups::Neighbors,
            extra_hops: Vec::new(),
            degree_column: false,
            feature_neighbors: FeatureNeighborSettings::default(),
            lift: LiftSettings::default(),
            solver: Solver::Auto,
            tolerance: LinearConfig::default().tolerance,
        }
    }
}

impl Default for FeatureNeighborSettings {
    fn default() -> Self {
        Self { weight: 0.0, views: 8, drop_prob: 0.1, nearest: 5, width: 12 }
    }
}

impl Default for LiftSettings {
    fn default() -> Self {
        Self { features: 0, inverse_width: 1.0 }
    }
}

impl MethodSettings for G2rLinear {
    const INFO: MethodInfo = MethodInfo {
        name: "g2r-linear",
        title: "linear G2R",
        source: "closed form of this project, docs/linear.md; rates of Yu et al. 2020, arXiv 2006.08558",
        kind: MethodKind::Unsupervised,
        checkpoint: Checkpoint::Last,
        stochastic: false,
    };
    const PRESETS: &'static str = include_str!("../../presets/g2r-linear.toml");

    fn check(&self) -> Result<(), Error> {
        if self.d_output > 0 {
            ranges::width("d_output", self.d_output)?;
        }
        ranges::positive("ridge", self.ridge)?;
        ranges::probability("teleport_prob", self.teleport_prob)?;
        ranges::count("iterations", self.iterations, 10_000)?;
        for hops in &self.extra_hops {
            if *hops > 10_000 {
                ranges::outside("extra_hops", "a list of numbers of at most 10000", *hops as f64)?;
            }
        }
        let FeatureNeighborSettings { weight, views, drop_prob, nearest, width } = self.feature_neighbors;
        ranges::not_negative("weight", weight)?;
        ranges::count("views", views, 1000)?;
        ranges::dropout("drop_prob", drop_prob)?;
        ranges::count("nearest", nearest, 1000)?;
        ranges::width("width", width)?;
        if self.lift.features > 0 {
            ranges::width("features", self.lift.features)?;
        }
        ranges::positive("inverse_width", self.lift.inverse_width)?;
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            ranges::outside("tolerance", "in (0, 1)", self.tolerance)?;
        }
        if self.d_output == 0 && self.solver == Solver::MatrixFree {
            ranges::outside("d_output", "at least 1 for the solver matrix-free", 0.0)?;
        }
        Ok(())
    }

    fn d_output(&self) -> Option<usize> {
        match (self.lift.features, self.d_output) {
            (0, 0) => None,
            (0, width) => Some(width * (1 + self.extra_hops.len()) + usize::from(self.degree_column)),
            (lifted, _) => Some(lifted),
        }
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        let x = inputs(data.dataset, data.features.clone());
        Ok(Box::new(Bound { settings: self.clone(), graph: data.dataset.graph().clone(), x }))
    }

    fn restore(&self, _shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        let read = || -> Result<Optimum, Box<dyn std::error::Error + Send + Sync>> {
            Ok(Optimum::of_tensors(self.clone(), &Tensors::from_bytes(&std::fs::read(weights)?)?)?)
        };
        match read() {
            Ok(optimum) => Ok(Box::new(optimum)),
            Err(source) => Err(Error::Weights { path: weights.to_owned(), action: "read", source }),
        }
    }
}

impl G2rLinear {
    fn is_single_scale(&self) -> bool {
        self.extra_hops.is_empty() && !self.degree_column
    }

    fn config(&self, num_features: usize) -> LinearConfig {
        let width = match self.d_output {
            0 => Width::Full,
            width => Width::Reduced(width.min(num_features)),
        };
        LinearConfig { ridge: self.ridge, width, solver: self.solver, tolerance: self.tolerance }
    }

    /// What is propagated over: the graph, with neighbors by features where they are asked for.
    fn arcs(&self, x: &dyn FeatureMatrix, graph: &Graph) -> Result<Option<CsrMatrix>, Error> {
        let FeatureNeighborSettings { weight, views, drop_prob, nearest, width } = self.feature_neighbors;
        if weight == 0.0 {
            return Ok(None);
        }
        let config = FeatureNeighborsConfig {
            num_views: views,
            drop_edge_prob: drop_prob,
            mask_feature_prob: drop_prob,
            d_output: width,
            num_neighbors: nearest.min(graph.num_nodes().saturating_sub(1)).max(1),
            num_steps: self.iterations,
            ..FeatureNeighborsConfig::default()
        };
        let mut rng = generator(0, Stream::ClosedForm);
        let found = feature_neighbors(x, graph.adjacency(), &ExactCosine, &config, &mut rng);
        Ok(Some(add_neighbors(graph.adjacency(), &found.map_err(closed_form)?, weight as f32)))
    }

    /// The propagations of the scales, the PageRank last.
    fn propagations<'a>(
        &self,
        adjacency: &'a NormalizedAdjacency<'a>,
    ) -> Result<Vec<Box<dyn Propagation + 'a>>, Error> {
        let hops =
            self.extra_hops.iter().map(|hops| Box::new(Hops::new(adjacency, *hops)) as Box<dyn Propagation>);
        let mut all: Vec<_> = hops.collect();
        let page_rank = PersonalizedPageRank::new(adjacency, self.teleport_prob, self.iterations);
        all.push(Box::new(page_rank.map_err(closed_form)?));
        Ok(all)
    }
}

/// The prepared features; where the graph has none, the rows of A + I with length 1, their columns in the order of training.
fn inputs(dataset: &NodeDataset, prepared: Features) -> Features {
    match (dataset.report().features_made, prepared) {
        (Some(MissingFeatures::Identity), Features::Sparse(order)) => {
            let rows = &adjacency_rows(dataset.graph().adjacency()) * &order;
            Features::Sparse(scale_sparse_rows(rows, RowNorm::L2))
        }
        (_, prepared) => row_major(prepared),
    }
}

struct Bound {
    settings: G2rLinear,
    graph: Graph,
    x: Features,
}

impl Fit for Bound {
    fn fit(&self, _options: &FitOptions, callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let start = Instant::now();
        let Self { settings, graph, x } = self;
        let x = feature_matrix(x)?;
        let total = 2 + settings.extra_hops.len() as u64;
        let mut done = 0;
        let mut step_done = || {
            let progress = Progress { unit: "scales", done, total };
            done += 1;
            match callback.progress(progress) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Error::Interrupted),
            }
        };
        step_done()?;
        let with_neighbors = settings.arcs(&*x, graph)?;
        let arcs = with_neighbors.as_ref().unwrap_or(graph.adjacency());
        let normalized = NormalizedAdjacency::from_symmetric(arcs).map_err(closed_form)?;
        let pairs = match settings.pairs {
            PairGroups::Neighbors => Pairs::degree_normalized(graph.adjacency()).map_err(closed_form)?,
            PairGroups::All => Pairs::all(graph.num_nodes()),
        };
        let config = settings.config(x.num_features());
        let mut rng = generator(0, Stream::ClosedForm);
        let propagations = settings.propagations(&normalized)?;
        let (mut scales, mut last) = (Vec::new(), None);
        for propagation in &propagations {
            step_done()?;
            let found = fit(&*x, &**propagation, &pairs, &config, &mut rng).map_err(closed_form)?;
            scales.push(found.encoder);
            last = Some((found.embedding, found.spectrum));
        }
        let (embedding, spectrum) = last.expect("the PageRank is always there");
        let mut optimum =
            Optimum { settings: settings.clone(), scales: MultiScaleEncoder::new(scales), lift: None };
        let rows = match settings.is_single_scale() {
            true => embedding,
            false => optimum.joined(&*x, &propagations, graph),
        };
        let rows = optimum.draw_lift(rows)?;
        let fitted = Fitted::without_epochs(Features::Dense(rows), Box::new(optimum), start);
        Ok(Fitted { spectrum, ..fitted })
    }
}

/// The optimum: an encoder for each scale, and the lift.
struct Optimum {
    settings: G2rLinear,
    scales: MultiScaleEncoder,
    lift: Option<RandomFourierFeatures>,
}

impl Optimum {
    /// The scales of a graph side by side.
    fn joined(
        &self,
        x: &dyn FeatureMatrix,
        propagations: &[Box<dyn Propagation + '_>],
        graph: &Graph,
    ) -> Array2<f32> {
        let propagations: Vec<&dyn Propagation> = propagations.iter().map(|scale| &**scale).collect();
        let extra = match self.settings.degree_column {
            true => degree_column(graph.adjacency()),
            false => Array2::zeros((graph.num_nodes(), 0)),
        };
        self.scales.embed(x, &propagations, &extra)
    }

    /// Draws the lift where there is one; returns the lifted rows.
    fn draw_lift(&mut self, rows: Array2<f32>) -> Result<Array2<f32>, Error> {
        let LiftSettings { features, inverse_width } = self.settings.lift;
        if features == 0 {
            return Ok(rows);
        }
        // A stream of its own: what the solver draws does not shift it.
        let mut rng = generator(1, Stream::ClosedForm);
        let lift = RandomFourierFeatures::init(rows.ncols(), features, inverse_width, &mut rng);
        let lift = lift.map_err(closed_form)?;
        let lifted = lift.apply(&rows);
        self.lift = Some(lift);
        Ok(lifted)
    }

    fn tensors(&self) -> Tensors {
        let mut tensors = Tensors::default();
        for (scale, encoder) in self.scales.scales().iter().enumerate() {
            tensors.insert_encoder(&format!("scale.{scale}."), encoder);
        }
        if let Some(lift) = &self.lift {
            tensors.insert("lift.directions", lift.directions().to_owned());
            tensors.insert_vector("lift.phases", lift.phases());
        }
        tensors
    }

    fn of_tensors(settings: G2rLinear, tensors: &Tensors) -> Result<Self, TensorsError> {
        let scales = (0..=settings.extra_hops.len()).map(|scale| tensors.encoder(&format!("scale.{scale}.")));
        let scales: Vec<LinearEncoder> = scales.collect::<Result<_, _>>()?;
        let lift = match settings.lift.features {
            0 => None,
            _ => {
                let directions = tensors.matrix("lift.directions")?.clone();
                let phases = tensors.vector("lift.phases", directions.ncols())?;
                Some(RandomFourierFeatures::new(directions, phases))
            }
        };
        Ok(Self { settings, scales: MultiScaleEncoder::new(scales), lift })
    }
}

impl EmbedNodes for Optimum {
    fn embed(&self, dataset: &NodeDataset, preparation: &Preparation) -> Result<Features, Error> {
        let (graph, settings) = (dataset.graph(), &self.settings);
        let x = inputs(dataset, preparation.apply(dataset)?);
        let x = feature_matrix(&x)?;
        let with_neighbors = settings.arcs(&*x, graph)?;
        let arcs = with_neighbors.as_ref().unwrap_or(graph.adjacency());
        let normalized = NormalizedAdjacency::from_symmetric(arcs).map_err(closed_form)?;
        let propagations = settings.propagations(&normalized)?;
        let rows = match (settings.is_single_scale(), self.scales.scales()) {
            (true, [encoder]) => encoder.embed(&*x, &*propagations[0]),
            _ => self.joined(&*x, &propagations, graph),
        };
        Ok(Features::Dense(match &self.lift {
            Some(lift) => lift.apply(&rows),
            None => rows,
        }))
    }

    fn state(&self) -> Result<State<'_>, Error> {
        let bytes = self.tensors().to_bytes().map_err(|source| Error::WeightsToBytes { source })?;
        Ok(State::Weights(bytes))
    }
}
