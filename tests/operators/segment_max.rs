//! The largest feature among neighbors.

use burn::tensor::Device;
use gnn::SparsePattern;
use gnn::ops::segment_max::segment_max;
use graph_io::CsrMatrix;
use testkit::operators::{Input, assert_operator};

const ROWS: usize = 9;
const COLUMNS: usize = 20;

/// 9 × 20: row 1 is empty, row 4 a hub that every column but the last two feeds, column 19 empty.
fn ragged() -> CsrMatrix {
    let hub: Vec<u32> = (0..18).collect();
    let rows: [&[u32]; ROWS] = [&[0, 3], &[], &[1], &[0, 1, 18], &hub, &[3], &[2, 5, 7, 11], &[18], &[3, 4]];
    let columns = rows.concat();
    let mut row_ptr = vec![0];
    row_ptr.extend(rows.iter().scan(0, |end, row| {
        *end += row.len();
        Some(*end)
    }));
    let values = vec![1.0; columns.len()];
    CsrMatrix::new((ROWS, COLUMNS), row_ptr, columns, values)
}

pub(crate) fn check(device: &Device) {
    let pattern = SparsePattern::new(&ragged(), device);
    for width in [1, 7, 64] {
        assert_operator(
            &format!("segment_max, width {width}"),
            device,
            &[Input::wavy([COLUMNS, width], 0.4)],
            |inputs| segment_max(&pattern, inputs[0].clone()),
            |inputs| {
                let mut output = vec![0.0; ROWS * width];
                for (row, entries) in ragged().outer_iterator().enumerate() {
                    for c in 0..width {
                        let values = entries.indices().iter().map(|j| inputs[0][*j as usize * width + c]);
                        output[row * width + c] = values.reduce(f64::max).unwrap_or(0.0);
                    }
                }
                output
            },
        );
    }
}
