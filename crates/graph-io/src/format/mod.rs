//! Readers and writers, one file a format.

mod compact;
mod file;
mod linqs;
mod pickle;
mod planetoid;

pub use compact::Compact;
pub(crate) use file::file_names;
pub use linqs::{Linqs, LinqsConfig, UnknownIds};
pub use planetoid::Planetoid;
