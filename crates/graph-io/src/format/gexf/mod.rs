//! GEXF, Gephi's graph format in XML.

mod read;
mod write;

use super::registry::{Format, Sample};

/// GEXF of Gephi (1.1 to 1.3), as Gephi and NetworkX write it.
///
/// - A node is called by its `id`; its `label` is what is drawn and counts for nothing.
/// - `weight` is the weight of an edge, 1 for an edge without one where others have one. Edges of type `mutual` are
///   undirected.
/// - Of the declared attributes, found by their titles, `class` or `y` is the class of a node, `split` its set, and each other
///   one of numbers or booleans a feature, with the default as the value of the nodes without one.
///
/// Refused are graphs whose values change in time, and nodes inside nodes. Colors, sizes and positions of the `viz` module
/// count for nothing.
pub(super) const FORMAT: Format = Format {
    name: "gexf",
    title: "GEXF, as Gephi and NetworkX write it",
    endings: &[".gexf"],
    keeps: "ids, edges, weights, classes of nodes, the first split, and features that are not made up",
    recognizes: |sample| !sample.is_folder && (sample.name.ends_with(".gexf") || has_root(sample)),
    read: read::read,
    write: Some(write::write),
};

fn has_root(sample: &Sample) -> bool {
    let head = String::from_utf8_lossy(&sample.head);
    head.trim_start_matches('\u{feff}').trim_start().starts_with('<') && head.contains("<gexf")
}
