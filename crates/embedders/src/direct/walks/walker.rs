//! Random walks over the edges of a graph.

use graph_io::{CsrMatrix, Graph};
use rand::RngExt;

/// How often a second-order step proposes a neighbor before it looks at all of them.
const PROPOSALS: usize = 32;

/// Random walks whose next step depends on the node before the last one (Grover & Leskovec 2016, arXiv 1607.00653, section 3.2).
///
/// From v, reached from t, the walk goes to a neighbor x with probability proportional to α(t, x) · w(v, x), where α is
/// 1/p for x = t, 1 where x is a neighbor of t, and 1/q elsewhere. With p = q = 1, and at the first step, that is the walk of
/// DeepWalk (Perozzi et al. 2014, arXiv 1403.6652): proportional to w(v, x) alone.
///
/// No table of arcs × neighbors is made: a neighbor is proposed by its weight and accepted with probability α / max α, and
/// whether x is a neighbor of t is asked by binary search. O(log degree) a proposal; after 32 that were refused, the exact
/// distribution is summed up, O(degree · log degree), which changes no probability.
#[derive(Clone, Debug)]
pub(super) struct Walker<'a> {
    graph: &'a Graph,
    /// Sums of the weights of each row up to each entry; none where all weights are 1.
    weight_sums: Option<Vec<f64>>,
    bias: Bias,
}

/// What the weights of a step are multiplied by, α(t, x).
#[derive(Clone, Copy, Debug)]
struct Bias {
    back: f64,
    near: f64,
    far: f64,
}

impl<'a> Walker<'a> {
    /// Walks that return with weight 1/`p` and go outward with weight 1/`q`; both positive and finite.
    pub(super) fn second_order(graph: &'a Graph, p: f64, q: f64) -> Self {
        let weight_sums = (!graph.is_unweighted()).then(|| weight_sums(graph.adjacency()));
        // Scaled so that the largest is 1: then they are the probabilities of being accepted.
        let largest = (1.0f64).max(1.0 / p).max(1.0 / q);
        let bias = Bias { back: 1.0 / p / largest, near: 1.0 / largest, far: 1.0 / q / largest };
        Self { graph, weight_sums, bias }
    }

    /// Writes a walk from `start` to `walk` and returns how many nodes it has: all that fit, or 1 from a node without neighbors.
    ///
    /// # Panics
    /// If `walk` is empty or `start` is no node.
    pub(super) fn walk(&self, start: u32, walk: &mut [u32], rng: &mut impl RngExt) -> usize {
        walk[0] = start;
        // The graph is undirected: where there was a way in, there is a way on.
        if self.graph.degree(start) == 0 {
            return 1;
        }
        let Bias { back, near, far } = self.bias;
        let is_first_order = back == near && near == far;
        for step in 1..walk.len() {
            let from = walk[step - 1];
            walk[step] = if is_first_order || step == 1 {
                self.propose(from, rng)
            } else {
                self.step(walk[step - 2], from, rng)
            };
        }
        walk.len()
    }

    /// The next node of a walk that came from `before` to `from`.
    fn step(&self, before: u32, from: u32, rng: &mut impl RngExt) -> u32 {
        let Bias { back, near, far } = self.bias;
        let always = back.min(near).min(far);
        for _ in 0..PROPOSALS {
            let to = self.propose(from, rng);
            let level: f64 = rng.random();
            // What is accepted whatever lies between the two nodes needs no search.
            if level < always || level < self.acceptance(before, to) {
                return to;
            }
        }
        let neighbors = self.graph.neighbors(from);
        let mut sum = 0.0;
        let sums: Vec<f64> = neighbors
            .iter()
            .enumerate()
            .map(|(entry, to)| {
                sum += self.weight(from, entry) * self.acceptance(before, *to);
                sum
            })
            .collect();
        neighbors[place(&sums, rng.random())]
    }

    /// A neighbor of `from`, by weight.
    fn propose(&self, from: u32, rng: &mut impl RngExt) -> u32 {
        let neighbors = self.graph.neighbors(from);
        neighbors[match &self.weight_sums {
            None => rng.random_range(0..neighbors.len() as u32) as usize,
            Some(sums) => place(&sums[self.entries(from)], rng.random()),
        }]
    }

    /// α(before, to) as a share of the largest α.
    fn acceptance(&self, before: u32, to: u32) -> f64 {
        if to == before {
            self.bias.back
        } else if self.are_joined(before, to) {
            self.bias.near
        } else {
            self.bias.far
        }
    }

    fn are_joined(&self, a: u32, b: u32) -> bool {
        let (of_a, of_b) = (self.graph.neighbors(a), self.graph.neighbors(b));
        if of_a.len() < of_b.len() { of_a.binary_search(&b).is_ok() } else { of_b.binary_search(&a).is_ok() }
    }

    fn weight(&self, from: u32, entry: usize) -> f64 {
        f64::from(self.graph.adjacency().data()[self.entries(from).start + entry])
    }

    fn entries(&self, node: u32) -> std::ops::Range<usize> {
        self.graph.adjacency().indptr().outer_inds_sz(node as usize)
    }
}

fn weight_sums(adjacency: &CsrMatrix) -> Vec<f64> {
    let sums_of_row = |weights: &[f32]| {
        let sums = weights.iter().scan(0.0, |sum, weight| {
            *sum += f64::from(*weight);
            Some(*sum)
        });
        sums.collect::<Vec<f64>>()
    };
    adjacency.outer_iterator().flat_map(|row| sums_of_row(row.data())).collect()
}

/// The first place whose sum is above a share, in [0, 1), of the last one.
fn place(sums: &[f64], share: f64) -> usize {
    let last = sums.len() - 1;
    let level = share * sums[last];
    // Rounding may lift the level to the last sum itself.
    sums.partition_point(|sum| *sum <= level).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph_io::{ArcMeaning, Arcs, EdgePolicy, Weights};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::graphs::{chorded_cycle, edgeless, path};

    fn weighted() -> Graph {
        // A triangle 0 1 2, a tail 2 3 4, and a chord from 1 to 4.
        let edges = [(0, 1, 1.0f32), (1, 2, 2.0), (0, 2, 0.5), (2, 3, 3.0), (3, 4, 1.5), (1, 4, 0.25)];
        let mut arcs = Arcs::from_pairs(&edges.map(|(a, b, _)| (a, b)), ArcMeaning::Directed);
        arcs.weights = Some(edges.map(|(_, _, weight)| weight).to_vec());
        let policy = EdgePolicy { weights: Weights::Keep, ..EdgePolicy::default() };
        Graph::from_arcs(5, arcs, policy).unwrap().0
    }

    /// α(t, x) · w(v, x) of every neighbor x of v, of sum 1, from the definition.
    fn exact(graph: &Graph, before: u32, from: u32, p: f64, q: f64) -> Vec<f64> {
        let row = graph.adjacency().outer_view(from as usize).unwrap();
        let weights: Vec<f64> = row
            .iter()
            .map(|(to, weight)| {
                let near = graph.neighbors(before).contains(&(to as u32));
                f64::from(*weight)
                    / if to == before as usize {
                        p
                    } else if near {
                        1.0
                    } else {
                        q
                    }
            })
            .collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    }

    /// Σ (found − expected)² / expected over the neighbors of `from`, of 20 000 steps.
    fn chi_square(graph: &Graph, before: u32, from: u32, p: f64, q: f64) -> f64 {
        const STEPS: usize = 20_000;
        let walker = Walker::second_order(graph, p, q);
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let neighbors = graph.neighbors(from);
        let mut counts = vec![0usize; neighbors.len()];
        for _ in 0..STEPS {
            let to = walker.step(before, from, &mut rng);
            counts[neighbors.binary_search(&to).expect("a step follows an edge")] += 1;
        }
        let expected = exact(graph, before, from, p, q);
        counts
            .iter()
            .zip(expected)
            .map(|(n, e)| (*n as f64 - e * STEPS as f64).powi(2) / (e * STEPS as f64))
            .sum()
    }

    #[test]
    fn second_order_steps_have_the_frequencies_of_the_paper() {
        let chorded = chorded_cycle(12);
        for graph in [&weighted(), &chorded] {
            // The last two are refused so often that the exact distribution is drawn from.
            for (p, q) in [(1.0, 1.0), (0.25, 4.0), (4.0, 0.5), (1.0, 0.1), (500.0, 1000.0), (1e-3, 1.0)] {
                for before in 0..5 {
                    for &from in graph.neighbors(before) {
                        let found = chi_square(graph, before, from, p, q);
                        // At most 5 neighbors: 4 degrees of freedom exceed 23.5 once in ten thousand.
                        assert!(found < 23.5, "p {p}, q {q}, {before} to {from}: {found}");
                    }
                }
            }
        }
    }

    #[test]
    fn first_order_steps_go_by_weight() {
        let graph = weighted();
        let walker = Walker::second_order(&graph, 1.0, 1.0);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut counts = [0usize; 5];
        for _ in 0..20_000 {
            counts[walker.propose(2, &mut rng) as usize] += 1;
        }
        assert_eq!((counts[2], counts[4]), (0, 0));
        for (node, weight) in [(0, 0.5), (1, 2.0), (3, 3.0)] {
            let expected = weight / 5.5 * 20_000.0;
            assert!((counts[node] as f64 - expected).abs() < 4.0 * expected.sqrt(), "{counts:?}");
        }
    }

    #[test]
    fn walks_follow_edges_and_are_as_long_as_asked() {
        let graph = chorded_cycle(30);
        for walker in [Walker::second_order(&graph, 1.0, 1.0), Walker::second_order(&graph, 0.5, 2.0)] {
            let mut rng = ChaCha8Rng::seed_from_u64(1);
            for start in 0..30 {
                let mut walk = [0; 40];
                assert_eq!(walker.walk(start, &mut walk, &mut rng), 40);
                assert_eq!(walk[0], start);
                for ends in walk.windows(2) {
                    assert!(graph.neighbors(ends[0]).contains(&ends[1]), "{ends:?}");
                }
            }
        }
    }

    #[test]
    fn the_end_of_a_path_leads_back_and_a_lone_node_nowhere() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let graph = path(2);
        let mut walk = [9; 4];
        assert_eq!(Walker::second_order(&graph, 1e9, 1.0).walk(0, &mut walk, &mut rng), 4);
        assert_eq!(walk, [0, 1, 0, 1]);
        assert_eq!(Walker::second_order(&edgeless(3), 1.0, 1.0).walk(2, &mut walk, &mut rng), 1);
        assert_eq!(walk[0], 2);
    }
}
