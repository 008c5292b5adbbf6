//! Rounds of walks and skip-gram.

use std::time::Instant;

use graph_io::Graph;
use ndarray::Array2;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::corpus::Corpus;
use super::noise::Noise;
use super::numbered::Numbered;
use super::skip_gram::{PairLoss, SkipGram};
use super::walker::Walker;
use crate::Error;
use crate::callback::{Callback, EpochLog, Progress};
use crate::direct::node2vec::Node2Vec;
use crate::seeds::{Stream, generator};
use crate::trainer::Epochs;

/// Skip-gram on random walks; an epoch is one walk from every node that has an edge, in an order of its own.
pub(crate) struct WalkTraining<'a> {
    config: &'a Node2Vec,
    walker: Walker<'a>,
    noise: &'a Noise,
    skip_gram: SkipGram,
    starts: Vec<u32>,
    order: ChaCha8Rng,
    walks: Numbered,
    negatives: Numbered,
    /// How many batches came before.
    batch: u32,
    /// How many epochs came before.
    epoch: usize,
}

impl<'a> WalkTraining<'a> {
    pub(crate) fn new(config: &'a Node2Vec, graph: &'a Graph, noise: &'a Noise, seed: u64) -> Self {
        let starts = (0..graph.num_nodes() as u32).filter(|node| graph.degree(*node) > 0).collect();
        let vectors = starting_vectors(graph, config.d_output, seed);
        Self {
            walker: Walker::second_order(graph, config.p, config.q),
            noise,
            skip_gram: SkipGram::new(vectors, config.window, config.negatives),
            starts,
            order: generator(seed, Stream::Sampling),
            walks: Numbered::new(seed, Stream::Walks),
            negatives: Numbered::new(seed, Stream::Negatives),
            batch: 0,
            epoch: 0,
            config,
        }
    }

    fn step_on_batch(&mut self, epoch: usize, starts: &[u32]) -> PairLoss {
        let Self { config, walks, negatives, batch, .. } = self;
        let chance = |start| walks.of(epoch as u32, start);
        let num_nodes = self.skip_gram.embedding().nrows();
        let corpus = Corpus::walk(&self.walker, num_nodes, starts, config.walk_length, chance);
        *batch += 1;
        let chance = |node| negatives.of(*batch, node);
        self.skip_gram.step(&corpus, self.noise, config.learning_rate as f32, chance)
    }
}

/// Small numbers for every node that walks can see, as in word2vec, and zeros for the others, of which nothing will be known.
fn starting_vectors(graph: &Graph, width: usize, seed: u64) -> Array2<f32> {
    let mut rng = generator(seed, Stream::Parameters);
    Array2::from_shape_fn((graph.num_nodes(), width), |(node, _)| {
        let value = (rng.random::<f32>() - 0.5) / width as f32;
        if graph.degree(node as u32) > 0 { value } else { 0.0 }
    })
}

impl Epochs for WalkTraining<'_> {
    type Model = Array2<f32>;

    const REPORTS_PROGRESS: bool = true;

    fn epoch(&mut self, callback: &mut dyn Callback) -> Result<EpochLog, Error> {
        let start = Instant::now();
        self.epoch += 1;
        let epoch = self.epoch;
        let mut starts = std::mem::take(&mut self.starts);
        starts.shuffle(&mut self.order);
        let mut loss = PairLoss::default();
        let walks = starts.len() as u64;
        let total = walks * self.config.walks_per_node as u64;
        for (batch, starts) in starts.chunks(self.config.walks_per_batch).enumerate() {
            let done = (epoch as u64 - 1) * walks + (batch * self.config.walks_per_batch) as u64;
            if callback.progress(Progress { unit: "walks", done, total, is_bound: false }).is_break() {
                return Err(Error::Interrupted);
            }
            loss = loss.plus(self.step_on_batch(epoch, starts));
        }
        self.starts = starts;
        let loss = loss.sum / loss.pairs;
        if !loss.is_finite() {
            return Err(Error::LossNotFinite { epoch, found: loss });
        }
        Ok(EpochLog { epoch, loss, rates: None, seconds: start.elapsed().as_secs_f64() })
    }

    fn model(&self) -> Array2<f32> {
        self.skip_gram.embedding().clone()
    }

    fn embed(&mut self) -> (Array2<f32>, f64) {
        (self.skip_gram.embedding().clone(), 0.0)
    }
}
