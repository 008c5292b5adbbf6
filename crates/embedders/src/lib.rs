//! Graph in, node embedding out.
//!
//! A training is an [`Encoder`] × an [`Objective`] × a [`Sampler`], seen by [`Callback`]s; it gives a [`Model`], a value that embeds
//! any graph with the same feature columns. A [`Registry`] has the methods by name, each with its settings and its presets;
//! a loss, an encoder or a method of your own is a trait away.
//!
//! ```
//! use embedders::Registry;
//!
//! let karate = graph_io::load("karate", None)?;
//! let model = Registry::builtin().method("cca-ssg")?.fit(&karate, 0)?.model;
//! let embedding = model.embed(&karate)?; // a row of numbers for each of the 34 ids
//! assert_eq!(embedding.rows().nrows(), 34);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod adam;
mod batch;
mod callback;
mod direct;
mod encoder;
mod encoder_method;
mod error;
mod feature_matrix;
mod fit;
mod linear;
mod memory;
mod methods;
mod model;
mod objective;
mod optimizer;
mod pair_loss;
mod preparation;
mod presets;
mod products;
mod ranges;
mod registry;
mod sampler;
pub mod seeds;
mod settings;
mod tensors;
mod trainer;
mod views;
mod weights;

pub use adam::{Adam, WeightDecay};
pub use batch::Batch;
pub use callback::{
    BestValidation, Callback, CallbackError, Decision, EpochLog, EpochRates, Interrupt, Progress,
};
pub use direct::{
    DeepWalk, FeatureNeighborSettings, G2rLinear, LiftSettings, Node2Vec, PairGroups, Ppr, Propagated,
    RandomInit, Raw, ReduNet, ReduNetNeighborhoods, Spectral, computed, decompose, fixed, propagated,
};
pub use encoder::{Encoder, InitEncoder, Mode};
pub use encoder_method::{EncoderMethod, trainer};
pub use error::Error;
pub use fit::{Estimator, Fit, FitOptions, FitResult, Fitted, OnInterrupt, TrainingData, TrainingLabels};
pub use g2r_loss::linear::Spectrum as LinearSpectrum;
pub use gnn::encoder::EncoderKind;
pub use memory::DataSize;
pub use methods::{Bgrl, CcaSsg, DecayedLayers, Dgi, G2r, Grace, Mcr2, RateObjective, Supervised};
pub use model::{EmbedNodes, Model, ModelShape, Provenance, State};
pub use objective::{Loss, NoHeads, Objective, Start, Step, StepProgress};
pub use optimizer::{Optimizer, OptimizerSettings};
pub use preparation::{
    FeatureScaling, FeatureWeighting, Preparation, PreparationSettings, Projection, ProjectionSettings,
};
pub use presets::{FeatureKind, Target, overlay};
pub use registry::{Method, MethodInfo, MethodKind, MethodSettings, Registry, Settings};
pub use sampler::{FullGraph, Sampler};
pub use settings::{EncoderSettings, SizedEncoder, ViewSettings};
pub use trainer::{Checkpoint, EarlyStopping, Schedule, Trained, Trainer, Training};
pub use views::TwoViews;
