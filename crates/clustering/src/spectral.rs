use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use sprs::CsMatI;

use crate::coefficients::symmetric_graph;
use crate::error::{Error, at_least};
use crate::method::{Clustering, ClusteringMethod};
use crate::samples::Samples;
use crate::spectral_step::SpectralStep;

/// Spectral clustering of the graph that joins each row to its nearest ones by cosine, W = ½ (A + Aᵀ) with the cosine as the weight of
/// an arc of A; cosines that are not positive join nothing. O(rows² · d_input) time; memory O(rows · (d_input + neighbors)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spectral {
    /// Neighbors that each row chooses; at least 1, at most all others are joined.
    pub num_neighbors: usize,
    /// Runs of k-means on the eigenvectors; at least 1.
    pub num_starts: usize,
}

impl Default for Spectral {
    fn default() -> Self {
        Self { num_neighbors: 10, num_starts: 20 }
    }
}

impl ClusteringMethod for Spectral {
    fn check(&self) -> Result<(), Error> {
        at_least("num_neighbors", 1, "at least 1", self.num_neighbors)?;
        at_least("num_starts", 1, "at least 1", self.num_starts)
    }

    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error> {
        self.check()?;
        let step = SpectralStep::new(num_clusters, self.num_starts, seed, rows.nrows())?;
        let samples = Samples::unit(rows)?;
        step.clusters(&samples, self.affinity(&samples), |cosine| cosine)
    }
}

impl Spectral {
    fn affinity(&self, samples: &Samples) -> CsMatI<f32, u32, usize> {
        let n = samples.num_rows();
        let queries: Vec<u32> = (0..n as u32).collect();
        let nearest = samples.largest_of_each(&queries, self.num_neighbors, 0.0, |cosine| cosine);
        symmetric_graph(nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn neighbors_that_choose_one_another_count_twice() {
        let rows = array![[1.0f32, 0.0], [4.0, 3.0], [0.0, 2.0], [-1.0, 0.0]];
        let samples = Samples::unit(rows.view()).unwrap();
        let found = Spectral { num_neighbors: 1, ..Spectral::default() }.affinity(&samples).to_dense();
        // 0 and 1 choose one another, 2 chooses 1, and nothing is near 3.
        for ((i, j), expected) in [((0, 1), 0.8f32), ((1, 0), 0.8), ((1, 2), 0.3), ((2, 1), 0.3)] {
            assert!((found[[i, j]] - expected).abs() < 1e-6);
        }
        assert_eq!(found.iter().filter(|value| **value > 0.0).count(), 4);
    }
}
