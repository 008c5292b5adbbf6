//! Sparse × dense.

use burn::tensor::Device;
use gnn::SparseMatrix;
use graph_io::CsrMatrix;
use testkit::numbers;
use testkit::operators::{Input, assert_close, assert_operator};

/// 5 × 4 with an empty row, an empty column and a full row.
fn ragged() -> CsrMatrix {
    let columns = vec![0, 3, 1, 0, 1, 3, 3];
    let values = vec![0.5, -1.0, 2.0, 1.5, -0.25, 3.0, 0.75];
    CsrMatrix::new((5, 4), vec![0, 2, 2, 3, 6, 7], columns, values)
}

pub(crate) fn check(device: &Device) {
    let matrix = SparseMatrix::new(&ragged(), device);
    for width in [1, 3, 70] {
        assert_operator(
            &format!("sparse matmul, width {width}"),
            device,
            &[Input::wavy([4, width], 0.4)],
            |inputs| matrix.matmul(inputs[0].clone()),
            |inputs| {
                let mut output = vec![0.0; 5 * width];
                for (value, (row, column)) in ragged().iter() {
                    for c in 0..width {
                        output[row as usize * width + c] +=
                            f64::from(*value) * inputs[0][column as usize * width + c];
                    }
                }
                output
            },
        );
    }
}

/// A node with 10⁵ neighbors: sums of terms of one sign must keep five digits.
pub(crate) fn check_a_hub(device: &Device) {
    let (neighbors, width) = (100_000, 3);
    let weights: Vec<f32> = (0..neighbors).map(|i| 0.1 + 0.05 * (i as f32).sin()).collect();
    let columns = (0..neighbors as u32).collect();
    let matrix = CsrMatrix::new((1, neighbors), vec![0, neighbors], columns, weights.clone());
    let values: Vec<f32> =
        numbers::wavy(neighbors * width, 0.7).into_iter().map(|value| 1.0 + value).collect();
    let product = SparseMatrix::new(&matrix, device).matmul(numbers::matrix(
        values.clone(),
        [neighbors, width],
        device,
    ));
    let found: Vec<f32> = product.into_data().iter().collect();
    let mut expected = vec![0.0f64; width];
    for (weight, row) in weights.iter().zip(values.chunks(width)) {
        for (expected, value) in expected.iter_mut().zip(row) {
            *expected += f64::from(*weight) * f64::from(*value);
        }
    }
    assert_close("sum over 10⁵ neighbors", &found, &expected, 1e-5);
}
