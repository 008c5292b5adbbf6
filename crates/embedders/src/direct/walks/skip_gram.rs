//! Skip-gram with negative sampling, by batches that give the same bits on any number of threads.

use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use row_kernels::{exp_nonpositive, row_dots};

use super::coefficients::Coefficients;
use super::corpus::Corpus;
use super::noise::Noise;
use super::row_table::RowTable;

/// Nodes that one task takes. Part of the contract: losses are added task by task.
const NODES_A_TASK: usize = 32;

/// Two vectors a node, u as a center and v as a context, that tell true contexts from noise (Mikolov et al. 2013,
/// arXiv 1310.4546, equation 4).
///
/// The loss of a center i and a node j that stands within `window` steps of it is
/// −ln σ(uᵢ·vⱼ) − Σₖ ln σ(−uᵢ·vₙ₍ₖ₎), with as many nodes n(k) of noise as `negatives` says; lower is better, and 2 vectors of zeros
/// have (1 + negatives) · ln 2.
///
/// All pairs of a batch of walks are taken at once, at the vectors of before the batch, and a pair that comes twice is computed once
/// with weight 2. Where a node stands in a walk, all its contexts there share their noise (Ji et al. 2016, arXiv 1604.04661):
/// the same expectation with far fewer products. The price is that vectors are up to date a batch ago; what it buys is that each
/// row of each gradient is one sum in a fixed order, so that threads change no bit and no lock is needed.
#[derive(Clone, Debug)]
pub(super) struct SkipGram {
    centers: RowTable,
    contexts: RowTable,
    window: usize,
    negatives: usize,
}

/// A sum over pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct PairLoss {
    /// Sum of the losses.
    pub(super) sum: f64,
    /// How many pairs of a center and a context.
    pub(super) pairs: f64,
}

impl PairLoss {
    /// The sum of both.
    pub(super) fn plus(self, other: Self) -> Self {
        Self { sum: self.sum + other.sum, pairs: self.pairs + other.pairs }
    }
}

/// What a task needs beside its nodes, kept from task to task.
struct Scratch {
    /// How often each node is a context; zero between nodes.
    counts: Vec<f32>,
    targets: Vec<u32>,
    weights: Vec<f32>,
    scores: Vec<f32>,
    values: Vec<f32>,
}

impl SkipGram {
    /// Skip-gram that starts from vectors of centers; those of contexts are zero.
    pub(super) fn new(centers: Array2<f32>, window: usize, negatives: usize) -> Self {
        let contexts = RowTable::new(Array2::zeros(centers.dim()));
        Self { centers: RowTable::new(centers), contexts, window, negatives }
    }

    /// The vectors of centers, the embedding: `[nodes, width]`.
    pub(super) fn embedding(&self) -> &Array2<f32> {
        self.centers.rows()
    }

    /// One step of gradient descent on the pairs of a corpus; their loss is that before it. `chance` gives the generator of a
    /// node's noise.
    pub(super) fn step(
        &mut self,
        corpus: &Corpus,
        noise: &Noise,
        rate: f32,
        chance: impl Fn(u32) -> ChaCha8Rng + Sync,
    ) -> PairLoss {
        let (by_center, loss) = self.coefficients(corpus, noise, chance);
        let by_context = by_center.transposed();
        let of_centers = gradient(&by_center, &self.contexts);
        let of_contexts = gradient(&by_context, &self.centers);
        descend(&mut self.centers, &by_center, &of_centers, rate);
        descend(&mut self.contexts, &by_context, &of_contexts, rate);
        loss
    }

    /// The loss of a corpus, and its derivative by each score uᵢ·vⱼ: row i, column j.
    fn coefficients(
        &self,
        corpus: &Corpus,
        noise: &Noise,
        chance: impl Fn(u32) -> ChaCha8Rng + Sync,
    ) -> (Coefficients, PairLoss) {
        let nodes = corpus.num_nodes();
        let tasks: Vec<(Coefficients, PairLoss)> = (0..nodes.div_ceil(NODES_A_TASK))
            .into_par_iter()
            .map_init(
                || Scratch::new(nodes),
                |scratch, task| {
                    let start = task * NODES_A_TASK;
                    let mut coefficients = Coefficients::default();
                    let mut loss = PairLoss::default();
                    for center in start..nodes.min(start + NODES_A_TASK) {
                        let of_center = self.center(center as u32, corpus, noise, &chance, scratch);
                        coefficients.push_row(&scratch.targets, &scratch.values);
                        loss = loss.plus(of_center);
                    }
                    (coefficients, loss)
                },
            )
            .collect();
        let mut all = Coefficients::default();
        let mut loss = PairLoss::default();
        for (coefficients, of_task) in &tasks {
            all.append(coefficients);
            loss = loss.plus(*of_task);
        }
        (all, loss)
    }

    /// The loss of one center; its coefficients are left in `scratch`, as targets and values.
    fn center(
        &self,
        center: u32,
        corpus: &Corpus,
        noise: &Noise,
        chance: impl Fn(u32) -> ChaCha8Rng,
        scratch: &mut Scratch,
    ) -> PairLoss {
        let Scratch { counts, targets, weights, scores, values } = scratch;
        targets.clear();
        for side in corpus.contexts(center, self.window).flatten() {
            for context in side {
                let count = &mut counts[*context as usize];
                if *count == 0.0 {
                    targets.push(*context);
                }
                *count += 1.0;
            }
        }
        let positives = targets.len();
        weights.clear();
        weights.extend(targets.iter().map(|context| std::mem::take(&mut counts[*context as usize])));
        let pairs = weights.iter().map(|weight| f64::from(*weight)).sum();
        values.clear();
        if positives == 0 {
            return PairLoss::default();
        }

        let mut rng = chance(center);
        for [before, behind] in corpus.contexts(center, self.window) {
            for _ in 0..self.negatives {
                targets.push(noise.draw(&mut rng));
                weights.push((before.len() + behind.len()) as f32);
            }
        }

        scores.clear();
        scores.resize(targets.len(), 0.0);
        row_dots(scores, self.centers.row(center as usize), targets, self.contexts.values());
        // What is to be small: −s of a true context, s of noise.
        scores[..positives].iter_mut().for_each(|score| *score = -*score);
        values.extend(scores.iter().map(|score| -score.abs()));
        exp_nonpositive(values);
        let mut sum = 0.0;
        for ((value, score), weight) in values.iter_mut().zip(&*scores).zip(&*weights) {
            // ln(1 + eᵗ) = max(t, 0) + ln(1 + e⁻ᵗ), and its derivative σ(t), without overflow on either side.
            let exp = *value;
            sum += f64::from(*weight) * f64::from(score.max(0.0) + exp.ln_1p());
            let sigma = if *score >= 0.0 { 1.0 / (1.0 + exp) } else { exp / (1.0 + exp) };
            *value = weight * sigma;
        }
        values[..positives].iter_mut().for_each(|value| *value = -*value);
        PairLoss { sum, pairs }
    }
}

impl Scratch {
    fn new(nodes: usize) -> Self {
        let (targets, weights, scores, values) = Default::default();
        Self { counts: vec![0.0; nodes], targets, weights, scores, values }
    }
}

/// The rows of `coefficients` · `others` that are not empty, one after the other.
fn gradient(coefficients: &Coefficients, others: &RowTable) -> Vec<f32> {
    let width = others.width();
    let nodes: Vec<usize> = (0..others.len()).filter(|node| !coefficients.is_empty_row(*node)).collect();
    let mut gradient = vec![0.0; nodes.len() * width];
    let rows = gradient.par_chunks_exact_mut(width).zip(nodes).with_min_len(NODES_A_TASK);
    rows.for_each(|(row, node)| coefficients.times_vectors(node, row, others.values()));
    gradient
}

/// Moves each node that has coefficients against its row of the gradient.
fn descend(table: &mut RowTable, coefficients: &Coefficients, gradient: &[f32], rate: f32) {
    let gradient = gradient.par_chunks_exact(table.width());
    let rows = table.rows_mut().into_iter().enumerate();
    let rows: Vec<_> = rows.filter(|(node, _)| !coefficients.is_empty_row(*node)).collect();
    let moves = rows.into_par_iter().zip(gradient).with_min_len(NODES_A_TASK);
    moves.for_each(|((_, row), gradient)| row.descend(gradient, rate));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::direct::walks::numbered::Numbered;
    use crate::direct::walks::walker::Walker;
    use crate::seeds::Stream;
    use graph_io::Graph;
    use testkit::graphs::{chorded_cycle, edgeless};
    use testkit::numbers::wavy;
    use testkit::operators::assert_close;

    const NODES: usize = 40;
    const WIDTH: usize = 3;
    const WINDOW: usize = 2;
    const NEGATIVES: usize = 2;

    fn batch(graph: &Graph) -> (Corpus, Numbered) {
        let numbered = Numbered::new(5, Stream::Walks);
        let starts: Vec<u32> = (0..30).collect();
        let chance = |start| numbered.of(1, start);
        (Corpus::walk(&Walker::second_order(graph, 1.0, 1.0), NODES, &starts, 6, chance), numbered)
    }

    fn trained_a_little() -> SkipGram {
        let rows = |phase| Array2::from_shape_vec((NODES, WIDTH), wavy(NODES * WIDTH, phase)).unwrap();
        let mut skip_gram = SkipGram::new(rows(0.1), WINDOW, NEGATIVES);
        skip_gram.contexts = RowTable::new(rows(0.7));
        skip_gram
    }

    /// The loss from its definition, of `[centers, contexts]`, and how many pairs it is of.
    fn reference(corpus: &Corpus, noise: &Noise, numbered: &Numbered, vectors: &[f64]) -> (f64, usize) {
        let row = |table: usize, node: u32| &vectors[(table * NODES + node as usize) * WIDTH..][..WIDTH];
        let score = |a, b| row(0, a).iter().zip(row(1, b)).map(|(u, v)| u * v).sum::<f64>();
        let minus_ln_sigma = |t: f64| (1.0 + (-t).exp()).ln();
        let (mut sum, mut pairs) = (0.0, 0);
        for center in 0..NODES as u32 {
            let mut rng = numbered.of(2, center);
            for sides in corpus.contexts(center, WINDOW) {
                let drawn: Vec<u32> = (0..NEGATIVES).map(|_| noise.draw(&mut rng)).collect();
                for context in sides.concat() {
                    sum += minus_ln_sigma(score(center, context));
                    sum += drawn.iter().map(|node| minus_ln_sigma(-score(center, *node))).sum::<f64>();
                    pairs += 1;
                }
            }
        }
        (sum, pairs)
    }

    #[test]
    fn loss_and_both_gradients_are_those_of_the_definition() {
        let graph = chorded_cycle(NODES as u32);
        let ((corpus, numbered), noise) = (batch(&graph), Noise::of(&graph).unwrap());
        let skip_gram = trained_a_little();
        let vectors: Vec<f64> = [&skip_gram.centers, &skip_gram.contexts]
            .iter()
            .flat_map(|table| table.values())
            .map(|x| f64::from(*x))
            .collect();
        let (by_center, loss) = skip_gram.coefficients(&corpus, &noise, |node| numbered.of(2, node));
        let (sum, pairs) = reference(&corpus, &noise, &numbered, &vectors);
        assert!((loss.sum / sum - 1.0).abs() < 1e-5, "{} and {sum}", loss.sum);
        assert_eq!(loss.pairs, pairs as f64);

        let mut found = vec![0.0; 2 * NODES * WIDTH];
        let (of_centers, of_contexts) = found.split_at_mut(NODES * WIDTH);
        let by_context = by_center.transposed();
        for node in 0..NODES {
            let row = node * WIDTH..(node + 1) * WIDTH;
            by_center.times_vectors(node, &mut of_centers[row.clone()], skip_gram.contexts.values());
            by_context.times_vectors(node, &mut of_contexts[row], skip_gram.centers.values());
        }
        let mut vectors = vectors;
        let expected: Vec<f64> = (0..vectors.len())
            .map(|entry| {
                let value = vectors[entry];
                let mut at = |moved: f64| {
                    vectors[entry] = moved;
                    reference(&corpus, &noise, &numbered, &vectors).0
                };
                let difference = at(value + 1e-5) - at(value - 1e-5);
                vectors[entry] = value;
                difference / 2e-5
            })
            .collect();
        assert_close("skip-gram", &found, &expected, 1e-5);
    }

    #[test]
    fn steps_lower_the_loss_and_vectors_of_zeros_have_the_loss_of_guessing() {
        let graph = chorded_cycle(NODES as u32);
        let ((corpus, numbered), noise) = (batch(&graph), Noise::of(&graph).unwrap());
        let chance = |node| numbered.of(2, node);
        let mut zeros = SkipGram::new(Array2::zeros((NODES, WIDTH)), WINDOW, NEGATIVES);
        let loss = zeros.step(&corpus, &noise, 0.1, chance);
        assert!((loss.sum / loss.pairs - 3.0 * 2f64.ln()).abs() < 1e-5);

        let mut skip_gram = trained_a_little();
        let losses: Vec<f64> = (0..20)
            .map(|_| skip_gram.step(&corpus, &noise, 0.05, chance))
            .map(|loss| loss.sum / loss.pairs)
            .collect();
        assert!(losses[19] < 0.9 * losses[0], "{losses:?}");
    }

    #[test]
    fn nodes_that_no_walk_saw_and_walks_of_one_node_change_nothing() {
        let (corpus, numbered) = batch(&edgeless(NODES as u32));
        let noise = Noise::of(&chorded_cycle(NODES as u32)).unwrap();
        let mut skip_gram = trained_a_little();
        let loss = skip_gram.step(&corpus, &noise, 0.1, |node| numbered.of(2, node));
        assert_eq!(loss, PairLoss::default());
        assert_eq!(skip_gram.embedding(), trained_a_little().embedding());
    }
}
