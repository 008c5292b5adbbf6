//! Edges as one array of whole numbers, as PyTorch Geometric's `edge_index`.

use std::path::Path;

use super::file::{name_of, read_unpacked};
use super::npy::{Header, NpyArray};
use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::node_ids::NodeIds;
use crate::raw_dataset::RawDataset;

/// An array `[2, m]`, whose rows are the ends of the arcs, or `[m, 2]`, whose rows are arcs; of shape `[2, 2]` it is the
/// former. There are as many nodes as the largest index says.
pub(super) const FORMAT: Format = Format {
    name: "npy-edges",
    title: "NumPy array of whole numbers [2, m] or [m, 2]: the ends of each edge",
    endings: &[".npy"],
    keeps: "",
    recognizes: is_edge_index,
    read: |path, _| read(path),
    write: None,
};

/// More nodes than this must be at most as many as the file has bytes.
const MAX_NODES: usize = 1 << 20;

fn is_edge_index(sample: &Sample) -> bool {
    Header::parse(&sample.head, &sample.path).is_ok_and(|header| {
        header.element.is_integer() && header.shape.len() == 2 && header.shape.contains(&2)
    })
}

fn read(path: &Path) -> Result<RawDataset, Error> {
    let bytes = read_unpacked(path)?;
    let array = NpyArray::parse(&bytes, path)?;
    let (from, to) = read_ends(&array)?;
    let num_nodes = from.iter().chain(&to).max().map_or(0, |&last| last as usize + 1);
    let max = MAX_NODES.max(bytes.len());
    if num_nodes > max {
        let expected = format!("nodes below {max} in a file of {} bytes", bytes.len());
        return Err(Error::malformed(Place::whole(path), expected, (num_nodes - 1).to_string()));
    }
    let arcs = Arcs { from, to, weights: None, meaning: ArcMeaning::Directed };
    Ok(RawDataset::from_arcs(&name_of(path), NodeIds::counted(num_nodes), arcs))
}

/// The starts and the ends of the arcs of an array `[2, m]` or `[m, 2]`.
///
/// # Errors
/// Another shape; floats; numbers that are no nodes.
pub(super) fn read_ends(array: &NpyArray) -> Result<(Vec<u32>, Vec<u32>), Error> {
    let is_pairs = match array.shape() {
        [2, _] => false,
        [_, 2] => true,
        _ => return Err(array.wrong("the ends of edges, [2, m] or [m, 2]")),
    };
    let ends = array.to_matrix::<u32>()?;
    let ends = if is_pairs { ends.reversed_axes() } else { ends };
    Ok((ends.row(0).to_vec(), ends.row(1).to_vec()))
}
