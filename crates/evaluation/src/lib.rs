//! How good an embedding is: a linear probe, clusters, neighbors, links, and the geometry of classes.
//!
//! [`Probe`] is the judge of the G2R authors' recipe: embedding rows scaled to length 1, then a multinomial
//! logistic regression ([`LogisticRegressionConfig`]) fitted on the training nodes. [`Scores`] and
//! [`ConfusionMatrix`] say how well it predicts, [`MeanStd`] sums up repeats over seeds, and [`PairedTest`] compares two
//! methods on the same seeds. [`MultiLabelProbe`] is for nodes of several classes. [`NearestSubspace`] and [`KnnClassifier`] predict
//! without an optimization.
//!
//! Without a fit to labels: [`KMeansConfig`] finds clusters, which [`ClusteringScores`] compares with the classes;
//! [`SimilaritySearch`] finds the nearest nodes; [`LinkScores`] says how well scores of pairs tell edges. [`Spectrum`],
//! [`ClassSubspaces`] and [`CosineMap`] show how the classes lie. [`principal_coordinates`], [`nearest_rows`] and [`Eigen`]
//! are what maps of the rows are made of. The same input gives the same bits, whatever the number of threads.
//!
//! ```
//! use evaluation::{Probe, Rows};
//! use ndarray::array;
//!
//! let embedding = array![[1.0, 0.1], [0.9, 0.0], [0.1, 1.0], [0.0, 2.0], [3.0, 0.2], [0.1, 0.8]];
//! let labels = [0, 0, 1, 1, 0, 1];
//! let (train, validation) = ([0, 1, 2, 3], [4, 5]);
//!
//! let rows = Rows::dense(embedding.view());
//! let probe = Probe::default().fit(&rows, &labels, &train)?;
//! assert_eq!(probe.predict(&rows, &validation)?, [0, 1]);
//! assert_eq!(probe.scores(&rows, &labels, &validation)?.accuracy, 1.0);
//! # Ok::<(), evaluation::Error>(())
//! ```

mod assignment;
mod class_subspaces;
mod clustering;
mod cosine_map;
mod design;
mod eigen;
mod error;
mod finite_rows;
mod gram;
mod kmeans;
mod knn;
mod lbfgs;
mod line_search;
mod link_prediction;
mod logistic_regression;
mod metrics;
mod multi_label_probe;
mod nearest;
mod nearest_subspace;
mod objective;
mod paired;
mod pca;
mod probe;
mod products;
mod rows;
mod similarity;
mod spectrum;
mod statistics;
mod student_t;

pub use class_subspaces::ClassSubspaces;
pub use clustering::ClusteringScores;
pub use cosine_map::CosineMap;
pub use eigen::Eigen;
pub use error::Error;
pub use kmeans::{KMeans, KMeansConfig};
pub use knn::KnnClassifier;
pub use lbfgs::Stop;
pub use link_prediction::{HadamardClassifier, LinkScores, PairSimilarity};
pub use logistic_regression::{LogisticRegression, LogisticRegressionConfig};
pub use metrics::{ClassScores, ConfusionMatrix, Scores, accuracy};
pub use multi_label_probe::{FittedMultiLabelProbe, MultiLabelProbe, MultiLabelScores};
pub use nearest::nearest_rows;
pub use nearest_subspace::{FittedNearestSubspace, NearestSubspace};
pub use paired::PairedTest;
pub use pca::principal_coordinates;
pub use probe::{FittedProbe, Probe};
pub use rows::Rows;
pub use similarity::{Neighbor, SimilaritySearch};
pub use spectrum::Spectrum;
pub use statistics::MeanStd;
