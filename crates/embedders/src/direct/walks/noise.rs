//! The nodes that skip-gram tells from true contexts.

use graph_io::Graph;
use rand::RngExt;

/// A distribution over nodes, proportional to (sum of the weights of a node's edges)^¾.
///
/// A long walk visits nodes in proportion to that sum, so this is the ¾ power of the visits, as in word2vec (Mikolov et al. 2013,
/// arXiv 1310.4546, section 2.2), known before the first walk. Nodes without edges are never drawn.
///
/// One draw is O(1) on average: a guide says where among the cumulative sums to look (Chen & Asau 1974).
#[derive(Clone, Debug)]
pub(crate) struct Noise {
    sums: Vec<f64>,
    /// `guide[k]` is the first node whose sum is above k/n of the last one.
    guide: Vec<u32>,
}

impl Noise {
    /// The noise of a graph; `None` where no node has an edge.
    pub(crate) fn of(graph: &Graph) -> Option<Self> {
        let mut sum = 0.0;
        let degrees =
            graph.adjacency().outer_iterator().map(|row| row.data().iter().map(|w| f64::from(*w)).sum());
        let sums: Vec<f64> = degrees
            .map(|degree: f64| {
                sum += degree.powf(0.75);
                sum
            })
            .collect();
        let count = sums.len();
        let mut node = 0;
        let guide = (0..count).map(|step| {
            let level = step as f64 / count as f64 * sum;
            while sums[node] <= level && node + 1 < count {
                node += 1;
            }
            node as u32
        });
        let guide = guide.collect();
        (sum > 0.0).then_some(Self { sums, guide })
    }

    /// Draws a node.
    pub(super) fn draw(&self, rng: &mut impl RngExt) -> u32 {
        let share: f64 = rng.random();
        let last = self.sums.len() - 1;
        let level = share * self.sums[last];
        // Rounding may put the guide one step too far on either side.
        let mut node = self.guide[((share * self.guide.len() as f64) as usize).min(last)] as usize;
        while node > 0 && self.sums[node - 1] > level {
            node -= 1;
        }
        while node < last && self.sums[node] <= level {
            node += 1;
        }
        node as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph_io::EdgePolicy;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use testkit::graphs::{edgeless, star};

    #[test]
    fn nodes_are_drawn_by_the_three_quarter_power_of_their_degree() {
        // Degrees 4, 1, 1, 1, 1, and two nodes without edges, the last of them.
        let edges = [(1, 0), (1, 2), (1, 3), (1, 5)];
        let graph = Graph::from_edges(7, &edges, EdgePolicy::default()).unwrap().0;
        let noise = Noise::of(&graph).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut counts = [0usize; 7];
        (0..20_000).for_each(|_| counts[noise.draw(&mut rng) as usize] += 1);
        let powers = [1.0, 4f64.powf(0.75), 1.0, 1.0, 0.0, 1.0, 0.0];
        let sum: f64 = powers.iter().sum();
        for (count, power) in counts.iter().zip(powers) {
            let expected = power / sum * 20_000.0;
            assert!((*count as f64 - expected).abs() <= 4.0 * expected.sqrt(), "{counts:?}");
        }
    }

    #[test]
    fn a_large_star_is_drawn_from_all_over_and_a_graph_without_edges_not_at_all() {
        let noise = Noise::of(&star(1000)).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut seen = vec![false; 1000];
        (0..20_000).for_each(|_| seen[noise.draw(&mut rng) as usize] = true);
        assert!(seen.iter().all(|seen| *seen));
        assert!(Noise::of(&edgeless(3)).is_none());
    }
}
