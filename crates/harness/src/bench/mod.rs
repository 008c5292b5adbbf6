//! Methods beside each other: every method on the same splits, evaluated by the same probe, over the same seeds.

mod columns;
mod config;
mod execute;
mod isolated;
mod job;
mod memory_budget;
mod meter;
mod plot;
mod published;
mod results_file;
mod summary;
mod tables;
mod variant;
mod workers;

pub use config::{BenchConfig, BenchTask};
pub use isolated::{ChildProgram, IsolatedRuns};
pub use job::{ClusterScores, Job, JobKey, JobRecord, JobScores, LinkPrediction, SimilarNodes};
pub use meter::MemoryMeter;
pub use published::{Published, published};
pub use results_file::{Maker, OlderResults, ResultsFile};
pub use summary::{Difference, GroupSummary, summarize};
pub use tables::Tables;
pub use variant::Variant;
pub use workers::{BenchCallback, BenchOutcome, Loader, Machine, MemoryCheck, Plan, Progress, run_bench};
