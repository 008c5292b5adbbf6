//! An encoder that nothing was taught: the baseline of what its form alone is worth.

use std::path::Path;

use burn::tensor::Device;
use gnn::encoder::{EncoderKind, RowNorm};
use graph_io::{Features, NodeDataset};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::method::{MethodConfig, MethodInfo, MethodKind};
use crate::trainer::Observer;
use crate::{Embedded, Embedder, Error, G2r, G2rConfig, Task, weights};

/// Settings of the encoder with random weights; the default is the encoder of G2R.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomInitConfig {
    /// What the encoder is made of.
    pub encoder: EncoderKind,
    /// Width of each hidden layer, first to last; none gives a single layer.
    pub d_hidden: Vec<usize>,
    /// Width of the embedding.
    pub d_output: usize,
    /// Attention heads of each layer, at least 1, where the encoder has them; each hidden width is a multiple of it.
    pub heads: usize,
    /// How the embedding's rows are scaled.
    pub row_norm: RowNorm,
}

impl RandomInitConfig {
    fn of_g2r(config: G2rConfig) -> Self {
        let G2rConfig { encoder, d_hidden, d_output, heads, row_norm, .. } = config;
        Self { encoder, d_hidden, d_output, heads, row_norm }
    }

    fn g2r(&self) -> G2rConfig {
        G2rConfig {
            encoder: self.encoder,
            d_hidden: self.d_hidden.clone(),
            d_output: self.d_output,
            heads: self.heads,
            row_norm: self.row_norm,
            ..G2rConfig::default()
        }
    }
}

impl Default for RandomInitConfig {
    fn default() -> Self {
        Self::of_g2r(G2rConfig::default())
    }
}

impl MethodConfig for RandomInitConfig {
    const INFO: MethodInfo = MethodInfo {
        name: "random-init",
        title: "random weights",
        source: "",
        kind: MethodKind::Baseline,
        encoder: Some(EncoderKind::Gcn),
        judge_every: 0,
        by_chance: true,
    };

    fn recipe(dataset: &str, encoder: EncoderKind) -> Self {
        Self::of_g2r(G2rConfig::recipe(dataset, encoder))
    }

    fn check(&self) -> Result<(), Error> {
        self.g2r().check()
    }

    fn init(&self, dataset: &NodeDataset, device: &Device) -> Result<Box<dyn Embedder>, Error> {
        Ok(Box::new(RandomInit { g2r: G2r::new(self.g2r(), dataset, device)? }))
    }
}

/// What training would start from, and does not.
struct RandomInit {
    g2r: G2r,
}

impl Embedder for RandomInit {
    fn embed(&self, task: &Task, _observer: &mut dyn Observer) -> Result<Embedded, Error> {
        let start = std::time::Instant::now();
        let encoder = self.g2r.init(task.seed);
        let rows = Features::Dense(self.g2r.embed(&encoder));
        let seconds = start.elapsed().as_secs_f64();
        let weights = Some(weights::to_bytes(&encoder)?);
        Ok(Embedded { rows, epoch: 0, history: Vec::new(), seconds, weights })
    }

    fn untrained(&self, seed: u64) -> Option<Array2<f32>> {
        self.g2r.untrained(seed)
    }

    fn restore(&self, weights: &Path) -> Result<Array2<f32>, Error> {
        self.g2r.restore(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeepLast;
    use testkit::graphs::two_blocks;

    #[test]
    fn is_what_g2r_starts_from_and_comes_back_from_its_weights() {
        let config = RandomInitConfig { d_hidden: vec![12], d_output: 8, ..RandomInitConfig::default() };
        let (dataset, device) = (two_blocks(), Device::flex());
        let method = config.init(&dataset, &device).unwrap();
        let embedded = method.embed(&Task { seed: 5, labels: None }, &mut KeepLast).unwrap();
        let g2r = config.g2r().init(&dataset, &device).unwrap();
        let expected = g2r.untrained(5).unwrap();
        assert_eq!(embedded.rows, Features::Dense(expected.clone()));
        assert_ne!(method.untrained(6).unwrap(), expected);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        std::fs::write(&path, embedded.weights.unwrap()).unwrap();
        assert_eq!(method.restore(&path).unwrap(), expected);
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let error = RandomInitConfig { heads: 0, ..RandomInitConfig::default() }.check().unwrap_err();
        assert!(error.to_string().starts_with("`heads` must be "), "{error}");
    }
}
