use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::Array2;
use rand::{Rng, RngExt};
use rayon::prelude::*;

use crate::error::Error;
use crate::finite_rows::FiniteRows;
use crate::rows::Rows;

/// Rows in one piece of work.
const ROWS_PER_TASK: usize = 256;
/// Pieces whose sums are held at one time. Fixed, like their order: sums of f64 depend on it.
const TASKS_AT_ONCE: usize = 16;

/// Settings of k-means: Lloyd's iterations from centers drawn by k-means++ (Arthur and Vassilvitskii 2007), restarted,
/// of which the run with the lowest inertia Σᵢ ‖xᵢ − c(i)‖² is kept.
///
/// Departure from scikit-learn: k-means++ draws one candidate a center, not the best of several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KMeansConfig {
    /// The number of clusters; at least 1, at most the number of rows.
    pub num_clusters: usize,
    /// The number of runs, each from centers of its own; at least 1.
    pub num_runs: usize,
    /// The most iterations of a run; at least 1.
    pub max_iter: usize,
    /// A run ends when the centers' squared steps add up to at most this part of the mean variance of the columns; not
    /// negative.
    pub tol: f64,
}

/// Clusters found by k-means.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// The cluster of each row.
    pub clusters: Vec<usize>,
    /// The centers, `[clusters, d_input]`.
    pub centers: Array2<f64>,
    /// Σᵢ ‖xᵢ − c(i)‖², lower is better.
    pub inertia: f64,
    /// The iterations of the run that was kept.
    pub num_iterations: usize,
}

impl KMeansConfig {
    /// So many clusters; 10 runs of at most 300 iterations, tolerance 1e-4.
    pub fn new(num_clusters: usize) -> Self {
        Self { num_clusters, num_runs: 10, max_iter: 300, tol: 1e-4 }
    }

    /// Finds the clusters of the rows, as they are given or [scaled to unit
    /// length](Rows::scaled_to_unit_length). The same generator gives the same bits, whatever the number of threads.
    /// An iteration costs `O(nodes · d_input · clusters)`; memory beyond the rows is `O(nodes + clusters · d_input)`.
    ///
    /// # Shapes
    /// rows `[nodes, d_input]`
    ///
    /// # Errors
    /// A setting out of range, fewer rows than clusters, a value that is not finite.
    pub fn fit(&self, rows: &Rows, rng: &mut impl Rng) -> Result<KMeans, Error> {
        self.check()?;
        if rows.num_rows() < self.num_clusters {
            return Err(Error::TooFewRows {
                purpose: "k-means",
                expected: self.num_clusters,
                found: rows.num_rows(),
            });
        }
        let points = Points::new(FiniteRows::check(rows)?);
        let step_tol = self.tol * points.mean_variance();
        let mut best: Option<KMeans> = None;
        for _ in 0..self.num_runs {
            let centers = points.draw_centers(self.num_clusters, rng);
            let found = points.lloyd(centers, self.num_clusters, self.max_iter, step_tol);
            if best.as_ref().is_none_or(|best| found.inertia < best.inertia) {
                best = Some(found);
            }
        }
        Ok(best.expect("there is one run at least"))
    }

    fn check(&self) -> Result<(), Error> {
        for (name, value) in
            [("num_clusters", self.num_clusters), ("num_runs", self.num_runs), ("max_iter", self.max_iter)]
        {
            if value == 0 {
                return Err(Error::Setting { name, expected: "at least 1", found: 0.0 });
            }
        }
        if self.tol.is_nan() || self.tol < 0.0 {
            return Err(Error::Setting { name: "tol", expected: "0 or more", found: self.tol });
        }
        Ok(())
    }
}

struct Points<'a> {
    rows: FiniteRows<'a>,
    lengths_sq: Vec<f64>,
}

/// The nearest center of each row of a piece, and what the rows of each cluster add up to.
struct Piece {
    nearest: Vec<(usize, f64)>,
    sums: Vec<f64>,
}

impl<'a> Points<'a> {
    fn new(rows: FiniteRows<'a>) -> Self {
        Self { lengths_sq: rows.lengths_sq(), rows }
    }

    fn mean_variance(&self) -> f64 {
        let (n, d) = (self.rows.num_rows(), self.rows.d_input());
        let mut mean = vec![0.0; d];
        let no_centers = vec![0.0; d];
        self.for_each_piece(&no_centers, 1, |_, piece| add(&mut mean, &piece.sums));
        let mean_sq: f64 = mean.iter().map(|sum| (sum / n as f64).powi(2)).sum();
        ((self.lengths_sq.iter().sum::<f64>() / n as f64 - mean_sq) / d.max(1) as f64).max(0.0)
    }

    /// The first center is a row drawn evenly; each further one a row drawn with a weight of its squared distance to
    /// the nearest center so far.
    fn draw_centers(&self, num_clusters: usize, rng: &mut impl Rng) -> Vec<f64> {
        let (n, d) = (self.rows.num_rows(), self.rows.d_input());
        let mut centers = vec![0.0; num_clusters * d];
        let mut distances_sq = vec![f64::INFINITY; n];
        let mut row = rng.random_range(0..n);
        for cluster in 0..num_clusters {
            let center = &mut centers[cluster * d..][..d];
            self.rows.read(row, center);
            if cluster + 1 == num_clusters {
                break;
            }
            self.for_each_piece(center, 1, |first, piece| {
                for (known, (_, found)) in distances_sq[first..].iter_mut().zip(&piece.nearest) {
                    *known = known.min(*found);
                }
            });
            distances_sq[row] = 0.0;
            row = draw(&distances_sq, rng);
        }
        centers
    }

    fn lloyd(&self, mut centers: Vec<f64>, num_clusters: usize, max_iter: usize, step_tol: f64) -> KMeans {
        let (n, d) = (self.rows.num_rows(), self.rows.d_input());
        let mut nearest: Vec<(usize, f64)> = vec![(usize::MAX, 0.0); n];
        let mut num_iterations = 0;
        loop {
            let mut sums = vec![0.0; centers.len()];
            let mut same = true;
            self.for_each_piece(&centers, num_clusters, |first, piece| {
                add(&mut sums, &piece.sums);
                let known = &mut nearest[first..][..piece.nearest.len()];
                same &= known.iter().zip(&piece.nearest).all(|(known, found)| known.0 == found.0);
                known.copy_from_slice(&piece.nearest);
            });
            // The assignment belongs to the centers it was made by: both are given back.
            if same || num_iterations == max_iter {
                break;
            }
            num_iterations += 1;
            let next = self.means(sums, &mut nearest, num_clusters);
            let step: f64 = next.iter().zip(&centers).map(|(a, b)| (a - b).powi(2)).sum();
            centers = next;
            // One more assignment, to the centers just found, and no further iteration.
            if step <= step_tol {
                self.for_each_piece(&centers, num_clusters, |first, piece| {
                    nearest[first..][..piece.nearest.len()].copy_from_slice(&piece.nearest);
                });
                break;
            }
        }
        KMeans {
            clusters: nearest.iter().map(|(cluster, _)| *cluster).collect(),
            inertia: nearest.iter().map(|(_, distance_sq)| distance_sq).sum(),
            centers: Array2::from_shape_vec((num_clusters, d), centers).expect("a row for each center"),
            num_iterations,
        }
    }

    /// The mean of each cluster. A cluster without rows takes the row farthest from its center, as in scikit-learn.
    fn means(&self, mut sums: Vec<f64>, nearest: &mut [(usize, f64)], num_clusters: usize) -> Vec<f64> {
        let d = self.rows.d_input();
        let mut sizes = vec![0usize; num_clusters];
        nearest.iter().for_each(|(cluster, _)| sizes[*cluster] += 1);
        let mut row = vec![0.0; d];
        for empty in 0..num_clusters {
            if sizes[empty] > 0 {
                continue;
            }
            let mut farthest = 0;
            for (node, (_, distance_sq)) in nearest.iter().enumerate() {
                if *distance_sq > nearest[farthest].1 {
                    farthest = node;
                }
            }
            let from = nearest[farthest].0;
            // All rows lie on their centers, or the last row would be taken: the cluster stays where it was drawn.
            if sizes[from] <= 1 {
                continue;
            }
            self.rows.read(farthest, &mut row);
            for column in 0..d {
                sums[from * d + column] -= row[column];
                sums[empty * d + column] += row[column];
            }
            sizes[from] -= 1;
            sizes[empty] += 1;
            nearest[farthest] = (empty, 0.0);
        }
        for (cluster, &size) in sizes.iter().enumerate() {
            sums[cluster * d..][..d].iter_mut().for_each(|sum| *sum /= size.max(1) as f64);
        }
        sums
    }

    /// Assigns every row to the nearest center, the first of equals, and gives the pieces in order, each with its
    /// first row.
    fn for_each_piece(&self, centers: &[f64], num_clusters: usize, mut visit: impl FnMut(usize, Piece)) {
        let (n, d) = (self.rows.num_rows(), self.rows.d_input());
        let half_lengths_sq: Vec<f64> = (0..num_clusters)
            .map(|cluster| centers[cluster * d..][..d].iter().map(|value| value * value).sum::<f64>() / 2.0)
            .collect();
        let starts: Vec<usize> = (0..n).step_by(ROWS_PER_TASK).collect();
        for starts in starts.chunks(TASKS_AT_ONCE) {
            let pieces: Vec<Piece> =
                starts.par_iter().map(|&first| self.piece(first, centers, &half_lengths_sq)).collect();
            starts.iter().zip(pieces).for_each(|(&first, piece)| visit(first, piece));
        }
    }

    fn piece(&self, first: usize, centers: &[f64], half_lengths_sq: &[f64]) -> Piece {
        let (d, num_clusters) = (self.rows.d_input(), half_lengths_sq.len());
        let rows = ROWS_PER_TASK.min(self.rows.num_rows() - first);
        let mut values = vec![0.0; rows * d];
        self.rows.read_all(first..first + rows, &mut values);
        let mut products = vec![0.0; rows * num_clusters];
        matmul(
            MatMut::from_row_major_slice_mut(&mut products, rows, num_clusters),
            Accum::Replace,
            MatRef::from_row_major_slice(&values, rows, d),
            MatRef::from_row_major_slice(centers, num_clusters, d).transpose(),
            1.0,
            Par::Seq,
        );
        let mut piece = Piece { nearest: Vec::with_capacity(rows), sums: vec![0.0; num_clusters * d] };
        for (row, products) in products.chunks_exact(num_clusters).enumerate() {
            // ‖x − c‖² = ‖x‖² − 2 (x·c − ‖c‖²/2): the nearest center has the largest bracket.
            let mut best = (0, f64::NEG_INFINITY);
            for (cluster, (product, half)) in products.iter().zip(half_lengths_sq).enumerate() {
                if product - half > best.1 {
                    best = (cluster, product - half);
                }
            }
            let distance_sq = (self.lengths_sq[first + row] - 2.0 * best.1).max(0.0);
            piece.nearest.push((best.0, distance_sq));
            add(&mut piece.sums[best.0 * d..][..d], &values[row * d..][..d]);
        }
        piece
    }
}

fn add(sums: &mut [f64], values: &[f64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// An index, drawn with these weights; evenly when all are zero.
fn draw(weights: &[f64], rng: &mut impl Rng) -> usize {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return rng.random_range(0..weights.len());
    }
    let mut left = rng.random::<f64>() * total;
    let mut last = 0;
    for (index, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        if left < weight {
            return index;
        }
        left -= weight;
        last = index;
    }
    // Rounding can leave a crumb beyond the last weight.
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clustering::ClusteringScores;
    use ndarray::array;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    /// Four groups around the corners of a square, and the group of each row.
    fn corners(n: usize, noise: f32) -> (Array2<f32>, Vec<usize>) {
        let mut rng = rng(7);
        let groups: Vec<usize> = (0..n).map(|i| i % 4).collect();
        let matrix = Array2::from_shape_fn((n, 5), |(i, j)| {
            let corner = [groups[i] & 1, groups[i] >> 1].get(j).map_or(0.0, |&bit| 10.0 * bit as f32);
            corner + noise * (rng.random::<f32>() - 0.5)
        });
        (matrix, groups)
    }

    #[test]
    fn finds_groups_that_lie_apart() {
        let (matrix, groups) = corners(1000, 2.0);
        let found = KMeansConfig::new(4).fit(&Rows::dense(matrix.view()), &mut rng(0)).unwrap();
        assert_eq!(ClusteringScores::new(&groups, &found.clusters).accuracy, 1.0);
    }

    #[test]
    fn inertia_and_centers_belong_to_the_clusters() {
        let (matrix, _) = corners(300, 12.0);
        for config in [
            KMeansConfig::new(3),
            KMeansConfig { max_iter: 2, ..KMeansConfig::new(3) },
            KMeansConfig { tol: 0.1, ..KMeansConfig::new(3) },
        ] {
            let found = config.fit(&Rows::dense(matrix.view()), &mut rng(3)).unwrap();
            let distance_sq = |row: usize, cluster: usize| -> f64 {
                let pairs = matrix.row(row).into_iter().zip(found.centers.row(cluster));
                pairs.map(|(x, c)| (f64::from(*x) - c).powi(2)).sum()
            };
            let inertia: f64 = (0..300).map(|row| distance_sq(row, found.clusters[row])).sum();
            approx::assert_relative_eq!(found.inertia, inertia, max_relative = 1e-10);
            for row in 0..300 {
                let nearest = (0..3).map(|c| distance_sq(row, c)).fold(f64::INFINITY, f64::min);
                assert!(distance_sq(row, found.clusters[row]) <= nearest + 1e-9);
            }
        }
    }

    #[test]
    fn two_points_and_two_clusters_are_solved_exactly() {
        let matrix = array![[0.0f32, 3.0], [4.0, 0.0], [0.0, 3.0]];
        let found = KMeansConfig::new(2).fit(&Rows::dense(matrix.view()), &mut rng(1)).unwrap();
        assert_eq!(found.inertia, 0.0);
        assert!(found.clusters[0] == found.clusters[2] && found.clusters[0] != found.clusters[1]);
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let (matrix, _) = corners(5000, 9.0);
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| KMeansConfig::new(6).fit(&Rows::dense(matrix.view()), &mut rng(5)).unwrap())
        };
        let one = fit(1);
        assert_eq!(one, fit(2));
        assert_eq!(one, fit(5));
    }

    #[test]
    fn equal_rows_and_more_clusters_than_distinct_rows_are_no_trouble() {
        let matrix = Array2::<f32>::ones((20, 3));
        let found = KMeansConfig::new(4).fit(&Rows::dense(matrix.view()), &mut rng(0)).unwrap();
        assert_eq!(found.inertia, 0.0);
        let without_columns = Array2::<f32>::zeros((4, 0));
        let found = KMeansConfig::new(2).fit(&Rows::dense(without_columns.view()), &mut rng(0)).unwrap();
        assert_eq!((found.clusters, found.inertia), (vec![0; 4], 0.0));
    }

    #[test]
    fn a_cluster_left_without_rows_takes_the_farthest_one() {
        let matrix = array![[0.0f32], [1.0], [10.0]];
        let points = Points::new(FiniteRows::check(&Rows::dense(matrix.view())).unwrap());
        let found = points.lloyd(vec![0.5, 100.0], 2, 10, 0.0);
        assert_eq!((found.clusters, found.inertia), (vec![0, 0, 1], 0.5));
    }

    #[test]
    fn refuses_settings_and_rows_that_cannot_be() {
        let matrix = array![[1.0f32], [2.0]];
        let message = |config: KMeansConfig| {
            config.fit(&Rows::dense(matrix.view()), &mut rng(0)).unwrap_err().to_string()
        };
        let default = KMeansConfig::new(2);
        assert_eq!(message(KMeansConfig::new(0)), "`num_clusters` must be at least 1, got 0");
        assert_eq!(message(KMeansConfig { num_runs: 0, ..default }), "`num_runs` must be at least 1, got 0");
        assert_eq!(message(KMeansConfig { tol: -1.0, ..default }), "`tol` must be 0 or more, got -1");
        assert_eq!(message(KMeansConfig::new(3)), "rows: expected at least 3 for k-means, found 2");
    }
}
