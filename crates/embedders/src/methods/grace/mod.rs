//! GRACE: an encoder trained to tell the two views of a node from the views of all other nodes.

mod info_nce;
mod rounds;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use gnn::encoder::{LayerActivation, RowNorm};
use gnn::ops::bias_activation::Activation;
use rand::Rng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use self::info_nce::info_nce;
use crate::encoder_method::EncoderMethod;
use crate::linear::Linear;
use crate::objective::{Loss, Objective, Start, Step};
use crate::seeds::Stream;
use crate::settings::SizedEncoder;
use crate::trainer::Schedule;
use crate::views::TwoViews;
use crate::{
    Checkpoint, Encoder, EncoderSettings, Error, MethodInfo, MethodKind, OptimizerSettings, TrainingData,
    ViewSettings, ranges,
};

/// Settings of GRACE (Zhu et al. 2020, arXiv 2006.04131); the default is the authors' settings for Cora.
///
/// Labels are never read. Edges are dropped with both arcs (the authors' code drops arcs). With
/// [`nodes_per_step`](Self::nodes_per_step) the loss of a step is over some of the nodes, anchors and negatives alike, while the
/// encoder still sees the whole graph: a departure for graphs whose n² pairs take too long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grace {
    /// Width of the embedding.
    pub d_output: usize,
    /// Width of the hidden layer of the projection that only the loss sees.
    pub d_projection: usize,
    /// τ, the temperature of the loss, at least 0.025.
    pub temperature: f64,
    /// Number of nodes that a step draws and contrasts with each other; 0 takes all, as the authors do.
    pub nodes_per_step: usize,
    /// Number of epochs, of one step each.
    pub epochs: usize,
    /// What is trained.
    pub encoder: EncoderSettings,
    /// What the views leave out.
    pub views: ViewSettings,
    /// What takes the steps.
    pub optimizer: OptimizerSettings,
}

impl Default for Grace {
    fn default() -> Self {
        Self {
            d_output: 128,
            d_projection: 128,
            temperature: 0.4,
            nodes_per_step: 0,
            epochs: 200,
            encoder: EncoderSettings {
                activation: LayerActivation::Relu,
                ..EncoderSettings::with_hidden(&[256])
            },
            views: ViewSettings { drop_edge_probs: [0.2, 0.4], mask_feature_probs: [0.3, 0.4] },
            optimizer: OptimizerSettings { learning_rate: 5e-4, weight_decay: 1e-5 },
        }
    }
}

/// The lowest temperature: below it e^{−2/τ}, the smallest similarity beside the largest, is zero in single precision.
const LOWEST_TEMPERATURE: f64 = 0.025;

impl EncoderMethod for Grace {
    const INFO: MethodInfo = MethodInfo {
        name: "grace",
        title: "GRACE",
        source: "Zhu et al. 2020, arXiv 2006.04131",
        kind: MethodKind::Unsupervised,
        checkpoint: Checkpoint::Last,
        stochastic: true,
    };
    const PRESETS: &'static str = include_str!("../../../presets/grace.toml");

    type Init = SizedEncoder;
    type Objective = GraceObjective;

    fn encoder(&self) -> &EncoderSettings {
        &self.encoder
    }

    fn encoder_mut(&mut self) -> &mut EncoderSettings {
        &mut self.encoder
    }

    fn optimizer(&self) -> &OptimizerSettings {
        &self.optimizer
    }

    fn d_output(&self) -> Option<usize> {
        Some(self.d_output)
    }

    fn passes(&self) -> u64 {
        2
    }

    fn schedule(&self) -> Schedule {
        Schedule::of(self.epochs)
    }

    fn check_own(&self) -> Result<(), Error> {
        ranges::width("d_projection", self.d_projection)?;
        self.views.check()?;
        if !(self.temperature >= LOWEST_TEMPERATURE && self.temperature.is_finite()) {
            let expected = format!("at least {LOWEST_TEMPERATURE}");
            return Err(Error::Setting { name: "temperature", expected, found: self.temperature });
        }
        Ok(())
    }

    fn init_encoder(&self, d_output: usize) -> SizedEncoder {
        self.encoder.with_output(d_output)
    }

    fn objective(&self, data: &TrainingData<'_>) -> Result<GraceObjective, Error> {
        Ok(GraceObjective { views: TwoViews::new(data, &self.views), settings: self.clone() })
    }
}

/// InfoNCE of the projections of two views.
pub struct GraceObjective {
    views: TwoViews,
    settings: Grace,
}

/// The projection that the loss sees an encoder's output through.
#[derive(Module, Debug)]
pub struct Projection {
    hidden: Linear,
    output: Linear,
}

impl Projection {
    fn init(width: usize, hidden: usize, device: &Device, rng: &mut impl Rng) -> Self {
        Self {
            hidden: Linear::init(width, hidden, device, rng),
            output: Linear::init(hidden, width, device, rng),
        }
    }

    /// The projection's rows, scaled to length 1.
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let hidden = self.hidden.forward(x, Activation::Elu);
        RowNorm::L2.apply(self.output.forward(hidden, Activation::Identity))
    }
}

/// What draws the views, and what draws the nodes of a step.
pub struct Generators {
    views: ChaCha8Rng,
    nodes: ChaCha8Rng,
}

impl GraceObjective {
    /// The nodes of a step, ascending; `None` for all.
    fn draw_nodes(&self, rng: &mut impl Rng) -> Option<Vec<i32>> {
        let (count, drawn) = (self.views.num_nodes(), self.settings.nodes_per_step);
        if drawn == 0 || drawn >= count {
            return None;
        }
        let mut nodes: Vec<i32> =
            index::sample(rng, count, drawn).into_iter().map(|node| node as i32).collect();
        nodes.sort_unstable();
        Some(nodes)
    }
}

impl<E: Encoder> Objective<E> for GraceObjective {
    type Heads = Projection;
    type State = Generators;

    fn init(&self, start: Start<'_, E>) -> Result<(Projection, Generators), Error> {
        let generators =
            Generators { views: start.rng(Stream::Augmentation), nodes: start.rng(Stream::Sampling) };
        let Start { d_output, device, parameters, .. } = start;
        Ok((Projection::init(d_output, self.settings.d_projection, device, parameters), generators))
    }

    fn loss(&self, step: &mut Step<'_, E, Projection>, generators: &mut Generators) -> Result<Loss, Error> {
        let views = self.views.draw(&mut generators.views);
        let nodes = self.draw_nodes(&mut generators.nodes);
        let heads = step.heads;
        let [first, second] = views.map(|view| {
            let embedding = step.embed_batch(&view);
            heads.forward(match &nodes {
                Some(nodes) => {
                    let nodes = TensorData::new(nodes.clone(), [nodes.len()]);
                    let nodes = Tensor::<1, Int>::from_data(nodes, &embedding.device());
                    embedding.select(0, nodes)
                }
                None => embedding,
            })
        });
        Ok(info_nce(first, second, self.settings.temperature).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds::generator;
    use testkit::graphs::two_blocks;

    #[test]
    fn as_many_nodes_as_asked_for_are_drawn_each_once() {
        let dataset = two_blocks();
        let data = TrainingData::new(&dataset, dataset.features().row_normalized(), &Device::flex());
        let grace = |nodes_per_step| Grace { nodes_per_step, ..Grace::default() }.objective(&data).unwrap();
        let rng = &mut generator(0, Stream::Sampling);
        let drawn = grace(20).draw_nodes(rng).unwrap();
        assert_eq!(drawn.len(), 20);
        assert!(drawn.is_sorted_by(|a, b| a < b) && drawn[0] >= 0 && drawn[19] < 50, "{drawn:?}");
        assert!(grace(0).draw_nodes(rng).is_none() && grace(50).draw_nodes(rng).is_none());
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let message = |settings: Grace| settings.check_own().unwrap_err().to_string();
        assert_eq!(
            message(Grace { temperature: 0.0, ..Grace::default() }),
            "`temperature` must be at least 0.025, got 0"
        );
        let narrow = message(Grace { d_projection: 0, ..Grace::default() });
        assert_eq!(narrow, "`d_projection` must be from 1 to 65536, got 0");
    }
}
