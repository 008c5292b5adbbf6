//! Clusters that are short to code.

mod groups;
mod projection;
mod sinkhorn;

use ndarray::{Array2, ArrayView2};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::error::{Error, at_least, positive, within};
use crate::method::{ClusterRates, Clustering, ClusteringMethod};
use crate::samples::Samples;
use crate::spectral_step::{check_clusters, kmeans_clusters};

use self::groups::{GroupCosts, log_det_rate};
use self::projection::project;
use self::sinkhorn::Balance;

/// The part of a row that starts in its cluster of k-means; the rest is spread evenly.
const START_MEMBERSHIP: f64 = 0.9;

/// Clustering by coding rate: memberships Π, `[samples, clusters]`, rows adding up to 1, that maximise the rate reduction R(Z) − R_c(Z, Π)
/// less what the names of the clusters cost. The rows of Z are given, so R is fixed and what is minimised is
///
/// ```text
/// Σ_j (t_j/n) · ½ log det(I_d + d/(t_j ε²) S_j)  +  c · H(t/n),    t_j = Σᵢ π_ij,    S_j = Σᵢ π_ij (zᵢ − m_j)(zᵢ − m_j)ᵀ
/// ```
///
/// in nats a row: the lossy coding length of Ma, Derksen, Hong & Wright 2007 (IEEE TPAMI 29(9)), with soft groups as in CPP (Chu et al.
/// 2023, arXiv 2306.05272) and MLC (Ding et al. 2023, arXiv 2301.01805), but over k clusters instead of pairs of rows. Z is the rows, scaled to
/// length 1, along their leading principal components, scaled to a mean squared length of 1.
///
/// The rate is concave in Π. So each iteration minimises its tangent, which never increases it: a row's cost in a cluster is the derivative
/// of the rate, and its memberships are ∝ exp(−cost/temperature), balanced by Sinkhorn's scaling. At temperature 1, with c = 1, that
/// is expectation-maximisation of Gaussian groups with ε² as their noise; the temperature falls from above 1 to near 0, where the
/// memberships are hard. Of several starts from k-means the one with the lowest objective is kept.
///
/// Departures from CPP: no network is trained, and there are no features but the rows given.
///
/// An iteration costs O(rows · d² · clusters), d the number of components; memory is O(rows · (d_input + clusters)). The components cost
/// O(rows · d_input · m + m³) once, m = min(rows, d_input).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rate {
    /// What a cluster is.
    pub groups: Groups,
    /// Principal components of the rows that are used; at least 1. If not given, one less than the clusters for affine groups (as
    /// many as centers span) and all for linear ones.
    pub num_components: Option<usize>,
    /// ε², the squared error that coding may make of a row, whose squared length is 1 on average; positive. Useful from 0.05 to 0.5.
    pub eps_sq: f64,
    /// c, how much the names of the clusters cost; 0 or more. At 0 clusters tend to equal sizes, at 1 less so.
    pub label_cost: f64,
    /// How far clusters are pulled to equal sizes, from 0, not at all, to 1, equal up to the rounds of Sinkhorn's scaling.
    pub balance: f64,
    /// Temperature of the first iteration, in nats; positive.
    pub start_temperature: f64,
    /// Temperature of the last iteration; positive, at most the first.
    pub end_temperature: f64,
    /// Iterations of each start; at least 1.
    pub iterations: usize,
    /// Starts from k-means; at least 1.
    pub num_starts: usize,
}

/// What a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Groups {
    /// A subspace about a center: m_j is the mean of the cluster.
    Affine,
    /// A subspace through the origin: m_j = 0.
    Linear,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            groups: Groups::Affine,
            num_components: None,
            eps_sq: 0.2,
            label_cost: 1.0,
            balance: 0.0,
            start_temperature: 1.0,
            end_temperature: 0.1,
            iterations: 30,
            num_starts: 5,
        }
    }
}

/// Memberships of one start.
struct Found {
    memberships: Vec<f64>,
    compression: f64,
    label_entropy: f64,
}

impl ClusteringMethod for Rate {
    fn check(&self) -> Result<(), Error> {
        if self.num_components == Some(0) {
            at_least("num_components", 1, "at least 1", 0)?;
        }
        positive("eps_sq", self.eps_sq)?;
        within("label_cost", 0.0..=f64::MAX, "0 or more", self.label_cost)?;
        within("balance", 0.0..=1.0, "from 0 to 1", self.balance)?;
        positive("start_temperature", self.start_temperature)?;
        positive("end_temperature", self.end_temperature)?;
        if self.end_temperature > self.start_temperature {
            let expected = "at most `start_temperature`";
            return Err(Error::Setting { name: "end_temperature", expected, found: self.end_temperature });
        }
        at_least("iterations", 1, "at least 1", self.iterations)?;
        at_least("num_starts", 1, "at least 1", self.num_starts)
    }

    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error> {
        self.check()?;
        check_clusters(num_clusters, rows.nrows())?;
        let samples = Samples::unit(rows)?;
        let num_components = self.num_components.unwrap_or(match self.groups {
            Groups::Affine => num_clusters.saturating_sub(1).max(1),
            Groups::Linear => usize::MAX,
        });
        let projected = project(&samples, self.groups, num_components)?;
        drop(samples);
        let (n, width) = (projected.num_rows(), projected.width());
        let narrow = Array2::from_shape_fn((n, width), |(row, column)| projected.row(row)[column] as f32);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut best: Option<Found> = None;
        for _ in 0..self.num_starts {
            let start = kmeans_clusters(narrow.view(), num_clusters, 1, &mut rng)?;
            let found = self.anneal(&projected, &start, num_clusters)?;
            if best.as_ref().is_none_or(|best| self.objective(&found) < self.objective(best)) {
                best = Some(found);
            }
        }
        let best = best.expect("there is one start at least");
        let clusters = best.memberships.chunks_exact(num_clusters).map(largest).collect();
        let memberships = best.memberships.iter().map(|value| *value as f32).collect();
        let memberships =
            Array2::from_shape_vec((n, num_clusters), memberships).expect("a row for each sample");
        let rates = ClusterRates {
            expansion: log_det_rate(&projected, self.groups, self.eps_sq)?,
            compression: best.compression,
            label_entropy: best.label_entropy,
        };
        Ok(Clustering { memberships: Some(memberships), rates: Some(rates), ..Clustering::of(clusters) })
    }
}

impl Rate {
    fn objective(&self, found: &Found) -> f64 {
        found.compression + self.label_cost * found.label_entropy
    }

    fn anneal(&self, samples: &Samples, start: &[usize], num_clusters: usize) -> Result<Found, Error> {
        let mut memberships =
            vec![(1.0 - START_MEMBERSHIP) / num_clusters as f64; start.len() * num_clusters];
        for (row, &cluster) in memberships.chunks_exact_mut(num_clusters).zip(start) {
            row[cluster] += START_MEMBERSHIP;
        }
        let mut potentials = vec![0.0; num_clusters];
        let cooling = (self.end_temperature / self.start_temperature).ln();
        for iteration in 0..self.iterations {
            let part = iteration as f64 / (self.iterations - 1).max(1) as f64;
            let temperature = self.start_temperature * (part * cooling).exp();
            let mut costs = GroupCosts::of(samples, &memberships, num_clusters, self.groups, self.eps_sq)?;
            costs.charge_names(self.label_cost);
            let balance = Balance { strength: self.balance, temperature };
            balance.memberships(&costs.values, &mut potentials, &mut memberships);
        }
        let costs = GroupCosts::of(samples, &memberships, num_clusters, self.groups, self.eps_sq)?;
        Ok(Found { memberships, compression: costs.compression, label_entropy: costs.label_entropy() })
    }
}

/// The place of the largest entry, the first of equals.
fn largest(row: &[f64]) -> usize {
    (0..row.len()).fold(0, |best, place| if row[place] > row[best] { place } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use evaluation::ClusteringScores;
    use rand::RngExt;

    /// Rows of two groups with one mean, long in different directions.
    fn crossed(n: usize) -> (Array2<f32>, Vec<usize>) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let groups: Vec<usize> = (0..n).map(|row| row % 2).collect();
        let rows = Array2::from_shape_fn((n, 6), |(row, column)| {
            let value = rng.random::<f32>() - 0.5;
            if column / 3 == groups[row] { value } else { 0.1 * value }
        });
        (rows, groups)
    }

    #[test]
    fn subspaces_through_one_point_are_told_apart_where_k_means_sees_one_ball() {
        let (rows, groups) = crossed(600);
        let rate = Rate { groups: Groups::Linear, ..Rate::default() };
        let found = rate.cluster(rows.view(), 2, 0).unwrap();
        assert!(ClusteringScores::new(&groups, &found.clusters).accuracy > 0.97);
        let rates = found.rates.unwrap();
        assert!(rates.expansion - rates.compression > 0.5, "{rates:?}");
        assert!((rates.label_entropy - 2f64.ln()).abs() < 0.01);
        let kmeans = crate::KMeans::default().cluster(rows.view(), 2, 0).unwrap();
        assert!(ClusteringScores::new(&groups, &kmeans.clusters).accuracy < 0.7);
    }

    #[test]
    fn balance_makes_clusters_of_equal_size() {
        let (rows, _) = crossed(300);
        let skewed = rows.slice(ndarray::s![..;2, ..]).to_owned();
        let mixed = ndarray::concatenate![ndarray::Axis(0), skewed, rows.slice(ndarray::s![1..60;2, ..])];
        let sizes = |balance| {
            let rate = Rate { groups: Groups::Linear, balance, ..Rate::default() };
            let found = rate.cluster(mixed.view(), 2, 0).unwrap();
            let memberships = found.memberships.unwrap();
            assert!(memberships.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-5));
            let first = memberships.column(0).sum() / memberships.nrows() as f32;
            (first - 0.5).abs()
        };
        assert!(sizes(1.0) < 0.02 && sizes(0.0) > 0.25, "{} and {}", sizes(1.0), sizes(0.0));
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let (rows, _) = crossed(2000);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Rate::default().cluster(rows.view(), 4, 1).unwrap())
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn equal_rows_and_one_cluster_are_no_trouble() {
        let found = Rate::default().cluster(Array2::ones((10, 3)).view(), 3, 0).unwrap();
        assert_eq!(found.clusters.len(), 10);
        assert!(found.rates.unwrap().expansion.abs() < 1e-9);
        let (rows, _) = crossed(20);
        assert_eq!(Rate::default().cluster(rows.view(), 1, 0).unwrap().clusters, vec![0; 20]);
        assert!(Rate::default().cluster(rows.view(), 20, 0).is_ok());
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let message = |rate: Rate| rate.check().unwrap_err().to_string();
        let default = Rate::default;
        assert_eq!(message(Rate { eps_sq: 0.0, ..default() }), "`eps_sq` must be positive and finite, got 0");
        assert_eq!(message(Rate { balance: 2.0, ..default() }), "`balance` must be from 0 to 1, got 2");
        assert_eq!(
            message(Rate { end_temperature: 3.0, ..default() }),
            "`end_temperature` must be at most `start_temperature`, got 3"
        );
        let no_components = Rate { num_components: Some(0), ..default() };
        assert_eq!(message(no_components), "`num_components` must be at least 1, got 0");
    }
}
