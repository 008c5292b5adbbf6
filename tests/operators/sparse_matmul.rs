//! Sparse × dense.

use burn::tensor::Device;
use gnn::SparseMatrix;
use graph_io::CsrMatrix;
use testkit::operators::{Input, assert_operator};

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
