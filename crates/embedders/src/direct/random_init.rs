//! An encoder that nothing was taught: the baseline of what its form alone is worth.

use std::path::Path;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use gnn::encoder::RowNorm;
use graph_io::Features;
use serde::{Deserialize, Serialize};

use crate::callback::Callback;
use crate::encoder::{Encoder, InitEncoder, Mode};
use crate::fit::{Fit, FitOptions, Fitted};
use crate::memory::{DataSize, sum};
use crate::model::{EmbedNodes, ModelShape, TrainedEncoder};
use crate::seeds::{Stream, generator};
use crate::settings::SizedEncoder;
use crate::trainer::to_host;
use crate::{
    Batch, Checkpoint, EncoderSettings, Error, MethodInfo, MethodKind, MethodSettings, TrainingData, ranges,
};

/// Settings of the encoder with random weights; the default is the encoder of G2R.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomInit {
    /// Width of the embedding.
    pub d_output: usize,
    /// What is not trained.
    pub encoder: EncoderSettings,
}

impl Default for RandomInit {
    fn default() -> Self {
        let encoder = EncoderSettings { row_norm: RowNorm::L1, ..EncoderSettings::with_hidden(&[1024]) };
        Self { d_output: 512, encoder }
    }
}

impl MethodSettings for RandomInit {
    const INFO: MethodInfo = MethodInfo {
        name: "random-init",
        title: "random weights",
        source: "",
        kind: MethodKind::Baseline,
        checkpoint: Checkpoint::Last,
        stochastic: true,
    };
    const PRESETS: &'static str = include_str!("../../presets/random-init.toml");

    fn check(&self) -> Result<(), Error> {
        self.encoder.check()?;
        ranges::width("d_output", self.d_output)
    }

    fn encoder(&self) -> Option<&EncoderSettings> {
        Some(&self.encoder)
    }

    fn encoder_mut(&mut self) -> Option<&mut EncoderSettings> {
        Some(&mut self.encoder)
    }

    fn d_output(&self) -> Option<usize> {
        Some(self.d_output)
    }

    fn memory(&self, size: &DataSize) -> u64 {
        let d_output = self.d_output as u64;
        let (outputs, _) = self.encoder.outputs(size, d_output);
        sum(&[size.adjacency(), size.features(), self.encoder.weights(size, d_output), outputs])
    }

    fn bind(&self, data: &TrainingData<'_>) -> Result<Box<dyn Fit>, Error> {
        let (init, batch) = (self.encoder.with_output(self.d_output), data.batch().clone());
        Ok(Box::new(Untrained { init, batch, device: data.device.clone() }))
    }

    fn restore(&self, shape: &ModelShape, weights: &Path) -> Result<Box<dyn EmbedNodes>, Error> {
        Ok(Box::new(TrainedEncoder::read(&self.encoder.with_output(shape.d_output), shape, weights)?))
    }
}

/// What training would start from, and does not.
struct Untrained {
    init: SizedEncoder,
    batch: Batch,
    device: Device,
}

impl Fit for Untrained {
    fn fit(&self, options: &FitOptions, _callback: &mut dyn Callback) -> Result<Fitted, Error> {
        let start = Instant::now();
        let mut rng = generator(options.seed, Stream::Parameters);
        let encoder = self.init.init(self.batch.d_input(), &self.device, &mut rng);
        let encoder = encoder.valid();
        let rows = Features::Dense(to_host(Encoder::forward(&encoder, &self.batch, Mode::Inference)));
        let embedder = Box::new(TrainedEncoder { encoder, device: self.device.clone() });
        Ok(Fitted::without_epochs(rows, embedder, start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::methods::G2r;
    use crate::preparation::PreparationSettings;
    use testkit::graphs::two_blocks;

    #[test]
    fn rows_are_those_that_g2r_starts_from() {
        let dataset = two_blocks();
        let encoder = EncoderSettings { d_hidden: vec![12], ..RandomInit::default().encoder };
        let g2r = Settings::new(G2r { encoder: encoder.clone(), d_output: 8, ..G2r::default() }).unwrap();
        let bound = g2r.prepare(&dataset, &PreparationSettings::default(), &Device::flex()).unwrap();
        let untrained = Settings::new(RandomInit { encoder, d_output: 8 }).unwrap();
        for seed in [0, 7] {
            let rows = untrained.fit(&dataset, seed).unwrap().rows;
            assert_eq!(rows, Features::Dense(bound.random_init(seed).unwrap()));
        }
    }
}
