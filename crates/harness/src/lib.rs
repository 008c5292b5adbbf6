//! Experiments: settings, runs over seeds, tables and result files.
//!
//! An [`Experiment`] is everything that a run is made of, a [`Draft`] what is known of it before its data set is; [`Run`] trains it over its seeds and evaluates every seed beside
//! the baselines; an [`OutputFolder`] takes what came out. A model is chosen by its validation accuracy, and the
//! test nodes are looked at once, for the model that was chosen. Where there are no labels to evaluate by, the model of
//! the last epoch is kept.
//!
//! ```
//! use harness::{Draft, NoCallback, Registry, Run};
//!
//! let flags = toml::from_str("dataset = 'cora'\nseeds = 1\n[settings]\nd_output = 8")?;
//! let draft = Draft::from_layers(&Registry::builtin(), None, flags)?;
//! let cora = graph_io::load(&draft.run.dataset, None)?;
//! let run = Run::prepare(draft, &cora, &burn::tensor::Device::flex())?;
//! let outcome = run.execute(&mut NoCallback)?;
//! let scores = outcome.seeds[0].scores.as_ref().expect("cora has labels");
//! assert!(scores.trained.test_acc > 0.2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod baselines;
pub mod bench;
mod clusters;
mod config_file;
mod embedding_check;
mod error;
mod evaluator;
mod experiment;
mod folder_swap;
mod input;
mod layouts;
mod memory;
mod outcome;
mod outputs;
pub mod page;
mod probe_config;
mod protocol;
mod provenance;
mod report;
mod resources;
mod run;
mod saved_run;
mod staging;
mod table;
pub mod tune;
mod whole_file;

pub use baselines::{Baselines, PROPAGATED_HOPS};
pub use clusters::{Clusters, clustering_method};
/// The names of clustering methods.
pub const CLUSTERING_METHODS: [&str; 7] = clustering::Method::NAMES;
pub use embedders::{
    Checkpoint, EncoderKind, EpochLog, EpochRates, FeatureScaling, FeatureWeighting, Method, MethodKind,
    Model, Progress, Projection, Registry, Settings, Target,
};
pub use embedding_check::{check_embedding, check_written};
pub use error::{Cause, Error};
pub use evaluation::MeanStd;
pub use evaluator::{Evaluation, Evaluator, ProbeFit, Scores, evaluate_embedding};
pub use experiment::{DEFAULT_METHOD, DeviceChoice, Draft, Experiment, RunSettings};
pub use input::InputConfig;
pub use layouts::{GraphLayout, LaidOut, LayoutQuality};
pub use memory::{AvailableMemory, Bytes, MemoryNeed, MemorySource, check_memory};
pub use outcome::{BestSeed, EffectiveRank, Outcome, Rates, SeedResult, SeedScores};
pub use outputs::{Contents, OutputFolder};
pub use probe_config::ProbeConfig;
pub use protocol::Protocol;
pub use provenance::{DataOrigin, MachineInfo, ProgramInfo, Provenance, check_data};
pub use report::{Accuracies, Report, Summary, SummaryContext};
pub use resources::Resources;
pub use run::{NoCallback, Run, RunCallback};
pub use saved_run::SavedRun;
pub use table::{Align, Table};
pub use whole_file::write_whole_file;
