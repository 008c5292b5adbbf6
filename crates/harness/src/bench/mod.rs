//! Methods beside each other: every method on the same splits, judged by the same probe, over the same seeds.

mod cell;
mod columns;
mod config;
mod execute;
mod memory;
mod published;
mod results_file;
mod room;
mod summary;
mod tables;
mod variant;
mod workers;

pub use cell::{Cell, CellRecord, CellScores, ClusterScores, LinkPrediction, SimilarNodes};
pub use config::{BenchConfig, BenchTask};
pub use memory::MemoryMeter;
pub use published::{Published, published};
pub use results_file::ResultsFile;
pub use summary::{Difference, GroupSummary, summarize};
pub use tables::Tables;
pub use variant::Variant;
pub use workers::{BenchOutcome, BenchWatcher, Loader, Machine, Plan, Progress, run_bench};
