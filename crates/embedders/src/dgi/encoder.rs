//! The encoder and the discriminator of DGI.

use burn::module::{Module, Param};
use burn::tensor::activation::prelu;
use burn::tensor::{Device, Tensor, TensorData};
use gnn::conv::{GcnConv, GcnConvConfig};
use gnn::{GcnAdjacency, NodeFeatures};
use rand::{Rng, RngExt};

/// The slope of each column before training.
const INITIAL_SLOPE: f32 = 0.25;

/// One graph convolution with PReLU, H = PReLU(Â X W + b).
///
/// Each column has a slope of its own for its negative numbers, as in PyTorch Geometric's example; the authors' code
/// has one slope for all.
#[derive(Module, Debug)]
pub struct DgiEncoder {
    /// W and b.
    pub conv: GcnConv,
    /// What negative numbers are multiplied by, `[d_output]`.
    pub slope: Param<Tensor<1>>,
}

impl DgiEncoder {
    /// Makes the parameters: those of [`GcnConvConfig::init`], slopes of 0.25.
    ///
    /// # Panics
    /// If a width is zero.
    pub(super) fn init(d_input: usize, d_output: usize, device: &Device, rng: &mut impl Rng) -> Self {
        let slope = TensorData::new(vec![INITIAL_SLOPE; d_output], [d_output]);
        Self {
            conv: GcnConvConfig::new(d_input, d_output).init(device, rng),
            slope: Param::from_data(slope, device),
        }
    }

    /// Embeds every node.
    ///
    /// # Shapes
    /// `features` are `[nodes, d_input]`, the output is `[nodes, d_output]`.
    ///
    /// # Panics
    /// If features, adjacency and parameters do not fit each other.
    pub fn forward(&self, features: &NodeFeatures, adjacency: &GcnAdjacency) -> Tensor<2> {
        prelu(self.conv.forward_features(features, adjacency), self.slope.val())
    }
}

/// All that DGI trains: the encoder, and the matrix W of the discriminator's scores hᵀ W s, `[d_output, d_output]`.
#[derive(Module, Debug)]
pub(super) struct DgiModel {
    pub(super) encoder: DgiEncoder,
    pub(super) discriminator: Param<Tensor<2>>,
}

impl DgiModel {
    /// Makes the parameters; the discriminator's are uniform in ±1 / √d_output, as PyTorch Geometric has them.
    pub(super) fn init(d_input: usize, d_output: usize, device: &Device, rng: &mut impl Rng) -> Self {
        let encoder = DgiEncoder::init(d_input, d_output, device, rng);
        let bound = 1.0 / (d_output as f64).sqrt();
        let weight: Vec<f32> =
            (0..d_output * d_output).map(|_| (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32).collect();
        Self {
            encoder,
            discriminator: Param::from_data(TensorData::new(weight, [d_output, d_output]), device),
        }
    }
}
