use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::graph::Graph;

/// How many of a node's neighbors lie near it: the Jaccard index of the nodes within `num_hops` edges and of as many nearest
/// points, in the mean over nodes that have a neighbor; in [0, 1], higher is better (Kruiger et al. 2017, with 2 hops).
///
/// Of points as near the lower index counts as nearer. A graph without edges has 1. O(nodes²).
///
/// # Shapes
/// points `[nodes, 2]`
///
/// # Panics
/// When there is not a point for each node.
pub fn neighborhood_preservation(graph: &Graph, points: ArrayView2<f64>, num_hops: usize) -> f64 {
    let n = graph.num_nodes();
    assert_eq!(points.dim(), (n, 2), "neighborhood preservation: expected a point for each node");
    let of_node = |node: usize| {
        let near = within(graph, node as u32, num_hops);
        if near.is_empty() {
            return None;
        }
        let own = points.row(node);
        let mut others: Vec<(f64, u32)> = (0..n)
            .filter(|&other| other != node)
            .map(|other| {
                let other_point = points.row(other);
                ((own[0] - other_point[0]).powi(2) + (own[1] - other_point[1]).powi(2), other as u32)
            })
            .collect();
        others.select_nth_unstable_by(near.len() - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let common =
            others[..near.len()].iter().filter(|(_, other)| near.binary_search(other).is_ok()).count();
        Some(common as f64 / (2 * near.len() - common) as f64)
    };
    let found: Vec<f64> = (0..n).into_par_iter().filter_map(of_node).collect();
    if found.is_empty() { 1.0 } else { found.iter().sum::<f64>() / found.len() as f64 }
}

/// The other nodes within some edges, ascending.
fn within(graph: &Graph, node: u32, num_hops: usize) -> Vec<u32> {
    let (mut found, mut last) = (vec![node], vec![node]);
    for _ in 0..num_hops {
        let mut next: Vec<u32> = last.iter().flat_map(|&node| graph.neighbors(node)).copied().collect();
        next.sort_unstable();
        next.dedup();
        next.retain(|node| found.binary_search(node).is_err());
        found.extend(&next);
        found.sort_unstable();
        last = next;
    }
    found.retain(|&other| other != node);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn matches_the_path_worked_by_hand() {
        // 0 – 1 – 2 – 3 and 4 alone.
        let graph = Graph::from_csr(&[0, 1, 3, 5, 6, 6], &[1, 0, 2, 1, 3, 2]).unwrap();
        let line = array![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [9.0, 0.0]];
        assert_eq!(neighborhood_preservation(&graph, line.view(), 1), (1.0 + 1.0 + 1.0 + 1.0) / 4.0);
        assert_eq!(neighborhood_preservation(&graph, line.view(), 2), 1.0);
        // Node 3 lies beside 0: its nearest two are 0 and 1, of its neighbors 1 and 2; 0 has 3 and 1, of 1 and 2.
        let bent = array![[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [-0.5, 0.0], [9.0, 0.0]];
        let found = neighborhood_preservation(&graph, bent.view(), 2);
        approx::assert_relative_eq!(found, (1.0 / 3.0 + 1.0 + 1.0 + 1.0 / 3.0) / 4.0, max_relative = 1e-14);
    }

    #[test]
    fn a_graph_without_edges_has_nothing_to_lose() {
        let graph = Graph::from_csr(&[0, 0, 0], &[]).unwrap();
        assert_eq!(neighborhood_preservation(&graph, array![[0.0, 0.0], [1.0, 0.0]].view(), 2), 1.0);
    }
}
