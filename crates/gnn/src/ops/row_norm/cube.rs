//! Scaled rows on a GPU, in the backend's own operations.

use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn_cubecl::CubeBackend;

use super::{Norm, RowNormBackend, SMALLEST_NORM, ScaledRows};

impl RowNormBackend for CubeBackend {
    fn scale_rows(x: FloatTensor<Self>, norm: Norm) -> ScaledRows<Self> {
        let lengths = match norm {
            Norm::L1 => Self::float_sum_dim(Self::float_abs(x.clone()), 1),
            Norm::L2 => Self::float_sqrt(Self::float_sum_dim(Self::float_mul(x.clone(), x.clone()), 1)),
        };
        let norms = Self::float_clamp_min(lengths, SMALLEST_NORM.into());
        ScaledRows { rows: Self::float_div(x, norms.clone()), norms }
    }

    fn scale_rows_backward(
        scaled: ScaledRows<Self>,
        grad: FloatTensor<Self>,
        norm: Norm,
    ) -> FloatTensor<Self> {
        let ScaledRows { rows, norms } = scaled;
        let along = Self::float_sum_dim(Self::float_mul(grad.clone(), rows.clone()), 1);
        let direction = match norm {
            Norm::L1 => Self::float_sign(rows),
            Norm::L2 => rows,
        };
        // A zero row has direction 0, and only a zero row can have so small a norm where numbers are normal.
        Self::float_div(Self::float_sub(grad, Self::float_mul(direction, along)), norms)
    }
}
