//! Readers and writers, one file a format, one line each in [`all`].

mod compact;
mod edge_list;
mod file;
mod linqs;
mod matrix_market;
mod metis;
pub(crate) mod output;
mod pickle;
mod planetoid;
mod registry;

pub use compact::Compact;
pub(crate) use file::name_of;
pub use linqs::Linqs;
pub use planetoid::Planetoid;
pub(crate) use registry::Sample;
pub use registry::{Format, ReadConfig};

/// Every format. A path is read as the first that recognizes it, so stricter ones stand before looser ones.
static ALL: [Format; 5] =
    [planetoid::FORMAT, linqs::FORMAT, matrix_market::FORMAT, metis::FORMAT, edge_list::FORMAT];

/// Every format there is.
pub fn all() -> &'static [Format] {
    &ALL
}
