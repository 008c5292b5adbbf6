//! Graphs as JSON: NetworkX's node-link form, and Cytoscape's.

mod read;
mod write;

use super::registry::{Format, Sample};

/// An object with `nodes` and `links` or `edges`, as `networkx.node_link_data` and D3 have it, or with `elements` that hold
/// them, as Cytoscape does.
///
/// - A node is called by its `id`; without one, by its number from 0, and then by its `name` where every node has one of its own.
/// - `source` and `target` of an edge are ids; `weight`, or else `value`, is its weight.
/// - `class`, `y`, `label` or, as in files of D3, `group` of a node is its class, `split` its set, a list of numbers several features, another number a
///   feature. In Cytoscape's form these stand in `data`.
/// - `directed` says whether edges are arcs. Other keys count for nothing.
pub(super) const FORMAT: Format = Format {
    name: "node-link",
    title: "JSON with nodes and links, as NetworkX, D3 and Cytoscape write it",
    endings: &[".json", ".cyjs"],
    keeps: "ids, edges, weights, classes of nodes, the first split, and features that are not made up",
    recognizes: |sample| !sample.is_folder && looks_so(sample),
    read: read::read,
    write: Some(write::write),
};

/// Whether the file is an object, by its name or by a key that a graph has.
fn looks_so(sample: &Sample) -> bool {
    let head = String::from_utf8_lossy(&sample.head);
    let Some(object) = head.trim_start_matches('\u{feff}').trim_start().strip_prefix('{') else {
        return false;
    };
    let is_named = FORMAT.endings.iter().any(|ending| sample.name.ends_with(ending));
    is_named || ["\"nodes\"", "\"links\"", "\"elements\""].iter().any(|key| object.contains(key))
}
