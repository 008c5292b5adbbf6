//! Node embeddings of graphs without labels, by rate reduction.
//!
//! A graph comes in: nodes with features, and edges between them. For each node a vector of numbers goes out, its
//! embedding, such that neighbors with alike features get alike vectors. No label is needed; a few of them are enough
//! to classify all nodes by their embeddings afterwards. [`G2r`](embedders::G2r) trains a graph encoder so that all
//! embeddings together take many nats to code and those of each node's neighborhood few (Han et al. 2022, arXiv
//! 2202.06241).
//!
//! ```
//! use g2r::embedders::{EncoderSettings, G2r, Settings};
//!
//! let cora = g2r::graph::load("cora", None)?;
//! // The default is the authors' recipe for Cora; this is a small part of it.
//! let g2r = G2r { d_output: 16, epochs: 2, encoder: EncoderSettings::with_hidden(&[32]), ..G2r::default() };
//! let fitted = Settings::new(g2r)?.fit(&cora, 0)?;
//! assert_eq!(fitted.history.len(), 2);
//! let embedding = fitted.model.embed(&cora)?;
//! assert_eq!(embedding.rows().dim(), (2708, 16));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way of a run, and where each part of it lives:
//!
//! | step | module |
//! |---|---|
//! | read a graph, its features, labels and split, or draw one at random | [`graph`] |
//! | multiply sparse matrices, convolve, encode | [`gnn`] |
//! | coding rates, groups of nodes, the loss | [`loss`] |
//! | train an encoder, embed any graph with the model; losses, encoders and methods of your own | [`embedders`] |
//! | evaluate an embedding: probe, clusters, nearest nodes, links, spectra | [`evaluation`] |
//! | draw it: maps of rows, layouts of graphs | [`layout`] |
//! | compare methods over seeds, tables, a page of a run | [`harness`] |
//!
//! [`burn`] (tensors) and [`ndarray`] (arrays on the host) are re-exported because their types stand in the
//! interfaces: a program that takes them from here has the versions that fit. The folder `examples` shows one idea
//! a file. The program `g2r` is the crate `g2r-cli`.
//!
//! The features `wgpu` and `cuda` let tensors live on a GPU.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use burn;
pub use clustering;
pub use embedders;
pub use evaluation;
pub use g2r_loss as loss;
pub use gnn;
pub use graph_io as graph;
pub use harness;
pub use layout;
pub use ndarray;
pub use redunet;
pub use report;
