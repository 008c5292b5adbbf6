//! How the nodes of a graph and their corrupted copies are embedded in a step of DGI.

use burn::tensor::{Device, Tensor};
use gnn::conv::GcnConv;
use gnn::encoder::EncoderKind;
use gnn::{NodeFeatures, PermutedStack, gcn_normalized};
use graph_io::Features;

use super::encoder::DgiEncoder;
use crate::batch::Batch;
use crate::objective::Step;
use crate::{Encoder, EncoderSettings, TrainingData};

/// What a corrupted copy of the graph is made of: the same arcs, with the rows of the features shuffled.
pub(super) struct Corruption {
    /// The features, whose rows are shuffled before each step.
    features: Features,
    device: Device,
    /// For one graph convolution: there Â (P X) W = (Â P) (X W), so that one product with X serves nodes and copies.
    arcs: Option<PermutedStack>,
}

impl Corruption {
    /// The cheapest that an encoder allows.
    pub(super) fn new(encoder: &EncoderSettings, data: &TrainingData<'_>) -> Self {
        let device = data.device.clone();
        let single =
            encoder.kind == EncoderKind::Gcn && encoder.d_hidden.is_empty() && encoder.dropout_prob == 0.0;
        let adjacency = data.dataset.graph().adjacency();
        let arcs = single.then(|| PermutedStack::new(&gcn_normalized(adjacency), &device));
        Self { features: data.features.clone(), device, arcs }
    }

    /// The embeddings of the nodes above those of their copies, `[2 · nodes, d_output]`.
    pub(super) fn nodes_and_copies<E: Encoder, H>(
        &self,
        step: &mut Step<'_, E, H>,
        permutation: &[u32],
    ) -> Tensor<2> {
        self.stacked(step, permutation, |step, batch| step.embed_batch(batch))
    }

    /// What PReLU is applied to the sum of: numbers of the nodes above those of their copies, `[2 · nodes, d_output]`, and a
    /// bias of each column, `[d_output]`; and the slope of PReLU, `[1]`.
    pub(super) fn before_prelu<E: Encoder, H>(
        &self,
        encoder: &DgiEncoder,
        step: &mut Step<'_, E, H>,
        permutation: &[u32],
    ) -> (Tensor<2>, Tensor<1>, Tensor<1>) {
        let slope = encoder.slope.val();
        if let (Some(arcs), Some(convolution)) = (&self.arcs, encoder.single_convolution()) {
            let GcnConv { weight, bias, .. } = convolution;
            let bias = bias.as_ref().expect("an encoder's convolutions have a bias");
            let products = step.batch.features().matmul(weight.val());
            return (arcs.permuted(permutation).matmul(products), bias.val(), slope);
        }
        let sums = self.stacked(step, permutation, |step, batch| step.embed_by(&encoder.encoder, batch));
        let bias = Tensor::zeros([sums.dims()[1]], &self.device);
        (sums, bias, slope)
    }

    fn stacked<E: Encoder, H>(
        &self,
        step: &mut Step<'_, E, H>,
        permutation: &[u32],
        embed: impl Fn(&mut Step<'_, E, H>, &Batch) -> Tensor<2>,
    ) -> Tensor<2> {
        let features = NodeFeatures::new(&self.features.select(permutation), &self.device);
        let shuffled = step.batch.with_features(features);
        let nodes = embed(step, step.batch);
        Tensor::cat(vec![nodes, embed(step, &shuffled)], 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder_method::trainer;
    use crate::methods::Dgi;
    use crate::objective::StepProgress;
    use crate::seeds::{Stream, generator};
    use burn::tensor::Tolerance;
    use testkit::graphs::two_blocks;

    #[test]
    fn shuffled_rows_and_permuted_arcs_give_the_same_sums() {
        let (dataset, device) = (two_blocks(), Device::flex());
        let data = TrainingData::new(&dataset, dataset.features().row_normalized(), &device);
        let settings = Dgi { d_output: 8, ..Dgi::default() };
        let encoder = trainer(&settings, &data).unwrap().init(3);
        let permutation: Vec<u32> = (0..50).map(|node| (7 * node + 3) % 50).collect();
        let arcs = Corruption::new(&settings.encoder, &data);
        assert!(arcs.arcs.is_some());
        let rows = Corruption { arcs: None, ..Corruption::new(&settings.encoder, &data) };
        let [arcs, rows] = [arcs, rows].map(|corruption| {
            let mut step = Step {
                encoder: &encoder,
                heads: &(),
                batch: data.batch(),
                progress: StepProgress { epoch: 1, steps_done: 0, num_steps: 1 },
                embedding: &mut None,
                embedded_batch: &mut false,
                dropout: &mut generator(0, Stream::Dropout),
            };
            let (sums, bias, _) = corruption.before_prelu(&encoder, &mut step, &permutation);
            assert_eq!((sums.dims(), bias.dims()), ([100, 8], [8]));
            sums + bias.unsqueeze()
        });
        assert!(arcs.clone().abs().max().into_scalar::<f32>() > 1e-2, "nothing is compared");
        arcs.into_data().assert_approx_eq::<f32>(&rows.into_data(), Tolerance::absolute(1e-6));
    }
}
