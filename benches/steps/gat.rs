//! The two layers of the GAT paper for citation graphs, fitted to fixed classes of all nodes; dropout of attention only.

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use embedders::Adam;
use gnn::conv::{GatConv, GatConvConfig, Heads};
use gnn::ops::bias_activation::Activation;
use gnn::{AttentionAdjacency, NodeFeatures};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Input;

#[derive(Module, Debug)]
struct Attention {
    first: GatConv,
    second: GatConv,
}

pub(crate) struct GatStep {
    model: Option<Attention>,
    adam: Adam,
    features: NodeFeatures,
    adjacency: AttentionAdjacency,
    classes: Tensor<1, Int>,
    rng: ChaCha8Rng,
}

impl GatStep {
    pub(crate) fn new(input: &Input, num_classes: usize, attention_dropout_prob: f64) -> Self {
        let device = Device::flex();
        let autodiff = device.clone().autodiff();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let features = input.on_device(&device);
        let [nodes, d_input] = features.dims();
        let first = GatConvConfig::new(d_input, 8, 8)
            .with_attention_dropout_prob(attention_dropout_prob)
            .with_activation(Activation::Elu);
        let second = GatConvConfig::new(64, num_classes, 1)
            .with_combine(Heads::Mean)
            .with_attention_dropout_prob(attention_dropout_prob);
        let classes: Vec<i32> = (0..nodes).map(|_| rng.random_range(0..num_classes as i32)).collect();
        Self {
            model: Some(Attention {
                first: first.init(&autodiff, &mut rng),
                second: second.init(&autodiff, &mut rng),
            }),
            adam: Adam::new(5e-3, 5e-4),
            adjacency: AttentionAdjacency::new(&input.graph, &device),
            classes: Tensor::from_data(TensorData::new(classes, [nodes]), &autodiff),
            features,
            rng,
        }
    }

    pub(crate) fn step(&mut self) {
        let model = self.model.take().expect("each step puts the model back");
        let hidden = model.first.forward_training(&self.features, &self.adjacency, &mut self.rng);
        let hidden = NodeFeatures::Dense(hidden);
        let scores = model.second.forward_training(&hidden, &self.adjacency, &mut self.rng);
        let cross_entropy = CrossEntropyLossConfig::new().init(&scores.device());
        let loss = cross_entropy.forward(scores, self.classes.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.model = Some(self.adam.step(model, gradients));
    }
}
