use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use sprs::CsMatI;

use crate::ensc::{Ensc, Ssc};
use crate::error::Error;
use crate::kmeans::KMeans;
use crate::lsr::Lsr;
use crate::rate::Rate;
use crate::spectral::Spectral;
use crate::ssc_omp::SscOmp;

/// A way to cluster rows, by its settings.
pub trait ClusteringMethod {
    /// Checks the ranges of the settings.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first one that is out of range.
    fn check(&self) -> Result<(), Error>;

    /// Clusters the rows. The same seed gives the same bits, whatever the number of threads.
    ///
    /// # Shapes
    /// rows `[samples, d_input]`
    ///
    /// # Errors
    /// A setting out of range, no cluster, fewer rows than clusters, a value that is not finite, and for all but k-means a row of zeros.
    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error>;
}

/// The clusters of rows and what they were made of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Clustering {
    /// The cluster of each row, from 0 to below the number of clusters; one may be empty.
    pub clusters: Vec<usize>,
    /// The symmetric affinity W, or graph of nearest rows, whose parts the clusters are, `[samples, samples]`.
    pub affinity: Option<CsMatI<f32, u32, usize>>,
    /// What is worth knowing of that affinity's graph.
    pub graph: Option<AffinityGraph>,
    /// Rows whose solver used all its rounds before it reached its tolerance.
    pub num_unfinished: usize,
    /// Π of [`Rate`], `[samples, clusters]`: rows add up to 1.
    pub memberships: Option<Array2<f32>>,
    /// The rates of [`Rate`].
    pub rates: Option<ClusterRates>,
}

/// What is worth knowing of the graph of an affinity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AffinityGraph {
    /// Its connected components; above the number of clusters, the affinity splits what should be one cluster.
    pub num_components: usize,
    /// Its rows without neighbors.
    pub num_isolated: usize,
    /// Its rows in components too small for a cluster: each has the cluster of the nearest other row.
    pub num_set_aside: usize,
    /// λ_k − λ_(k+1) of the normalised affinity for k clusters, in [0, 2]: how clearly the rows fall into as many. It needs no labels, so
    /// settings can be compared by it.
    pub eigengap: f64,
}

/// The coding rates of rows and of their clusters, in nats a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClusterRates {
    /// R(Z), of all rows together.
    pub expansion: f64,
    /// R_c(Z, Π), of the rows in their clusters; R − R_c is higher for better clusters.
    pub compression: f64,
    /// H(Π) = −Σ_j t_j/n log(t_j/n): what the name of a row's cluster costs.
    pub label_entropy: f64,
}

impl Clustering {
    pub(crate) fn of(clusters: Vec<usize>) -> Self {
        Self { clusters, affinity: None, graph: None, num_unfinished: 0, memberships: None, rates: None }
    }
}

/// Every method by its name. As a table of settings it has the name as `method`, beside the settings of the method:
///
/// ```
/// let method: clustering::Method = serde_json::from_str(r#"{ "method": "ensc", "gamma": 200.0 }"#)?;
/// assert_eq!(method.name(), "ensc");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case")]
pub enum Method {
    /// k-means.
    #[serde(rename = "kmeans")]
    KMeans(KMeans),
    /// Spectral clustering of a graph of nearest rows.
    Spectral(Spectral),
    /// Least-squares regression.
    Lsr(Lsr),
    /// Sparse subspace clustering.
    Ssc(Ssc),
    /// Elastic net subspace clustering.
    Ensc(Ensc),
    /// Sparse subspace clustering by orthogonal matching pursuit.
    SscOmp(SscOmp),
    /// Clustering by coding rate.
    Rate(Rate),
}

impl Method {
    /// The names of the methods.
    pub const NAMES: [&str; 7] = ["kmeans", "spectral", "lsr", "ssc", "ensc", "ssc-omp", "rate"];

    /// A method with its default settings.
    ///
    /// # Errors
    /// [`Error::UnknownMethod`] for a name that is not one of [`NAMES`](Self::NAMES).
    pub fn named(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "kmeans" => Self::KMeans(KMeans::default()),
            "spectral" => Self::Spectral(Spectral::default()),
            "lsr" => Self::Lsr(Lsr::default()),
            "ssc" => Self::Ssc(Ssc::default()),
            "ensc" => Self::Ensc(Ensc::default()),
            "ssc-omp" => Self::SscOmp(SscOmp::default()),
            "rate" => Self::Rate(Rate::default()),
            _ => return Err(Error::UnknownMethod { found: name.to_owned() }),
        })
    }

    /// The name, as in [`NAMES`](Self::NAMES).
    pub fn name(&self) -> &'static str {
        self.parts().0
    }

    /// What the method is called in a table or a paper, with its source.
    pub fn title(&self) -> &'static str {
        self.parts().1
    }

    fn parts(&self) -> (&'static str, &'static str, &dyn ClusteringMethod) {
        match self {
            Self::KMeans(settings) => ("kmeans", "k-means (Lloyd 1982)", settings),
            Self::Spectral(settings) => {
                ("spectral", "spectral clustering of nearest rows (Ng, Jordan & Weiss 2001)", settings)
            }
            Self::Lsr(settings) => ("lsr", "least-squares regression (Lu et al. 2012)", settings),
            Self::Ssc(settings) => ("ssc", "sparse subspace clustering (Elhamifar & Vidal 2013)", settings),
            Self::Ensc(settings) => ("ensc", "elastic net subspace clustering (You et al. 2016)", settings),
            Self::SscOmp(settings) => {
                ("ssc-omp", "sparse subspace clustering by matching pursuit (You et al. 2016)", settings)
            }
            Self::Rate(settings) => ("rate", "clustering by coding rate (Ma et al. 2007)", settings),
        }
    }
}

impl ClusteringMethod for Method {
    fn check(&self) -> Result<(), Error> {
        self.parts().2.check()
    }

    fn cluster(&self, rows: ArrayView2<f32>, num_clusters: usize, seed: u64) -> Result<Clustering, Error> {
        self.parts().2.cluster(rows, num_clusters, seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn every_name_is_a_method_whose_settings_survive_a_file() {
        for name in Method::NAMES {
            let method = Method::named(name).unwrap();
            assert_eq!(method.name(), name);
            method.check().unwrap();
            let text = serde_json::to_string(&method).unwrap();
            assert!(text.starts_with(&format!(r#"{{"method":"{name}","#)), "{text}");
            assert_eq!(serde_json::from_str::<Method>(&text).unwrap(), method);
            let unknown = format!(r#"{{"method":"{name}","gama":1.0}}"#);
            let message = serde_json::from_str::<Method>(&unknown).unwrap_err().to_string();
            assert!(message.starts_with("unknown field `gama`"), "{message}");
        }
        let message = Method::named("em").unwrap_err().to_string();
        let expected = "expected a clustering method, one of kmeans, spectral, lsr, ssc, ensc, ssc-omp, rate, found `em`";
        assert_eq!(message, expected);
    }

    #[test]
    fn numbers_of_clusters_and_rows_that_cannot_be_are_errors() {
        let rows = array![[1.0f32, 0.0], [0.5, 0.5], [0.0, 1.0], [0.1, 0.9]];
        let broken = array![[1.0f32, 0.0], [0.5, f32::INFINITY], [0.0, 1.0]];
        let zeros = array![[1.0f32, 0.0], [0.0, 0.0], [0.0, 1.0]];
        for name in Method::NAMES {
            let method = Method::named(name).unwrap();
            let message = |rows: &Array2<f32>, k| method.cluster(rows.view(), k, 0).unwrap_err().to_string();
            assert_eq!(message(&rows, 0), "`num_clusters` must be at least 1, got 0", "{name}");
            assert_eq!(
                message(&rows, 5),
                "rows: expected at least 5 for as many clusters, found 4",
                "{name}"
            );
            let infinite = message(&broken, 2);
            assert_eq!(infinite, "row 1, column 1: expected a finite number, found inf", "{name}");
            if name != "kmeans" {
                let zero = message(&zeros, 2);
                assert_eq!(zero, "row 1: expected a number other than zero, found only zeros", "{name}");
            }
        }
    }
}
