//! The encoder and the discriminator of DGI.

use burn::module::{Module, Param};
use burn::tensor::activation::prelu;
use burn::tensor::{Device, Tensor, TensorData};
use gnn::conv::GcnConv;
use gnn::encoder::{Encoder, EncoderConfig, Layer};
use gnn::{GraphForms, NodeFeatures};
use rand::{Rng, RngExt};

/// The slope before training, that of torch.
const INITIAL_SLOPE: f32 = 0.25;

/// A graph encoder with PReLU at its end, H = PReLU(f(X, A)); by default f is one graph convolution, Â X W + b.
///
/// One slope serves all columns, as in the authors' code.
#[derive(Module, Debug)]
pub struct DgiEncoder {
    /// f.
    pub encoder: Encoder,
    /// What negative numbers are multiplied by, `[1]`.
    pub slope: Param<Tensor<1>>,
}

impl DgiEncoder {
    /// Makes the parameters: those of [`EncoderConfig::init`], a slope of 0.25.
    ///
    /// # Panics
    /// As [`EncoderConfig::init`].
    pub(super) fn init(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Self {
        Self { encoder: config.init(device, rng), slope: one_number(INITIAL_SLOPE, device) }
    }

    /// Embeds every node.
    ///
    /// # Shapes
    /// `features` are `[nodes, d_input]`, the output is `[nodes, d_output]`.
    ///
    /// # Panics
    /// If features, graph and parameters do not fit each other.
    pub fn forward(&self, features: &NodeFeatures, graph: &GraphForms) -> Tensor<2> {
        prelu(self.encoder.forward(features, graph), self.slope.val())
    }

    /// The convolution, where that is all there is before PReLU.
    pub(super) fn single_convolution(&self) -> Option<&GcnConv> {
        match self.encoder.layers() {
            [Layer::Gcn(convolution)] => Some(convolution),
            _ => None,
        }
    }
}

/// All that DGI trains: the encoder, and the discriminator's scores hᵀ W s + c.
#[derive(Module, Debug)]
pub(super) struct DgiModel {
    pub(super) encoder: DgiEncoder,
    /// W, `[d_output, d_output]`.
    pub(super) discriminator: Param<Tensor<2>>,
    /// c, `[1]`.
    pub(super) score_bias: Param<Tensor<1>>,
}

impl DgiModel {
    /// Makes the parameters; W is uniform in ±√(6 / (d_output² + d_output)), c zero.
    ///
    /// That is what torch's `xavier_uniform_` makes of a bilinear form in the authors' code, which counts both of its inputs
    /// as one of d_output² numbers; PyTorch Geometric starts √(d_output / 6) times as wide.
    pub(super) fn init(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Self {
        let encoder = DgiEncoder::init(config, device, rng);
        let width = config.d_output;
        let bound = (6.0 / (width * width + width) as f64).sqrt();
        let weight: Vec<f32> =
            (0..width * width).map(|_| (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32).collect();
        Self {
            encoder,
            discriminator: Param::from_data(TensorData::new(weight, [width, width]), device),
            score_bias: one_number(0.0, device),
        }
    }
}

fn one_number(value: f32, device: &Device) -> Param<Tensor<1>> {
    Param::from_data(TensorData::new(vec![value], [1]), device)
}
