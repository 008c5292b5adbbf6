//! Graphs drawn at random or by a rule, with what is known of them.
//!
//! A [`stochastic_block_model`] comes with features, labels and a split. The others are arcs alone: the policy they are
//! cleaned by says what stands for their features.
//!
//! ```
//! use graph_io::synthetic::{BarabasiAlbertConfig, barabasi_albert};
//! use graph_io::{CleaningPolicy, MissingFeatures};
//! use rand::SeedableRng;
//!
//! let config = BarabasiAlbertConfig { num_nodes: 100, edges_per_node: 3 };
//! let source = barabasi_albert(&config, &mut rand_chacha::ChaCha8Rng::seed_from_u64(0))?;
//! let policy = CleaningPolicy { missing_features: MissingFeatures::Degree, ..CleaningPolicy::default() };
//! assert_eq!(source.clean(&policy)?.graph().num_edges(), 3 * 97);
//! # Ok::<(), graph_io::Error>(())
//! ```

mod barabasi_albert;
mod block_model;
mod grid;
mod rmat;

pub use barabasi_albert::{BarabasiAlbertConfig, barabasi_albert};
pub use block_model::{BlockFeatures, BlockModelConfig, stochastic_block_model};
pub use grid::{Border, GridConfig, grid};
pub use rmat::{Quadrants, RmatConfig, rmat};
