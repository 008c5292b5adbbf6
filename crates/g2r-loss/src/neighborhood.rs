//! Who is within some hops of a node, with a bound on how many are taken.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sprs::CsMatI;

/// Draws for each member that is still wanted before every arc is looked at.
const DRAWS_PER_MEMBER: usize = 4;

/// Breadth-first searches over one graph, which forget their marks in time proportional to what they reached.
///
/// A search takes whole hops while they fit under its bound. Of the first hop that does not fit it takes nodes in a random
/// order of the arcs that lead there, so a node with more of them is likelier; it looks no further then. The order depends on
/// the seed and the node the search starts from, and on nothing else.
pub(crate) struct Neighborhoods<'a> {
    adjacency: &'a CsMatI<f32, u32, usize>,
    marked: Vec<bool>,
    seed: u64,
}

impl<'a> Neighborhoods<'a> {
    pub(crate) fn new(adjacency: &'a CsMatI<f32, u32, usize>, seed: u64) -> Self {
        Self { adjacency, marked: vec![false; adjacency.rows()], seed }
    }

    /// At most `bound` other nodes at most `hops` arcs from `start`, ascending. O(bound · log bound) plus the arcs of hops that fit.
    pub(crate) fn within(&mut self, hops: usize, start: u32, bound: usize) -> Vec<u32> {
        let mut found = vec![start];
        self.marked[start as usize] = true;
        let mut rng = None;
        let mut frontier = 0;
        for _ in 0..hops {
            let end = found.len();
            let room = bound + 1 - end;
            if frontier == end || room == 0 {
                break;
            }
            let arcs = FrontierArcs::new(self.adjacency, found[frontier..end].to_vec());
            if arcs.total <= room {
                let ends = (0..arcs.total).map(|arc| arcs.end_of(arc));
                found.extend(ends.filter(|node| !std::mem::replace(&mut self.marked[*node as usize], true)));
            } else {
                let rng = rng.get_or_insert_with(|| generator(self.seed, start));
                self.draw(&arcs, room, rng, &mut found);
            }
            frontier = end;
        }
        for node in &found {
            self.marked[*node as usize] = false;
        }
        found.swap_remove(0);
        found.sort_unstable();
        found
    }

    /// Adds up to `room` nodes that are not marked, in a random order of the arcs.
    fn draw(&mut self, arcs: &FrontierArcs<'_>, room: usize, rng: &mut impl Rng, found: &mut Vec<u32>) {
        let full = found.len() + room;
        if arcs.total > DRAWS_PER_MEMBER * room {
            // Arcs that come up again lead to marked nodes: what is left over is a random order.
            for _ in 0..DRAWS_PER_MEMBER * room {
                self.take(arcs.end_of(rng.random_range(0..arcs.total)), found);
                if found.len() == full {
                    return;
                }
            }
        }
        let ends = (0..arcs.total).map(|arc| arcs.end_of(arc));
        let mut left: Vec<u32> = ends.filter(|node| !self.marked[*node as usize]).collect();
        for next in 0..left.len() {
            if found.len() == full {
                return;
            }
            let drawn = rng.random_range(next..left.len());
            left.swap(next, drawn);
            self.take(left[next], found);
        }
    }

    fn take(&mut self, node: u32, found: &mut Vec<u32>) {
        if !std::mem::replace(&mut self.marked[node as usize], true) {
            found.push(node);
        }
    }
}

/// The generator of one search, the same whichever thread runs it.
fn generator(seed: u64, start: u32) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(start));
    rng
}

/// The arcs out of some nodes, numbered one node after the other.
struct FrontierArcs<'a> {
    adjacency: &'a CsMatI<f32, u32, usize>,
    nodes: Vec<u32>,
    /// One past the number of each node's last arc.
    ends: Vec<usize>,
    total: usize,
}

impl<'a> FrontierArcs<'a> {
    fn new(adjacency: &'a CsMatI<f32, u32, usize>, nodes: Vec<u32>) -> Self {
        let mut total = 0;
        let ends = nodes.iter().map(|node| {
            total += adjacency.indptr().outer_inds_sz(*node as usize).len();
            total
        });
        let ends = ends.collect();
        Self { adjacency, nodes, ends, total }
    }

    /// The node that an arc leads to.
    fn end_of(&self, arc: usize) -> u32 {
        let place = self.ends.partition_point(|end| *end <= arc);
        let range = self.adjacency.indptr().outer_inds_sz(self.nodes[place] as usize);
        self.adjacency.indices()[range.end - (self.ends[place] - arc)]
    }
}

/// An upper bound of how many members the neighborhoods of all nodes have together, each at most `bound`: by walks, which count
/// a node as often as it is reached. O(hops · arcs).
pub(crate) fn most_members(adjacency: &CsMatI<f32, u32, usize>, hops: usize, bound: usize) -> u64 {
    let nodes = adjacency.rows();
    let most = bound.min(nodes.saturating_sub(1)) as u64;
    // walks[i]: number of walks from node i with at least one step and at most those taken so far; beyond `most` it does not matter.
    let mut walks = vec![0u64; nodes];
    for _ in 0..hops.min(nodes) {
        let longer = adjacency.outer_iterator().map(|row| {
            row.indices()
                .iter()
                .fold(0u64, |sum, other| sum.saturating_add(1 + walks[*other as usize]))
                .min(most)
        });
        let longer: Vec<u64> = longer.collect();
        if longer == walks {
            break;
        }
        walks = longer;
    }
    walks.iter().fold(0, |sum, walks| sum.saturating_add(*walks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::graphs;

    #[test]
    fn a_hop_that_fits_is_taken_whole_whatever_the_seed() {
        let graph = graphs::path(7);
        for seed in 0..5 {
            let mut searches = Neighborhoods::new(graph.adjacency(), seed);
            assert_eq!(searches.within(2, 3, usize::MAX - 1), [1, 2, 4, 5]);
            assert_eq!(searches.within(2, 3, 4), [1, 2, 4, 5]);
            // Of the second hop one is taken.
            let found = searches.within(2, 3, 3);
            assert!(found == [1, 2, 4] || found == [2, 4, 5], "{found:?}");
            assert_eq!(searches.within(3, 0, 1), [1]);
            assert_eq!(searches.within(3, 0, 0), [0u32; 0]);
        }
    }

    #[test]
    fn every_leaf_of_a_hub_is_drawn_about_equally_often() {
        // Once by drawing arcs with replacement, once by shuffling them.
        for (leaves, bound) in [(40u32, 5usize), (8, 5)] {
            let graph = graphs::star(leaves + 1);
            let mut counts = vec![0u32; leaves as usize + 1];
            let draws = 4000;
            for seed in 0..draws {
                let found = Neighborhoods::new(graph.adjacency(), seed).within(1, 0, bound);
                assert_eq!(found.len(), bound);
                found.iter().for_each(|leaf| counts[*leaf as usize] += 1);
            }
            let share = bound as f64 / f64::from(leaves);
            let deviation = (draws as f64 * share * (1.0 - share)).sqrt();
            for count in &counts[1..] {
                let off = f64::from(*count) - draws as f64 * share;
                assert!(off.abs() < 4.5 * deviation, "{count} of {draws} with {leaves} leaves");
            }
        }
    }

    #[test]
    fn the_most_members_of_a_tree_are_its_pairs() {
        // Without cycles walks reach too many nodes only by turning back.
        let star = graphs::star(5);
        assert_eq!(most_members(star.adjacency(), 1, usize::MAX), 8);
        assert_eq!(most_members(star.adjacency(), 2, usize::MAX), 20);
        assert_eq!(most_members(star.adjacency(), 2, 3), 15);
        assert_eq!(most_members(graphs::edgeless(4).adjacency(), 9, usize::MAX), 0);
        let path = graphs::path(30);
        let mut searches = Neighborhoods::new(path.adjacency(), 0);
        let exact: usize = (0..30).map(|node| searches.within(3, node, usize::MAX - 1).len()).sum();
        assert!(most_members(path.adjacency(), 3, usize::MAX) >= exact as u64);
    }
}
