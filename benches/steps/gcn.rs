//! The encoder of the recipe without its rate: two convolutions, rows of L1 norm 1, and a linear loss.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use embedders::Adam;
use gnn::conv::{GcnConv, GcnConvConfig};
use gnn::encoder::RowNorm;
use gnn::ops::bias_activation::Activation;
use gnn::{GcnAdjacency, NodeFeatures};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Input, coefficients};

#[derive(Module, Debug)]
struct Convolutions {
    first: GcnConv,
    second: GcnConv,
}

pub(crate) struct GcnStep {
    model: Option<Convolutions>,
    adam: Adam,
    features: NodeFeatures,
    adjacency: GcnAdjacency,
    coefficients: Tensor<2>,
}

impl GcnStep {
    pub(crate) fn new(input: &Input, d_hidden: usize, d_output: usize) -> Self {
        let device = Device::flex();
        let autodiff = device.clone().autodiff();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let features = input.on_device(&device);
        let [nodes, d_input] = features.dims();
        let first = GcnConvConfig::new(d_input, d_hidden).with_activation(Activation::Relu);
        let second = GcnConvConfig::new(d_hidden, d_output);
        Self {
            model: Some(Convolutions {
                first: first.init(&autodiff, &mut rng),
                second: second.init(&autodiff, &mut rng),
            }),
            adam: Adam::new(1e-3, 1e-4),
            adjacency: GcnAdjacency::new(&input.graph, &device),
            coefficients: coefficients([nodes, d_output], &autodiff),
            features,
        }
    }

    pub(crate) fn step(&mut self) {
        let model = self.model.take().expect("each step puts the model back");
        let hidden = model.first.forward_features(&self.features, &self.adjacency);
        let z = RowNorm::L1.apply(model.second.forward(hidden, &self.adjacency));
        let loss = (z * self.coefficients.clone()).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.model = Some(self.adam.step(model, gradients));
    }
}
