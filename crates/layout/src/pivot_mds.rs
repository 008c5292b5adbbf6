use evaluation::Eigen;
use faer::Mat;
use rand::Rng;

use crate::components::{Placed, place_each};
use crate::error::Error;
use crate::graph::Graph;
use crate::placement::{Layout, Placement};
use crate::shortest_paths::ShortestPaths;

/// PivotMDS (Brandes and Pich 2007): classical scaling of the shortest paths to some pivots.
///
/// With the squared distances δ² of n nodes to k pivots, centred twice, C = −½ (δ² − row means − column means + mean), `[n, k]`,
/// a node's place is its row of C times the two top eigenvectors of CᵀC, scaled to the distances: distances between points
/// times the one factor that makes the stress to the pivots least. The first pivot is the farthest node from the first
/// node, each further one the farthest from all pivots before it (max–min). Nothing is drawn at random, and no steps are taken.
/// O(k · edges + n k² + k³). Components are placed apart. As few as four pivots of a tree show its leaves on one place.
///
/// The objective is the normalised stress of the distances to the pivots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PivotMdsConfig {
    /// Pivots of a component; at least 1, and no more than it has nodes are used.
    pub num_pivots: usize,
}

impl Default for PivotMdsConfig {
    fn default() -> Self {
        Self { num_pivots: 100 }
    }
}

impl Layout<Graph<'_>> for PivotMdsConfig {
    fn place(&self, graph: &Graph<'_>, _rng: &mut dyn Rng) -> Result<Placement, Error> {
        self.check()?;
        place_each(*graph, |component| self.place_connected(component))
    }
}

impl PivotMdsConfig {
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.num_pivots == 0 {
            return Err(Error::Setting { name: "num_pivots", expected: "at least 1", found: 0.0 });
        }
        Ok(())
    }

    pub(crate) fn place_connected(&self, graph: Graph) -> Result<Placed, Error> {
        let distances = distances_to_pivots(graph, self.num_pivots.min(graph.num_nodes()));
        let mut points = coordinates(&distances)?;
        let objective = scale_to(&mut points, &distances);
        Ok(Placed { points, objective, history: Vec::new() })
    }
}

/// A pivot's distances of all nodes and its own node.
struct Pivot {
    node: u32,
    distances: Vec<f64>,
}

fn distances_to_pivots(graph: Graph, k: usize) -> Vec<Pivot> {
    let mut paths = ShortestPaths::new(graph);
    let mut to_nearest = paths.from(0).to_vec();
    let mut pivots = Vec::with_capacity(k);
    for _ in 0..k {
        // The first of equals.
        let node = (0..to_nearest.len()).rev().max_by(|&a, &b| to_nearest[a].total_cmp(&to_nearest[b]));
        let node = node.expect("a component has a node") as u32;
        let distances = paths.from(node).to_vec();
        if pivots.is_empty() {
            to_nearest.clone_from(&distances);
        }
        to_nearest.iter_mut().zip(&distances).for_each(|(nearest, own)| *nearest = nearest.min(*own));
        pivots.push(Pivot { node, distances });
    }
    pivots
}

/// C · V with the top two eigenvectors V of CᵀC.
fn coordinates(pivots: &[Pivot]) -> Result<Vec<[f64; 2]>, Error> {
    let (n, k) = (pivots[0].distances.len(), pivots.len());
    let mut centered = vec![0.0; n * k];
    for (column, pivot) in pivots.iter().enumerate() {
        let squares = pivot.distances.iter().map(|distance| distance * distance);
        let mean = squares.clone().sum::<f64>() / n as f64;
        squares.enumerate().for_each(|(node, square)| centered[node * k + column] = -0.5 * (square - mean));
    }
    for row in centered.chunks_exact_mut(k) {
        let mean = row.iter().sum::<f64>() / k as f64;
        row.iter_mut().for_each(|entry| *entry -= mean);
    }
    let mut gram = Mat::<f64>::zeros(k, k);
    for row in centered.chunks_exact(k) {
        for (i, &entry) in row.iter().enumerate() {
            (0..=i).for_each(|j| gram[(i, j)] += entry * row[j]);
        }
    }
    let Eigen { vectors, .. } = Eigen::of(&gram)?;
    let along = |row: &[f64], axis: usize| {
        // One pivot has one axis.
        if axis < k { (0..k).map(|column| row[column] * vectors[(column, axis)]).sum() } else { 0.0 }
    };
    Ok(centered.chunks_exact(k).map(|row| [along(row, 0), along(row, 1)]).collect())
}

/// Scales points to the least stress Σ (1 − ‖yᵢ − yₚ‖ / δᵢₚ)² over nodes and pivots, and gives it as a mean.
fn scale_to(points: &mut [[f64; 2]], pivots: &[Pivot]) -> f64 {
    let (mut sum, mut sum_sq, mut num_pairs) = (0.0, 0.0, 0usize);
    for Pivot { node: pivot, distances } in pivots {
        let [pivot_x, pivot_y] = points[*pivot as usize];
        for ([x, y], distance) in points.iter().zip(distances).filter(|(_, distance)| **distance > 0.0) {
            let ratio = (x - pivot_x).hypot(y - pivot_y) / distance;
            sum += ratio;
            sum_sq += ratio * ratio;
            num_pairs += 1;
        }
    }
    if sum_sq == 0.0 {
        return if num_pairs == 0 { 0.0 } else { 1.0 };
    }
    points.iter_mut().flatten().for_each(|value| *value *= sum / sum_sq);
    (1.0 - sum / sum_sq * sum / num_pairs as f64).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pivots_are_as_far_from_each_other_as_can_be() {
        // A path of five nodes.
        let graph = Graph::from_csr(&[0, 1, 3, 5, 7, 8], &[1, 0, 2, 1, 3, 2, 4, 3]).unwrap();
        let pivots = distances_to_pivots(graph, 3);
        assert_eq!(pivots.iter().map(|pivot| pivot.node).collect::<Vec<_>>(), [4, 0, 2]);
        assert_eq!(pivots[2].distances, [2.0, 1.0, 0.0, 1.0, 2.0]);
    }

    #[test]
    fn a_path_lies_on_a_line_in_its_own_lengths() {
        let graph = Graph::from_csr(&[0, 1, 3, 5, 6], &[1, 0, 2, 1, 3, 2]).unwrap();
        let lengths = [1.0, 1.0, 2.5, 2.5, 0.5, 0.5];
        let graph = graph.with_lengths(&lengths).unwrap();
        let found = PivotMdsConfig { num_pivots: 4 }.place_connected(graph).unwrap();
        assert!(found.objective < 1e-12, "{}", found.objective);
        let along: Vec<f64> =
            found.points.iter().map(|point| (point[0] - found.points[0][0]).abs()).collect();
        for (found, expected) in along.iter().zip([0.0, 1.0, 3.5, 4.0]) {
            approx::assert_abs_diff_eq!(*found, expected, epsilon = 1e-9);
        }
    }

    #[test]
    fn one_node_and_one_pivot_are_no_trouble() {
        let two = Graph::from_csr(&[0, 1, 2], &[1, 0]).unwrap();
        for num_pivots in [1, 2, 9] {
            let found = PivotMdsConfig { num_pivots }.place_connected(two).unwrap();
            assert!(found.points.iter().flatten().all(|value| value.is_finite()), "{:?}", found.points);
        }
        let message = PivotMdsConfig { num_pivots: 0 }.check().unwrap_err().to_string();
        assert_eq!(message, "`num_pivots` must be at least 1, got 0");
    }
}
