//! Graph attention of the second kind, fused: scores, softmax, dropout and weighted sum in one operator.

mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;
mod plain;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::Tensor;

pub use plain::gatv2_plain;

use crate::SparsePattern;
use crate::ops::attention::AttentionSettings;
use crate::ops::gat::Attended;
use crate::sparse::PatternTensors;

/// Attention over neighbors, `out[i, h, :] = Σ_j α′_ij[h] · source[j, h, :]` over the entries (i, j) of a pattern, with
/// `α_ij[h] = softmax_j ⟨att[h, :], LeakyReLU(target[i, h, :] + source[j, h, :])⟩`, and α′ what dropout leaves of α.
///
/// Brody, Alon & Yahav 2022, arXiv 2105.14491, eq. 7: unlike [`gat`](crate::ops::gat::gat)'s, its order of neighbors can differ from
/// node to node. A row without entries is zero. O(non-zeros · heads · d); kept for the gradient are two numbers a row and
/// head, and no number an entry. The CPU gives the same bits for any number of threads.
///
/// # Shapes
/// `target` is `[rows, heads · d]`, `source` `[columns, heads · d]`, `att` `[heads, d]`, the output `[rows, heads · d]`.
///
/// # Panics
/// If shapes do not fit the pattern or each other, there is no head, or a setting is out of its range.
pub fn gatv2(
    pattern: &SparsePattern,
    target: Tensor<2>,
    source: Tensor<2>,
    att: Tensor<2>,
    settings: AttentionSettings,
) -> Tensor<2> {
    assert_fits(pattern, &target, &source, &att, settings);
    let attended = <Dispatch as Gatv2Backend>::gatv2(
        pattern.clone().into_dispatch(),
        target.into_dispatch(),
        source.into_dispatch(),
        att.into_dispatch(),
        settings,
    );
    Tensor::from_dispatch(attended.output)
}

/// A backend that attends over neighbors; [`gatv2`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait Gatv2Backend: Backend {
    /// The attention, and what its gradient needs.
    fn gatv2(
        #[extension_type] pattern: PatternTensors<Self>,
        target: FloatTensor<Self>,
        source: FloatTensor<Self>,
        att: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Attended<Self>;

    /// The gradients, where `grad` `[rows, heads · d]` flows into the output.
    fn gatv2_backward(
        #[extension_type] pattern: PatternTensors<Self>,
        #[extension_type] state: Gatv2State<Self>,
        grad: FloatTensor<Self>,
        settings: AttentionSettings,
    ) -> Gatv2Gradients<Self>;
}

/// What the gradient of [`gatv2`] is computed from: its operands and its statistics.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Gatv2State<B: Backend> {
    /// `[rows, heads · d]`.
    pub(crate) target: FloatTensor<B>,
    /// `[columns, heads · d]`.
    pub(crate) source: FloatTensor<B>,
    /// `[heads, d]`.
    pub(crate) att: FloatTensor<B>,
    /// `[rows, 2 · heads]`, as [`Attended`] says.
    pub(crate) statistics: FloatTensor<B>,
}

/// Gradients of [`gatv2`], each shaped as its operand.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct Gatv2Gradients<B: Backend> {
    /// With respect to the target rows.
    pub(crate) target: FloatTensor<B>,
    /// With respect to the source rows.
    pub(crate) source: FloatTensor<B>,
    /// With respect to the attention vectors.
    pub(crate) att: FloatTensor<B>,
}

fn assert_fits(
    pattern: &SparsePattern,
    target: &Tensor<2>,
    source: &Tensor<2>,
    att: &Tensor<2>,
    settings: AttentionSettings,
) {
    settings.check();
    let ([rows, columns], [heads, d]) = (pattern.dims(), att.dims());
    let ([targets, target_width], [sources, source_width]) = (target.dims(), source.dims());
    assert!(
        targets == rows && sources == columns,
        "gatv2: target [{targets}, {target_width}] and source [{sources}, {source_width}] do not fit a pattern [{rows}, {columns}]"
    );
    let width = heads * d;
    assert!(
        width > 0 && target_width == width && source_width == width,
        "gatv2: target [{targets}, {target_width}] and source [{sources}, {source_width}] do not fit {heads} heads of {d}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use graph_io::CsrMatrix;

    #[test]
    #[should_panic(expected = "gatv2: target [1, 4] and source [1, 6] do not fit 2 heads of 3")]
    fn refuses_rows_that_are_not_as_wide_as_the_heads() {
        let device = Device::flex();
        let pattern = SparsePattern::new(&CsrMatrix::new((1, 1), vec![0, 1], vec![0], vec![1.0]), &device);
        let zeros = |width| Tensor::zeros([1, width], &device);
        gatv2(&pattern, zeros(4), zeros(6), Tensor::zeros([2, 3], &device), AttentionSettings::new());
    }
}
