//! Training steps, each as criterion times it and as the side by side runs it.

pub(crate) mod gat;
pub(crate) mod gcn;

use burn::tensor::{Device, Tensor, TensorData};
use gnn::NodeFeatures;
use graph_io::{Features, Graph};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A graph and its features: what a step trains on.
pub(crate) struct Input {
    pub(crate) graph: Graph,
    pub(crate) features: Features,
}

impl Input {
    /// Cora with its features scaled to row sum 1.
    pub(crate) fn cora() -> Self {
        let cora = graph_io::load("cora", None).expect("Cora is embedded");
        Self { graph: cora.graph().clone(), features: cora.features().row_normalized() }
    }

    pub(crate) fn on_device(&self, device: &Device) -> NodeFeatures {
        NodeFeatures::new(&self.features, device)
    }
}

/// Fixed numbers in (−1, 1).
pub(crate) fn coefficients(dims: [usize; 2], device: &Device) -> Tensor<2> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let values: Vec<f32> = (0..dims[0] * dims[1]).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}
