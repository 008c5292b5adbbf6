//! Layers on layers.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand::{Rng, RngExt};
use row_kernels::DropoutMask;

use super::layer::{LayerPosition, LayerSpec};
use super::{EncoderKind, Layer, LayerActivation, LayerEnd, Orthogonality, RowNorm};
use crate::{GraphOperators, NodeFeatures};

/// Configuration of an [`Encoder`].
#[derive(Config, Debug)]
pub struct EncoderConfig {
    /// What it is made of.
    pub kind: EncoderKind,
    /// Number of input features of a node.
    pub d_input: usize,
    /// Width of each hidden layer, first to last; none gives a single layer.
    pub d_hidden: Vec<usize>,
    /// Width of the embedding.
    pub d_output: usize,
    /// How the embedding's rows are scaled.
    pub row_norm: RowNorm,
    /// Attention heads of each layer, at least 1; other kinds have none. Hidden layers put their heads side by side, so it
    /// divides each hidden width; the last layer takes their mean.
    #[config(default = 8)]
    pub heads: usize,
    /// Attention heads of the last layer, at least 1; as many as the others have where none is said.
    pub output_heads: Option<usize>,
    /// Probability that training drops a number of a layer's input, the features' among them, from 0 to below 1.
    #[config(default = 0.0)]
    pub dropout_prob: f64,
    /// Probability that training drops an attention weight, from 0 to below 1.
    #[config(default = 0.0)]
    pub attention_dropout_prob: f64,
    /// What follows the sum of each layer.
    #[config(default = "LayerActivation::Default")]
    pub activation: LayerActivation,
    /// How the layers' weights are kept orthogonal.
    #[config(default = "Orthogonality::None")]
    pub orthogonal: Orthogonality,
}

/// A stack of layers with activations between them and scaled rows at the end.
///
/// The activation is ReLU, after attention ELU, unless its [`LayerActivation`] says otherwise. An encoder of kind [`Sgc`](EncoderKind::Sgc) is one layer, Âᴷ X W + b: the
/// hidden widths only say by their number how many hops K there are, one more than hidden layers.
#[derive(Module, Debug)]
pub struct Encoder {
    layers: Vec<Layer>,
    /// One a layer, or none where layers end by themselves.
    ends: Vec<LayerEnd>,
    #[module(skip)]
    row_norm: RowNorm,
    #[module(skip)]
    dropout_prob: f64,
    #[module(skip)]
    has_dropout: bool,
    #[module(skip)]
    orthogonal: Orthogonality,
}

impl EncoderConfig {
    /// Makes the parameters, the layers' from first to last.
    ///
    /// # Panics
    /// If a width is zero, a probability of dropout is none, or the kind has attention and `heads` does not divide each hidden
    /// width.
    pub fn init(&self, device: &Device, rng: &mut impl Rng) -> Encoder {
        let dropout_prob = self.dropout_prob;
        assert!(
            (0.0..1.0).contains(&dropout_prob),
            "Encoder: `dropout_prob` must be in [0, 1), got {dropout_prob}"
        );
        let layers = self.orthogonal.init(Layer::stack(self, device, rng));
        // A kind that is one layer whatever the hidden widths ends once, with the last width.
        let widths: Vec<usize> = self.steps().map(|step| step.d_output).collect();
        let widths = &widths[widths.len() - layers.len()..];
        let ends = widths.iter().filter_map(|width| self.activation.init(*width, device)).collect();
        Encoder {
            layers,
            ends,
            row_norm: self.row_norm,
            dropout_prob,
            has_dropout: self.has_dropout(),
            orthogonal: self.orthogonal,
        }
    }

    /// Widths of what the layers make at each node, first to last: with attention, of all heads side by side. A training step holds
    /// as many numbers a node, several times.
    ///
    /// # Panics
    /// If the kind has attention and `heads` does not divide each hidden width.
    pub fn output_widths(&self) -> Vec<usize> {
        Layer::output_widths(self)
    }

    /// Whether training embeds by chance, so that [`Encoder::forward_training`] differs from [`Encoder::forward`].
    pub fn has_dropout(&self) -> bool {
        self.dropout_prob > 0.0 || self.kind.has_attention() && self.attention_dropout_prob > 0.0
    }

    /// A layer from each width to the next.
    pub(crate) fn steps(&self) -> impl Iterator<Item = LayerSpec> {
        let inputs = [self.d_input].into_iter().chain(self.d_hidden.iter().copied());
        let hidden = self.d_hidden.iter().map(|&width| (width, LayerPosition::Hidden));
        let outputs = hidden.chain([(self.d_output, LayerPosition::Output)]);
        inputs.zip(outputs).map(|(d_input, (d_output, position))| LayerSpec {
            d_input,
            d_output,
            position,
            activation: self.activation,
        })
    }
}

impl Encoder {
    /// The layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Whether training embeds with dropout, so that [`forward_training`](Self::forward_training) differs from
    /// [`forward`](Self::forward).
    pub fn has_dropout(&self) -> bool {
        self.has_dropout
    }

    /// Whether the layers multiply with their parameters, and not with weights that are computed from them.
    pub fn weights_are_parameters(&self) -> bool {
        !self.orthogonal.is_parametrization()
    }

    /// The weight matrices that the layers multiply with, first to last, each `[d_input, d_output]`; attention vectors are none.
    pub fn weights(&self) -> Vec<Tensor<2>> {
        self.orthogonal.weights(&self.layers)
    }

    /// What is added to the loss so that weights become orthogonal, `[1]`; nothing unless [`Orthogonality`] is a penalty.
    pub fn penalty(&self, rng: &mut impl Rng) -> Option<Tensor<1>> {
        self.orthogonal.penalty(&self.layers, rng)
    }

    /// The encoder after a step of training, of which `steps_done` came before: its weights within their bounds, where
    /// [`Orthogonality`] has any.
    #[must_use]
    pub fn constrained(self, steps_done: usize) -> Self {
        Self { layers: self.orthogonal.constrained(self.layers, steps_done), ..self }
    }

    /// How many hops away the nodes are that a node's row depends on, which is how many blocks [`forward`](Self::forward) takes.
    pub fn num_hops(&self) -> usize {
        self.layers.iter().map(Layer::num_hops).sum()
    }

    /// Embeds every node of a whole graph, or the targets of the last of its blocks, without dropout.
    ///
    /// # Shapes
    /// `features` are `[sources, d_input]` of the first block, the output is `[targets, d_output]` of the last; of a whole graph
    /// both are its nodes.
    ///
    /// # Panics
    /// If features, graph and parameters do not fit each other, or there are blocks and not [`num_hops`](Self::num_hops) of them.
    pub fn forward(&self, features: &NodeFeatures, graph: &GraphOperators) -> Tensor<2> {
        self.fold(features, graph, |layer, x, first| layer.encode(x, graph, first))
    }

    /// Embeds every node as a step of training does: each layer's input and each layer that has a dropout draw a seed for it.
    ///
    /// # Shapes
    /// As [`forward`](Self::forward).
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_training(
        &self,
        features: &NodeFeatures,
        graph: &GraphOperators,
        rng: &mut impl Rng,
    ) -> Tensor<2> {
        self.fold(features, graph, |layer, x, first| {
            if self.dropout_prob == 0.0 {
                return layer.encode_training(x, graph, first, rng);
            }
            let dropped = x.dropped(&DropoutMask::new(self.dropout_prob, rng.random()));
            layer.encode_training(&dropped, graph, first, rng)
        })
    }

    fn fold(
        &self,
        features: &NodeFeatures,
        graph: &GraphOperators,
        mut encode: impl FnMut(&Layer, &NodeFeatures, usize) -> Tensor<2>,
    ) -> Tensor<2> {
        let (blocks, hops) = (graph.num_blocks().unwrap_or(self.num_hops()), self.num_hops());
        assert_eq!(blocks, hops, "Encoder: {blocks} blocks for {hops} hops");
        let parametrized;
        let layers = match self.weights_are_parameters() {
            true => &self.layers,
            false => {
                parametrized = self.orthogonal.parametrized(self.layers.clone());
                &parametrized
            }
        };
        let (first, rest) = layers.split_first().expect("an encoder has at least one layer");
        let end = |layer: usize, x| match self.ends.get(layer) {
            Some(end) => end.forward(x),
            None => x,
        };
        let mut x = end(0, encode(first, features, 0));
        let mut hop = first.num_hops();
        for (position, layer) in (1..).zip(rest) {
            x = end(position, encode(layer, &NodeFeatures::Dense(x), hop));
            hop += layer.num_hops();
        }
        self.row_norm.apply(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SparseMatrix;
    use burn::tensor::{TensorData, Tolerance};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::{graphs, numbers};

    fn encoder(kind: EncoderKind, row_norm: RowNorm, device: &Device) -> Encoder {
        let config = EncoderConfig::new(kind, 5, vec![8], 4, row_norm).with_heads(2);
        config.init(device, &mut ChaCha8Rng::seed_from_u64(3))
    }

    #[test]
    fn sparse_and_dense_features_give_the_same_embedding_in_every_kind() {
        let device = Device::flex();
        let graph = GraphOperators::new(graphs::chorded_cycle(7), &device);
        let csr =
            graph_io::CsrMatrix::new((7, 5), vec![0, 1, 1, 3, 4, 4, 5, 5], vec![2, 0, 4, 1, 3], vec![1.0; 5]);
        let mut dense = vec![0.0f32; 35];
        for (value, (row, column)) in csr.iter() {
            dense[row as usize * 5 + column as usize] = *value;
        }
        let dense = NodeFeatures::Dense(Tensor::from_data(TensorData::new(dense, [7, 5]), &device));
        let sparse = NodeFeatures::Sparse(SparseMatrix::new(&csr, &device));
        for kind in EncoderKind::ALL {
            let encoder = encoder(*kind, RowNorm::None, &device);
            let [sparse, dense] = [&sparse, &dense].map(|features| encoder.forward(features, &graph));
            assert_eq!(dense.dims(), [7, 4], "{kind}");
            let largest: f32 = dense.clone().abs().max().into_scalar();
            assert!(largest > 1e-2, "{kind}: nothing is compared");
            sparse.into_data().assert_approx_eq::<f32>(&dense.into_data(), Tolerance::absolute(1e-5));
        }
    }

    #[test]
    fn widths_are_those_that_layers_make() {
        let widths = |kind| {
            let config = EncoderConfig::new(kind, 5, vec![8], 4, RowNorm::None).with_heads(2);
            (config.output_widths(), config.with_output_heads(Some(1)).output_widths())
        };
        for kind in EncoderKind::ALL {
            let expected = match kind {
                EncoderKind::Gat | EncoderKind::Gatv2 => (vec![8, 8], vec![8, 4]),
                EncoderKind::SagePool => (vec![13, 12], vec![13, 12]),
                EncoderKind::Sgc => (vec![4], vec![4]),
                _ => (vec![8, 4], vec![8, 4]),
            };
            assert_eq!(widths(*kind), expected, "{kind}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_parameters() {
        let device = Device::flex();
        let graph = GraphOperators::new(graphs::star(4), &device);
        let x = NodeFeatures::Dense(numbers::wavy_matrix(4, 5, 0.1, &device));
        for kind in EncoderKind::ALL {
            let [first, second] = [(); 2].map(|()| encoder(*kind, RowNorm::L1, &device).forward(&x, &graph));
            first.into_data().assert_eq(&second.into_data(), true);
        }
    }

    #[test]
    fn without_dropout_training_embeds_as_ever() {
        let device = Device::flex();
        let graph = GraphOperators::new(graphs::chorded_cycle(7), &device);
        let x = NodeFeatures::Dense(numbers::wavy_matrix(7, 5, 0.1, &device));
        for kind in EncoderKind::ALL {
            let encoder = encoder(*kind, RowNorm::L2, &device);
            let rng = &mut ChaCha8Rng::seed_from_u64(1);
            let training = encoder.forward_training(&x, &graph, rng).into_data();
            training.assert_eq(&encoder.forward(&x, &graph).into_data(), true);
        }
    }

    #[test]
    fn dropout_follows_its_generator_and_stays_out_of_forward() {
        let device = Device::flex();
        let graph = GraphOperators::new(graphs::chorded_cycle(7), &device);
        let x = NodeFeatures::Dense(numbers::wavy_matrix(7, 5, 0.1, &device));
        for kind in [EncoderKind::Gat, EncoderKind::Gatv2] {
            let config = EncoderConfig::new(kind, 5, vec![8], 4, RowNorm::None).with_heads(2);
            let config = config.with_attention_dropout_prob(0.5);
            assert!(config.has_dropout());
            let encoder = config.init(&device, &mut ChaCha8Rng::seed_from_u64(3));
            let training = |seed| {
                let rng = &mut ChaCha8Rng::seed_from_u64(seed);
                encoder.forward_training(&x, &graph, rng).into_data()
            };
            assert_eq!(training(1), training(1));
            assert_ne!(training(1), training(2));
            assert_ne!(training(1), encoder.forward(&x, &graph).into_data());
        }
    }

    #[test]
    fn dropout_of_inputs_follows_its_generator_in_every_kind_and_keeps_the_mean() {
        let device = Device::flex();
        let graph = GraphOperators::new(graphs::chorded_cycle(7), &device);
        let x = NodeFeatures::Dense(numbers::wavy_matrix(7, 5, 0.1, &device));
        for &kind in EncoderKind::ALL {
            let config = EncoderConfig::new(kind, 5, vec![8], 4, RowNorm::None).with_heads(2);
            let config = config.with_dropout_prob(0.5);
            assert!(config.has_dropout());
            let encoder = config.init(&device, &mut ChaCha8Rng::seed_from_u64(3));
            let training = |seed| {
                let rng = &mut ChaCha8Rng::seed_from_u64(seed);
                encoder.forward_training(&x, &graph, rng).into_data()
            };
            assert_eq!(training(1), training(1), "{kind}");
            assert_ne!(training(1), training(2), "{kind}");
            assert_ne!(training(1), encoder.forward(&x, &graph).into_data(), "{kind}");
        }
        // Of one linear layer the mean over masks is the output without any.
        let config = EncoderConfig::new(EncoderKind::Gcn, 5, Vec::new(), 4, RowNorm::None);
        let encoder = config.with_dropout_prob(0.5).init(&device, &mut ChaCha8Rng::seed_from_u64(3));
        let rng = &mut ChaCha8Rng::seed_from_u64(5);
        let sum = (0..4000).map(|_| encoder.forward_training(&x, &graph, rng)).reduce(|sum, y| sum + y);
        let mean = sum.expect("many draws") / 4000.0;
        let found = mean.into_data();
        found.assert_approx_eq::<f32>(&encoder.forward(&x, &graph).into_data(), Tolerance::absolute(0.05));
    }

    #[test]
    fn the_last_layer_may_have_heads_of_its_own() {
        let config = EncoderConfig::new(EncoderKind::Gat, 5, vec![8], 4, RowNorm::None).with_heads(2);
        let shapes = |config: EncoderConfig| {
            let encoder = config.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(3));
            let [Layer::Gat(hidden), Layer::Gat(output)] = encoder.layers() else { panic!("two layers") };
            (hidden.att_source.dims(), output.att_source.dims())
        };
        assert_eq!(shapes(config.clone()), ([2, 4], [2, 4]));
        assert_eq!(shapes(config.with_output_heads(Some(1))), ([2, 4], [1, 4]));
    }

    #[test]
    #[should_panic(expected = "Encoder: `dropout_prob` must be in [0, 1), got 1")]
    fn refuses_to_drop_all_inputs() {
        let config = EncoderConfig::new(EncoderKind::Gcn, 5, vec![8], 4, RowNorm::None);
        config.with_dropout_prob(1.0).init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(3));
    }

    #[test]
    #[should_panic(expected = "Encoder: 3 heads do not divide the width 8")]
    fn refuses_heads_that_do_not_divide_a_hidden_width() {
        let config = EncoderConfig::new(EncoderKind::Gat, 5, vec![8], 4, RowNorm::None).with_heads(3);
        config.init(&Device::flex(), &mut ChaCha8Rng::seed_from_u64(3));
    }

    #[test]
    fn simple_graph_convolution_is_one_layer_with_a_hop_for_each() {
        let device = Device::flex();
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let config = EncoderConfig::new(EncoderKind::Sgc, 5, vec![9, 9], 4, RowNorm::None);
        let encoder = config.init(&device, rng);
        let [Layer::Sgc(layer)] = encoder.layers() else { panic!("one layer") };
        assert_eq!((layer.weight.dims(), layer.hops), ([5, 4], 3));
    }

    #[test]
    fn names_are_those_of_config_files() {
        for kind in EncoderKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(EncoderKind::SagePool.to_string(), "sage-pool");
    }
}
