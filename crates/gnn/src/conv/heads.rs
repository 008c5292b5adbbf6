//! What becomes of the heads of an attention layer.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// How a layer's heads make one output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Heads {
    /// Side by side, `[nodes, heads · d_output]`: for hidden layers.
    #[default]
    Concat,
    /// Their mean, `[nodes, d_output]`: for a last layer.
    Mean,
}

impl Heads {
    /// Width of the output of heads of a width each.
    pub fn d_output(self, heads: usize, d_head: usize) -> usize {
        match self {
            Self::Concat => heads * d_head,
            Self::Mean => d_head,
        }
    }

    /// One output of `[nodes, heads · d_head]`.
    pub(super) fn combine(self, x: Tensor<2>, heads: usize) -> Tensor<2> {
        let [nodes, width] = x.dims();
        match self {
            Self::Mean if heads > 1 => x.reshape([nodes, heads, width / heads]).mean_dim(1).squeeze_dim(1),
            Self::Mean | Self::Concat => x,
        }
    }
}
