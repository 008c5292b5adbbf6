//! Linear rate reduction in closed form.

use std::path::Path;
use std::time::Instant;

use burn::tensor::Device;
use g2r_loss::linear::neighbors::{
    CosineNeighbors, ExactCosine, FeatureNeighborsConfig, InvertedFile, add_neighbors,
    feature_neighbors_monitored,
};
use g2r_loss::linear::prepare::{RowNorm, scale_sparse_rows};
use g2r_loss::linear::{
    FeatureMatrix, Hops, LinearConfig, LinearEncoder, MultiScaleEncoder, NormalizedAdjacency, Pairs,
    PersonalizedPageRank, Propagation, RandomFourierFeatures, Solver, SolverProgress, Width, adjacency_rows,
    degree_column, fit_monitored,
};
use graph_io::{CsrMatrix, Features, Graph, MissingFeatures, NodeDataset};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::device_propagation::DevicePropagation;
use crate::callback::Callback;
use crate::feature_matrix::{closed_form, feature_matrix, row_major};
use crate::fit::{Fit, FitOptions, Fitted};
use crate::memory::{DataSize, F32, F64, sum};
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
    /// Width of the embedding, of each scale where there are several; at most the number of features.
    pub d_output: usize,
    /// Whether all directions are kept with the same power, ε → 0, in place of the best `d_output` of them: the embedding is then as
    /// wide as the features.
    pub full_width: bool,
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
    /// How the nearest are searched.
    pub search: NeighborSearch,
}

/// How the nearest neighbors by features are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NeighborSearch {
    /// Exactly for at most 50 000 nodes, else by the inverted file.
    #[default]
    Auto,
    /// Each node with each.
    Exact,
    /// Each node with those of the cells near it: most of the nearest are found, not all.
    InvertedFile,
}

/// More nodes than these are not all compared with all.
const MOST_EXACT: usize = 50_000;

impl NeighborSearch {
    fn of(self, num_nodes: usize) -> &'static dyn CosineNeighbors {
        const INVERTED_FILE: InvertedFile = InvertedFile { num_probes: 32 };
        match self {
            Self::InvertedFile => &INVERTED_FILE,
            Self::Auto if num_nodes > MOST_EXACT => &INVERTED_FILE,
            Self::Auto | Self::Exact => &ExactCosine,
        }
    }
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
            full_width: false,
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
        Self { weight: 0.0, views: 8, drop_prob: 0.1, nearest: 5, width: 12, search: NeighborSearch::Auto }
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
        ranges::width("d_output", self.d_output)?;
        ranges::positive("ridge", self.ridge)?;
        ranges::probability("teleport_prob", self.teleport_prob)?;
        ranges::count("iterations", self.iterations, 10_000)?;
        for hops in &self.extra_hops {
            if *hops > 10_000 {
                ranges::outside("extra_hops", "a list of numbers of at most 10000", *hops as f64)?;
            }
        }
        let FeatureNeighborSettings { weight, views, drop_prob, nearest, width, .. } = self.feature_neighbors;
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
        Ok(())
    }

    fn d_output(&self) -> Option<usize> {
        match (self.lift.features, self.full_width) {
            (0, true) => None,
            (0, false) => Some(self.d_output * (1 + self.extra_hops.len()) + usize::from(self.degree_column)),
            (lifted, _) => Some(lifted),
        }
    }

    fn memory(&self, size: &DataSize) -> u64 {
        let &DataSize { num_nodes, num_arcs, d_input, num_entries, .. } = size;
        // Rows of A + I stand in for the features of a graph that has none.
        let num_entries = if size.is_identity { Some(num_arcs + num_nodes) } else { num_entries };
        let size = DataSize { num_entries, ..*size };
        let squares = |copies: u64| copies.saturating_mul(d_input).saturating_mul(d_input);
        let width = if self.full_width { d_input } else { d_input.min(self.d_output as u64) };
        // Weights and three embeddings of a scale: X W, and two of its propagation.
        let reduced = size.matrix(3 * width);
        let scale = match (self.full_width, self.solver) {
            // The scatter with its factor; then the weights beside the embeddings.
            (true, _) => squares(2 * F64).max(squares(F32).saturating_add(size.matrix(3 * d_input))),
            // Factor, covariance and eigenvectors; before that the propagated features with their Gram matrix.
            (false, Solver::Dense) => {
                squares(4 * F64).max(squares(2 * F64).saturating_add(size.matrix(d_input))).max(reduced)
            }
            // Which solver `auto` takes is found by counts that are not known here; both hold these.
            (false, _) => reduced,
        };
        let joined =
            if self.is_single_scale() { 0 } else { size.matrix(width * self.extra_hops.len() as u64) };
        let lifted = size.matrix(self.lift.features as u64);
        sum(&[size.features(), size.adjacency(), scale, joined, lifted])
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        data.check_edges()?;
        let x = inputs(data.dataset, data.features.clone());
        let (graph, device) = (data.dataset.graph().clone(), data.device.clone());
        Ok(Box::new(Bound { settings: self.clone(), graph, x, device }))
    }

    fn restore(&self, shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        let read = || -> Result<Optimum, Box<dyn std::error::Error + Send + Sync>> {
            let tensors = Tensors::from_bytes(&std::fs::read(weights)?)?;
            Ok(Optimum::of_tensors(self.clone(), &tensors, &shape.device)?)
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
        let width = match self.full_width {
            true => Width::Full,
            false => Width::Reduced(self.d_output.min(num_features)),
        };
        LinearConfig { ridge: self.ridge, width, solver: self.solver, tolerance: self.tolerance }
    }

    /// What is propagated over: the graph, with neighbors by features where they are asked for.
    fn arcs(
        &self,
        x: &dyn FeatureMatrix,
        graph: &Graph,
        callback: &mut dyn Callback,
    ) -> Result<Option<CsrMatrix>, Error> {
        let FeatureNeighborSettings { weight, views, drop_prob, nearest, width, search } =
            self.feature_neighbors;
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
        let mut monitor = |progress: SolverProgress| callback.progress(of_solver("views", progress, 0, 1));
        let (adjacency, search) = (graph.adjacency(), search.of(graph.num_nodes()));
        let found = feature_neighbors_monitored(x, adjacency, search, &config, &mut rng, &mut monitor);
        Ok(Some(add_neighbors(graph.adjacency(), &found.map_err(closed_form)?, weight as f32)))
    }

    /// The propagations of the scales, the PageRank last: on the host by `adjacency`, which is that of `arcs`, or on a device.
    fn propagations<'a>(
        &self,
        adjacency: &'a NormalizedAdjacency<'a>,
        arcs: &CsrMatrix,
        device: &Device,
    ) -> Result<Vec<Box<dyn Propagation + 'a>>, Error> {
        let (alpha, steps) = (self.teleport_prob, self.iterations);
        if *device != Device::flex() {
            let on_device = |alpha, steps| Box::new(DevicePropagation::new(arcs, device, alpha, steps));
            let hops = self.extra_hops.iter().map(|hops| on_device(0.0, *hops) as Box<dyn Propagation>);
            return Ok(hops.chain([on_device(alpha, steps) as Box<dyn Propagation>]).collect());
        }
        let hops =
            self.extra_hops.iter().map(|hops| Box::new(Hops::new(adjacency, *hops)) as Box<dyn Propagation>);
        let page_rank = PersonalizedPageRank::new(adjacency, alpha, steps).map_err(closed_form)?;
        Ok(hops.chain([Box::new(page_rank) as Box<dyn Propagation>]).collect())
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
    device: Device,
}

impl Fit for Bound {
    fn fit(&self, _options: &FitOptions, callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let start = Instant::now();
        let Self { settings, graph, x, device } = self;
        let x = feature_matrix(x)?;
        let with_neighbors = settings.arcs(&*x, graph, callback)?;
        let arcs = with_neighbors.as_ref().unwrap_or(graph.adjacency());
        let normalized = NormalizedAdjacency::from_symmetric(arcs).map_err(closed_form)?;
        let pairs = match settings.pairs {
            PairGroups::Neighbors => Pairs::degree_normalized(graph.adjacency()).map_err(closed_form)?,
            PairGroups::All => Pairs::all(graph.num_nodes()),
        };
        let config = settings.config(x.num_features());
        let mut rng = generator(0, Stream::ClosedForm);
        let propagations = settings.propagations(&normalized, arcs, device)?;
        let (mut scales, mut last) = (Vec::new(), None);
        for (scale, propagation) in propagations.iter().enumerate() {
            let mut monitor = |progress: SolverProgress| {
                callback.progress(of_solver("steps", progress, scale, propagations.len()))
            };
            let found = fit_monitored(&*x, &**propagation, &pairs, &config, &mut rng, &mut monitor);
            let found = found.map_err(closed_form)?;
            scales.push(found.encoder);
            last = Some((found.embedding, found.spectrum));
        }
        let (embedding, spectrum) = last.expect("the PageRank is always there");
        let mut optimum = Optimum {
            settings: settings.clone(),
            scales: MultiScaleEncoder::new(scales),
            lift: None,
            device: device.clone(),
        };
        let rows = match settings.is_single_scale() {
            true => embedding,
            false => optimum.joined(&*x, &propagations, graph),
        };
        let rows = optimum.draw_lift(rows)?;
        let fitted = Fitted::without_epochs(Features::Dense(rows), Box::new(optimum), start);
        Ok(Fitted { spectrum, ..fitted })
    }
}

/// The progress of the solver of one of several problems alike.
fn of_solver(unit: &'static str, progress: SolverProgress, problem: usize, problems: usize) -> Progress {
    let SolverProgress { done, total, is_bound } = progress;
    let before = total * problem;
    Progress { unit, done: (before + done) as u64, total: (total * problems) as u64, is_bound }
}

/// The optimum: an encoder for each scale, and the lift.
struct Optimum {
    settings: G2rLinear,
    scales: MultiScaleEncoder,
    lift: Option<RandomFourierFeatures>,
    device: Device,
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

    fn of_tensors(settings: G2rLinear, tensors: &Tensors, device: &Device) -> Result<Self, TensorsError> {
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
        Ok(Self { settings, scales: MultiScaleEncoder::new(scales), lift, device: device.clone() })
    }
}

impl EmbedNodes for Optimum {
    fn embed(&self, dataset: &NodeDataset, preparation: &Preparation) -> Result<Features, Error> {
        let (graph, settings, device) = (dataset.graph(), &self.settings, &self.device);
        let x = inputs(dataset, preparation.apply(dataset)?);
        let x = feature_matrix(&x)?;
        let with_neighbors = settings.arcs(&*x, graph, &mut ())?;
        let arcs = with_neighbors.as_ref().unwrap_or(graph.adjacency());
        let normalized = NormalizedAdjacency::from_symmetric(arcs).map_err(closed_form)?;
        let propagations = settings.propagations(&normalized, arcs, device)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Model, Settings};
    use graph_io::{ArcMeaning, Arcs, CleaningPolicy, NodeIds, RawDataset};
    use testkit::graphs::two_blocks;

    fn dense(rows: Features) -> Array2<f32> {
        match rows {
            Features::Dense(rows) => rows,
            Features::Sparse(matrix) => matrix.to_dense(),
        }
    }

    /// Two cliques of four nodes with an edge between them, without features; nodes in the order of `ids`.
    fn cliques(ids: &[&str]) -> NodeDataset {
        let place = |name: &str| ids.iter().position(|id| *id == name).unwrap() as u32;
        let clique =
            |names: [&'static str; 4]| (0..4).flat_map(move |i| (0..i).map(move |j| (names[i], names[j])));
        let edges = clique(["a", "b", "c", "d"]).chain(clique(["e", "f", "g", "h"])).chain([("d", "e")]);
        let arcs: Vec<(u32, u32)> = edges.map(|(a, b)| (place(a), place(b))).collect();
        let arcs = Arcs::from_pairs(&arcs, ArcMeaning::Directed);
        RawDataset::from_arcs("cliques", NodeIds::from_names(ids), arcs)
            .clean(&CleaningPolicy::default())
            .unwrap()
    }

    #[test]
    fn a_graph_without_features_is_embedded_by_its_structure_whatever_the_order_of_nodes() {
        let settings = Settings::new(G2rLinear { d_output: 2, ..G2rLinear::default() }).unwrap();
        let ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let fitted = settings.fit(&cliques(&ids), 0).unwrap();
        let rows = dense(fitted.rows);
        for node in 1..4 {
            assert!(rows[[0, 0]] * rows[[node, 0]] > 0.0 && rows[[0, 0]] * rows[[4 + node, 0]] < 0.0);
        }
        let shuffled = ["h", "c", "a", "e", "b", "g", "d", "f"];
        let embedded = fitted.model.embed(&cliques(&shuffled)).unwrap();
        for (row, id) in shuffled.iter().enumerate() {
            let node = ids.iter().position(|known| known == id).unwrap();
            for column in 0..2 {
                assert!((embedded.rows()[[row, column]] - rows[[node, column]]).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn scales_degrees_neighbors_and_lift_come_back_from_a_folder() {
        let blocks = two_blocks();
        let settings = G2rLinear {
            d_output: 3,
            extra_hops: vec![0, 1],
            degree_column: true,
            feature_neighbors: FeatureNeighborSettings {
                weight: 0.5,
                views: 2,
                width: 3,
                ..Default::default()
            },
            lift: LiftSettings { features: 40, inverse_width: 0.7 },
            ..G2rLinear::default()
        };
        assert_eq!(MethodSettings::d_output(&settings), Some(40));
        let fitted = Settings::new(settings).unwrap().fit(&blocks, 0).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fitted.model.save(folder.path()).unwrap();
        let read = Model::load(folder.path()).unwrap();
        assert_eq!(dense(read.embed_rows(&blocks).unwrap()), dense(fitted.rows));
    }

    #[test]
    fn a_width_beyond_the_features_is_that_of_the_features() {
        let blocks = two_blocks();
        let fit = |d_output, full_width| {
            let settings = G2rLinear { d_output, full_width, ..G2rLinear::default() };
            Settings::new(settings).unwrap().fit(&blocks, 0)
        };
        let wide = fit(1000, false).unwrap();
        assert_eq!((wide.rows.d_input(), wide.spectrum.unwrap().water_level), (16, 0.0));
        let full = fit(64, true).unwrap();
        assert_eq!((full.rows.d_input(), full.spectrum), (16, None));
        let narrow = fit(4, false).unwrap().spectrum.unwrap();
        assert_eq!(narrow.water_level, narrow.eigenvalues[4]);
        assert!(narrow.rates().unwrap().reduction() > 0.0);
    }

    #[test]
    fn settings_out_of_range_and_graphs_without_edges_are_refused() {
        let message = |settings: G2rLinear| Settings::new(settings).unwrap_err().to_string();
        let error = message(G2rLinear { ridge: 0.0, ..G2rLinear::default() });
        assert_eq!(error, "`ridge` must be positive, got 0");
        let error = message(G2rLinear { tolerance: 1.0, ..G2rLinear::default() });
        assert_eq!(error, "`tolerance` must be in (0, 1), got 1");
        let bare =
            graph_io::NodeDatasetParts::new(testkit::graphs::edgeless(3), Features::Dense(Array2::eye(3)));
        let bare = NodeDataset::from_parts(bare).unwrap();
        let error = Settings::new(G2rLinear::default()).unwrap().fit(&bare, 0).unwrap_err();
        assert!(matches!(error, Error::NoEdges));
    }
}
