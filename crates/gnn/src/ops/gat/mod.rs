//! Graph attention, fused: scores, softmax, dropout and weighted sum in one operator.

mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;
mod plain;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::Tensor;

pub(in crate::ops) use plain::dropped;
pub use plain::gat_plain;

use crate::SparsePattern;
use crate::ops::attention::AttentionSettings;
use crate::sparse::PatternTensors;

/// Attention over neighbors, `out[i, h, :] = Σ_j α′_ij[h] · x[j, h, :]` over the entries (i, j) of a pattern, with
/// `α_ij[h] = softmax_j LeakyReLU(target_scores[i, h] + source_scores[j, h])`, and α′ what dropout leaves of α.
///
/// Veličković et al. 2018, arXiv 1710.10903, eqs. 1–4. A row without entries is zero. O(non-zeros · heads · d); kept for the
/// gradient are two numbers a row and head, and no number an entry: weights and mask are computed anew. The CPU gives the same
/// bits for any number of threads.
///
/// # Shapes
/// `x` is `[columns, heads · d]`, `target_scores` `[rows, heads]`, `source_scores` `[columns, heads]`, the output
/// `[rows, heads · d]`.
///
/// # Panics
/// If shapes do not fit the pattern or each other, there is no head, or a setting is out of its range.
pub fn gat(
    pattern: &SparsePattern,
    x: Tensor<2>,
    target_scores: Tensor<2>,
    source_scores: Tensor<2>,
    settings: AttentionSettings,
) -> Tensor<2> {
    assert_fits(pattern, &x, &target_scores, &source_scores, settings);
    let attended = <Dispatch as GatBackend>::gat(
        pattern.clone().into_dispatch(),
        x.into_dispatch(),
        target_scores.into_dispatch(),
        source_scores.into_dispatch(),
        settings,
    );
    Tensor::from_dispatch(attended.output)
}

/// A backend that attends over neighbors; [`gat`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait GatBackend: Backend {
    /// The attention, and what its gradient needs.
    fn gat(
        #[extension_type] pattern: PatternTensors<Self>,
        x: FloatTensor<Self>,
        target_scores: FloatTensor<Self>,
        source_scores: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Attended<Self>;

    /// The gradients, where `grad` `[rows, heads · d]` flows into the output.
    fn gat_backward(
        #[extension_type] pattern: PatternTensors<Self>,
        #[extension_type] state: GatState<Self>,
        grad: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> GatGradients<Self>;
}

/// The output of an attention and what its gradient needs.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Attended<B: Backend> {
    /// `[rows, heads · d]`.
    pub(crate) output: FloatTensor<B>,
    /// Largest score of each row and head, and the inverse of the sum of exp(score − largest), `[rows, 2 · heads]`; a
    /// constant.
    pub(crate) statistics: FloatTensor<B>,
}

/// What the gradient of [`gat`] is computed from: its operands and its statistics.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct GatState<B: Backend> {
    /// `[columns, heads · d]`.
    pub(crate) x: FloatTensor<B>,
    /// `[rows, heads]`.
    pub(crate) target_scores: FloatTensor<B>,
    /// `[columns, heads]`.
    pub(crate) source_scores: FloatTensor<B>,
    /// `[rows, 2 · heads]`.
    pub(crate) statistics: FloatTensor<B>,
}

/// Gradients of [`gat`], each shaped as its operand.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct GatGradients<B: Backend> {
    /// With respect to x.
    pub(crate) x: FloatTensor<B>,
    /// With respect to the target scores.
    pub(crate) target_scores: FloatTensor<B>,
    /// With respect to the source scores.
    pub(crate) source_scores: FloatTensor<B>,
}

fn assert_fits(
    pattern: &SparsePattern,
    x: &Tensor<2>,
    target_scores: &Tensor<2>,
    source_scores: &Tensor<2>,
    settings: AttentionSettings,
) {
    settings.check();
    let ([rows, columns], [x_rows, width]) = (pattern.dims(), x.dims());
    let ([targets, heads], [sources, source_heads]) = (target_scores.dims(), source_scores.dims());
    assert!(
        x_rows == columns && sources == columns && targets == rows && source_heads == heads,
        "gat: x [{x_rows}, {width}], target scores [{targets}, {heads}] and source scores [{sources}, {source_heads}] do not fit \
         a pattern [{rows}, {columns}]"
    );
    assert!(
        heads > 0 && width > 0 && width.is_multiple_of(heads),
        "gat: rows of {width} do not divide into {heads} heads"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use graph_io::CsrMatrix;

    #[test]
    #[should_panic(expected = "gat: rows of 3 do not divide into 2 heads")]
    fn refuses_a_width_that_heads_do_not_divide() {
        let device = Device::flex();
        let pattern = SparsePattern::new(&CsrMatrix::new((1, 1), vec![0, 1], vec![0], vec![1.0]), &device);
        let scores = || Tensor::zeros([1, 2], &device);
        gat(&pattern, Tensor::zeros([1, 3], &device), scores(), scores(), AttentionSettings::new());
    }

    #[test]
    #[should_panic(
        expected = "gat: x [2, 4], target scores [1, 2] and source scores [1, 2] do not fit a pattern [1, 1]"
    )]
    fn refuses_other_rows_than_the_pattern_has_columns() {
        let device = Device::flex();
        let pattern = SparsePattern::new(&CsrMatrix::new((1, 1), vec![0, 1], vec![0], vec![1.0]), &device);
        let scores = || Tensor::zeros([1, 2], &device);
        gat(&pattern, Tensor::zeros([2, 4], &device), scores(), scores(), AttentionSettings::new());
    }
}
