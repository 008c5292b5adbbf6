//! Sets of graphs of the TU collection.

mod folder;
mod one_file;

use std::path::{Path, PathBuf};

use ndarray::Array2;

use super::node_table::ClassColumn;
use super::quoted::quoted;
use super::registry::Sample;
use crate::arcs::Arcs;
use crate::edge_policy::EdgePolicy;
use crate::error::{Error, Place};
use crate::graph::Graph;
use crate::graph_set::{GraphSet, GraphSetParts};

/// Reads a set of graphs of Morris and others' TU collection (2020, arXiv 2007.08663), in either of its two forms; edges
/// are cleaned by the default policy.
///
/// 1. The collection's own, a folder or one of its files: `DS_A.txt` (a line an arc, two nodes counted from 1 with a
///    comma between), `DS_graph_indicator.txt` (a line a node, the number of its graph counted from 1, ascending) and
///    `DS_graph_labels.txt` (a line a graph); `DS_node_labels.txt` (a line a node; several numbers of it are one tag)
///    and `DS_node_attributes.txt` (numbers between commas) where they are there. `DS_edge_labels.txt`,
///    `DS_edge_attributes.txt` and `DS_graph_attributes.txt` are not read.
/// 2. One text file, as Zhang and others (2018) wrote for DGCNN, or a folder of that file alone: the number of graphs; for each
///    graph a line with its number of nodes and its class; for each node a line with its tag, its degree, its
///    neighbors counted from 0 in its graph, and then its attributes where there are any.
///
/// Classes and tags are called as the file calls them, in ascending order where all are numbers, else in the order of their
/// characters. Either file may be packed by gzip.
///
/// ```no_run
/// let mutag = graph_io::read_graph_set("data/MUTAG".as_ref())?;
/// println!("{}", mutag.summary());
/// # Ok::<(), graph_io::Error>(())
/// ```
///
/// # Errors
/// A file that is missing or cannot be read; a line that is not of the form; an edge between two graphs; a graph
/// without nodes.
pub fn read_graph_set(path: &Path) -> Result<GraphSet, Error> {
    let sample = Sample::of(path)?;
    match &source(&sample)[..] {
        [Source::Files { folder, name }] => folder::read(folder, name),
        [Source::OneFile(file)] => one_file::read(file),
        // What is wrong in a file that was named is said by line.
        [] if !sample.is_folder => one_file::read(path),
        found => {
            let expected = "the files DS_A.txt and DS_graph_indicator.txt of one DS, or one file of graphs";
            let found = if found.is_empty() { "none" } else { "several" };
            Err(Error::malformed(Place::whole(path), expected, found))
        }
    }
}

/// Whether a path looks like a set of graphs that [`read_graph_set`] reads. Looks at the names in a folder and at the first
/// 4096 bytes of a file.
///
/// # Errors
/// A path that cannot be read.
pub fn is_graph_set(path: &Path) -> Result<bool, Error> {
    let sample = Sample::of(path)?;
    Ok(match &source(&sample)[..] {
        [Source::OneFile(file)] if sample.is_folder => one_file::recognizes(&Sample::of(file)?),
        [Source::OneFile(_)] => one_file::recognizes(&sample),
        sources => !sources.is_empty(),
    })
}

enum Source {
    /// The files of one data set by their names.
    Files { folder: PathBuf, name: String },
    /// A file that may hold a whole set.
    OneFile(PathBuf),
}

const INDICATOR: &str = "_graph_indicator.txt";

/// The sets that the names in a folder, or of a file and those beside it, speak of.
fn source(sample: &Sample) -> Vec<Source> {
    let own = sample.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !sample.is_folder {
        let folder = sample.path.parent().unwrap_or(Path::new(""));
        let is_part = |end: &str| {
            own.strip_suffix(end).filter(|name| folder.join(format!("{name}{INDICATOR}")).exists())
        };
        let name = ["_A.txt", INDICATOR, "_graph_labels.txt", "_node_labels.txt", "_node_attributes.txt"]
            .into_iter()
            .find_map(is_part);
        return vec![match name {
            Some(name) => Source::Files { folder: folder.to_path_buf(), name: name.to_string() },
            None => Source::OneFile(sample.path.clone()),
        }];
    }
    let names = sample.files.iter().filter_map(|file| file.strip_suffix(INDICATOR));
    let files = names.filter(|name| sample.files.binary_search(&format!("{name}_A.txt")).is_ok());
    let mut sources: Vec<Source> =
        files.map(|name| Source::Files { folder: sample.path.clone(), name: name.to_string() }).collect();
    if sources.is_empty()
        && let [file] = &sample.files[..]
        && sample.path.join(file).is_file()
    {
        sources.push(Source::OneFile(sample.path.join(file)));
    }
    sources
}

/// What either form holds.
#[derive(Default)]
struct Read {
    arcs: Arcs,
    starts: Vec<u32>,
    classes: ClassColumn,
    tags: ClassColumn,
    attributes: Vec<f32>,
    /// As many as the first node has.
    num_attributes: Option<usize>,
}

impl Read {
    fn build(mut self, name: &str) -> Result<GraphSet, Error> {
        // The graph is built from these: room that they have left over is better used for it.
        self.arcs.from.shrink_to_fit();
        self.arcs.to.shrink_to_fit();
        let num_nodes = self.starts.last().map_or(0, |&end| end as usize);
        let (graph, edges) = Graph::from_arcs(num_nodes, self.arcs, EdgePolicy::default())?;
        let labels = self.classes.into_labels()?;
        let labels = labels.ok_or_else(|| Error::invalid("set of graphs", "at least one graph", "none"))?;
        let tags = self.tags.into_labels()?;
        let num_attributes = self.num_attributes.filter(|&count| count > 0);
        let attributes = num_attributes.map(|count| {
            Array2::from_shape_vec((num_nodes, count), self.attributes)
                .expect("each node's line was held to this number of attributes")
        });
        let mut parts = GraphSetParts {
            name: name.to_string(),
            tags,
            attributes,
            ..GraphSetParts::new(graph, self.starts, labels)
        };
        parts.report.edges = edges;
        GraphSet::from_parts(parts)
    }

    /// Takes the attributes of the next node, as many as the nodes before have.
    fn take_attributes<'a>(
        &mut self,
        fields: impl Iterator<Item = &'a str>,
        place: Place,
    ) -> Result<(), Error> {
        let before = self.attributes.len();
        for field in fields {
            match field.parse::<f32>().ok().filter(|value| value.is_finite()) {
                Some(value) => self.attributes.push(value),
                None => {
                    return Err(Error::malformed(place, "finite numbers as attributes", quoted(field)));
                }
            }
        }
        let count = self.attributes.len() - before;
        let asked_for = *self.num_attributes.get_or_insert(count);
        if count != asked_for {
            let expected = format!("{asked_for} attributes, as the first node has");
            return Err(Error::malformed(place, expected, count.to_string()));
        }
        Ok(())
    }
}
