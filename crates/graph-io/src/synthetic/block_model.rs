//! Graphs whose edges depend on the classes of their ends.

use ndarray::Array2;
use rand::Rng;

use crate::arcs::{ArcMeaning, Arcs};
use crate::chance::{normal, unit};
use crate::cleaning::CleaningReport;
use crate::csr::CsrMatrix;
use crate::edge_policy::EdgePolicy;
use crate::error::Error;
use crate::features::Features;
use crate::graph::{Graph, check_counts};
use crate::labels::Labels;
use crate::node_dataset::{NodeDataset, NodeDatasetParts};
use crate::split::{Split, SplitSizes};

/// The settings of a [`stochastic_block_model`].
#[derive(Clone, Debug, PartialEq)]
pub struct BlockModelConfig {
    /// Nodes of each block, at least 1 each; blocks are the classes.
    pub block_sizes: Vec<usize>,
    /// Probability of an edge between two nodes of one block, in [0, 1].
    pub edge_prob_within: f64,
    /// Probability of an edge between two nodes of different blocks, in [0, 1].
    pub edge_prob_between: f64,
    /// What the nodes look like.
    pub features: BlockFeatures,
    /// The split drawn at the end.
    pub split: SplitSizes,
}

/// The features of a [`stochastic_block_model`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BlockFeatures {
    /// Dense: a center for each block, drawn evenly from the sphere of radius `separation`, plus a standard normal draw
    /// for each value.
    Gaussian {
        /// Columns, at least 1.
        d_input: usize,
        /// Distance of the centers from zero, at least 0; the noise has standard deviation 1.
        separation: f64,
    },
    /// Sparse zeros and ones: column j belongs to block j mod the number of blocks.
    Binary {
        /// Columns, at least 1.
        d_input: usize,
        /// Probability of a one in a column of the node's own block, in [0, 1].
        one_prob_own: f64,
        /// Probability of a one in any other column, in [0, 1].
        one_prob_other: f64,
    },
}

/// More features than this fit into no memory: the count of their bytes must at least not overflow.
const MAX_FEATURES: usize = 1 << 40;

/// A graph has fewer than 2³¹ arcs, two an edge.
const MAX_MEAN_EDGES: f64 = (1u64 << 30) as f64;

/// Draws a graph whose edges depend only on the blocks of their ends (Holland, Laskey and Leinhardt, 1983).
///
/// Edges are drawn by jumping over the pairs that have none (Batagelj and Brandes, 2005), so that the cost is
/// O(nodes + edges) a pair of blocks, not O(nodes²). The same generator state gives the same data set.
///
/// ```
/// use graph_io::SplitSizes;
/// use graph_io::synthetic::{BlockFeatures, BlockModelConfig, stochastic_block_model};
/// use rand::SeedableRng;
///
/// let config = BlockModelConfig {
///     block_sizes: vec![50, 50],
///     edge_prob_within: 0.2,
///     edge_prob_between: 0.02,
///     features: BlockFeatures::Gaussian { d_input: 8, separation: 2.0 },
///     split: SplitSizes { train_per_class: 5, val: 10, test: 50 },
/// };
/// let drawn = stochastic_block_model(&config, &mut rand_chacha::ChaCha8Rng::seed_from_u64(0))?;
/// assert_eq!(drawn.labels().expect("blocks are labels").counts(), [50, 50]);
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A setting out of its range; 2³¹ nodes, or 2³⁰ edges on average; 2⁴⁰ features; blocks too small for the split.
pub fn stochastic_block_model(
    config: &BlockModelConfig,
    rng: &mut (impl Rng + ?Sized),
) -> Result<NodeDataset, Error> {
    check(config)?;
    let starts: Vec<usize> = config
        .block_sizes
        .iter()
        .scan(0, |start, size| Some(std::mem::replace(start, *start + size)))
        .collect();
    let mut arcs = Arcs { meaning: ArcMeaning::Undirected, ..Arcs::default() };
    for (block, &size) in config.block_sizes.iter().enumerate() {
        draw_within(starts[block], size, config.edge_prob_within, rng, &mut arcs);
        for other in 0..block {
            let rows = (starts[block], size);
            let columns = (starts[other], config.block_sizes[other]);
            draw_between(rows, columns, config.edge_prob_between, rng, &mut arcs);
        }
    }
    let num_nodes = config.block_sizes.iter().sum();
    let (graph, edges) = Graph::from_arcs(num_nodes, arcs, EdgePolicy::default())?;
    let block_of_node: Vec<usize> =
        config.block_sizes.iter().enumerate().flat_map(|(block, &size)| vec![block; size]).collect();
    let features = draw_features(config, &block_of_node, rng)?;
    let classes = block_of_node.iter().map(|&block| Some(block as u32)).collect();
    let class_names = (0..config.block_sizes.len()).map(|block| block.to_string()).collect();
    let labels = Labels::from_classes(classes, class_names)?;
    let split = Split::random(&labels, config.split, rng)?;
    NodeDataset::from_parts(NodeDatasetParts {
        name: "stochastic-block-model".to_string(),
        labels: Some(labels),
        splits: vec![split],
        report: CleaningReport { edges, ..CleaningReport::default() },
        ..NodeDatasetParts::new(graph, features)
    })
}

fn check(config: &BlockModelConfig) -> Result<(), Error> {
    if config.block_sizes.is_empty() || config.block_sizes.contains(&0) {
        let found = format!("{:?}", config.block_sizes);
        return Err(Error::invalid("`block_sizes`", "one block or more, none of them empty", found));
    }
    let num_nodes = config.block_sizes.iter().fold(0usize, |sum, &size| sum.saturating_add(size));
    check_counts(num_nodes, 0)?;
    let mut probs = vec![
        ("`edge_prob_within`", config.edge_prob_within),
        ("`edge_prob_between`", config.edge_prob_between),
    ];
    let (BlockFeatures::Gaussian { d_input, .. } | BlockFeatures::Binary { d_input, .. }) = config.features;
    if num_nodes.saturating_mul(d_input) >= MAX_FEATURES {
        let expected = format!("fewer than {MAX_FEATURES} features of {num_nodes} nodes in all");
        return Err(Error::invalid("`d_input`", expected, format!("{d_input} columns")));
    }
    match config.features {
        BlockFeatures::Gaussian { separation, .. } if !(separation >= 0.0 && separation.is_finite()) => {
            return Err(Error::invalid(
                "`separation`",
                "a finite number, at least 0",
                separation.to_string(),
            ));
        }
        BlockFeatures::Gaussian { .. } => {}
        BlockFeatures::Binary { one_prob_own, one_prob_other, .. } => {
            probs.extend([("`one_prob_own`", one_prob_own), ("`one_prob_other`", one_prob_other)]);
        }
    }
    if let Some((what, prob)) = probs.iter().find(|(_, prob)| !(0.0..=1.0).contains(prob)) {
        return Err(Error::invalid(*what, "a probability from 0 to 1", prob.to_string()));
    }
    // Before they are drawn, because so many might not fit into memory.
    let num_edges = mean_num_edges(config);
    if num_edges >= MAX_MEAN_EDGES {
        let expected = format!("fewer than {MAX_MEAN_EDGES} edges on average");
        return Err(Error::invalid("block model", expected, format!("{num_edges:.0}")));
    }
    Ok(())
}

fn mean_num_edges(config: &BlockModelConfig) -> f64 {
    let sizes = || config.block_sizes.iter().map(|&size| size as f64);
    let (num_nodes, pairs_within): (f64, f64) =
        (sizes().sum(), sizes().map(|size| size * (size - 1.0) / 2.0).sum());
    let pairs_between = num_nodes * (num_nodes - 1.0) / 2.0 - pairs_within;
    config.edge_prob_within * pairs_within + config.edge_prob_between * pairs_between
}

/// How many pairs are passed over to the next edge: geometric with the edge's probability.
struct Jumps {
    prob: f64,
    /// The logarithm of the probability that a pair has no edge.
    ln_none: f64,
}

impl Jumps {
    fn new(prob: f64) -> Self {
        Self { prob, ln_none: (-prob).ln_1p() }
    }

    fn draw(&self, rng: &mut (impl Rng + ?Sized)) -> usize {
        if self.prob >= 1.0 {
            return 0;
        }
        // A quotient beyond `usize` saturates, which is past the last pair as it should be.
        ((1.0 - unit(rng)).ln() / self.ln_none) as usize
    }
}

fn push(arcs: &mut Arcs, from: usize, to: usize) {
    arcs.from.push(from as u32);
    arcs.to.push(to as u32);
}

fn draw_within(start: usize, size: usize, prob: f64, rng: &mut (impl Rng + ?Sized), arcs: &mut Arcs) {
    if prob <= 0.0 {
        return;
    }
    let jumps = Jumps::new(prob);
    let (mut row, mut column) = (1, jumps.draw(rng));
    loop {
        while column >= row && row < size {
            column -= row;
            row += 1;
        }
        if row >= size {
            return;
        }
        push(arcs, start + row, start + column);
        column = column.saturating_add(1).saturating_add(jumps.draw(rng));
    }
}

fn draw_between(
    rows: (usize, usize),
    columns: (usize, usize),
    prob: f64,
    rng: &mut (impl Rng + ?Sized),
    arcs: &mut Arcs,
) {
    if prob <= 0.0 {
        return;
    }
    let num_pairs = rows.1 * columns.1;
    let jumps = Jumps::new(prob);
    let mut pair = jumps.draw(rng);
    while pair < num_pairs {
        push(arcs, rows.0 + pair / columns.1, columns.0 + pair % columns.1);
        pair = pair.saturating_add(1).saturating_add(jumps.draw(rng));
    }
}

fn draw_features(
    config: &BlockModelConfig,
    block_of_node: &[usize],
    rng: &mut (impl Rng + ?Sized),
) -> Result<Features, Error> {
    let num_blocks = config.block_sizes.len();
    match config.features {
        BlockFeatures::Gaussian { d_input, separation } => {
            let mut centers = Array2::from_shape_simple_fn((num_blocks, d_input), || normal(rng));
            for mut center in centers.rows_mut() {
                let length = center.dot(&center).sqrt().max(f64::MIN_POSITIVE);
                center *= separation / length;
            }
            let shape = (block_of_node.len(), d_input);
            let draw = |(node, column)| (centers[(block_of_node[node], column)] + normal(rng)) as f32;
            Features::from_dense(Array2::from_shape_fn(shape, draw))
        }
        BlockFeatures::Binary { d_input, one_prob_own, one_prob_other } => {
            let (mut row_pointers, mut columns) = (vec![0], Vec::new());
            for &block in block_of_node {
                for column in 0..d_input {
                    let prob = if column % num_blocks == block { one_prob_own } else { one_prob_other };
                    if unit(rng) < prob {
                        columns.push(column as u32);
                    }
                }
                row_pointers.push(columns.len());
            }
            let values = vec![1.0; columns.len()];
            let matrix = CsrMatrix::try_new((block_of_node.len(), d_input), row_pointers, columns, values)
                .expect("columns were drawn in order");
            Features::from_sparse(matrix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::fingerprint;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn config() -> BlockModelConfig {
        BlockModelConfig {
            block_sizes: vec![200, 100, 100],
            edge_prob_within: 0.1,
            edge_prob_between: 0.01,
            features: BlockFeatures::Gaussian { d_input: 4, separation: 3.0 },
            split: SplitSizes { train_per_class: 5, val: 20, test: 100 },
        }
    }

    fn draw(config: &BlockModelConfig, seed: u64) -> NodeDataset {
        stochastic_block_model(config, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
    }

    fn message(config: BlockModelConfig) -> String {
        stochastic_block_model(&config, &mut ChaCha8Rng::seed_from_u64(0)).unwrap_err().to_string()
    }

    #[test]
    fn edges_come_as_often_as_their_probabilities_say() {
        let (mut within, mut between) = (0, 0);
        for seed in 0..20 {
            let drawn = draw(&config(), seed);
            let labels = drawn.labels().unwrap();
            for (from, to) in drawn.graph().edges() {
                *(if labels.class(from) == labels.class(to) { &mut within } else { &mut between }) += 1;
            }
            assert_eq!(drawn.report().edges.duplicates_merged, 0);
        }
        // 29 800 pairs within at 0.1 and 50 000 between at 0.01, twenty times: four standard deviations.
        assert!((59_600i32 - within).abs() < 930, "{within}");
        assert!((10_000i32 - between).abs() < 400, "{between}");
    }

    #[test]
    fn probability_one_gives_every_edge_and_zero_none() {
        let full = BlockModelConfig { edge_prob_within: 1.0, edge_prob_between: 1.0, ..config() };
        assert_eq!(draw(&full, 0).graph().num_edges(), 400 * 399 / 2);
        let split = BlockModelConfig { edge_prob_within: 1.0, edge_prob_between: 0.0, ..config() };
        assert_eq!(draw(&split, 0).graph().component_sizes(), [200, 100, 100]);
        let tiny = BlockModelConfig { edge_prob_within: 1e-300, edge_prob_between: 0.0, ..config() };
        assert_eq!(draw(&tiny, 0).graph().num_edges(), 0);
    }

    #[test]
    fn a_seed_gives_the_same_data_set() {
        assert_eq!(draw(&config(), 1), draw(&config(), 1));
        assert_ne!(draw(&config(), 1), draw(&config(), 2));
    }

    #[test]
    fn a_seed_gives_the_same_edges_and_split_today_and_later() {
        let drawn = draw(&config(), 1);
        assert_eq!(fingerprint(drawn.graph().edges()), PINNED_EDGES);
        assert_eq!(drawn.split().unwrap().train(), PINNED_TRAIN);
    }

    const PINNED_EDGES: u64 = 4_470_950_116_800_144_322;
    const PINNED_TRAIN: [u32; 15] = [28, 42, 103, 144, 152, 203, 219, 229, 234, 290, 305, 333, 337, 360, 384];

    #[test]
    fn gaussian_features_lie_around_centers_on_the_sphere() {
        let drawn = draw(&config(), 3);
        let Features::Dense(features) = drawn.features() else { panic!("gaussian features are dense") };
        let mean = features.slice(ndarray::s![0..200, ..]).mean_axis(ndarray::Axis(0)).unwrap();
        assert!((mean.dot(&mean).sqrt() - 3.0).abs() < 0.4);
    }

    #[test]
    fn binary_features_favor_the_columns_of_the_block() {
        let features = BlockFeatures::Binary { d_input: 30, one_prob_own: 0.5, one_prob_other: 0.05 };
        let drawn = draw(&BlockModelConfig { features, ..config() }, 4);
        let Features::Sparse(features) = drawn.features() else { panic!("binary features are sparse") };
        let is_own =
            |node: usize, column: u32| drawn.labels().unwrap().class(node as u32) == Some(column % 3);
        let own = (0..400).map(|node| {
            crate::csr::row(features, node).0.iter().filter(|&&column| is_own(node, column)).count()
        });
        // 4000 values at 0.5.
        assert!((2000i32 - own.sum::<usize>() as i32).abs() < 130);
    }

    #[test]
    fn a_graph_too_large_is_refused_before_it_is_drawn() {
        assert_eq!(
            message(BlockModelConfig { block_sizes: vec![usize::MAX, 2], ..config() }),
            "graph: expected fewer than 2147483648 nodes, found 18446744073709551615"
        );
        let block_sizes = vec![100_000, 100_000];
        assert_eq!(
            message(BlockModelConfig { block_sizes, edge_prob_between: 0.2, ..config() }),
            "block model: expected fewer than 1073741824 edges on average, found 2999990000"
        );
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        assert_eq!(
            message(BlockModelConfig { block_sizes: vec![3, 0], ..config() }),
            "`block_sizes`: expected one block or more, none of them empty, found [3, 0]"
        );
        assert_eq!(
            message(BlockModelConfig { edge_prob_within: 1.5, ..config() }),
            "`edge_prob_within`: expected a probability from 0 to 1, found 1.5"
        );
        let features = BlockFeatures::Gaussian { d_input: 0, separation: 1.0 };
        assert_eq!(
            message(BlockModelConfig { features, ..config() }),
            "features: expected at least one column, found none"
        );
        let features = BlockFeatures::Gaussian { d_input: 2, separation: f64::NAN };
        assert_eq!(
            message(BlockModelConfig { features, ..config() }),
            "`separation`: expected a finite number, at least 0, found NaN"
        );
        let features = BlockFeatures::Binary { d_input: 1 << 32, one_prob_own: 0.0, one_prob_other: 0.0 };
        assert_eq!(
            message(BlockModelConfig { features, ..config() }),
            "`d_input`: expected fewer than 1099511627776 features of 400 nodes in all, found 4294967296 columns"
        );
        let split = SplitSizes { train_per_class: 101, ..config().split };
        assert!(message(BlockModelConfig { split, ..config() }).contains("101 labelled nodes"));
    }
}
