use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::active_set::ActiveSet;
use crate::coefficients::SelfExpression;
use crate::error::{Error, at_least, within};
use crate::method::{Clustering, ClusteringMethod};
use crate::samples::Samples;
use crate::spectral_step::SpectralStep;

/// Elastic net subspace clustering (You, Li, Robinson & Vidal 2016, arXiv 1605.02633): each row, scaled to length 1, is written by
/// the others as min_c τ‖c‖₁ + (1−τ)/2 ‖c‖² + γ/(2α₀) ‖x_j − Xᵀc‖² with c_j = 0, where α₀ = maxᵢ |x_i·x_j| / τ is the weight from which
/// on c = 0. Solved to the optimum over all rows by an oracle active set.
///
/// As a lasso with the loss ½‖x_j − Xᵀc‖² that is λ₁ = maxᵢ |x_i·x_j| / γ and λ₂ = λ₁ (1−τ)/τ.
///
/// O(rounds · rows² · d_input) time; memory O(rows · (d_input + kept)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ensc {
    /// γ: how strongly each row is to be written exactly; above 1. Useful from 2, for rows with noise, to 500,
    /// for rows that lie in their subspaces nearly exactly.
    pub gamma: f64,
    /// τ: from 0.01, many small coefficients, to 1, the few of a lasso.
    pub tau: f64,
    /// Coefficients to keep of each row, the largest; at least 1.
    pub num_kept: usize,
    /// Neighbors of each row in the graph of nearest rows of coefficients, which takes the place of the affinity; 0 for the affinity.
    /// The authors use 3 for MNIST.
    pub num_neighbors: usize,
    /// Runs of k-means on the eigenvectors; at least 1.
    pub num_starts: usize,
}

impl Default for Ensc {
    /// γ is chosen on generated unions of subspaces with noise, where the authors' 50 fits the noise.
    fn default() -> Self {
        Self { gamma: 3.0, tau: 0.9, num_kept: 50, num_neighbors: 0, num_starts: 20 }
    }
}

/// Sparse subspace clustering (Elhamifar & Vidal 2013, arXiv 1203.1005): [`Ensc`] with τ = 1, a lasso.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ssc {
    /// γ: how strongly each row is to be written exactly; above 1. Useful from 2 to 500, see [`Ensc`].
    pub gamma: f64,
    /// Coefficients to keep of each row, the largest; at least 1.
    pub num_kept: usize,
    /// Neighbors of each row in the graph of nearest rows of coefficients, which takes the place of the affinity; 0 for the affinity.
    /// The authors use 3 for MNIST.
    pub num_neighbors: usize,
    /// Runs of k-means on the eigenvectors; at least 1.
    pub num_starts: usize,
}

impl Default for Ssc {
    fn default() -> Self {
        Self { gamma: 3.0, num_kept: 50, num_neighbors: 0, num_starts: 20 }
    }
}

impl Ensc {
    /// The coefficients of each row.
    ///
    /// # Shapes
    /// rows `[samples, d_input]`
    ///
    /// # Errors
    /// A setting out of range, a row of zeros, a value that is not finite.
    pub fn express(&self, rows: ArrayView2<f32>) -> Result<SelfExpression, Error> {
        self.check()?;
        Ok(self.active_set().express(&Samples::unit(rows)?))
    }

    fn active_set(&self) -> ActiveSet {
        ActiveSet { tau: self.tau, gamma: self.gamma, num_kept: self.num_kept }
    }
}

impl ClusteringMethod for Ensc {
    fn check(&self) -> Result<(), Error> {
        if !(self.gamma.is_finite() && self.gamma > 1.0) {
            return Err(Error::Setting { name: "gamma", expected: "above 1 and finite", found: self.gamma });
        }
        within("tau", 0.01..=1.0, "from 0.01 to 1", self.tau)?;
        at_least("num_kept", 1, "at least 1", self.num_kept)?;
        at_least("num_starts", 1, "at least 1", self.num_starts)
    }

    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error> {
        self.check()?;
        let step = SpectralStep::new(num_clusters, self.num_starts, seed, rows.nrows())?;
        let samples = Samples::unit(rows)?;
        step.clusters_of_expression(&samples, self.active_set().express(&samples), self.num_neighbors)
    }
}

impl Ssc {
    fn elastic_net(&self) -> Ensc {
        Ensc {
            gamma: self.gamma,
            tau: 1.0,
            num_kept: self.num_kept,
            num_neighbors: self.num_neighbors,
            num_starts: self.num_starts,
        }
    }

    /// The coefficients of each row.
    ///
    /// # Shapes
    /// rows `[samples, d_input]`
    ///
    /// # Errors
    /// A setting out of range, a row of zeros, a value that is not finite.
    pub fn express(&self, rows: ArrayView2<f32>) -> Result<SelfExpression, Error> {
        self.elastic_net().express(rows)
    }
}

impl ClusteringMethod for Ssc {
    fn check(&self) -> Result<(), Error> {
        self.elastic_net().check()
    }

    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error> {
        self.elastic_net().cluster(rows, num_clusters, seed)
    }
}
