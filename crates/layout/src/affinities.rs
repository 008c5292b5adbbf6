use evaluation::{Rows, nearest_rows};
use rayon::prelude::*;
use row_kernels::{mix, multiversion};

use crate::error::Error;
use crate::forces::Pairs;
use crate::graph::Graph;
use crate::perplexity::probabilities;
use crate::shortest_paths::ShortestPaths;

/// Points whose attraction one task adds up.
const POINTS_PER_TASK: usize = 128;
/// Partial sums side by side.
const LANES: usize = 8;

/// The joint probabilities P of t-SNE, symmetric, with a zero diagonal: node i has `columns[starts[i]..starts[i + 1]]`.
///
/// `p_ij = (p_j|i + p_i|j) / 2n`, with Gaussians about each node, as wide as makes their entropy log perplexity (van der Maaten
/// 2014, arXiv 1301.3342, equations 3 and 4).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Affinities {
    starts: Vec<usize>,
    columns: Vec<u32>,
    /// Add up to 1.
    values: Vec<f64>,
}

impl Affinities {
    /// P of the distances between rows: all others of each row, or its nearest 3 · perplexity. These are found exactly:
    /// O(nodes² · d_input).
    pub(crate) fn of_rows(rows: &Rows, perplexity: f64, pairs: Pairs) -> Result<Self, Error> {
        let nearest = nearest_rows(rows, num_neighbors(rows.num_rows(), perplexity, pairs))?;
        let conditional = |nearest: &Vec<(usize, f64)>| {
            let distances_sq: Vec<f64> = nearest.iter().map(|(_, distance_sq)| *distance_sq).collect();
            let probabilities = probabilities(&distances_sq, perplexity);
            nearest.iter().zip(probabilities).map(|((node, _), p)| (*node as u32, p)).collect()
        };
        Ok(Self::symmetric(nearest.par_iter().map(conditional).collect()))
    }

    /// P of the shortest paths of a connected graph: all others of each node, or its nearest 3 · perplexity.
    ///
    /// Many nodes are equally far. Where only some of them have a place, these are drawn by a hash, and stand for all of them.
    pub(crate) fn of_graph(graph: Graph, perplexity: f64, pairs: Pairs) -> Self {
        let n = graph.num_nodes();
        let k = num_neighbors(n, perplexity, pairs);
        let conditional = |paths: &mut ShortestPaths, node: u32| {
            let nearest = paths.nearest(node, k);
            let distances_sq: Vec<f64> = nearest.iter().map(|(_, distance)| distance * distance).collect();
            let probabilities = probabilities(&distances_sq, perplexity);
            let entries = nearest.iter().zip(probabilities).map(|((other, _), p)| (*other, p)).collect();
            sample_last(entries, distances_sq, node, k)
        };
        let nodes = (0..n as u32).into_par_iter();
        Self::symmetric(nodes.map_init(|| ShortestPaths::new(graph), conditional).collect())
    }

    fn symmetric(mut conditional: Vec<Vec<(u32, f64)>>) -> Self {
        let n = conditional.len();
        let lengths: Vec<usize> = conditional.iter().map(Vec::len).collect();
        for node in 0..n {
            for place in 0..lengths[node] {
                let (other, probability) = conditional[node][place];
                conditional[other as usize].push((node as u32, probability));
            }
        }
        let (mut starts, mut columns, mut values) = (vec![0], Vec::new(), Vec::new());
        for mut entries in conditional {
            // A pair that is there from both sides has two entries, whose sum is the same in either order.
            entries.sort_by_key(|(other, _)| *other);
            for same in entries.chunk_by(|a, b| a.0 == b.0) {
                columns.push(same[0].0);
                values.push(same.iter().map(|(_, probability)| probability).sum::<f64>() / (2 * n) as f64);
            }
            starts.push(columns.len());
        }
        Self { starts, columns, values }
    }

    fn of(&self, node: usize) -> (&[u32], &[f64]) {
        let range = self.starts[node]..self.starts[node + 1];
        (&self.columns[range.clone()], &self.values[range])
    }

    /// Σⱼ pᵢⱼ wᵢⱼ (yᵢ − yⱼ) for each point, wᵢⱼ = 1 / (1 + ‖yᵢ − yⱼ‖²). O(affinities).
    pub(crate) fn attraction(&self, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let mut forces = vec![[0.0; 2]; points.len()];
        forces.par_chunks_mut(POINTS_PER_TASK).enumerate().for_each(|(task, forces)| {
            for (node, force) in (task * POINTS_PER_TASK..).zip(forces) {
                let (columns, values) = self.of(node);
                *force = attract(points[node], points, columns, values);
            }
        });
        forces
    }

    /// KL(P ‖ Q) = Σ pᵢⱼ log(pᵢⱼ / qᵢⱼ) in nats, where qᵢⱼ = wᵢⱼ / `total`.
    pub(crate) fn divergence(&self, points: &[[f64; 2]], total: f64) -> f64 {
        let of_node = |node: usize| {
            let (columns, values) = self.of(node);
            let terms = columns.iter().zip(values).filter(|(_, p)| **p > 0.0).map(|(&other, p)| {
                let ([x, y], [other_x, other_y]) = (points[node], points[other as usize]);
                let inverse_w = 1.0 + (x - other_x).powi(2) + (y - other_y).powi(2);
                p * (p * total * inverse_w).ln()
            });
            terms.sum::<f64>()
        };
        let parts: Vec<f64> = (0..points.len()).into_par_iter().map(of_node).collect();
        parts.iter().sum()
    }
}

fn num_neighbors(n: usize, perplexity: f64, pairs: Pairs) -> usize {
    let others = n.saturating_sub(1);
    match pairs {
        Pairs::All => others,
        Pairs::Tree { .. } => ((3.0 * perplexity) as usize).min(others),
    }
}

/// Leaves k entries: of those at the largest distance only as many as have a place, drawn by a hash, with the probability of
/// all of them.
fn sample_last(mut entries: Vec<(u32, f64)>, distances_sq: Vec<f64>, node: u32, k: usize) -> Vec<(u32, f64)> {
    if entries.len() > k {
        let last = distances_sq[distances_sq.len() - 1];
        let ring = distances_sq.partition_point(|distance_sq| *distance_sq < last);
        let scale = (entries.len() - ring) as f64 / (k - ring) as f64;
        entries[ring..].sort_by_key(|(other, _)| (mix(mix(node) ^ other), *other));
        entries.truncate(k);
        entries[ring..].iter_mut().for_each(|(_, probability)| *probability *= scale);
    }
    entries
}

multiversion! {
    /// Σ p w (point − other) over the others named by `columns`.
    fn attract(point: [f64; 2], points: &[[f64; 2]], columns: &[u32], values: &[f64]) -> [f64; 2] = attract_body
}

#[inline(always)]
fn attract_body(point: [f64; 2], points: &[[f64; 2]], columns: &[u32], values: &[f64]) -> [f64; 2] {
    let mut sums = [[0.0; LANES]; 2];
    let (blocks, rest) = columns.as_chunks::<LANES>();
    let (value_blocks, value_rest) = values.as_chunks::<LANES>();
    for (columns, values) in blocks.iter().zip(value_blocks) {
        add_pulls(&mut sums, point, points, columns, values);
    }
    // Filled up with others that do not pull.
    let (mut columns, mut values) = ([0; LANES], [0.0; LANES]);
    columns[..rest.len()].copy_from_slice(rest);
    values[..rest.len()].copy_from_slice(value_rest);
    add_pulls(&mut sums, point, points, &columns, &values);
    sums.map(|sums| ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])))
}

#[inline(always)]
fn add_pulls(
    sums: &mut [[f64; LANES]; 2],
    point: [f64; 2],
    points: &[[f64; 2]],
    columns: &[u32; LANES],
    values: &[f64; LANES],
) {
    let (mut dx, mut dy) = ([0.0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        let [x, y] = points[columns[lane] as usize];
        (dx[lane], dy[lane]) = (point[0] - x, point[1] - y);
    }
    for lane in 0..LANES {
        let pull = values[lane] / dx[lane].mul_add(dx[lane], dy[lane].mul_add(dy[lane], 1.0));
        sums[0][lane] = pull.mul_add(dx[lane], sums[0][lane]);
        sums[1][lane] = pull.mul_add(dy[lane], sums[1][lane]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn dense(affinities: &Affinities) -> Array2<f64> {
        let n = affinities.starts.len() - 1;
        let mut dense = Array2::zeros((n, n));
        for i in 0..n {
            let (columns, values) = affinities.of(i);
            columns.iter().zip(values).for_each(|(&j, &p)| dense[[i, j as usize]] = p);
        }
        dense
    }

    #[test]
    fn the_joint_probabilities_are_symmetric_and_add_up_to_one() {
        let matrix = Array2::from_shape_fn((200, 5), |(i, j)| ((i * 5 + j) as f32 * 0.61).sin());
        for pairs in [Pairs::All, Pairs::Tree { theta: 0.5 }] {
            let affinities = Affinities::of_rows(&Rows::dense(matrix.view()), 10.0, pairs).unwrap();
            approx::assert_relative_eq!(affinities.values.iter().sum::<f64>(), 1.0, max_relative = 1e-12);
            let dense = dense(&affinities);
            assert_eq!(dense, dense.t());
            assert!(dense.diag().iter().all(|p| *p == 0.0));
            assert_eq!(affinities.columns.len() == 200 * 199, pairs == Pairs::All);
        }
    }

    #[test]
    fn nodes_drawn_from_the_last_ring_stand_for_all_of_it() {
        let entries = (0..10).map(|node| (node, 0.1)).collect();
        let distances_sq = [1.0, 1.0, 1.0, 1.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0].to_vec();
        let found = sample_last(entries, distances_sq, 77, 6);
        assert_eq!(found.len(), 6);
        assert_eq!(found[..4].iter().map(|(node, _)| *node).collect::<Vec<_>>(), [0, 1, 2, 3]);
        for (node, p) in &found[4..] {
            assert!(*node >= 4);
            approx::assert_relative_eq!(*p, 0.3, max_relative = 1e-12);
        }
    }

    #[test]
    fn the_chosen_version_and_the_baseline_give_the_same_bits() {
        let points: Vec<[f64; 2]> = (0..21).map(|i| [f64::from(i).sin(), f64::from(i * i).cos()]).collect();
        let (columns, values): (Vec<u32>, Vec<f64>) =
            (0..21).map(|i| (20 - i, 1.0 / f64::from(i + 1))).unzip();
        for len in [0, 8, 21] {
            let (columns, values) = (&columns[..len], &values[..len]);
            let found = attract([0.3, 0.4], &points, columns, values);
            assert_eq!(found, attract_body([0.3, 0.4], &points, columns, values));
        }
    }

    #[test]
    fn attraction_and_divergence_match_plain_loops() {
        let matrix = Array2::from_shape_fn((60, 3), |(i, j)| ((i * 3 + j) as f32 * 0.37).cos());
        let affinities =
            Affinities::of_rows(&Rows::dense(matrix.view()), 7.3, Pairs::Tree { theta: 0.0 }).unwrap();
        let points: Vec<[f64; 2]> = (0..60).map(|i| [(i as f64).sin(), (1.7 * i as f64).cos()]).collect();
        let (p, found) = (dense(&affinities), affinities.attraction(&points));
        let mut divergence = 0.0;
        for i in 0..60 {
            let mut expected = [0.0; 2];
            for j in 0..60 {
                let (dx, dy) = (points[i][0] - points[j][0], points[i][1] - points[j][1]);
                let w = 1.0 / (1.0 + dx * dx + dy * dy);
                expected[0] += p[[i, j]] * w * dx;
                expected[1] += p[[i, j]] * w * dy;
                divergence += if p[[i, j]] > 0.0 { p[[i, j]] * (p[[i, j]] * 20.0 / w).ln() } else { 0.0 };
            }
            approx::assert_relative_eq!(found[i][0], expected[0], max_relative = 1e-10, epsilon = 1e-15);
            approx::assert_relative_eq!(found[i][1], expected[1], max_relative = 1e-10, epsilon = 1e-15);
        }
        approx::assert_relative_eq!(affinities.divergence(&points, 20.0), divergence, max_relative = 1e-12);
    }
}
