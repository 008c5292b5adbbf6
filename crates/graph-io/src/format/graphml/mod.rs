//! GraphML, the graph format in XML.

mod keys;
mod read;
mod write;

use std::path::Path;

use super::registry::{Format, ReadConfig, Sample};
use crate::cleaning::CleaningPolicy;
use crate::error::Error;
use crate::node_dataset::NodeDataset;
use crate::raw_dataset::{RawDataset, UnknownIds};

/// GraphML of Brandes and others (2002), as NetworkX, igraph and Gephi write it, packed by gzip or not.
///
/// Read are the ids of nodes, edges with the directions that the file gives them, and what the keys say by their
/// `attr.name`:
///
/// | key | becomes |
/// |---|---|
/// | of edges, `weight`, a number | weights; an edge without one has the key's default |
/// | of nodes, `class`, else `y` unless it is a float, else `label` unless nearly every node has another | labels; a node without a value, or with an empty one, has the key's default or no class |
/// | of nodes, `split` | a split by "train", "val" and "test", nothing for the others; or `train_mask`, `val_mask`, `test_mask`, booleans |
/// | of nodes, any other of numbers or booleans | a column of features, in the order of the keys; a node without a value has the key's default |
///
/// Keys of one name count as one. How nodes are drawn (`x` beside `y`, `z`, `size`, `r`, `g`, `b`, …) is no feature unless it is
/// asked for; other texts of nodes are columns of texts. Left out are other keys of edges, keys of the graph, and what the
/// extensions of editors put inside `data`. Features are kept in compressed rows where every column's default is 0.
///
/// Refused are hyperedges, ports, graphs inside graphs, a second graph, document type definitions and entities of their
/// own.
///
/// ```
/// # let folder = std::env::temp_dir().join(format!("graphml-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let path = folder.join("pair.graphml");
/// std::fs::write(&path, r#"
///     <graphml>
///       <key id="d0" for="node" attr.name="class" attr.type="string"/>
///       <key id="d1" for="node" attr.name="age" attr.type="int"/>
///       <graph edgedefault="undirected">
///         <node id="Ana"><data key="d0">cat</data><data key="d1">7</data></node>
///         <node id="Ben"><data key="d0">dog</data><data key="d1">2</data></node>
///         <edge source="Ana" target="Ben"/>
///       </graph>
///     </graphml>"#).unwrap();
/// let pair = graph_io::GraphMl::read(&path)?;
/// assert_eq!((pair.name(), pair.graph().num_edges()), ("pair", 1));
/// assert_eq!(pair.labels().unwrap().class_names(), ["cat", "dog"]);
/// assert_eq!(pair.features(), &graph_io::Features::Dense(ndarray::array![[7.0], [2.0]]));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), graph_io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GraphMl;

pub(super) const FORMAT: Format = Format {
    name: "graphml",
    title: "GraphML, as NetworkX, igraph and Gephi write it",
    endings: &[".graphml"],
    keeps: "ids, edges, weights, classes of nodes, the first split, and features that are not made up",
    recognizes: |sample| !sample.is_folder && (sample.name.ends_with(".graphml") || has_root(sample)),
    read: read::read,
    write: Some(GraphMl::write),
};

/// Whether a file is XML with the root `graphml`, as far as its head tells.
fn has_root(sample: &Sample) -> bool {
    let head = String::from_utf8_lossy(&sample.head);
    let head = head.trim_start_matches('\u{feff}').trim_start();
    head.starts_with('<') && (head.contains("<graphml") || head.contains(":graphml"))
}

impl GraphMl {
    /// Reads a file, cleaned by the default policy; edges of nodes that it does not list are refused.
    ///
    /// # Errors
    /// As [`GraphMl::read_raw`]; no nodes; weights that are not positive.
    pub fn read(path: &Path) -> Result<NodeDataset, Error> {
        Self::read_raw(path, UnknownIds::Refuse)?.clean(&CleaningPolicy::default())
    }

    /// Reads a file as it is.
    ///
    /// # Errors
    /// A file that cannot be read; what is no well-formed XML, no GraphML, or is refused; two nodes of one id; edges of
    /// unknown nodes, unless they are to be skipped; directed and undirected edges in one file; a value that is not of
    /// its key's type or not finite; an edge without a weight that others have, where the key has no default; a split of
    /// nodes without a class.
    pub fn read_raw(path: &Path, unknown_ids: UnknownIds) -> Result<RawDataset, Error> {
        read::read(path, &ReadConfig { unknown_ids, ..ReadConfig::default() })
    }

    /// Writes a data set, packed by gzip where the path ends in ".gz".
    ///
    /// # Errors
    /// An id or a class whose characters XML has no place for; a class with an empty name; a path that cannot be
    /// written.
    pub fn write(dataset: &NodeDataset, path: &Path) -> Result<(), Error> {
        write::write(dataset, path)
    }
}

#[cfg(test)]
mod tests;
