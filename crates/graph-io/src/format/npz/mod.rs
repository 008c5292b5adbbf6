//! Archives of NumPy arrays: graphs as Shchur and others, the platform of heterophilous graphs, and SciPy keep them.

mod compressed;
mod edge_table;
mod nodes;
mod scipy;
mod shchur;
mod write;

use std::path::Path;

use super::registry::{Format, Sample};
use super::zip_archive::ArrayArchive;
use crate::error::{Error, Place};
use crate::features::Features;
use crate::raw_dataset::RawDataset;

/// One archive; which arrays it has says which of the layouts it is.
///
/// A pickled object in it, as the names of attributes often are, is never read: all that makes the graph is in plain
/// arrays. The arcs are directed, as they are stored.
pub(super) const FORMAT: Format = Format {
    name: "npz",
    title: "NumPy archive: Amazon, Coauthor and CitationFull graphs, scipy.sparse.save_npz, heterophilous graphs",
    endings: &[".npz"],
    keeps: "all but what was cleaned",
    recognizes: is_npz,
    read: |path, _| read_graph(path),
    write: Some(write::write),
};

/// A zip archive that is called .npz, or whose first entry is an array.
fn is_npz(sample: &Sample) -> bool {
    let head = &sample.head[..];
    if !head.starts_with(b"PK\x03\x04") && !head.starts_with(b"PK\x05\x06") {
        return false;
    }
    let name_len = head.get(26..28).map_or(0, |len| usize::from(u16::from_le_bytes([len[0], len[1]])));
    let first_name = head.get(30..30 + name_len).unwrap_or_default();
    sample.name.ends_with(".npz") || first_name.ends_with(b".npy")
}

/// Reads the graph of an archive.
///
/// # Errors
/// No zip archive; arrays of no known layout; arrays that do not fit together.
fn read_graph(path: &Path) -> Result<RawDataset, Error> {
    let mut archive = ArrayArchive::open(path)?;
    if let Some(layout) = shchur::layout_of(&archive) {
        return shchur::read(&mut archive, layout);
    }
    if edge_table::is_edge_table(&archive) {
        return edge_table::read(&mut archive);
    }
    if archive.has("format") && archive.has("shape") {
        return scipy::read_graph(&mut archive);
    }
    let expected = "arrays adj_data, edges, or those of scipy.sparse.save_npz";
    Err(Error::malformed(Place::whole(path), expected, "none of them"))
}

/// Reads the sparse matrix that `scipy.sparse.save_npz` wrote as features, a row a node.
///
/// # Errors
/// No such archive; no columns; a value that is not finite; a column twice in a row.
pub(super) fn read_sparse_features(path: &Path) -> Result<Features, Error> {
    let mut archive = ArrayArchive::open(path)?;
    scipy::read_features(&mut archive).map_err(|error| error.in_file(path))
}
