//! What follows the sum of a layer.

use burn::module::{Module, Param};
use burn::tensor::activation::prelu;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::ops::batch_norm_prelu::batch_norm_prelu;

/// The slope of a PReLU before training, as in torch.
const INITIAL_SLOPE: f32 = 0.25;

/// What follows the sum of each layer of an encoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerActivation {
    /// As the kind of the encoder has it: on hidden layers ReLU, after attention ELU, on the last layer nothing.
    #[default]
    Default,
    /// ReLU after every layer, the last among them.
    Relu,
    /// PReLU after every layer, the last among them, with one slope a layer.
    Prelu,
    /// Batch norm over the nodes and then PReLU after every layer, the last among them.
    BatchNormPrelu,
}

impl LayerActivation {
    /// What a layer of some width hands its sum to; nothing where it ends by itself.
    pub(super) fn init(self, width: usize, device: &Device) -> Option<LayerEnd> {
        let filled = |value: f32, length: usize| {
            Param::from_data(TensorData::new(vec![value; length], [length]), device)
        };
        let slope = || filled(INITIAL_SLOPE, 1);
        match self {
            Self::Default | Self::Relu => None,
            Self::Prelu => Some(LayerEnd::Prelu(Prelu { slope: slope() })),
            Self::BatchNormPrelu => Some(LayerEnd::BatchNormPrelu(BatchNormPrelu {
                scale: filled(1.0, width),
                shift: filled(0.0, width),
                slope: slope(),
            })),
        }
    }
}

/// The trained end of a layer.
#[derive(Module, Debug)]
pub enum LayerEnd {
    /// PReLU.
    Prelu(Prelu),
    /// Batch norm, then PReLU.
    BatchNormPrelu(BatchNormPrelu),
}

/// PReLU, y = x where x > 0, else a x (He et al. 2015, arXiv 1502.01852).
#[derive(Module, Debug)]
pub struct Prelu {
    /// a, `[1]`.
    pub slope: Param<Tensor<1>>,
}

/// Batch norm over the nodes and PReLU; see [`batch_norm_prelu`].
#[derive(Module, Debug)]
pub struct BatchNormPrelu {
    /// γ, `[width]`.
    pub scale: Param<Tensor<1>>,
    /// β, `[width]`.
    pub shift: Param<Tensor<1>>,
    /// a, `[1]`.
    pub slope: Param<Tensor<1>>,
}

impl LayerEnd {
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Prelu(end) => prelu(x, end.slope.val()),
            Self::BatchNormPrelu(end) => {
                batch_norm_prelu(x, end.scale.val(), end.shift.val(), end.slope.val())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::{EncoderConfig, EncoderKind, RowNorm};
    use crate::{GraphOperators, NodeFeatures};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::{graphs, numbers};

    fn embedding(kind: EncoderKind, activation: LayerActivation) -> Vec<f32> {
        let device = Device::flex();
        let graph = GraphOperators::new(graphs::chorded_cycle(7), &device);
        let x = NodeFeatures::Dense(numbers::wavy_matrix(7, 5, 0.1, &device));
        let config =
            EncoderConfig::new(kind, 5, vec![8], 4, RowNorm::None).with_heads(2).with_activation(activation);
        let encoder = config.init(&device, &mut ChaCha8Rng::seed_from_u64(3));
        encoder.forward(&x, &graph).into_data().iter().collect()
    }

    #[test]
    fn every_activation_follows_the_last_layer_of_every_kind() {
        // With no hidden activation in between, the last layer's sum is the same for all: only its end differs.
        let sums = embedding(EncoderKind::Sgc, LayerActivation::Default);
        assert!(sums.iter().any(|x| *x < 0.0));
        let ended =
            |slope: f32| sums.iter().map(|x| if *x < 0.0 { slope * x } else { *x }).collect::<Vec<_>>();
        assert_eq!(embedding(EncoderKind::Sgc, LayerActivation::Relu), ended(0.0));
        assert_eq!(embedding(EncoderKind::Sgc, LayerActivation::Prelu), ended(0.25));
        for kind in EncoderKind::ALL {
            assert!(embedding(*kind, LayerActivation::Default).iter().any(|x| *x < 0.0), "{kind}");
            assert!(embedding(*kind, LayerActivation::Relu).iter().all(|x| *x >= 0.0), "{kind}");
            for activation in [LayerActivation::Prelu, LayerActivation::BatchNormPrelu] {
                assert!(embedding(*kind, activation).iter().any(|x| *x < 0.0), "{kind}");
                assert_ne!(
                    embedding(*kind, activation),
                    embedding(*kind, LayerActivation::Default),
                    "{kind}"
                );
            }
        }
    }

    #[test]
    fn with_batch_norm_each_column_of_the_embedding_has_one_scale() {
        // y = t or t / 4 for t of mean 0 and variance 1: undone, each column has them again.
        let embedding = embedding(EncoderKind::Gcn, LayerActivation::BatchNormPrelu);
        for c in 0..4 {
            let column: Vec<f32> =
                embedding.iter().skip(c).step_by(4).map(|y| if *y < 0.0 { 4.0 * y } else { *y }).collect();
            let mean = column.iter().sum::<f32>() / 7.0;
            let variance = column.iter().map(|t| (t - mean).powi(2)).sum::<f32>() / 7.0;
            assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-2, "column {c}: {mean}, {variance}");
        }
    }

    #[test]
    fn names_are_those_of_config_files() {
        let name = |activation: LayerActivation| serde_json::to_value(activation).unwrap();
        assert_eq!(name(LayerActivation::BatchNormPrelu), "batch-norm-prelu");
        assert_eq!(name(LayerActivation::Default), "default");
    }
}
