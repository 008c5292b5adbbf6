//! Each operator against what the machine can do.
//!
//! ```text
//! cargo bench --package g2r --bench operators
//! ```

mod measure;
#[path = "steps/mod.rs"]
mod steps;

use std::hint::black_box;

use burn::tensor::{Device, Tensor, TensorData};
use criterion::{Criterion, criterion_group, criterion_main};
use embedders::seeds::{Stream, generator};
use embedders::{G2r, G2rConfig};
use g2r_loss::{Batch, Membership, RateReductionConfig, Sampling};
use gnn::GcnAdjacency;
use measure::{Machine, Work, operator};
use steps::{Input, Reach, coefficients, graph};

fn operators(c: &mut Criterion) {
    let machine = Machine::measure();
    sparse_products_of_cora(c, &machine);
    sparse_products_of_a_million_nodes(c, &machine);
    rates_of_cora(c, &machine);
}

/// Bytes of a sparse product: its entries, and both dense sides once.
fn product_bytes(entries: usize, rows: usize, columns: usize, width: usize) -> Work {
    Work::Bytes((8 * entries + 4 * rows + 4 * (rows + columns) * width) as f64)
}

fn sparse_products_of_cora(c: &mut Criterion, machine: &Machine) {
    let (input, device) = (Input::cora(), Device::flex());
    let features = input.on_device(&device);
    let weight = coefficients([1433, 1024], &device);
    let work = product_bytes(49_216, 2708, 1433, 1024);
    operator(c, machine, "sparse matmul, features of Cora, 1433 to 1024", work, || {
        black_box(features.matmul(weight.clone()));
    });
    let adjacency = GcnAdjacency::new(&input.graph, &device);
    let hidden = coefficients([2708, 1024], &device);
    let work = product_bytes(13_264, 2708, 2708, 1024);
    operator(c, machine, "sparse matmul, adjacency of Cora, 1024 columns", work, || {
        black_box(adjacency.propagate(hidden.clone()));
    });
}

fn sparse_products_of_a_million_nodes(c: &mut Criterion, machine: &Machine) {
    let (nodes, width, device) = (1_000_000, 128, Device::flex());
    for (name, reach) in [
        ("neighbors within 500 places", Reach::Within(500)),
        ("neighbors within 10 000 places", Reach::Within(10_000)),
        ("neighbors anywhere", Reach::Anywhere),
    ] {
        let graph = graph(nodes, 10, reach);
        let entries = graph.adjacency().nnz() + nodes;
        let adjacency = GcnAdjacency::new(&graph, &device);
        let x = Tensor::<2>::ones([nodes, width], &device);
        let work = product_bytes(entries, nodes, nodes, width);
        operator(c, machine, &format!("sparse matmul, 10⁶ nodes, 10⁷ edges, {name}"), work, || {
            black_box(adjacency.propagate(x.clone()));
        });
    }
}

fn rates_of_cora(c: &mut Criterion, machine: &Machine) {
    let cora = graph_io::load("cora", None).expect("Cora is embedded");
    let device = Device::flex();
    let g2r = G2r::new(G2rConfig::default(), &cora, &device).expect("a valid recipe");
    let embedding = g2r.embed(&g2r.init(0));
    let values: Vec<f32> = embedding.iter().copied().collect();
    let groups = Membership::default().groups(cora.graph().adjacency()).expect("a graph makes groups");
    let loss = RateReductionConfig { eps_sq: 0.05, gamma1: 0.5, gamma2: 0.5, ..Default::default() }
        .init(groups)
        .expect("settings in their range");
    let some = Sampling::WithReplacement.draw(2708, 768, &mut generator(0, Stream::Sampling));
    for (name, batch) in [("768 groups", some), ("all 2708 groups", Batch::all(2708))] {
        // The dense products of the expansion; what the groups need is small beside them.
        let work = Work::Flops(3.0 * 2708.0 * 512.0 * 512.0);
        operator(c, machine, &format!("rate reduction and gradient, {name}"), work, || {
            let data = TensorData::new(values.clone(), [2708, 512]);
            let z = Tensor::<2>::from_data(data, &device.clone().autodiff()).require_grad();
            let reduction = loss.forward(z, &batch).expect("a finite embedding");
            black_box(reduction.loss.backward());
        });
    }
}

criterion_group!(benches, operators);
criterion_main!(benches);
