//! What the authors' Cora recipe spends its time on: 2708 nodes, 1433 → 1024 → 512, 768 groups a step.
//!
//! ```text
//! cargo bench --package g2r
//! ```
//!
//! A step costs 2 · 2708 · 1024 · 512 operations in each of its three dense products of the second convolution, and
//! 2708 · 512² · (1 + 2) in the expansion: 10.6 · 10⁹ in all, against which its time is to be read.

use burn::tensor::{Device, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};
use embedders::seeds::{Stream, generator};
use embedders::{G2r, G2rConfig, KeepLast};
use g2r_loss::{Batch, Membership, RateReductionConfig, Sampling};
use gnn::{GcnAdjacency, NodeFeatures};
use graph_io::NodeDataset;

fn cora() -> NodeDataset {
    graph_io::load("cora", None).expect("Cora is embedded")
}

fn training(c: &mut Criterion) {
    let mut group = c.benchmark_group("training");
    group.sample_size(10);
    let config = G2rConfig { epochs: 5, ..G2rConfig::preset("cora").expect("the authors' recipe") };
    let g2r = G2r::new(config, &cora(), &Device::flex()).expect("a valid recipe");
    group.bench_function("5 steps", |b| b.iter(|| g2r.train(0, &mut KeepLast).expect("training runs")));
    group.finish();
}

fn operators(c: &mut Criterion) {
    let (dataset, device) = (cora(), Device::flex());
    let mut group = c.benchmark_group("operators");
    group.sample_size(20);

    let features = NodeFeatures::new(&dataset.features().row_normalized(), &device);
    let weight = Tensor::<2>::ones([1433, 1024], &device);
    group.bench_function("sparse features times weights, 1433 to 1024", |b| {
        b.iter(|| features.matmul(weight.clone()).sum().into_scalar::<f32>());
    });
    let adjacency = GcnAdjacency::new(dataset.graph(), &device);
    let hidden = Tensor::<2>::ones([2708, 1024], &device);
    group.bench_function("propagation of 1024 columns", |b| {
        b.iter(|| adjacency.propagate(hidden.clone()).sum().into_scalar::<f32>());
    });

    let g2r = G2r::new(G2rConfig::default(), &dataset, &device).expect("a valid recipe");
    let embedding = g2r.embed(&g2r.init(0));
    let values: Vec<f32> = embedding.iter().copied().collect();
    let groups = Membership::default().groups(dataset.graph().adjacency()).expect("a graph makes groups");
    let loss = RateReductionConfig { eps_sq: 0.05, gamma1: 0.5, gamma2: 0.5, ..Default::default() }
        .init(groups)
        .expect("settings in their range");
    let some = Sampling::WithReplacement.draw(2708, 768, &mut generator(0, Stream::Sampling));
    for (name, batch) in [("768 groups", some), ("all 2708 groups", Batch::all(2708))] {
        group.bench_function(format!("rate reduction and gradient, {name}"), |b| {
            b.iter(|| {
                let data = burn::tensor::TensorData::new(values.clone(), [2708, 512]);
                let z = Tensor::<2>::from_data(data, &device.clone().autodiff()).require_grad();
                let reduction = loss.forward(z, &batch).expect("a finite embedding");
                reduction.loss.backward();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, training, operators);
criterion_main!(benches);
