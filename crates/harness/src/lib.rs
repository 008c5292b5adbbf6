//! Experiments: settings, runs over seeds, tables and result files.
//!
//! An [`Experiment`] is everything a run is made of; [`Run`] trains it over its seeds and judges every seed beside
//! the baselines; an [`OutputFolder`] takes what came out. A model is chosen by its validation accuracy, and the
//! test nodes are looked at once, for the model that was chosen. Where there are no labels to judge by, the model of
//! the last epoch is kept.
//!
//! ```
//! use harness::{Experiment, NoWatcher, Run};
//!
//! let flags = toml::from_str("dataset = 'cora'\nseeds = 1\n[settings]\nepochs = 1\nd_hidden = []\nd_output = 8")?;
//! let experiment = Experiment::from_layers(None, flags)?;
//! let cora = graph_io::load(&experiment.dataset, None)?;
//! let run = Run::prepare(experiment, &cora, &burn::tensor::Device::flex())?;
//! let outcome = run.execute(&mut NoWatcher)?;
//! let scores = outcome.seeds[0].scores.as_ref().expect("cora has labels");
//! assert!(scores.trained.test_acc > 0.2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod bench;
mod config_file;
mod embedding_check;
mod error;
mod experiment;
mod input;
mod judge;
mod outcome;
mod outputs;
pub mod page;
mod probe_config;
mod protocol;
mod report;
mod resources;
mod run;
mod saved_run;
mod table;

pub use embedders::{EncoderKind, EpochRates, EpochReport, METHODS, Method, MethodKind};
pub use embedding_check::check_embedding;
pub use error::{Cause, Error};
pub use experiment::{DeviceChoice, Experiment};
pub use input::InputConfig;
pub use judge::{Judge, Judgement, judge_embedding};
pub use outcome::{BestSeed, Outcome, Rates, SeedResult, SeedScores};
pub use outputs::{Contents, OutputFolder};
pub use probe_config::ProbeConfig;
pub use protocol::Protocol;
pub use report::{Accuracies, Baselines, Report, Summary, SummaryContext};
pub use resources::Resources;
pub use run::{NoWatcher, PROPAGATED_HOPS, Run, Watcher};
pub use saved_run::SavedRun;
pub use table::{Align, Table};
