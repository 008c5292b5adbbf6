//! Readers and writers, one file a format, one line each in [`all`].

mod compact;
mod file;
mod linqs;
mod node_table;
mod ogb;
pub(crate) mod output;
mod pickle;
mod planetoid;
mod registry;
mod split_file;
mod wiki_cs;

pub use compact::Compact;
pub(crate) use file::name_of;
pub use linqs::Linqs;
pub use node_table::{read_node_table, write_node_table};
pub use planetoid::Planetoid;
pub(crate) use registry::Sample;
pub use registry::{Format, ReadConfig};
pub use split_file::{read_split, write_split};

/// Every format. A path is read as the first that recognizes it, so stricter ones stand before looser ones.
static ALL: [Format; 4] = [planetoid::FORMAT, linqs::FORMAT, ogb::FORMAT, wiki_cs::FORMAT];

/// Every format there is.
pub fn all() -> &'static [Format] {
    &ALL
}
