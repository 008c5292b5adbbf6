//! Clusters of rows (embeddings or raw features) by subspaces, by a graph of neighbors and by coding rate.
//!
//! A [`Method`] is a name with settings; [`ClusteringMethod::cluster`] gives a [`Clustering`]:
//!
//! | name | settings | idea |
//! |---|---|---|
//! | `kmeans` | [`KMeans`] | clusters are balls about a center |
//! | `spectral` | [`Spectral`] | clusters are parts of the graph of nearest rows with few arcs between them |
//! | `lsr` | [`Lsr`] | each row is written by all others, with small coefficients, in closed form |
//! | `ssc` | [`Ssc`] | each row is written by few others (lasso) |
//! | `ensc` | [`Ensc`] | between both (elastic net) |
//! | `ssc-omp` | [`SscOmp`] | each row is written by few others, chosen one after another |
//! | `rate` | [`Rate`] | soft groups that are short to code |
//!
//! The methods that write rows by others find clusters that are subspaces: rows of one subspace write one another.
//! [`SelfExpression`] has their coefficients. No matrix of rows × rows is ever dense: memory is O(rows · (d_input + 50)). The same seed gives
//! the same bits, whatever the number of threads.
//!
//! ```
//! use clustering::{ClusteringMethod, Method};
//! use ndarray::array;
//!
//! let rows = array![[1.0, 0.1], [-2.0, -0.2], [3.0, 0.2], [0.1, 1.0], [0.2, 3.0], [-0.1, -2.0]];
//! let found = Method::named("ssc-omp")?.cluster(rows.view(), 2, 0)?;
//! assert_eq!(found.clusters[0], found.clusters[1]);
//! assert_ne!(found.clusters[0], found.clusters[3]);
//! # Ok::<(), clustering::Error>(())
//! ```

mod active_set;
mod coefficients;
mod elastic_net;
mod ensc;
mod error;
mod kmeans;
mod lsr;
mod method;
mod rate;
mod samples;
mod spectral;
mod spectral_step;
mod ssc_omp;

pub use coefficients::SelfExpression;
pub use ensc::{Ensc, Ssc};
pub use error::Error;
pub use kmeans::{KMeans, RowScale};
pub use lsr::{Diagonal, Lsr};
pub use method::{AffinityGraph, ClusterRates, Clustering, ClusteringMethod, Method};
pub use rate::{Groups, Rate};
pub use spectral::Spectral;
pub use ssc_omp::SscOmp;
