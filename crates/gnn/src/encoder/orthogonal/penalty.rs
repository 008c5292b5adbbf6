//! Penalties on weights that are far from orthogonal.

use burn::tensor::{Tensor, TensorData};
use rand::{Rng, RngExt};

/// Keeps divisions finite where a weight is orthogonal.
const LEAST_NORM: f64 = 1e-12;

/// `WᵀW − I`, or `WWᵀ − I` where W has more columns than rows: on the other side it is never 0.
fn deviation(weight: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = weight.dims();
    let gram = match rows >= columns {
        true => weight.clone().transpose().matmul(weight),
        false => weight.clone().matmul(weight.transpose()),
    };
    let identity = Tensor::eye(rows.min(columns), &gram.device());
    gram - identity
}

/// `‖WᵀW − I‖²`, the squared Frobenius norm, `[1]`; 0 for an orthogonal W. O(rows · columns · min(rows, columns)).
pub(super) fn frobenius(weight: Tensor<2>) -> Tensor<1> {
    let deviation = deviation(weight);
    (deviation.clone() * deviation).sum()
}

/// σ², `[1]`, with `σ = ‖M v‖` and `v = M u / ‖M u‖` for `M = WᵀW − I` and a random u with numbers from 0 to 1: at most the
/// squared spectral norm of M. Cost as [`frobenius`].
pub(super) fn spectral(weight: Tensor<2>, rng: &mut impl Rng) -> Tensor<1> {
    let matrix = deviation(weight);
    let size = matrix.dims()[0];
    let numbers: Vec<f32> = (0..size).map(|_| rng.random()).collect();
    let u = Tensor::<2>::from_data(TensorData::new(numbers, [size, 1]), &matrix.device());
    let image = matrix.clone().matmul(u);
    let norm = ((image.clone() * image.clone()).sum() + LEAST_NORM * LEAST_NORM).sqrt();
    let v = image / norm.reshape([1, 1]);
    let image = matrix.matmul(v);
    (image.clone() * image).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::gradients::assert_gradient;
    use testkit::numbers::{matrix, wavy_matrix};

    #[test]
    fn worked_by_hand_on_a_diagonal_on_either_side() {
        let device = Device::flex();
        // Gram − I = diag(3, −0.75).
        let tall = matrix(vec![2.0, 0.0, 0.0, 0.5, 0.0, 0.0], [3, 2], &device);
        for weight in [tall.clone(), tall.transpose()] {
            assert!((frobenius(weight.clone()).into_scalar::<f32>() - 9.5625).abs() < 1e-5);
            let rng = &mut ChaCha8Rng::seed_from_u64(1);
            let sigma: f32 = spectral(weight, rng).into_scalar();
            assert!((0.5625..=9.0 + 1e-5).contains(&sigma), "σ² is {sigma}");
        }
        let orthogonal = Tensor::<2>::eye(4, &device);
        assert_eq!(frobenius(orthogonal.clone()).into_scalar::<f32>(), 0.0);
        assert_eq!(spectral(orthogonal, &mut ChaCha8Rng::seed_from_u64(1)).into_scalar::<f32>(), 0.0);
    }

    #[test]
    fn gradients_are_those_of_central_differences() {
        let device = Device::flex();
        for dims in [[6, 4], [4, 6]] {
            let weight = wavy_matrix(dims[0], dims[1], 0.3, &device);
            assert_gradient(frobenius, weight.clone(), 1e-3, 1e-2);
            let drawn = |weight| spectral(weight, &mut ChaCha8Rng::seed_from_u64(7));
            assert_gradient(drawn, weight, 1e-3, 1e-2);
        }
    }
}
