//! A graph, or blocks of it, as the operators that layers apply.

use std::sync::{Arc, OnceLock};

use burn::tensor::Device;
use graph_io::Graph;

use crate::{AttentionAdjacency, Block, GcnAdjacency, MeanAdjacency, Neighbors, SumAdjacency};

/// What the layers of an encoder propagate with, on a device: a whole graph for each of them, or a block a layer.
///
/// So an encoder takes one object, whatever its layers are made of, and pays for the operators that they use: each is made at
/// its first use. A clone is the same object.
#[derive(Clone, Debug)]
pub struct GraphOperators {
    layers: Layers,
}

#[derive(Clone, Debug)]
enum Layers {
    /// One graph for every layer.
    Graph(Arc<LayerOperators>),
    /// A block a layer, first to last.
    Blocks(Arc<[LayerOperators]>),
}

/// What one layer propagates with, in every form that layers ask for; each is made at its first use.
#[derive(Debug)]
pub struct LayerOperators {
    arcs: LayerArcs,
    device: Device,
    gcn: OnceLock<GcnAdjacency>,
    attention: OnceLock<AttentionAdjacency>,
    mean: OnceLock<MeanAdjacency>,
    sum: OnceLock<SumAdjacency>,
    neighbors: OnceLock<Neighbors>,
}

#[derive(Debug)]
enum LayerArcs {
    Graph(Arc<Graph>),
    Block(Block),
}

impl GraphOperators {
    /// The operators of a whole graph, the same for every layer.
    pub fn new(graph: impl Into<Arc<Graph>>, device: &Device) -> Self {
        let operators = LayerOperators::new(LayerArcs::Graph(graph.into()), device);
        Self { layers: Layers::Graph(Arc::new(operators)) }
    }

    /// The operators of blocks, one a layer from first to last: the targets of a block are the sources of the next.
    ///
    /// # Panics
    /// If there is no block, or a block has another number of targets than the next has sources.
    pub fn from_blocks(blocks: impl IntoIterator<Item = Block>, device: &Device) -> Self {
        let blocks = blocks.into_iter().map(|block| LayerOperators::new(LayerArcs::Block(block), device));
        let blocks: Arc<[LayerOperators]> = blocks.collect();
        assert!(!blocks.is_empty(), "GraphOperators: no blocks");
        for (place, pair) in blocks.windows(2).enumerate() {
            let ([targets, _], [_, sources]) = (pair[0].dims(), pair[1].dims());
            assert_eq!(
                targets,
                sources,
                "GraphOperators: block {place} has {targets} targets, block {} has {sources} sources",
                place + 1
            );
        }
        Self { layers: Layers::Blocks(blocks) }
    }

    /// Number of blocks; a whole graph has none and serves any number of layers.
    pub fn num_blocks(&self) -> Option<usize> {
        match &self.layers {
            Layers::Graph(_) => None,
            Layers::Blocks(blocks) => Some(blocks.len()),
        }
    }

    /// The operators of a layer, counted from 0.
    ///
    /// # Panics
    /// If there are blocks, and not more than `layer` of them.
    pub fn layer(&self, layer: usize) -> &LayerOperators {
        match &self.layers {
            Layers::Graph(operators) => operators,
            Layers::Blocks(blocks) => blocks.get(layer).unwrap_or_else(|| {
                panic!("GraphOperators: no block for layer {layer}, there are {}", blocks.len())
            }),
        }
    }

    /// Number of rows that an encoder reads: the sources of the first layer.
    pub fn num_sources(&self) -> usize {
        self.layer(0).dims()[1]
    }

    /// Number of nodes that an encoder embeds: those of a whole graph, or the targets of the last block.
    pub fn num_nodes(&self) -> usize {
        self.layer(self.num_blocks().map_or(0, |blocks| blocks - 1)).dims()[0]
    }
}

impl LayerOperators {
    fn new(arcs: LayerArcs, device: &Device) -> Self {
        Self {
            arcs,
            device: device.clone(),
            gcn: OnceLock::new(),
            attention: OnceLock::new(),
            mean: OnceLock::new(),
            sum: OnceLock::new(),
            neighbors: OnceLock::new(),
        }
    }

    /// Number of targets and of sources.
    pub fn dims(&self) -> [usize; 2] {
        match &self.arcs {
            LayerArcs::Graph(graph) => [graph.num_nodes(); 2],
            LayerArcs::Block(block) => block.dims(),
        }
    }

    /// Â of graph convolution.
    pub fn gcn(&self) -> &GcnAdjacency {
        self.make(&self.gcn, GcnAdjacency::new, GcnAdjacency::of_block)
    }

    /// Whom each target attends to: its neighbors and itself.
    pub fn attention(&self) -> &AttentionAdjacency {
        self.make(&self.attention, AttentionAdjacency::new, AttentionAdjacency::of_block)
    }

    /// The means over neighbors.
    pub fn mean(&self) -> &MeanAdjacency {
        self.make(&self.mean, MeanAdjacency::new, MeanAdjacency::of_block)
    }

    /// The sums over neighbors.
    pub fn sum(&self) -> &SumAdjacency {
        self.make(&self.sum, SumAdjacency::new, SumAdjacency::of_block)
    }

    /// The neighbors, without weights.
    pub fn neighbors(&self) -> &Neighbors {
        self.make(&self.neighbors, Neighbors::new, Neighbors::of_block)
    }

    fn make<'a, F>(
        &self,
        operator: &'a OnceLock<F>,
        of_graph: fn(&Graph, &Device) -> F,
        of_block: fn(&Block, &Device) -> F,
    ) -> &'a F {
        operator.get_or_init(|| match &self.arcs {
            LayerArcs::Graph(graph) => of_graph(graph, &self.device),
            LayerArcs::Block(block) => of_block(block, &self.device),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::degrees_with_loops;
    use testkit::graphs;

    fn block(targets: &[u32]) -> Block {
        let graph = graphs::path(4);
        Block::neighborhoods(&graph, &degrees_with_loops(graph.adjacency()), targets).0
    }

    #[test]
    fn an_operator_is_made_once_and_clones_share_it() {
        let graph = GraphOperators::new(graphs::path(3), &Device::flex());
        let copy = graph.clone();
        assert!(graph.layer(0).gcn.get().is_none());
        assert!(std::ptr::eq(graph.layer(0).gcn(), copy.layer(1).gcn()));
        assert!(copy.layer(0).mean.get().is_none());
        let dims =
            [copy.layer(0).mean().dims(), copy.layer(0).sum().dims(), copy.layer(0).neighbors().dims()];
        assert_eq!((dims, graph.num_sources(), graph.num_nodes()), ([[3; 2]; 3], 3, 3));
    }

    #[test]
    fn each_layer_has_its_block() {
        // Of the path 0 – 1 – 2 – 3: node 0 hears 1, and these two hear 2 as well.
        let graph = GraphOperators::from_blocks([block(&[0, 1]), block(&[0])], &Device::flex());
        let dims = [0, 1].map(|layer| graph.layer(layer).gcn().dims());
        assert_eq!((dims, graph.num_blocks()), ([[2, 3], [1, 2]], Some(2)));
        assert_eq!((graph.num_sources(), graph.num_nodes()), (3, 1));
    }

    #[test]
    #[should_panic(expected = "GraphOperators: block 0 has 1 targets, block 1 has 3 sources")]
    fn refuses_blocks_that_do_not_follow_each_other() {
        GraphOperators::from_blocks([block(&[0]), block(&[0, 1])], &Device::flex());
    }

    #[test]
    #[should_panic(expected = "GraphOperators: no blocks")]
    fn refuses_no_blocks() {
        GraphOperators::from_blocks([], &Device::flex());
    }

    #[test]
    #[should_panic(expected = "GraphOperators: no block for layer 1, there are 1")]
    fn refuses_a_layer_without_a_block() {
        GraphOperators::from_blocks([block(&[0])], &Device::flex()).layer(1);
    }
}
