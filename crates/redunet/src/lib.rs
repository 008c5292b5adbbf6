//! ReduNet: networks that are constructed layer by layer from data, without back-propagation (Chan, Yu, You, Qi, Wright and Ma 2021,
//! arXiv 2105.10446).
//!
//! The rate reduction ΔR(Z) = R(Z) − R_c(Z) of samples Z is how many more nats it takes to code all samples together than to code each
//! group by itself, up to a precision ε. It is large when each group is narrow and different groups are orthogonal. A layer of
//! ReduNet is a step of gradient ascent on ΔR: matrices E and C of the samples that enter it, the memberships, and
//! the scaling to length 1. New samples go through the stored layers.
//!
//! - [`ReduNet`]: vectors with labels. [`FourierReduNet`]: signals and images with labels, invariant to shifts; [`RandomLift`] makes
//!   channels of one. Both are constructed by [`ReduNetConfig`].
//! - [`GroupReduNet`]: groups in place of labels ([`SampleGroups`]), such as the neighborhoods of a graph.
//! - [`NamedMatrices`]: what networks are stored as. [`GaussianMixture`]: the authors' demonstrations.
//!
//! All is in f64, and the same input gives the same bits on any number of threads. Rates are in nats.
//!
//! ```
//! use ndarray::array;
//! use redunet::ReduNetConfig;
//!
//! // Two classes, 45° apart.
//! let samples = array![[0.7, 0.7], [0.6, 0.8], [1.0, 0.0], [0.9, 0.1]];
//! // Few samples take small steps.
//! let config = ReduNetConfig { eta: 0.1, ..ReduNetConfig::new(500) };
//! let constructed = config.construct(samples.view(), &[0, 0, 1, 1], 2)?;
//! let z = constructed.output;
//! assert!(z.row(0).dot(&z.row(2)).abs() < 0.02);
//! let unseen = constructed.network.transform(array![[0.65, 0.75]].view())?;
//! assert!(unseen.row(0).dot(&z.row(0)) > 0.999);
//! # Ok::<(), redunet::Error>(())
//! ```

mod cholesky;
mod classes;
mod config;
mod constructed;
mod error;
mod fourier;
mod gaussian_mixture;
mod gram;
mod groups;
mod named_matrices;
mod normal;
mod rate_matrix;
mod rates;
mod samples;
mod scalar;
mod vector;

pub use config::ReduNetConfig;
pub use constructed::Constructed;
pub use error::Error;
pub use fourier::{FourierReduNet, RandomLift};
pub use gaussian_mixture::{GaussianMixture, LabelledSamples};
pub use groups::{GroupReduNet, GroupReduNetConfig, SampleGroups};
pub use named_matrices::NamedMatrices;
pub use rates::{LabelRates, Rates};
pub use vector::ReduNet;
