//! What an objective trains: a module that embeds the nodes of a batch.

use burn::store::ModuleSnapshot;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::batch::Batch;

/// A module that embeds nodes: features and graph in, one row a target node out.
///
/// [`gnn::encoder::Encoder`] is one; so is any Burn module of yours that implements this.
pub trait Encoder: ModuleSnapshot + Sync + 'static {
    /// Embeds the target nodes of a batch.
    ///
    /// # Shapes
    /// The output is `[targets, d_output]`.
    fn forward(&self, batch: &Batch, mode: Mode<'_>) -> Tensor<2>;

    /// Whether training draws random numbers in [`forward`](Self::forward), as dropout does.
    fn is_stochastic(&self) -> bool {
        false
    }
}

/// What an embedding is made for.
pub enum Mode<'a> {
    /// The result: nothing is random.
    Inference,
    /// A step of training, with dropout drawn from this generator.
    Training(&'a mut ChaCha8Rng),
}

impl Encoder for gnn::encoder::Encoder {
    fn forward(&self, batch: &Batch, mode: Mode<'_>) -> Tensor<2> {
        match mode {
            Mode::Inference => gnn::encoder::Encoder::forward(self, batch.features(), batch.graph()),
            Mode::Training(rng) => self.forward_training(batch.features(), batch.graph(), rng),
        }
    }

    fn is_stochastic(&self) -> bool {
        self.has_dropout()
    }
}

/// What makes an encoder for a number of input features.
///
/// [`EncoderSettings`](crate::EncoderSettings) with a width is one; so is any closure of these arguments.
pub trait InitEncoder {
    /// What it makes.
    type Encoder: Encoder;

    /// Draws the parameters of an encoder of `d_input` features on a device.
    fn init(&self, d_input: usize, device: &Device, rng: &mut ChaCha8Rng) -> Self::Encoder;

    /// Width of the embedding, where it is known without making one.
    fn d_output(&self) -> Option<usize> {
        None
    }
}

impl<E: Encoder, F: Fn(usize, &Device, &mut ChaCha8Rng) -> E> InitEncoder for F {
    type Encoder = E;

    fn init(&self, d_input: usize, device: &Device, rng: &mut ChaCha8Rng) -> E {
        self(d_input, device, rng)
    }
}
