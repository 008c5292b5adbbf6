//! Leading eigenvectors of the normalised adjacency matrix S = D^-½ A D^-½ of a sparse graph, without Burn.
//!
//! Laplacian eigenmaps and spectral clustering both need them. The eigenvectors D^½ 1 of the connected components are known
//! beforehand, with the eigenvalue 1; [`leading_eigenvectors`] finds those beside them. The same generator gives the same bits,
//! whatever the number of threads.

mod components;
mod eigenvectors;
mod normalized;
mod tall;

pub use components::connected_components;
pub use eigenvectors::{Eigenvectors, Error, Limits, NotConverged, block_width, leading_eigenvectors};
pub use normalized::NormalizedAdjacency;
pub use tall::{Tall, symmetric_eigenvectors};

/// A symmetric sparse matrix stored by rows.
pub type CsrMatrix = sprs::CsMatI<f32, u32, usize>;
