//! The encoder of DGI.

use burn::module::{Module, Param};
use burn::tensor::activation::prelu;
use burn::tensor::{Device, Tensor, TensorData};
use gnn::conv::GcnConv;
use gnn::encoder::Layer;
use rand_chacha::ChaCha8Rng;

use crate::batch::Batch;
use crate::encoder::{Encoder, InitEncoder, Mode};
use crate::settings::SizedEncoder;

/// The slope before training, that of torch.
const INITIAL_SLOPE: f32 = 0.25;

/// A graph encoder with PReLU at its end, H = PReLU(f(X, A)); by default f is one graph convolution, Â X W + b.
///
/// One slope serves all columns, as in the authors' code.
#[derive(Module, Debug)]
pub struct DgiEncoder {
    /// f.
    pub encoder: gnn::encoder::Encoder,
    /// What negative numbers are multiplied by, `[1]`.
    pub slope: Param<Tensor<1>>,
}

impl Encoder for DgiEncoder {
    fn forward(&self, batch: &Batch, mode: Mode<'_>) -> Tensor<2> {
        prelu(Encoder::forward(&self.encoder, batch, mode), self.slope.val())
    }

    fn is_stochastic(&self) -> bool {
        Encoder::is_stochastic(&self.encoder)
    }

    fn penalty(&self, rng: &mut ChaCha8Rng) -> Option<Tensor<1>> {
        Encoder::penalty(&self.encoder, rng)
    }

    fn constrained(self, steps_done: usize) -> Self {
        Self { encoder: Encoder::constrained(self.encoder, steps_done), ..self }
    }
}

impl DgiEncoder {
    /// The convolution, where that is all there is before PReLU.
    pub(super) fn single_convolution(&self) -> Option<&GcnConv> {
        match self.encoder.layers() {
            [Layer::Gcn(convolution)] if self.encoder.weights_are_parameters() => Some(convolution),
            _ => None,
        }
    }
}

/// What makes a [`DgiEncoder`]: the parameters of a stack of layers, and a slope of 0.25.
#[derive(Clone, Debug)]
pub struct DgiInit(pub(super) SizedEncoder);

impl InitEncoder for DgiInit {
    type Encoder = DgiEncoder;

    fn init(&self, d_input: usize, device: &Device, rng: &mut ChaCha8Rng) -> DgiEncoder {
        DgiEncoder { encoder: self.0.init(d_input, device, rng), slope: one_number(INITIAL_SLOPE, device) }
    }

    fn d_output(&self) -> Option<usize> {
        self.0.d_output()
    }
}

/// A parameter of one number.
pub(super) fn one_number(value: f32, device: &Device) -> Param<Tensor<1>> {
    Param::from_data(TensorData::new(vec![value], [1]), device)
}
