//! The names of nodes do not matter.

use burn::tensor::{Device, Int, Tensor, Tolerance};
use graph_io::{EdgePolicy, Graph};

use crate::{graphs, numbers};

/// Node i of the permuted graph is node `ORDER[i]` of the first.
const ORDER: [u32; 7] = [3, 0, 5, 1, 6, 2, 4];

/// Asserts that a layer gives each node of an irregular graph the same output when the nodes are numbered otherwise.
///
/// # Panics
/// If an output changes by more than 10⁻⁶, or all outputs are alike, so that nothing would be checked.
pub fn assert_equivariant(d_input: usize, layer: impl Fn(&Graph, Tensor<2>) -> Tensor<2>) {
    let device = Device::flex();
    let graph = graphs::chorded_cycle(ORDER.len() as u32);
    let place = |node: u32| ORDER.iter().position(|old| *old == node).expect("a permutation") as u32;
    let edges: Vec<(u32, u32)> = (0..ORDER.len() as u32)
        .flat_map(|node| graph.neighbors(node).iter().map(move |other| (node, *other)))
        .map(|(node, other)| (place(node), place(other)))
        .collect();
    let permuted =
        Graph::from_edges(ORDER.len(), &edges, EdgePolicy::default()).expect("the edges of a graph").0;
    assert_ne!(permuted, graph, "the permutation changes the graph");

    let order = Tensor::<1, Int>::from_ints(ORDER.map(|node| node as i32), &device);
    let x = numbers::wavy_matrix(ORDER.len(), d_input, 0.3, &device);
    let expected = layer(&graph, x.clone()).select(0, order.clone());
    let found = layer(&permuted, x.select(0, order));
    let apart: f32 = (expected.clone() - expected.clone().flip([0])).abs().max().into_scalar();
    assert!(apart > 1e-3, "all nodes have one output, nothing is checked");
    found.into_data().assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-6));
}
