use std::collections::VecDeque;

use rand::{Rng, RngExt};

use crate::affinities::Affinities;
use crate::components::{Placed, extent, place_each};
use crate::error::Error;
use crate::forces::{Forces, MOST_EXACT};
use crate::graph::Graph;
use crate::pivot_mds::PivotMdsConfig;
use crate::placement::{Layout, Placement};
use crate::tsnet_objective::{Objective, Weights};

/// The objective is looked at after so many steps.
const EVALUATE_EVERY: usize = 50;
/// The spread of the points of a random start, and of what is added to a start by PivotMDS: nodes of one place would stay there.
const INITIAL_STD: f64 = 1e-4;
/// Converged is a layout in which over so many steps
const STILL_STEPS: usize = 40;
/// a step in the mean, by learning rate and extent, is below this.
const STILL: f64 = 1e-7;
/// Components with fewer nodes take smaller steps.
const FEW_NODES: f64 = 100.0;
/// Components with fewer nodes have no neighborhoods to keep: PivotMDS alone places them.
const LEAST_NODES: usize = 5;

/// Where a layout begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Start {
    /// Places from N(0, 10⁻⁴²).
    Random,
    /// PivotMDS, scaled to the unit square.
    PivotMds(PivotMdsConfig),
}

/// Settings of tsNET (Kruiger, Rauber, Martins, Kerren, Kobourov and Telea 2017): t-SNE of the lengths of shortest paths, with
/// a pull to the origin and a push by the logarithm of the distance.
///
/// [`default`](Self::default) is tsNET, [`star`](Self::star) tsNET*. Two stages of a descent with momentum, each for half of
/// the steps, or until it converges. Points lie in [0, 1]², with the longer side 1. The objective and its history are those before the
/// scaling; the stages' objectives differ.
///
/// Departures from the authors' code: components are placed apart, not at ten times the largest distance. One with n ≤ 3 ·
/// perplexity nodes has the perplexity (n − 1)/3, if that is less; one of up to four nodes is placed by PivotMDS. With [`Forces::BarnesHut`] a
/// node has its nearest 3 · perplexity nodes as neighbors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TsnetConfig {
    /// Where the layout begins.
    pub start: Start,
    /// The weights of the terms in the first stage.
    pub first_stage: Weights,
    /// The weights of the terms in the second stage.
    pub second_stage: Weights,
    /// About how many neighbors a node has; above 1 and below the number of nodes.
    pub perplexity: f64,
    /// The size of a step; above 0. Forces on a node shrink with the number n of nodes, so in a component of more than 5000 it is
    /// multiplied by n/5000, and of fewer than 100, whose points would fly apart, by n/100.
    pub learning_rate: f64,
    /// How much of a step is in the next; in [0, 1).
    pub momentum: f64,
    /// Steps of both stages; at least 1.
    pub max_iterations: usize,
    /// How forces are added up.
    pub forces: Forces,
}

impl Default for TsnetConfig {
    fn default() -> Self {
        Self {
            start: Start::Random,
            first_stage: Weights { divergence: 1.0, compression: 1.2, repulsion: 0.0 },
            second_stage: Weights { divergence: 1.0, compression: 0.01, repulsion: 0.6 },
            perplexity: 40.0,
            learning_rate: 50.0,
            momentum: 0.5,
            max_iterations: 5000,
            forces: Forces::Auto,
        }
    }
}

impl TsnetConfig {
    /// tsNET*: starts from PivotMDS, with less compression in the first stage.
    pub fn star() -> Self {
        Self {
            start: Start::PivotMds(PivotMdsConfig::default()),
            first_stage: Weights { divergence: 1.0, compression: 0.1, repulsion: 0.0 },
            ..Self::default()
        }
    }

    fn check(&self, num_nodes: usize) -> Result<(), Error> {
        let setting = |name, expected, found| Err(Error::Setting { name, expected, found });
        if !(self.perplexity > 1.0 && self.perplexity.is_finite()) {
            return setting("perplexity", "finite and above 1", self.perplexity);
        }
        if self.perplexity >= num_nodes as f64 {
            return Err(Error::Perplexity { num_nodes, found: self.perplexity });
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return setting("learning_rate", "finite and above 0", self.learning_rate);
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return setting("momentum", "in [0, 1)", self.momentum);
        }
        if self.max_iterations == 0 {
            return setting("max_iterations", "at least 1", 0.0);
        }
        for weights in [self.first_stage, self.second_stage] {
            let Weights { divergence, compression, repulsion } = weights;
            let wrong = [divergence, compression, repulsion]
                .into_iter()
                .find(|weight| !(*weight >= 0.0 && weight.is_finite()));
            if let Some(found) = wrong {
                return setting("weights", "finite and not negative", found);
            }
            if weights.total() == 0.0 {
                return setting("weights", "above 0 in their sum", 0.0);
            }
        }
        if let Start::PivotMds(pivots) = self.start {
            pivots.check()?;
        }
        self.forces.of_size(num_nodes).map(|_| ())
    }

    fn place_connected(&self, graph: Graph, rng: &mut dyn Rng) -> Result<Placed, Error> {
        let n = graph.num_nodes();
        if n < LEAST_NODES {
            return PivotMdsConfig::default().place_connected(graph);
        }
        let pairs = self.forces.of_size(n)?;
        let perplexity = self.perplexity.min((n as f64 - 1.0) / 3.0);
        let affinities = Affinities::of_graph(graph, perplexity, pairs);
        let mut points = match self.start {
            Start::Random => vec![[0.0; 2]; n],
            Start::PivotMds(pivots) => {
                let mut points = pivots.place_connected(graph)?.points;
                scale_to_unit(&mut points);
                center(&mut points);
                points
            }
        };
        points.iter_mut().for_each(|point| {
            let noise = normal_pair(rng);
            (0..2).for_each(|axis| point[axis] += INITIAL_STD * noise[axis]);
        });
        let mut steps = vec![[0.0; 2]; n];
        let (mut iteration, mut history) = (0, Vec::new());
        let ends = [self.max_iterations.div_ceil(2), self.max_iterations];
        let mut objective = Objective { affinities: &affinities, pairs, weights: self.first_stage };
        for (weights, end) in [self.first_stage, self.second_stage].into_iter().zip(ends) {
            objective.weights = weights;
            self.descend(&objective, &mut points, &mut steps, &mut iteration, end, &mut history);
        }
        let cost = objective.cost(&points);
        if !(cost.is_finite() && points.iter().flatten().all(|value| value.is_finite())) {
            return Err(Error::Diverged { learning_rate: self.learning_rate });
        }
        scale_to_unit(&mut points);
        Ok(Placed { points, objective: cost, history })
    }

    fn descend(
        &self,
        objective: &Objective,
        points: &mut [[f64; 2]],
        steps: &mut [[f64; 2]],
        iteration: &mut usize,
        end: usize,
        history: &mut Vec<(usize, f64)>,
    ) {
        let n = points.len() as f64;
        let learning_rate = self.learning_rate * (n / MOST_EXACT as f64).max(1.0) * (n / FEW_NODES).min(1.0);
        let mut speeds = VecDeque::with_capacity(STILL_STEPS);
        while *iteration < end {
            let gradient = objective.gradient(points);
            let mut moved = 0.0;
            for ((point, step), gradient) in points.iter_mut().zip(steps.iter_mut()).zip(&gradient) {
                for axis in 0..2 {
                    step[axis] = self.momentum * step[axis] - learning_rate * gradient[axis];
                    point[axis] += step[axis];
                }
                moved += step[0].hypot(step[1]);
            }
            *iteration += 1;
            if iteration.is_multiple_of(EVALUATE_EVERY) {
                history.push((*iteration, objective.cost(points)));
            }
            let (_, sides) = extent(points);
            if speeds.len() == STILL_STEPS {
                speeds.pop_front();
            }
            speeds.push_back(moved / (n * learning_rate * sides[0].max(sides[1])));
            if speeds.len() == STILL_STEPS && speeds.iter().all(|speed| *speed < STILL) {
                return;
            }
        }
    }
}

impl Layout<Graph<'_>> for TsnetConfig {
    /// # Errors
    /// A setting out of range; steps so large that points fly apart; a perplexity not below the number of nodes; more than 5000 nodes with [`Forces::Exact`].
    fn place(&self, graph: &Graph<'_>, rng: &mut dyn Rng) -> Result<Placement, Error> {
        self.check(graph.num_nodes())?;
        let mut placement = place_each(*graph, |component| self.place_connected(component, rng))?;
        let mut points: Vec<[f64; 2]> =
            placement.points.rows().into_iter().map(|point| [point[0], point[1]]).collect();
        scale_to_unit(&mut points);
        placement.points = crate::placement::matrix(&points);
        Ok(placement)
    }
}

/// Scales to a longer side of 1, from the origin on.
fn scale_to_unit(points: &mut [[f64; 2]]) {
    let (low, sides) = extent(points);
    let longer = sides[0].max(sides[1]);
    let scale = if longer > 0.0 { longer.recip() } else { 1.0 };
    for point in points {
        *point = [0, 1].map(|axis| (point[axis] - low[axis]) * scale);
    }
}

fn center(points: &mut [[f64; 2]]) {
    let n = points.len() as f64;
    let mean = [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f64>() / n);
    points.iter_mut().for_each(|point| (0..2).for_each(|axis| point[axis] -= mean[axis]));
}

/// Two numbers from N(0, 1) (Box and Muller 1958).
fn normal_pair(rng: &mut dyn Rng) -> [f64; 2] {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let angle = std::f64::consts::TAU * rng.random::<f64>();
    [radius * angle.cos(), radius * angle.sin()]
}
