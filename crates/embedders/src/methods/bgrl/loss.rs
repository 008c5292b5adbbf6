//! The loss of BGRL.

use burn::tensor::Tensor;
use gnn::encoder::RowNorm;

/// One minus the mean cosine of predictions and targets, row by row, from 0 to 2; lower is better, 0 where each prediction points
/// as its target does, 1 where they are orthogonal. O(n d).
///
/// Thakoor et al. 2021, arXiv 2102.06514, eq. 2, which leaves out the 1.
///
/// # Shapes
/// `predictions` and `targets` are `[n, d]`, the loss `[1]`.
pub(super) fn cosine_loss(predictions: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let [nodes, _] = predictions.dims();
    -(RowNorm::L2.apply(predictions) * RowNorm::L2.apply(targets)).sum() / nodes as f64 + 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use testkit::numbers::matrix;
    use testkit::operators::{Input, assert_operator};

    #[test]
    fn the_value_and_the_gradient_agree_with_f64_loops() {
        let targets = Input::wavy([5, 3], 0.7);
        let in_f64: Vec<f64> = targets.values.iter().map(|x| f64::from(*x)).collect();
        assert_operator(
            "cosine loss",
            &Device::flex(),
            &[Input::wavy([5, 3], 0.1)],
            |inputs| {
                let targets = matrix(targets.values.clone(), targets.dims, &inputs[0].device());
                cosine_loss(inputs[0].clone(), targets).reshape([1, 1])
            },
            |inputs| {
                let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
                let rows = inputs[0].chunks(3).zip(in_f64.chunks(3));
                let cosines: f64 = rows.map(|(q, y)| dot(q, y) / (dot(q, q) * dot(y, y)).sqrt()).sum();
                vec![1.0 - cosines / 5.0]
            },
        );
    }

    #[test]
    fn rows_that_are_alike_orthogonal_and_opposed_have_zero_one_and_two() {
        let device = Device::flex();
        let rows = [[3.0, 0.0], [0.0, 0.5]];
        let loss = |targets: [[f32; 2]; 2]| {
            let (q, y) = (Tensor::from_floats(rows, &device), Tensor::from_floats(targets, &device));
            cosine_loss(q, y).into_scalar::<f32>()
        };
        assert_eq!(loss([[1.0, 0.0], [0.0, 7.0]]), 0.0);
        assert_eq!(loss([[0.0, 2.0], [1.0, 0.0]]), 1.0);
        assert_eq!(loss([[-1.0, 0.0], [0.0, -1.0]]), 2.0);
    }
}
