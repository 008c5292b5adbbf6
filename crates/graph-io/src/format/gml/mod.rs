//! GML, the Graph Modelling Language.

mod read;
mod tokens;
mod write;

use super::registry::{Format, Sample};

/// GML of Himsolt (1996), as NetworkX, igraph, Gephi and the data sets of Newman have it: lists of keys and values,
/// `node [ id 3 label "Ana" ]` and `edge [ source 3 target 4 ]`, in a `graph [ directed 0 … ]`.
///
/// - A node is called by its `label`, or by its `name`, where every node has one of its own; else by its `id`.
/// - `weight` is the weight of an edge, or else `value`. `class`, `y`, `label`, or else `value` is the class of a node, as in
///   Newman's files.
/// - A key given again in a node is the next element of a list, as NetworkX writes lists.
/// - Lists in a node or an edge, such as `graphics`, count for nothing, and so do keys outside the graph.
pub(super) const FORMAT: Format = Format {
    name: "gml",
    title: "GML, as NetworkX, igraph and Gephi write it",
    endings: &[".gml"],
    keeps: "ids, edges, weights, classes of nodes, the first split, and features that are not made up",
    recognizes: |sample| !sample.is_folder && (sample.name.ends_with(".gml") || starts_with_graph(sample)),
    read: read::read,
    write: Some(write::write),
};

/// Whether the first key that opens a list is `graph`.
fn starts_with_graph(sample: &Sample) -> bool {
    let head = String::from_utf8_lossy(&sample.head);
    let mut words = head.split_ascii_whitespace();
    match words.next() {
        Some("graph") => words.next().is_some_and(|word| word.starts_with('[')),
        Some("graph[" | "Creator") => head.contains("graph"),
        _ => false,
    }
}
