//! The inverse square root of a symmetric positive definite matrix, with its gradient.

use burn::tensor::{Tensor, TensorData};
use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, Par, Spec};

/// `M^-½` of a symmetric matrix `[size, size]` with eigenvalues above 0; smaller ones than `floor` count as `floor`.
///
/// With `M = Q Λ Qᵀ` the gradient of a loss with the symmetric gradient G at `M^-½` is `−Q ((QᵀGQ) ∘ K) Qᵀ`, where
/// `K_ab = 1 / (√λ_a √λ_b (√λ_a + √λ_b))`: finite where eigenvalues are equal, unlike that of an eigendecomposition. The
/// decomposition runs on the host in f64. O(size³).
///
/// # Panics
/// If M is not square.
pub(super) fn inverse_root(matrix: Tensor<2>, floor: f64) -> Tensor<2> {
    let [size, columns] = matrix.dims();
    assert_eq!(size, columns, "inverse_root: the matrix is [{size}, {columns}]");
    let device = matrix.device();
    let constant = matrix.clone().detach();
    let (values, vectors) = eigen(&constant, floor);
    let roots: Vec<f64> = values.iter().map(|value| value.sqrt()).collect();
    let tensor = |entry: &dyn Fn(usize, usize) -> f64| {
        let entries: Vec<f32> =
            (0..size * size).map(|place| entry(place / size, place % size) as f32).collect();
        Tensor::<2>::from_data(TensorData::new(entries, [size, size]), &device)
    };
    let scaled = Mat::from_fn(size, size, |row, column| vectors[(row, column)] / roots[column]);
    let root = &scaled * vectors.transpose();
    let q = tensor(&|row, column| vectors[(row, column)]);
    let k = tensor(&|a, b| 1.0 / (roots[a] * roots[b] * (roots[a] + roots[b])));
    // The derivative is linear and its own adjoint: applied to a difference that is 0, it adds nothing to the value and gives
    // the gradient.
    let difference = matrix - constant;
    let inner = q.clone().transpose().matmul(difference).matmul(q.clone()) * k;
    tensor(&|row, column| root[(row, column)]) - q.clone().matmul(inner).matmul(q.transpose())
}

/// Eigenvalues of at least `floor`, and eigenvectors as columns. On one thread: the bits would depend on their number.
fn eigen(matrix: &Tensor<2>, floor: f64) -> (Vec<f64>, Mat<f64>) {
    let size = matrix.dims()[0];
    let entries: Vec<f32> = matrix.clone().into_data().try_into_vec().expect("parameters are f32");
    // A training that has diverged ends by its loss, which is not finite; faer must not see such numbers.
    let finite = |value: f32| if value.is_finite() { f64::from(value) } else { 0.0 };
    let matrix = Mat::from_fn(size, size, |row, column| finite(entries[row * size + column]));
    let mut values = Diag::<f64>::zeros(size);
    let mut vectors = Mat::zeros(size, size);
    let requirement =
        self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
    self_adjoint_evd(
        matrix.as_ref(),
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(requirement)),
        Spec::default(),
    )
    .expect("the decomposition of a finite symmetric matrix converges");
    ((0..size).map(|place| values.column_vector()[place].max(floor)).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};
    use testkit::gradients::assert_gradient;
    use testkit::numbers::wavy_matrix;

    /// XᵀX + I.
    fn gram(x: Tensor<2>) -> Tensor<2> {
        let size = x.dims()[1];
        x.clone().transpose().matmul(x.clone()) + Tensor::eye(size, &x.device())
    }

    #[test]
    fn its_square_inverts_the_matrix() {
        let device = Device::flex();
        let matrix = gram(wavy_matrix(9, 6, 0.3, &device));
        let root = inverse_root(matrix.clone(), 1e-12);
        let identity = root.clone().matmul(root).matmul(matrix);
        identity
            .into_data()
            .assert_approx_eq::<f32>(&Tensor::<2>::eye(6, &device).into_data(), Tolerance::absolute(1e-5));
    }

    #[test]
    fn the_gradient_is_that_of_central_differences_also_where_eigenvalues_are_equal() {
        let device = Device::flex();
        let weights = wavy_matrix(4, 4, 1.1, &device);
        let weighted = |matrix: Tensor<2>| {
            let weights = Tensor::from_data(weights.clone().into_data(), &matrix.device());
            (inverse_root(matrix, 1e-12) * weights).sum()
        };
        assert_gradient(|x| weighted(gram(x)), wavy_matrix(7, 4, 0.3, &device), 1e-2, 2e-3);
        // XᵀX is the identity at X = I: every eigenvalue is 2.
        assert_gradient(|x| weighted(gram(x)), Tensor::eye(4, &device), 1e-2, 2e-3);
    }
}
