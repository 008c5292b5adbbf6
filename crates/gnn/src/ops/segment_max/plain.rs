//! The largest neighbor in Burn's own operations: what the kernels are tested against.

use burn::tensor::{Int, Tensor};

use super::assert_fits;
use crate::SparsePattern;

/// Largest feature among neighbors, one row of the pattern after the other.
///
/// Differentiable by Burn itself. It launches several operations a row: for tests, not for training.
///
/// # Shapes
/// `x` is `[columns, width]`, the output `[rows, width]`.
pub fn segment_max_plain(pattern: &SparsePattern, x: Tensor<2>) -> Tensor<2> {
    assert_fits(pattern, &x);
    let row_ptr: Vec<i32> = pattern.row_ptr().to_data().iter().collect();
    let rows = row_ptr.windows(2).map(|row| {
        if row[0] == row[1] {
            return Tensor::zeros([1, x.dims()[1]], &x.device());
        }
        let (start, length) = (row[0] as usize, (row[1] - row[0]) as usize);
        let columns: Tensor<1, Int> = pattern.columns().clone().narrow(0, start, length);
        x.clone().select(0, columns).max_dim(0)
    });
    Tensor::cat(rows.collect(), 0)
}
