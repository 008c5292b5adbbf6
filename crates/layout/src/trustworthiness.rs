use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::error::Error;
use crate::graph::Graph;
use crate::shortest_paths::ShortestPaths;

/// Whether points that lie near each other belong together: the trustworthiness (Venna and Kaski 2001)
/// T = 1 − 2 / (n k (2n − 3k − 1)) · Σᵢ Σⱼ (r(i, j) − k) over the k nearest points j of i, where node j has the rank r(i, j) > k among
/// the rows by their distance from row i; in [0, 1], higher is better. As scikit-learn computes it.
///
/// Of rows as near all have the rank of the first. O(nodes² (d_input + log nodes)).
///
/// # Shapes
/// rows `[nodes, d_input]`, points `[nodes, 2]`
///
/// # Errors
/// k zero, or not below half of the number of nodes.
///
/// # Panics
/// When there is not a point for each row.
pub fn trustworthiness_of_rows(
    rows: ArrayView2<f32>,
    points: ArrayView2<f64>,
    k: usize,
) -> Result<f64, Error> {
    let of_node = |node: usize| {
        let own = rows.row(node);
        let distance_sq = |other: ndarray::ArrayView1<f32>| {
            own.iter().zip(other).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
        };
        rows.rows().into_iter().map(distance_sq).collect()
    };
    trustworthiness(rows.nrows(), points, k, || (), |(), node| of_node(node))
}

/// The [trustworthiness](trustworthiness_of_rows) of a layout: a node's rank is by the length of the shortest path. Of nodes as
/// far all have the rank of the first; nodes without a path are the farthest.
///
/// # Shapes
/// points `[nodes, 2]`
///
/// # Errors
/// k zero, or not below half of the number of nodes.
///
/// # Panics
/// When there is not a point for each node.
pub fn trustworthiness_of_graph(graph: &Graph, points: ArrayView2<f64>, k: usize) -> Result<f64, Error> {
    let paths = || ShortestPaths::new(*graph);
    trustworthiness(graph.num_nodes(), points, k, paths, |paths, node| paths.from(node as u32).to_vec())
}

fn trustworthiness<State>(
    n: usize,
    points: ArrayView2<f64>,
    k: usize,
    state: impl Fn() -> State + Sync + Send,
    distances: impl Fn(&mut State, usize) -> Vec<f64> + Sync + Send,
) -> Result<f64, Error> {
    assert_eq!(points.dim(), (n, 2), "trustworthiness: expected a point for each node");
    if k == 0 || 2 * k >= n {
        let expected = "at least 1 and below half of the number of nodes";
        return Err(Error::Setting { name: "k", expected, found: k as f64 });
    }
    let excess = |state: &mut State, node: usize| {
        let mut distances = distances(state, node);
        let own = points.row(node);
        let mut near: Vec<(f64, usize)> = (0..n)
            .filter(|&other| other != node)
            .map(|other| {
                let point = points.row(other);
                ((own[0] - point[0]).powi(2) + (own[1] - point[1]).powi(2), other)
            })
            .collect();
        near.select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let of_near: Vec<f64> = near[..k].iter().map(|(_, other)| distances[*other]).collect();
        // A node is no rank of its own.
        distances.swap_remove(node);
        distances.sort_unstable_by(f64::total_cmp);
        let rank = |distance: f64| distances.partition_point(|other| *other < distance) + 1;
        of_near.into_iter().map(|distance| rank(distance).saturating_sub(k) as u64).sum::<u64>()
    };
    let excesses: Vec<u64> = (0..n).into_par_iter().map_init(state, excess).collect();
    let worst = (n * k) as f64 * (2 * n - 3 * k - 1) as f64;
    Ok(1.0 - 2.0 / worst * excesses.iter().sum::<u64>() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn points_that_are_the_rows_are_trustworthy_and_others_lose_ranks() {
        let rows = array![[0.0f32], [1.0], [2.5], [4.5], [7.0]];
        let points =
            |places: [f64; 5]| Array2::from_shape_fn((5, 2), |(i, j)| if j == 0 { places[i] } else { 0.0 });
        let of = |places| trustworthiness_of_rows(rows.view(), points(places).view(), 1).unwrap();
        assert_eq!(of([0.0, 1.0, 2.5, 4.5, 7.0]), 1.0);
        // Rows 0 and 4 change places: 1, whose nearest point is 4 of rank 4, loses 3; 4 with 1 of rank 3 loses 2; 0 with 3 of rank 3
        // loses 2, and 3 with 2 nothing.
        let expected = 1.0 - 2.0 / (5.0 * 6.0) * (3.0 + 2.0 + 2.0);
        approx::assert_relative_eq!(of([7.0, 1.0, 2.5, 4.5, 0.0]), expected, max_relative = 1e-14);
    }

    #[test]
    fn equals_have_the_rank_of_the_first() {
        // A star: all leaves are as far from each other.
        let graph = Graph::from_csr(&[0, 4, 5, 6, 7, 8], &[1, 2, 3, 4, 0, 0, 0, 0]).unwrap();
        let points = array![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]];
        assert_eq!(trustworthiness_of_graph(&graph, points.view(), 2).unwrap(), 1.0);
        let message = trustworthiness_of_graph(&graph, points.view(), 3).unwrap_err().to_string();
        assert_eq!(message, "`k` must be at least 1 and below half of the number of nodes, got 3");
    }
}
