//! Pairs of nodes without an edge, drawn evenly.

use hashbrown::HashSet;
use rand::Rng;

use crate::chance::{below, shuffle};
use crate::error::Error;
use crate::graph::Graph;

/// `count` different pairs of different nodes without an edge between them, the smaller node first, in the order drawn.
///
/// Pairs are drawn and drawn again where they have an edge or were drawn before. Where more than half of all pairs would
/// be, the pairs without an edge are listed and shuffled instead. O(edges + count) memory.
pub(super) fn draw_non_edges(
    graph: &Graph,
    count: usize,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Vec<(u32, u32)>, Error> {
    let num_nodes = graph.num_nodes();
    let num_pairs = num_nodes * (num_nodes - 1) / 2;
    let num_edges = graph.num_edges() - graph.num_loops();
    let num_non_edges = num_pairs - num_edges;
    if num_non_edges < count {
        let expected = format!("at least {count} pairs of nodes without an edge");
        return Err(Error::invalid("graph", expected, num_non_edges.to_string()));
    }
    if num_edges + count > num_pairs / 2 {
        // At most three times as many as edges, if the count is below theirs.
        let mut pairs = Vec::with_capacity(num_non_edges);
        pairs.extend(non_edges(graph));
        shuffle(&mut pairs, rng);
        pairs.truncate(count);
        return Ok(pairs);
    }
    let mut pairs = Vec::with_capacity(count);
    let mut drawn = HashSet::with_capacity(count);
    // Each draw succeeds at least every other time: only a generator that repeats itself needs more.
    let most_draws = 64 * count + 1024;
    for _ in 0..most_draws {
        if pairs.len() == count {
            break;
        }
        let one = below(num_nodes, rng) as u32;
        let other = below(num_nodes - 1, rng) as u32;
        let other = other + u32::from(other >= one);
        let pair = (one.min(other), one.max(other));
        if graph.neighbors(pair.0).binary_search(&pair.1).is_err() && drawn.insert(pair) {
            pairs.push(pair);
        }
    }
    if pairs.len() < count {
        let expected = format!("{count} pairs of nodes without an edge in {most_draws} draws");
        return Err(Error::invalid("random generator", expected, pairs.len().to_string()));
    }
    Ok(pairs)
}

/// Every pair of different nodes without an edge, in ascending order.
fn non_edges(graph: &Graph) -> impl Iterator<Item = (u32, u32)> + '_ {
    let num_nodes = graph.num_nodes() as u32;
    (0..num_nodes).flat_map(move |node| {
        let neighbors = graph.neighbors(node);
        let mut later = neighbors[neighbors.partition_point(|&to| to <= node)..].iter().peekable();
        (node + 1..num_nodes).filter(move |to| later.next_if_eq(&to).is_none()).map(move |to| (node, to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge_policy::{EdgePolicy, Loops};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::convert::Infallible;

    fn graph(num_nodes: usize, edges: &[(u32, u32)]) -> Graph {
        let policy = EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() };
        Graph::from_edges(num_nodes, edges, policy).unwrap().0
    }

    /// A path of five nodes with a loop in the middle.
    fn path() -> Graph {
        graph(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (2, 2)])
    }

    #[test]
    fn the_pairs_without_an_edge_are_those_worked_by_hand() {
        let pairs: Vec<(u32, u32)> = non_edges(&path()).collect();
        assert_eq!(pairs, [(0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 4)]);
    }

    #[test]
    fn listed_or_drawn_every_pair_comes_as_often() {
        // Of 10 pairs 4 have an edge: one more is drawn, two more are listed.
        for count in [1, 2] {
            let mut counts = std::collections::BTreeMap::new();
            for seed in 0..3000 {
                for pair in draw_non_edges(&path(), count, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap() {
                    *counts.entry(pair).or_insert(0usize) += 1;
                }
            }
            assert_eq!(counts.len(), 6);
            // Four standard deviations and a little more.
            assert!(counts.values().all(|&drawn| drawn.abs_diff(500 * count) < 100 * count), "{counts:?}");
        }
    }

    #[test]
    fn all_pairs_there_are_can_be_had_and_no_more() {
        let mut pairs = draw_non_edges(&path(), 6, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
        pairs.sort_unstable();
        assert_eq!(pairs, non_edges(&path()).collect::<Vec<_>>());
        let error = draw_non_edges(&path(), 7, &mut ChaCha8Rng::seed_from_u64(0)).unwrap_err();
        assert_eq!(error.to_string(), "graph: expected at least 7 pairs of nodes without an edge, found 6");
    }

    /// A generator that always gives the largest number.
    struct Stuck;

    impl rand::TryRng for Stuck {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            Ok(u32::MAX)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            Ok(u64::MAX)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            bytes.fill(u8::MAX);
            Ok(())
        }
    }

    #[test]
    fn a_generator_that_repeats_itself_ends_with_an_error() {
        let error = draw_non_edges(&graph(9, &[(0, 1)]), 2, &mut Stuck).unwrap_err();
        assert_eq!(
            error.to_string(),
            "random generator: expected 2 pairs of nodes without an edge in 1152 draws, found 1"
        );
    }
}
