//! Random walks, and skip-gram with negative sampling on them.

mod coefficients;
mod corpus;
mod noise;
mod numbered;
mod row_table;
mod skip_gram;
mod training;
mod walker;

pub(crate) use noise::Noise;
pub(crate) use training::WalkTraining;
