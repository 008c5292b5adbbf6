//! What one step of a training sees.

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::Device;
use gnn::{GraphOperators, NodeFeatures};
use graph_io::{Features, Graph};

/// Features and graph of one step: the whole graph, a sampled neighborhood, a part, or several graphs side by side.
///
/// The rows of the features are the sources that messages come from; an encoder's output has a row a target. In a whole graph
/// both are all nodes. A clone shares everything.
#[derive(Clone, Debug)]
pub struct Batch {
    features: NodeFeatures,
    graph: GraphOperators,
    targets: Option<Arc<[u32]>>,
    segments: Option<Arc<[usize]>>,
}

impl Batch {
    /// Features and the graph that an encoder passes messages over.
    ///
    /// # Shapes
    /// `features` are `[sources, d_input]`.
    ///
    /// # Panics
    /// If features and graph have different numbers of source nodes.
    pub fn new(features: NodeFeatures, graph: GraphOperators) -> Self {
        let (rows, sources) = (features.dims()[0], graph.num_sources());
        assert_eq!(rows, sources, "Batch: {rows} rows of features for {sources} source nodes");
        Self { features, graph, targets: None, segments: None }
    }

    /// Copies a whole graph with its features to a device.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn whole(features: &Features, graph: &Graph, device: &Device) -> Self {
        Self::new(NodeFeatures::new(features, device), GraphOperators::new(graph.clone(), device))
    }

    /// Says which nodes of the data set the rows of the output are, in their order.
    #[must_use]
    pub fn with_targets(self, nodes: impl Into<Arc<[u32]>>) -> Self {
        Self { targets: Some(nodes.into()), ..self }
    }

    /// Says that the rows of the output belong to several graphs: graph i has the rows from `starts[i]` to `starts[i + 1]`.
    ///
    /// # Panics
    /// If there are fewer than two starts, the first is not 0, or they fall.
    #[must_use]
    pub fn with_segments(self, starts: impl Into<Arc<[usize]>>) -> Self {
        let starts = starts.into();
        let rises = starts.len() > 1 && starts[0] == 0 && starts.is_sorted();
        assert!(rises, "Batch: segments must start at 0 and rise, got {starts:?}");
        Self { segments: Some(starts), ..self }
    }

    /// The features of the source nodes, `[sources, d_input]`.
    pub fn features(&self) -> &NodeFeatures {
        &self.features
    }

    /// The graph as the operators that layers apply: one graph for all of them, or a bipartite block a layer.
    pub fn graph(&self) -> &GraphOperators {
        &self.graph
    }

    /// The nodes of the data set that the rows of the output are; `None` where they are all nodes in their order.
    pub fn targets(&self) -> Option<&[u32]> {
        self.targets.as_deref()
    }

    /// The rows of each graph in the batch; `None` where there is one graph.
    pub fn segments(&self) -> Option<impl ExactSizeIterator<Item = Range<usize>> + '_> {
        let starts = self.segments.as_deref()?;
        Some(starts.windows(2).map(|ends| ends[0]..ends[1]))
    }

    /// The same graph with other features.
    #[must_use]
    pub fn with_features(&self, features: NodeFeatures) -> Self {
        Self { features, ..self.clone() }
    }

    /// Number of input features of a node.
    pub fn d_input(&self) -> usize {
        self.features.dims()[1]
    }

    /// Number of rows that an encoder's output has.
    pub fn num_targets(&self) -> usize {
        self.graph.num_nodes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::graphs::path;

    fn batch(nodes: usize) -> Batch {
        let features = Features::Dense(ndarray::Array2::ones((nodes, 2)));
        Batch::whole(&features, &path(nodes as u32), &Device::flex())
    }

    #[test]
    fn segments_are_ranges_of_rows() {
        let batch = batch(5).with_segments(vec![0, 2, 2, 5]).with_targets(vec![9, 8, 7, 6, 5]);
        assert_eq!(batch.segments().unwrap().collect::<Vec<_>>(), [0..2, 2..2, 2..5]);
        assert_eq!(batch.targets(), Some(&[9, 8, 7, 6, 5][..]));
        assert_eq!((batch.d_input(), batch.num_targets()), (2, 5));
    }

    #[test]
    #[should_panic(expected = "Batch: segments must start at 0 and rise, got [0, 3, 2]")]
    fn refuses_segments_that_fall() {
        let _ = batch(3).with_segments(vec![0, 3, 2]);
    }

    #[test]
    #[should_panic(expected = "Batch: 2 rows of features for 3 source nodes")]
    fn refuses_features_of_other_nodes() {
        let features = Features::Dense(ndarray::Array2::ones((2, 2)));
        Batch::whole(&features, &path(3), &Device::flex());
    }
}
