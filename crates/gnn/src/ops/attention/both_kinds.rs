//! What holds for either kind of attention.

use burn::tensor::{Device, Tensor};
use graph_io::CsrMatrix;
use testkit::numbers;

use super::{AttentionDropout, AttentionSettings};
use crate::SparsePattern;
use crate::ops::gat::{gat, gat_plain};
use crate::ops::gatv2::{gatv2, gatv2_plain};

type Attention = fn(&SparsePattern, Tensor<2>, Tensor<2>, Tensor<2>, AttentionSettings) -> Tensor<2>;

/// An attention, its plain form, and its operands' rows and columns for a pattern and a number of heads of 5.
struct Kind {
    fused: Attention,
    plain: Attention,
    operands: fn([usize; 2], usize) -> [[usize; 2]; 3],
}

const KINDS: [Kind; 2] = [
    Kind {
        fused: gat,
        plain: gat_plain,
        operands: |[rows, columns], heads| [[columns, heads * 5], [rows, heads], [columns, heads]],
    },
    Kind {
        fused: gatv2,
        plain: gatv2_plain,
        operands: |[rows, columns], heads| [[rows, heads * 5], [columns, heads * 5], [heads, 5]],
    },
];

fn settings() -> [AttentionSettings; 2] {
    let dropout = AttentionDropout { prob: 0.3, seed: 5 };
    [AttentionSettings::new(), AttentionSettings::new().with_dropout(dropout)]
}

/// 300 × 600 with empty rows and columns, and a row and a column that take more than one block of sums.
fn ragged() -> CsrMatrix {
    let mut row_ptr = vec![0];
    let mut columns = Vec::new();
    for row in 0..300u32 {
        let mut of_row: Vec<u32> = match row {
            7 => (0..598).collect(),
            13 => Vec::new(),
            _ => (0..row % 13).map(|k| (row * 31 + k * k * 7 + k) % 598).chain([3]).collect(),
        };
        of_row.sort_unstable();
        of_row.dedup();
        columns.extend(of_row);
        row_ptr.push(columns.len());
    }
    let nonzeros = columns.len();
    CsrMatrix::new((300, 600), row_ptr, columns, vec![1.0; nonzeros])
}

/// Output and gradients.
fn evaluate(attention: Attention, dims: [[usize; 2]; 3], settings: AttentionSettings) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let pattern = SparsePattern::new(&ragged(), &Device::flex());
    let mut phase = 0.3;
    let inputs = dims.map(|[rows, columns]| {
        phase += 0.8;
        numbers::wavy_matrix(rows, columns, phase, &device).require_grad()
    });
    let [a, b, c] = inputs.clone();
    let output = attention(&pattern, a, b, c, settings);
    let [rows, width] = output.dims();
    let gradients = (output.clone() * numbers::wavy_matrix(rows, width, 0.7, &device)).sum().backward();
    let gradients = inputs.iter().map(|input| input.grad(&gradients).expect("every input takes part"));
    let host = |tensor: Tensor<2>| tensor.into_data().iter().collect();
    [host(output.inner())].into_iter().chain(gradients.map(host)).collect()
}

#[test]
fn values_and_gradients_agree_with_the_plain_form() {
    for Kind { fused, plain, operands } in KINDS {
        for (settings, heads) in settings().into_iter().zip([8, 3]) {
            let dims = operands([300, 600], heads);
            let (found, expected) = (evaluate(fused, dims, settings), evaluate(plain, dims, settings));
            for (found, expected) in found.iter().zip(&expected) {
                let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
                for (found, expected) in found.iter().zip(expected) {
                    assert!((found - expected).abs() < 1e-5 * largest, "{found}, expected {expected}");
                }
            }
        }
    }
}

#[test]
fn threads_change_no_bit() {
    for Kind { fused, operands, .. } in KINDS {
        let bits = |num_threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().expect("threads");
            pool.install(|| evaluate(fused, operands([300, 600], 8), settings()[1]))
        };
        assert!(bits(1) == bits(2), "two threads give other bits than one");
    }
}

#[test]
fn a_row_of_a_hundred_thousand_neighbors_is_as_accurate_as_a_short_one() {
    let (neighbors, device) = (100_000, Device::flex());
    let columns = (0..neighbors as u32).collect();
    let matrix = CsrMatrix::new((1, neighbors), vec![0, neighbors], columns, vec![1.0; neighbors]);
    let pattern = SparsePattern::new(&matrix, &device);
    // All of one sign, and scores that rise from block to block.
    let x: Vec<f32> = numbers::wavy(neighbors, 0.3).iter().map(|x| 1.0 + x.abs()).collect();
    let scores: Vec<f32> =
        numbers::wavy(neighbors, 1.3).iter().enumerate().map(|(j, s)| s + 3e-5 * j as f32).collect();
    let column = |values: &[f32]| numbers::matrix(values.to_vec(), [neighbors, 1], &device);
    let one = |value: f32| numbers::matrix(vec![value], [1, 1], &device);
    let settings = AttentionSettings::new();
    let of_gat = gat(&pattern, column(&x), one(0.5), column(&scores), settings);
    let of_gatv2 = gatv2(&pattern, one(0.5), column(&x), one(-1.5), settings);

    let leaky = |score: f64| if score > 0.0 { score } else { 0.2 * score };
    let expected = |score: &dyn Fn(usize) -> f64| {
        let weights: Vec<f64> = (0..neighbors).map(|j| score(j).exp()).collect();
        weights.iter().zip(&x).map(|(w, x)| w * f64::from(*x)).sum::<f64>() / weights.iter().sum::<f64>()
    };
    for (found, expected) in [
        (of_gat, expected(&|j| leaky(0.5 + f64::from(scores[j])))),
        (of_gatv2, expected(&|j| -1.5 * leaky(0.5 + f64::from(x[j])))),
    ] {
        let found = f64::from(found.into_scalar::<f32>());
        assert!((found / expected - 1.0).abs() < 1e-5, "{found}, expected {expected}");
    }
}

#[test]
fn dropped_attention_keeps_its_expectation() {
    let device = Device::flex();
    let matrix = CsrMatrix::new((1, 4), vec![0, 4], vec![0, 1, 2, 3], vec![1.0; 4]);
    let pattern = SparsePattern::new(&matrix, &device);
    let attend = |dropout| {
        let x = Tensor::from_floats([[1.0], [-2.0], [3.0], [0.5]], &device);
        let sources = Tensor::from_floats([[0.3], [0.8], [-1.0], [0.1]], &device);
        let settings = AttentionSettings::new().with_dropout(dropout);
        let output = gat(&pattern, x, Tensor::zeros([1, 1], &device), sources, settings);
        f64::from(output.into_scalar::<f32>())
    };
    let expected = attend(AttentionDropout::none());
    let draws: Vec<f64> = (0..4000).map(|seed| attend(AttentionDropout { prob: 0.4, seed })).collect();
    let mean = draws.iter().sum::<f64>() / 4000.0;
    let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 4000.0;
    assert!(variance > 0.1, "{variance}");
    assert!((mean - expected).abs() < 4.0 * (variance / 4000.0).sqrt(), "{mean}, expected {expected}");
}
