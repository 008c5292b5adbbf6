//! Batch norm and PReLU in a backend's own operations: for GPUs, and to hold the CPU's form to.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};

use super::{EPSILON, Normed, NormedGradients, NormedInputs};

pub(super) fn forward<B: Backend>(
    x: FloatTensor<B>,
    scale: FloatTensor<B>,
    shift: FloatTensor<B>,
    slope: FloatTensor<B>,
) -> Normed<B> {
    let (nodes, width) = (x.shape()[0], x.shape()[1]);
    let mean = over_nodes::<B>(x.clone(), nodes);
    let centered = B::float_sub(x, mean.clone());
    let variance = over_nodes::<B>(B::float_mul(centered.clone(), centered.clone()), nodes);
    let inverse_deviation = B::float_recip(B::float_sqrt(B::float_add_scalar(variance, EPSILON.into())));
    let unit = B::float_mul(centered, inverse_deviation.clone());
    let sums = affine::<B>(unit, scale, shift, width);
    let negative = B::float_clamp_max(sums.clone(), 0.0f32.into());
    let slope = B::float_reshape(slope, [1, 1].into());
    Normed {
        output: B::float_add(B::relu(sums), B::float_mul(negative, slope)),
        mean: B::float_reshape(mean, [width].into()),
        inverse_deviation: B::float_reshape(inverse_deviation, [width].into()),
    }
}

pub(super) fn backward<B: Backend>(inputs: NormedInputs<B>, grad: FloatTensor<B>) -> NormedGradients<B> {
    let (nodes, width) = (inputs.x.shape()[0], inputs.x.shape()[1]);
    let row = |tensor| B::float_reshape(tensor, [1, width].into());
    let inverse = row(inputs.inverse_deviation);
    let unit = B::float_mul(B::float_sub(inputs.x, row(inputs.mean)), inverse.clone());
    let sums = affine::<B>(unit.clone(), inputs.scale.clone(), inputs.shift, width);
    let negative = B::float_clamp_max(sums, 0.0f32.into());
    let of_slope = B::float_sum(B::float_mul(grad.clone(), negative.clone()));

    // 1 where the sum was cut to 0 in `negative`, the slope elsewhere.
    let kept = B::float_sign(B::float_neg(negative));
    let slope = B::float_add_scalar(B::float_reshape(inputs.slope, [1, 1].into()), (-1.0f32).into());
    let derivative = B::float_add_scalar(B::float_mul(kept, slope), 1.0f32.into());
    let grad = B::float_mul(grad, derivative);
    let along = B::float_mul(grad.clone(), unit.clone());
    let (mean_grad, mean_along) =
        (over_nodes::<B>(grad.clone(), nodes), over_nodes::<B>(along.clone(), nodes));
    let centered = B::float_sub(B::float_sub(grad.clone(), mean_grad), B::float_mul(unit, mean_along));
    let column = |tensor| B::float_reshape(B::float_sum_dim(tensor, 0), [width].into());
    NormedGradients {
        x: B::float_mul(centered, B::float_mul(inverse, row(inputs.scale))),
        scale: column(along),
        shift: column(grad),
        slope: of_slope,
    }
}

fn over_nodes<B: Backend>(x: FloatTensor<B>, nodes: usize) -> FloatTensor<B> {
    B::float_mul_scalar(B::float_sum_dim(x, 0), (1.0 / nodes as f32).into())
}

fn affine<B: Backend>(
    unit: FloatTensor<B>,
    scale: FloatTensor<B>,
    shift: FloatTensor<B>,
    width: usize,
) -> FloatTensor<B> {
    let row = |tensor| B::float_reshape(tensor, [1, width].into());
    B::float_add(B::float_mul(unit, row(scale)), row(shift))
}
