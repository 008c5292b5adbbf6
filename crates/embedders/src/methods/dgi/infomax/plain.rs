//! The loss of DGI and its gradient in a backend's own operations: for GPUs, and to hold the CPU's form to.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::{Slice, TensorData};

use super::Infomax;

pub(super) fn infomax<B: Backend>(
    x: FloatTensor<B>,
    bias: FloatTensor<B>,
    slope: FloatTensor<B>,
    weight: FloatTensor<B>,
    score_bias: FloatTensor<B>,
) -> Infomax<B> {
    let (rows, width, device) = (x.shape()[0], x.shape()[1], x.device());
    let nodes = rows / 2;
    let row = |tensor| B::float_reshape(tensor, [1, width].into());
    let column = |tensor| B::float_swap_dims(tensor, 0, 1);
    let over_nodes = |tensor| B::float_mul_scalar(tensor, (1.0 / nodes as f32).into());
    let column_of = |values: Vec<f32>| B::float_from_data(TensorData::new(values, [rows, 1]), &device);
    let slope = row(slope);

    let z = B::float_add(x, row(bias));
    let negative = B::float_clamp_max(z.clone(), 0.0f32.into());
    let hidden = B::float_add(B::relu(z), B::float_mul(negative.clone(), slope.clone()));

    let nodes_as_they_are = B::float_slice(hidden.clone(), &[Slice::from(0..nodes), Slice::from(0..width)]);
    let summary = B::sigmoid(over_nodes(B::float_sum_dim(nodes_as_they_are, 0)));
    let direction = B::float_matmul(weight.clone(), column(summary.clone()));
    let scores = B::float_matmul(hidden.clone(), direction.clone());
    let scores = B::float_add(scores, B::float_reshape(score_bias, [1, 1].into()));

    // With y = −1 for a node as it is and 1 for a copy, each term is log(1 + exp(y t)).
    let labels = column_of((0..rows).map(|row| if row < nodes { -1.0 } else { 1.0 }).collect());
    let signed = B::float_mul(scores, labels.clone());
    let far = B::float_exp(B::float_neg(B::float_abs(signed.clone())));
    let terms = B::float_add(B::relu(signed.clone()), B::float_log1p(far));
    let loss = B::float_reshape(over_nodes(B::float_sum_dim(terms, 0)), [1].into());
    let grad_scores = over_nodes(B::float_mul(labels, B::sigmoid(signed)));

    let grad_score_bias = B::float_sum_dim(grad_scores.clone(), 0);

    // u = Σ gᵢ hᵢ carries all that flows into W and s.
    let u = B::float_matmul(column(hidden), grad_scores.clone());
    let grad_summary = B::float_matmul(column(u.clone()), weight);
    let squash =
        B::float_mul(summary.clone(), B::float_add_scalar(B::float_neg(summary.clone()), 1.0f32.into()));
    let through_mean = over_nodes(B::float_mul(grad_summary, squash));
    let of_the_mean = column_of((0..rows).map(|row| if row < nodes { 1.0 } else { 0.0 }).collect());
    let grad_hidden = B::float_add(
        B::float_matmul(grad_scores, column(direction)),
        B::float_matmul(of_the_mean, through_mean),
    );

    // 1 where z was cut to 0 in `negative`, the slope elsewhere.
    let kept = B::float_sign(B::float_neg(negative.clone()));
    let derivative =
        B::float_add_scalar(B::float_mul(kept, B::float_add_scalar(slope, (-1.0f32).into())), 1.0f32.into());
    let grad_x = B::float_mul(grad_hidden.clone(), derivative);
    let sums = |tensor| B::float_reshape(B::float_sum_dim(tensor, 0), [width].into());
    Infomax {
        loss,
        bias: sums(grad_x.clone()),
        slope: sums(B::float_mul(grad_hidden, negative)),
        weight: B::float_matmul(u, summary),
        score_bias: B::float_reshape(grad_score_bias, [1].into()),
        x: grad_x,
    }
}
