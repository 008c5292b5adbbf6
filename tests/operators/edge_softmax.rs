//! Softmax over the entries of each row.

use burn::tensor::Device;
use gnn::SparsePattern;
use gnn::ops::edge_softmax::edge_softmax;
use testkit::numbers;
use testkit::operators::{Input, assert_operator};

use super::patterns::{hub, softmax};

pub(crate) fn check(device: &Device) {
    let pattern = SparsePattern::new(&hub(), device);
    for heads in [1, 3, 8] {
        assert_operator(
            &format!("edge softmax, {heads} heads"),
            device,
            &[Input::wavy([pattern.nonzeros(), heads], 0.4)],
            |inputs| edge_softmax(&pattern, inputs[0].clone()),
            |inputs| softmax(&hub(), &inputs[0], heads),
        );
    }
    let scores = [1e4, -1e4, -1e4, 1e4, 1e4, 0.0, 1e4, -1e4, -1e4, 1e4, 0.0, -1e4];
    let expected = [1.0, 0.0, 0.0, 0.5, 0.5, 0.0, 1.0, 0.5, 0.5, 1.0, 0.0, 0.0];
    let scores = numbers::matrix(scores.to_vec(), [12, 1], device);
    let found: Vec<f32> = edge_softmax(&pattern, scores).into_data().iter().collect();
    assert_eq!(found, expected, "scores of ±10⁴");
}
