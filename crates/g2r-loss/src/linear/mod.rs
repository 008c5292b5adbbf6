//! Linear rate reduction: the optimum of a linear encoder in closed form.
//!
//! The encoder is Z = P X W, with features X, a [`Propagation`] P over the graph and weights W. Over W is maximized
//!
//! ½ log det(I + ε⁻² Wᵀ C W) − 1/(2ν) tr Wᵀ (S_w + τ s I) W,
//!
//! where C = cov(P X), S_w is the scatter of X within [`Pairs`] of nodes and s = tr S_w / F for F columns. The first term is the expansion
//! of MCR² (Yu et al. 2020, arXiv 2006.08558). The second is the compression of groups of two nodes with log det(I + M) ≤ tr M;
//! τ is isotropic noise. With L Lᵀ = S_w + τ s I and L⁻¹ C L⁻ᵀ = U diag(s_k) Uᵀ the optimum is
//!
//! W = L⁻ᵀ U diag(√p_k),  p_k = max(0, 1 − s_cut / s_k):
//!
//! [`fit`] computes it, by a Cholesky factor or from products alone. `docs/linear.md` has the derivation.
//!
//! ```
//! use g2r_loss::linear::*;
//! use ndarray::array;
//! use rand::SeedableRng;
//!
//! // Two triangles with an edge between them.
//! let edges = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 5)];
//! let mut adjacency = sprs::TriMatI::<f32, u32>::new((6, 6));
//! for (a, b) in edges {
//!     adjacency.add_triplet(a, b, 1.0);
//!     adjacency.add_triplet(b, a, 1.0);
//! }
//! let adjacency: CsrMatrix = adjacency.to_csr();
//! let features = array![[1.0, 0.2], [0.9, 0.0], [0.8, 0.1], [0.0, 1.0], [0.1, 0.8], [0.2, 1.0]];
//!
//! let x = DenseFeatures::from_array(features.view())?;
//! let normalized = NormalizedAdjacency::from_symmetric(&adjacency)?;
//! let propagation = PersonalizedPageRank::new(&normalized, 0.2, 10)?;
//! let pairs = Pairs::degree_normalized(&adjacency)?;
//! let config = LinearConfig { width: Width::Reduced(1), ..LinearConfig::default() };
//! let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
//! let found = fit(&x, &propagation, &pairs, &config, &mut rng)?;
//!
//! let z = &found.embedding;
//! assert!(z[[0, 0]] * z[[1, 0]] > 0.0 && z[[0, 0]] * z[[5, 0]] < 0.0);
//! # Ok::<(), g2r_loss::Error>(())
//! ```

mod blocks;
mod cholesky;
mod config;
mod conjugate_gradients;
mod dense_solver;
mod eigen;
mod encoder;
mod features;
mod fit;
mod fourier;
mod krylov;
mod monitor;
pub mod neighbors;
mod normal;
mod operators;
mod pairs;
pub mod prepare;
mod propagation;
mod scales;
mod sparse_product;
mod spectrum;
mod structure;

pub use config::{LinearConfig, Solver, Width};
pub use encoder::LinearEncoder;
pub use features::{DenseFeatures, FeatureMatrix, SparseFeatures};
pub use fit::{LinearFit, fit, fit_monitored};
pub use fourier::RandomFourierFeatures;
pub use monitor::{Monitor, SolverProgress};
pub use pairs::Pairs;
pub use propagation::{Hops, NoPropagation, NormalizedAdjacency, PersonalizedPageRank, Propagation};
pub use scales::{MultiScaleEncoder, degree_column};
pub use sparse_product::CsrMatrix;
pub use spectrum::{LinearRates, Spectrum};
pub use structure::adjacency_rows;
