//! Graph attention of the second kind in Burn's own operations: what the kernels are tested against.

use burn::tensor::Tensor;
use burn::tensor::activation::leaky_relu;

use super::assert_fits;
use crate::SparsePattern;
use crate::ops::attention::AttentionSettings;
use crate::ops::edge_product::{rows_of_entries, weighted_matmul_plain};
use crate::ops::edge_softmax::edge_softmax_plain;
use crate::ops::gat::dropped;

/// [`gatv2`](super::gatv2) by gathering two rows for each entry.
///
/// Differentiable by Burn itself. It keeps `[nonzeros, heads · d]` numbers: for tests, not for training.
///
/// # Shapes
/// As [`gatv2`](super::gatv2).
pub fn gatv2_plain(
    pattern: &SparsePattern,
    target: Tensor<2>,
    source: Tensor<2>,
    att: Tensor<2>,
    settings: AttentionSettings,
) -> Tensor<2> {
    assert_fits(pattern, &target, &source, &att, settings);
    let ([heads, d], nonzeros) = (att.dims(), pattern.nonzeros());
    let rows = rows_of_entries(pattern, &source.device());
    let sums = target.select(0, rows) + source.clone().select(0, pattern.columns().clone());
    let activated = leaky_relu(sums, settings.negative_slope).reshape([nonzeros, heads, d]);
    let scores = (activated * att.unsqueeze::<3>()).sum_dim(2).squeeze_dim(2);
    let attention = dropped(pattern, edge_softmax_plain(pattern, scores), settings.dropout);
    weighted_matmul_plain(pattern, attention, source)
}
