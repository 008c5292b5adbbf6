//! Bounds on singular values.

use burn::tensor::{Tensor, TensorData};
use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::{Mat, Par, Spec};

/// The matrix with its singular values cut to `[1 / (1 + ε), 1 + ε]`.
pub(super) fn clamped(weight: Tensor<2>, bound: f64) -> Tensor<2> {
    with_singular_values(weight, |value| value.clamp(1.0 / (1.0 + bound), 1.0 + bound))
}

/// The nearest matrix with orthogonal columns, or rows where those are fewer, of length 1.
pub(super) fn nearest_orthogonal(weight: Tensor<2>) -> Tensor<2> {
    with_singular_values(weight, |_| 1.0)
}

/// `U f(Σ) Vᵀ` of a matrix `[rows, columns]`, decomposed on the host in f64 and on one thread: the bits would depend on their number.
/// O(rows · columns · min(rows, columns)). A matrix with numbers that are not finite stays, for its loss to tell.
fn with_singular_values(weight: Tensor<2>, value: impl Fn(f64) -> f64) -> Tensor<2> {
    let [rows, columns] = weight.dims();
    let device = weight.device();
    let entries: Vec<f32> = weight.clone().into_data().try_into_vec().expect("parameters are f32");
    if entries.iter().any(|entry| !entry.is_finite()) {
        return weight;
    }
    let matrix = Mat::from_fn(rows, columns, |row, column| f64::from(entries[row * columns + column]));
    let size = rows.min(columns);
    let mut values = Diag::<f64>::zeros(size);
    let (mut left, mut right) = (Mat::zeros(rows, size), Mat::zeros(columns, size));
    let thin = ComputeSvdVectors::Thin;
    let requirement = svd_scratch::<f64>(rows, columns, thin, thin, Par::Seq, Spec::default());
    svd(
        matrix.as_ref(),
        values.as_mut(),
        Some(left.as_mut()),
        Some(right.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(requirement)),
        Spec::default(),
    )
    .expect("the decomposition of a finite matrix converges");
    let scaled =
        Mat::from_fn(rows, size, |row, place| left[(row, place)] * value(values.column_vector()[place]));
    let mut product = Mat::zeros(rows, columns);
    faer::linalg::matmul::matmul(
        product.as_mut(),
        faer::Accum::Replace,
        scaled.as_ref(),
        right.transpose(),
        1.0,
        Par::Seq,
    );
    let entries: Vec<f32> =
        (0..rows * columns).map(|place| product[(place / columns, place % columns)] as f32).collect();
    Tensor::from_data(TensorData::new(entries, [rows, columns]), &device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};
    use testkit::numbers::{matrix, wavy_matrix};

    #[test]
    fn only_values_outside_the_bounds_are_cut() {
        let device = Device::flex();
        let diagonal = |values: [f32; 3]| {
            let mut entries = vec![0.0; 12];
            (0..3).for_each(|place| entries[place * 3 + place] = values[place]);
            matrix(entries, [4, 3], &device)
        };
        let cut = clamped(diagonal([4.0, 1.1, 0.1]), 0.25);
        let expected = diagonal([1.25, 1.1, 0.8]);
        cut.into_data().assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-6));
    }

    #[test]
    fn the_nearest_orthogonal_matrix_is_orthogonal_on_its_smaller_side() {
        let device = Device::flex();
        for dims in [[7, 4], [4, 7]] {
            let noise = wavy_matrix(dims[0], dims[1], 0.3, &device);
            let weight = nearest_orthogonal(noise + Tensor::eye(7, &device).slice([0..dims[0], 0..dims[1]]));
            let gram = match dims[0] > dims[1] {
                true => weight.clone().transpose().matmul(weight),
                false => weight.clone().matmul(weight.transpose()),
            };
            let identity = Tensor::<2>::eye(4, &device);
            gram.into_data().assert_approx_eq::<f32>(&identity.into_data(), Tolerance::absolute(1e-5));
        }
    }

    #[test]
    fn a_matrix_of_zeros_gets_the_least_values_and_one_that_is_not_finite_stays() {
        let device = Device::flex();
        let cut = clamped(Tensor::zeros([3, 2], &device), 1.0);
        let square: f32 = (cut.clone() * cut).sum().into_scalar();
        assert!((square - 0.5).abs() < 1e-6, "two singular values of 1/2, got {square}");
        let broken = clamped(matrix(vec![1.0, f32::NAN], [1, 2], &device), 1.0);
        assert!(broken.into_data().iter::<f32>().any(f32::is_nan));
    }
}
