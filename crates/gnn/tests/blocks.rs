//! Every kind of layer over blocks is the layer over the whole graph, at the blocks' targets.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use gnn::encoder::{Encoder, EncoderConfig, EncoderKind, RowNorm};
use gnn::{Block, GraphOperators, NodeFeatures, SparseMatrix, degrees_with_loops};
use graph_io::{ArcMeaning, Arcs, CsrMatrix, EdgePolicy, Graph, Loops, Weights};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use testkit::numbers;

const NODES: usize = 40;
const D_INPUT: usize = 6;
const TARGETS: [u32; 5] = [17, 3, 39, 0, 28];

/// 40 nodes: degrees from 0 (node 39) to 13 (node 0), weights that are no binary fractions, and a loop at node 3.
fn weighted() -> Graph {
    let mut arcs = Arcs::from_pairs(&[(3, 3)], ArcMeaning::Directed);
    for node in 1..39u32 {
        for other in [node / 3, (node * 7 + 2) % 39] {
            arcs.from.push(node);
            arcs.to.push(other);
        }
    }
    arcs.weights = Some((0..arcs.len()).map(|arc| 0.1 + (arc % 7) as f32 / 3.0).collect());
    let policy = EdgePolicy { loops: Loops::Keep, weights: Weights::Keep, ..EdgePolicy::default() };
    Graph::from_arcs(NODES, arcs, policy).expect("arcs of a graph").0
}

fn encoder(kind: EncoderKind, d_hidden: Vec<usize>, device: &Device) -> Encoder {
    let config = EncoderConfig::new(kind, D_INPUT, d_hidden, 4, RowNorm::None).with_heads(2);
    config.init(device, &mut ChaCha8Rng::seed_from_u64(3))
}

/// The blocks of an encoder's layers for some targets with all of their neighbors, and the nodes that the first one reads.
fn blocks(graph: &Graph, targets: &[u32], num_hops: usize) -> (Vec<Block>, Vec<u32>) {
    let degrees = degrees_with_loops(graph.adjacency());
    let (mut blocks, mut nodes) = (Vec::new(), targets.to_vec());
    for _ in 0..num_hops {
        let (block, sources) = Block::neighborhoods(graph, &degrees, &nodes);
        blocks.push(block);
        nodes = sources;
    }
    blocks.reverse();
    (blocks, nodes)
}

fn rows(x: Tensor<2>, nodes: &[u32]) -> Tensor<2> {
    let nodes: Vec<i32> = nodes.iter().map(|node| *node as i32).collect();
    let length = nodes.len();
    let nodes: Tensor<1, Int> = Tensor::from_data(TensorData::new(nodes, [length]), &x.device());
    x.select(0, nodes)
}

/// Gradients of a module's parameters, in the order of its fields.
struct ParameterGradients<'a> {
    gradients: &'a Gradients,
    found: Vec<Vec<f32>>,
}

impl ModuleVisitor for ParameterGradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let gradient = param.val().grad(self.gradients).expect("every parameter takes part");
        self.found.push(gradient.into_data().iter().collect());
    }
}

/// Output, gradient of the features, and gradients of the parameters, where the output is computed by `forward`.
fn evaluate(encoder: &Encoder, device: &Device, forward: impl Fn(Tensor<2>) -> Tensor<2>) -> Vec<Vec<f32>> {
    let x = numbers::wavy_matrix(NODES, D_INPUT, 0.3, device).require_grad();
    let output = forward(x.clone());
    let [rows, width] = output.dims();
    let gradients = (output.clone() * numbers::wavy_matrix(rows, width, 0.7, device)).sum().backward();
    let mut visitor = ParameterGradients { gradients: &gradients, found: Vec::new() };
    encoder.visit(&mut visitor);
    let of_x = x.grad(&gradients).expect("x takes part");
    let host = |tensor: Tensor<2>| tensor.into_data().iter().collect();
    [vec![host(output.inner()), host(of_x)], visitor.found].concat()
}

#[test]
fn a_block_of_all_nodes_gives_the_bits_of_the_whole_graph_in_every_kind() {
    let (device, graph) = (Device::flex().autodiff(), weighted());
    let all: Vec<u32> = (0..NODES as u32).collect();
    let whole = GraphOperators::new(graph.clone(), &Device::flex());
    for kind in EncoderKind::ALL {
        let encoder = encoder(*kind, vec![8], &device);
        let (blocks, sources) = blocks(&graph, &all, encoder.num_hops());
        assert_eq!((blocks.len(), &sources), (2, &all), "{kind}");
        let blocks = GraphOperators::from_blocks(blocks, &Device::flex());
        let [found, expected] = [&blocks, &whole]
            .map(|graph| evaluate(&encoder, &device, |x| encoder.forward(&NodeFeatures::Dense(x), graph)));
        assert!(found.iter().all(|numbers| numbers.iter().any(|x| *x != 0.0)), "{kind}: nothing is compared");
        assert_eq!(found, expected, "{kind}");
    }
}

#[test]
fn blocks_of_some_targets_give_their_rows_of_the_whole_graph_in_every_kind() {
    let (device, graph) = (Device::flex().autodiff(), weighted());
    let whole = GraphOperators::new(graph.clone(), &Device::flex());
    for kind in EncoderKind::ALL {
        let encoder = encoder(*kind, vec![8], &device);
        let (blocks, sources) = blocks(&graph, &TARGETS, encoder.num_hops());
        assert!(
            blocks[1].dims()[0] < blocks[1].dims()[1] && sources.len() < NODES,
            "{kind}: nothing is left out"
        );
        let blocks = GraphOperators::from_blocks(blocks, &Device::flex());
        assert_eq!((blocks.num_sources(), blocks.num_nodes()), (sources.len(), TARGETS.len()));
        let found = evaluate(&encoder, &device, |x| {
            encoder.forward(&NodeFeatures::Dense(rows(x, &sources)), &blocks)
        });
        let expected =
            evaluate(&encoder, &device, |x| rows(encoder.forward(&NodeFeatures::Dense(x), &whole), &TARGETS));
        for (found, expected) in found.iter().zip(&expected) {
            let scale = expected.iter().fold(1.0f32, |largest, x| largest.max(x.abs()));
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() <= 1e-6 * scale, "{kind}: {found}, expected {expected}");
            }
        }
    }
}

#[test]
fn sparse_features_of_a_blocks_sources_give_what_dense_ones_do_in_every_kind() {
    let (device, graph) = (Device::flex(), weighted());
    for kind in EncoderKind::ALL {
        let encoder = encoder(*kind, vec![8], &device);
        let (blocks, sources) = blocks(&graph, &TARGETS, encoder.num_hops());
        let blocks = GraphOperators::from_blocks(blocks, &device);
        // One feature a source, of a column that goes round.
        let columns: Vec<u32> = (0..sources.len() as u32).map(|source| source % D_INPUT as u32).collect();
        let shape = (sources.len(), D_INPUT);
        let sparse = CsrMatrix::new(shape, (0..=sources.len()).collect(), columns, vec![0.7; sources.len()]);
        let dense: Vec<f32> = sparse.to_dense().iter().copied().collect();
        let dense = NodeFeatures::Dense(numbers::matrix(dense, [shape.0, shape.1], &device));
        let sparse = NodeFeatures::Sparse(SparseMatrix::new(&sparse, &device));
        let [found, expected] = [sparse, dense]
            .map(|x| encoder.forward(&x, &blocks).into_data().iter::<f32>().collect::<Vec<_>>());
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{kind}: {found}, expected {expected}");
        }
    }
}

#[test]
fn a_sampled_block_averages_over_its_sample_and_convolves_by_the_whole_graphs_degrees() {
    // Of the star's centre, whose degree is 4 with its loop, one leaf of three is kept; its weight is 3 for the two left out.
    let graph = testkit::graphs::star(4);
    let degrees = degrees_with_loops(graph.adjacency());
    let arcs = CsrMatrix::new((1, 2), vec![0, 1], vec![1], vec![3.0]);
    let block = Block::new(arcs, vec![degrees[0], degrees[2]]);
    let operators = GraphOperators::from_blocks([block], &Device::flex());
    let x = || Tensor::<2>::from_floats([[8.0], [1.0]], &Device::flex());
    let layer = operators.layer(0);
    assert_eq!(layer.mean().propagate(x()).into_scalar::<f32>(), 1.0);
    assert_eq!(layer.sum().propagate(x()).into_scalar::<f32>(), 3.0);
    let expected = 8.0 / 4.0 + 3.0 / 8.0f32.sqrt();
    assert!((layer.gcn().propagate(x()).into_scalar::<f32>() - expected).abs() < 1e-6);
}

#[test]
#[should_panic(expected = "Encoder: 1 blocks for 2 hops")]
fn an_encoder_refuses_another_number_of_blocks_than_it_has_hops() {
    let (device, graph) = (Device::flex(), weighted());
    let (blocks, sources) = blocks(&graph, &TARGETS, 1);
    let x = numbers::wavy_matrix(sources.len(), D_INPUT, 0.3, &device);
    let encoder = encoder(EncoderKind::Gcn, vec![8], &device);
    encoder.forward(&NodeFeatures::Dense(x), &GraphOperators::from_blocks(blocks, &device));
}
