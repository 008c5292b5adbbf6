//! Products over the entries of a pattern.

use burn::tensor::Device;
use gnn::SparsePattern;
use gnn::ops::edge_product::{sampled_matmul, weighted_matmul};
use testkit::operators::{Input, assert_operator};

use super::patterns::{entries, hub};

pub(crate) fn check(device: &Device) {
    let pattern = SparsePattern::new(&hub(), device);
    let ([rows, columns], nonzeros) = (pattern.dims(), pattern.nonzeros());
    for [heads, d] in [[1, 1], [1, 70], [3, 5], [8, 8]] {
        let width = heads * d;
        assert_operator(
            &format!("weighted matmul, {heads} heads of {d}"),
            device,
            &[Input::wavy([nonzeros, heads], 0.4), Input::wavy([columns, width], 1.4)],
            |inputs| weighted_matmul(&pattern, inputs[0].clone(), inputs[1].clone()),
            |inputs| {
                let mut output = vec![0.0; rows * width];
                for (entry, (i, j)) in entries(&hub()).into_iter().enumerate() {
                    for c in 0..width {
                        output[i * width + c] += inputs[0][entry * heads + c / d] * inputs[1][j * width + c];
                    }
                }
                output
            },
        );
        assert_operator(
            &format!("sampled matmul, {heads} heads of {d}"),
            device,
            &[Input::wavy([rows, width], 0.4), Input::wavy([columns, width], 1.4)],
            |inputs| sampled_matmul(&pattern, inputs[0].clone(), inputs[1].clone(), heads),
            |inputs| {
                let mut output = vec![0.0; nonzeros * heads];
                for (entry, (i, j)) in entries(&hub()).into_iter().enumerate() {
                    for c in 0..width {
                        output[entry * heads + c / d] += inputs[0][i * width + c] * inputs[1][j * width + c];
                    }
                }
                output
            },
        );
    }
}
