//! Each operator against what the machine can do.
//!
//! ```text
//! cargo bench --workspace --bench operators
//! ```

mod graphs;
mod measure;

use std::hint::black_box;

use burn::tensor::{Device, Int, Tensor, TensorData};
use criterion::{Criterion, criterion_group, criterion_main};
use embedders::seeds::{Stream, generator};
use embedders::{G2r, TrainingData, trainer};
use g2r_loss::{Batch, Groups, Membership, RateReductionConfig, Sampling, log_det};
use gnn::encoder::RowNorm;
use gnn::ops::attention::AttentionSettings;
use gnn::ops::bias_activation::{Activation, bias_activation};
use gnn::ops::edge_product::{sampled_matmul, weighted_matmul};
use gnn::ops::edge_softmax::edge_softmax;
use gnn::ops::gat::gat;
use gnn::ops::gatv2::gatv2;
use gnn::{AttentionAdjacency, GcnAdjacency, MeanAdjacency, Neighbors, NodeFeatures};
use graphs::{Reach, graph};
use measure::{Machine, Work, operator};

/// ε² of the recipe.
const EPS_SQ: f64 = 0.05;

fn operators(c: &mut Criterion) {
    let machine = Machine::measure();
    sparse_products_of_cora(c, &machine);
    sparse_products_of_a_million_nodes(c, &machine);
    edge_operators(c, &machine);
    rates_of_cora(c, &machine);
}

/// Bytes of a sparse product: its entries, and both dense sides once.
fn product_bytes(entries: usize, rows: usize, columns: usize, width: usize) -> Work {
    Work::Bytes((8 * entries + 4 * rows + 4 * (rows + columns) * width) as f64)
}

fn sparse_products_of_cora(c: &mut Criterion, machine: &Machine) {
    let (cora, device) = (graph_io::load("cora", None).expect("Cora is embedded"), Device::flex());
    let features = NodeFeatures::new(&cora.features().row_normalized(), &device);
    let weight = Tensor::<2>::ones([1433, 1024], &device);
    let work = product_bytes(49_216, 2708, 1433, 1024);
    operator(c, machine, "sparse matmul, features of Cora, 1433 to 1024", work, || {
        black_box(features.matmul(weight.clone()));
    });
    let adjacency = GcnAdjacency::new(cora.graph(), &device);
    let hidden = Tensor::<2>::ones([2708, 1024], &device);
    let work = product_bytes(13_264, 2708, 2708, 1024);
    operator(c, machine, "sparse matmul, adjacency of Cora, 1024 columns", work, || {
        black_box(adjacency.propagate(hidden.clone()));
    });
}

fn sparse_products_of_a_million_nodes(c: &mut Criterion, machine: &Machine) {
    let (nodes, width, device) = (1_000_000, 128, Device::flex());
    for (name, reach) in [
        ("neighbors within 25 places", Reach::Within(25)),
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

/// Forward and backward over 100 000 nodes, 10⁶ arcs and 64 columns; where there are heads, 8 of 8 columns.
fn edge_operators(c: &mut Criterion, machine: &Machine) {
    const NODES: usize = 100_000;
    const WIDTH: usize = 64;
    const HEADS: usize = 8;
    let device = Device::flex();
    let graph = graph(NODES, 5, Reach::Within(500));
    let adjacency = AttentionAdjacency::new(&graph, &device);
    let pattern = adjacency.pattern();
    let entries = pattern.nonzeros();
    let tracked = |rows: usize, columns: usize| {
        let wave = Tensor::arange(0..(rows * columns) as i64, &device).float().sin();
        Tensor::<2>::from_inner(wave.reshape([rows, columns])).require_grad()
    };
    let (x, y) = (tracked(NODES, WIDTH), tracked(NODES, WIDTH));
    let (scores, weights) = (tracked(NODES, HEADS), tracked(entries, HEADS));
    let (att, bias) = (tracked(HEADS, WIDTH / HEADS), tracked(1, WIDTH));
    let settings = AttentionSettings::new();
    let (mean, neighbors) = (MeanAdjacency::new(&graph, &device), Neighbors::new(&graph, &device));

    // How often a matrix of all nodes is read or written, and how many numbers of each entry are.
    let mut both_ways = |name: &str, nodes: usize, of_entry: usize, run: &dyn Fn() -> Tensor<2>| {
        let work = Work::Bytes(4.0 * (nodes * NODES * WIDTH + of_entry * entries) as f64);
        operator(c, machine, &format!("{name}, both ways"), work, || {
            black_box(run().sum().backward());
        });
    };
    both_ways("weighted matmul", 5, 28, &|| weighted_matmul(pattern, weights.clone(), x.clone()));
    both_ways("sampled matmul", 6, 20, &|| sampled_matmul(pattern, x.clone(), y.clone(), HEADS));
    both_ways("edge softmax", 0, 40, &|| edge_softmax(pattern, weights.clone()));
    both_ways("gat", 6, 3, &|| gat(pattern, x.clone(), scores.clone(), scores.clone(), settings));
    both_ways("gatv2", 8, 3, &|| gatv2(pattern, x.clone(), y.clone(), att.clone(), settings));
    both_ways("mean of neighbors", 4, 4, &|| mean.propagate(x.clone()));
    both_ways("largest of neighbors", 6, 2, &|| neighbors.largest(x.clone()));
    both_ways("bias and ReLU", 5, 0, &|| {
        bias_activation(x.clone(), bias.clone().reshape([WIDTH]), Activation::Relu)
    });
    both_ways("rows scaled to L1 norm 1", 5, 0, &|| RowNorm::L1.apply(x.clone()));
}

fn rates_of_cora(c: &mut Criterion, machine: &Machine) {
    let cora = graph_io::load("cora", None).expect("Cora is embedded");
    let device = Device::flex();
    let g2r = trainer(&G2r::default(), &TrainingData::of(&cora)).expect("a valid recipe");
    let embedding = g2r.embed(&g2r.init(0));
    let values: Vec<f32> = embedding.iter().copied().collect();
    let tracked = || {
        let data = TensorData::new(values.clone(), [2708, 512]);
        Tensor::<2>::from_data(data, &device.clone().autodiff()).require_grad()
    };
    let groups = Membership::default().groups(cora.graph().adjacency()).expect("a graph makes groups");
    let loss = RateReductionConfig { eps_sq: EPS_SQ, gamma1: 0.5, gamma2: 0.5, ..Default::default() }
        .init(groups.clone())
        .expect("settings in their range");
    // The dense products of the expansion; what the groups need is small beside them.
    let expansion = Work::Flops(3.0 * 2708.0 * 512.0 * 512.0);
    let some = Sampling::WithReplacement.draw(2708, 768, &mut generator(0, Stream::Sampling));
    for (name, batch) in [("768 groups", some), ("all 2708 groups", Batch::all(2708))] {
        operator(c, machine, &format!("rate reduction and gradient, {name}"), expansion, || {
            let reduction = loss.forward(tracked(), &batch).expect("a finite embedding");
            black_box(reduction.loss.backward());
        });
    }
    // One group in a hundred: all of them take minutes. Each makes Zᵀ D Z from its members only, and its log-determinant
    // and inverse on the d × d side.
    let work = Work::Flops(28.0 * 512f64.powi(3));
    operator(c, machine, "rates of 28 groups and gradient, each as a d × d matrix", work, || {
        for group in (0..2708).step_by(97) {
            black_box(d_by_d_rate(tracked(), &groups, group).backward());
        }
    });
    let matrix = Tensor::<2>::eye(512, &device.clone().autodiff()).require_grad();
    operator(c, machine, "log det and inverse, 512 × 512", Work::Flops(512f64.powi(3)), || {
        black_box(log_det(matrix.clone()).expect("the identity is positive definite").backward());
    });
}

/// log det(I + d/(t ε²) Zᵀ diag(π) Z) of one group, as the formula is written.
fn d_by_d_rate(z: Tensor<2>, groups: &Groups, group: usize) -> Tensor<1> {
    let (d, device) = (z.dims()[1], z.device().inner());
    let row = groups.matrix().outer_view(group).expect("a group");
    let members: Vec<i32> = row.indices().iter().map(|node| *node as i32).collect();
    let (size, total) = (members.len(), row.data().iter().sum::<f32>());
    let members = Tensor::<1, Int>::from_data(TensorData::new(members, [size]), &device);
    let weights = Tensor::<1>::from_data(TensorData::new(row.data().to_vec(), [size]), &device);
    let rows = z.select(0, members);
    let weighted = rows.clone() * Tensor::from_inner(weights).unsqueeze_dim::<2>(1);
    let gram = rows.transpose().matmul(weighted) * (d as f64 / (f64::from(total) * EPS_SQ));
    log_det(gram + Tensor::from_inner(Tensor::eye(d, &device))).expect("a positive definite matrix")
}

criterion_group!(benches, operators);
criterion_main!(benches);
