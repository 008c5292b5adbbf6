//! Coding rates and their reduction: the losses of MCR² and of G2R, on [Burn](https://burn.dev) tensors.
//!
//! The coding rate R(Z) = ½ log det(I + d/(n ε²) ZᵀZ) counts the nats that it takes to code the rows of Z up to a
//! squared error ε²: [`coding_rate`]. Rate reduction makes the rate of all rows large and the rates of groups of rows small.
//! [`RateReductionLoss`] gives its value and gradient, each group on its smaller side; [`Groups`] says which rows
//! belong together, [`Membership`] makes groups of a graph's neighborhoods, and [`reference`](mod@reference) holds
//! the plain `f64` form that the fast one is tested against.
//!
//! Yu et al. 2020, arXiv 2006.08558 (MCR²); Han et al. 2022, arXiv 2202.06241 (G2R).

mod compression;
#[cfg(feature = "cube")]
mod cube;
mod error;
mod expansion;
mod groups;
#[cfg(any(feature = "cube", test))]
mod kernel_size;
pub mod linear;
mod log_det;
mod membership;
mod neighborhood;
#[cfg(feature = "lapack")]
pub mod oracle;
mod products;
mod reduction;
pub mod reference;
mod sampling;
mod scalar_function;
mod spd;

pub use error::{Block, Error};
pub use expansion::coding_rate;
pub use groups::Groups;
pub use log_det::log_det;
pub use membership::{Membership, MembershipScaling};
pub use reduction::{RateReduction, RateReductionConfig, RateReductionLoss, Weighting};
pub use sampling::{Batch, Sampling};
