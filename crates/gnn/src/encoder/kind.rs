//! Which layers an encoder can be made of.

use std::fmt;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand::Rng;
use serde::{Deserialize, Serialize};

use super::{EncoderConfig, EncoderLayer};
use crate::conv::{GatConv, Gatv2Conv, GcnConv, GinConv, SageConv, SagePoolConv, SgcConv};
use crate::{GraphOperators, NodeFeatures};

macro_rules! encoder_kinds {
    ($($(#[$doc:meta])* $kind:ident, $name:literal: $layer:ty;)*) => {
        /// What an encoder is made of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum EncoderKind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl EncoderKind {
            /// Every kind there is.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// Its name in a config file.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Whether its layers have attention heads, and a dropout of their weights.
            pub fn has_attention(self) -> bool {
                match self {
                    $(Self::$kind => <$layer>::HAS_ATTENTION,)*
                }
            }
        }

        /// A layer of an encoder.
        #[derive(Module, Debug)]
        pub enum Layer {
            $($(#[$doc])* $kind($layer),)*
        }

        impl Layer {
            pub(super) fn stack(config: &EncoderConfig, device: &Device, rng: &mut impl Rng) -> Vec<Self> {
                match config.kind {
                    $(EncoderKind::$kind => {
                        <$layer>::stack(config, device, rng).into_iter().map(Self::$kind).collect()
                    })*
                }
            }

            pub(super) fn output_widths(config: &EncoderConfig) -> Vec<usize> {
                match config.kind {
                    $(EncoderKind::$kind => <$layer>::output_widths(config),)*
                }
            }

            pub(super) fn num_hops(&self) -> usize {
                match self {
                    $(Self::$kind(layer) => layer.num_hops(),)*
                }
            }

            pub(super) fn encode(
                &self,
                features: &NodeFeatures,
                graph: &GraphOperators,
                first: usize,
            ) -> Tensor<2> {
                match self {
                    $(Self::$kind(layer) => layer.encode(features, graph, first),)*
                }
            }

            pub(super) fn encode_training(
                &self,
                features: &NodeFeatures,
                graph: &GraphOperators,
                first: usize,
                rng: &mut impl Rng,
            ) -> Tensor<2> {
                match self {
                    $(Self::$kind(layer) => layer.encode_training(features, graph, first, rng),)*
                }
            }
        }
    };
}

// The one place that names them all: a new layer is a line here.
encoder_kinds! {
    /// Graph convolutions (Kipf & Welling 2017, arXiv 1609.02907).
    Gcn, "gcn": GcnConv;
    /// Graph attention (Veličković et al. 2018, arXiv 1710.10903).
    Gat, "gat": GatConv;
    /// Graph attention of the second kind (Brody et al. 2022, arXiv 2105.14491).
    Gatv2, "gatv2": Gatv2Conv;
    /// GraphSAGE with means (Hamilton et al. 2017, arXiv 1706.02216).
    Sage, "sage": SageConv;
    /// GraphSAGE with max-pooling (Hamilton et al. 2017, arXiv 1706.02216).
    SagePool, "sage-pool": SagePoolConv;
    /// Graph isomorphism convolutions (Xu et al. 2019, arXiv 1810.00826).
    Gin, "gin": GinConv;
    /// One simple graph convolution, with a hop for each layer there would be (Wu et al. 2019, arXiv 1902.07153).
    Sgc, "sgc": SgcConv;
}

#[expect(clippy::derivable_impls, reason = "a line of the table has no place for #[default]")]
impl Default for EncoderKind {
    fn default() -> Self {
        Self::Gcn
    }
}

impl fmt::Display for EncoderKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}
