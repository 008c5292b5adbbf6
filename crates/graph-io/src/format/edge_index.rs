//! Edges as one array of whole numbers, as PyTorch Geometric's `edge_index`.

use std::path::Path;

use super::file::{name_of, read_unpacked};
use super::npy::{Header, NpyArray};
use super::registry::{Format, Sample};
use crate::arcs::{ArcMeaning, Arcs};
use crate::error::{Error, Place};
use crate::memory_limit::MemoryLimit;
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
    read: |path, config| read(path, config.max_memory),
    write: None,
};

/// More nodes than this must be at most as many as the file has bytes.
const MAX_NODES: usize = 1 << 20;

/// Whether a file is such an array.
pub(crate) fn is_edge_index(sample: &Sample) -> bool {
    Header::parse(&sample.head, &sample.path).is_ok_and(|header| {
        header.element.is_integer() && header.shape.len() == 2 && header.shape.contains(&2)
    })
}

fn read(path: &Path, limit: MemoryLimit) -> Result<RawDataset, Error> {
    let bytes = read_unpacked(path, limit)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::npy::write_array;
    use crate::format::registry::ReadConfig;
    use crate::load::recognize;

    fn fixture(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/numpy").join(name)
    }

    #[test]
    fn both_shapes_give_the_same_arcs() {
        for name in ["pairs.npy", "ends.npy"] {
            assert_eq!(recognize(&fixture(name)).unwrap().name, "npy-edges");
            let source = FORMAT.read(&fixture(name), &ReadConfig::default()).unwrap();
            assert_eq!(source.node_ids, NodeIds::counted(3));
            let expected = Arcs::from_pairs(&[(0, 1), (1, 0), (1, 2)], ArcMeaning::Directed);
            assert_eq!(source.arcs, expected, "{name}");
        }
        assert!(!is_edge_index(&Sample::of(&fixture("features_fortran.npy")).unwrap()));
        assert!(!is_edge_index(&Sample::of(&fixture("five.npy")).unwrap()));
    }

    #[test]
    fn a_square_of_four_is_read_as_two_rows() {
        let mut bytes = Vec::new();
        write_array(&mut bytes, &[2, 2], &[0u32, 1, 2, 3]).unwrap();
        let array = NpyArray::parse(&bytes, Path::new("e.npy")).unwrap();
        assert_eq!(read_ends(&array).unwrap(), (vec![0, 1], vec![2, 3]));
    }

    #[test]
    fn what_is_no_list_of_edges_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.npy");
        let message = |shape: &[usize], numbers: &[i64]| {
            let mut bytes = Vec::new();
            write_array(&mut bytes, shape, numbers).unwrap();
            std::fs::write(&path, bytes).unwrap();
            read(&path, MemoryLimit::default()).unwrap_err().to_string()
        };
        assert_eq!(
            message(&[3], &[1, 2, 3]),
            "e.npy: expected the ends of edges, [2, m] or [m, 2], found int64 of shape (3,)"
        );
        assert_eq!(
            message(&[2, 1], &[0, -1]),
            "e.npy, byte 136: expected a whole number from 0 to 4294967295, found -1"
        );
        assert_eq!(
            message(&[2, 1], &[0, 1 << 20]),
            "e.npy: expected nodes below 1048576 in a file of 144 bytes, found 1048576"
        );
    }
}
