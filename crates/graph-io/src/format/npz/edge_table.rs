//! The archives of Platonov and others, "A Critical Look at the Evaluation of GNNs under Heterophily" (2023,
//! arXiv:2302.11640): edges as pairs, features and labels as full arrays, and masks of ten splits.

use super::nodes::{read_labels, read_splits};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::Error;
use crate::features::Features;
use crate::format::edge_index::read_ends;
use crate::format::name_of;
use crate::format::zip_archive::ArrayArchive;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

const EDGES: &str = "edges";
const FEATURES: &str = "node_features";

/// Whether an archive has the arrays of this layout.
pub(super) fn is_edge_table(archive: &ArrayArchive) -> bool {
    archive.has(EDGES) && archive.has(FEATURES)
}

/// Reads a graph with as many nodes as features.
///
/// # Errors
/// Arrays that do not fit together.
pub(super) fn read(archive: &mut ArrayArchive) -> Result<RawDataset, Error> {
    let features = archive.read(FEATURES, |array| Features::Dense(array.to_matrix()?).with_missing());
    let features = features.map_err(|error| error.in_file(&archive.place(FEATURES)))?;
    let num_nodes = features.num_nodes();
    let (from, to) = archive.read(EDGES, read_ends)?;
    if let Some(edge) = (0..from.len()).find(|&edge| from[edge].max(to[edge]) as usize >= num_nodes) {
        let found = format!("({}, {}) at edge {edge}", from[edge], to[edge]);
        return Err(archive.wrong(EDGES, format!("nodes below {num_nodes}"), found));
    }
    let labels = read_labels(archive, "node_labels", num_nodes, None)?;
    let splits = match &labels {
        Some(labels) => read_splits(archive, labels)?,
        None => Vec::new(),
    };
    let arcs = Arcs { from, to, weights: None, meaning: ArcMeaning::Directed };
    let name = name_of(archive.path());
    Ok(RawDataset {
        features: Some(features),
        labels,
        splits,
        ..RawDataset::from_arcs(&name, NodeIds::counted(num_nodes), arcs)
    })
}
