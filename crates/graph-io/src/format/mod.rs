//! Readers and writers, one file a format, one line each in [`all`].

mod compact;
mod file;
mod linqs;
pub(crate) mod output;
mod pickle;
mod planetoid;
mod registry;

pub use compact::Compact;
pub(crate) use file::{max_unpacked, name_of, read_unpacked, read_unpacked_text};
pub use linqs::Linqs;
pub use planetoid::Planetoid;
pub(crate) use registry::Sample;
pub use registry::{Format, ReadConfig};

/// Every format. A path is read as the first that recognizes it, so stricter ones stand before looser ones.
static ALL: [Format; 2] = [planetoid::FORMAT, linqs::FORMAT];

/// Every format there is.
pub fn all() -> &'static [Format] {
    &ALL
}
