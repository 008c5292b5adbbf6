//! Graph attention in Burn's own operations: what the kernels are tested against.

use burn::tensor::activation::leaky_relu;
use burn::tensor::{Tensor, TensorData};

use super::assert_fits;
use crate::SparsePattern;
use crate::ops::attention::{AttentionDropout, AttentionSettings};
use crate::ops::edge_product::{rows_of_entries, weighted_matmul_plain};
use crate::ops::edge_softmax::edge_softmax_plain;

/// [`gat`](super::gat) by gathering the scores and the row of each entry.
///
/// Differentiable by Burn itself. It keeps `[nonzeros, heads · d]` numbers: for tests, not for training.
///
/// # Shapes
/// As [`gat`](super::gat).
pub fn gat_plain(
    pattern: &SparsePattern,
    x: Tensor<2>,
    target_scores: Tensor<2>,
    source_scores: Tensor<2>,
    settings: AttentionSettings,
) -> Tensor<2> {
    assert_fits(pattern, &x, &target_scores, &source_scores, settings);
    let rows = rows_of_entries(pattern, &x.device());
    let sums = target_scores.select(0, rows) + source_scores.select(0, pattern.columns().clone());
    let attention = edge_softmax_plain(pattern, leaky_relu(sums, settings.negative_slope));
    weighted_matmul_plain(pattern, dropped(pattern, attention, settings.dropout), x)
}

/// What dropout leaves of the weights of a pattern's entries, `[nonzeros, heads]`.
pub(in crate::ops) fn dropped(
    pattern: &SparsePattern,
    attention: Tensor<2>,
    dropout: AttentionDropout,
) -> Tensor<2> {
    let ([nonzeros, heads], device) = (attention.dims(), attention.device());
    let rows: Vec<u32> = rows_of_entries(pattern, &device).into_data().iter().collect();
    let columns: Vec<u32> = pattern.columns().to_data().iter().collect();
    let factors: Vec<f32> = rows
        .iter()
        .zip(&columns)
        .flat_map(|(row, column)| (0..heads as u32).map(|head| dropout.factor(*row, *column, head)))
        .collect();
    attention * Tensor::from_data(TensorData::new(factors, [nonzeros, heads]), &device)
}
