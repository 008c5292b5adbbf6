//! Rows scaled to a norm.

use burn::tensor::Device;
use gnn::encoder::RowNorm;
use testkit::operators::{Input, assert_operator};

pub(crate) fn check(device: &Device) {
    for width in [7, 130] {
        for norm in [RowNorm::L1, RowNorm::L2] {
            assert_operator(
                &format!("rows of {width} scaled to {norm:?}"),
                device,
                &[Input::wavy([40, width], 0.4)],
                |inputs| norm.apply(inputs[0].clone()),
                |inputs| {
                    let rows = inputs[0].chunks(width);
                    rows.flat_map(|row| {
                        let length = match norm {
                            RowNorm::L2 => row.iter().map(|x| x * x).sum::<f64>().sqrt(),
                            _ => row.iter().map(|x| x.abs()).sum(),
                        };
                        row.iter().map(move |x| x / length)
                    })
                    .collect()
                },
            );
        }
    }
}
