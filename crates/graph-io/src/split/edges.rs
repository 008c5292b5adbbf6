//! Which edges a predictor of links learns from, is chosen by, and is judged on.

use petgraph::unionfind::UnionFind;
use rand::Rng;

use super::non_edges::draw_non_edges;
use crate::arcs::{ArcMeaning, Arcs};
use crate::chance::shuffle;
use crate::edge_policy::{EdgePolicy, Loops};
use crate::error::Error;
use crate::graph::Graph;

/// A training graph, and edges that are not in it beside as many pairs of nodes without an edge, for validation and for
/// the test.
///
/// A pair has its smaller node first, and the pairs of a list ascend. No pair is in two lists or twice in one. A pair
/// without an edge has none in the whole graph.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeSplit {
    train: Graph,
    val: Pairs,
    test: Pairs,
}

#[derive(Clone, Debug, PartialEq)]
struct Pairs {
    edges: Vec<(u32, u32)>,
    non_edges: Vec<(u32, u32)>,
}

/// The sizes of an [`EdgeSplit`] as parts of the edges; the training graph has what is left.
///
/// The default is that of Kipf and Welling (2016, arXiv 1611.07308): 5% for validation and 10% for the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeFractions {
    /// Part for validation, in [0, 1).
    pub val: f64,
    /// Part for the test, in (0, 1).
    pub test: f64,
    /// Which edges may be held out of the training graph.
    pub held_out: HeldOut,
}

/// Which edges may be held out of a training graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeldOut {
    /// Any, each as likely as the others. Nodes may lose all their neighbors, and components fall apart.
    #[default]
    Any,
    /// None of a spanning forest, so that the training graph has the components of the whole. The forest is drawn: that of
    /// a random order of the edges, where an edge is taken if it joins two components (Kruskal, 1956).
    KeepConnected,
}

impl Default for EdgeFractions {
    fn default() -> Self {
        Self { val: 0.05, test: 0.10, held_out: HeldOut::Any }
    }
}

impl EdgeSplit {
    /// A random split of the edges of a graph.
    ///
    /// Each size is its fraction of the edges, rounded, loops not counted. Loops are never held out: the training graph
    /// keeps them, and its weights. The draw is a fixed algorithm: the edges in ascending order are shuffled and the first
    /// that may be are held out, then pairs without an edge are drawn evenly. The same generator state and graph give the
    /// same split. O(edges) memory.
    ///
    /// ```
    /// use graph_io::{EdgeFractions, EdgeSplit, HeldOut};
    /// use rand::SeedableRng;
    ///
    /// let cora = graph_io::load("cora", None)?;
    /// let fractions = EdgeFractions { held_out: HeldOut::KeepConnected, ..EdgeFractions::default() };
    /// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    /// let split = EdgeSplit::random(cora.graph(), fractions, &mut rng)?;
    /// assert_eq!((split.val_edges().len(), split.test_edges().len()), (264, 528));
    /// assert_eq!((split.val_non_edges().len(), split.test_non_edges().len()), (264, 528));
    /// assert_eq!(split.train().num_edges(), 5278 - 264 - 528);
    /// assert_eq!(split.train().num_components(), cora.graph().num_components());
    /// # Ok::<(), graph_io::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fractions out of range; too few edges for a training graph and a test set, or outside a spanning forest where it
    /// is kept; too few pairs without an edge; a generator that repeats itself.
    pub fn random(
        graph: &Graph,
        fractions: EdgeFractions,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Self, Error> {
        let mut edges: Vec<(u32, u32)> = graph.edges().filter(|(from, to)| from != to).collect();
        let (num_val, num_test) = fractions.sizes(edges.len())?;
        shuffle(&mut edges, rng);
        if fractions.held_out == HeldOut::KeepConnected {
            let mut sets = UnionFind::<u32>::new(graph.num_nodes());
            edges.retain(|&(from, to)| !sets.union(from, to));
        }
        if edges.len() < num_val + num_test {
            let expected = format!("at least {} edges outside a spanning forest", num_val + num_test);
            return Err(Error::invalid("graph", expected, edges.len().to_string()));
        }
        edges.truncate(num_val + num_test);
        let non_edges = draw_non_edges(graph, edges.len(), rng)?;
        let train = without(graph, edges.clone())?;
        let pairs = |range: std::ops::Range<usize>| {
            let sorted = |pairs: &[(u32, u32)]| {
                let mut pairs = pairs.to_vec();
                pairs.sort_unstable();
                pairs
            };
            Pairs { edges: sorted(&edges[range.clone()]), non_edges: sorted(&non_edges[range]) }
        };
        Ok(Self { train, val: pairs(0..num_val), test: pairs(num_val..num_val + num_test) })
    }

    /// The graph to learn from: all nodes, and the edges that are not held out.
    pub fn train(&self) -> &Graph {
        &self.train
    }

    /// The edges settings are chosen by.
    pub fn val_edges(&self) -> &[(u32, u32)] {
        &self.val.edges
    }

    /// As many pairs without an edge as [`val_edges`](Self::val_edges).
    pub fn val_non_edges(&self) -> &[(u32, u32)] {
        &self.val.non_edges
    }

    /// The edges the result is told on.
    pub fn test_edges(&self) -> &[(u32, u32)] {
        &self.test.edges
    }

    /// As many pairs without an edge as [`test_edges`](Self::test_edges).
    pub fn test_non_edges(&self) -> &[(u32, u32)] {
        &self.test.non_edges
    }
}

impl EdgeFractions {
    /// How many of some edges are for validation and how many for the test.
    fn sizes(self, num_edges: usize) -> Result<(usize, usize), Error> {
        let Self { val, test, .. } = self;
        if !(test > 0.0 && val >= 0.0 && val + test < 1.0) {
            let expected = "a positive part for the test, none negative, and a sum below 1";
            return Err(Error::invalid("edge fractions", expected, format!("val {val}, test {test}")));
        }
        let size = |fraction: f64| (fraction * num_edges as f64).round() as usize;
        let (num_val, num_test) = (size(val), size(test));
        if num_test == 0 || num_val + num_test >= num_edges {
            let expected = "enough edges for a training graph and a test set";
            return Err(Error::invalid("edge split", expected, num_edges.to_string()));
        }
        Ok((num_val, num_test))
    }
}

/// A graph without some of its edges.
fn without(graph: &Graph, mut held_out: Vec<(u32, u32)>) -> Result<Graph, Error> {
    held_out.sort_unstable();
    let num_left = graph.num_edges() - held_out.len();
    let (mut from, mut to) = (Vec::with_capacity(num_left), Vec::with_capacity(num_left));
    let mut weights = (!graph.is_unweighted()).then(|| Vec::with_capacity(num_left));
    let mut held_out = held_out.into_iter().peekable();
    for (one, other, weight) in graph.weighted_edges() {
        if held_out.next_if_eq(&(one, other)).is_some() {
            continue;
        }
        from.push(one);
        to.push(other);
        weights.iter_mut().for_each(|weights| weights.push(weight));
    }
    let arcs = Arcs { from, to, weights, meaning: ArcMeaning::Undirected };
    let policy = EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() };
    Ok(Graph::from_arcs(graph.num_nodes(), arcs, policy)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::fingerprint;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeSet;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    /// 60 nodes on a ring, each joined to the next three, in two rings of 30; node 7 has a loop; weights by the ends.
    fn graph() -> Graph {
        let ring = |first: u32| {
            (0..30).flat_map(move |node| (1..4).map(move |step| (first + node, first + (node + step) % 30)))
        };
        let pairs: Vec<(u32, u32)> = ring(0).chain(ring(30)).chain([(7, 7)]).collect();
        let weights = pairs.iter().map(|&(from, to)| (1 + from + to) as f32).collect();
        let arcs = Arcs { weights: Some(weights), ..Arcs::from_pairs(&pairs, ArcMeaning::Undirected) };
        let policy = EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() };
        Graph::from_arcs(60, arcs, policy).unwrap().0
    }

    fn complete(num_nodes: u32) -> Graph {
        let pairs: Vec<_> = (0..num_nodes).flat_map(|to| (0..to).map(move |from| (from, to))).collect();
        Graph::from_edges(num_nodes as usize, &pairs, EdgePolicy::default()).unwrap().0
    }

    fn fractions(val: f64, test: f64, held_out: HeldOut) -> EdgeFractions {
        EdgeFractions { val, test, held_out }
    }

    fn set(pairs: &[(u32, u32)]) -> BTreeSet<(u32, u32)> {
        assert!(pairs.is_sorted_by(|a, b| a < b));
        assert!(pairs.iter().all(|(from, to)| from < to));
        pairs.iter().copied().collect()
    }

    #[test]
    fn every_edge_is_in_one_set_and_no_pair_without_an_edge_has_one() {
        let graph = graph();
        let all: BTreeSet<(u32, u32)> = graph.edges().collect();
        for held_out in [HeldOut::Any, HeldOut::KeepConnected] {
            let split = EdgeSplit::random(&graph, fractions(0.05, 0.1, held_out), &mut rng(0)).unwrap();
            let (val, test) = (set(split.val_edges()), set(split.test_edges()));
            assert_eq!((val.len(), test.len()), (9, 18));
            let train: BTreeSet<(u32, u32)> = split.train().edges().collect();
            assert_eq!((train.len(), split.train().num_arcs()), (181 - 27, 2 * 153 + 1));
            assert!(train.contains(&(7, 7)));
            let union: BTreeSet<_> = train.iter().chain(&val).chain(&test).copied().collect();
            assert_eq!((&union, train.len() + val.len() + test.len()), (&all, 181));

            let (val, test) = (set(split.val_non_edges()), set(split.test_non_edges()));
            assert_eq!((val.len(), test.len()), (9, 18));
            assert!(val.is_disjoint(&test) && val.is_disjoint(&all) && test.is_disjoint(&all));
        }
    }

    #[test]
    fn the_training_graph_keeps_its_weights() {
        let split = EdgeSplit::random(&graph(), EdgeFractions::default(), &mut rng(1)).unwrap();
        assert!(split.train().weighted_edges().all(|(from, to, weight)| weight == (1 + from + to) as f32));
    }

    #[test]
    fn a_spanning_forest_stays_where_it_is_asked_for() {
        // 122 edges are outside a spanning forest of two rings.
        let all_but_the_forest = fractions(0.2, 0.477, HeldOut::KeepConnected);
        let split = EdgeSplit::random(&graph(), all_but_the_forest, &mut rng(2)).unwrap();
        assert_eq!(split.val_edges().len() + split.test_edges().len(), 122);
        assert_eq!(split.train().components(), graph().components());
        let any = EdgeSplit::random(&graph(), fractions(0.2, 0.477, HeldOut::Any), &mut rng(2)).unwrap();
        assert!(any.train().num_components() > 2);

        let error = EdgeSplit::random(&graph(), fractions(0.2, 0.483, HeldOut::KeepConnected), &mut rng(2));
        assert_eq!(
            error.unwrap_err().to_string(),
            "graph: expected at least 123 edges outside a spanning forest, found 122"
        );
    }

    #[test]
    fn a_seed_gives_the_same_split_today_and_later() {
        let print = |seed, held_out| {
            let split = EdgeSplit::random(&graph(), fractions(0.05, 0.1, held_out), &mut rng(seed)).unwrap();
            let lists =
                [split.val_edges(), split.test_edges(), split.val_non_edges(), split.test_non_edges()];
            fingerprint(lists.concat())
        };
        assert_eq!([print(1, HeldOut::Any), print(1, HeldOut::KeepConnected)], PINNED);
        assert_ne!(print(2, HeldOut::Any), PINNED[0]);
    }

    const PINNED: [u64; 2] = [5_077_429_089_847_597_895, 12_140_297_940_519_387_615];

    #[test]
    fn dense_graphs_give_the_pairs_they_have() {
        let split = |num_missing: usize| {
            let edges: Vec<(u32, u32)> = complete(12).edges().skip(num_missing).collect();
            let (graph, _) = Graph::from_edges(12, &edges, EdgePolicy::default()).unwrap();
            EdgeSplit::random(&graph, fractions(0.05, 0.1, HeldOut::Any), &mut rng(0))
        };
        // 57 edges: 3 for validation and 6 for the test.
        let nine = split(9).unwrap();
        let mut pairs = [nine.val_non_edges(), nine.test_non_edges()].concat();
        pairs.sort_unstable();
        assert_eq!(pairs, complete(12).edges().take(9).collect::<Vec<_>>());
        for num_missing in [0, 8] {
            let message = split(num_missing).unwrap_err().to_string();
            let found = format!("pairs of nodes without an edge, found {num_missing}");
            assert!(
                message.starts_with("graph: expected at least") && message.ends_with(&found),
                "{message}"
            );
        }
    }

    #[test]
    fn fractions_out_of_range_and_too_few_edges_are_refused() {
        let message = |graph: &Graph, val, test| {
            EdgeSplit::random(graph, fractions(val, test, HeldOut::Any), &mut rng(0)).unwrap_err().to_string()
        };
        let expected =
            "edge fractions: expected a positive part for the test, none negative, and a sum below 1, ";
        for (val, test) in [(0.5, 0.5), (-0.1, 0.5), (0.1, 0.0), (f64::NAN, 0.1), (0.1, f64::NAN)] {
            assert_eq!(message(&graph(), val, test), format!("{expected}found val {val}, test {test}"));
        }
        let (pair, _) = Graph::from_edges(2, &[(0, 1)], EdgePolicy::default()).unwrap();
        assert_eq!(
            message(&pair, 0.05, 0.1),
            "edge split: expected enough edges for a training graph and a test set, found 1"
        );
        let (loops, _) =
            Graph::from_edges(1, &[(0, 0)], EdgePolicy { loops: Loops::Keep, ..EdgePolicy::default() })
                .unwrap();
        assert!(message(&loops, 0.05, 0.1).ends_with("found 0"));
    }
}
