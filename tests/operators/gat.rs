//! Graph attention.

use burn::tensor::Device;
use gnn::SparsePattern;
use gnn::ops::attention::{AttentionDropout, AttentionSettings};
use gnn::ops::gat::gat;
use testkit::operators::{Input, assert_operator};

use super::patterns::{entries, hub, leaky, softmax};

pub(crate) fn check(device: &Device) {
    let none = AttentionDropout::none();
    let some = AttentionDropout { prob: 0.4, seed: 11 };
    for ([heads, d], dropout) in
        [([1, 3], none), ([1, 70], some), ([3, 5], none), ([8, 8], none), ([8, 8], some), ([3, 1], some)]
    {
        agrees(device, [heads, d], AttentionSettings::new().with_dropout(dropout), [0.0, 0.0]);
    }
    agrees(device, [2, 4], AttentionSettings::new().with_negative_slope(0.0), [0.0, 0.0]);
    // Without the shift by the largest score, exp would overflow in row 2, and every weight of row 4 vanish.
    agrees(device, [2, 4], AttentionSettings::new(), [100.0, -500.0]);
}

/// The shifts are added to the scores of rows 2 and 4.
fn agrees(device: &Device, [heads, d]: [usize; 2], settings: AttentionSettings, shifts: [f32; 2]) {
    let pattern = SparsePattern::new(&hub(), device);
    let ([rows, columns], width) = (pattern.dims(), heads * d);
    let mut targets = Input::wavy([rows, heads], 1.7);
    for (row, shift) in [2, 4].into_iter().zip(shifts) {
        targets.values[row * heads..(row + 1) * heads].iter_mut().for_each(|score| *score += shift);
    }
    assert_operator(
        &format!("gat, {heads} heads of {d}, {settings:?}, shifts {shifts:?}"),
        device,
        &[Input::wavy([columns, width], 0.4), targets, Input::wavy([columns, heads], 2.2)],
        |x| gat(&pattern, x[0].clone(), x[1].clone(), x[2].clone(), settings),
        |inputs| {
            let (x, targets, sources) = (&inputs[0], &inputs[1], &inputs[2]);
            let entries = entries(&hub());
            let scores: Vec<f64> = entries
                .iter()
                .flat_map(|(i, j)| {
                    (0..heads).map(move |h| {
                        leaky(targets[i * heads + h] + sources[j * heads + h], settings.negative_slope)
                    })
                })
                .collect();
            let attention = softmax(&hub(), &scores, heads);
            let mut output = vec![0.0; rows * width];
            for (entry, (i, j)) in entries.into_iter().enumerate() {
                for c in 0..width {
                    let factor = f64::from(settings.dropout.factor(i as u32, j as u32, (c / d) as u32));
                    output[i * width + c] += factor * attention[entry * heads + c / d] * x[j * width + c];
                }
            }
            output
        },
    );
}
