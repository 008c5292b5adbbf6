use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::graph::Graph;

/// Lengths of shortest paths from one node after another, by breadth-first search or, with lengths of arcs, by Dijkstra's
/// algorithm. Keeps its memory between searches.
pub(crate) struct ShortestPaths<'a> {
    graph: Graph<'a>,
    /// Infinite where no path was found.
    distances: Vec<f64>,
    found: Vec<u32>,
    queue: VecDeque<u32>,
    heap: BinaryHeap<Reverse<(OrderedLength, u32)>>,
}

/// A length of a path, which is never NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
struct OrderedLength(f64);

impl Eq for OrderedLength {}

impl PartialOrd for OrderedLength {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrderedLength {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl<'a> ShortestPaths<'a> {
    pub(crate) fn new(graph: Graph<'a>) -> Self {
        let distances = vec![f64::INFINITY; graph.num_nodes()];
        Self { graph, distances, found: Vec::new(), queue: VecDeque::new(), heap: BinaryHeap::new() }
    }

    /// The distance of each node from `source`, infinite where there is no path, `[nodes]`.
    pub(crate) fn from(&mut self, source: u32) -> &[f64] {
        self.search(source, usize::MAX);
        &self.distances
    }

    /// The nearest other nodes with their distances, nearest first, the lower index first of equals: at least k where there
    /// are as many, and all that are as far as the last.
    pub(crate) fn nearest(&mut self, source: u32, k: usize) -> Vec<(u32, f64)> {
        self.search(source, k);
        let distance = |node: u32| self.distances[node as usize];
        let mut nearest: Vec<(u32, f64)> = self
            .found
            .iter()
            .map(|&node| (node, distance(node)))
            .filter(|(node, _)| *node != source)
            .collect();
        nearest.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        if let Some(&(_, last)) = k.checked_sub(1).and_then(|place| nearest.get(place)) {
            nearest.truncate(nearest.partition_point(|(_, distance)| *distance <= last));
        }
        nearest
    }

    /// Searches until all nodes are found, or k others and all as far as the last of them.
    fn search(&mut self, source: u32, k: usize) {
        self.found.drain(..).for_each(|node| self.distances[node as usize] = f64::INFINITY);
        self.distances[source as usize] = 0.0;
        self.found.push(source);
        if self.graph.has_lengths() { self.dijkstra(source, k) } else { self.breadth_first(source, k) }
    }

    fn breadth_first(&mut self, source: u32, k: usize) {
        self.queue.clear();
        self.queue.push_back(source);
        let mut radius = f64::INFINITY;
        while let Some(node) = self.queue.pop_front() {
            let distance = self.distances[node as usize] + 1.0;
            if distance > radius {
                break;
            }
            for &neighbor in self.graph.neighbors(node) {
                if self.distances[neighbor as usize].is_infinite() {
                    self.distances[neighbor as usize] = distance;
                    self.found.push(neighbor);
                    self.queue.push_back(neighbor);
                }
            }
            if self.found.len() > k && radius.is_infinite() {
                radius = distance;
            }
        }
    }

    fn dijkstra(&mut self, source: u32, k: usize) {
        self.heap.clear();
        self.heap.push(Reverse((OrderedLength(0.0), source)));
        let (mut num_settled, mut radius) = (0, f64::INFINITY);
        while let Some(Reverse((OrderedLength(distance), node))) = self.heap.pop() {
            if distance > radius {
                break;
            }
            if distance > self.distances[node as usize] {
                continue;
            }
            num_settled += 1;
            if num_settled > k {
                radius = distance;
            }
            for (neighbor, length) in self.graph.arcs(node) {
                let through = distance + f64::from(length);
                let known = &mut self.distances[neighbor as usize];
                if through < *known {
                    if known.is_infinite() {
                        self.found.push(neighbor);
                    }
                    *known = through;
                    self.heap.push(Reverse((OrderedLength(through), neighbor)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 – 1 – 2 – 3, 0 – 4, and 5 alone.
    const STARTS: [usize; 7] = [0, 2, 4, 6, 7, 8, 8];
    const NEIGHBORS: [u32; 8] = [1, 4, 0, 2, 1, 3, 2, 0];

    #[test]
    fn counts_edges_or_adds_lengths() {
        let graph = Graph::from_csr(&STARTS, &NEIGHBORS).unwrap();
        let mut paths = ShortestPaths::new(graph);
        for _ in 0..2 {
            assert_eq!(paths.from(1), [1.0, 0.0, 1.0, 2.0, 2.0, f64::INFINITY]);
            assert_eq!(paths.from(5)[..2], [f64::INFINITY; 2]);
        }
        let lengths = [0.5, 4.0, 0.5, 2.0, 2.0, 0.25, 0.25, 4.0];
        let mut paths = ShortestPaths::new(graph.with_lengths(&lengths).unwrap());
        assert_eq!(paths.from(1), [0.5, 0.0, 2.0, 2.25, 4.5, f64::INFINITY]);
        assert_eq!(paths.nearest(1, 2), [(0, 0.5), (2, 2.0)]);
        assert_eq!(paths.nearest(5, 2), []);
    }

    #[test]
    fn all_that_are_as_far_as_the_last_are_among_the_nearest() {
        let graph = Graph::from_csr(&STARTS, &NEIGHBORS).unwrap();
        let mut paths = ShortestPaths::new(graph);
        assert_eq!(paths.nearest(1, 1), [(0, 1.0), (2, 1.0)]);
        assert_eq!(paths.nearest(1, 3), [(0, 1.0), (2, 1.0), (3, 2.0), (4, 2.0)]);
        assert_eq!(paths.nearest(1, 9), [(0, 1.0), (2, 1.0), (3, 2.0), (4, 2.0)]);
    }
}
