//! Softmax over the entries of each row of a pattern.

mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;
mod plain;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

pub use plain::edge_softmax_plain;

use crate::SparsePattern;
use crate::sparse::PatternTensors;

/// Softmax by rows and heads, `y[e, h] = exp(scores[e, h] − m) / Σ exp(scores[e′, h] − m)` over the entries e′ of e's row, with m the
/// largest of their scores.
///
/// The gradient is y ⊙ (g − Σ y g), the sum over a row's entries too. A row without entries has none in the output.
/// O(non-zeros · heads).
///
/// # Shapes
/// `scores` and the output are `[nonzeros, heads]`.
///
/// # Panics
/// If `scores` has another number of rows than the pattern has entries, or no head.
pub fn edge_softmax(pattern: &SparsePattern, scores: Tensor<2>) -> Tensor<2> {
    assert_fits(pattern, &scores);
    let output = <Dispatch as EdgeSoftmaxBackend>::edge_softmax(
        pattern.clone().into_dispatch(),
        scores.into_dispatch(),
    );
    Tensor::from_dispatch(output)
}

/// A backend that takes the softmax of rows of entries; [`edge_softmax`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait EdgeSoftmaxBackend: Backend {
    /// Softmax by rows and heads of `scores`, `[nonzeros, heads]`.
    fn edge_softmax(
        #[extension_type] pattern: PatternTensors<Self>,
        scores: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Its gradient at `output`, into which `grad` flows; both are `[nonzeros, heads]`.
    fn edge_softmax_backward(
        #[extension_type] pattern: PatternTensors<Self>,
        output: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

fn assert_fits(pattern: &SparsePattern, scores: &Tensor<2>) {
    let ([entries, heads], nonzeros) = (scores.dims(), pattern.nonzeros());
    assert!(
        entries == nonzeros && heads > 0,
        "edge_softmax: scores [{entries}, {heads}] do not fit a pattern of {nonzeros} entries"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tolerance};
    use graph_io::CsrMatrix;
    use testkit::{gradients, numbers};

    /// Rows of two, no, and one entry.
    fn three_entries() -> SparsePattern {
        let matrix = CsrMatrix::new((3, 2), vec![0, 2, 2, 3], vec![0, 1, 0], vec![1.0; 3]);
        SparsePattern::new(&matrix, &Device::flex())
    }

    #[test]
    fn matches_a_case_worked_by_hand() {
        let device = Device::flex();
        let scores = Tensor::<2>::from_floats([[0.0, 5.0], [3.0f32.ln(), 5.0], [-7.0, 2.0]], &device);
        let expected = Tensor::<2>::from_floats([[0.25, 0.5], [0.75, 0.5], [1.0, 1.0]], &device);
        let found = edge_softmax(&three_entries(), scores).into_data();
        found.assert_approx_eq::<f32>(&expected.into_data(), Tolerance::absolute(1e-6));
    }

    #[test]
    fn large_scores_give_no_nan() {
        let device = Device::flex();
        let scores = Tensor::<2>::from_floats([[1e4], [-1e4], [-1e4]], &device);
        let found: Vec<f32> = edge_softmax(&three_entries(), scores).into_data().iter().collect();
        assert_eq!(found, [1.0, 0.0, 1.0]);
    }

    #[test]
    fn value_and_gradient_agree_with_the_plain_form() {
        let device = Device::flex();
        let scores = numbers::wavy(9, 0.7);
        let coefficients = |device: &Device| numbers::wavy_matrix(3, 3, 0.4, device);
        let fast = |scores: Tensor<2>| {
            let device = scores.device();
            (edge_softmax(&three_entries(), scores) * coefficients(&device)).sum()
        };
        let plain = |scores: Tensor<2>| {
            let device = scores.device();
            (edge_softmax_plain(&three_entries(), scores) * coefficients(&device)).sum()
        };
        let fast = gradients::gradient_of(fast, &scores, [3, 3], &device);
        let plain = gradients::gradient_of(plain, &scores, [3, 3], &device);
        for (fast, plain) in fast.iter().zip(&plain) {
            assert!((fast - plain).abs() < 1e-6, "{fast:?} and {plain:?}");
        }
    }

    #[test]
    #[should_panic(expected = "edge_softmax: scores [2, 1] do not fit a pattern of 3 entries")]
    fn refuses_another_number_of_scores() {
        edge_softmax(&three_entries(), Tensor::zeros([2, 1], &Device::flex()));
    }
}
