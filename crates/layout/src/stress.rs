use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::graph::Graph;
use crate::shortest_paths::ShortestPaths;

/// How well distances of points are those of shortest paths; lower is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stress {
    /// The mean of (1 − s ‖yᵢ − yⱼ‖ / δᵢⱼ)² over pairs with a path, at the scale s where it is least; in [0, 1]. 0 for points with
    /// exactly these distances, 1 for points that coincide.
    pub normalized: f64,
    /// The scale s.
    pub scale: f64,
}

impl Stress {
    /// Compares all pairs of one component each: O(nodes · edges + nodes²) time, O(nodes) memory a thread. Zero for a graph
    /// without such pairs.
    ///
    /// # Shapes
    /// points `[nodes, 2]`
    ///
    /// # Panics
    /// When there is not a point for each node.
    pub fn of(graph: &Graph, points: ArrayView2<f64>) -> Self {
        assert_eq!(points.dim(), (graph.num_nodes(), 2), "stress: expected a point for each node");
        let of_node = |paths: &mut ShortestPaths, node: u32| {
            let (mut sum, mut sum_sq, mut num_pairs) = (0.0, 0.0, 0u64);
            let own = points.row(node as usize);
            for (other, distance) in points.rows().into_iter().zip(paths.from(node)) {
                if *distance > 0.0 && distance.is_finite() {
                    let ratio = (own[0] - other[0]).hypot(own[1] - other[1]) / distance;
                    sum += ratio;
                    sum_sq += ratio * ratio;
                    num_pairs += 1;
                }
            }
            (sum, sum_sq, num_pairs)
        };
        let nodes = (0..graph.num_nodes() as u32).into_par_iter();
        let parts: Vec<(f64, f64, u64)> = nodes.map_init(|| ShortestPaths::new(*graph), of_node).collect();
        let (sum, sum_sq, num_pairs) =
            parts.into_iter().fold((0.0, 0.0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
        if sum_sq == 0.0 {
            return Self { normalized: if num_pairs == 0 { 0.0 } else { 1.0 }, scale: 1.0 };
        }
        let scale = sum / sum_sq;
        // Rounding may lead below 0; `max` would hide points that are not numbers.
        let normalized = 1.0 - scale * sum / num_pairs as f64;
        Self { normalized: if normalized < 0.0 { 0.0 } else { normalized }, scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn matches_the_case_worked_by_hand() {
        // A path 0 – 1 – 2 whose ends lie at a right angle, at twice the scale; node 3 alone.
        let graph = Graph::from_csr(&[0, 1, 3, 4, 4], &[1, 0, 2, 1]).unwrap();
        let points = array![[2.0, 0.0], [0.0, 0.0], [0.0, 2.0], [9.0, 9.0]];
        let found = Stress::of(&graph, points.view());
        // Ratios 2, 2 and √2: s = (4 + √2) / 10.
        let scale = (4.0 + 2.0f64.sqrt()) / 10.0;
        let expected = (2.0 * (1.0 - 2.0 * scale).powi(2) + (1.0 - 2.0f64.sqrt() * scale).powi(2)) / 3.0;
        approx::assert_relative_eq!(found.scale, scale, max_relative = 1e-14);
        approx::assert_relative_eq!(found.normalized, expected, max_relative = 1e-12);
    }

    #[test]
    fn points_that_coincide_are_worst() {
        let graph = Graph::from_csr(&[0, 1, 2], &[1, 0]).unwrap();
        assert_eq!(Stress::of(&graph, array![[1.0, 1.0], [1.0, 1.0]].view()).normalized, 1.0);
        assert_eq!(
            Stress::of(&Graph::from_csr(&[0, 0], &[]).unwrap(), array![[1.0, 1.0]].view()).normalized,
            0.0
        );
    }
}
