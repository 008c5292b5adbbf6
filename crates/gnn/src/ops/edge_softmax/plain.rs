//! The softmax over entries in Burn's own operations: what the kernels are tested against.

use burn::tensor::{IndexingUpdateOp, Tensor};

use super::assert_fits;
use crate::SparsePattern;
use crate::ops::edge_product::rows_of_entries;

/// [`edge_softmax`](super::edge_softmax) by adding exponentials to their rows and gathering the sums.
///
/// Differentiable by Burn itself. It shifts all rows by one number, the largest score: a row whose scores are far smaller
/// than another's is lost. For tests.
///
/// # Shapes
/// As [`edge_softmax`](super::edge_softmax).
pub fn edge_softmax_plain(pattern: &SparsePattern, scores: Tensor<2>) -> Tensor<2> {
    assert_fits(pattern, &scores);
    let ([rows, _], [_, heads]) = (pattern.dims(), scores.dims());
    let device = scores.device();
    let rows_of_entries = rows_of_entries(pattern, &device);
    let largest = scores.clone().detach().max().unsqueeze();
    let exponentials = (scores - largest).exp();
    let sums = Tensor::zeros([rows, heads], &device).select_assign(
        0,
        rows_of_entries.clone(),
        exponentials.clone(),
        IndexingUpdateOp::Add,
    );
    exponentials / sums.select(0, rows_of_entries)
}
