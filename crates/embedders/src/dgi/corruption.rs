//! How the nodes of a graph and their corrupted copies are embedded in a step of DGI.

use burn::tensor::{Device, Tensor};
use gnn::conv::GcnConv;
use gnn::encoder::{EncoderConfig, EncoderKind};
use gnn::{GraphForms, NodeFeatures, PermutedStack, gcn_normalized};
use graph_io::{Features, Graph};

use super::encoder::DgiEncoder;

/// What a corrupted copy of the graph is made of: the same arcs, with the rows of the features shuffled.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it a data set")]
pub(super) enum Corruption {
    /// Of one graph convolution: there Â (P X) W = (Â P) (X W), so that one product with X serves nodes and copies.
    Arcs(PermutedStack),
    /// Of any encoder: the features, whose rows are shuffled before each step.
    Rows(Features),
}

impl Corruption {
    /// The cheapest that an encoder allows.
    pub(super) fn new(encoder: &EncoderConfig, graph: &Graph, features: Features, device: &Device) -> Self {
        if encoder.kind == EncoderKind::Gcn && encoder.d_hidden.is_empty() {
            Self::Arcs(PermutedStack::new(&gcn_normalized(graph.adjacency()), device))
        } else {
            Self::Rows(features)
        }
    }

    /// What PReLU is applied to the sum of: numbers of the nodes above those of their copies, `[2 · nodes, d_output]`, and a
    /// bias of each column, `[d_output]`.
    pub(super) fn sums_and_bias(
        &self,
        encoder: &DgiEncoder,
        features: &NodeFeatures,
        graph: &GraphForms,
        permutation: &[u32],
    ) -> (Tensor<2>, Tensor<1>) {
        match self {
            Self::Arcs(stack) => {
                let GcnConv { weight, bias, .. } =
                    encoder.single_convolution().expect("only its arcs are permuted");
                let bias = bias.as_ref().expect("an encoder's convolutions have a bias");
                (stack.permuted(permutation).matmul(features.matmul(weight.val())), bias.val())
            }
            Self::Rows(rows) => {
                let device = encoder.slope.val().device().inner();
                let shuffled = NodeFeatures::new(&rows.select(permutation), &device);
                let encode = |features| encoder.encoder.forward(features, graph);
                let sums = Tensor::cat(vec![encode(features), encode(&shuffled)], 0);
                let bias = Tensor::zeros([sums.dims()[1]], &device);
                (sums, bias)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dgi, DgiConfig};
    use burn::tensor::Tolerance;
    use testkit::graphs::two_blocks;

    #[test]
    fn shuffled_rows_and_permuted_arcs_give_the_same_sums() {
        let (dataset, device) = (two_blocks(), Device::flex());
        let dgi = Dgi::new(DgiConfig { d_output: 8, ..DgiConfig::default() }, &dataset, &device).unwrap();
        let encoder = dgi.init(3);
        let permutation: Vec<u32> = (0..50).map(|node| (7 * node + 3) % 50).collect();
        let features = dataset.features().row_normalized();
        let rows = Corruption::Rows(features.clone());
        assert!(matches!(dgi.corruption, Corruption::Arcs(_)));
        let [arcs, rows] = [&dgi.corruption, &rows].map(|corruption| {
            let features = NodeFeatures::new(&features, &device);
            let graph = GraphForms::new(dataset.graph().clone(), &device);
            let (sums, bias) = corruption.sums_and_bias(&encoder, &features, &graph, &permutation);
            assert_eq!((sums.dims(), bias.dims()), ([100, 8], [8]));
            sums + bias.unsqueeze()
        });
        assert!(arcs.clone().abs().max().into_scalar::<f32>() > 1e-2, "nothing is compared");
        arcs.into_data().assert_approx_eq::<f32>(&rows.into_data(), Tolerance::absolute(1e-6));
    }
}
