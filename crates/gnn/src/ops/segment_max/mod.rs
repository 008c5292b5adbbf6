//! The largest feature among neighbors.

mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;
mod plain;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::Tensor;

use crate::SparsePattern;
use crate::sparse::PatternTensors;
pub use plain::segment_max_plain;

/// Largest feature among neighbors, `yᵢc = max xⱼc` over the columns j of row i, and 0 where the row is empty. O(non-zeros · width).
///
/// Of equal neighbors the first takes the gradient; a NaN among them is the largest.
///
/// # Shapes
/// `x` is `[columns, width]`, the output `[rows, width]`, for a pattern of `[rows, columns]`.
///
/// # Panics
/// If `x` has another number of rows than the pattern has columns.
pub fn segment_max(pattern: &SparsePattern, x: Tensor<2>) -> Tensor<2> {
    assert_fits(pattern, &x);
    let largest =
        <Dispatch as SegmentMaxBackend>::segment_max(pattern.clone().into_dispatch(), x.into_dispatch());
    Tensor::from_dispatch(largest.values)
}

fn assert_fits(pattern: &SparsePattern, x: &Tensor<2>) {
    let ([rows, columns], dims) = (pattern.dims(), x.dims());
    assert_eq!(dims[0], columns, "segment_max: [{rows}, {columns}] over {dims:?}: inner dimensions differ");
}

/// A backend that finds largest neighbors; [`segment_max`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait SegmentMaxBackend: Backend {
    /// The largest `x`, `[columns, width]`, over each row's columns.
    fn segment_max(
        #[extension_type] pattern: PatternTensors<Self>,
        x: FloatTensor<Self>,
    ) -> SegmentMaxima<Self>;

    /// The gradient with respect to `x`, `[columns, width]`, where `grad` `[rows, width]` flows into the values: for each column
    /// j the sum of `grad` over the rows that j won.
    fn segment_max_backward(
        #[extension_type] pattern: PatternTensors<Self>,
        argmax: IntTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// Largest features among neighbors, and which neighbors have them.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct SegmentMaxima<B: Backend> {
    /// The largest numbers, `[rows, width]`.
    pub(crate) values: FloatTensor<B>,
    /// The column each of them comes from, −1 for none, `[rows, width]`.
    pub(crate) argmax: IntTensor<B>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use graph_io::CsrMatrix;
    use testkit::{gradients, numbers};

    /// 5 × 4 with an empty row, an empty column and a full row.
    fn ragged(device: &Device) -> SparsePattern {
        let matrix = CsrMatrix::new((5, 4), vec![0, 2, 2, 3, 6, 7], vec![0, 3, 1, 0, 1, 3, 3], vec![1.0; 7]);
        SparsePattern::new(&matrix, device)
    }

    #[test]
    fn agrees_with_the_plain_form_in_value_and_gradient() {
        let device = Device::flex();
        for width in [1, 7, 64] {
            let x = numbers::wavy(4 * width, 0.4);
            let fast = |x: Tensor<2>| segment_max(&ragged(&x.device().inner()), x).square().sum();
            let plain = |x: Tensor<2>| segment_max_plain(&ragged(&x.device().inner()), x).square().sum();
            let found = gradients::gradient_of(fast, &x, [4, width], &device);
            assert_eq!(found, gradients::gradient_of(plain, &x, [4, width], &device), "width {width}");
            let x = numbers::matrix(x, [4, width], &device);
            let found = segment_max(&ragged(&device), x.clone()).into_data();
            found.assert_eq(&segment_max_plain(&ragged(&device), x).into_data(), true);
        }
    }

    #[test]
    fn the_first_of_equal_neighbors_takes_the_gradient_and_nan_stays() {
        let device = Device::flex();
        // Row 3 has the columns 0, 1 and 3; row 0 the columns 0 and 3.
        let x = [1.0, 1.0, 9.0, 1.0];
        let sum = |x: Tensor<2>| segment_max(&ragged(&x.device().inner()), x).sum();
        assert_eq!(gradients::gradient_of(sum, &x, [4, 1], &device), [2.0, 1.0, 0.0, 1.0]);
        let x = Tensor::from_floats([[1.0], [2.0], [9.0], [f32::NAN]], &device);
        let found: Vec<f32> = segment_max(&ragged(&device), x).into_data().iter().collect();
        assert!(found[0].is_nan() && found[3].is_nan() && found[4].is_nan(), "{found:?}");
        assert_eq!(found[1..3], [0.0, 2.0]);
    }

    #[test]
    fn threads_change_no_bit_of_the_value_or_the_gradient() {
        let (nodes, width) = (3000u32, 70);
        let adjacency = testkit::graphs::chorded_cycle(nodes);
        let run = |num_threads| {
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(num_threads).build().expect("threads can be had");
            pool.install(|| {
                let pattern = SparsePattern::new(adjacency.adjacency(), &Device::flex());
                let x = numbers::wavy_matrix(nodes as usize, width, 0.2, &Device::flex().autodiff());
                let x = x.require_grad();
                let output = segment_max(&pattern, x.clone());
                let gradients = output.clone().square().sum().backward();
                let gradient = x.grad(&gradients).expect("x takes part");
                [output.inner(), gradient].map(|tensor| tensor.into_data().iter().collect::<Vec<f32>>())
            })
        };
        assert!(run(1) == run(2));
    }

    #[test]
    #[should_panic(expected = "segment_max: [5, 4] over [3, 2]: inner dimensions differ")]
    fn refuses_features_of_other_rows() {
        let device = Device::flex();
        segment_max(&ragged(&device), Tensor::zeros([3, 2], &device));
    }
}
