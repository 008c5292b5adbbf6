use evaluation::{KMeansConfig, Rows};
use ndarray::ArrayView2;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::error::{Error, at_least};
use crate::method::{Clustering, ClusteringMethod};
use crate::spectral_step::check_clusters;

/// k-means: Lloyd's iterations from centers drawn by k-means++, of several runs the one with the lowest inertia. A row of zeros stays
/// one. O(iterations · rows · d_input · clusters) a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KMeans {
    /// Runs, each from other centers; at least 1.
    pub num_starts: usize,
    /// Whether rows are scaled to length 1 first.
    pub row_scale: RowScale,
}

/// What is done to rows before they are clustered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowScale {
    /// Each is divided by its Euclidean length.
    UnitLength,
    /// Nothing.
    AsGiven,
}

impl Default for KMeans {
    fn default() -> Self {
        Self { num_starts: 10, row_scale: RowScale::UnitLength }
    }
}

impl ClusteringMethod for KMeans {
    fn check(&self) -> Result<(), Error> {
        at_least("num_starts", 1, "at least 1", self.num_starts)
    }

    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error> {
        self.check()?;
        check_clusters(num_clusters, rows.nrows())?;
        let config = KMeansConfig { num_runs: self.num_starts, ..KMeansConfig::new(num_clusters) };
        let rows = match self.row_scale {
            RowScale::UnitLength => Rows::dense(rows).scaled_to_unit_length(),
            RowScale::AsGiven => Rows::dense(rows),
        };
        Ok(Clustering::of(config.fit(&rows, &mut ChaCha8Rng::seed_from_u64(seed))?.clusters))
    }
}
