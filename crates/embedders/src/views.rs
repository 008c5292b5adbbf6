//! Random views of a graph: edges dropped, feature columns masked.

use burn::tensor::{Device, Tensor, TensorData};
use gnn::{GraphOperators, MaskedColumns, NodeFeatures};
use graph_io::{CsrMatrix, Features, Graph};
use rand::{Rng, RngExt};

use crate::batch::Batch;
use crate::{TrainingData, ViewSettings};

/// How much of a view is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
struct AugmentationConfig {
    /// Probability that an edge is dropped, from 0 to below 1.
    drop_edge: f64,
    /// Probability that a column of the features is masked, from 0 to below 1.
    mask_feature: f64,
}

/// A graph of which pairs of random views are drawn: in each, every edge is dropped by itself, both its arcs together, and every
/// column of the features is masked by itself, for all nodes together.
///
/// Zhu et al. 2020, arXiv 2006.04131, sec. 3.1.2. What is left is not scaled up; each view's graph is normalised for itself. The
/// authors' codes drop the two arcs of an edge apart from each other, which makes directed graphs of undirected ones. A view
/// costs O(edges + non-zeros), and a loop is an edge like others.
#[derive(Clone, Debug)]
pub struct TwoViews {
    device: Device,
    whole: Batch,
    adjacency: CsrMatrix,
    /// The edge of each arc, edges numbered as they are first met.
    edge_of_arc: Vec<u32>,
    num_edges: usize,
    features: MaskableFeatures,
    views: [AugmentationConfig; 2],
}

#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one of it a training; which variant is the larger depends on the backends"
)]
enum MaskableFeatures {
    Sparse(MaskedColumns),
    Dense(Tensor<2>),
}

impl TwoViews {
    /// Prepares a training graph for views. O(edges + non-zeros).
    pub fn new(data: &TrainingData<'_>, settings: &ViewSettings) -> Self {
        let whole = data.batch().clone();
        let adjacency = data.dataset.graph().adjacency().clone();
        let (edge_of_arc, num_edges) = edges_of_arcs(&adjacency);
        let features = match (&data.features, whole.features()) {
            (Features::Sparse(matrix), _) => {
                MaskableFeatures::Sparse(MaskedColumns::new(matrix, &data.device))
            }
            (Features::Dense(_), NodeFeatures::Dense(tensor)) => MaskableFeatures::Dense(tensor.clone()),
            (Features::Dense(_), NodeFeatures::Sparse(_)) => unreachable!("dense features stay dense"),
        };
        let ViewSettings { drop_edge_probs, mask_feature_probs } = *settings;
        let views = [0, 1].map(|view| AugmentationConfig {
            drop_edge: drop_edge_probs[view],
            mask_feature: mask_feature_probs[view],
        });
        Self { device: data.device.clone(), whole, adjacency, edge_of_arc, num_edges, features, views }
    }

    /// Number of nodes.
    pub fn num_nodes(&self) -> usize {
        self.whole.num_targets()
    }

    /// Draws both views, the first before the second.
    pub fn draw(&self, rng: &mut impl Rng) -> [Batch; 2] {
        self.views.map(|view| self.draw_view(view, rng))
    }

    /// Draws a view: first its edges, then its features; where nothing is left out, nothing is drawn.
    fn draw_view(&self, view: AugmentationConfig, rng: &mut impl Rng) -> Batch {
        let graph = match view.drop_edge {
            0.0 => self.whole.graph().clone(),
            prob => GraphOperators::new(self.with_edges(&kept(self.num_edges, prob, rng)), &self.device),
        };
        let features = match view.mask_feature {
            0.0 => self.whole.features().clone(),
            prob => self.with_features(&kept(self.whole.d_input(), prob, rng)),
        };
        Batch::new(features, graph)
    }

    fn with_edges(&self, kept: &[bool]) -> Graph {
        let nodes = self.adjacency.rows();
        let (mut row_ptr, mut columns, mut weights) = (vec![0], Vec::new(), Vec::new());
        let (arcs, values) = (self.adjacency.indices(), self.adjacency.data());
        for row in self.adjacency.proper_indptr().windows(2) {
            for arc in row[0]..row[1] {
                if kept[self.edge_of_arc[arc] as usize] {
                    columns.push(arcs[arc]);
                    weights.push(values[arc]);
                }
            }
            row_ptr.push(columns.len());
        }
        let adjacency = CsrMatrix::new((nodes, nodes), row_ptr, columns, weights);
        Graph::from_adjacency(adjacency).expect("a graph without some of its edges is a graph")
    }

    fn with_features(&self, kept: &[bool]) -> NodeFeatures {
        match &self.features {
            MaskableFeatures::Sparse(columns) => NodeFeatures::Sparse(columns.masked(kept)),
            MaskableFeatures::Dense(tensor) => {
                let mask: Vec<f32> = kept.iter().map(|kept| if *kept { 1.0 } else { 0.0 }).collect();
                let mask = Tensor::<2>::from_data(TensorData::new(mask, [1, kept.len()]), &self.device);
                NodeFeatures::Dense(tensor.clone() * mask)
            }
        }
    }
}

/// For each of some things whether it is kept, each dropped with a probability.
fn kept(count: usize, drop_prob: f64, rng: &mut impl Rng) -> Vec<bool> {
    (0..count).map(|_| rng.random::<f64>() >= drop_prob).collect()
}

/// The edge that each arc is of, and how many edges there are.
fn edges_of_arcs(adjacency: &CsrMatrix) -> (Vec<u32>, usize) {
    let (row_ptr, columns) = (adjacency.proper_indptr(), adjacency.indices());
    let mut edges = vec![0u32; columns.len()];
    // Rows are visited in ascending order and are sorted: the arcs back come in the order of their rows.
    let mut next = row_ptr.to_vec();
    let mut num_edges = 0u32;
    for row in 0..adjacency.rows() {
        for arc in row_ptr[row]..row_ptr[row + 1] {
            let column = columns[arc] as usize;
            if column >= row {
                edges[arc] = num_edges;
                edges[next[column]] = num_edges;
                num_edges += 1;
            }
            next[column] += 1;
        }
    }
    (edges, num_edges as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds::{Stream, generator};
    use ndarray::Array2;
    use testkit::graphs::{chorded_cycle, two_blocks};

    /// The views of two blocks whose features are scaled to row sum 1.
    fn views(features: Option<Features>, settings: ViewSettings) -> TwoViews {
        let dataset = two_blocks();
        let features = features.unwrap_or_else(|| dataset.features().row_normalized());
        TwoViews::new(&TrainingData::new(&dataset, features, &Device::flex()), &settings)
    }

    fn whole() -> TwoViews {
        views(None, ViewSettings::default())
    }

    fn dense(features: &NodeFeatures, device: &Device) -> Vec<f32> {
        let eye = Tensor::<2>::eye(features.dims()[1], device);
        features.matmul(eye).into_data().iter().collect()
    }

    #[test]
    fn both_arcs_of_an_edge_have_its_number() {
        let graph = chorded_cycle(9);
        let (edges, count) = edges_of_arcs(graph.adjacency());
        assert_eq!(count, graph.num_edges());
        let row_ptr = graph.adjacency().proper_indptr().to_vec();
        let number = |from: u32, to: u32| {
            let place = graph.neighbors(from).binary_search(&to).unwrap();
            edges[row_ptr[from as usize] + place]
        };
        for (expected, (from, to)) in graph.edges().enumerate() {
            assert_eq!([number(from, to), number(to, from)], [expected as u32; 2], "{from} – {to}");
        }
    }

    #[test]
    fn a_loop_is_an_edge_of_one_arc() {
        let adjacency = CsrMatrix::new((2, 2), vec![0, 2, 3], vec![0, 1, 0], vec![1.0; 3]);
        assert_eq!(edges_of_arcs(&adjacency), (vec![0, 1, 1], 2));
    }

    #[test]
    fn edges_are_dropped_with_both_arcs_and_at_their_rate() {
        let views = whole();
        let rng = &mut generator(1, Stream::Augmentation);
        let (mut kept_edges, draws) = (0, 200);
        for _ in 0..draws {
            // A graph refuses an arc without its reverse.
            kept_edges += views.with_edges(&kept(views.num_edges, 0.3, rng)).num_edges();
        }
        let rate = kept_edges as f64 / (draws * views.num_edges) as f64;
        assert!((rate - 0.7).abs() < 0.01, "{rate} of the edges are kept");
    }

    #[test]
    fn columns_are_masked_whole_and_at_their_rate_and_the_rest_stays_as_it_is() {
        let device = Device::flex();
        let views = views(None, ViewSettings { mask_feature_probs: [0.25; 2], ..ViewSettings::default() });
        let whole = dense(views.whole.features(), &device);
        let rng = &mut generator(2, Stream::Augmentation);
        let (mut kept_columns, draws) = (0, 300);
        for _ in 0..draws {
            let [view, _] = views.draw(rng);
            let masked = dense(view.features(), &device);
            for c in 0..16 {
                let column = |values: &[f32]| values.iter().skip(c).step_by(16).copied().collect::<Vec<_>>();
                let (masked, whole) = (column(&masked), column(&whole));
                let is_kept = masked == whole;
                assert!(is_kept || masked.iter().all(|x| *x == 0.0));
                kept_columns += usize::from(is_kept);
            }
        }
        let rate = f64::from(kept_columns as u32) / f64::from(16 * draws as u32);
        assert!((rate - 0.75).abs() < 0.02, "{rate} of the columns are kept");
    }

    #[test]
    fn sparse_and_dense_features_are_masked_alike() {
        let device = Device::flex();
        let dataset = two_blocks();
        let Features::Sparse(sparse) = dataset.features() else { panic!("binary features are sparse") };
        let array: Array2<f32> = sparse.to_dense();
        let half = ViewSettings { drop_edge_probs: [0.5; 2], mask_feature_probs: [0.5; 2] };
        let [sparse, dense_features] = [dataset.features().clone(), Features::Dense(array)].map(|features| {
            let [view, _] = views(Some(features), half).draw(&mut generator(3, Stream::Augmentation));
            view.features().clone()
        });
        assert!(matches!((&sparse, &dense_features), (NodeFeatures::Sparse(_), NodeFeatures::Dense(_))));
        assert_eq!(dense(&sparse, &device), dense(&dense_features, &device));
    }

    #[test]
    fn a_view_without_omission_is_the_graph_itself_and_draws_nothing() {
        let views = whole();
        let mut rng = generator(4, Stream::Augmentation);
        let [view, _] = views.draw(&mut rng);
        assert!(std::ptr::eq(view.graph().layer(0).gcn(), views.whole.graph().layer(0).gcn()));
        assert_eq!(rng, generator(4, Stream::Augmentation));
    }
}
