//! Graph attention of the second kind.

use burn::tensor::Device;
use gnn::SparsePattern;
use gnn::ops::attention::{AttentionDropout, AttentionSettings};
use gnn::ops::gatv2::gatv2;
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
    agrees(device, [2, 4], AttentionSettings::new().with_negative_slope(0.95), [100.0, -100.0]);
}

/// The shifts are added to the scores of rows 2 and 4, through the first column of each head; a slope makes them a little less.
fn agrees(device: &Device, [heads, d]: [usize; 2], settings: AttentionSettings, shifts: [f32; 2]) {
    let pattern = SparsePattern::new(&hub(), device);
    let ([rows, columns], width) = (pattern.dims(), heads * d);
    let mut target = Input::wavy([rows, width], 1.7);
    let att = Input::wavy([heads, d], 2.2);
    for (row, shift) in [2, 4].into_iter().zip(shifts) {
        for first in (0..width).step_by(d) {
            target.values[row * width + first] += shift / att.values[first];
        }
    }
    assert_operator(
        &format!("gatv2, {heads} heads of {d}, {settings:?}, shifts {shifts:?}"),
        device,
        &[target, Input::wavy([columns, width], 0.4), att],
        |x| gatv2(&pattern, x[0].clone(), x[1].clone(), x[2].clone(), settings),
        |inputs| {
            let (target, source, att) = (&inputs[0], &inputs[1], &inputs[2]);
            let entries = entries(&hub());
            let mut scores = vec![0.0; entries.len() * heads];
            for (entry, (i, j)) in entries.iter().enumerate() {
                for c in 0..width {
                    let sum = target[i * width + c] + source[j * width + c];
                    scores[entry * heads + c / d] += att[c] * leaky(sum, settings.negative_slope);
                }
            }
            let attention = softmax(&hub(), &scores, heads);
            let mut output = vec![0.0; rows * width];
            for (entry, (i, j)) in entries.into_iter().enumerate() {
                for c in 0..width {
                    let factor = f64::from(settings.dropout.factor(i as u32, j as u32, (c / d) as u32));
                    output[i * width + c] +=
                        factor * attention[entry * heads + c / d] * source[j * width + c];
                }
            }
            output
        },
    );
}
