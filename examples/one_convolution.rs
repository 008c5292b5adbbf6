//! One graph convolution, Y = Â X W: watch a signal spread from a node to its neighbors.
//!
//! ```sh
//! cargo run --release --example one_convolution
//! ```

use g2r::burn::module::Param;
use g2r::burn::tensor::{Device, Tensor};
use g2r::gnn::conv::GcnConv;
use g2r::gnn::ops::bias_activation::Activation;
use g2r::gnn::{GcnAdjacency, gcn_normalized};
use g2r::graph::{EdgePolicy, Graph};

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    // The path 0 – 1 – 2 – 3. An edge is given once, in either direction.
    let (graph, _) = Graph::from_edges(4, &[(0, 1), (1, 2), (2, 3)], EdgePolicy::default())?;

    // Â = D̃^-½ (A + I) D̃^-½: every node gets a loop, then each entry is divided by the root of both degrees. Node 0
    // has degree 2 (node 1 and its own loop), node 1 has 3, so Â₀₀ = 1/2 and Â₀₁ = 1/√(2·3) = 0.408.
    println!("Â =");
    for row in gcn_normalized(graph.adjacency()).to_dense().rows() {
        println!("  {row:.3}");
    }

    // On a device it is one sparse matrix; nothing of size [nodes, nodes] is ever made there.
    let device = Device::flex();
    let adjacency = GcnAdjacency::new(&graph, &device);

    // One feature, present at node 0 only, and W = [1], so that we see the graph's part alone. Training would change W;
    // `GcnConvConfig::new(d_input, d_output).init(&device, &mut rng)` draws one to start from.
    let layer = GcnConv {
        weight: Param::from_tensor(Tensor::from_floats([[1.0]], &device)),
        bias: None,
        activation: Activation::Identity,
    };
    let mut x = Tensor::<2>::from_floats([[1.0], [0.0], [0.0], [0.0]], &device);
    println!("\n   X ={}", column(&x));
    for depth in 1..=4 {
        x = layer.forward(x, &adjacency);
        println!(" {} ={}", [" ÂX", "Â²X", "Â³X", "Â⁴X"][depth - 1], column(&x));
    }
    println!("\nEach convolution carries the signal one edge further; far nodes see little of it.");

    let reached: Vec<f32> = x.into_data().iter().collect();
    anyhow::ensure!(reached[3] > 0.0, "after three convolutions the signal has reached the other end");
    Ok(())
}

/// A tensor of one column, written in a line.
fn column(x: &Tensor<2>) -> String {
    x.to_data().iter::<f32>().map(|value| format!(" {value:.3}")).collect()
}
