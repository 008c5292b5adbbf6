//! GRACE: an encoder trained to tell the two views of a node from the views of all other nodes.

mod info_nce;
mod rounds;

use std::path::Path;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use gnn::encoder::{Encoder, EncoderConfig, EncoderKind, Ending, RowNorm};
use gnn::ops::bias_activation::Activation;
use graph_io::NodeDataset;
use ndarray::Array2;
use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use self::info_nce::info_nce;
use crate::adam::Adam;
use crate::dense::Dense;
use crate::method::{MethodConfig, MethodInfo, MethodKind};
use crate::seeds::{Stream, generator};
use crate::trainer::{self, Observer, OwnChoice, Step, Training};
use crate::two_views::{TwoViews, check_encoder, check_omissions, finite, omissions};
use crate::{Embedded, Embedder, Error, Task, ranges};

/// Settings of [`Grace`]; the default is the authors' recipe for Cora.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GraceConfig {
    /// What the encoder is made of.
    pub encoder: EncoderKind,
    /// Width of each hidden layer, first to last; none gives a single layer.
    pub d_hidden: Vec<usize>,
    /// Width of the embedding.
    pub d_output: usize,
    /// Attention heads of each layer, at least 1, where the encoder has them; each hidden width is a multiple of it.
    pub heads: usize,
    /// What follows each layer of the encoder, the last among them.
    pub ending: Ending,
    /// Width of the hidden layer of the projection that only the loss sees.
    pub d_projection: usize,
    /// Probability that each of the two views drops an edge, from 0 to below 1.
    pub drop_edge_probs: [f64; 2],
    /// Probability that each of the two views masks a column of the features, from 0 to below 1.
    pub mask_feature_probs: [f64; 2],
    /// τ, the temperature of the loss, at least 0.025.
    pub temperature: f64,
    /// How many nodes a step draws to be told from each other; 0 takes all, as the authors do.
    pub nodes_per_step: usize,
    /// Number of epochs, of one step each.
    pub epochs: usize,
    /// Learning rate of Adam, above 0.
    pub learning_rate: f64,
    /// L2 penalty that Adam adds to the gradient, at least 0.
    pub weight_decay: f64,
}

impl Default for GraceConfig {
    fn default() -> Self {
        Self {
            encoder: EncoderKind::Gcn,
            d_hidden: vec![256],
            d_output: 128,
            heads: 8,
            ending: Ending::Relu,
            d_projection: 128,
            drop_edge_probs: [0.2, 0.4],
            mask_feature_probs: [0.3, 0.4],
            temperature: 0.4,
            nodes_per_step: 0,
            epochs: 200,
            learning_rate: 5e-4,
            weight_decay: 1e-5,
        }
    }
}

/// The lowest temperature: below it e^{−2/τ}, the smallest similarity beside the largest, is zero in single precision.
const LOWEST_TEMPERATURE: f64 = 0.025;

impl GraceConfig {
    /// The recipe for a data set, by its name; `None` where there is none.
    ///
    /// The authors' (github CRIPAC-DIG/GRACE), but for PubMed and DBLP: there a step draws 2048 nodes, since all of them would
    /// take hours, and PubMed takes 500 epochs in place of 1500.
    pub fn preset(dataset: &str) -> Option<Self> {
        let wide = Self {
            d_hidden: vec![512],
            d_output: 256,
            d_projection: 256,
            learning_rate: 1e-3,
            ..Self::default()
        };
        match dataset {
            "cora" => Some(Self::default()),
            "citeseer" => Some(Self {
                ending: Ending::Prelu,
                drop_edge_probs: [0.2, 0.0],
                mask_feature_probs: [0.3, 0.2],
                temperature: 0.9,
                ..wide
            }),
            "pubmed" => Some(Self {
                drop_edge_probs: [0.4, 0.1],
                mask_feature_probs: [0.0, 0.2],
                temperature: 0.7,
                nodes_per_step: 2048,
                epochs: 500,
                ..wide
            }),
            "dblp" => Some(Self {
                drop_edge_probs: [0.1, 0.4],
                mask_feature_probs: [0.1, 0.0],
                temperature: 0.7,
                nodes_per_step: 2048,
                epochs: 1000,
                ..wide
            }),
            _ => None,
        }
    }

    /// The recipe for a data set without one: that of Cora, with so many nodes a step that any graph takes minutes.
    fn elsewhere() -> Self {
        Self { nodes_per_step: 2048, ..Self::default() }
    }

    fn encoder(&self, d_input: usize) -> EncoderConfig {
        EncoderConfig::new(self.encoder, d_input, self.d_hidden.clone(), self.d_output, RowNorm::None)
            .with_heads(self.heads)
            .with_ending(self.ending)
    }
}

impl MethodConfig for GraceConfig {
    const INFO: MethodInfo = MethodInfo {
        name: "grace",
        title: "GRACE",
        source: "Zhu et al. 2020, arXiv 2006.04131",
        kind: MethodKind::Unsupervised,
        encoder: Some(EncoderKind::Gcn),
        judge_every: 0,
        by_chance: true,
    };

    fn recipe(dataset: &str, encoder: EncoderKind) -> Self {
        Self { encoder, ..Self::preset(dataset).unwrap_or_else(Self::elsewhere) }
    }

    fn check(&self) -> Result<(), Error> {
        check_encoder(self.encoder.has_attention(), &self.d_hidden, self.d_output, self.heads)?;
        ranges::width("d_projection", self.d_projection)?;
        check_omissions(self.drop_edge_probs, self.mask_feature_probs)?;
        if !(self.temperature >= LOWEST_TEMPERATURE && self.temperature.is_finite()) {
            let expected = format!("at least {LOWEST_TEMPERATURE}");
            return Err(Error::Setting { name: "temperature", expected, found: self.temperature });
        }
        ranges::epochs(self.epochs)?;
        ranges::positive("learning_rate", self.learning_rate)?;
        ranges::not_negative("weight_decay", self.weight_decay)
    }

    fn init(&self, dataset: &NodeDataset, device: &Device) -> Result<Box<dyn Embedder>, Error> {
        Ok(Box::new(Grace::new(self.clone(), dataset, device)?))
    }
}

/// GRACE on one data set: its graph and features on a device, ready to train with any seed.
///
/// Zhu et al. 2020, arXiv 2006.04131. Features are scaled to row sum 1; labels are never looked at. Edges are dropped with both
/// arcs (the authors' code drops arcs). With [`nodes_per_step`](GraceConfig::nodes_per_step) the loss of a step is over some of
/// the nodes, anchors and negatives alike, while the encoder still sees the whole graph: a departure for graphs whose n² pairs
/// take too long.
#[derive(Clone, Debug)]
pub struct Grace {
    config: GraceConfig,
    views: TwoViews,
}

impl Grace {
    /// Normalises the features and copies them and the graph to a device.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting outside its range.
    pub fn new(config: GraceConfig, dataset: &NodeDataset, device: &Device) -> Result<Self, Error> {
        config.check()?;
        let omissions = omissions(config.drop_edge_probs, config.mask_feature_probs);
        let views = TwoViews::new(dataset, device, omissions, |d_input| config.encoder(d_input));
        Ok(Self { config, views })
    }

    fn init_model(&self, seed: u64) -> GraceModel {
        let (encoder, mut rng) = self.views.init(seed);
        let (width, hidden) = (self.config.d_output, self.config.d_projection);
        GraceModel {
            encoder,
            hidden: Dense::init(width, hidden, &self.views.device, &mut rng),
            output: Dense::init(hidden, width, &self.views.device, &mut rng),
        }
    }

    /// The nodes of a step, ascending; `None` for all.
    fn draw_nodes(&self, rng: &mut impl Rng) -> Option<Vec<i32>> {
        let (count, drawn) = (self.views.num_nodes(), self.config.nodes_per_step);
        if drawn == 0 || drawn >= count {
            return None;
        }
        let mut nodes: Vec<i32> =
            index::sample(rng, count, drawn).into_iter().map(|node| node as i32).collect();
        nodes.sort_unstable();
        Some(nodes)
    }
}

impl Embedder for Grace {
    fn embed(&self, task: &Task, observer: &mut dyn Observer) -> Result<Embedded, Error> {
        let training = GraceTraining {
            method: self,
            model: Some(self.init_model(task.seed)),
            adam: Adam::new(self.config.learning_rate, self.config.weight_decay),
            augmentation: generator(task.seed, Stream::Augmentation),
            sampling: generator(task.seed, Stream::Sampling),
        };
        self.views.embedded(trainer::train(training, self.config.epochs, OwnChoice::Last, observer)?)
    }

    fn untrained(&self, seed: u64) -> Option<Array2<f32>> {
        Some(self.views.embed(&self.views.init(seed).0))
    }

    fn restore(&self, weights: &Path) -> Result<Array2<f32>, Error> {
        self.views.restored(weights)
    }
}

/// All that GRACE trains: the encoder, and the projection that the loss sees its output through.
#[derive(Module, Debug)]
struct GraceModel {
    encoder: Encoder,
    hidden: Dense,
    output: Dense,
}

impl GraceModel {
    /// The projection's rows, scaled to length 1.
    fn project(&self, x: Tensor<2>) -> Tensor<2> {
        let hidden = self.hidden.forward(x, Activation::Elu);
        RowNorm::L2.apply(self.output.forward(hidden, Activation::Identity))
    }
}

struct GraceTraining<'a> {
    method: &'a Grace,
    /// Always there between steps.
    model: Option<GraceModel>,
    adam: Adam,
    augmentation: ChaCha8Rng,
    sampling: ChaCha8Rng,
}

impl GraceTraining<'_> {
    fn whole_model(&self) -> &GraceModel {
        self.model.as_ref().expect("a step puts the model back")
    }
}

impl Training for GraceTraining<'_> {
    type Model = Encoder;

    fn step(&mut self, epoch: usize) -> Result<Step, Error> {
        let views = self.method.views.draw(&mut self.augmentation);
        let nodes = self.method.draw_nodes(&mut self.sampling);
        let model = self.whole_model();
        let [first, second] = views.map(|view| {
            let embedding = model.encoder.forward(&view.features, &view.graph);
            model.project(match &nodes {
                Some(nodes) => {
                    let nodes = TensorData::new(nodes.clone(), [nodes.len()]);
                    let nodes = Tensor::<1, Int>::from_data(nodes, &embedding.device());
                    embedding.select(0, nodes)
                }
                None => embedding,
            })
        });
        let loss = info_nce(first, second, self.method.config.temperature);
        let found = finite(epoch, &loss)?;
        let gradients = GradientsParams::from_grads(loss.backward(), model);
        // Taken out, so that nobody else holds the parameters and Adam writes them in their own memory.
        self.model = self.model.take().map(|model| self.adam.step(model, gradients));
        Ok(Step { loss: found, rates: None })
    }

    fn model(&self) -> &Encoder {
        &self.whole_model().encoder
    }

    fn embedding(&self) -> Array2<f32> {
        self.method.views.embed(self.model())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::two_views::checks;
    use testkit::graphs::two_blocks;

    fn small() -> GraceConfig {
        GraceConfig {
            d_hidden: vec![12],
            d_output: 8,
            heads: 2,
            d_projection: 6,
            epochs: 3,
            ..GraceConfig::default()
        }
    }

    #[test]
    fn training_lowers_the_loss() {
        checks::lowers_the_loss(&GraceConfig { epochs: 60, learning_rate: 0.01, ..small() });
        let some = GraceConfig { epochs: 60, learning_rate: 0.01, nodes_per_step: 20, ..small() };
        checks::lowers_the_loss(&some);
    }

    #[test]
    fn every_kind_of_encoder_trains_and_the_same_seed_gives_the_same_bits() {
        checks::every_kind_trains(|encoder| GraceConfig { encoder, ..small() });
    }

    #[test]
    fn the_same_seed_gives_the_same_bits_with_one_and_two_threads() {
        checks::threads_change_no_bit(&GraceConfig { nodes_per_step: 1200, ..small() });
    }

    #[test]
    fn weights_come_back_as_the_same_embedding() {
        checks::weights_come_back(&GraceConfig { ending: Ending::Prelu, ..small() });
    }

    #[test]
    fn as_many_nodes_as_asked_for_are_drawn_each_once() {
        let grace = |nodes_per_step| {
            Grace::new(GraceConfig { nodes_per_step, ..small() }, &two_blocks(), &Device::flex()).unwrap()
        };
        let rng = &mut generator(0, Stream::Sampling);
        let drawn = grace(20).draw_nodes(rng).unwrap();
        assert_eq!(drawn.len(), 20);
        assert!(drawn.is_sorted_by(|a, b| a < b) && drawn[0] >= 0 && drawn[19] < 50, "{drawn:?}");
        assert!(grace(0).draw_nodes(rng).is_none() && grace(50).draw_nodes(rng).is_none());
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let message = |config: GraceConfig| config.check().unwrap_err().to_string();
        assert_eq!(
            message(GraceConfig { temperature: 0.0, ..small() }),
            "`temperature` must be at least 0.025, got 0"
        );
        assert_eq!(
            message(GraceConfig { drop_edge_probs: [0.1, 1.0], ..small() }),
            "`drop_edge_probs` must be from 0 to below 1, got 1"
        );
        assert_eq!(
            message(GraceConfig { mask_feature_probs: [f64::NAN, 0.0], ..small() }),
            "`mask_feature_probs` must be from 0 to below 1, got NaN"
        );
        assert!(message(GraceConfig { d_projection: 0, ..small() }).starts_with("`d_projection` must be"));
    }
}
