//! The archives of Shchur and others, "Pitfalls of Graph Neural Network Evaluation" (2018, arXiv:1811.05868), and of
//! their kin.

use super::compressed::{Compressed, Names, check_declared};
use super::nodes::{check_rows, read_labels, read_splits};
use crate::error::Error;
use crate::features::Features;
use crate::format::name_of;
use crate::format::zip_archive::ArrayArchive;
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// The names that one family of files gives to its arrays.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    adjacency: Names,
    /// The features in compressed rows.
    attributes: Names,
    /// The features as a full array.
    dense_attributes: &'static str,
}

const LAYOUTS: [Layout; 3] = [
    // The Amazon and Coauthor graphs, CitationFull, and those that attack papers use.
    Layout {
        adjacency: Names {
            values: "adj_data",
            indices: "adj_indices",
            pointers: "adj_indptr",
            shape: "adj_shape",
        },
        attributes: Names {
            values: "attr_data",
            indices: "attr_indices",
            pointers: "attr_indptr",
            shape: "attr_shape",
        },
        dense_attributes: "attr_matrix",
    },
    // The newer form, of PPNP and GDC.
    Layout {
        adjacency: Names {
            values: "adj_matrix.data",
            indices: "adj_matrix.indices",
            pointers: "adj_matrix.indptr",
            shape: "adj_matrix.shape",
        },
        attributes: Names {
            values: "attr_matrix.data",
            indices: "attr_matrix.indices",
            pointers: "attr_matrix.indptr",
            shape: "attr_matrix.shape",
        },
        dense_attributes: "attr_matrix",
    },
    // The first form, of graph2gauss.
    Layout {
        adjacency: Names { values: "arr_0", indices: "arr_1", pointers: "arr_2", shape: "arr_3" },
        attributes: Names { values: "arr_4", indices: "arr_5", pointers: "arr_6", shape: "arr_7" },
        dense_attributes: "arr_4",
    },
];

/// The first layout all of whose adjacency is there.
pub(super) fn layout_of(archive: &ArrayArchive) -> Option<Layout> {
    LAYOUTS.into_iter().find(|layout| {
        let Names { values, indices, pointers, shape } = layout.adjacency;
        [values, indices, pointers, shape].iter().all(|name| archive.has(name))
    })
}

/// Reads a graph with whatever else the archive has of its nodes.
///
/// # Errors
/// Arrays that do not fit together.
pub(super) fn read(archive: &mut ArrayArchive, layout: Layout) -> Result<RawDataset, Error> {
    let adjacency = Compressed::read(archive, layout.adjacency)?;
    let num_nodes = adjacency.pointers.len() - 1;
    if adjacency.num_columns != num_nodes {
        let found = format!("{num_nodes} × {}", adjacency.num_columns);
        return Err(archive.wrong(layout.adjacency.shape, "a square matrix", found));
    }
    let arcs = adjacency.into_arcs();
    let features = read_features(archive, layout, num_nodes)?;
    let class_names = archive.read_plain("class_names", |array| array.to_texts())?;
    let labels = read_labels(archive, "labels", num_nodes, class_names)?;
    let node_ids = read_node_ids(archive, num_nodes)?;
    let splits = match &labels {
        Some(labels) => read_splits(archive, labels)?,
        None => Vec::new(),
    };
    let name = name_of(archive.path());
    Ok(RawDataset { features, labels, splits, ..RawDataset::from_arcs(&name, node_ids, arcs) })
}

fn read_features(
    archive: &mut ArrayArchive,
    layout: Layout,
    num_nodes: usize,
) -> Result<Option<Features>, Error> {
    let Layout { attributes, dense_attributes, .. } = layout;
    let (name, features) = if archive.has(attributes.shape) {
        let matrix = Compressed::read(archive, attributes)?;
        check_declared(archive, attributes.shape, matrix.num_columns)?;
        (attributes.values, matrix.into_features())
    } else if archive.has(dense_attributes) {
        (
            dense_attributes,
            archive.read(dense_attributes, |array| Features::Dense(array.to_matrix()?).with_missing()),
        )
    } else {
        return Ok(None);
    };
    let features = features.map_err(|error| error.in_file(&archive.place(name)))?;
    check_rows(archive, name, features.num_nodes(), num_nodes)?;
    Ok(Some(features))
}

/// The names of the nodes, where they are plain text; a pickled list of them is not read, and nodes are counted.
fn read_node_ids(archive: &mut ArrayArchive, num_nodes: usize) -> Result<NodeIds, Error> {
    const NAME: &str = "node_names";
    let Some(node_ids) = archive.read_plain(NAME, |array| array.to_node_ids())? else {
        return Ok(NodeIds::counted(num_nodes));
    };
    check_rows(archive, NAME, node_ids.len(), num_nodes)?;
    Ok(node_ids)
}
