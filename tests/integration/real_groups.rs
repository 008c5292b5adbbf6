//! The loss and its gradient against the f64 form, on neighborhoods of Cora and embeddings of the recipe's width.

use g2r::burn::tensor::{Device, Tensor, TensorData};
use g2r::embedders::{G2r, PreparationSettings, Registry, Target};
use g2r::graph;
use g2r::loss::{Batch, Membership, RateReductionConfig, Weighting, reference};
use testkit::gradients;

/// Nodes whose neighborhoods span the sizes there are: one of each degree named here.
const DEGREES: [usize; 8] = [168, 78, 36, 12, 5, 3, 2, 1];

#[test]
fn loss_and_gradient_in_f32_agree_with_the_f64_form_on_neighborhoods_of_cora() {
    let device = Device::flex();
    let cora = graph::load("cora", None).unwrap();
    let settings = Registry::builtin().method("g2r").unwrap().preset(&Target::of(&cora));
    let recipe = settings.get::<G2r>().unwrap();
    let config = RateReductionConfig {
        eps_sq: recipe.eps_sq,
        gamma1: recipe.gamma1,
        gamma2: recipe.gamma2,
        weighting: Weighting::G2r,
    };
    let bound = settings.prepare(&cora, &PreparationSettings::default(), &device).unwrap();
    let embedding = bound.random_init(0).unwrap();
    let dims = [embedding.nrows(), embedding.ncols()];
    assert_eq!(dims, [2708, 512]);
    let z: Vec<f32> = embedding.iter().copied().collect();

    let graph = cora.graph();
    let node_of_degree = |degree| (0..graph.num_nodes() as u32).find(|&node| graph.degree(node) == degree);
    let batch = Batch::of(&DEGREES.map(|degree| node_of_degree(degree).unwrap()));
    assert_eq!(batch.drawn().len(), DEGREES.len());
    let groups = Membership::default().groups(graph.adjacency()).unwrap();

    let in_f64: Vec<f64> = z.iter().map(|value| f64::from(*value)).collect();
    let expected = reference::rate_reduction(&in_f64, dims[1], &groups, &batch, &config);
    let loss = config.init(groups).unwrap();

    let found = loss.forward(Tensor::from_data(TensorData::new(z.clone(), dims), &device), &batch).unwrap();
    let value = f64::from(found.loss.into_scalar::<f32>());
    for (what, found, expected) in [
        ("loss", value, expected.loss),
        ("expansion", found.expansion, expected.expansion),
        ("compression", found.compression, expected.compression),
    ] {
        assert!((found - expected).abs() <= 1e-5 * expected.abs(), "{what}: {found} and {expected}");
    }

    let gradient = gradients::gradient_of(|z| loss.forward(z, &batch).unwrap().loss, &z, dims, &device);
    let largest = expected.gradient.iter().fold(0.0f64, |largest, entry| largest.max(entry.abs()));
    assert!(largest > 0.0);
    for (entry, (found, expected)) in gradient.iter().zip(&expected.gradient).enumerate() {
        let apart = (f64::from(*found) - expected).abs();
        assert!(apart <= 1e-4 * largest, "entry {entry}: {found} and {expected}, the largest is {largest}");
    }
}
