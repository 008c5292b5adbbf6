//! Rows scaled to a norm.

mod backward;
mod cpu;
#[cfg(feature = "cube")]
mod cube;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, ExtensionType, backend_extension};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// A norm below this bound counts as the bound, as in torch's `normalize`: so a zero row stays zero.
pub(crate) const SMALLEST_NORM: f32 = 1e-12;

/// How each row z of an embedding is scaled; a zero row stays zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowNorm {
    /// As it is.
    None,
    /// z / ‖z‖₁.
    L1,
    /// z / ‖z‖₂.
    L2,
}

impl RowNorm {
    /// Scales the rows of `[nodes, d]`. O(nodes · d), one pass forward and one backward.
    pub fn apply(self, x: Tensor<2>) -> Tensor<2> {
        let norm = match self {
            Self::None => return x,
            Self::L1 => Norm::L1,
            Self::L2 => Norm::L2,
        };
        let scaled = <Dispatch as RowNormBackend>::scale_rows(x.into_dispatch(), norm);
        Tensor::from_dispatch(scaled.rows)
    }
}

/// A norm of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Norm {
    /// Σ |zᵢ|.
    L1,
    /// √Σ zᵢ².
    L2,
}

/// A backend that scales rows; [`RowNorm::apply`] calls it.
#[backend_extension(Autodiff, Flex, Cube: cfg(feature = "cube"))]
pub(crate) trait RowNormBackend: Backend {
    /// The rows of `x`, `[nodes, d]`, divided by their norms.
    fn scale_rows(x: FloatTensor<Self>, norm: Norm) -> ScaledRows<Self>;

    /// The gradient with respect to `x`, where `grad` `[nodes, d]` flows into the scaled rows:
    /// (g − ⟨g, y⟩ ∂‖x‖/∂x) / ‖x‖, with ∂‖x‖/∂x the signs of y for L1 and y itself for L2.
    fn scale_rows_backward(
        #[extension_type] scaled: ScaledRows<Self>,
        grad: FloatTensor<Self>,
        norm: Norm,
    ) -> FloatTensor<Self>;
}

/// Scaled rows and what they were divided by.
#[derive(Clone, Debug, ExtensionType)]
pub(crate) struct ScaledRows<B: Backend> {
    /// The rows, `[nodes, d]`.
    pub(crate) rows: FloatTensor<B>,
    /// Their norms before, at least 10⁻¹², `[nodes, 1]`.
    pub(crate) norms: FloatTensor<B>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn rows_have_the_norm_asked_for_and_zero_rows_stay_zero() {
        let device = Device::flex();
        let x = Tensor::<2>::from_floats([[3.0, -4.0], [0.0, 0.0]], &device);
        for (norm, expected) in [
            (RowNorm::None, [3.0, -4.0, 0.0, 0.0]),
            (RowNorm::L1, [3.0 / 7.0, -4.0 / 7.0, 0.0, 0.0]),
            (RowNorm::L2, [0.6, -0.8, 0.0, 0.0]),
        ] {
            let scaled: Vec<f32> = norm.apply(x.clone()).into_data().iter().collect();
            for (found, expected) in scaled.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6, "{norm:?}: {scaled:?}");
            }
        }
    }
}
