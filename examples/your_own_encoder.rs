//! An encoder of your own, any Burn module, trained by the objective of CCA-SSG: here Â (X W), and nothing else.

use g2r::burn::module::{Module, Param};
use g2r::burn::tensor::{Device, Distribution, Tensor};
use g2r::embedders::*;

/// A graph convolution without a bias.
#[derive(Module, Debug)]
struct Plain {
    weight: Param<Tensor<2>>,
}

impl Encoder for Plain {
    fn forward(&self, batch: &Batch, _mode: Mode<'_>) -> Tensor<2> {
        batch.graph().layer(0).gcn().propagate(batch.features().matmul(self.weight.val()))
    }
}

/// Runs the example.
pub fn main() -> anyhow::Result<()> {
    let karate = g2r::graph::load("karate", None)?;
    let data = TrainingData::of(&karate);
    let init = |d_input: usize, device: &Device, _: &mut _| {
        let weight = Tensor::random([d_input, 16], Distribution::Normal(0.0, 0.1), device);
        Plain { weight: Param::from_tensor(weight) }
    };
    let trainer = Trainer::of(&data, init, CcaSsg::default().objective(&data)?, 60);
    let trained = trainer.train(&FitOptions::seed(0), &mut ())?;
    let (first, last) = (trained.history[0].loss, trained.history[59].loss);
    println!("loss {first:.3} to {last:.3}, embedding {:?}", trainer.embed(&trained.encoder).dim());
    anyhow::ensure!(last < first);
    Ok(())
}
