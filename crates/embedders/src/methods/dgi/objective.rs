//! The objective of DGI.

use std::any::Any;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use super::corruption::Corruption;
use super::encoder::{DgiEncoder, one_number};
use super::infomax::infomax_loss;
use crate::objective::{Loss, Objective, Start, Step};
use crate::seeds::Stream;
use crate::{Encoder, EncoderSettings, Error, TrainingData};

/// Mutual information of nodes and graph: a discriminator learns to tell the nodes from corrupted ones.
pub struct InfomaxObjective {
    corruption: Corruption,
}

/// The discriminator's scores hᵀ W s + c.
#[derive(Module, Debug)]
pub struct Discriminator {
    /// W, `[d_output, d_output]`.
    weight: Param<Tensor<2>>,
    /// c, `[1]`.
    bias: Param<Tensor<1>>,
}

impl Discriminator {
    /// Makes the parameters; W is uniform in ±√(6 / (d_output² + d_output)), c zero.
    ///
    /// That is what torch's `xavier_uniform_` makes of a bilinear form in the authors' code, which counts both of its inputs
    /// as one of d_output² numbers; PyTorch Geometric starts √(d_output / 6) times as wide.
    fn init(width: usize, device: &Device, rng: &mut impl Rng) -> Self {
        let bound = (6.0 / (width * width + width) as f64).sqrt();
        let weight: Vec<f32> =
            (0..width * width).map(|_| (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32).collect();
        Self {
            weight: Param::from_data(TensorData::new(weight, [width, width]), device),
            bias: one_number(0.0, device),
        }
    }
}

/// The order of the corrupted nodes, shuffled again in each step, and what shuffles it.
pub struct Shuffling {
    permutation: Vec<u32>,
    rng: ChaCha8Rng,
}

impl InfomaxObjective {
    /// The objective of a training graph, with the corruption that is cheapest for an encoder.
    pub fn new(data: &TrainingData<'_>, encoder: &EncoderSettings) -> Self {
        Self { corruption: Corruption::new(encoder, data) }
    }
}

impl<E: Encoder> Objective<E> for InfomaxObjective {
    type Heads = Discriminator;
    type State = Shuffling;

    fn init(&self, start: Start<'_, E>) -> Result<(Discriminator, Shuffling), Error> {
        let state = Shuffling {
            permutation: (0..start.graph.num_targets() as u32).collect(),
            rng: start.rng(Stream::Corruption),
        };
        Ok((Discriminator::init(start.d_output, start.device, start.parameters), state))
    }

    fn loss(
        &self,
        step: &mut Step<'_, E, Discriminator>,
        Shuffling { permutation, rng }: &mut Shuffling,
    ) -> Result<Loss, Error> {
        permutation.shuffle(rng);
        let heads = step.heads;
        let (sums, bias, slope) = match (step.encoder as &dyn Any).downcast_ref::<DgiEncoder>() {
            Some(encoder) => self.corruption.before_prelu(encoder, step, permutation),
            // What another encoder gives is taken as it is: PReLU with a slope of 1.
            None => {
                let sums = self.corruption.nodes_and_copies(step, permutation);
                let device = sums.device().inner();
                (sums.clone(), Tensor::zeros([sums.dims()[1]], &device), Tensor::ones([1], &device))
            }
        };
        let slope = slope.expand(bias.dims());
        Ok(infomax_loss(sums, bias, slope, heads.weight.val(), heads.bias.val()).into())
    }
}
