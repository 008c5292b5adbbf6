//! Readers and writers, one file a format, one line each in [`all`].
//!
//! A path is read by [`load`](crate::load()) in whichever format it is, and written by a format that is asked for by name:
//!
//! ```
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("cora.npz");
//! let cora = graph_io::load("cora", None)?;
//! let npz = graph_io::format::all().iter().find(|format| format.name == "npz").unwrap();
//! npz.write(&cora, &path)?;
//!
//! let read = graph_io::load(path.to_str().unwrap(), None)?;
//! assert_eq!((read.graph(), read.features()), (cora.graph(), cora.features()));
//! assert_eq!((read.labels(), read.split()), (cora.labels(), cora.split()));
//! # Ok::<(), graph_io::Error>(())
//! ```

#[cfg(feature = "rare-formats")]
mod adjacency_list;
mod attributes;
#[cfg(feature = "rare-formats")]
mod dgl_csv;
mod edge_index;
mod edge_list;
mod fields;
mod file;
mod folder;
#[cfg(feature = "rare-formats")]
mod geom_gcn;
#[cfg(feature = "rare-formats")]
mod gexf;
#[cfg(feature = "rare-formats")]
mod gml;
mod graphml;
mod growth;
mod json;
mod linqs;
#[cfg(feature = "rare-formats")]
mod mat;
mod matrix_file;
mod matrix_market;
#[cfg(feature = "rare-formats")]
mod metis;
#[cfg(feature = "rare-formats")]
mod node_link;
mod node_table;
pub(crate) mod npy;
pub(crate) mod npz;
#[cfg(feature = "rare-formats")]
mod ogb;
pub(crate) mod output;
#[cfg(feature = "rare-formats")]
mod pajek;
#[cfg(feature = "parquet")]
pub(crate) mod parquet_file;
mod parts;
mod pickle;
mod planetoid;
mod quoted;
mod registry;
mod samples;
mod split_file;
mod split_lists;
mod text_encoding;
mod text_table;
mod tu;
#[cfg(feature = "rare-formats")]
mod wiki_cs;
mod xml;
pub(crate) mod zip_archive;

pub(crate) use edge_index::is_edge_index;
pub(crate) use edge_list::line::Separator;
pub(crate) use fields::Fields;
pub(crate) use file::{name_of, read_unpacked_text};
pub use folder::{FeatureRow, MappedDataset};
pub use graphml::GraphMl;
pub use linqs::Linqs;
pub use matrix_file::{read_features, read_matrix, write_matrix};
pub(crate) use matrix_file::{to_rows, write_rows};
pub(crate) use node_table::set_names;
pub use node_table::{read_node_table, write_node_table};
pub(crate) use parts::NodeParts;
pub use planetoid::Planetoid;
pub(crate) use quoted::quoted;
pub(crate) use registry::Sample;
pub use registry::{Format, ReadConfig};
pub(crate) use samples::read_samples;
pub use split_file::{read_split, write_split};
pub(crate) use text_table::{HeaderHints, TextTable};
pub use tu::{is_graph_set, read_graph_set};

/// Every format. A path is read as the first that recognizes it, so stricter ones stand before looser ones.
static ALL: &[Format] = &[
    // Told by the names in a folder.
    folder::FORMAT,
    planetoid::FORMAT,
    linqs::FORMAT,
    #[cfg(feature = "rare-formats")]
    ogb::FORMAT,
    #[cfg(feature = "rare-formats")]
    geom_gcn::FORMAT,
    #[cfg(feature = "rare-formats")]
    dgl_csv::FORMAT,
    parts::FORMAT,
    // Told by the first bytes.
    npz::FORMAT,
    #[cfg(feature = "rare-formats")]
    mat::FORMAT,
    edge_index::FORMAT,
    graphml::FORMAT,
    #[cfg(feature = "rare-formats")]
    gexf::FORMAT,
    #[cfg(feature = "rare-formats")]
    gml::FORMAT,
    #[cfg(feature = "rare-formats")]
    wiki_cs::FORMAT,
    #[cfg(feature = "rare-formats")]
    node_link::FORMAT,
    #[cfg(feature = "rare-formats")]
    pajek::FORMAT,
    matrix_market::FORMAT,
    // Told by the ending of the name, or by lines of numbers.
    #[cfg(feature = "rare-formats")]
    adjacency_list::FORMAT,
    #[cfg(feature = "rare-formats")]
    metis::FORMAT,
    edge_list::FORMAT,
];

/// Every format there is.
pub fn all() -> &'static [Format] {
    ALL
}
