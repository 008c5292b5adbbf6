//! Places in the plane: maps of rows and layouts of graphs, and how good they are.
//!
//! | layout | of | what it keeps |
//! |---|---|---|
//! | [`TsneConfig`] | rows | who is near whom (van der Maaten and Hinton 2008) |
//! | [`TsnetConfig`] | a graph | who is near whom by shortest paths (Kruiger et al. 2017) |
//! | [`PivotMdsConfig`] | a graph | lengths of shortest paths (Brandes and Pich 2007) |
//!
//! Each is a [`Layout`] of its input: [`evaluation::Rows`] or a [`Graph`]. The result is a [`Placement`], a point a node and
//! the objective on the way. [`Stress`], [`neighborhood_preservation`] and the trustworthiness of
//! [rows](trustworthiness_of_rows) and [graphs](trustworthiness_of_graph) say how good the points are.
//!
//! Forces between all pairs are added up exactly or by Barnes and Hut's tree ([`Forces`]). The same generator gives the same
//! bits, whatever the number of threads.
//!
//! ```
//! use layout::{Graph, Layout, PivotMdsConfig, Stress};
//! use rand::SeedableRng;
//!
//! // A path of four nodes, in compressed rows.
//! let graph = Graph::from_csr(&[0, 1, 3, 5, 6], &[1, 0, 2, 1, 3, 2])?;
//! let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
//! let placement = PivotMdsConfig::default().place(&graph, &mut rng)?;
//! assert!(Stress::of(&graph, placement.points.view()).normalized < 1e-12);
//! # Ok::<(), layout::Error>(())
//! ```

mod affinities;
mod all_pairs;
mod components;
mod error;
mod forces;
mod graph;
mod perplexity;
mod pivot_mds;
mod placement;
mod preservation;
mod quadtree;
mod repulsion;
mod shortest_paths;
mod stress;
mod trustworthiness;
mod tsne;
mod tsnet;
mod tsnet_objective;

pub use error::Error;
pub use forces::Forces;
pub use graph::Graph;
pub use pivot_mds::PivotMdsConfig;
pub use placement::{Layout, Placement};
pub use preservation::neighborhood_preservation;
pub use stress::Stress;
pub use trustworthiness::{trustworthiness_of_graph, trustworthiness_of_rows};
pub use tsne::TsneConfig;
pub use tsnet::{Start, TsnetConfig};
pub use tsnet_objective::Weights;
