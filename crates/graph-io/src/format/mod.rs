//! Readers and writers, one file a format, one line each in [`all`].

mod compact;
mod edge_index;
mod file;
mod growth;
mod linqs;
mod matrix_file;
mod npy;
mod npz;
pub(crate) mod output;
mod pickle;
mod planetoid;
mod quoted;
mod registry;
mod zip_archive;

pub use compact::Compact;
pub(crate) use file::name_of;
pub use linqs::Linqs;
pub use matrix_file::{read_features, read_matrix};
pub use planetoid::Planetoid;
pub(crate) use registry::Sample;
pub use registry::{Format, ReadConfig};

/// Every format. A path is read as the first that recognizes it, so stricter ones stand before looser ones.
static ALL: [Format; 4] = [npz::FORMAT, edge_index::FORMAT, planetoid::FORMAT, linqs::FORMAT];

/// Every format there is.
pub fn all() -> &'static [Format] {
    &ALL
}
